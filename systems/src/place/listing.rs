//! Lists of people: whole up to fifty, beyond that the fifty that matter most, and how many
//! there are.

use std::cmp::Ordering;
use std::sync::Arc;

use engine::prelude::*;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::creatures::lines;
use super::{Npc, Posture};

/// The most people in one list. An entry has some 110 bytes on the wire, so a list has about
/// 6 KiB whoever is there; poses of 200 characters each can make it ten times as much.
pub const LISTED_MAX: usize = 50;

/// Somebody in a room as clients see them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Occupant {
    /// Who.
    pub id: StableId,
    /// Their name.
    pub name: String,
    /// Their connection is away.
    pub linkdead: bool,
    /// How they hold themselves.
    pub position: Posture,
    /// How they stand there, in words that follow their name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pose: Option<String>,
    /// What else is seen of them at once, in a few words each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<String>,
}

impl Occupant {
    /// As text: a pose in its own words, else whoever does not stand is said to sit or lie; then
    /// their marks, and whose connection is away.
    #[must_use]
    pub fn words(&self) -> String {
        let posture = match (&self.pose, self.position) {
            (Some(pose), _) => Some(pose.as_str()),
            (None, Posture::Standing) => None,
            (None, posture) => Some(posture.word()),
        };
        let marks = self.marks.iter().map(String::as_str);
        let link = self.linkdead.then_some("link lost");
        let all: Vec<&str> = posture.into_iter().chain(marks).chain(link).collect();
        match all.is_empty() {
            true => self.name.clone(),
            false => format!("{} ({})", self.name, all.join("; ")),
        }
    }

    /// Without a pose that its reader does not want to see.
    pub(super) fn seen(&self, hidden: &[StableId]) -> Self {
        let mut seen = self.clone();
        if hidden.contains(&seen.id) {
            seen.pose = None;
        }
        seen
    }
}

/// The people in a room, for one reader or for all of them.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Shared by everybody who is told the same.
    people: Arc<[Occupant]>,
    /// The reader, where they are not among the people.
    own: Option<Arc<Occupant>>,
    count: usize,
    npcs: Arc<[Npc]>,
}

impl Listing {
    /// These people out of so many.
    pub(super) fn new(people: Arc<[Occupant]>, count: usize) -> Self {
        Self {
            people,
            own: None,
            count,
            npcs: Arc::default(),
        }
    }

    /// The same among these creatures.
    pub(super) fn among(self, npcs: Arc<[Npc]>) -> Self {
        Self { npcs, ..self }
    }

    /// What is seen of the creatures, a line each.
    pub(super) fn creatures(&self) -> Vec<String> {
        lines(&self.npcs)
    }

    /// The same with the reader in it, in the last place if need be.
    pub(super) fn with(self, own: Occupant) -> Self {
        let own = Some(Arc::new(own));
        Self { own, ..self }
    }

    /// The people listed.
    pub fn people(&self) -> impl ExactSizeIterator<Item = &Occupant> + '_ {
        let most = LISTED_MAX - usize::from(self.own.is_some());
        let shared = self.people.len().min(most);
        let listed = shared + usize::from(self.own.is_some());
        (0..listed).map(move |at| match &self.own {
            Some(own) if at == shared => own,
            _ => &self.people[at],
        })
    }

    /// How many there are in the room.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// As text, without the one called `me`; `None`: nobody else is here.
    pub(super) fn words(&self, me: &str) -> Option<String> {
        let others = self.people().filter(|one| one.name != me);
        let mut words: Vec<String> = others.map(Occupant::words).collect();
        // Whoever reads is in the room as well, and on the list.
        let rest = self.count.saturating_sub(words.len() + 1);
        if rest > 0 {
            words.push(format!("and {rest} more"));
        }
        (!words.is_empty()).then(|| words.join(", "))
    }
}

impl Serialize for Listing {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        struct Names<'a>(&'a Listing);
        impl Serialize for Names<'_> {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_seq(self.0.people().map(|one| &one.name))
            }
        }
        struct Players<'a>(&'a Listing);
        impl Serialize for Players<'_> {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_seq(self.0.people())
            }
        }
        let mut list = to.serialize_struct("Listing", 4)?;
        list.serialize_field("occupants", &Names(self))?;
        list.serialize_field("players", &Players(self))?;
        list.serialize_field("npcs", &*self.npcs)?;
        list.serialize_field("count", &self.count)?;
        list.end()
    }
}

/// What a [`Listing`] looks like.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is looked at")]
struct Shape {
    /// The names of the people in the room: all of them up to 50, else the 50 that matter most.
    occupants: Vec<String>,
    /// The same people in the same order.
    players: Vec<Occupant>,
    /// The creatures in the room, the first 50 of them.
    npcs: Vec<Npc>,
    /// How many people there are in the room.
    count: usize,
}

impl JsonSchema for Listing {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Shape::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Shape::json_schema(generator)
    }
}

/// The order of names, whatever their case.
pub(super) fn by_name(one: &str, other: &str) -> Ordering {
    fn lower(name: &str) -> impl Iterator<Item = u8> + '_ {
        name.bytes().map(|byte| byte.to_ascii_lowercase())
    }
    lower(one).cmp(lower(other)).then_with(|| one.cmp(other))
}
