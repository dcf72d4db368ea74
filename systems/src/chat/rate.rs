//! How often one may speak.

use std::collections::{BTreeMap, VecDeque};

use engine::prelude::*;

use super::Channel;

/// The span over which lines are counted.
pub(super) const SPAN: Duration = Duration::from_secs(60);

/// Lines per sliding minute, character and channel; 0 lifts a limit.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChatLimits([u32; Channel::ALL.len()]);

impl Default for ChatLimits {
    fn default() -> Self {
        Self(Channel::ALL.map(Channel::per_minute))
    }
}

impl ChatLimits {
    /// The limits with one changed.
    #[must_use]
    pub const fn with(mut self, channel: Channel, per_minute: u32) -> Self {
        self.0[channel.index()] = per_minute;
        self
    }
}

/// When a character spoke, per channel, oldest first; never more than the limit.
type Spoke = [VecDeque<WorldTime>; Channel::ALL.len()];

/// When everybody spoke who did so lately. By character and not with it: whoever leaves and comes
/// back has said what they have said. Holds those who spoke in the last two minutes at most.
#[derive(Resource, Default, Debug)]
pub(super) struct Lately(BTreeMap<StableId, Spoke>);

impl Lately {
    /// Counts a line, or says how long to wait.
    pub(super) fn count(
        &mut self,
        speaker: StableId,
        channel: Channel,
        limits: ChatLimits,
        now: WorldTime,
    ) -> Result<(), Refusal> {
        let limit = limits.0[channel.index()] as usize;
        if limit == 0 {
            return Ok(());
        }
        let spoke = &mut self.0.entry(speaker).or_default()[channel.index()];
        while spoke.front().is_some_and(|at| now.since(*at) >= SPAN) {
            spoke.pop_front();
        }
        if let Some(oldest) = spoke.front().filter(|_| spoke.len() >= limit) {
            let wait = SPAN.saturating_sub(now.since(*oldest));
            let seconds = wait.as_secs() + 1;
            let message = format!("You have said enough for now. Wait {seconds} s.");
            return Err(Refusal::new(Code::RateLimitExceeded, message)
                .after_ms(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1)));
        }
        spoke.push_back(now);
        Ok(())
    }
}

/// Forgets those who have said nothing for a minute.
pub(super) fn forget(clock: Res<Clock>, mut lately: ResMut<Lately>) {
    let fresh = |at: &WorldTime| clock.now.since(*at) < SPAN;
    lately
        .0
        .retain(|_, spoke| spoke.iter().any(|times| times.back().is_some_and(fresh)));
}
