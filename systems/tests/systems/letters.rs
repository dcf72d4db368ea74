//! Letters: what is whispered to those who are away, until they have read it.

use std::collections::BTreeSet;

use engine::stage::{STAGE_START, SavedRows, Stage};
use engine::{Phase, Seed};
use serde_json::Value;
use systems::Settings;
use systems::chat::{Channel, ChatLimits};
use systems::command::CommandLimits;

use crate::town::Town;

/// A town where nobody has to wait before they speak.
fn stage(lines_per_tick: u32, saved: SavedRows) -> Stage {
    let settings = Settings {
        commands: CommandLimits {
            commands_per_second: 0,
            lines_per_tick,
        },
        chat: ChatLimits::default().with(Channel::Whisper, 0),
        ..Settings::default()
    };
    let world = Town::of(&[("porch", "indoors")])
        .load()
        .expect("a sound town");
    let game = systems::game(world, settings);
    Stage::restored(game, Seed(1), saved, STAGE_START).expect("the plugins fit together")
}

/// Bob was here and has gone.
fn away(stage: &mut Stage) {
    stage.enter("Bob");
    stage.leaves("Bob");
    stage.tick();
    stage.ears("Bob");
}

fn letters(stage: &mut Stage) -> Vec<Value> {
    stage.ears("Bob").events("chat_message")
}

fn words(letters: &[Value]) -> Vec<&str> {
    let words = letters.iter().map(|letter| &letter["original_content"]);
    words.filter_map(Value::as_str).collect()
}

fn mailboxes(stage: &Stage) -> usize {
    let rows = stage.saved().keys();
    rows.filter(|(_, name)| name == "mailbox").count()
}

#[test]
fn letters_unread_stay_and_are_told_again() {
    let mut stage = stage(1, SavedRows::new());
    stage.enter("Ann");
    away(&mut stage);
    for line in ["one", "two"] {
        stage.says("Ann", &format!("whisper Bob {line}"));
        stage.tick();
    }
    stage.hold_receipts(true);
    stage.enter("Bob");
    assert_eq!(words(&letters(&mut stage)), ["one", "two"]);
    stage.tick();
    assert_eq!(mailboxes(&stage), 1, "not read");
    // Another session holds the character: what the first one had read is not known.
    stage.enter("Bob");
    assert_eq!(words(&letters(&mut stage)), ["one", "two"]);
    stage.leaves("Bob");
    stage.tick();
    stage.hold_receipts(false);
    stage.enter("Bob");
    assert_eq!(words(&letters(&mut stage)), ["one", "two"]);
    stage.tick();
    assert_eq!(mailboxes(&stage), 0);
    stage.leaves("Bob");
    stage.tick();
    stage.enter("Bob");
    assert_eq!(letters(&mut stage), [] as [Value; 0]);
    assert_eq!(stage.faults(), []);
}

#[test]
fn player_away_is_known_after_restart() {
    let mut first = stage(1, SavedRows::new());
    away(&mut first);
    let mut later = stage(1, first.saved().clone());
    later.enter("Ann");
    later.says("Ann", "whisper bob Are you there?");
    later.tick();
    let told = later.heard("Ann");
    assert!(told.contains("Bob is away. Your words will wait"), "{told}");
    let rows = |stage: &Stage| {
        let rows = stage.saved().keys();
        rows.filter(|(_, name)| name == "face").count()
    };
    assert_eq!((rows(&first), rows(&later)), (1, 2));
    assert_eq!(later.faults(), []);
}

#[test]
fn letter_is_answered_only_once_read() {
    let mut stage = stage(1, SavedRows::new());
    for name in ["Ann", "Cleo"] {
        stage.enter(name);
    }
    away(&mut stage);
    for name in ["Ann", "Cleo"] {
        stage.says(name, "whisper Bob hello");
        stage.tick();
    }
    stage.hold_receipts(true);
    stage.enter("Bob");
    stage.tick();
    stage.says("Bob", "reply what?");
    stage.tick();
    let told = stage.heard("Bob");
    assert!(told.contains("Nobody has whispered to you yet."), "{told}");
    stage.leaves("Bob");
    stage.tick();
    stage.hold_receipts(false);
    stage.enter("Bob");
    stage.tick();
    stage.says("Bob", "reply what?");
    stage.tick();
    let told = stage.heard("Cleo");
    assert!(told.contains("Bob whispers: what?"), "{told}");
}

#[test]
fn long_letters_come_in_portions_and_in_order() {
    let mut stage = stage(1, SavedRows::new());
    stage.enter("Ann");
    away(&mut stage);
    let said: Vec<String> = (0..64)
        .map(|n| format!("{n:02} {}", "\u{1f600}".repeat(900)))
        .collect();
    for line in &said {
        stage.says("Ann", &format!("whisper Bob {line}"));
        stage.tick();
    }
    stage.enter("Bob");
    let (mut heard, mut ticks) = (letters(&mut stage), 1);
    while heard.len() < said.len() {
        assert!(ticks < 64, "{} of 64", heard.len());
        stage.tick();
        ticks += 1;
        let portion = letters(&mut stage);
        let bytes: usize = portion.iter().map(|one| one.to_string().len()).sum();
        assert!(bytes <= 16 * 1_024, "{bytes} bytes at once");
        heard.extend(portion);
    }
    assert_eq!(words(&heard), said);
    stage.tick();
    assert_eq!(mailboxes(&stage), 0);
}

#[test]
fn promised_letters_of_one_tick_are_all_kept() {
    let mut stage = stage(1, SavedRows::new());
    let senders: Vec<String> = (0..70)
        .map(|n| {
            format!(
                "Ann{}{}",
                char::from(b'a' + n / 26),
                char::from(b'a' + n % 26)
            )
        })
        .collect();
    for sender in &senders {
        stage.enter(sender);
    }
    away(&mut stage);
    for sender in &senders {
        stage.says(sender, &format!("whisper Bob from {sender}"));
    }
    stage.tick();
    let promised: BTreeSet<String> = senders
        .iter()
        .filter(|sender| stage.heard(sender).contains("Your words will wait"))
        .map(|sender| format!("from {sender}"))
        .collect();
    assert_eq!(promised.len(), 64);
    stage.enter("Bob");
    stage.tick();
    let heard = letters(&mut stage);
    let heard: BTreeSet<String> = words(&heard).into_iter().map(str::to_owned).collect();
    assert_eq!(heard, promised);
}

#[test]
fn letters_of_one_tick_have_different_ids() {
    let mut stage = stage(4, SavedRows::new());
    stage.enter("Ann");
    away(&mut stage);
    for line in ["one", "two"] {
        stage.says("Ann", &format!("whisper Bob {line}"));
    }
    stage.tick();
    stage.enter("Bob");
    let heard = letters(&mut stage);
    assert_eq!(words(&heard), ["one", "two"]);
    assert_ne!(heard[0]["message_id"], heard[1]["message_id"]);
}

#[test]
fn mail_resumes_after_missed_reading() {
    let mut stage = stage(1, SavedRows::new());
    stage.enter("Ann");
    away(&mut stage);
    stage.says("Ann", "whisper Bob hello");
    stage.tick();
    stage.enter("Bob");
    assert_eq!(words(&letters(&mut stage)), ["hello"]);
    // The client has read it, and that is not heard.
    stage.tick_breaking(&["letters"], Phase::Settle);
    assert_eq!(mailboxes(&stage), 1);
    stage.tick();
    assert_eq!(
        words(&letters(&mut stage)),
        ["hello"],
        "it may be heard twice"
    );
    stage.tick();
    assert_eq!(mailboxes(&stage), 0);
}
