//! Same world, same inputs, same seed: same outputs and same digest.

use engine::port::{Inbound, Owner, Row};
use engine::prelude::*;
use engine::stage::{STAGE_START, SavedRows, Stage};
use engine::{Engine, Seed, Setup};
use serde::{Deserialize, Serialize};

use crate::kit::{Coins, Words, arrival, game, input, leave, line, named, row};

/// The tick in which everybody leaves, and the one in which all are back.
const HALF: u64 = 100;
const BACK: u64 = HALF + 2;
const END: u64 = 200;
const CANDLES: usize = 40;

#[derive(Component, Serialize, Deserialize, Clone, Debug)]
struct Wax(u64);

#[derive(Component, Serialize, Deserialize, Clone, Debug)]
struct Nights(u64);

#[derive(Message)]
struct Guttered(StableId, u64);

/// Candles that burn by chance, flare by a cadence, and are told of; spawned in `order`.
fn chapel(order: &[usize]) -> impl Plugin + use<> {
    let order = order.to_vec();
    move |reg: &mut Registrar<'_>| {
        let order = order.clone();
        reg.add(game);
        reg.add(named("candles", move |reg| {
            let order = order.clone();
            reg.persist::<Wax>("wax")
                .persist::<Nights>("nights")
                .message::<Guttered>()
                .singleton("calendar", || Nights(0))
                .startup(move |world| {
                    for candle in order {
                        let id = StableId::named(&format!("candle {candle}"));
                        if world.resource::<Index>().get(id).is_none() {
                            world.spawn((id, Wax(1_000_000)));
                        }
                    }
                })
                .system(Phase::Simulate, (burn, pass).chain())
                .every(Duration::from_millis(150), flare)
                .system(Phase::Emit, tell);
        }));
    }
}

fn burn(
    dice: Res<Dice>,
    clock: Res<Clock>,
    mut candles: Query<(&StableId, &mut Wax)>,
    mut guttered: MessageWriter<Guttered>,
) {
    let mut low = Vec::new();
    for (id, mut wax) in &mut candles {
        wax.0 -= dice.pick(6, *id, "burn", 0) * clock.dt.as_millis() as u64;
        if dice.chance(0.1, *id, "gutter", 0) {
            low.push((*id, wax.0));
        }
    }
    // Query order is history, not identity.
    low.sort();
    guttered.write_batch(low.into_iter().map(|(id, wax)| Guttered(id, wax)));
}

fn pass(mut nights: Query<&mut Nights>) {
    for mut nights in &mut nights {
        nights.0 += 1;
    }
}

fn flare(dice: Res<Dice>, clock: Res<Clock>, mut candles: Query<(&StableId, &mut Wax)>) {
    for (id, mut wax) in &mut candles {
        wax.0 += dice.pick(5, *id, "flare", 0) + clock.now.millis() % 7;
    }
}

fn tell(
    mut guttered: MessageReader<Guttered>,
    purses: Query<(&StableId, &Online, &Coins)>,
    mut outbox: ResMut<Outbox>,
) {
    let mut hearers: Vec<_> = purses.iter().collect();
    hearers.sort_by_key(|(id, _, _)| **id);
    for Guttered(candle, wax) in guttered.read() {
        for (_, online, coins) in &hearers {
            outbox.tell_one(online.session, Words(format!("{candle} {wax} {}", coins.0)));
        }
    }
}

/// What the gateway says in tick `n`.
fn script(n: u64) -> Vec<Inbound> {
    let (ann, bob) = if n < BACK { (1, 2) } else { (11, 12) };
    match n {
        1 | BACK => vec![arrival(ann, "ann"), arrival(bob, "bob")],
        HALF => vec![leave(ann), leave(bob)],
        _ => {
            let mut said = Vec::new();
            if n.is_multiple_of(3) {
                said.push(line(ann, Some(n), "earn"));
            }
            if n.is_multiple_of(7) {
                said.push(line(bob, Some(n), "shrug"));
                said.push(line(bob, Some(n + 1), "I see you"));
            }
            said
        }
    }
}

/// Plays the script through `last`; answers each tick's digests of output and world.
fn play(stage: &mut Stage, last: u64) -> Vec<(u64, u64)> {
    let mut digests = Vec::new();
    for n in stage.engine().last_tick() + 1..=last {
        for said in script(n) {
            stage.inbound(said);
        }
        stage.tick();
        digests.push((*stage.digests().last().unwrap(), stage.engine().digest()));
    }
    assert_eq!(stage.faults(), []);
    digests
}

fn stage(order: &[usize], seed: u64) -> Stage {
    Stage::restored(chapel(order), Seed(seed), SavedRows::new(), STAGE_START).unwrap()
}

fn in_order() -> Vec<usize> {
    (0..CANDLES).collect()
}

/// A permutation of `0..CANDLES` that `seed` stands for.
fn shuffled(seed: u64) -> Vec<usize> {
    let mut order = in_order();
    order.sort_by_key(|n| {
        (*n as u64 + 1)
            .wrapping_mul(seed.wrapping_mul(2) + 1)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    order
}

#[test]
fn a_run_is_repeated_exactly() {
    let once = play(&mut stage(&in_order(), 1), END);
    assert_eq!(once, play(&mut stage(&in_order(), 1), END));
    // The figures compared are alive: every tick differs from the one before.
    assert!(once.windows(2).all(|two| two[0].1 != two[1].1));
}

#[test]
fn another_seed_is_another_run() {
    let (one, other) = (
        play(&mut stage(&in_order(), 1), 50),
        play(&mut stage(&in_order(), 2), 50),
    );
    assert!(one.iter().zip(&other).all(|(one, other)| one.1 != other.1));
    assert_ne!(one.last().unwrap().0, other.last().unwrap().0);
}

#[test]
fn the_order_of_spawning_is_not_heard() {
    let plain = play(&mut stage(&in_order(), 1), END);
    for seed in 1..=8 {
        let order = shuffled(seed);
        assert_ne!(order, in_order());
        assert_eq!(play(&mut stage(&order, 1), END), plain, "{order:?}");
    }
}

#[test]
fn restored_run_equals_uninterrupted_run() {
    let mut plain = stage(&in_order(), 1);
    play(&mut plain, BACK - 1);
    let (saved, now) = (plain.saved().clone(), plain.now());
    let on = play(&mut plain, END);

    let mut restored =
        Stage::restored_after(chapel(&shuffled(3)), Seed(1), saved, now, BACK - 1).unwrap();
    assert_eq!(play(&mut restored, END), on);
    assert_eq!(plain.saved(), restored.saved());
    assert!(
        plain
            .saved()
            .values()
            .any(|row| row.component == "coins" && row.body != "0")
    );
}

#[test]
fn the_order_of_saved_rows_is_not_heard() {
    // Two rows an entity, so that a shuffle also tears them apart.
    let rows: Vec<Row> = (0..CANDLES)
        .map(|n| {
            let id = StableId::named(&format!("candle {}", n / 2));
            let component = ["wax", "coins"][n % 2];
            row(id, component, 1, Owner::World, "500000")
        })
        .collect();
    let run = |order: &[usize]| -> Vec<(u64, u64)> {
        let setup = Setup {
            rows: order.iter().map(|n| rows[*n].clone()).collect(),
            last_now: Some(STAGE_START),
            ..Setup::default()
        };
        let mut engine = Engine::build(setup, chapel(&[])).unwrap();
        let world = engine.world();
        let whole = world.query::<(&StableId, &Wax, &Coins)>().iter(world).len();
        assert_eq!(whole, CANDLES / 2, "rows of one id make one entity");
        (1..50)
            .map(|n| (engine.tick(input(n * 50, 0)).digest(), engine.digest()))
            .collect()
    };
    assert_eq!(run(&in_order()), run(&shuffled(5)));
}
