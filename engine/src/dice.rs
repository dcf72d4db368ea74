//! Chance without state: every roll is a hash of what it is for.
//!
//! There is no generator to save and no order of rolls to keep, so a replay and a restored save
//! roll the same, however the entities were spawned.

use bevy_ecs::resource::Resource;
use xxhash_rust::xxh3::Xxh3;

use crate::port::{RunId, StableId, Tick, WorldTime};

/// What all chance of a world grows from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seed(pub u64);

/// The dice of this tick; in a cadence, those of the moment at which the run is due. So several
/// runs that a late tick catches up with roll each for itself, and as they would have on time.
#[derive(Resource, Clone, Copy, Debug)]
pub struct Dice {
    seed: Seed,
    run: RunId,
    throw: Throw,
}

/// What tells apart throws of one seed.
#[derive(Clone, Copy, Debug)]
enum Throw {
    Tick(Tick),
    Moment(WorldTime),
}

impl Dice {
    /// The dice of another seed than the world's, for what must not depend on the world it is
    /// rolled in; `tick` tells apart throws of one seed.
    #[must_use]
    pub const fn of(seed: Seed, tick: Tick) -> Self {
        Self {
            seed,
            run: RunId(0),
            throw: Throw::Tick(tick),
        }
    }

    /// The dice of a moment instead of a tick, for what happened then and is settled later.
    #[must_use]
    pub const fn at(&self, moment: WorldTime) -> Self {
        let throw = Throw::Moment(moment);
        Self { throw, ..*self }
    }

    /// The dice of a tick.
    pub(crate) const fn in_tick(&self, tick: Tick) -> Self {
        let throw = Throw::Tick(tick);
        Self { throw, ..*self }
    }

    /// The same rolls, and other ids: those of a process start.
    pub(crate) const fn in_run(&self, run: RunId) -> Self {
        Self { run, ..*self }
    }

    /// The id of something new that `who` brings about, for one `purpose`; `n` tells apart several of
    /// one purpose and tick. 128 bits that no other run and no other node comes by.
    #[must_use]
    pub fn new_id(&self, who: StableId, purpose: &str, n: u32) -> StableId {
        let mut hash = self.hash(who, purpose, n);
        hash.update(&self.run.0.to_le_bytes());
        let id = uuid::Builder::from_custom_bytes(hash.digest128().to_le_bytes());
        StableId::from_uuid(id.into_uuid())
    }

    /// A roll for `who`, for one `purpose`; `n` tells apart several rolls of one purpose and tick,
    /// or run of a cadence.
    /// Uniform over all 64-bit numbers.
    #[must_use]
    pub fn roll(&self, who: StableId, purpose: &str, n: u32) -> u64 {
        self.hash(who, purpose, n).digest()
    }

    fn hash(&self, who: StableId, purpose: &str, n: u32) -> Xxh3 {
        let mut hash = Xxh3::with_seed(self.seed.0);
        let (kind, when) = match self.throw {
            Throw::Tick(tick) => (0, tick),
            Throw::Moment(WorldTime(moment)) => (1, moment),
        };
        hash.update(&[kind]);
        hash.update(&when.to_le_bytes());
        hash.update(who.uuid().as_bytes());
        hash.update(&n.to_le_bytes());
        hash.update(purpose.as_bytes());
        hash
    }

    /// Whether something of probability `p` (0 to 1) happens.
    #[must_use]
    pub fn chance(&self, p: f64, who: StableId, purpose: &str, n: u32) -> bool {
        // The top 53 bits are exactly a double in [0, 1).
        let unit = (self.roll(who, purpose, n) >> 11) as f64 / (1_u64 << 53) as f64;
        unit < p
    }

    /// A number in `0..sides`; 0 for no sides.
    #[must_use]
    pub fn pick(&self, sides: u64, who: StableId, purpose: &str, n: u32) -> u64 {
        // Multiply-shift: no modulo bias worth hearing, no loop.
        let wide = u128::from(self.roll(who, purpose, n)) * u128::from(sides);
        (wide >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_fair_and_repeatable() {
        let who = StableId::named("ann");
        let roll = |tick| Dice::of(Seed(7), tick).chance(0.25, who, "test", 0);
        let hits = (0..10_000).filter(|tick| roll(*tick)).count();
        assert!((2_300..2_700).contains(&hits), "{hits} of 10,000 at 25 %");
        assert_eq!(roll(42), roll(42));
    }

    #[test]
    fn picks_reach_every_side_and_no_other() {
        let who = StableId::named("ann");
        let mut seen = [0; 6];
        for tick in 0..6_000 {
            seen[Dice::of(Seed(7), tick).pick(6, who, "die", 0) as usize] += 1;
        }
        assert!(seen.iter().all(|n| (850..1_150).contains(n)), "{seen:?}");
    }
}
