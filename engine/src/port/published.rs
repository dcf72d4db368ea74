//! Notes whose shape client authors can look up.

use std::any::TypeId;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::{CommandData, Note};

/// A note whose shape is published: the schemas, the client's types and the golden frames of the
/// protocol are made from it. [`Outbox`](crate::Outbox) takes no other, and a plugin declares each
/// with [`Registrar::note`](crate::Registrar::note), so that none can be forgotten.
///
/// Doc comments of the type and its fields become the descriptions that client authors read.
pub trait Published: Note + JsonSchema + Sized {
    /// Every `event_type` such a note can have.
    const TYPES: &'static [&'static str];

    /// Notes as they might be sent, at least one of each type. Fixed values only: no clock, no
    /// chance.
    fn examples() -> Vec<Self>;
}

/// What is published of one type of note.
#[derive(Clone, Copy, Debug)]
pub struct Publication {
    /// Every `event_type` such a note can have.
    pub types: &'static [&'static str],
    /// The Rust type.
    pub rust: fn() -> &'static str,
    /// The JSON Schema of its `data`: a reference to what the generator then knows.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// Notes as they might be sent.
    pub examples: fn() -> Vec<Arc<dyn Note>>,
    /// Data of commands as they might be sent, where that is what is published.
    pub results: fn() -> Vec<CommandData>,
    pub(crate) id: fn() -> TypeId,
}

impl Publication {
    /// The publication of `N`.
    #[must_use]
    pub const fn of<N: Published>() -> Self {
        Self {
            types: N::TYPES,
            rust: std::any::type_name::<N>,
            schema: SchemaGenerator::subschema_for::<N>,
            examples: examples::<N>,
            results: Vec::new,
            id: TypeId::of::<N>,
        }
    }

    /// What is wrong with it: an example of no type of its own, or a type without example.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let shown: Vec<&str> = (self.examples)()
            .iter()
            .map(|note| note.event_type())
            .collect();
        let rust = (self.rust)();
        let strange = shown.iter().filter(|one| !self.types.contains(one));
        let strange =
            strange.map(|one| format!("`{rust}` has an example of `{one}`, not its type"));
        let missing = self.types.iter().filter(|one| !shown.contains(one));
        let missing = missing.map(|one| format!("`{rust}` has no example of `{one}`"));
        strange.chain(missing).collect()
    }
}

fn examples<N: Published>() -> Vec<Arc<dyn Note>> {
    N::examples()
        .into_iter()
        .map(|note| Arc::new(note) as Arc<dyn Note>)
        .collect()
}
