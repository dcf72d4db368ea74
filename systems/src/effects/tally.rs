//! What keeps effects within bounds: how deep, how many, how often in a tick.

use std::collections::BTreeMap;

use engine::port::Tick;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::RunEffects;
use crate::world::RoomMap;

/// Lists that led to each other, one by the other; from here on they are dropped.
pub const DEPTH_MAX: u8 = 8;
/// The most effects of one actor in a tick; of one carrier where nobody began them.
pub const EFFECTS_MAX: u32 = 256;
/// Rounds of Settle in which lists are run; a later one waits for the next tick, so that what they
/// change is settled within the rounds that there are.
const ROUNDS_MAX: u8 = 4;
/// The most lists that wait for the next tick.
const WAITING_MAX: usize = 4_096;

/// What was done in this tick. Scratch: a new tick begins it anew.
#[derive(Resource, Debug, Default)]
pub(crate) struct EffectTally {
    tick: Option<Tick>,
    rounds: u8,
    /// By actor, or by carrier where nobody began it.
    done: BTreeMap<StableId, u32>,
    /// How often a carrier's list was run for an actor, of each moment: it rolls anew each time.
    runs: BTreeMap<(StableId, &'static str, Option<WorldTime>), u32>,
    /// How deep the list was that moved somebody.
    moved: BTreeMap<Entity, u8>,
}

impl EffectTally {
    /// Begins a round of Settle; answers whether lists are run in it.
    pub(super) fn begin_round(&mut self, tick: Tick) -> bool {
        if self.tick != Some(tick) {
            *self = Self {
                tick: Some(tick),
                ..Self::default()
            };
        }
        self.rounds += 1;
        self.rounds <= ROUNDS_MAX
    }

    /// The first throw of a list's dice.
    pub(super) fn begin_run(
        &mut self,
        roller: StableId,
        cause: &'static str,
        moment: Option<WorldTime>,
    ) -> u32 {
        let runs = self.runs.entry((roller, cause, moment)).or_default();
        *runs += 1;
        // No list rolls more often.
        (*runs - 1).saturating_mul(4_096)
    }

    /// Counts one effect; answers whether there was room for it.
    pub(super) fn count(&mut self, roller: StableId) -> bool {
        let done = self.done.entry(roller).or_default();
        *done += 1;
        *done <= EFFECTS_MAX
    }

    /// Somebody was moved by a list of this depth.
    pub(super) fn moved(&mut self, who: Entity, depth: u8) {
        self.moved.insert(who, depth);
    }

    /// The depth of whatever somebody's coming or going in this tick leads to.
    pub(crate) fn depth_of(&self, who: Entity, tick: Tick) -> u8 {
        let deeper = self.moved.get(&who).filter(|_| self.tick == Some(tick));
        deeper.map_or(0, |depth| depth + 1)
    }
}

/// What was dropped since the start, by the bound that it met.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedEffects {
    /// Lists that were too deep.
    pub too_deep: u64,
    /// Lists beyond those that may wait for the next tick.
    pub too_many_lists: u64,
    /// Effects of one actor beyond those of a tick.
    pub too_many: u64,
    /// Lists for later, beyond those that may wait.
    pub too_many_later: u64,
    /// Lists for later that no longer mean anything.
    pub unknown: u64,
}

/// Lists that are run in the next tick.
#[derive(Resource, Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct WaitingRuns(Vec<RunEffects>);

impl WaitingRuns {
    /// The same over another atlas; where a room is gone the list has no room.
    pub(super) fn carry(&mut self, map: &RoomMap) -> bool {
        for run in &mut self.0 {
            run.parties.here = run.parties.here.and_then(|room| map.get(room));
        }
        true
    }

    pub(super) fn push(&mut self, run: RunEffects) -> bool {
        let fits = self.0.len() < WAITING_MAX;
        if fits {
            self.0.push(run);
        }
        fits
    }
}

/// Runs what the tick before had no round for.
pub(super) fn resume(mut waiting: ResMut<WaitingRuns>, mut runs: MessageWriter<RunEffects>) {
    if !waiting.0.is_empty() {
        runs.write_batch(std::mem::take(&mut waiting.0));
    }
}
