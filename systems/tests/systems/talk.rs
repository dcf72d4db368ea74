//! Talk and mutes: who hears what, for how long not, and what it costs.

mod cost;
mod crowded;
mod dampened;
mod model;
mod staff;

use std::time::Duration;

use engine::Seed;
use engine::port::{Inbound, Role, StableId, WorldTime};
use engine::stage::{STAGE_START, SavedRows, Stage};
use serde_json::{Value, json};
use systems::Settings;
use systems::chat::{Channel, ChatLimits};
use systems::command::CommandLimits;
use systems::mute::Rules;

use crate::town::{Town, save};

const MINUTE: Duration = Duration::from_secs(60);

fn unlimited() -> Settings {
    let chat = Channel::ALL
        .into_iter()
        .fold(ChatLimits::default(), |limits, channel| {
            limits.with(channel, 0)
        });
    Settings {
        commands: CommandLimits {
            commands_per_second: 0,
            lines_per_tick: 1,
        },
        chat,
        ..Settings::default()
    }
}

fn stage(settings: Settings, saved: SavedRows, now: WorldTime) -> Stage {
    let world = Town::of(&[("porch", "indoors"), ("hall", "indoors")])
        .load()
        .expect("a sound town");
    Stage::restored(systems::game(world, settings), Seed(1), saved, now)
        .expect("the plugins fit together")
}

fn types(stage: &mut Stage, who: &str, line: &str) {
    // Without ids: a world that was restored would take the first ones for resends.
    stage.sends(who, None, line);
    stage.tick();
}

/// Saves that `owner` has muted all of these, up to an instant or until they are unmuted.
fn has_muted(
    saved: &mut SavedRows,
    owner: &str,
    people: impl IntoIterator<Item = String>,
    until: Option<WorldTime>,
) {
    let mute = json!({"by": owner, "at": 0, "until": until, "reason": "too loud"});
    let muted = people.into_iter().map(|name| {
        let id = StableId::named(&name).to_string();
        (id, json!({"name": name, "mute": mute}))
    });
    let people: serde_json::Map<String, Value> = muted.collect();
    save(saved, owner, "mutes", json!({"people": people}).to_string());
}

/// The bare words of what somebody heard, each line once per time it was heard.
fn words(stage: &mut Stage, who: &str) -> Vec<String> {
    let heard = stage.ears(who).events("chat_message");
    let bare = |line: &Value| line["original_content"].as_str().map(str::to_owned);
    heard.iter().filter_map(bare).collect()
}

#[test]
fn mute_ends_at_exact_microsecond() {
    let mut stage = stage(unlimited(), SavedRows::new(), STAGE_START);
    stage.enter("Bea");
    stage.enter("Cleo");
    types(&mut stage, "Bea", "mute Cleo 1");
    let end = stage.now().plus(MINUTE);
    stage.ears("Bea");
    for (at, heard) in [(WorldTime(end.0 - 1), false), (end, true)] {
        stage.says("Cleo", "say now");
        stage.tick_at(at);
        assert_eq!(!words(&mut stage, "Bea").is_empty(), heard, "at {at:?}");
    }
}

#[test]
fn mutes_and_silences_are_there_after_a_restart() {
    let mut before = stage(unlimited(), SavedRows::new(), STAGE_START);
    before.enter_as("Ada", Role::Admin);
    for name in ["Bea", "Cleo", "Dora"] {
        before.enter(name);
    }
    types(&mut before, "Bea", "mute Cleo 60 too loud");
    types(&mut before, "Bea", "channel mute global");
    types(&mut before, "Bea", "channel local");
    types(&mut before, "Ada", "mute_global Dora 60 shouting");
    let later = before.now().plus(MINUTE);

    let mut after = stage(unlimited(), before.saved().clone(), later);
    after.enter_as("Ada", Role::Admin);
    for name in ["Bea", "Cleo", "Dora"] {
        after.enter(name);
    }
    after.ears("Bea");
    types(&mut after, "Cleo", "say is it over?");
    types(&mut after, "Ada", "global is anybody there?");
    assert_eq!(words(&mut after, "Bea"), Vec::<String>::new());
    types(&mut after, "Bea", "mutes");
    let text = after.heard("Bea");
    assert!(text.contains("Cleo for another 59 min: too loud"), "{text}");
    assert!(
        text.contains("the channel global until it is lifted"),
        "{text}"
    );
    types(&mut after, "Bea", "chat out here");
    assert!(after.heard("Bea").contains("Bea (local): out here"));
    types(&mut after, "Dora", "say hello");
    let refused = after.heard("Dora");
    assert!(
        refused.contains("You may not speak for another 59 min: shouting"),
        "{refused}"
    );
    types(&mut after, "Ada", "unmute_global dora");
    types(&mut after, "Dora", "say at last");
    assert_eq!(words(&mut after, "Bea"), ["at last"]);
    let silences = after.saved().keys().filter(|(_, name)| name == "silence");
    assert_eq!(silences.count(), 0, "a lifted silence leaves no row");
}

/// Each line is heard by everybody who has not muted its speaker.
#[test]
fn same_tick_lines_respect_mutes_per_speaker() {
    let mut stage = stage(unlimited(), SavedRows::new(), STAGE_START);
    for name in ["Ann", "Bea", "Cleo", "Dora"] {
        stage.enter(name);
    }
    types(&mut stage, "Dora", "go east");
    let both_say = |stage: &mut Stage| {
        for name in ["Ann", "Bea", "Cleo", "Dora"] {
            stage.ears(name);
        }
        stage.sends("Ann", None, "say one");
        stage.sends("Bea", None, "say two");
        stage.tick();
        ["Ann", "Bea", "Cleo", "Dora"].map(|name| words(stage, name).join(" "))
    };
    assert_eq!(both_say(&mut stage), ["one two", "one two", "one two", ""]);
    types(&mut stage, "Cleo", "mute Bea");
    assert_eq!(both_say(&mut stage), ["one two", "one two", "one", ""]);
    types(&mut stage, "Cleo", "unmute Bea");
    types(&mut stage, "Ann", "go east");
    assert_eq!(both_say(&mut stage), ["one", "two", "two", "one"]);
}

#[test]
fn absent_player_can_be_muted_and_silenced() {
    let mut stage = stage(unlimited(), SavedRows::new(), STAGE_START);
    stage.enter_as("Ada", Role::Admin);
    stage.enter("Bea");
    stage.enter("Cleo");
    stage.leaves("Cleo");
    stage.pass(Duration::from_secs(2));
    types(&mut stage, "Bea", "mute Cleo");
    types(&mut stage, "Bea", "mute Nyarlathotep");
    let told = stage.heard("Bea");
    assert!(told.contains("You hear nothing of Cleo"), "{told}");
    assert!(
        told.contains("Nobody called \"Nyarlathotep\" has been seen"),
        "{told}"
    );
    stage.enter("Cleo");
    stage.ears("Bea");
    types(&mut stage, "Cleo", "whisper Bea it is me");
    assert_eq!(words(&mut stage, "Bea"), Vec::<String>::new());
    types(&mut stage, "Bea", "reply who?");
    assert!(
        stage
            .heard("Bea")
            .contains("Nobody has whispered to you yet")
    );
    stage.leaves("Cleo");
    stage.pass(Duration::from_secs(2));
    types(&mut stage, "Ada", "mute_global Cleo");
    stage.enter("Cleo");
    types(&mut stage, "Cleo", "global free!");
    assert!(stage.heard("Cleo").contains("You may not speak"));
}

#[test]
fn mute_list_is_bounded_and_expired_make_room() {
    let people = (0..Rules::default().people).map(|n| format!("Somebody{n}"));
    let mut saved = SavedRows::new();
    let until = STAGE_START.plus(MINUTE);
    has_muted(&mut saved, "Bea", people, Some(until));
    let mut stage = stage(unlimited(), saved, STAGE_START);
    stage.enter("Bea");
    stage.enter("Cleo");
    types(&mut stage, "Bea", "mute Cleo");
    assert!(stage.heard("Bea").contains("full"));
    stage.pass(MINUTE);
    types(&mut stage, "Bea", "mute Cleo");
    assert!(stage.heard("Bea").contains("You hear nothing of Cleo"));
}

#[test]
fn history_is_bounded_and_omits_muted() {
    let mut stage = stage(unlimited(), SavedRows::new(), STAGE_START);
    for name in ["Bea", "Cleo", "Dora"] {
        stage.enter(name);
    }
    for n in 0..120 {
        types(
            &mut stage,
            if n % 2 == 0 { "Bea" } else { "Cleo" },
            &format!("say line {n}."),
        );
    }
    types(&mut stage, "Dora", "mute Cleo");
    stage.ears("Dora");
    types(&mut stage, "Dora", "history 100");
    let text = stage.heard("Dora");
    assert_eq!(text.lines().count(), 50);
    assert!(text.contains("line 20.") && text.contains("line 118.") && !text.contains("line 18."));
    assert!(!text.contains("Cleo"));
}

#[test]
fn reconnected_player_hears_missed_lines_once() {
    let mut stage = stage(unlimited(), SavedRows::new(), STAGE_START);
    stage.enter("Bea");
    stage.enter("Cleo");
    let session = stage.session("Bea");
    stage.inbound(Inbound::Lost { session });
    stage.tick();
    stage.ears("Bea");
    types(&mut stage, "Cleo", "say are you there?");
    assert_eq!(words(&mut stage, "Bea"), ["are you there?"]);
}

#[test]
fn chat_budget_survives_leaving_and_return() {
    let settings = Settings {
        chat: unlimited().chat.with(Channel::Say, 2).in_one_go(2),
        ..unlimited()
    };
    let mut stage = stage(settings, SavedRows::new(), STAGE_START);
    stage.enter("Bea");
    for text in ["one", "two"] {
        types(&mut stage, "Bea", &format!("say {text}"));
    }
    stage.leaves("Bea");
    stage.pass(Duration::from_secs(5));
    stage.enter("Bea");
    stage.tick();
    stage.ears("Bea");
    types(&mut stage, "Bea", "say three");
    assert_eq!(words(&mut stage, "Bea"), Vec::<String>::new());
    stage.pass(MINUTE);
    types(&mut stage, "Bea", "say four");
    assert_eq!(words(&mut stage, "Bea"), ["four"]);
}
