//! What a plugin does by `Commands` to what is another's: refused before it lands.
//!
//! bevy tells of a value that is about to be replaced or removed, and contains what a command
//! throws. So a command that reaches for another plugin's value is ended there, by unwinding to
//! the command's border: nothing of it has happened yet, no mirror has heard of it, nothing is
//! dirty. A value that was not there before is seen only when it is there, and is taken out again
//! as soon as the plugin's step is over.
//!
//! Not seen: a component that a command of the plugin's own writes in place (`world.get_mut`), a
//! value given in one bundle with a component of the plugin's own that requires it, and
//! `World::clear_entities` and its like, which tell nobody. A resource written in place is found
//! afterwards and blamed, not undone.

use bevy_ecs::change_detection::Tick;
use bevy_ecs::component::{ComponentId, Components};
use bevy_ecs::entity::Entity;
use bevy_ecs::lifecycle::{Add, Despawn, Discard};
use bevy_ecs::observer::{Observer, On};
use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Res, ResMut};
use bevy_ecs::world::World;

use super::component_name;
use crate::fault::{self, RefusedCommand};
use crate::persist::{Collector, Losses};
use crate::plugin::Register;
use crate::port::StableId;
use crate::{Bridge, Outbox};

/// Whose what is, for the time when the world runs.
#[derive(Resource)]
pub(crate) struct OwnerTable {
    /// By the index of the component.
    owners: Vec<Option<usize>>,
    stable_id: ComponentId,
    observer: ComponentId,
    /// The resources that only their owner's systems change, with their owner.
    still: Vec<(ComponentId, Entity, usize)>,
}

impl OwnerTable {
    fn owner(&self, id: ComponentId) -> Option<usize> {
        self.owners.get(id.index()).copied().flatten()
    }

    fn foreign(&self, id: ComponentId, plugin: usize) -> bool {
        self.owner(id).is_some_and(|owner| owner != plugin)
    }
}

/// From now on nobody can write what is another's. `mirrors` are the resources that observers
/// write, in whatever plugin they are triggered.
pub(crate) fn install(world: &mut World, register: &mut Register, mirrors: &[ComponentId]) {
    let ids = [
        world.register_component::<StableId>(),
        world.register_component::<Observer>(),
        world.register_component::<OwnerTable>(),
    ];
    let [stable_id, observer, _] = ids;
    for id in ids {
        register.owners.or_first(id, 0);
    }
    register.owners.take_resources(world, 0);
    let mut owners = Vec::new();
    for (id, plugin) in register.owners.iter() {
        if owners.len() <= id.index() {
            owners.resize(id.index() + 1, None);
        }
        owners[id.index()] = Some(plugin);
    }
    let anybodys = [
        world.register_component::<Outbox>(),
        world.register_component::<Bridge>(),
    ];
    let messages = &register.messages.ids;
    // No plugin can name it, and the engine takes it out in each tick.
    let unnamed = world.register_component::<Collector>();
    let known = register.owners.iter().map(|(id, _)| id);
    let known = known.filter(|id| *id != unnamed);
    let resources = world.resource_entities().iter();
    let mut still: Vec<(ComponentId, Entity, usize)> = resources
        .filter(|(id, _)| !anybodys.contains(id) && !mirrors.contains(id))
        .filter(|(id, _)| !messages.contains_key(id))
        .filter_map(|(id, entity)| Some((id, entity, *owners.get(id.index())?.as_ref()?)))
        .collect();
    still.sort_unstable();
    let table = OwnerTable {
        owners,
        stable_id,
        observer,
        still,
    };
    // What has come since it was installed first: the plugins' own beginnings.
    let earlier = world.remove_resource::<OwnerTable>();
    let new = |id: &ComponentId| {
        earlier
            .as_ref()
            .is_none_or(|table| table.owner(*id).is_none())
    };
    let new: Vec<ComponentId> = known.filter(new).collect();
    world.insert_resource(table);
    if earlier.is_none() {
        // Those that watch everything come first, before any mirror; but bevy asks them only about
        // entities of which something is watched by name.
        world.spawn(Observer::new(before_change));
        world.spawn(Observer::new(before_despawn));
    }
    if !new.is_empty() {
        world.spawn(Observer::new(before_change).with_components(new.clone()));
        world.spawn(Observer::new(before_despawn).with_components(new.clone()));
        world.spawn(Observer::new(after_add).with_components(new));
    }
}

/// A value is about to be replaced or removed.
fn before_change(on: On<Discard<()>>, table: Res<OwnerTable>, components: &Components) {
    let Some(plugin) = fault::running() else {
        return;
    };
    let trigger = on.trigger();
    let Some(new) = trigger.new_archetype else {
        return;
    };
    for id in trigger.components {
        if table.foreign(*id, plugin) {
            let verb = if new.contains(*id) {
                "inserts"
            } else {
                "removes"
            };
            refuse(verb, *id, components);
        }
    }
}

/// An entity is about to be despawned. One with an id is another's business: it comes back whole.
/// One without belongs to all who have a component on it.
fn before_despawn(on: On<Despawn<()>>, table: Res<OwnerTable>, components: &Components) {
    let Some(plugin) = fault::running() else {
        return;
    };
    let ids = on.trigger().components;
    if ids.contains(&table.stable_id) || ids.iter().any(|id| table.owner(*id) == Some(plugin)) {
        return;
    }
    if let Some(id) = ids.iter().find(|id| table.foreign(**id, plugin)) {
        refuse("despawns an entity with", *id, components);
    }
}

/// A value has come where none was.
fn after_add(
    on: On<Add<()>>,
    table: Res<OwnerTable>,
    components: &Components,
    mut losses: ResMut<Losses>,
) {
    let Some(plugin) = fault::running() else {
        return;
    };
    let trigger = on.trigger();
    let requires = |one: &ComponentId, id: ComponentId| {
        let info = components.get_info(*one);
        info.is_some_and(|info| info.required_components().iter_ids().any(|it| it == id))
    };
    for id in trigger.components {
        if *id == table.stable_id || !table.foreign(*id, plugin) {
            continue;
        }
        let mut others = trigger.components.iter();
        if others.any(|one| !table.foreign(*one, plugin) && requires(one, *id)) {
            continue;
        }
        match *id == table.observer {
            true => fault::note(
                String::new(),
                "adds an observer; say `reg.observer`, so that it is this plugin's".to_owned(),
            ),
            false => note("inserts", *id, components),
        }
        losses.added(on.entity, *id);
    }
}

fn note(verb: &str, id: ComponentId, components: &Components) {
    let name = components.get_name(id);
    let name = name.map_or_else(|| "?".to_owned(), |name| name.to_string());
    fault::note(
        String::new(),
        format!("{verb} `{name}`, which belongs to another plugin; send its owner a message"),
    );
}

/// Ends the command that is being run.
fn refuse(verb: &str, id: ComponentId, components: &Components) -> ! {
    note(verb, id, components);
    // Not a panic: nothing is printed, and the command's border is bevy's own.
    std::panic::resume_unwind(Box::new(RefusedCommand))
}

/// Blames `plugin`, whose commands ran since `since`, for other plugins' resources written in place.
pub(crate) fn written_in_place(world: &World, plugin: usize, since: Tick, now: Tick) {
    let table = world.resource::<OwnerTable>();
    for (id, entity, owner) in &table.still {
        if *owner == plugin {
            continue;
        }
        let Ok(entity) = world.get_entity(*entity) else {
            continue;
        };
        let ticks = entity.get_change_ticks_by_id(*id);
        if ticks.is_some_and(|ticks| ticks.is_changed(since, now)) {
            let name = component_name(world, *id);
            fault::note(
                String::new(),
                format!(
                    "writes `{name}`, which belongs to another plugin; send its owner a message"
                ),
            );
        }
    }
}
