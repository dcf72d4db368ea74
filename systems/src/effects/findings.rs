//! What is wrong with data that was read as plain values, and where, until its file is at hand.

use engine::content::{At, DefinedIds};

use crate::afflictions::ConditionNames;
use crate::calendar::Observances;
use crate::character::Professions;
use crate::place::CreatureNames;
use crate::things::{Prototype, is_container};
use crate::world::Atlas;

/// A step from a value to one within it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum PathStep {
    Key(String),
    Item(usize),
}

/// What an id must be the id of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdKind {
    Room,
    SubZone,
    Zone,
    Environment,
    Holiday,
    Schedule,
    Profession,
    Creature,
    Condition,
    Thing,
    Container,
}

/// Mistakes, and ids to be looked up, each with its place.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    path: Vec<PathStep>,
    mistakes: Vec<(Vec<PathStep>, String)>,
    ids: Vec<(Vec<PathStep>, IdKind, String)>,
}

impl Findings {
    /// Does something within the value of a key.
    pub(super) fn in_key<T>(&mut self, key: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        self.within(PathStep::Key(key.to_owned()), work)
    }

    /// Does something within one of a list.
    pub(super) fn in_item<T>(&mut self, index: usize, work: impl FnOnce(&mut Self) -> T) -> T {
        self.within(PathStep::Item(index), work)
    }

    fn within<T>(&mut self, step: PathStep, work: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let done = work(self);
        self.path.pop();
        done
    }

    /// Something is wrong here.
    pub(super) fn mistake(&mut self, message: impl Into<String>) {
        self.mistakes.push((self.path.clone(), message.into()));
    }

    /// Here stands an id.
    pub(super) fn id(&mut self, of: IdKind, id: &str) {
        self.ids.push((self.path.clone(), of, id.to_owned()));
    }

    /// Whether nothing is wrong, but for ids that nobody has looked up.
    pub(super) fn is_clean(&self) -> bool {
        self.mistakes.is_empty()
    }

    /// Tells of everything that is wrong, each in its place, and looks up the ids.
    pub(super) fn tell(&self, at: &At<'_>) {
        for (path, message) in &self.mistakes {
            place(at, path).problem(message.clone());
        }
        for (path, of, id) in &self.ids {
            if let Some(message) = of.dangling(id, at) {
                place(at, path).problem(message);
            }
        }
    }
}

fn place<'a>(at: &At<'a>, path: &[PathStep]) -> At<'a> {
    path.iter().fold(at.clone(), |at, step| match step {
        PathStep::Key(key) => at.key(key),
        PathStep::Item(index) => at.item(*index),
    })
}

impl IdKind {
    /// What is to be said of an id that is nobody's.
    fn dangling(self, id: &str, at: &At<'_>) -> Option<String> {
        let atlas = at.content::<Atlas>();
        let calendar = at.content::<Observances>();
        let (known, what) = match self {
            Self::Room => (atlas.map(|one| one.find(id).is_some()), "a room"),
            Self::SubZone => {
                let known = |one: &Atlas| one.sub_zones().any(|(_, sub)| sub == id);
                (atlas.map(known), "a sub-zone")
            }
            Self::Zone => {
                let known = |one: &Atlas| one.sub_zones().any(|(zone, _)| zone == id);
                (atlas.map(known), "a zone")
            }
            Self::Environment => {
                let known = |one: &Atlas| one.environments().any(|known| known == id);
                (atlas.map(known), "an environment")
            }
            Self::Holiday => (calendar.map(|one| one.has_holiday(id)), "a holiday"),
            Self::Schedule => (calendar.map(|one| one.has_schedule(id)), "a schedule"),
            Self::Condition => {
                let all = at.content::<ConditionNames>();
                (all.map(|one| one.0.contains(id)), "a condition")
            }
            Self::Creature => {
                let all = at.content::<CreatureNames>();
                (all.map(|one| one.0.contains(id)), "a creature")
            }
            Self::Profession => {
                let all = at.content::<Professions>();
                (all.map(|one| one.find(id).is_some()), "a profession")
            }
            Self::Container => (is_container(id, at), "what stands in a room"),
            Self::Thing => {
                let all = at.content::<DefinedIds<Prototype>>();
                (all.map(|one| one.contains(id)), "a thing")
            }
        };
        // Where the others could not be read, everything would seem to dangle.
        (known == Some(false)).then(|| format!("`{id}` is not {what}"))
    }
}
