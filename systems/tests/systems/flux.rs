//! The rules of the passive flux, played case by case from `flux/cases.toml`.

use std::collections::BTreeMap;

use engine::Linkdead;
use engine::port::{Inbound, SessionId, WorldTime};
use engine::stage::{SavedRows, Stage};
use proptest::prelude::*;
use serde::Deserialize;
use systems::lucidity::{Drift, Lucidity, MYTHOS_MINUTE};

use crate::town::{Town, arrival, before, clock, half_a_minute, settle};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    /// The rules of every case that has none of its own.
    rules: String,
    case: Vec<Case>,
}

/// Who stands where, and what ebbs when.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The sentence it proves.
    name: String,
    /// When the first evaluation is, on the Mythos clock.
    clock: (u32, u32),
    town: Town,
    minds: BTreeMap<String, Mind>,
    #[serde(default)]
    lines: Vec<Typed>,
    expect: Vec<Expected>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mind {
    room: String,
    points: i16,
    #[serde(default)]
    linkdead: bool,
}

/// Half a Mythos minute after so many evaluations, somebody types a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    after: u32,
    who: String,
    line: String,
}

/// Half a Mythos minute after so many evaluations, a mind is in this state.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    after: u32,
    who: String,
    points: i16,
    residual: f64,
}

/// How ticks fall.
#[derive(Debug, Clone, Copy)]
enum Pace {
    Hz(u32),
    /// 20 Hz, but of three ticks only one comes.
    Skipping,
    /// One tick in all between one event and the next, up to eight evaluations late.
    Late,
}

const PACES: [Pace; 5] = [
    Pace::Hz(10),
    Pace::Hz(20),
    Pace::Hz(60),
    Pace::Skipping,
    Pace::Late,
];

impl Pace {
    fn go(self, stage: &mut Stage, to: WorldTime) {
        match self {
            Self::Hz(_) => {
                stage.pass(to.since(stage.now()));
            }
            Self::Skipping => {
                let step = std::time::Duration::from_millis(150);
                while stage.now().plus(step) <= to {
                    stage.tick_at(stage.now().plus(step));
                }
            }
            Self::Late => {
                let most = MYTHOS_MINUTE * 8;
                while stage.now().plus(most) < to {
                    stage.tick_at(stage.now().plus(most));
                }
                stage.tick_at(to);
            }
        }
    }
}

impl Case {
    fn play(&self, rules: &str, pace: Pace) -> Stage {
        let mut town = self.town.clone();
        town.rules.get_or_insert_with(|| rules.to_owned());
        let mut saved = SavedRows::new();
        for (name, mind) in &self.minds {
            settle(&mut saved, name, &mind.room, mind.points);
        }
        let first = clock(self.clock.0, self.clock.1);
        let mut stage = town.stage(saved, before(first, half_a_minute()));
        if let Pace::Hz(hz) = pace {
            stage = stage.at_hz(hz);
        }
        for (name, mind) in &self.minds {
            stage.enter(name);
            if mind.linkdead {
                let session = stage.session(name);
                stage.inbound(Inbound::Lost { session });
                stage.tick();
                stage.component::<Linkdead>(name);
            }
        }
        assert!(
            stage.now() < first,
            "everybody is here before the first evaluation"
        );

        let ends = self.expect.iter().map(|one| one.after);
        let ends = ends.chain(self.lines.iter().map(|one| one.after));
        let mut ends: Vec<u32> = ends.collect();
        ends.sort_unstable();
        ends.dedup();
        for after in ends {
            pace.go(
                &mut stage,
                before(first.plus(MYTHOS_MINUTE * after), half_a_minute()),
            );
            for expected in self.expect.iter().filter(|one| one.after == after) {
                self.check(&mut stage, expected, pace);
            }
            for typed in self.lines.iter().filter(|one| one.after == after) {
                stage.says(&typed.who, &typed.line);
                stage.tick();
            }
        }
        assert_eq!(stage.faults(), [], "{} at {pace:?}", self.name);
        stage
    }

    fn check(&self, stage: &mut Stage, expected: &Expected, pace: Pace) {
        let Expected {
            after,
            who,
            points,
            residual,
        } = expected;
        let found = stage.component::<Lucidity>(who).points();
        let owed = stage.component::<Drift>(who).residual();
        assert!(
            found == *points && (owed - residual).abs() < 1e-6,
            "{} at {pace:?}: after {after} minutes {who} has {found} points and is owed {owed}, not {points} and {residual}",
            self.name,
        );
    }
}

fn cases() -> Cases {
    toml::from_str(include_str!("flux/cases.toml")).expect("the cases can be read")
}

#[test]
fn flux_cases_ebb_as_written_at_any_ticks() {
    let Cases { rules, case } = cases();
    let whole = std::env::var("KADATH_PROOF").is_ok_and(|size| size == "full");
    for case in case {
        let minutes = case.expect.iter().map(|one| one.after).max();
        for pace in PACES {
            // A long case is many thousand ticks at each of them.
            if matches!(pace, Pace::Hz(10 | 60)) && minutes > Some(10) && !whole {
                continue;
            }
            case.play(&rules, pace);
        }
    }
}

const PEOPLE: [&str; 6] = ["Ann", "Bea", "Cal", "Dot", "Eli", "Fay"];

/// Everybody in one graveyard, having come in one tick and in this order: what was said in each tick, in its order
/// and to whom, and what is saved.
fn company(order: &[u64], points: &[i16], minutes: u32) -> (Vec<u64>, u64) {
    let town = Town::of(&[("here", "graveyard"), ("there", "outdoors")])
        .with_rules("[environments.graveyard]\nall = -0.9\n");
    let mut saved = SavedRows::new();
    for (name, points) in PEOPLE.iter().zip(points) {
        settle(&mut saved, name, "here", *points);
    }
    let mut stage = town.stage(saved, before(clock(0, 0), half_a_minute()));
    for one in order {
        let arrival = arrival(PEOPLE[*one as usize], SessionId(*one));
        stage.inbound(Inbound::Arrive(arrival));
    }
    stage.tick();
    stage.tick();
    let came = stage.digests().len();
    for _ in 0..minutes {
        stage.tick_at(stage.now().plus(MYTHOS_MINUTE));
    }
    (stage.digests()[came..].to_vec(), stage.engine().digest())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn who_came_first_makes_no_difference(
        points in prop::collection::vec(-30_i16..100, PEOPLE.len()),
        order in Just([0, 1, 2, 3, 4, 5]).prop_shuffle(),
    ) {
        let one = company(&[0, 1, 2, 3, 4, 5], &points, 40);
        prop_assert!(one == company(&order, &points, 40), "{order:?} is heard");
    }

    #[test]
    fn given_and_owed_points_equal_flux(
        gaps in prop::collection::vec(1_u64..10_000, 200),
        flux in -0.9_f64..0.3,
    ) {
        let rules = format!("[environments.graveyard]\nall = {flux:?}\n");
        let town = Town::of(&[("here", "graveyard")]).with_rules(&rules);
        let mut saved = SavedRows::new();
        settle(&mut saved, "Ann", "here", 50);
        let start = before(clock(0, 0), half_a_minute());
        let mut stage = town.stage(saved, start);
        stage.enter("Ann");
        for gap in gaps {
            stage.tick_at(stage.now().plus(std::time::Duration::from_millis(gap)));
        }
        let minutes = stage.now().0 / 6_250_000 - start.0 / 6_250_000;
        let weight = |minute: u64| match minute {
            _ if flux > 0.0 => 1.0,
            0..=9 => 1.0,
            10..=19 => 0.75,
            _ => 0.5,
        };
        let came_to: f64 = (0..minutes).map(|minute| flux * weight(minute)).sum();
        let told = stage.ears("Ann").events("lucidity_change");
        let given: i64 = told.iter().map(|one| one["delta"].as_i64().unwrap()).sum();
        let points = stage.component::<Lucidity>("Ann").points();
        prop_assert_eq!(i64::from(points), 50 + given);
        let owed = stage.component::<Drift>("Ann").residual();
        prop_assert!((given as f64 + owed - came_to).abs() < 1e-6, "{given} + {owed} is not {came_to}");
    }
}
