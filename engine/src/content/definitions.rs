//! Definitions: a folder of things of one kind, each under its id.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

use bevy_ecs::resource::Resource;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use super::reference::KeyTable;
use super::rules::schema_of;
use super::{At, Claim, ContentReader, Reading, ValuePlace, bounds};

/// What a definition's id may be: a to z, 0 to 9 and `_`, so that it can stand anywhere.
fn is_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=64).contains(&id.len()) && id.chars().all(plain)
}

/// One thing of a kind, as designers write it: a table under its id, in any file of the folder.
pub trait Definition: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// Checks what no bound of a single key says.
    fn check(&mut self, _id: &str, _at: &At<'_>) {}
}

/// Every definition of a kind by id. Cheap to clone.
#[derive(Resource, Debug)]
pub struct Definitions<T: Send + Sync + 'static>(Arc<BTreeMap<String, T>>);

impl<T: Send + Sync> Clone for Definitions<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Send + Sync> Default for Definitions<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Send + Sync> Definitions<T> {
    pub(super) fn of(all: BTreeMap<String, T>) -> Self {
        Self(Arc::new(all))
    }

    /// The definition of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&T> {
        self.0.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(id, one)| (id.as_str(), one))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

pub(crate) struct DefinitionsReader<T> {
    /// Ends with `/`.
    folder: String,
    of: PhantomData<fn() -> T>,
}

impl<T: Definition> DefinitionsReader<T> {
    pub(crate) fn new(folder: &str) -> Self {
        Self {
            folder: format!("{folder}/"),
            of: PhantomData,
        }
    }
}

impl<T: Definition> ContentReader for DefinitionsReader<T> {
    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Folder(self.folder.clone())]
    }

    fn read(&self, reading: &mut Reading<'_>) {
        let schema = schema_of::<T>();
        let mut all: BTreeMap<String, T> = BTreeMap::new();
        let of_folder = |path: &str| path.starts_with(&self.folder) && path.ends_with(".toml");
        for source in reading.sources() {
            if !of_folder(&source.path) {
                continue;
            }
            let mut problems = Vec::new();
            let read = source.read::<BTreeMap<String, T>>(&mut problems);
            for problem in problems {
                reading.problem(problem);
            }
            let (Some(read), Ok(table)) = (read, DeTable::parse(&source.text)) else {
                continue;
            };
            let value = toml::Spanned::new(table.span(), DeValue::Table(table.into_inner()));
            let at = reading.at(source, ValuePlace::of(&value));
            for (id, mut one) in read {
                let here = at.key(&id);
                let name = at.name(&id);
                name.unless(
                    is_id(&id),
                    format!("`{id}` is not 1 to 64 of a-z, 0-9 and _"),
                );
                name.unless(!all.contains_key(&id), format!("`{id}` is defined twice"));
                bounds::check(&schema, &schema, &here);
                one.check(&id, &here);
                all.insert(id, one);
            }
        }
        reading.put(Definitions(Arc::new(all)));
    }

    fn reference(&self) -> Vec<KeyTable> {
        let path = format!("{}*.toml", self.folder);
        vec![KeyTable::of_each(&path, "ID", &schema_of::<T>())]
    }
}
