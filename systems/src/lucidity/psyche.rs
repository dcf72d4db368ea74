//! What a mind carries with it besides its points.

use std::collections::{BTreeMap, VecDeque};

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Cause, Liabilities};

/// How many adjustments a mind remembers for its debriefing.
const REMEMBERED: usize = 10;

/// Liabilities, exposures, waiting times: everything of a mind that changes rarely, in one saved
/// component, because most minds carry little of it.
///
/// **Invariant:** `catatonic_since` is there exactly while the mind's tier is catatonic.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(default)]
pub struct Psyche {
    /// What shocks have left.
    #[serde(skip_serializing_if = "Liabilities::is_empty")]
    pub(super) liabilities: Liabilities,
    /// When it fell a tier last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fell_at: Option<WorldTime>,
    /// Since when nothing in it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) catatonic_since: Option<WorldTime>,
    /// Until then the passive flux can't make it catatonic again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sheltered_until: Option<WorldTime>,
    /// It was carried to the sanitarium and has not been debriefed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) debrief_due: bool,
    /// The Mythos hour, as `MythosTime::hours`, since which its compulsion is satisfied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) warded: Option<i64>,
    /// When each ritual can be had again.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) cooldowns: BTreeMap<String, WorldTime>,
    /// What it has seen, by archetype; bounded by what the world has to show.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) exposures: BTreeMap<String, Exposure>,
    /// What befell it last, oldest first; not the passive flux.
    #[serde(skip_serializing_if = "VecDeque::is_empty")]
    pub(super) recent: VecDeque<Remembered>,
}

/// How used a mind is to one kind of sight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    /// How often it counted.
    pub count: u32,
    /// When it counted last.
    pub last: WorldTime,
}

/// One adjustment, as it is told at a debriefing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remembered {
    pub(super) reason: String,
    pub(super) delta: i16,
}

impl Psyche {
    /// What shocks have left.
    #[must_use]
    pub const fn liabilities(&self) -> &Liabilities {
        &self.liabilities
    }

    /// Since when the mind is catatonic, if it is.
    #[must_use]
    pub const fn catatonic_since(&self) -> Option<WorldTime> {
        self.catatonic_since
    }

    /// How used the mind is to an archetype.
    #[must_use]
    pub fn exposure(&self, archetype: &str) -> Exposure {
        self.exposures.get(archetype).copied().unwrap_or_default()
    }

    /// How long until an action can be had again; `None`: now.
    pub(super) fn waits_for(&self, action: &str, now: WorldTime) -> Option<Duration> {
        let wait = self.cooldowns.get(action)?.since(now);
        (!wait.is_zero()).then_some(wait)
    }

    /// From now on an action can't be had for so long.
    pub(super) fn cool_down(&mut self, action: &'static str, now: WorldTime, span: Duration) {
        // What is over need not be saved for ever.
        self.cooldowns.retain(|_, until| *until > now);
        self.cooldowns.insert(action.to_owned(), now.plus(span));
    }

    /// Whether a fall now would be the first for so long; it is the last one from now on.
    pub(super) fn falls(&mut self, now: WorldTime, span: Duration) -> bool {
        let last = self.fell_at.replace(now);
        last.is_none_or(|last| now.since(last) >= span)
    }

    /// Meets an archetype once more. Answers which exposure this is, counted from 1.
    pub(super) fn expose(&mut self, archetype: &str, now: WorldTime) -> u32 {
        let exposure = self.exposures.entry(archetype.to_owned()).or_default();
        exposure.count = exposure.count.saturating_add(1);
        exposure.last = now;
        exposure.count
    }

    pub(super) fn remember(&mut self, cause: Cause, delta: i16) {
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(Remembered {
            reason: cause.word().to_owned(),
            delta,
        });
    }
}
