//! From plugins and saved rows to a world.

use std::collections::BTreeMap;

use bevy_ecs::change_detection::CheckChangeTicks;
use bevy_ecs::error::FallbackErrorHandler;
use bevy_ecs::observer::On;
use bevy_ecs::query::QueryState;
use bevy_ecs::system::ResMut;
use bevy_ecs::world::World;

use super::begin;
use super::checkpoint;
use super::{Ageing, Engine, EngineFault, PluginStates, Setup};
use crate::attach::{Asks, Life, Removals, Roles, Sessions};
use crate::checkpoint::{CopiesAhead, StateType};
use crate::content::ContentTypes;
use crate::dice::Dice;
use crate::health::Health;
use crate::meter::{Spent, stopped};
use crate::newcomers::Behind;
use crate::orders::Orders;
use crate::persist::{
    self, Collector, Destroy, Destroyed, Recorded, Reverted, StorageView, Unloading, load_entity,
};
use crate::plugin::{LeftOut, Plugin, Register, Registrar};
use crate::port::Row;
use crate::{Bridge, Character, Clock, Outbox, fault, guard, identity};

impl Engine {
    /// Builds a world from its plugins and what was saved of it.
    ///
    /// # Errors
    /// Names every rule that the plugins break, or the saved row that can't be read.
    pub fn build(setup: Setup, plugin: impl Plugin) -> Result<Self, EngineFault> {
        let mut world = World::new();
        let mut register = Register::default();
        prepare(&mut world, &setup);
        {
            // The engine's own part comes first.
            let mut reg = Registrar::root(&mut world, &mut register, "engine");
            own_part(&mut reg);
            reg.add(plugin);
        }
        let mut mistakes = std::mem::take(&mut register.mistakes);
        mistakes.extend(register.saved.mistakes());
        mistakes.extend(guard::check(&mut world, &mut register));
        if !mistakes.is_empty() {
            return Err(EngineFault::Plugins(mistakes));
        }

        let mark = match &setup.state {
            None => setup.revision.clone(),
            Some(state) => state.engine.revision.clone(),
        };
        register.content.install(&mut world, mark);
        register
            .saved
            .prepare(&mut world)
            .map_err(|fault| EngineFault::Plugins(vec![fault]))?;
        let mirrors = begin::watch(&mut world, &mut register);
        Self::load_world(&mut world, &register, setup.rows)?;
        // These came before any tick.
        world.resource_mut::<Collector>().loaded.clear();
        if let Some(state) = &setup.state {
            checkpoint::restore(&mut world, &register, state)?;
        }
        begin::startup(&mut world, &mut register, &mirrors)?;
        if let Some(state) = &setup.state {
            checkpoint::settle(&mut world, &register, state)?;
        }

        let mut health = health(&register, &setup.quarantined);
        let engine = setup.state.as_ref().map(|state| &state.engine);
        if let Some(engine) = engine {
            health.clone_from(&engine.health);
        }
        let spent = Spent::of(register.plugins.len());
        let mut engine = Self {
            health,
            spent,
            beacon: register.beacon.clone(),
            stopwatch: setup.stopwatch.unwrap_or(stopped),
            faults: Vec::new(),
            dropped_runs: 0,
            crowded: engine.is_some_and(|engine| engine.crowded),
            written: vec![0; register.plugins.len()],
            destroyers: Vec::new(),
            violations: BTreeMap::new(),
            calls: BTreeMap::new(),
            under_way: engine.and_then(|engine| engine.under_way),
            started: setup.last_now.is_some(),
            online: QueryState::new(&mut world),
            states: checkpoint::types(&register),
            ahead: CopiesAhead::default(),
            installs: std::mem::take(&mut register.content.installs).into(),
            register,
            world,
        };
        engine.show_left_out();
        Ok(engine)
    }

    fn load_world(
        world: &mut World,
        register: &Register,
        mut rows: Vec<Row>,
    ) -> Result<(), EngineFault> {
        // Sorted, so that the same save makes the same world however the database lists it.
        rows.sort_by(|a, b| (a.id, &a.component).cmp(&(b.id, &b.component)));
        for rows in rows.chunk_by(|a, b| a.id == b.id) {
            let mut entity = world.spawn(rows[0].id);
            load_entity(&register.saved, &mut entity, rows)
                .map_err(|fault| EngineFault::Saved(fault.to_string()))?;
        }
        Ok(())
    }
}

impl ContentTypes {
    /// What a game reads. Builds its plugins once, in a world that is thrown away.
    #[must_use]
    pub fn of(game: impl Plugin) -> Self {
        let mut world = World::new();
        prepare(&mut world, &Setup::default());
        let mut register = Register::default();
        Registrar::root(&mut world, &mut register, "engine").add(game);
        let plugins = register.plugins.iter().map(|one| one.name).collect();
        Self::declared(register.content, plugins)
    }
}

/// What the world has before any plugin.
fn prepare(world: &mut World, setup: &Setup) {
    world.insert_resource(FallbackErrorHandler(fault::record));
    identity::install(world);
    persist::install_holdings(world);
    world.init_resource::<Outbox>();
    world.insert_resource(Bridge::new(setup.bridge));
    world.init_resource::<Collector>();
    world.init_resource::<Unloading>();
    persist::watch(world);
    world.init_resource::<Sessions>();
    world.init_resource::<Removals>();
    world.init_resource::<Asks>();
    world.init_resource::<Roles>();
    world.init_resource::<Ageing>();
    world.init_resource::<Behind>();
    world.init_resource::<LeftOut>();
    world.init_resource::<PluginStates>();
    world.add_observer(|on: On<CheckChangeTicks>, mut ageing: ResMut<Ageing>| {
        ageing.0 = Some(*on.event())
    });
    world.insert_resource(Dice::of(setup.seed, setup.last_tick).in_run(setup.run));
    world.insert_resource(Clock {
        tick: setup.last_tick,
        now: setup.last_now.unwrap_or_default(),
        dt: std::time::Duration::ZERO,
        wall_offset: 0,
    });
    world.insert_resource(StorageView {
        accepting: true,
        facts_room: u32::MAX,
    });
    world.insert_resource(Life {
        run: setup.run,
        recovered: setup.recovered,
        durable_tick: setup.last_tick,
    });
}

/// What the engine saves, keeps and says itself. It has no systems of its own, only its types.
fn own_part(reg: &mut Registrar<'_>) {
    reg.persist::<crate::CommandRecord>("command_record");
    // After it: a part of it.
    reg.register
        .saved_states
        .push(StateType::part::<crate::CommandRecord>("accepted", 0));
    persist::guard::<Character>(reg.world);
    persist::guard::<crate::Online>(reg.world);
    persist::guard::<crate::Linkdead>(reg.world);
    persist::guard::<crate::attach::Departing>(reg.world);
    persist::guard::<persist::Owned>(reg.world);
    // Before all else: a character comes with what other plugins have given it.
    reg.transient::<Character>("character")
        .transient::<crate::Online>("online")
        .transient::<crate::Linkdead>("linkdead")
        .transient::<crate::attach::Departing>("departing")
        .transient::<crate::attach::Seated>("seated")
        .transient::<persist::Owned>("owned")
        .transient::<Sessions>("sessions")
        .transient::<Removals>("removals")
        .transient::<Roles>("roles")
        .transient::<Life>("life");
    // What is there before any plugin is nobody else's; the first plugin is the engine.
    reg.register.owners.take_resources(reg.world, 0);
    // After it: what a plugin may own.
    reg.world.init_resource::<Orders>();
    reg.unowned_transient::<Orders>("orders");
    reg.message::<crate::Heard>()
        .message::<crate::Answer>()
        .message::<crate::Arrived>()
        .message::<crate::LinkLost>()
        .message::<crate::Asked>()
        .message::<crate::Received>()
        .message::<crate::Departed>()
        .message::<crate::Dismiss>()
        .message::<crate::Grant>()
        .message::<crate::RoleChanged>()
        .message::<crate::Excluded>()
        .message::<crate::SetApart>()
        .message::<crate::OrderUnheeded>()
        .message::<crate::SetBan>()
        .message::<crate::DraftWished>()
        .message::<crate::DraftTold>()
        .message::<crate::Revised>()
        .message::<crate::Halt>()
        .message::<crate::Violation>()
        .message::<crate::ContentCall>()
        .message::<crate::Bridged>()
        .message::<crate::SwitchPlugin>()
        .message::<crate::PluginNews>()
        .message::<Recorded>()
        .message::<Destroy>()
        .message::<Destroyed>()
        .message::<Reverted>();
}

/// Every plugin's health at the start; those of `quarantined` stay out for good.
fn health(register: &Register, quarantined: &[String]) -> Vec<Health> {
    let plugins = register.plugins.iter();
    let health = plugins.map(|one| {
        let mut out = quarantined.iter();
        Health::new(out.any(|name| name == one.name))
    });
    health.collect()
}
