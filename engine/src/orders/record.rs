//! What a character remembers of its commands.

use std::collections::VecDeque;

use bevy_ecs::component::Component;
use serde::{Deserialize, Serialize};

use crate::checkpoint::TransientPart;
use crate::port::{Code, Planted, Tick, is_planted};

mod chain;

/// How many executed commands a character remembers.
pub const REMEMBERED: usize = 64;

/// Beyond this id there is no room for the next slip: ids end at 2^53-1.
const ID_LAST: u64 = (1 << 53) - 1 - (1 << 32);

/// What a character's executed commands came to: the last [`REMEMBERED`], saved with it.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct CommandRecord {
    #[serde(rename = "h")]
    pub(super) highest: u64,
    #[serde(rename = "r", with = "chain")]
    recent: VecDeque<Executed>,
    /// The highest id accepted in this session, executed or waiting its turn.
    #[serde(skip)]
    pub(super) accepted: u64,
}

/// Id, outcome and tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Executed(pub(super) u64, pub(super) Option<Code>, pub(super) Tick);

impl TransientPart for CommandRecord {
    type Part = u64;

    fn part(&self) -> u64 {
        self.accepted
    }

    fn set_part(&mut self, accepted: u64) {
        self.accepted = accepted;
    }
}

impl CommandRecord {
    /// The highest executed id; 0 before the first.
    #[must_use]
    pub const fn last_id(&self) -> u64 {
        self.highest
    }

    /// What an executed command came to, if it is remembered.
    pub(super) fn outcome_of(&self, id: u64) -> Option<Executed> {
        // Almost every command is a new one, and the whole memory is much to read to learn that.
        if id > self.highest {
            return None;
        }
        self.recent.iter().rev().find(|one| one.0 == id).copied()
    }

    /// Remembers an executed command, at the price of the oldest.
    pub(super) fn remember(&mut self, id: u64, code: Option<Code>, tick: Tick) {
        let most = match is_planted(Planted::IdForgotten) {
            true => 2,
            false => REMEMBERED,
        };
        while self.recent.len() >= most {
            self.recent.pop_front();
        }
        self.recent.push_back(Executed(id, code, tick));
        self.highest = self.highest.max(id);
    }

    /// Counts anew from what was remembered before, where an id of old has left no room for others.
    /// Answers whether it was so.
    pub(crate) fn make_room(&mut self) -> bool {
        if self.highest <= ID_LAST {
            return false;
        }
        self.recent.retain(|one| one.0 <= ID_LAST);
        self.highest = self.recent.iter().map(|one| one.0).max().unwrap_or(0);
        self.accepted = self.highest;
        true
    }

    /// Forgets what was accepted but never executed: the client will send it again.
    pub(crate) fn forget_waiting(&mut self) {
        self.accepted = self.highest;
    }
}
