//! One outcome for each command, whatever happens.

mod queue;

use engine::port::{Outbound, Outcome};
use engine::prelude::*;
use engine::stage::Stage;
use engine::{CommandRecord, Orders, REMEMBERED, Save, Seed};

use crate::kit::{Backstage, Coins, arrival, batch, game, leave, line, named, values};

fn scene() -> Stage {
    let mut stage = Stage::new(game).unwrap();
    stage.enter("ann");
    stage
}

/// The outcomes since the last look, as `(id, words or code, repeated)`.
fn outcomes(stage: &mut Stage, name: &str) -> Vec<(Option<u64>, String, bool)> {
    let outcomes = stage.ears(name).outcomes;
    outcomes.into_iter().map(short).collect()
}

fn short(outcome: Outcome) -> (Option<u64>, String, bool) {
    let result = match outcome.result {
        Ok(text) => text.unwrap_or_default(),
        Err(refusal) => refusal.code.word().to_owned(),
    };
    (outcome.id, result, outcome.repeated)
}

fn one(id: u64, result: &str, repeated: bool) -> (Option<u64>, String, bool) {
    (Some(id), result.to_owned(), repeated)
}

#[test]
fn each_command_gets_one_outcome() {
    let mut stage = scene();
    for words in ["earn", "refuse", "twice", "hello"] {
        stage.says("ann", words);
    }
    stage.tick();
    assert_eq!(
        outcomes(&mut stage, "ann"),
        [
            one(1, "earned", false),
            one(2, "game_logic_error", false),
            one(3, "first", false),
            one(4, "", false),
        ]
    );
    stage.pass(Duration::from_secs(1));
    assert_eq!(outcomes(&mut stage, "ann"), []);
}

#[test]
fn started_unanswered_command_gets_internal_error() {
    let mut stage = scene();
    stage.says("ann", "shrug");
    stage.tick();
    assert_eq!(
        outcomes(&mut stage, "ann"),
        [one(1, "internal_error", false)]
    );
}

#[test]
fn command_of_broken_plugin_gets_internal_error() {
    let mut stage = Stage::new(named("glass", |reg| {
        reg.system(
            Phase::Ingest,
            |mut heard: MessageReader<Heard>, mut orders: ResMut<Orders>| {
                for heard in heard.read() {
                    orders.start(heard.order);
                }
            },
        )
        .system(Phase::Simulate, |mut heard: MessageReader<Heard>| {
            assert!(heard.read().count() == 0, "shattered");
        });
    }))
    .unwrap();
    stage.enter("ann");
    stage.says("ann", "touch");
    stage.tick();
    assert_eq!(
        outcomes(&mut stage, "ann"),
        [one(1, "internal_error", false)]
    );
    assert_eq!(stage.faults().len(), 1);
}

#[test]
fn untaken_command_is_refused_in_same_tick() {
    let mut stage = scene();
    stage.says("ann", "ignore");
    stage.tick();
    assert_eq!(
        outcomes(&mut stage, "ann"),
        [one(1, "internal_error", false)]
    );
}

#[test]
fn queued_command_never_started_is_refused() {
    let mut stage = scene();
    stage.says("ann", "forget");
    for _ in 0..4_096 {
        stage.tick();
    }
    assert_eq!(outcomes(&mut stage, "ann"), []);
    for _ in 0..1_100 {
        stage.tick();
    }
    assert_eq!(
        outcomes(&mut stage, "ann"),
        [one(1, "internal_error", false)]
    );
}

#[test]
fn resend_gets_stored_outcome_without_execution() {
    let mut stage = scene();
    stage.says("ann", "earn");
    stage.says("ann", "refuse");
    stage.tick();
    outcomes(&mut stage, "ann");
    stage.sends("ann", Some(1), "earn");
    stage.sends("ann", Some(2), "refuse");
    stage.tick();
    assert_eq!(
        outcomes(&mut stage, "ann"),
        [one(1, "", true), one(2, "game_logic_error", true)]
    );
    assert_eq!(stage.component::<Coins>("ann"), Coins(1));
}

#[test]
fn far_id_is_refused_and_not_consumed() {
    let mut stage = scene();
    let far = (1 << 53) - 1;
    stage.sends("ann", Some(far), "earn");
    stage.tick();
    assert_eq!(
        outcomes(&mut stage, "ann"),
        [one(far, "validation_error", false)]
    );
    let last = stage.component::<CommandRecord>("ann").last_id();
    // The next in line, the furthest that is allowed, and what a clock counts.
    let now = engine::stage::STAGE_START.0;
    for id in [last + 1, last + 1 + (1 << 32), now + (1 << 32)] {
        stage.sends("ann", Some(id), "earn");
        stage.tick();
        assert_eq!(outcomes(&mut stage, "ann"), [one(id, "earned", false)]);
    }
    assert_eq!(stage.component::<Coins>("ann"), Coins(3));
}

#[test]
fn exhausted_command_ids_restart_at_next_arrival() {
    let mut stage = scene();
    stage.says("ann", "earn");
    stage.tick();
    stage.tick();
    let mut saved = stage.saved().clone();
    let record = saved
        .values_mut()
        .find(|row| row.component == "command_record")
        .unwrap();
    record.body = r#"{"h": 9007199254740991, "r": "5.1 9007199254740986.1"}"#.into();
    let start = engine::stage::STAGE_START;
    let mut stage = Stage::restored(game, Seed(1), saved, start).unwrap();
    stage.enter("ann");
    assert_eq!(stage.component::<CommandRecord>("ann").last_id(), 5);
    stage.sends("ann", Some(6), "earn");
    stage.tick();
    assert_eq!(outcomes(&mut stage, "ann"), [one(6, "earned", false)]);
}

#[test]
fn resend_is_saved_again_under_new_watermark() {
    let mut world = Backstage::new(game);
    world.tick(vec![arrival(1, "ann")]);
    world.tick(vec![]);
    world.tick(vec![line(1, Some(1), "earn")]);
    assert!(matches!(world.tick(vec![]).save, Save::Clean));
    let again = batch(world.tick(vec![line(1, Some(1), "earn")]));
    let saved: Vec<_> = values(&again).into_iter().map(|value| value.1).collect();
    assert_eq!(saved, ["command_record"]);
}

#[test]
fn unknown_lower_id_is_out_of_order() {
    let mut stage = scene();
    stage.sends("ann", Some(10), "earn");
    stage.sends("ann", Some(7), "earn");
    stage.tick();
    stage.sends("ann", Some(9), "earn");
    stage.tick();
    let mut said = outcomes(&mut stage, "ann");
    said.sort();
    assert_eq!(
        said,
        [
            one(7, "command_out_of_order", false),
            one(9, "command_out_of_order", false),
            one(10, "earned", false),
        ]
    );
    assert_eq!(stage.component::<Coins>("ann"), Coins(1));
}

#[test]
fn command_ids_may_skip_or_be_absent() {
    let mut stage = scene();
    stage.sends("ann", Some(5), "earn");
    stage.sends("ann", None, "earn");
    stage.sends("ann", None, "earn");
    stage.sends("ann", Some(500), "earn");
    stage.tick();
    assert_eq!(outcomes(&mut stage, "ann").len(), 4);
    assert_eq!(stage.component::<Coins>("ann"), Coins(4));
    assert_eq!(stage.component::<CommandRecord>("ann").last_id(), 500);
}

#[test]
fn resend_of_waiting_command_gets_one_outcome() {
    let mut stage = scene();
    stage.sends("ann", Some(1), "later");
    stage.sends("ann", Some(1), "later");
    stage.tick();
    assert_eq!(outcomes(&mut stage, "ann"), []);
    stage.sends("ann", Some(1), "later");
    stage.tick();
    assert_eq!(outcomes(&mut stage, "ann"), [one(1, "at last", false)]);
    stage.tick();
    assert_eq!(outcomes(&mut stage, "ann"), []);
}

#[test]
fn the_sixty_fifth_command_forgets_the_first() {
    let mut stage = scene();
    for _ in 0..=REMEMBERED {
        stage.says("ann", "earn");
    }
    stage.tick();
    outcomes(&mut stage, "ann");
    stage.sends("ann", Some(1), "earn");
    stage.sends("ann", Some(2), "earn");
    stage.tick();
    assert_eq!(
        outcomes(&mut stage, "ann"),
        [one(1, "command_out_of_order", false), one(2, "", true)]
    );
    assert_eq!(stage.component::<Coins>("ann"), Coins(65));
}

#[test]
fn command_record_survives_restore_with_effects() {
    let mut stage = scene();
    stage.says("ann", "earn");
    stage.says("ann", "refuse");
    stage.tick();
    let (saved, now) = (stage.saved().clone(), stage.now());

    let mut stage = Stage::restored(game, Seed(1), saved, now).unwrap();
    stage.enter("ann");
    assert_eq!(stage.ears("ann").admissions[0].last_command_id, 2);
    stage.sends("ann", Some(1), "earn");
    stage.sends("ann", Some(2), "refuse");
    stage.sends("ann", Some(3), "earn");
    stage.tick();
    assert_eq!(
        outcomes(&mut stage, "ann"),
        [
            one(1, "", true),
            one(2, "game_logic_error", true),
            one(3, "earned", false)
        ]
    );
    assert_eq!(stage.component::<Coins>("ann"), Coins(2));
}

#[test]
fn waiting_line_ends_with_session_and_may_resend() {
    let mut stage = scene();
    stage.sends("ann", Some(1), "later");
    stage.tick();
    stage.enter("ann");
    assert_eq!(
        outcomes(&mut stage, "ann"),
        [],
        "its outcome died with the session"
    );
    stage.sends("ann", Some(1), "earn");
    stage.tick();
    assert_eq!(outcomes(&mut stage, "ann"), [one(1, "earned", false)]);
}

#[test]
fn line_in_takeover_tick_has_no_effect() {
    let mut stage = scene();
    let session = stage.session("ann");
    stage.inbound(line(session.0, Some(1), "earn"));
    stage.enter("ann");
    assert_eq!(stage.component::<Coins>("ann"), Coins(0));
    stage.sends("ann", Some(1), "earn");
    stage.tick();
    assert_eq!(outcomes(&mut stage, "ann"), [one(1, "earned", false)]);
    assert_eq!(stage.component::<Coins>("ann"), Coins(1));
}

#[test]
fn a_takeover_leaves_the_lines_of_others_alone() {
    let mut world = Backstage::new(game);
    world.tick(vec![arrival(1, "ann"), arrival(2, "bob")]);
    world.tick(vec![]);
    let heard = vec![
        line(1, Some(1), "earn"),
        line(2, Some(1), "earn"),
        arrival(3, "ann"),
    ];
    let said = world.tick(heard).emission.said;
    let answered: Vec<u64> = said
        .iter()
        .filter_map(|said| match said {
            Outbound::Outcome { session, .. } => Some(session.0),
            _ => None,
        })
        .collect();
    assert_eq!(answered, [2]);
}

#[test]
fn order_of_ended_session_never_passes_for_newer() {
    let mut world = Backstage::new(game);
    world.tick(vec![arrival(1, "ann"), arrival(2, "bob")]);
    world.tick(vec![]);
    world.tick(vec![line(1, Some(1), "later")]);
    // Ann's order is dropped; Bob's takes its place, while the game still holds hers and answers.
    let said = world
        .tick(vec![leave(1), line(2, Some(1), "forget")])
        .emission
        .said;
    assert!(
        !said
            .iter()
            .any(|said| matches!(said, Outbound::Outcome { .. })),
        "{said:?}"
    );
}

#[test]
fn long_storage_outage_keeps_command_marks_bounded() {
    let mut world = Backstage::new(game);
    world.tick(vec![arrival(1, "ann")]);
    world.hold = true;
    world.tick(vec![]);
    for _ in 0..70 {
        world.tick((0..1_000).map(|_| line(1, None, "earn")).collect());
    }
    world.hold = false;
    let late = batch(world.tick(vec![]));
    assert_eq!(late.commands.len(), 65_536);
    assert_eq!(values(&late).len(), 1, "the purse, once");
}
