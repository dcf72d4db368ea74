//! A character's own mutes.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Mute, Rules};
use crate::chat::Channel;
use crate::command::{Missed, resolve};

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
    pub fn has_room(&self, rules: Rules, now: WorldTime) -> bool {
        self.people.len() < rules.people || self.people.values().any(|one| !one.mute.holds(now))
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
}

/// Mute or unmute somebody or something for a character: the one way in which [`Mutes`] change.
#[derive(Message, Clone, Debug)]
pub enum SetMute {
    /// A person.
    Person {
        /// Whose list.
        owner: Entity,
        /// Who.
        id: StableId,
        /// Their name.
        name: String,
        /// `None`: they are heard again.
        mute: Option<Mute>,
    },
    /// A channel.
    Channel {
        /// Whose list.
        owner: Entity,
        /// Which.
        channel: Channel,
        /// `None`: it is heard again.
        mute: Option<Mute>,
    },
}

/// Keeps the lists, and takes what is over off those that are touched.
pub(super) fn settle(
    mut wanted: MessageReader<SetMute>,
    mut lists: Query<&mut Mutes>,
    rules: Res<Rules>,
    clock: Res<Clock>,
) {
    for one in wanted.read() {
        let (SetMute::Person { owner, .. } | SetMute::Channel { owner, .. }) = one;
        let Ok(mut list) = lists.get_mut(*owner) else {
            continue;
        };
        list.people.retain(|_, one| one.mute.holds(clock.wall()));
        list.channels.retain(|_, mute| mute.holds(clock.wall()));
        match one.clone() {
            SetMute::Person {
                id,
                name,
                mute: Some(mute),
                ..
            } => {
                if list.people.len() < rules.people || list.people.contains_key(&id) {
                    list.people.insert(id, Person { name, mute });
                }
            }
            SetMute::Person { id, mute: None, .. } => {
                list.people.remove(&id);
            }
            SetMute::Channel {
                channel,
                mute: Some(mute),
                ..
            } => {
                list.channels.insert(channel, mute);
            }
            SetMute::Channel {
                channel,
                mute: None,
                ..
            } => {
                list.channels.remove(&channel);
            }
        }
    }
}
