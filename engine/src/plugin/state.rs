//! What a plugin says of its state: whose it is, and what becomes of it when the world is built
//! again.

use bevy_ecs::component::Component;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Registrar;
use crate::checkpoint::StateType;

impl Registrar<'_> {
    /// Declares this plugin the one writer of a component that is not saved. What it is besides is
    /// said by [`transient`](Self::transient), [`computed`](Self::computed) or
    /// [`scratch`](Self::scratch), each of which says this, too.
    pub fn owns<T: Component>(&mut self) -> &mut Self {
        let id = self.world.register_component::<T>();
        self.register.owners.owned.push(id);
        self.claims::<T>()
    }

    pub(super) fn kind<T: Component>(&mut self) -> &mut Self {
        let id = self.world.register_component::<T>();
        self.register.owners.kinds.insert(id);
        self.claims::<T>()
    }

    /// Declares a component or resource of this plugin that is computed from state that is saved or
    /// transient, whenever the world is built: no checkpoint holds it. What is computed from content
    /// is made by [`derived`](Self::derived).
    pub fn computed<T: Component>(&mut self) -> &mut Self {
        self.kind::<T>()
    }

    /// Declares a component or resource of this plugin that nothing hangs on from one tick to the
    /// next: room that is used again, or what is gone at the tick's end.
    pub fn scratch<T: Component>(&mut self) -> &mut Self {
        self.kind::<T>()
    }

    pub(super) fn claims<T: Component>(&mut self) -> &mut Self {
        let mistake = self.register.owners.claim::<T>(self.world, self.plugin);
        self.register.mistakes.extend(mistake);
        self
    }

    /// The same as [`transient`](Self::transient), of what another plugin may own.
    pub(crate) fn unowned_transient<T>(&mut self, name: &'static str)
    where
        T: Component + Clone + Serialize + DeserializeOwned,
    {
        let id = self.world.register_component::<T>();
        self.register.owners.kinds.insert(id);
        let states = &mut self.register.transient_states;
        states.push(StateType::transient::<T>(name, self.plugin));
    }

    /// Declares a component or resource of this plugin that lasts from tick to tick and is not saved:
    /// checkpoints of recordings hold it, the database does not. `name` is unique among all. Every
    /// change is to be marked: after `bypass_change_detection` a checkpoint may hold what it was.
    pub fn transient<T>(&mut self, name: &'static str) -> &mut Self
    where
        T: Component + Clone + Serialize + DeserializeOwned,
    {
        let states = &mut self.register.transient_states;
        if states.iter().any(|one| one.name == name) {
            self.mistake(format!("another transient state is called `{name}`"));
            return self;
        }
        states.push(StateType::transient::<T>(name, self.plugin));
        self.kind::<T>()
    }
}
