//! Whatever anybody types, in whatever order: what must hold holds after every tick.
//!
//! Lines are made of the table of verbs itself, so a new verb is tried as soon as it is there. A
//! failure is shrunk to the fewest deeds that show it, and printed.

mod bodies;
mod deeds;
mod rules;
mod twin;

use std::time::Duration;

use engine::Seed;
use engine::port::Role;
use engine::stage::Stage;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use systems::Settings;

use crate::harness::shipped;
use deeds::{Deed, PEOPLE, deed};
use rules::Watch;
use twin::Play;

/// How many random plays: a tenth of a whole proof unless it is asked for.
fn plays() -> u32 {
    match std::env::var("KADATH_PROOF").as_deref() {
        Ok("full") => 2400,
        _ => 24,
    }
}

fn stage() -> Stage {
    Stage::new(systems::game(shipped(), Settings::default())).unwrap()
}

/// Ann is an admin, so that her verbs are tried, too.
fn enter(stage: &mut Stage, who: usize) {
    let role = if who == 0 { Role::Admin } else { Role::Player };
    stage.enter_as(PEOPLE[who], role);
}

/// Tries random plays of so many deeds; a failure is shrunk.
fn try_plays(plays: u32, test: impl Fn(&[Deed])) {
    let config = Config {
        cases: plays,
        max_shrink_iters: 400,
        failure_persistence: None,
        ..Config::default()
    };
    let verbs = deeds::words(&mut stage());
    let deeds = prop::collection::vec(deed(verbs), 1..160);
    TestRunner::new(config)
        .run(&deeds, |deeds| {
            test(&deeds);
            Ok(())
        })
        .unwrap_or_else(|fault| panic!("{fault}"));
}

#[test]
fn world_rules_hold_for_any_typed_line() {
    try_plays(plays(), play);
}

/// Found by chance once.
#[test]
fn whisper_to_banned_player_breaks_no_rule() {
    let typed = |who, line: &str| Deed::Type {
        who,
        line: line.to_owned(),
    };
    play(&[
        typed(0, "ban bob"),
        typed(2, "whisper Bob are you there?"),
        typed(0, "add_admin "),
        typed(0, "add_admin "),
    ]);
}

#[test]
fn refused_commands_leave_play_unchanged() {
    try_plays(plays() / 2, |deeds| {
        let all = Play::of(deeds, &[]);
        let rest = Play::of(deeds, &all.refused);
        assert_eq!(all.answers, rest.answers);
        assert_eq!(all.facts, rest.facts);
        for (key, row) in &all.saved {
            let other = rest.saved.get(key).map(|row| &row.body);
            assert_eq!(Some(&row.body), other, "{} with and without", key.1);
        }
        assert_eq!(all.saved.len(), rest.saved.len());
    });
}

fn play(deeds: &[Deed]) {
    let mut stage = stage();
    for who in 0..PEOPLE.len() {
        enter(&mut stage, who);
    }
    stage.tick();
    let mut watch = Watch::default();
    for deed in deeds {
        match deed {
            Deed::Type { who, line } => {
                watch.typed(&mut stage, *who, line);
                stage.tick();
            }
            Deed::Leave(who) => {
                stage.leaves(PEOPLE[*who]);
                stage.tick();
                stage.tick();
                enter(&mut stage, *who);
                stage.tick();
                stage.tick();
                watch.forget(PEOPLE[*who]);
            }
            Deed::Late(millis) => {
                let now = stage.now().plus(Duration::from_millis(*millis));
                stage.tick_at(now);
            }
            Deed::Wait(millis) => stage.pass(Duration::from_millis(*millis)),
            Deed::Restart => {
                stage.tick();
                let (saved, now) = (stage.saved().clone(), stage.now());
                let tick = stage.engine().last_tick();
                let game = systems::game(shipped(), Settings::default());
                stage = Stage::restored_after(game, Seed(1), saved, now, tick).unwrap();
                watch = watch.after_restart();
                for who in 0..PEOPLE.len() {
                    enter(&mut stage, who);
                }
                stage.tick();
                stage.tick();
            }
        }
        watch.check(&mut stage);
        // Somebody who quit or was sent away comes back.
        for (who, name) in PEOPLE.iter().enumerate() {
            if watch.closed(name) {
                enter(&mut stage, who);
                stage.tick();
                stage.tick();
                watch.forget(name);
            }
        }
    }
    stage.tick();
    watch.check(&mut stage);
}

#[test]
fn refused_command_changes_command_record_only() {
    let mut settings = Settings::default();
    settings.commands.commands_per_second = 0;
    let mut stage = Stage::new(systems::game(shipped(), settings)).unwrap();
    stage.enter("Ann");
    stage.enter("Bob");
    stage.pass(Duration::from_secs(1));
    let mut refused = 0;
    for line in deeds::wrong_lines() {
        stage.ears("Ann");
        let before = stage.saved().clone();
        stage.says("Ann", &line);
        stage.tick();
        stage.tick();
        let outcomes = stage.ears("Ann").outcomes;
        assert_eq!(outcomes.len(), 1, "{line}");
        if outcomes[0].result.is_ok() {
            continue;
        }
        refused += 1;
        for (key, row) in stage.saved() {
            let same = before.get(key).is_some_and(|old| old.body == row.body);
            assert!(
                same || !rules::LASTING.contains(&key.1.as_str()),
                "`{line}` was refused and changed {}",
                key.1
            );
        }
    }
    assert!(refused > 20, "only {refused} lines were refused");
}
