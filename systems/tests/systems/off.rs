//! A world that does without some plugins of the game.

use std::time::Duration;

use engine::port::Code;
use engine::stage::Stage;
use engine::{FAULTS_MAX, Phase, QUARANTINE};
use systems::Settings;
use systems::body::Vitals;

use crate::town::Town;

/// What all others stand on.
const CORE: [&str; 7] = [
    "engine", "game", "command", "faces", "place", "presence", "sheet",
];

fn open(off: &[&str]) -> Result<Stage, String> {
    let mut town = Town::of(&[("hall", "indoors"), ("yard", "outdoors")]);
    town.rooms[0].hazards =
        r#"[{ id = "stone", every_seconds = 1, harm = 1, text = "A stone falls." }]"#.to_owned();
    let mut sources = town.sources();
    for source in &mut sources {
        if source.path == "world.toml" {
            source.text.push_str(&format!("[plugins]\noff = {off:?}\n"));
        }
    }
    let world = systems::load(&sources).map_err(|problems| problems[0].to_string())?;
    let game = systems::game(world, Settings::default());
    Stage::new(game).map_err(|fault| fault.to_string())
}

/// What any player may type.
const LINES: [&str; 14] = [
    "look",
    "status",
    "who",
    "help",
    "east",
    "say hello",
    "time",
    "sit",
    "stand",
    "west",
    "map",
    "inventory",
    "pray",
    "mute bob",
];

#[test]
fn world_runs_without_any_one_plugin() {
    let whole = open(&[]).unwrap().engine().plugins();
    let mut others: Vec<&str> = whole
        .into_iter()
        .filter(|one| !CORE.contains(one))
        .collect();
    assert!(others.len() >= 10, "{others:?}");
    let all = others.clone();
    // Each alone, and all at once.
    others.push("");
    for off in others {
        let off = if off.is_empty() { &all[..] } else { &[off] };
        let mut stage = open(off).unwrap_or_else(|fault| panic!("without {off:?}: {fault}"));
        stage.enter("ann");
        stage.enter("bob");
        assert!(
            !stage.ears("ann").events("game_state").is_empty(),
            "without {off:?}"
        );
        for line in LINES {
            stage.says("ann", line);
            for _ in 0..20 {
                stage.tick();
            }
        }
        let outcomes = stage.ears("ann").outcomes;
        assert_eq!(outcomes.len(), LINES.len(), "without {off:?}");
        for outcome in outcomes {
            let failed = outcome
                .result
                .is_err_and(|one| one.code == Code::InternalError);
            assert!(!failed, "without {off:?}");
        }
        assert_eq!(stage.faults(), [], "without {off:?}");
    }
}

#[test]
fn plugin_off_names_missing_verbs_and_events() {
    let mut stage = open(&["lucidity"]).unwrap();
    let off: Vec<_> = stage
        .engine()
        .off()
        .map(|(name, off)| (name.to_owned(), off.clone()))
        .collect();
    let [(name, off)] = &off[..] else {
        panic!("{off:?}");
    };
    assert_eq!(name, "lucidity");
    assert!(off.verbs.contains(&"meditate") && off.events.contains(&"lucidity_change"));
    let events = stage.engine().notes().iter().flat_map(|note| note.types);
    assert!(!events.into_iter().any(|one| *one == "lucidity_change"));
    stage.enter("ann");
    stage.says("ann", "meditate");
    stage.tick();
    let told = stage.heard("ann");
    assert!(told.contains("There is no command \"meditate\""), "{told}");
}

#[test]
fn plugin_that_can_not_be_off_is_named() {
    let refused = |off: &str| open(&[off]).unwrap_err();
    assert_eq!(
        refused("lucidty"),
        "world.toml:5: there is no plugin `lucidty`"
    );
    let told = "world.toml:5: `place` can't be off: all others stand on it";
    assert_eq!(refused("place"), told);
}

/// Strikes run in `body`, but are those of `hazards`.
#[test]
fn hazards_off_strike_no_body() {
    for (off, struck) in [(&[][..], true), (&["hazards"][..], false)] {
        let mut stage = open(off).unwrap();
        stage.enter("ann");
        let whole: Vitals = stage.component("ann");
        stage.pass(Duration::from_secs(5));
        let now: Vitals = stage.component("ann");
        assert_eq!(now.dp() < whole.dp(), struck, "without {off:?}");
    }
}

/// Who is struck while nobody can say by what is not struck.
#[test]
fn hazards_left_out_strike_no_body() {
    let mut stage = open(&[]).unwrap();
    for _ in 0..FAULTS_MAX {
        stage.tick_breaking(&["hazards"], Phase::Emit);
    }
    stage.enter("ann");
    let whole: Vitals = stage.component("ann");
    stage.pass(QUARANTINE - Duration::from_secs(5));
    let now: Vitals = stage.component("ann");
    assert_eq!(now.dp(), whole.dp());
    // It is back, and so are its strikes.
    stage.pass(Duration::from_secs(10));
    let now: Vitals = stage.component("ann");
    assert!(now.dp() < whole.dp());
}
