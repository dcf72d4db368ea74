//! A character's own mutes.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::Mute;
use crate::command::{Missed, resolve};
use crate::speech::Channel;

/// Whom and what a character does not want to hear.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(default)]
pub struct Mutes {
    people: BTreeMap<StableId, Person>,
    channels: BTreeMap<Channel, Mute>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Person {
    name: String,
    mute: Mute,
}

impl Mutes {
    /// Whether nobody and nothing is on the list, not even what is over.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.people.is_empty() && self.channels.is_empty()
    }

    /// Whether what somebody says is not to be heard.
    #[must_use]
    pub fn hides(&self, sender: StableId, now: WorldTime) -> bool {
        self.people
            .get(&sender)
            .is_some_and(|person| person.mute.holds(now))
    }

    /// Whether a channel is not to be heard.
    #[must_use]
    pub fn closes(&self, channel: Channel, now: WorldTime) -> bool {
        self.channels
            .get(&channel)
            .is_some_and(|mute| mute.holds(now))
    }

    /// Whether one more person fits.
    #[must_use]
    pub(crate) fn has_room(&self, people_max: usize, now: WorldTime) -> bool {
        self.people.len() < people_max || self.people.values().any(|one| !one.mute.holds(now))
    }

    /// The muted one who is meant by a name, the beginning of one, or an ordinal (`an-2`).
    ///
    /// # Errors
    /// When nobody is, or more than one could be.
    pub fn meant(&self, name: &str, now: WorldTime) -> Result<(StableId, &str), Missed> {
        let held = self.people.iter().filter(|(_, one)| one.mute.holds(now));
        let held = held.map(|(id, one)| (*id, one.name.as_str()));
        resolve(name, held.map(|(id, name)| (id, name, (id, name))))
    }

    /// The people, by name, with what is said of each mute.
    #[must_use]
    pub fn people(&self, now: WorldTime) -> Vec<(&str, String)> {
        let held = self.people.values().filter(|one| one.mute.holds(now));
        let mut people: Vec<_> = held
            .map(|one| (one.name.as_str(), one.mute.told(now)))
            .collect();
        people.sort_unstable();
        people
    }

    /// The channels, with what is said of each mute.
    pub fn channels(&self, now: WorldTime) -> impl Iterator<Item = (Channel, String)> + '_ {
        self.channels
            .iter()
            .filter(move |(_, mute)| mute.holds(now))
            .map(move |(channel, mute)| (*channel, mute.told(now)))
    }

    /// Takes off what is over.
    pub(crate) fn forget_over(&mut self, now: WorldTime) {
        self.people.retain(|_, one| one.mute.holds(now));
        self.channels.retain(|_, mute| mute.holds(now));
    }

    /// Puts a person on the list, if there are less than `people_max`, or takes them off it; answers
    /// whether it is as asked.
    pub(crate) fn set_person(
        &mut self,
        (id, name): (StableId, String),
        mute: Option<Mute>,
        people_max: usize,
    ) -> bool {
        match mute {
            Some(mute) if self.people.len() < people_max || self.people.contains_key(&id) => {
                self.people.insert(id, Person { name, mute });
                true
            }
            Some(_) => false,
            None => {
                self.people.remove(&id);
                true
            }
        }
    }

    /// Puts a channel on the list or takes it off it.
    pub(crate) fn set_channel(&mut self, channel: Channel, mute: Option<Mute>) {
        match mute {
            Some(mute) => self.channels.insert(channel, mute),
            None => self.channels.remove(&channel),
        };
    }
}
