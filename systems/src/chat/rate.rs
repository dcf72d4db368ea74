//! How often one may speak: so many lines in one go, and then as they are earned again.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::Channel;

/// The span that a rate is about.
pub(super) const SPAN: Duration = Duration::from_secs(60);

/// How often a character may speak.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatLimits {
    /// Lines earned per minute, by channel; 0 lifts the limit.
    per_minute: [u32; Channel::ALL.len()],
    /// Lines in one go, where a channel earns fewer in a minute.
    burst: u32,
}

impl ChatLimits {
    /// Lines in one go: a lively talk of a minute or two.
    pub const BURST: u32 = 15;

    /// The limits with one changed.
    #[must_use]
    pub const fn with(mut self, channel: Channel, per_minute: u32) -> Self {
        self.per_minute[channel.index()] = per_minute;
        self
    }

    /// The limits with so many lines in one go.
    #[must_use]
    pub const fn in_one_go(mut self, burst: u32) -> Self {
        self.burst = burst;
        self
    }

    /// How long it takes to earn a line; `None`: there is no limit.
    fn earned_in(self, channel: Channel) -> Option<Duration> {
        SPAN.checked_div(self.per_minute[channel.index()])
    }

    /// The most lines in one go.
    fn at_once(self, channel: Channel) -> u32 {
        self.per_minute[channel.index()].max(self.burst)
    }
}

impl Default for ChatLimits {
    fn default() -> Self {
        Self {
            per_minute: Channel::ALL.map(Channel::per_minute),
            burst: Self::BURST,
        }
    }
}

/// When all lines of a character will be earned again, per channel.
type EarnedAt = [WorldTime; Channel::ALL.len()];

/// What those have still to earn who spoke lately. By character and not with it: whoever leaves and
/// comes back has said what they have said. Transient: who spoke before a restart may speak again.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub(super) struct Lately(BTreeMap<StableId, EarnedAt>);

impl Lately {
    /// Counts a line, or says how long to wait.
    pub(super) fn count(
        &mut self,
        speaker: StableId,
        channel: Channel,
        limits: ChatLimits,
        now: WorldTime,
    ) -> Result<(), Refusal> {
        let Some(line) = limits.earned_in(channel) else {
            return Ok(());
        };
        let earned = &mut self.0.entry(speaker).or_default()[channel.index()];
        let from = now.max(*earned);
        let most = line.saturating_mul(limits.at_once(channel));
        let wait = (from.since(now) + line).saturating_sub(most);
        if !wait.is_zero() {
            let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
            let refusal = Refusal::new(Code::RateLimitExceeded, "You have said enough for now.");
            return Err(refusal.after_ms(wait));
        }
        *earned = from.plus(line);
        Ok(())
    }
}

/// Forgets those who have nothing to earn.
pub(super) fn forget(clock: Res<Clock>, mut lately: ResMut<Lately>) {
    lately
        .0
        .retain(|_, earned| earned.iter().any(|at| *at > clock.now));
}
