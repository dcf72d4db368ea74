//! What a plugin reads of a world's files.

use std::sync::Arc;

use bevy_ecs::component::Mutable;
use bevy_ecs::prelude::Resource;

use super::Registrar;
use crate::content::{
    Claim, Content, ContentReader, Definition, Definitions, DefinitionsReader, Reading, Rules,
    RulesReader, Section, SectionReader,
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
        let install = move |content: &Content, world: &mut bevy_ecs::world::World| {
            world.insert_resource(derive(content));
        };
        self.register.content.installs.push(Box::new(install));
        self.kind::<R>()
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
        let install = move |content: &Content, world: &mut bevy_ecs::world::World| {
            derive(content, &mut world.get_resource_or_init::<R>());
        };
        self.register.content.installs.push(Box::new(install));
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
