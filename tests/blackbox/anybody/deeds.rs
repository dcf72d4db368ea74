//! What people do.

use engine::port::Role;
use engine::stage::Stage;
use proptest::prelude::*;
use systems::command::Verbs;

/// Who plays.
pub(super) const PEOPLE: [&str; 4] = ["Ann", "Bob", "Cleo", "Dov"];

/// Verbs that end the play itself.
const LEFT_OUT: [&str; 1] = ["shutdown"];

/// What may stand behind a verb.
const ARGUMENTS: [&str; 24] = [
    "",
    "",
    "Ann",
    "bob",
    "cleo hello there",
    "Dov 1",
    "Bob 5 for the noise",
    "nobody",
    "ann-2",
    "north",
    "south",
    "east",
    "10",
    "-5",
    "99999999999999999999",
    "say",
    "global 5",
    "set lucidity Bob 15",
    "Bob -100",
    "status",
    "hello, is anybody there?",
    "„quotes“ and ümlauts \u{1F56F}",
    "a b c d e f g h",
    "x say x",
];

/// What players do that befalls bodies and minds.
const LIVELY: [&str; 26] = [
    "north",
    "south",
    "east",
    "west",
    "up",
    "down",
    "sit",
    "stand",
    "lie",
    "rest 5",
    "look",
    "respawn",
    "awaken",
    "pray",
    "meditate",
    "folk_tonic",
    "debrief therapy",
    "ward",
    "ground Bob",
    "rescue Cleo",
    "say oh, no!",
    "whisper Bob are you there?",
    "emote trembles.",
    "mute Bob 1",
    "unmute Bob",
    "quit",
];

/// What the keeper does to people, before a name and a number.
const KEEPING: [&str; 9] = [
    "admin set dp",
    "admin set dp",
    "admin set mp",
    "admin set constitution",
    "admin set power",
    "admin set experience",
    "admin setlucidity",
    "admin lcd",
    "mute_global",
];

/// Something that somebody does.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    Type { who: usize, line: String },
    Leave(usize),
    Late(u64),
    Wait(u64),
    Restart,
}

/// Every word of every verb.
pub(super) fn words(stage: &mut Stage) -> Vec<String> {
    let verbs = stage.engine().world().resource::<Verbs>();
    let words = verbs.of(Role::Admin).flat_map(|verb| &verb.words);
    let words = words.filter(|word| !LEFT_OUT.contains(&word.as_ref()));
    words.map(|word| word.clone().into_owned()).collect()
}

/// Any deed, mostly lines.
pub(super) fn deed(verbs: Vec<String>) -> impl Strategy<Value = Deed> {
    let who = 0..PEOPLE.len();
    let line = (
        prop::sample::select(verbs),
        prop::sample::select(&ARGUMENTS),
    )
        .prop_map(|(verb, rest)| format!("{verb} {rest}"));
    let lively = prop::sample::select(&LIVELY).prop_map(str::to_owned);
    let whom = prop::sample::select(&PEOPLE);
    let figure = prop_oneof![-12_i32..4, -100_i32..100];
    let kept = (prop::sample::select(&KEEPING), whom, figure)
        .prop_map(|(what, whom, figure)| format!("{what} {whom} {figure}"))
        .boxed();
    let moved = prop::sample::select(&["teleport", "goto", "kick"]);
    let moved = (moved, prop::sample::select(&PEOPLE[1..]))
        .prop_map(|(what, whom)| format!("{what} {whom}"));
    prop_oneof![
        30 => (who.clone(), line).prop_map(|(who, line)| Deed::Type { who, line }),
        20 => (who.clone(), lively).prop_map(|(who, line)| Deed::Type { who, line }),
        12 => kept.prop_map(|line| Deed::Type { who: 0, line }),
        2 => moved.prop_map(|line| Deed::Type { who: 0, line }),
        2 => who.prop_map(Deed::Leave),
        3 => (0_u64..20_000).prop_map(Deed::Late),
        3 => (50_u64..3_000).prop_map(Deed::Wait),
        1 => Just(Deed::Restart),
    ]
}

/// Lines that most verbs refuse.
pub(super) fn wrong_lines() -> Vec<String> {
    let mut stage = super::stage();
    let mut lines = Vec::new();
    let verbs: Vec<String> = {
        let verbs = stage.engine().world().resource::<Verbs>();
        verbs
            .of(Role::Player)
            .map(|verb| verb.name().to_owned())
            .filter(|verb| verb != "quit")
            .collect()
    };
    for verb in verbs {
        for rest in ["", "nobody", "nobody hello", "-1", "sideways and more"] {
            lines.push(format!("{verb} {rest}"));
        }
    }
    lines
}
