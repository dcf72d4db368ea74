//! Durations, never tick counts.

use engine::prelude::*;
use engine::stage::{STAGE_START, Stage};
use engine::{CATCH_UP_MAX, Engine, Setup};

use crate::kit::{Tape, bare, input};

/// Writes down each run of a cadence of `period` by its `Clock::now`, in milliseconds after the
/// beginning.
fn metronome(period: Duration, tape: &Tape<u64>) -> impl Plugin + use<> {
    let tape = tape.clone();
    move |reg: &mut Registrar<'_>| {
        let tape = tape.clone();
        reg.every(period, move |clock: Res<Clock>| {
            tape.write(clock.now.millis() - STAGE_START.millis());
        });
    }
}

#[test]
fn cadence_run_count_ignores_tick_rate() {
    for (period_ms, expected) in [(250, 240), (1_000, 60), (6_250, 9), (60_000, 1)] {
        for hz in [1, 10, 20, 60, 120] {
            let tape = Tape::default();
            let beat = metronome(Duration::from_millis(period_ms), &tape);
            let mut stage = Stage::new(beat).unwrap().at_hz(hz);
            stage.pass(Duration::from_secs(60));
            let due: Vec<u64> = (1..=expected).map(|n| n * period_ms).collect();
            assert_eq!(tape.read(), due, "every {period_ms} ms at {hz} Hz");
        }
    }
}

#[test]
fn late_tick_catches_up_as_on_time() {
    let tape = Tape::default();
    let mut engine = bare(metronome(Duration::from_millis(100), &tape));
    for ms in [50, 430, 440, 700] {
        engine.tick(input(ms, 0));
    }
    assert_eq!(tape.read(), [100, 200, 300, 400, 500, 600, 700]);
}

#[test]
fn catching_up_ends_at_eight_counts_rest() {
    let tape = Tape::default();
    let mut engine = bare(metronome(Duration::from_millis(100), &tape));
    engine.tick(input(50, 0));
    let output = engine.tick(input(2_050, 0));
    assert_eq!((tape.len() as u64, output.dropped_runs), (CATCH_UP_MAX, 12));
    assert_eq!(tape.read().last(), Some(&2_000), "the newest are run");
    assert_eq!(engine.tick(input(2_100, 0)).dropped_runs, 0);
}

#[test]
fn due_moment_is_visible_to_cadence_systems_only() {
    let tape = Tape::default();
    let after = tape.clone();
    let mut engine = bare(move |reg: &mut Registrar<'_>| {
        let after = after.clone();
        reg.every(Duration::from_millis(100), || {}).system(
            Phase::Simulate,
            move |clock: Res<Clock>| {
                after.write(clock.now.millis() - STAGE_START.millis());
            },
        );
    });
    engine.tick(input(370, 0));
    assert_eq!(tape.read(), [370]);
}

/// How many of four rolls of one half in each second hit, over 2,000 seconds.
fn hits(hz: u32) -> Vec<u64> {
    let tape = Tape::default();
    let rolled = tape.clone();
    let mut stage = Stage::new(move |reg: &mut Registrar<'_>| {
        let rolled = rolled.clone();
        let flip = move |dice: Res<Dice>, clock: Res<Clock>| {
            let hit = dice.chance(0.5, StableId::named("coin"), "flip", 0);
            let after = clock.now.millis() - STAGE_START.millis();
            rolled.write(((after - 1) / 1_000, hit));
        };
        reg.every(Duration::from_millis(250), flip);
    })
    .unwrap()
    .at_hz(hz);
    stage.pass(Duration::from_secs(2_000));
    let mut hits = vec![0; 2_000];
    for (second, hit) in tape.read() {
        hits[second as usize] += u64::from(hit);
    }
    hits
}

#[test]
fn caught_up_runs_roll_each_for_itself() {
    let late = hits(1);
    let mean = late.iter().sum::<u64>() as f64 / 2_000.0;
    let deviations = late.iter().map(|hits| (*hits as f64 - mean).powi(2));
    let variance = deviations.sum::<f64>() / 2_000.0;
    // Four fair coins: 2 and 1; four times the same coin has the variance 4.
    assert!((1.9..2.1).contains(&mean), "{mean}");
    assert!((0.85..1.15).contains(&variance), "{variance}");
    // And the very rolls of ticks that are on time.
    assert_eq!(late, hits(20));
}

#[test]
fn new_world_catches_up_with_no_past() {
    let tape = Tape::default();
    let beat = metronome(Duration::from_millis(100), &tape);
    let mut engine = Engine::build(Setup::default(), beat).unwrap();
    engine.tick(input(1_000, 0));
    assert_eq!(tape.read(), [0_u64; 0]);
    engine.tick(input(1_100, 0));
    assert_eq!(tape.read(), [1_100]);
}
