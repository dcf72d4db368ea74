//! What a command came to, for programs: typed data beside the text.

use std::any::TypeId;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use super::{Publication, Reply};

/// The `data` of a `command_response`: what its text says, for programs. A plugin declares each with
/// [`Registrar::command_result`](crate::Registrar::command_result), so that its shape is published.
///
/// Doc comments of the type and its fields become the descriptions that client authors read.
pub trait CommandResult: Serialize + JsonSchema + fmt::Debug + Send + Sync + 'static {
    /// The `kind` of such data: the verb, as a rule.
    const KIND: &'static str;

    /// Such data as they might be sent, at least one. Fixed values only: no clock, no chance.
    fn examples() -> Vec<Self>
    where
        Self: Sized;
}

/// A result on its way: the gateway encodes it, the tick thread never does.
#[derive(Clone, Debug)]
pub struct CommandData(Arc<dyn Reply>);

impl CommandData {
    /// The data of `result`.
    #[must_use]
    pub fn of<R: CommandResult>(result: R) -> Self {
        Self(Arc::new(Tagged {
            kind: R::KIND,
            result,
        }))
    }
}

impl Serialize for CommandData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        erased_serde::serialize(self.0.data(), serializer)
    }
}

/// Any kind; the published schema names those that there are.
impl JsonSchema for CommandData {
    fn schema_name() -> Cow<'static, str> {
        "CommandData".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({"type": "object"})
    }
}

/// A result with its kind, as it is sent.
#[derive(Debug, Serialize)]
struct Tagged<R> {
    kind: &'static str,
    #[serde(flatten)]
    result: R,
}

/// Named by its kind: `who_here` is `WhoHereResult`. The bare type may be part of other frames.
impl<R: CommandResult> JsonSchema for Tagged<R> {
    fn schema_name() -> Cow<'static, str> {
        let words = R::KIND.split('_').map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        });
        (words.collect::<String>() + "Result").into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = R::json_schema(generator);
        let shape = schema.ensure_object();
        let properties = shape
            .entry("properties")
            .or_insert_with(|| serde_json::Map::new().into());
        if let Some(properties) = properties.as_object_mut() {
            properties.insert("kind".to_owned(), serde_json::json!({"const": R::KIND}));
        }
        let required = shape
            .entry("required")
            .or_insert_with(|| Vec::<u8>::new().into());
        if let Some(required) = required.as_array_mut() {
            required.insert(0, "kind".into());
        }
        schema
    }
}

impl Publication {
    /// The publication of data of commands: a shape, and no event.
    #[must_use]
    pub const fn of_result<R: CommandResult>() -> Self {
        Self {
            types: &[],
            rust: std::any::type_name::<R>,
            schema: SchemaGenerator::subschema_for::<Tagged<R>>,
            examples: Vec::new,
            results: results::<R>,
            id: TypeId::of::<R>,
        }
    }
}

fn results<R: CommandResult>() -> Vec<CommandData> {
    R::examples().into_iter().map(CommandData::of).collect()
}
