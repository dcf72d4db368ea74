//! A designer's whole vocabulary: [`Plugin`] and [`Registrar`].

mod border;
mod content;
mod declare;
mod name;
mod observe;
mod off;
mod saved;
mod state;
mod step;

pub use border::{Border, LeftOut};
pub use off::PluginOff;
pub(crate) use step::Step;

use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use bevy_ecs::component::{Component, ComponentId, Mutable};
use bevy_ecs::message::{Message, Messages};
use bevy_ecs::prelude::{IntoScheduleConfigs, Resource};
use bevy_ecs::system::{ScheduleSystem, SystemAccess};
use bevy_ecs::world::World;

use crate::NodeName;
use crate::checkpoint::StateType;
use crate::content::ContentRegister;
use crate::fault;
use crate::message::MessageTypes;
use crate::meter::Beacon;
use crate::owners::Owners;
use crate::persist::SavedTypes;
use crate::phase::Phase;
use crate::port::{Publication, Published};
use name::short_name;

/// Whatever can add things to the world. A plain function or closure already is one.
///
/// ```
/// use engine::prelude::*;
///
/// #[derive(Message)]
/// struct Rang;
///
/// fn ring(mut rang: MessageWriter<Rang>) {
///     rang.write(Rang);
/// }
///
/// fn bell(reg: &mut Registrar<'_>) {
///     reg.message::<Rang>().every(Duration::from_secs(60), ring);
/// }
/// ```
pub trait Plugin {
    /// Adds what this plugin is made of.
    fn build(&self, reg: &mut Registrar<'_>);

    /// The name in metrics, logs and faults: the module of a function called `plugin`, else the
    /// function's or type's own name.
    fn name(&self) -> &'static str {
        short_name(std::any::type_name::<Self>())
    }
}

impl<F: Fn(&mut Registrar<'_>)> Plugin for F {
    fn build(&self, reg: &mut Registrar<'_>) {
        self(reg);
    }
}

/// One plugin as the engine runs it.
pub(crate) struct Installed {
    pub(crate) name: &'static str,
    pub(crate) steps: [Vec<Step>; 4],
}

/// Something a plugin asks for that can only be done when all plugins are known.
pub(crate) type Deferred = Box<dyn FnOnce(&mut World) + Send>;

/// Everything registered, on its way into an engine.
#[derive(Default)]
pub(crate) struct Register {
    pub(crate) plugins: Vec<Installed>,
    pub(crate) saved: SavedTypes,
    pub(crate) messages: MessageTypes,
    pub(crate) notes: Vec<Publication>,
    /// Which plugin declared each of them.
    pub(crate) tellers: Vec<usize>,
    pub(crate) owners: Owners,
    pub(crate) content: ContentRegister,
    /// What checkpoints hold: what is saved, and what is not.
    pub(crate) saved_states: Vec<StateType>,
    pub(crate) transient_states: Vec<StateType>,
    pub(crate) startup: Vec<(usize, Deferred)>,
    pub(crate) observers: Vec<Deferred>,
    /// Of whose observer, its name, and what it reads and writes.
    pub(crate) observer_access: Vec<(usize, String, SystemAccess)>,
    /// The messages of verbs, with whose they are and how players call them.
    pub(crate) verbs: BTreeMap<ComponentId, (usize, &'static str)>,
    /// Which plugin writes which message in which phase, where only it can say so.
    pub(crate) declared: Vec<(ComponentId, usize, Phase)>,
    /// Which plugin must be added after which, and why.
    pub(crate) after: Vec<(usize, &'static str, &'static str)>,
    /// Resources that say what is still to be told.
    pub(crate) emitted: HashSet<ComponentId>,
    /// Messages that nobody need read.
    pub(crate) facts: HashSet<ComponentId>,
    pub(crate) beacon: Beacon,
    /// Plugins that are off, by name, with what is gone with them.
    pub(crate) off: BTreeMap<String, PluginOff>,
    pub(crate) mistakes: Vec<String>,
}

/// Takes down what a plugin is made of. Methods chain.
pub struct Registrar<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) register: &'a mut Register,
    plugin: usize,
}

impl<'a> Registrar<'a> {
    pub(crate) fn root(
        world: &'a mut World,
        register: &'a mut Register,
        name: &'static str,
    ) -> Self {
        register.plugins.push(Installed {
            name,
            steps: Default::default(),
        });
        let plugin = register.plugins.len() - 1;
        Self {
            world,
            register,
            plugin,
        }
    }

    /// Adds another plugin, with its own name, faults and meter, after all that was added so far.
    pub fn add(&mut self, plugin: impl Plugin) -> &mut Self {
        let name = plugin.name();
        if self
            .register
            .plugins
            .iter()
            .any(|installed| installed.name == name)
        {
            self.register
                .mistakes
                .push(format!("two plugins are called `{name}`"));
        }
        let mut own = Registrar::root(self.world, self.register, name);
        let built = catch_unwind(AssertUnwindSafe(|| plugin.build(&mut own)));
        if let Err(panic) = built {
            let words = fault::panic_words(panic.as_ref());
            let mistake = format!("plugin `{name}` panics while it registers: {words}");
            self.register.mistakes.push(mistake);
        }
        self
    }

    /// Runs `systems` in `phase` of every tick, after what this plugin added to the phase before.
    /// Systems of one call that touch the same data must say their order (`chain`, `before`).
    pub fn system<M>(
        &mut self,
        phase: Phase,
        systems: impl IntoScheduleConfigs<ScheduleSystem, M>,
    ) -> &mut Self {
        self.step(phase, None, systems)
    }

    /// Runs `systems` in `Simulate` whenever a whole multiple of `period` has passed, as often as
    /// it has (at most 8 times a tick). A `MessageReader` in here would lose messages and is refused.
    pub fn every<M>(
        &mut self,
        period: Duration,
        systems: impl IntoScheduleConfigs<ScheduleSystem, M>,
    ) -> &mut Self {
        if period.is_zero() {
            let plugin = self.plugin_name();
            self.register.mistakes.push(format!(
                "plugin `{plugin}`: a cadence needs a period above zero"
            ));
        }
        self.step(Phase::Simulate, Some(period), systems)
    }

    /// Runs `systems` in `Ingest`, before all else of this plugin, in the first tick after one that
    /// it has missed or not finished: puts right what hangs on messages that it did not hear. A
    /// `MessageReader` in here would find them gone and is refused.
    ///
    /// Only for what can't be a level: a system that asks how things stand (`(With<Online>,
    /// Without<Lamp>)`, [`Newcomers`](crate::Newcomers), `Changed<T>`) finds after a gap what it
    /// would have found in it, and needs no recovery.
    pub fn recover<M>(
        &mut self,
        systems: impl IntoScheduleConfigs<ScheduleSystem, M>,
    ) -> &mut Self {
        if self.is_off() {
            return self;
        }
        let step = Step {
            recovers: true,
            ..Step::of(systems)
        };
        let steps = &mut self.register.plugins[self.plugin].steps[Phase::Ingest.index()];
        let behind_others = steps.partition_point(|one| one.recovers);
        steps.insert(behind_others, step);
        self
    }

    /// Declares a message. It lives until the end of its tick.
    pub fn message<T: Message>(&mut self) -> &mut Self {
        self.register
            .messages
            .register::<T>(self.world, self.plugin);
        if self.is_off() {
            // Others may write it; nobody is there to read it.
            let id = self.world.register_component::<Messages<T>>();
            self.register.facts.insert(id);
        }
        self
    }

    /// Declares a note: its shape is published with the protocol.
    pub fn note<N: Published>(&mut self) -> &mut Self {
        let new = Publication::of::<N>();
        if let Some(off) = self
            .register
            .off
            .get_mut(self.register.plugins[self.plugin].name)
        {
            off.events.extend(new.types);
            return self;
        }
        for mistake in new.mistakes() {
            self.mistake(mistake);
        }
        let taken = |word: &&&'static str| {
            let mut others = self.register.notes.iter();
            others.any(|one| one.types.contains(word))
        };
        if let Some(word) = new.types.iter().find(taken) {
            self.mistake(format!("another note is of type `{word}`, too"));
        }
        self.register.notes.push(new);
        self.register.tellers.push(self.plugin);
        self.world
            .resource_mut::<crate::Outbox>()
            .known
            .insert((new.id)());
        self
    }

    /// Adds a resource that this plugin owns: nobody else may write it. Not saved; what must be
    /// remembered is a component of a [`singleton`](Self::singleton). One that systems write says
    /// whether it is [`transient`](Self::transient), [`derived`](Self::derived) or
    /// [`scratch`](Self::scratch).
    pub fn resource<R: Resource>(&mut self, resource: R) -> &mut Self {
        self.world.insert_resource(resource);
        self.claims::<R>()
    }

    /// Adds to a resource that several plugins fill while the world is built (a table of verbs).
    pub fn fill<R: Resource<Mutability = Mutable> + Default>(
        &mut self,
        fill: impl FnOnce(&mut R),
    ) -> &mut Self {
        fill(&mut self.world.get_resource_or_init::<R>());
        self
    }

    /// Every character comes with this component: its saved value, or else its default.
    pub fn character<T: Component + Default>(&mut self) -> &mut Self {
        if self
            .world
            .try_register_required_components::<crate::Character, T>()
            .is_err()
        {
            let (plugin, component) = (self.plugin_name(), std::any::type_name::<T>());
            self.register.mistakes.push(format!(
                "plugin `{plugin}`: characters already come with `{component}`"
            ));
        }
        self
    }

    /// The one entity of this name, with a `StableId` of its own; it is made with `first` when no
    /// save has it.
    pub fn singleton<T: Component>(
        &mut self,
        name: &'static str,
        first: impl FnOnce() -> T + Send + 'static,
    ) -> &mut Self {
        let id = crate::port::StableId::named(name);
        self.startup(move |world| single(world, id, first))
    }

    /// Like [`singleton`](Self::singleton), for what is saved as
    /// [`persist_own`](Self::persist_own) does: every node has one.
    pub fn singleton_own<T: Component>(
        &mut self,
        name: &'static str,
        first: impl FnOnce() -> T + Send + 'static,
    ) -> &mut Self {
        let id = crate::port::StableId::named(name);
        self.startup(move |world| {
            let id = world.resource::<NodeName>().own(id);
            single(world, id, first);
        })
    }

    /// Which node this is.
    #[must_use]
    pub fn node_name(&self) -> NodeName {
        self.world.resource::<NodeName>().clone()
    }

    /// Says which of several nodes on one database this is; without it, there is one only.
    pub fn node(&mut self, name: Option<String>) -> &mut Self {
        self.world.insert_resource(NodeName(name));
        self
    }

    /// Does something to the world once, when every plugin is registered and the saved world is
    /// loaded.
    pub fn startup(&mut self, work: impl FnOnce(&mut World) + Send + 'static) -> &mut Self {
        if !self.is_off() {
            self.register.startup.push((self.plugin, Box::new(work)));
        }
        self
    }

    /// Refuses to build: a rule of the game's own was broken while registering.
    pub fn mistake(&mut self, mistake: impl Into<String>) -> &mut Self {
        let mistake = format!("plugin `{}`: {}", self.plugin_name(), mistake.into());
        self.register.mistakes.push(mistake);
        self
    }

    fn plugin_name(&self) -> &'static str {
        self.register.plugins[self.plugin].name
    }

    fn step<M>(
        &mut self,
        phase: Phase,
        period: Option<Duration>,
        systems: impl IntoScheduleConfigs<ScheduleSystem, M>,
    ) -> &mut Self {
        if self.is_off() {
            return self;
        }
        let step = Step {
            period,
            ..Step::of(systems)
        };
        self.register.plugins[self.plugin].steps[phase.index()].push(step);
        self
    }
}

/// Sees to it that the entity of this id is there and has the component.
fn single<T: Component>(world: &mut World, id: crate::port::StableId, first: impl FnOnce() -> T) {
    let known = world.resource::<crate::Index>().get(id);
    let entity = known.unwrap_or_else(|| world.spawn(id).id());
    if world.get::<T>(entity).is_none() {
        world.entity_mut(entity).insert(first());
    }
}
