//! A list of effects as it stands in a file: what was written, and what it means.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use engine::content::At;
use engine::record::json;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::act::Effect;
use super::findings::Findings;
use super::read;

/// A list of effects. Cheap to clone. Whoever reads one of a file calls [`check`](Self::check),
/// which tells of everything that is wrong with it in its place.
#[derive(Clone)]
pub struct EffectList(Arc<WrittenList>);

struct WrittenList {
    written: Value,
    effects: Arc<[Effect]>,
    findings: Findings,
}

impl EffectList {
    /// The list that is written so.
    #[must_use]
    pub fn of(written: Value) -> Self {
        let mut findings = Findings::default();
        let effects = read::list(&written, 1, &mut findings);
        Self(Arc::new(WrittenList {
            written,
            effects,
            findings,
        }))
    }

    /// These effects, and then those of another list.
    #[must_use]
    pub fn then(mut first: Vec<Value>, rest: &Self) -> Self {
        first.extend(rest.0.written.as_array().into_iter().flatten().cloned());
        Self::of(Value::Array(first))
    }

    /// Tells of what is wrong with it, also of ids that are nobody's.
    pub fn check(&self, at: &At<'_>) {
        self.0.findings.tell(at);
    }

    /// Whether it can be run: what a save holds may be of an older world.
    pub(super) fn is_sound(&self) -> bool {
        self.0.findings.is_clean()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.effects.is_empty()
    }

    pub(super) fn effects(&self) -> &Arc<[Effect]> {
        &self.0.effects
    }
}

impl Default for EffectList {
    fn default() -> Self {
        Self::of(Value::Array(Vec::new()))
    }
}

impl PartialEq for EffectList {
    fn eq(&self, other: &Self) -> bool {
        self.0.written == other.0.written
    }
}

impl Eq for EffectList {}

impl fmt::Debug for EffectList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.written.fmt(f)
    }
}

impl<'de> Deserialize<'de> for EffectList {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // Checkpoints hold no values of free shape.
        if !from.is_human_readable() {
            return json::deserialize(from).map(Self::of);
        }
        Value::deserialize(from).map(Self::of)
    }
}

impl Serialize for EffectList {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match to.is_human_readable() {
            true => self.0.written.serialize(to),
            false => json::serialize(&self.0.written, to),
        }
    }
}

impl JsonSchema for EffectList {
    fn schema_name() -> Cow<'static, str> {
        "EffectList".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "x-bounds": "a list of effects, see [effects.md](effects.md)" })
    }
}
