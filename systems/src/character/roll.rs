//! Rolling the nine stats: a function of a seed, the profession and the rules.

use engine::prelude::StableId;
use engine::{Dice, Seed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Profession, Stat, Stats};

/// How stats are rolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rolling {
    /// how every stat but size is rolled: `even`, each number from `lowest` to `highest` as likely as the others, or `4d6`, five times the best three of four dice, within the same bounds
    pub method: RollMethod,
    /// the least that is rolled for any stat but size
    #[schemars(range(min = 1, max = 99))]
    pub lowest: u8,
    /// the most that is rolled for any stat but size
    #[schemars(range(min = 1, max = 99))]
    pub highest: u8,
    /// size is five times the sum of `size_base` and a number from here to `size_highest`
    #[schemars(range(min = 0, max = 19))]
    pub size_lowest: u8,
    /// see `rolling.size_lowest`
    #[schemars(range(min = 0, max = 19))]
    pub size_highest: u8,
    /// see `rolling.size_lowest`; no size is above 99
    #[schemars(range(min = 0, max = 19))]
    pub size_base: u8,
    /// how often all is rolled until it is enough for the profession
    #[schemars(range(min = 1, max = 1000))]
    pub attempts: u16,
}

/// How a stat is rolled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RollMethod {
    /// Every number is as likely.
    #[default]
    #[serde(rename = "even")]
    Even,
    /// Five times the best three of four dice.
    #[serde(rename = "4d6")]
    FourDice,
}

impl Default for Rolling {
    fn default() -> Self {
        Self {
            method: RollMethod::Even,
            lowest: 15,
            highest: 90,
            size_lowest: 2,
            size_highest: 12,
            size_base: 6,
            attempts: 50,
        }
    }
}

/// What was rolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Roll {
    /// The stats, with what the profession adds.
    pub stats: Stats,
    /// Whether they are enough for the profession.
    pub meets: bool,
}

/// Rolls. The same seed, profession and rules always come to the same.
#[must_use]
pub fn roll(seed: Seed, profession: Option<&Profession>, rules: &Rolling) -> Roll {
    let attempt = |attempt: u16| {
        let dice = Dice::of(seed, u64::from(attempt));
        let between = |low: u8, high: u8, what: Stat| {
            let sides = u64::from(high.saturating_sub(low)) + 1;
            let rolled = dice.pick(sides, StableId::named("stats"), what.word(), 0);
            low.saturating_add(u8::try_from(rolled).unwrap_or(0))
        };
        let rolled = Stats::of(|stat| match stat {
            Stat::Size => between(rules.size_lowest, rules.size_highest, stat)
                .saturating_add(rules.size_base)
                .saturating_mul(5),
            stat => match rules.method {
                RollMethod::Even => between(rules.lowest, rules.highest, stat),
                RollMethod::FourDice => best_three(&dice, stat)
                    .saturating_mul(5)
                    .clamp(rules.lowest, rules.highest.max(rules.lowest)),
            },
        });
        let meets = profession.is_none_or(|profession| profession.shortfall(&rolled).is_none());
        let stats = profession.map_or(rolled, |profession| profession.schooled(&rolled));
        Roll { stats, meets }
    };
    let first = attempt(0);
    if first.meets {
        return first;
    }
    let again = (1..rules.attempts).map(attempt);
    again.into_iter().find(|roll| roll.meets).unwrap_or(first)
}

/// The sum of the best three of four dice.
fn best_three(dice: &Dice, stat: Stat) -> u8 {
    let die = |n: u32| dice.pick(6, StableId::named("stats"), stat.word(), n) + 1;
    let four = [1, 2, 3, 4].map(die);
    let worst = four.iter().copied().min().unwrap_or(0);
    u8::try_from(four.iter().sum::<u64>() - worst).unwrap_or(18)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn doctor() -> Profession {
        Profession {
            number: 4,
            id: "doctor".to_owned(),
            name: "Doctor of Medicine".to_owned(),
            description: String::new(),
            flavor_text: String::new(),
            requires: [(Stat::Education, 60), (Stat::Intelligence, 50)].into(),
            bonus: [(Stat::Education, 5)].into(),
        }
    }

    proptest! {
        #[test]
        fn roll_is_bounded_and_repeatable(seed: u64) {
            let rules = Rolling::default();
            let one = roll(Seed(seed), None, &rules);
            for (stat, value) in one.stats.iter() {
                let bounds = if stat == Stat::Size { 40..=90 } else { 15..=90 };
                prop_assert!(bounds.contains(&value), "{stat:?} is {value}");
                prop_assert!(stat != Stat::Size || value % 5 == 0);
            }
            prop_assert!(one.meets);
            prop_assert_eq!(one, roll(Seed(seed), None, &rules));
        }

        #[test]
        fn roll_says_truly_if_enough(seed: u64, attempts in 1_u16..6) {
            let (rules, doctor) = (Rolling { attempts, ..Rolling::default() }, doctor());
            let one = roll(Seed(seed), Some(&doctor), &rules);
            let enough = one.stats.get(Stat::Education) >= 65
                && one.stats.get(Stat::Intelligence) >= 50;
            prop_assert_eq!(one.meets, enough);
        }
    }

    #[test]
    fn four_dice_make_middling_stats() {
        let method = RollMethod::FourDice;
        let rules = Rolling {
            method,
            ..Rolling::default()
        };
        let all = (0..1_000).map(|seed| roll(Seed(seed), None, &rules).stats.get(Stat::Power));
        let all: Vec<u8> = all.collect();
        assert!(
            all.iter()
                .all(|one| (15..=90).contains(one) && one % 5 == 0)
        );
        // The mean of the best three of four dice is 12.24.
        let mean = all.iter().map(|one| f64::from(*one)).sum::<f64>() / 1_000.0;
        assert!((59.0..63.5).contains(&mean), "{mean}");
    }

    #[test]
    fn fifty_attempts_nearly_always_make_a_doctor() {
        let (rules, doctor) = (Rolling::default(), doctor());
        let made = (0..1_000).filter(|seed| roll(Seed(*seed), Some(&doctor), &rules).meets);
        assert_eq!(made.count(), 1_000);
    }
}
