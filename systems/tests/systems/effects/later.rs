//! What happens later, and by itself.

use std::time::Duration;

use super::{open, ring, scene, town};

#[test]
fn delayed_list_is_exact_and_survives_restart() {
    let town = town(
        r#"{ do = "after", seconds = 20, then = [{ do = "tell", actor = "An echo, {actor}.", room = "An echo." }] }"#,
        "",
    );
    let mut stage = open(&town);
    ring(&mut stage);
    stage.pass(Duration::from_millis(19_900));
    assert!(!stage.heard("Ann").contains("echo"));
    stage.pass(Duration::from_millis(150));
    assert!(stage.heard("Ann").contains("An echo, Ann."));
    assert!(stage.heard("Bea").contains("An echo."));
    ring(&mut stage);
    stage.leaves("Ann");
    stage.pass(Duration::from_secs(30));
    assert!(
        !stage.heard("Bea").contains("echo"),
        "who is gone has no echo"
    );
    let mut later = town.stage(
        stage.saved().clone(),
        stage.now().plus(Duration::from_secs(60)),
    );
    later.enter("Ann");
    later.tick();
    later.tick();
    assert!(later.heard("Ann").contains("An echo, Ann."));
    assert_eq!(later.faults(), []);
}

#[test]
fn ambient_lines_keep_pace_and_vary() {
    let lines = r#"ambient = [{ text = "A drip." }, { text = "A creak." }, { text = "An owl.", when = { time = "night" } }]"#;
    let mut stage = scene("", lines).at_hz(4);
    stage.heard("Ann");
    stage.pass(Duration::from_secs(44));
    assert_eq!(stage.heard("Ann"), "");
    let (mut heard, mut times) = (Vec::new(), Vec::new());
    for second in 0..1_200 {
        stage.pass(Duration::from_secs(1));
        let text = stage.heard("Ann");
        let lines = text
            .lines()
            .filter(|line| ["A drip.", "A creak.", "An owl."].contains(line));
        for line in lines {
            heard.push(line.to_owned());
            times.push(second);
        }
    }
    assert!((13..=27).contains(&heard.len()), "{}", heard.len());
    assert!(heard.windows(2).all(|two| two[0] != two[1]), "{heard:?}");
    assert!(
        times
            .windows(2)
            .all(|two| (45..=91).contains(&(two[1] - two[0]))),
        "{times:?}"
    );
    assert!(!heard.contains(&"An owl.".to_owned()));
    assert_eq!(stage.faults(), []);
}

#[test]
fn timer_needs_company_and_reaction_keeps_pace() {
    let more = r#"reactions = [
        { on = "timer", every = 10, do = [{ do = "emote", name = "The clock", text = "ticks." }] },
        { on = "said", words = ["good evening"], every = 60, do = [{ do = "say", name = "The portrait", text = "Is it?" }] }]"#;
    let mut stage = scene("", more);
    stage.pass(Duration::from_secs(30));
    assert_eq!(stage.heard("Ann").matches("The clock ticks.").count(), 3);
    for (line, answered) in [
        ("say goodevening", 0),
        ("say Good evening, all!", 1),
        ("say good evening", 0),
    ] {
        stage.says("Ann", line);
        stage.tick();
        let heard = stage.heard("Bea");
        assert_eq!(
            heard.matches("The portrait says: Is it?").count(),
            answered,
            "{line}: {heard}"
        );
        stage.pass(Duration::from_secs(5));
    }
    assert_eq!(stage.faults(), []);
}
