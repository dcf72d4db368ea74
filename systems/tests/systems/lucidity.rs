//! Every change of lucidity: who hears of it, what is saved, what comes back.

use engine::port::{Correlation, Fact, Inbound, SessionId, StableId, StoreReply};
use engine::prelude::*;
use engine::stage::{SavedRows, Stage};
use engine::{Engine, Save, Setup, TickInput};
use serde_json::json;
use systems::command::{Needs, Usage, Verb, Words, verb};
use systems::lucidity::{AdjustLucidity, Cause, Drift, Lucidity, MYTHOS_MINUTE};

use crate::town::{Town, arrival, before, clock, half_a_minute, save, settle};

/// `shake <points>...`: another plugin's way of changing a mind.
#[derive(Message, Debug)]
struct Shake(Order, Vec<i16>);

impl Verb for Shake {
    const WORDS: &'static [&'static str] = &["shake"];
    const USAGE: &'static str = "shake <points>...";
    const HELP: &'static str = "Shakes your own mind.";
    const NEEDS: Needs = Needs::NOTHING;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let deltas: Result<Vec<i16>, _> = words.rest().split(' ').map(str::parse).collect();
        deltas
            .map(|deltas| Self(order, deltas))
            .map_err(|_| Usage::Show)
    }
}

fn shake(
    mut wanted: MessageReader<Shake>,
    mut adjust: MessageWriter<AdjustLucidity>,
    mut answers: MessageWriter<Answer>,
) {
    for Shake(order, deltas) in wanted.read() {
        for delta in deltas {
            adjust.write(AdjustLucidity {
                mind: order.actor,
                delta: *delta,
                cause: Cause::new("a_shake"),
            });
        }
        answers.write(Answer::done(*order));
    }
}

pub(crate) fn shaking(reg: &mut Registrar<'_>) {
    verb::<Shake>(reg);
    reg.system(Phase::Simulate, shake);
}

const WEARING: &str = "[environments.graveyard]\nall = -0.8\n[environments.sanctuary]\nall = 0.6\n";

fn town() -> Town {
    Town::of(&[
        ("here", "graveyard"),
        ("there", "sanctuary"),
        ("nowhere", "outdoors"),
    ])
    .with_rules(WEARING)
}

fn scene(saved: SavedRows) -> Stage {
    town().stage_with(shaking, saved, before(clock(0, 0), half_a_minute()))
}

fn points(stage: &mut Stage, name: &str) -> i16 {
    stage.component::<Lucidity>(name).points()
}

#[test]
fn newcomer_starts_at_full_lucidity() {
    let mut stage = scene(SavedRows::new());
    stage.enter("Ann");
    assert_eq!(points(&mut stage, "Ann"), 100);
}

#[test]
fn change_is_told_once_to_subject() {
    let mut saved = SavedRows::new();
    settle(&mut saved, "Ann", "nowhere", 72);
    settle(&mut saved, "Bea", "nowhere", 72);
    let mut stage = scene(saved);
    stage.enter("Ann");
    stage.enter("Bea");
    stage.says("Ann", "shake -3");
    stage.tick();
    let ears = stage.ears("Ann");
    let told = json!({
        "player_id": StableId::named("Ann"),
        "current_lcd": 69,
        "max_lcd": 100,
        "delta": -3,
        "tier": "uneasy",
        "reason": "a_shake",
        "liabilities": ["night_frayed_reflexes"],
    });
    assert_eq!(ears.events("lucidity_change"), [told]);
    let note = ears
        .notes
        .iter()
        .find(|note| note.event_type() == "lucidity_change")
        .expect("told");
    assert_eq!(note.coalesce(), Some("lucidity_change"));
    assert_eq!(note.player_id(), Some(StableId::named("Ann")));
    assert_eq!(
        note.gmcp()[0].data,
        json!({ "lucidity": 69, "max_lucidity": 100 })
    );
    assert!(ears.text().contains("You are uneasy."), "{}", ears.text());
    assert_eq!(
        stage.ears("Bea").events("lucidity_change"),
        [json!(null); 0]
    );
}

#[test]
fn same_tick_changes_are_told_one_by_one() {
    let mut stage = scene(SavedRows::new());
    stage.enter("Ann");
    stage.ears("Ann");
    stage.says("Ann", "shake -10 -20 5");
    stage.tick();
    let told = stage.ears("Ann").events("lucidity_change");
    let told: Vec<_> = told
        .iter()
        .map(|one| (&one["current_lcd"], &one["delta"]))
        .collect();
    let expected = [(90, -10), (70, -20), (75, 5)].map(|(now, by)| (json!(now), json!(by)));
    assert_eq!(
        told,
        expected
            .iter()
            .map(|(now, by)| (now, by))
            .collect::<Vec<_>>()
    );
}

#[test]
fn excess_change_is_lost_and_told_clamped() {
    let mut saved = SavedRows::new();
    settle(&mut saved, "Ann", "nowhere", 95);
    let mut stage = scene(saved);
    stage.enter("Ann");
    stage.ears("Ann");
    for (line, now, delta) in [("shake 20", 100, 5), ("shake -199", -99, -199)] {
        stage.says("Ann", line);
        stage.tick();
        let told = stage.ears("Ann").events("lucidity_change");
        assert_eq!(told.len(), 1);
        assert_eq!(
            (&told[0]["current_lcd"], &told[0]["delta"]),
            (&json!(now), &json!(delta))
        );
    }
    stage.says("Ann", "shake -32768");
    stage.tick();
    let told = stage.ears("Ann").events("lucidity_change");
    assert_eq!(
        (&told[0]["current_lcd"], &told[0]["delta"]),
        (&json!(-100), &json!(-1))
    );
}

#[test]
fn saved_value_off_scale_is_clamped() {
    let mut saved = SavedRows::new();
    settle(&mut saved, "Ann", "nowhere", 1_000);
    settle(&mut saved, "Bea", "nowhere", -1_000);
    let mut stage = scene(saved);
    stage.enter("Ann");
    stage.enter("Bea");
    assert_eq!(
        (points(&mut stage, "Ann"), points(&mut stage, "Bea")),
        (100, -100)
    );
}

#[test]
fn full_idle_mind_hears_and_saves_nothing() {
    let mut saved = SavedRows::new();
    settle(&mut saved, "Ann", "there", 100);
    let mut stage = scene(saved);
    stage.enter("Ann");
    stage.tick();
    let kept = lucidity_rows(&stage);
    stage.pass(MYTHOS_MINUTE * 30);
    assert_eq!(
        stage.ears("Ann").events("lucidity_change"),
        [json!(null); 0]
    );
    assert_eq!(lucidity_rows(&stage), kept);
}

fn lucidity_rows(stage: &Stage) -> Vec<String> {
    let rows = stage.saved().values();
    let rows = rows.filter(|row| row.component.starts_with("lucidity"));
    rows.map(|row| row.body.clone()).collect()
}

#[test]
fn a_minute_that_gives_no_point_saves_nothing() {
    let mut saved = SavedRows::new();
    settle(&mut saved, "Ann", "here", 100);
    let mut stage = scene(saved);
    stage.enter("Ann");
    stage.tick();
    let kept = lucidity_rows(&stage);
    stage.pass(MYTHOS_MINUTE);
    assert_eq!(stage.component::<Drift>("Ann").residual(), -0.8);
    assert_eq!(lucidity_rows(&stage), kept);
    stage.pass(MYTHOS_MINUTE);
    assert_eq!(points(&mut stage, "Ann"), 99);
    assert_ne!(lucidity_rows(&stage), kept);
}

#[test]
fn drift_and_habit_survive_leaving() {
    let mut saved = SavedRows::new();
    settle(&mut saved, "Ann", "here", 100);
    let mut stage = scene(saved);
    stage.enter("Ann");
    stage.pass(MYTHOS_MINUTE * 11);
    let (left, lucidity) = (stage.component::<Drift>("Ann"), points(&mut stage, "Ann"));
    assert_eq!((left.minutes(), left.residual()), (11, -0.6));
    stage.leaves("Ann");
    stage.tick();
    stage.tick();
    stage.tick();
    let mut later = town().stage(stage.saved().clone(), stage.now().plus(MYTHOS_MINUTE * 600));
    later.enter("Ann");
    assert_eq!(later.component::<Drift>("Ann"), left);
    assert_eq!(points(&mut later, "Ann"), lucidity);
}

#[test]
fn crash_repeats_nothing_and_loses_below_a_point() {
    let mut saved = SavedRows::new();
    settle(&mut saved, "Ann", "here", 100);
    let mut stage = scene(saved);
    stage.enter("Ann");
    let drift = |stage: &mut Stage| stage.component::<Drift>("Ann").residual();
    let (mut given, mut owed) = (100, 0.0);
    for minute in 1..=30 {
        stage.pass(MYTHOS_MINUTE);
        if points(&mut stage, "Ann") != given {
            (given, owed) = (points(&mut stage, "Ann"), drift(&mut stage));
        }
        // What a crash at this moment would leave behind: all as of the last point given.
        let mut after = town().stage(stage.saved().clone(), stage.now());
        after.enter("Ann");
        let found = (points(&mut after, "Ann"), drift(&mut after));
        assert_eq!(found, (given, owed), "minute {minute}");
        assert!((drift(&mut stage) - owed).abs() < 1.0, "minute {minute}");
    }
    assert_eq!(given, 82);
}

#[test]
fn a_residual_comes_back_to_the_last_billionth() {
    let mut saved = SavedRows::new();
    settle(&mut saved, "Ann", "nowhere", 50);
    let body = r#"{"residual":-987654321,"minutes":7,"room":null}"#;
    save(&mut saved, "Ann", "lucidity_drift", body);
    let mut stage = scene(saved);
    stage.enter("Ann");
    assert_eq!(stage.component::<Drift>("Ann").residual(), -0.987_654_321);
}

/// Plays the engine itself, because the stage keeps no chronicle.
fn chronicle(line: &str, minutes: u32) -> Vec<Fact> {
    let town = town();
    let world = town.load().expect("a sound town");
    let game = systems::game(world, systems::Settings::default());
    let plugin = move |reg: &mut Registrar<'_>| {
        engine::Plugin::build(&game, reg);
        reg.add(shaking);
    };
    let mut engine = Engine::build(Setup::default(), plugin).expect("the plugins fit together");
    let (ann, session) = (StableId::named("Ann"), SessionId(1));
    let arrival = arrival("Ann", session);
    let said = Inbound::Line {
        session,
        id: Some(1),
        line: engine::port::Line::new(line).expect("a line"),
        correlation: Correlation(1),
    };
    let loaded = StoreReply::Loaded {
        character: ann,
        session,
        rows: Vec::new(),
    };
    let mut facts = Vec::new();
    let mut now = before(clock(0, 0), half_a_minute());
    let mut durable = 0;
    let inputs = [
        (vec![Inbound::Arrive(arrival)], vec![]),
        (vec![], vec![loaded]),
        (vec![said], vec![]),
    ];
    let waits = (0..minutes).map(|_| (vec![], vec![]));
    for (tick, (heard, stored)) in (1..).zip(inputs.into_iter().chain(waits)) {
        now = now.plus(if tick > 3 {
            MYTHOS_MINUTE
        } else {
            Duration::from_millis(50)
        });
        let mut input = TickInput {
            now,
            heard,
            stored,
            ..TickInput::default()
        };
        input.storage.durable_tick = durable;
        if let Save::Batch(batch) = engine.tick(input).save {
            durable = batch.tick;
            facts.extend(batch.facts);
        }
    }
    facts
}

#[test]
fn every_change_is_audited_with_reason() {
    let facts = chronicle("shake -7", 2);
    let facts: Vec<_> = facts
        .iter()
        .map(|fact| (&*fact.kind, fact.count, fact.sum, &*fact.detail))
        .collect();
    assert_eq!(
        facts,
        [
            ("lucidity", 1, -7, r#"{"reason":"a_shake","room":"here"}"#),
            ("lucidity", 1, -1, r#"{"reason":"passive_flux"}"#),
        ]
    );
}
