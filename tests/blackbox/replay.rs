//! The whole game over the shipped world is a function of its inputs: played again, with its
//! entities in another order, or from a save half-way, it says and saves the same at every tick.

use std::time::Duration;

use engine::port::Inbound;
use engine::prelude::*;
use engine::stage::{STAGE_START, SavedRows, Stage};
use engine::{Engine, Seed};
use systems::body::{Condition, Vitals};

use crate::harness::{shipped, shipped_without_creatures};

/// Two minutes of world time at 20 Hz: nineteen Mythos minutes of flux.
const TICKS: u64 = 2_400;
/// Where a run is saved and another one restored.
const HALF: u64 = 1_200;
const PEOPLE: [&str; 6] = ["Ann", "Ben", "Cleo", "Dov", "Esme", "Finn"];
const LINES: [&str; 36] = [
    "n",
    "s",
    "e",
    "w",
    "u",
    "d",
    "ne",
    "sw",
    "look",
    "say the stars are right",
    "emote shivers",
    "global anybody?",
    "whisper Ann come",
    "reply yes",
    "who",
    "map",
    // Wounds: those who bleed at the same time bleed in the same seconds.
    "admin set current_dp Ann -2",
    "admin set current_dp Ben 0",
    "admin set current_dp Cleo -5",
    "admin set current_dp Finn -1",
    "respawn",
    "rest 5",
    "stand",
    "cry",
    // Things change hands.
    "summon stone.smooth",
    "summon lamp.hand.hurricane",
    "get all",
    "get stone",
    "drop stone",
    "give stone to Ben",
    "give lamp to Finn",
    // Mutes and silences.
    "mute Ben",
    "unmute Ben",
    "mute_global Finn",
    "unmute_global Finn",
    "ground Ann",
];
/// Who is no admin: admins can't be silenced.
const PLAYER: &str = "Finn";
/// Cuts: so many lose their connections in one tick, and go in one tick when they are given up.
const CUT: [&str; 3] = ["Dov", "Esme", "Finn"];
/// When they are cut and when they come again, in each half of a run.
const CUT_AT: u64 = 200;
const BACK_AT: u64 = 1_000;
/// The others quit in one tick, and come again, and once more over their own sessions.
const QUIT: [&str; 3] = ["Ann", "Ben", "Cleo"];
const QUIT_AT: u64 = 850;
const HERE_AT: u64 = 890;
const ANEW_AT: u64 = 950;

/// Moves characters between tables of the world without touching anything that is theirs, so that
/// queries meet them in another order at every tick.
#[derive(Component)]
struct Shuffled;

fn shuffle(
    people: Query<(Entity, &StableId, Has<Shuffled>), With<Character>>,
    clock: Res<Clock>,
    mut commands: Commands<'_, '_>,
) {
    for (entity, id, marked) in &people {
        let coin = id.uuid().as_u128().wrapping_mul(u128::from(clock.tick)) >> 61;
        match (coin & 1 == 0, marked) {
            (true, false) => {
                commands.entity(entity).insert(Shuffled);
            }
            (false, true) => {
                commands.entity(entity).remove::<Shuffled>();
            }
            _ => {}
        }
    }
}

struct Play {
    shuffled: bool,
    /// Whether creatures live there: a world that begins anew spawns them anew.
    peopled: bool,
}

impl Play {
    const UNPEOPLED: Self = Self {
        shuffled: false,
        peopled: false,
    };

    const fn shuffled(shuffled: bool) -> Self {
        Self {
            shuffled,
            peopled: true,
        }
    }
}

impl Plugin for Play {
    fn build(&self, reg: &mut Registrar<'_>) {
        let world = if self.peopled {
            shipped()
        } else {
            shipped_without_creatures()
        };
        systems::game(world, systems::Settings::default()).build(reg);
        if self.shuffled {
            reg.system(Phase::Ingest, shuffle);
        }
    }
    // One name for both, for a fault's report is output, too.
    fn name(&self) -> &'static str {
        "play"
    }
}

/// What people do at a tick; a hash of who and when, not of what has happened.
fn act(stage: &mut Stage, tick: u64) {
    for name in CUT {
        match tick % HALF {
            CUT_AT => {
                let session = stage.session(name);
                stage.inbound(Inbound::Lost { session });
            }
            BACK_AT => enter(stage, name),
            _ => {}
        }
    }
    for name in QUIT {
        match tick % HALF {
            QUIT_AT => stage.sends(name, None, "quit"),
            HERE_AT | ANEW_AT => enter(stage, name),
            _ => {}
        }
    }
    for (n, name) in (0_u64..).zip(PEOPLE) {
        let dice = (tick * 31 + n * 7_919).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        if dice.is_multiple_of(11) {
            stage.sends(
                name,
                Some(tick + 1),
                LINES[(dice / 11 % LINES.len() as u64) as usize],
            );
        }
    }
}

fn enter(stage: &mut Stage, name: &str) {
    let role = match name == PLAYER {
        true => Role::Player,
        false => Role::Admin,
    };
    stage.enter_as(name, role);
}

fn begin(stage: &mut Stage) {
    for name in PEOPLE {
        enter(stage, name);
    }
}

/// Everybody sleeps long enough to be saved and unloaded, and wakes again.
fn sleep_and_wake(stage: &mut Stage) {
    everybody_leaves(stage);
    begin(stage);
}

fn everybody_leaves(stage: &mut Stage) {
    for name in PEOPLE {
        stage.leaves(name);
    }
    stage.pass(Duration::from_millis(500));
}

fn digest(stage: &mut Stage) -> u64 {
    Engine::digest(stage.engine())
}

/// How many are mortally wounded.
fn bleeding(stage: &mut Stage) -> usize {
    let world = stage.engine().world();
    let mut bodies = world.query::<&Vitals>();
    let wounded = |vitals: &&Vitals| vitals.condition() == Condition::Wounded;
    bodies.iter(world).filter(wounded).count()
}

/// How many things somebody holds.
fn held(stage: &mut Stage) -> usize {
    let world = stage.engine().world();
    let mut things = world.query::<&engine::Holder>();
    things
        .iter(world)
        .filter(|holder| holder.0.is_some())
        .count()
}

/// The first tick that said something else.
fn first_difference(one: &[u64], other: &[u64]) -> Option<usize> {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).position(|(one, other)| one != other)
}

#[test]
fn repeated_and_reordered_play_is_same_game() {
    let mut plain = Stage::new(Play::shuffled(false)).unwrap();
    let mut again = Stage::new(Play::shuffled(false)).unwrap();
    let mut shuffled = Stage::new(Play::shuffled(true)).unwrap();
    for stage in [&mut plain, &mut again, &mut shuffled] {
        begin(stage);
    }
    let (mut bled, mut carried, mut online) = (0, 0, PEOPLE.len());
    for tick in 0..TICKS {
        for stage in [&mut plain, &mut again, &mut shuffled] {
            act(stage, tick);
            stage.tick();
        }
        bled = bled.max(bleeding(&mut plain));
        carried = carried.max(held(&mut plain));
        online = online.min(plain.engine().players_online());
        let world = digest(&mut plain);
        assert_eq!(
            world,
            digest(&mut again),
            "the world differs at tick {tick}"
        );
        assert_eq!(
            world,
            digest(&mut shuffled),
            "the order of entities was heard at tick {tick}"
        );
    }
    assert_eq!(first_difference(plain.digests(), again.digests()), None);
    assert_eq!(first_difference(plain.digests(), shuffled.digests()), None);
    assert_eq!(plain.faults(), []);
    // A game in which nothing happens would prove nothing.
    let minds = PEOPLE.map(|name| {
        plain
            .component::<systems::lucidity::Lucidity>(name)
            .points()
    });
    assert!(
        minds.iter().any(|points| *points < 100),
        "nobody's mind moved: {minds:?}"
    );
    assert!(bled > 1, "never did two bleed at once");
    assert!(carried > 1, "nobody held anything");
    assert_eq!(online, 0, "nobody was given up");
}

#[test]
fn restored_game_equals_uninterrupted_game() {
    let mut plain = Stage::new(Play::UNPEOPLED).unwrap();
    begin(&mut plain);
    for tick in 0..HALF {
        act(&mut plain, tick);
        plain.tick();
    }
    everybody_leaves(&mut plain);
    // What was said is kept in memory only; ten minutes later no newcomer is told of it any more.
    let later = plain.now().plus(Duration::from_secs(601));
    plain.tick_at(later);
    let saved: SavedRows = plain.saved().clone();
    let ticks = plain.digests().len();
    let (now, last) = (plain.now(), plain.engine().last_tick());
    assert!(now > STAGE_START && last == ticks as u64);

    let mut restored = Stage::restored_after(Play::UNPEOPLED, Seed(1), saved, now, last)
        .unwrap()
        .after_session((PEOPLE.len() + CUT.len() + 2 * QUIT.len()) as u64);
    begin(&mut plain);
    begin(&mut restored);
    for tick in HALF..TICKS {
        for stage in [&mut plain, &mut restored] {
            // Half of the others' way again, each character once asleep in between.
            if tick == HALF + 400 {
                sleep_and_wake(stage);
            }
            act(stage, tick);
            stage.tick();
        }
        assert_eq!(
            digest(&mut plain),
            digest(&mut restored),
            "the world differs at tick {tick}"
        );
    }
    assert_eq!(
        first_difference(&plain.digests()[ticks..], restored.digests()),
        None
    );
}
