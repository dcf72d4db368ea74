//! Who is awake on other nodes.

use std::collections::BTreeMap;

use engine::port::Awake;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::BusSettings;

/// What admins decide that may wait beyond the bound of all that must arrive.
const SANCTIONS_MAX: usize = 1_024;

/// Everybody who is awake on other nodes.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub struct Afar {
    /// This node's own name.
    own: String,
    /// This world's.
    world: String,
    /// The nodes that are there, also those on which nobody is awake: who is, by name in lower case.
    nodes: BTreeMap<String, BTreeMap<String, Awake>>,
    by_name: BTreeMap<String, Awake>,
    /// How many messages that must arrive may wait; 0: there is no bus.
    outbox_max: usize,
    waiting: usize,
}

impl Afar {
    pub(super) fn open(settings: &BusSettings) -> Self {
        Self {
            own: settings.node.clone(),
            world: settings.world.clone(),
            outbox_max: settings.outbox_max,
            ..Self::default()
        }
    }

    /// The one awake elsewhere who is called so, in any case.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Awake> {
        self.by_name.get(&name.trim().to_lowercase())
    }

    /// Everybody awake elsewhere, by name.
    pub fn everybody(&self) -> impl ExactSizeIterator<Item = &Awake> {
        self.by_name.values()
    }

    /// Whether there are other nodes to be told anything.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.outbox_max > 0
    }

    /// Whether a message that must arrive can be taken now.
    #[must_use]
    pub const fn has_room(&self) -> bool {
        self.waiting < self.outbox_max
    }

    /// This node's name; empty without a bus.
    #[must_use]
    pub fn own(&self) -> &str {
        &self.own
    }

    /// This world's name; empty without a bus.
    #[must_use]
    pub fn world(&self) -> &str {
        &self.world
    }

    /// The names of the other nodes that are there.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }

    /// What is to be answered to a mute, a ban or an order that could not reach other nodes now.
    /// Room for these is kept apart, so that no whispers push them out.
    ///
    /// # Errors
    /// `server_busy`, when that is full, too.
    pub fn room_for_sanction(&self) -> Result<(), Refusal> {
        if !self.is_open() || self.waiting < self.outbox_max.saturating_add(SANCTIONS_MAX) {
            return Ok(());
        }
        let message = "Other nodes can't be told just now; try again in a moment.";
        Err(Refusal::new(Code::ServerBusy, message))
    }

    pub(super) const fn set_waiting(&mut self, waiting: usize) {
        self.waiting = waiting;
    }

    pub(super) fn learn(&mut self, node: &str, players: &[Awake]) {
        let players = players.iter();
        let now: BTreeMap<String, Awake> = players
            .map(|one| (one.name.to_lowercase(), one.clone()))
            .collect();
        let before = self.nodes.insert(node.to_owned(), now.clone());
        let before = before.unwrap_or_default();
        for name in before.keys().filter(|name| !now.contains_key(*name)) {
            self.look_up(name);
        }
        // Of a long list little changes from one time to the next.
        for (name, _) in now
            .iter()
            .filter(|(name, one)| before.get(*name) != Some(one))
        {
            self.look_up(name);
        }
    }

    pub(super) fn forget(&mut self, node: &str) {
        for name in self.nodes.remove(node).unwrap_or_default().keys() {
            self.look_up(name);
        }
    }

    /// One that moved between two lists may be in both for a moment: the last node's holds.
    fn look_up(&mut self, name: &str) {
        match self.nodes.values().rev().find_map(|all| all.get(name)) {
            Some(one) => drop(self.by_name.insert(name.to_owned(), one.clone())),
            None => drop(self.by_name.remove(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renewed_list_changes_own_part_only() {
        let id = |node: &str, name: &str| StableId::named(&format!("{node} {name}"));
        let list = |node: &str, names: &[&str]| -> Vec<Awake> {
            let one = |name: &&str| Awake {
                id: id(node, name),
                name: (*name).to_owned(),
                place: "The Docks".to_owned(),
                admin: false,
            };
            names.iter().map(one).collect()
        };
        let mut afar = Afar::default();
        let mut told = |node: &str, names: Option<&[&str]>| {
            match names {
                Some(names) => afar.learn(node, &list(node, names)),
                None => afar.forget(node),
            }
            let all: Vec<&str> = afar.everybody().map(|one| one.name.as_str()).collect();
            (all.join(" "), afar.find("bob").map(|one| one.id))
        };
        let (south, west) = (Some(id("south", "Bob")), Some(id("west", "Bob")));
        let first = told("south", Some(&["Bob", "Cat"]));
        assert_eq!(first, ("Bob Cat".to_owned(), south));
        // In two lists for a moment: the last node's holds, and the other's once that lets go.
        let both = told("west", Some(&["Bob", "Dan"]));
        assert_eq!(both, ("Bob Cat Dan".to_owned(), west));
        let renewed = told("south", Some(&["Bob", "Eve"]));
        assert_eq!(renewed, ("Bob Dan Eve".to_owned(), west));
        let left = told("west", Some(&["Dan"]));
        assert_eq!(left, ("Bob Dan Eve".to_owned(), south));
        assert_eq!(told("south", None), ("Dan".to_owned(), None));
    }
}
