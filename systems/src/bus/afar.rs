//! Who is awake on other nodes.

use std::collections::BTreeMap;

use engine::port::Awake;
use engine::prelude::*;

use super::BusSettings;

/// What keepers decide that may wait beyond the bound of all that must arrive.
const SANCTIONS_MAX: usize = 1_024;

/// Everybody who is awake on other nodes.
#[derive(Resource, Default, Debug)]
pub struct Afar {
    /// This node's own name.
    own: String,
    /// This world's.
    world: String,
    /// The nodes that are there, also those on which nobody is awake.
    nodes: BTreeMap<String, Vec<Awake>>,
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
        self.nodes.insert(node.to_owned(), players.to_vec());
        self.look_up();
    }

    pub(super) fn forget(&mut self, node: &str) {
        self.nodes.remove(node);
        self.look_up();
    }

    fn look_up(&mut self) {
        // One that moved between two lists may be in both for a moment; nodes come in order.
        self.by_name = self
            .nodes
            .values()
            .flatten()
            .map(|one| (one.name.to_lowercase(), one.clone()))
            .collect();
    }
}
