//! What a plugin says of itself that the guard can't see by itself.

use bevy_ecs::event::EventPattern;
use bevy_ecs::message::{Message, Messages};
use bevy_ecs::observer::Observer;
use bevy_ecs::resource::Resource;
use bevy_ecs::system::{IntoObserverSystem, System};

use super::Registrar;
use super::observe::{Contained, contained};
use crate::phase::Phase;
use crate::port::{CommandResult, Publication};

impl Registrar<'_> {
    /// Declares that this plugin writes `M` in `phase` by `Commands`, where no access shows it. Its
    /// readers are checked as those of a `MessageWriter`.
    pub fn writes<M: Message>(&mut self, phase: Phase) -> &mut Self {
        let id = self.world.register_component::<Messages<M>>();
        self.register.declared.push((id, self.plugin, phase));
        self
    }

    /// Declares a message like [`message`](Self::message) that nobody need read: it is offered to
    /// whoever wants to know.
    pub fn fact<M: Message>(&mut self) -> &mut Self {
        let id = self.world.register_component::<Messages<M>>();
        self.register.facts.insert(id);
        self.message::<M>()
    }

    /// Declares the message of a verb, which the owner of [`Orders`](crate::Orders) writes in Ingest
    /// by `Commands`, and the words by which players use it. Somebody must read it.
    pub fn verb<M: Message>(&mut self, words: &'static [&'static str]) -> &mut Self {
        self.message::<M>();
        if self.is_off() {
            return self.without_verb(words);
        }
        let id = self.world.register_component::<Messages<M>>();
        let name = words.first().copied().unwrap_or_default();
        self.register.verbs.insert(id, (self.plugin, name));
        self
    }

    /// Declares data that commands of this plugin answer with: its shape is published with the
    /// protocol.
    pub fn command_result<R: CommandResult>(&mut self) -> &mut Self {
        if !self.is_off() {
            self.register.notes.push(Publication::of_result::<R>());
            self.register.tellers.push(self.plugin);
        }
        self
    }

    /// Adds a resource like [`resource`](Self::resource) that this plugin writes in Emit: what is
    /// still to be told, and what was told to whom. No rule of the game may depend on it.
    pub fn emit_resource<R: Resource>(&mut self, resource: R) -> &mut Self {
        self.emits::<R>().resource(resource)
    }

    /// Says the same of a resource that is made in another way.
    pub fn emits<R: Resource>(&mut self) -> &mut Self {
        let id = self.world.register_component::<R>();
        self.register.emitted.insert(id);
        self
    }

    /// Declares that this plugin must be added after the one of this name, and why: the world is
    /// refused otherwise.
    pub fn after(&mut self, plugin: &'static str, reason: &'static str) -> &mut Self {
        self.register.after.push((self.plugin, plugin, reason));
        self
    }

    /// Keeps something of this plugin's own in step with components that come and go, at once and
    /// in whatever plugin they do. Its faults are this plugin's, and whoever triggered it goes on. It
    /// runs in any phase and so writes no message, no note and no commands.
    pub fn observer<E: EventPattern + 'static, M>(
        &mut self,
        observer: impl IntoObserverSystem<E, M>,
    ) -> &mut Self {
        if self.is_off() {
            return self;
        }
        let mut system = IntoObserverSystem::into_system(observer);
        let name = system.name();
        let access = system.initialize(self.world);
        if system.has_deferred() {
            self.mistake(format!(
                "observer `{name}` gives commands, but may run in any plugin; note it in what is its own, and do it in a system"
            ));
            return self;
        }
        let exclusive = access.is_exclusive();
        let seen = (self.plugin, name.to_string(), access);
        self.register.observer_access.push(seen);
        if !exclusive {
            let fence = Contained::of(self.plugin, name.to_string(), self.register.beacon.clone());
            let observer = Observer::new(contained(fence, system));
            let observer = observer.run_if(super::observe::is_not_left_out(self.plugin));
            let spawn = Box::new(|world: &mut bevy_ecs::world::World| _ = world.spawn(observer));
            self.register.observers.push(spawn);
        }
        self
    }
}
