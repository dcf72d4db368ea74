//! Rules: one file, one type.

use std::marker::PhantomData;

use bevy_ecs::resource::Resource;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toml::de::DeTable;

use super::reference::KeyTable;
use super::{At, Claim, ContentReader, Reading, ValuePlace, bounds};

/// Rules that designers write in a file of their own. A world without the file, and each key that
/// is not written, has what `Default` says.
///
/// Bounds are `#[schemars(range(…))]` and `#[schemars(length(…))]` on the fields; doc comments are
/// what the reference says of them. For both, `#[serde(default, deny_unknown_fields)]` and
/// `Serialize` belong on the type.
pub trait Rules: DeserializeOwned + JsonSchema + Default + Clone + Resource {
    /// Checks what no bound of a single key says, and derives what is looked up.
    fn check(&mut self, _at: &At<'_>) {}
}

pub(crate) struct RulesReader<T> {
    path: String,
    of: PhantomData<fn() -> T>,
}

impl<T: Rules> RulesReader<T> {
    pub(crate) fn new(path: String) -> Self {
        Self {
            path,
            of: PhantomData,
        }
    }
}

impl<T: Rules> ContentReader for RulesReader<T> {
    fn claims(&self) -> Vec<Claim> {
        vec![Claim::File(self.path.clone())]
    }

    fn read(&self, reading: &mut Reading<'_>) {
        let mut problems = Vec::new();
        let Some(source) = reading.source(&self.path) else {
            return reading.put(T::default());
        };
        let read = source.read::<T>(&mut problems);
        for problem in problems {
            reading.problem(problem);
        }
        // Parsed above already.
        let (Some(mut rules), Ok(table)) = (read, DeTable::parse(&source.text)) else {
            return;
        };
        let span = table.span();
        let value = toml::Spanned::new(span, toml::de::DeValue::Table(table.into_inner()));
        {
            let at = reading.at(source, ValuePlace::of(&value));
            let schema = schema_of::<T>();
            bounds::check(&schema, &schema, &at);
            rules.check(&at);
        }
        reading.put(rules);
    }

    fn reference(&self) -> Vec<KeyTable> {
        vec![KeyTable::of(&self.path, &schema_of::<T>())]
    }
}

/// The schema of what designers write.
#[must_use]
pub fn schema_of<T: JsonSchema>() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_deserialize();
    settings.into_generator().into_root_schema_for::<T>().into()
}
