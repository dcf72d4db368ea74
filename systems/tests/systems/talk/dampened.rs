//! Talk between minds that are not well.

use engine::Seed;
use engine::stage::{STAGE_START, SavedRows, Stage};
use serde_json::Value;

use super::{types, unlimited, words};
use crate::town::{Town, save, settle};

/// Everything that can become of words does.
const RULES: &str = r#"
[dampening]
glyph = 1.0
muffle = 1.0
scramble = 1.0
[liabilities]
clarity_lost = 1.0
"#;

const LINE: &str = "Wait, Ann: one two three four!";

/// A room of minds, one of each kind, all awake.
fn asylum() -> Stage {
    let town = Town::of(&[("ward", "indoors")]).with_rules(RULES);
    let mut saved = SavedRows::new();
    for (name, points) in [
        ("Lou", 100),
        ("Una", 50),
        ("Fay", 30),
        ("Dee", 10),
        ("Cho", 100),
    ] {
        settle(&mut saved, name, "ward", points);
    }
    let chorus = r#"{"liabilities":{"murmuring_chorus":1}}"#;
    save(&mut saved, "Cho", "psyche", chorus);
    let world = town.load().expect("a sound town");
    let game = systems::game(world, unlimited());
    let mut stage =
        Stage::restored(game, Seed(1), saved, STAGE_START).expect("the plugins fit together");
    for name in ["Lou", "Una", "Fay", "Dee", "Cho"] {
        stage.enter(name);
    }
    stage.tick();
    for name in ["Lou", "Una", "Fay", "Dee", "Cho"] {
        stage.ears(name);
    }
    stage
}

/// The one line that somebody heard.
fn heard(stage: &mut Stage, who: &str) -> Value {
    let mut lines = stage.ears(who).events("chat_message");
    assert_eq!(lines.len(), 1, "{who} heard {lines:?}");
    lines.remove(0)
}

fn tags(line: &Value) -> Vec<&str> {
    let tags = line["tags"].as_array().map(Vec::as_slice);
    tags.unwrap_or_default()
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

#[test]
fn line_depends_on_lucidity_of_hearer() {
    for verb in ["say", "local", "global"] {
        let mut stage = asylum();
        types(&mut stage, "Lou", &format!("{verb} {LINE}"));
        let (una, fay) = (heard(&mut stage, "Una"), heard(&mut stage, "Fay"));
        assert_eq!(
            (&una["original_content"], tags(&una)),
            (&LINE.into(), vec![])
        );
        let bare = "Wait Ann one two three four";
        assert_eq!(fay["original_content"], bare);
        assert_eq!(tags(&fay), ["muffled"]);
        let message = fay["message"].as_str().expect("a message");
        assert!(
            message.starts_with("Lou ") && message.ends_with(bare),
            "{message}"
        );
        let dee = heard(&mut stage, "Dee");
        assert_ne!(dee["original_content"], LINE);
        assert_eq!(tags(&dee), ["scrambled"]);
        let cho = heard(&mut stage, "Cho");
        assert_eq!(
            cho["original_content"],
            "\u{2026} \u{2026} \u{2026} \u{2026} \u{2026} \u{2026}"
        );
        assert_eq!(tags(&cho), ["murmured"]);
        let ids: Vec<&Value> = [&una, &fay, &dee, &cho]
            .map(|line| &line["message_id"])
            .into();
        assert!(
            ids.iter().all(|id| *id == ids[0]),
            "it is one line: {ids:?}"
        );
    }
}

/// The speaker alone hears the line as it was typed.
#[test]
fn speaker_distortion_is_same_for_all_hearers() {
    let mut stage = asylum();
    types(&mut stage, "Fay", &format!("say {LINE}"));
    assert_eq!(heard(&mut stage, "Fay")["original_content"], LINE);
    let lou = heard(&mut stage, "Lou");
    let text = lou["original_content"].as_str().expect("words");
    assert!(text.starts_with(LINE) && text.chars().count() == LINE.len() + 2);
    assert_eq!(
        heard(&mut stage, "Una")["original_content"],
        lou["original_content"]
    );
    // Whoever asks what was said is told what there was to hear.
    stage.sends("Lou", None, "history");
    stage.tick();
    let shown = stage.ears("Lou").outcomes.remove(0).result.expect("shown");
    assert!(
        shown.unwrap_or_default().contains(text),
        "no sign in the history"
    );
}

#[test]
fn uneasy_whisper_strains_but_gestures_stay_clear() {
    let mut stage = asylum();
    types(&mut stage, "Una", "whisper Lou come closer");
    let lou = heard(&mut stage, "Lou");
    assert_eq!(
        (&lou["original_content"], tags(&lou)),
        (&"come closer".into(), vec!["strained"])
    );
    types(&mut stage, "Fay", "emote nods, slowly, twice.");
    for who in ["Lou", "Dee", "Cho"] {
        assert_eq!(words(&mut stage, who), ["nods, slowly, twice."], "{who}");
    }
    stage.ears("Fay");
    stage.enter_as("Ada", engine::port::Role::Admin);
    stage.tick();
    types(&mut stage, "Ada", "system The doors close at nine, sharp.");
    for who in ["Fay", "Dee", "Cho"] {
        assert_eq!(
            words(&mut stage, who),
            ["The doors close at nine, sharp."],
            "{who}"
        );
    }
}
