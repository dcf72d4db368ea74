//! A scenario's mistakes are told all at once, each with its line and its key.

use std::path::Path;

use load::Scenario;

const WRONG: &str = r#"name = "wrong"
arrivals = "sometimes"
objectives = ["response_p99 < 80ms", "speed > 3"]
colour = "red"

[server]
database = "oracle"

[[stages]]
ramp = "soon"
bots = 10

[[stages]]
hold = "10s"
bots = 5

[[chaos]]
do = "flood the cellar"

[roles.talker]
start = "nowhere"

[roles.talker.steps.say]
do = "sing"
think = { exponential = 4 }
next = { say = 1, shout = 2 }
"#;

#[test]
fn scenario_mistakes_name_line_and_key() {
    let refused = Scenario::parse(Path::new("wrong.toml"), WRONG).unwrap_err();
    let told = refused.to_string();
    for expected in [
        "wrong.toml:2: arrivals is none of: open, closed",
        "wrong.toml:3: objectives: there is no metric \"speed\"",
        "wrong.toml:4: colour is not known here",
        "wrong.toml:7: server.database is none of: sqlite, postgres",
        "wrong.toml:10: stages[0].ramp is not a duration",
        "wrong.toml:15: stages[1].bots belongs to ramp and spike",
        "wrong.toml:17: chaos[0].at is missing",
        "wrong.toml:18: chaos[0].do is none of: freeze database",
        "wrong.toml:21: roles.talker.start names no step: \"nowhere\"",
        "wrong.toml:24: roles.talker.steps.say.do is none of: home, walk",
        "wrong.toml:25: roles.talker.steps.say.think is none of",
        "wrong.toml:26: roles.talker.steps.say.next names no step: \"shout\"",
    ] {
        assert!(told.contains(expected), "{expected}\n--- not in\n{told}");
    }
}

#[test]
fn every_shipped_scenario_is_without_mistakes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/scenarios");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let scenario = Scenario::load(&path).unwrap_or_else(|fault| panic!("{fault}"));
            assert!(
                !scenario.objectives.is_empty(),
                "{} proves nothing",
                path.display()
            );
            count += 1;
        }
    }
    assert!(count > 0);
}

#[test]
fn omitted_scenario_keys_have_defaults() {
    let parse = |text| Scenario::parse(Path::new("s.toml"), text);
    let bare = parse("objectives = [\"errors = 0%\"]\n").unwrap();
    assert_eq!(bare.bots_max(), 10);
    assert_eq!(bare.length(), std::time::Duration::from_secs(10));
    assert!(bare.stages[0].measure);
    assert_eq!(bare.roles.len(), 1);
    let ramp = parse("[[stages]]\nramp = \"5s\"\nbots = 3\n").unwrap();
    assert!(ramp.stages[0].measure, "an only stage is measured");
}

#[test]
fn stage_metric_needs_stage_of_same_name() {
    let text = "objectives = [\"rush.response_p99 < 1s\", \"lull.response_p99 < 1s\"]\n\
        [[stages]]\nspike = \"5s\"\nbots = 3\nname = \"rush\"\n";
    let refused = Scenario::parse(Path::new("s.toml"), text).unwrap_err();
    let told = refused.to_string();
    assert_eq!(told, "s.toml:1: objectives: no stage has the name \"lull\"");
}
