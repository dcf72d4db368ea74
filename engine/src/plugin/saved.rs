//! What of a plugin is saved.

use std::any::TypeId;

use bevy_ecs::component::{Component, Mutable};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Registrar;
use crate::checkpoint::StateType;
use crate::persist::{HOLDER, Migration, SavedName};

impl Registrar<'_> {
    /// Makes a component durable: whatever changes is saved, whatever is removed is forgotten,
    /// and it comes back with its entity. Only entities with a `StableId` are saved. `name` is
    /// for ever; this plugin is the component's one writer.
    pub fn persist<T>(&mut self, name: &'static str) -> &mut Self
    where
        T: Component<Mutability = Mutable> + Serialize + DeserializeOwned + Clone,
    {
        self.persist_versioned::<T>(name, 1, |_, old| Ok(old))
    }

    /// Like [`persist`](Self::persist), for a component whose shape has changed: a value saved as
    /// an older `version` goes through `migrate(its version, its JSON)` first.
    pub fn persist_versioned<T>(
        &mut self,
        name: &'static str,
        version: u32,
        migrate: Migration,
    ) -> &mut Self
    where
        T: Component<Mutability = Mutable> + Serialize + DeserializeOwned + Clone,
    {
        let own = false;
        self.save::<T>(SavedName { name, version, own }, migrate)
    }

    /// Like [`persist`](Self::persist), for what is this node's own where several share a
    /// database: no other loads it, and it is written whoever writes the world.
    pub fn persist_own<T>(&mut self, name: &'static str) -> &mut Self
    where
        T: Component<Mutability = Mutable> + Serialize + DeserializeOwned + Clone,
    {
        self.persist_own_versioned::<T>(name, 1, |_, old| Ok(old))
    }

    /// Like [`persist_own`](Self::persist_own), for a component whose shape has changed; see
    /// [`persist_versioned`](Self::persist_versioned).
    pub fn persist_own_versioned<T>(
        &mut self,
        name: &'static str,
        version: u32,
        migrate: Migration,
    ) -> &mut Self
    where
        T: Component<Mutability = Mutable> + Serialize + DeserializeOwned + Clone,
    {
        let own = true;
        self.save::<T>(SavedName { name, version, own }, migrate)
    }

    fn save<T>(&mut self, name: SavedName, migrate: Migration) -> &mut Self
    where
        T: Component<Mutability = Mutable> + Serialize + DeserializeOwned + Clone,
    {
        self.kind::<T>();
        let states = &mut self.register.saved_states;
        states.push(StateType::saved::<T>(name.name, self.plugin));
        let saved = self
            .register
            .saved
            .register::<T>(self.world, name, migrate, self.plugin);
        self.register.mistakes.extend(saved.err());
        self
    }

    /// Says that this plugin changes a component that it saves also without marking it
    /// (`bypass_change_detection`), where a change is not worth a save. Checkpoints of recordings
    /// then copy it, instead of taking the last row of it.
    pub fn unmarked<T: Component>(&mut self) -> &mut Self {
        let (plugin, mut states) = (self.plugin, self.register.saved_states.iter_mut());
        let saved = states.find(|one| one.plugin == plugin && one.of == TypeId::of::<T>());
        match saved {
            Some(one) => one.in_rows = false,
            None => {
                let name = std::any::type_name::<T>();
                self.mistake(format!(
                    "`{name}` is unmarked, and this plugin does not save it"
                ));
            }
        }
        self
    }

    /// Makes this plugin the one that says who holds what: [`Holder`](crate::Holder) is saved, and
    /// what has one belongs to the owner of whoever holds it.
    pub fn holders(&mut self) -> &mut Self {
        self.kind::<crate::Holder>();
        let states = &mut self.register.saved_states;
        states.push(StateType::saved::<crate::Holder>(HOLDER.name, self.plugin));
        let saved = self
            .register
            .saved
            .register_holders(self.world, self.plugin);
        self.register.mistakes.extend(saved.err());
        self
    }

    /// Removes the saved values of a component that no longer is. Without this they are kept, in
    /// case the plugin comes back: a row goes when its entity is loaded, so leave the line in for
    /// as long as somebody who has not signed in since may return.
    pub fn retire(&mut self, name: &'static str) -> &mut Self {
        self.register.saved.retire(name);
        self
    }
}
