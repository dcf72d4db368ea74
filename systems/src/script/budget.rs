//! What scripts may spend, and what becomes of one that spends more.
//!
//! Owns [`ScriptQuarantine`]: transient, since it decides what happens. A script that is cut three times
//! within a minute rests, longer each time; a changed one begins anew.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::machine::ScriptCode;

/// What scripts may spend, in operations.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScriptLimits {
    /// In one call.
    pub operations_per_call: u64,
    /// In one tick, all scripts together.
    pub operations_per_tick: u64,
}

impl Default for ScriptLimits {
    fn default() -> Self {
        Self {
            operations_per_call: 20_000,
            operations_per_tick: 400_000,
        }
    }
}

/// Cuts within [`SPAN`] that put a script to rest.
const CUTS: usize = 3;
const SPAN: Duration = Duration::from_secs(60);
/// The first rest; each further one is twice as long.
const FIRST_REST: Duration = Duration::from_secs(30);
/// The longest: an hour or so.
const DOUBLINGS_MAX: u32 = 7;

/// How a script has behaved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Conduct {
    digest: u64,
    /// When it was cut, as far as that counts.
    cuts: Vec<WorldTime>,
    rests: u32,
    until: Option<WorldTime>,
}

/// The scripts that were cut, by name. Transient.
#[derive(Resource, Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ScriptQuarantine(BTreeMap<String, Conduct>);

impl ScriptQuarantine {
    /// Whether a script rests.
    pub(super) fn holds(&self, code: &ScriptCode, now: WorldTime) -> bool {
        let conduct = self
            .0
            .get(&*code.name)
            .filter(|one| one.digest == code.digest);
        conduct.is_some_and(|one| one.until.is_some_and(|until| until > now))
    }

    /// A script was cut. Answers how long it rests, if that was once too often.
    pub(super) fn cut(&mut self, code: &ScriptCode, now: WorldTime) -> Option<Duration> {
        let conduct = self.0.entry(code.name.to_string()).or_default();
        if conduct.digest != code.digest {
            let digest = code.digest;
            *conduct = Conduct {
                digest,
                ..Conduct::default()
            };
        }
        conduct.cuts.retain(|at| now.since(*at) < SPAN);
        conduct.cuts.push(now);
        if conduct.cuts.len() < CUTS {
            return None;
        }
        conduct.cuts.clear();
        let rest = FIRST_REST * 2_u32.pow(conduct.rests.min(DOUBLINGS_MAX));
        conduct.rests += 1;
        conduct.until = Some(now.plus(rest));
        Some(rest)
    }
}

/// What is left to spend in a tick.
pub(super) struct Budget {
    limits: ScriptLimits,
    left: u64,
}

impl Budget {
    pub(super) const fn of(limits: ScriptLimits) -> Self {
        Self {
            limits,
            left: limits.operations_per_tick,
        }
    }

    /// What a call may spend; `None`: the tick's share is spent.
    pub(super) fn for_a_call(&self) -> Option<u64> {
        // What is left decides whether a call begins, and never that it is cut.
        (self.left > 0).then_some(self.limits.operations_per_call)
    }

    pub(super) const fn spend(&mut self, operations: u64) {
        self.left = self.left.saturating_sub(operations);
    }
}
