//! What a creature has in mind, and when it thinks next.
//!
//! Nobody is looked at before it is time: [`Agenda`] is a queue of deadlines, and whoever waits for
//! nothing is not in it.

use std::collections::{BTreeMap, BTreeSet};

use engine::prelude::*;
use serde::{Deserialize, Serialize};

/// The most that a creature remembers of one sort; the oldest is forgotten.
const REMEMBERED_MAX: usize = 64;
/// The most that it has in mind at once.
const IMPULSES_MAX: usize = 8;

/// Something that a creature is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Impulse {
    /// Greet who came.
    Greet(StableId),
    /// Say something to who goes.
    Farewell(StableId),
    /// Answer who spoke to it.
    Reply(StableId),
}

/// What a creature has in mind. Transient, as its bearer.
#[derive(Component, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Wits {
    /// When it thinks next; `None`: not before something happens.
    pub(super) next: Option<WorldTime>,
    /// Up to when it has walked what it would have walked.
    pub(super) walked: WorldTime,
    /// Where it is looked for when somebody comes near, and what it has left out from when on.
    asleep: Option<(u32, WorldTime)>,
    pub(super) spoke: Option<WorldTime>,
    pub(super) impulses: Vec<Impulse>,
    /// Whom it greets or answers not before when.
    pub(super) met: Deadlines<(u8, StableId)>,
    /// Which reaction to whom happens not before when.
    pub(super) paces: Deadlines<(u16, Option<StableId>)>,
    /// Which of its own rules holds not before when.
    pub(super) rules: Deadlines<u16>,
    /// It was stopped until then.
    pub(super) halted: Option<WorldTime>,
    /// Which of its rules held last.
    pub(super) held: Option<String>,
    /// Whom it attacks, and when.
    pub(super) menace: Option<(StableId, WorldTime)>,
    /// Whom it has decided to leave alone.
    pub(super) calm: Deadlines<StableId>,
    /// Where on its round it is.
    pub(super) leg: u16,
}

/// What is not to happen before when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Deadlines<K: Ord>(BTreeMap<K, WorldTime>);

impl<K: Ord> Default for Deadlines<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Copy> Deadlines<K> {
    /// Until when something is not to happen.
    pub(super) fn until(&self, key: K) -> Option<WorldTime> {
        self.0.get(&key).copied()
    }

    pub(super) fn may(&self, key: K, now: WorldTime) -> bool {
        self.until(key).is_none_or(|until| until <= now)
    }

    /// Something happens, and then not for so long.
    pub(super) fn note(&mut self, key: K, now: WorldTime, seconds: u32) {
        if self.0.len() >= REMEMBERED_MAX {
            self.0.retain(|_, until| *until > now);
        }
        if self.0.len() >= REMEMBERED_MAX
            && let Some(oldest) = self.0.iter().min_by_key(|(_, until)| **until)
        {
            let oldest = *oldest.0;
            self.0.remove(&oldest);
        }
        let until = now.plus(Duration::from_secs(seconds.into()));
        self.0.insert(key, until);
    }
}

impl Wits {
    /// Of one that walks from this moment on.
    pub(super) fn since(walked: WorldTime) -> Self {
        Self {
            walked,
            ..Self::default()
        }
    }

    /// Has something in mind; what it has already in mind it has once.
    pub(super) fn push(&mut self, impulse: Impulse) {
        if self.impulses.len() < IMPULSES_MAX && !self.impulses.contains(&impulse) {
            self.impulses.push(impulse);
        }
    }
}

/// Who thinks when. Transient.
#[derive(Resource, Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Agenda {
    due: BTreeSet<(WorldTime, StableId, Entity)>,
    /// Those who have left out some of their walk because nobody was near, by where they may be.
    asleep: BTreeMap<u32, BTreeSet<(WorldTime, StableId, Entity)>>,
}

impl Agenda {
    /// Somebody thinks next at this moment, and may be looked for before.
    pub(super) fn plan(
        &mut self,
        (id, who): (StableId, Entity),
        wits: &mut Wits,
        next: Option<WorldTime>,
        asleep: Option<(u32, WorldTime)>,
    ) {
        self.forget((id, who), wits);
        wits.next = next;
        wits.asleep = asleep;
        if let Some(next) = next {
            self.due.insert((next, id, who));
        }
        if let Some((place, since)) = asleep {
            self.asleep
                .entry(place)
                .or_default()
                .insert((since, id, who));
        }
    }

    /// Somebody has something in mind: it thinks at the next second.
    pub(super) fn wake(&mut self, (id, who): (StableId, Entity), wits: &mut Wits, now: WorldTime) {
        if wits.next.is_none_or(|next| next > now) {
            let asleep = wits.asleep;
            self.plan((id, who), wits, Some(now), asleep);
        }
    }

    /// Somebody is no more.
    pub(super) fn forget(&mut self, (id, who): (StableId, Entity), wits: &mut Wits) {
        if let Some(next) = wits.next.take() {
            self.due.remove(&(next, id, who));
        }
        if let Some((place, since)) = wits.asleep.take()
            && let Some(here) = self.asleep.get_mut(&place)
        {
            here.remove(&(since, id, who));
            if here.is_empty() {
                self.asleep.remove(&place);
            }
        }
    }

    /// Who is to think by now, in the order of their deadlines.
    pub(super) fn due(&mut self, now: WorldTime) -> Vec<Entity> {
        let mut due = Vec::new();
        while let Some((at, _, who)) = self.due.first().copied().filter(|(at, ..)| *at <= now) {
            _ = at;
            self.due.pop_first();
            due.push(who);
        }
        due
    }

    /// Who has left out something of their walk by now and may be there.
    pub(super) fn asleep(&self, place: u32, now: WorldTime) -> Vec<Entity> {
        let here = self.asleep.get(&place).into_iter().flatten();
        let here = here.take_while(|(since, ..)| *since <= now);
        here.map(|(_, _, who)| *who).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_forget_past_and_oldest() {
        let mut memory = Deadlines::default();
        let at = |seconds| WorldTime::default().plus(Duration::from_secs(seconds));
        for n in 0..100_u16 {
            memory.note(n, at(u64::from(n)), 1_000);
        }
        assert_eq!(memory.0.len(), REMEMBERED_MAX);
        assert!(memory.may(0, at(100)) && !memory.may(99, at(100)));
    }
}
