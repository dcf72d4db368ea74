//! One blow: whether it lands, and what it takes. Nothing here knows who strikes whom.

use crate::amount::Amount;

use super::rules::HitRules;

/// How a blow can go, from nothing to the end.
pub(super) const OUTCOMES: [&str; 7] =
    ["miss", "graze", "hit", "hard", "critical", "fumble", "kill"];

/// Who strikes, in figures.
#[derive(Clone, Debug)]
pub(super) struct Attacker {
    /// The skill of what they strike with.
    pub(super) skill: i32,
    /// What else makes it likelier, in percent.
    pub(super) modifier: i32,
    pub(super) damage: Amount,
    /// What strength adds.
    pub(super) bonus: Amount,
    /// What conditions add to what it takes.
    pub(super) more: i32,
}

/// Who is struck, in figures.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Defender {
    pub(super) dodge: i32,
    /// What is kept off, in points.
    pub(super) armour: i32,
    /// What is kept off of the rest, in percent; 100: all.
    pub(super) kept_off: i32,
}

/// How a blow went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Blow {
    pub(super) lands: bool,
    pub(super) critical: bool,
    pub(super) fumble: bool,
    pub(super) damage: i32,
    pub(super) absorbed: i32,
}

impl Blow {
    /// The word on the wire.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self { critical: true, .. } => "critical",
            Self { fumble: true, .. } => "fumble",
            Self { lands: true, .. } => "hit",
            _ => "miss",
        }
    }

    /// Which texts are told of it, where `most` is what the struck can have.
    pub(super) const fn telling(self, kills: bool, most: i32) -> &'static str {
        match self {
            _ if kills => "kill",
            Self { critical: true, .. } => "critical",
            Self { fumble: true, .. } => "fumble",
            Self { lands: false, .. } => "miss",
            Self { damage, .. } if damage * 10 <= most => "graze",
            Self { damage, .. } if damage * 4 >= most => "hard",
            _ => "hit",
        }
    }
}

/// What strength and size add to what is swung.
pub(super) fn bonus(strength_and_size: i32) -> Amount {
    match strength_and_size {
        ..65 => Amount::flat(-2),
        65..85 => Amount::flat(-1),
        85..125 => Amount::flat(0),
        125..165 => Amount::read("1d4").unwrap_or(Amount::flat(2)),
        _ => Amount::read("1d6").unwrap_or(Amount::flat(3)),
    }
}

/// Strikes once; `pick` answers a number below so many sides.
pub(super) fn strike(
    by: &Attacker,
    at: Defender,
    rules: HitRules,
    mut pick: impl FnMut(u64) -> u64,
) -> Blow {
    let chance = rules.base + (by.skill - at.dodge) / 2 + by.modifier;
    let chance = chance.clamp(rules.least, rules.most);
    let thrown = i32::try_from(pick(100)).unwrap_or(99) + 1;
    let lands = thrown <= chance;
    let critical = lands && thrown <= (chance / 10).max(1);
    let fumble = !lands && (thrown == 100 || (chance < 50 && thrown >= 96));
    if !lands {
        return Blow {
            lands,
            critical,
            fumble,
            damage: 0,
            absorbed: 0,
        };
    }
    let dice = match critical {
        true => by.damage.roll(|sides| sides.saturating_sub(1)),
        false => by.damage.roll(&mut pick),
    };
    let raw = (dice + by.bonus.roll(&mut pick) + by.more).max(1);
    let armour = if critical { at.armour / 2 } else { at.armour };
    let left = raw - armour.min(8);
    let left = left - left * at.kept_off.clamp(-100, 100) / 100;
    let damage = if at.kept_off >= 100 { 0 } else { left.max(1) };
    Blow {
        lands,
        critical,
        fumble,
        damage,
        absorbed: (raw - damage).max(0),
    }
}

#[cfg(test)]
mod tests {
    use engine::{Dice, Seed};

    use super::*;
    use engine::prelude::StableId;

    /// How many rounds two alike fight, and whether the first wins.
    fn duel(seed: u64, damage: &str, skills: [i32; 2]) -> (u32, bool) {
        let fighter = |skill| Attacker {
            skill,
            modifier: 0,
            damage: Amount::read(damage).unwrap(),
            bonus: Amount::flat(0),
            more: 0,
        };
        let at = Defender {
            dodge: 25,
            ..Defender::default()
        };
        let mut points = [20, 20];
        let mut throw = 0;
        for round in 1..1_000 {
            for who in [0, 1] {
                let dice = Dice::of(Seed(seed), u64::from(round));
                let blow = strike(&fighter(skills[who]), at, HitRules::default(), |sides| {
                    throw += 1;
                    dice.pick(sides, StableId::named("duel"), "blow", throw)
                });
                points[1 - who] -= blow.damage;
                if points[1 - who] <= 0 {
                    return (round, who == 0);
                }
            }
        }
        unreachable!("somebody falls")
    }

    #[test]
    fn equals_with_knives_need_about_seven_rounds() {
        let all: Vec<u32> = (0..1_000)
            .map(|seed| duel(seed, "1d6+1", [35, 35]).0)
            .collect();
        let within = all
            .iter()
            .filter(|rounds| (4..=16).contains(*rounds))
            .count();
        assert!(within >= 950, "{within} of 1000");
        let mean = f64::from(all.iter().sum::<u32>()) / 1_000.0;
        assert!((5.0..10.0).contains(&mean), "{mean}");
    }

    #[test]
    fn practice_wins_and_all_are_hit() {
        let won = (0..1_000)
            .filter(|seed| duel(*seed, "1d6", [75, 35]).1)
            .count();
        assert!((700..990).contains(&won), "{won}");
    }

    #[test]
    fn armour_resistance_and_immunity_lessen_damage() {
        let by = Attacker {
            skill: 200,
            modifier: 0,
            damage: Amount::flat(10),
            bonus: Amount::flat(0),
            more: 0,
        };
        let take = |armour, kept_off, thrown| {
            let at = Defender {
                dodge: 0,
                armour,
                kept_off,
            };
            strike(&by, at, HitRules::default(), |_| thrown).damage
        };
        assert_eq!(
            [take(0, 0, 50), take(4, 0, 50), take(99, 0, 50)],
            [10, 6, 2]
        );
        assert_eq!(
            [take(0, 50, 50), take(8, 50, 50), take(0, 100, 50)],
            [5, 1, 0]
        );
        // A critical blow halves armour, and the last throw misses whoever strikes.
        assert_eq!([take(8, 0, 0), take(0, 0, 99)], [6, 0]);
    }
}
