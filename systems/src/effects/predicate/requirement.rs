//! A predicate as it stands in a file.

use std::borrow::Cow;

use engine::content::At;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{Predicate, predicate};
use crate::effects::findings::Findings;

/// A predicate as it stands in a file.
#[derive(Clone, Debug, Default)]
pub struct Requirement {
    written: Value,
    asked: Option<Predicate>,
    findings: Findings,
}

impl Requirement {
    fn read(written: Value) -> Self {
        let mut findings = Findings::default();
        let asked = predicate(&written, 1, &mut findings);
        Self {
            written,
            asked,
            findings,
        }
    }

    /// Tells of what is wrong with it.
    pub fn check(&self, at: &At<'_>) {
        self.findings.tell(at);
    }

    /// Tells of it where it asks of a person, and there is nobody to ask.
    pub fn check_of_place(&self, at: &At<'_>) {
        let personal = self.asked.as_ref().is_some_and(Predicate::is_personal);
        at.unless(
            !personal,
            "there is nobody here of whom this could be asked",
        );
    }

    /// Whether a chance is drawn in it.
    #[must_use]
    pub fn draws(&self) -> bool {
        self.asked.as_ref().is_some_and(Predicate::draws)
    }

    /// What is asked; `None`: nothing.
    pub(in crate::effects) const fn asked(&self) -> Option<&Predicate> {
        self.asked.as_ref()
    }
}

impl PartialEq for Requirement {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl<'de> Deserialize<'de> for Requirement {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Value::deserialize(from).map(Self::read)
    }
}

impl Serialize for Requirement {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.written.serialize(to)
    }
}

impl JsonSchema for Requirement {
    fn schema_name() -> Cow<'static, str> {
        "Requirement".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "x-bounds": "a predicate, see [effects.md](effects.md)" })
    }
}
