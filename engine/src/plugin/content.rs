//! What a plugin reads of a world's files.

use std::sync::Arc;

use bevy_ecs::component::{Component, Mutable};
use bevy_ecs::entity::Entity;
use bevy_ecs::prelude::Resource;
use bevy_ecs::query::Allow;
use bevy_ecs::resource::IsResource;
use bevy_ecs::world::World;

use super::Registrar;
use crate::content::{
    Carryover, Claim, Content, ContentReader, Definition, Definitions, DefinitionsReader, Install,
    ListedReader, Reading, Ready, Rules, RulesReader, Section, SectionReader,
};

impl Registrar<'_> {
    /// Rules that designers write in `rules/NAME.toml`: a resource, documented and checked by its
    /// own type. See [`Rules`].
    pub fn rules<T: Rules>(&mut self, name: &str) -> &mut Self {
        self.rules_file::<T>(&format!("rules/{name}.toml"))
    }

    /// The same, for a file elsewhere in the world's folder.
    pub fn rules_file<T: Rules>(&mut self, path: &str) -> &mut Self {
        self.reads(RulesReader::<T>::new(path.to_owned()))
            .from_content::<T>()
    }

    /// Definitions by id, in the files of a folder: the resource [`Definitions`]. See
    /// [`Definition`].
    pub fn content<T: Definition>(&mut self, folder: &str) -> &mut Self {
        self.reads(DefinitionsReader::<T>::new(folder))
            .from_content::<Definitions<T>>()
    }

    /// Definitions that are written as lists with ids of their own, `[[things]]` in every file of
    /// `things/`: the resource [`Definitions`]. Keys that are none of `T`'s are sections of this
    /// kind, for whichever plugin reads them.
    pub fn listed<T: Definition>(&mut self, key: &'static str, kind: &'static str) -> &mut Self {
        self.reads(ListedReader::<T>::new(key, kind))
            .from_content::<Definitions<T>>()
    }

    /// What this plugin reads of each thing of these kinds under a key: `hazards` of each `room`.
    /// Not a resource; make one of it with [`derived`](Self::derived), from
    /// [`Sections`](crate::content::Sections).
    pub fn section<T: Section>(
        &mut self,
        kinds: &'static [&'static str],
        key: &'static str,
    ) -> &mut Self {
        self.reads(SectionReader::<T>::new(kinds, key))
    }

    /// A resource that is looked up rather than written: made from what was read, anew whenever
    /// that changes. Runs after what was registered before it.
    pub fn derived<R: Resource>(
        &mut self,
        derive: impl Fn(&Content) -> R + Send + Sync + 'static,
    ) -> &mut Self {
        self.installs(false, derive)
    }

    /// A resource that is made from content when the world begins, and is its owner's from then on:
    /// what becomes of it when the content changes is said by [`carried`](Self::carried).
    pub fn begun<R: Resource>(
        &mut self,
        derive: impl Fn(&Content) -> R + Send + Sync + 'static,
    ) -> &mut Self {
        self.installs(true, derive)
    }

    fn installs<R: Resource>(
        &mut self,
        first_only: bool,
        derive: impl Fn(&Content) -> R + Send + Sync + 'static,
    ) -> &mut Self {
        let make = move |content: &Arc<Content>| {
            let value = derive(content);
            Box::new(move |world: &mut World| world.insert_resource(value)) as Ready
        };
        let make = Box::new(make);
        let installs = &mut self.register.content.installs;
        installs.push(Install { first_only, make });
        self.kind::<R>()
    }

    /// Says what becomes of a component or resource when the content changes under it, for each
    /// that there is: what names a place in a table of the content that was is set to that of the
    /// one to come. `false`: it is taken away. What names things by their ids needs none of this.
    pub fn carried<T: Component<Mutability = Mutable>>(
        &mut self,
        carry: impl Fn(&mut T, &Carryover<'_>) -> bool + Send + Sync + 'static,
    ) -> &mut Self {
        if self.is_off() {
            return self;
        }
        let each = move |world: &mut World, carryover: &Carryover<'_>| {
            let mut all = world.query_filtered::<(Entity, &mut T), Allow<IsResource>>();
            let all = all.iter_mut(world);
            let gone =
                all.filter_map(|(entity, mut one)| (!carry(&mut one, carryover)).then_some(entity));
            for entity in gone.collect::<Vec<_>>() {
                world.entity_mut(entity).remove::<T>();
            }
        };
        let name = std::any::type_name::<T>();
        let carries = &mut self.register.content.carries;
        carries.push((self.plugin, name, Box::new(each)));
        self
    }

    /// Changes what was read before anybody else sees it: what an operator may set beside the
    /// world's own rules.
    pub fn amend<T: Clone + Send + Sync + 'static>(
        &mut self,
        amend: impl Fn(&mut T) + Send + Sync + 'static,
    ) -> &mut Self {
        self.reads(Amendment {
            amend: Box::new(amend),
        })
    }

    /// A reader of the plugin's own.
    pub fn reads(&mut self, reader: impl ContentReader) -> &mut Self {
        self.register.content.readers.push(Box::new(reader));
        self
    }

    /// Makes a value that a reader of this plugin puts a resource.
    pub fn from_content<T: Resource + Clone + Default>(&mut self) -> &mut Self {
        self.derived(|content| content.get::<T>().cloned().unwrap_or_default())
    }

    /// What the world begins with.
    pub fn provide(&mut self, content: Arc<Content>) -> &mut Self {
        self.register.content.content = Some(content);
        self
    }

    /// Changes a resource whenever the content does: for one that others fill, too.
    pub fn rederive<R: Resource<Mutability = Mutable> + Default>(
        &mut self,
        derive: impl Fn(&Content, &mut R) + Send + Sync + 'static,
    ) -> &mut Self {
        let derive = Arc::new(derive);
        let make = move |content: &Arc<Content>| {
            let (derive, content) = (Arc::clone(&derive), Arc::clone(content));
            let change = move |world: &mut World| {
                derive(&content, &mut world.get_resource_or_init::<R>());
            };
            Box::new(change) as Ready
        };
        let (first_only, make) = (false, Box::new(make));
        let installs = &mut self.register.content.installs;
        installs.push(Install { first_only, make });
        self
    }
}

struct Amendment<T> {
    amend: Box<dyn Fn(&mut T) + Send + Sync>,
}

impl<T: Clone + Send + Sync + 'static> ContentReader for Amendment<T> {
    fn claims(&self) -> Vec<Claim> {
        Vec::new()
    }

    fn read(&self, reading: &mut Reading<'_>) {
        if let Some(mut value) = reading.get::<T>().cloned() {
            (self.amend)(&mut value);
            reading.put(value);
        }
    }
}
