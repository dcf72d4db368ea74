//! What is wrong with effects is told with file and line, and the whole world is refused.

use super::town;

fn told(list: &str, more: &str) -> Vec<String> {
    let problems = town(list, more).load().err().unwrap_or_default();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn mistake_in_list_is_named_with_line() {
    for (list, expected) in [
        (
            r#"{ do = "explode" }"#,
            "`explode` is no effect: see docs/effects.md",
        ),
        (
            "5",
            "an effect is a table: { do = \"tell\", actor = \"...\" }",
        ),
        ("{ amount = 1 }", "an effect says what it does: `do`"),
        (r#"{ do = "damage" }"#, "`amount` is missing"),
        (
            r#"{ do = "damage", amount = 201 }"#,
            "`amount` is 201, not within 0 to 200",
        ),
        (
            r#"{ do = "damage", amount = "1d101" }"#,
            "`amount` is \"1d101\", not NdS, NdS+M or NdS-M with N to 20, S to 100, M to 200",
        ),
        (
            r#"{ do = "heal", amount = 1, down = 3 }"#,
            "`down` is 3, neither true nor false",
        ),
        (r#"{ do = "move", to = "attic" }"#, "`attic` is not a room"),
        (
            r#"{ do = "posture", is = "flying" }"#,
            "`is` is \"flying\", none of standing, sitting, lying",
        ),
        (
            r#"{ do = "tell" }"#,
            "`tell` tells nobody: write `actor`, `target` or `room`",
        ),
        (
            r#"{ do = "tell", room = "{actr} rings." }"#,
            "`room` has `{actr}`; what is put into it: actor, target, thing, amount",
        ),
        (
            r#"{ do = "say", name = "A {latch}", text = "Hello, {actor}." }"#,
            "`name` has `{latch}`; what is put into it: nothing",
        ),
        (
            r#"{ do = "heal", amount = 1, to = "moon" }"#,
            "`to` is \"moon\", none of actor, target, self, foes, occupants, others",
        ),
        (
            r#"{ do = "after", seconds = 604801, then = [] }"#,
            "`seconds` is 604801, not within 1 to 604800",
        ),
        (
            r#"{ do = "chance", of = 1.5 }"#,
            "`of` is 1.5, not within 0 to 1",
        ),
        (
            r#"{ do = "when", if = { holiday = "moonday" }, then = [] }"#,
            "`moonday` is not a holiday",
        ),
        (
            r#"{ do = "when", if = { schedule = "x" }, then = [] }"#,
            "`x` is not a schedule",
        ),
        (
            r#"{ do = "when", if = { profession = "x" }, then = [] }"#,
            "`x` is not a profession",
        ),
        (
            r#"{ do = "when", if = { sub_zone = "x" }, then = [] }"#,
            "`x` is not a sub-zone",
        ),
        (
            r#"{ do = "when", if = { zone = "x" }, then = [] }"#,
            "`x` is not a zone",
        ),
        (
            r#"{ do = "when", if = { environment = "x" }, then = [] }"#,
            "`x` is not an environment",
        ),
        (
            r#"{ do = "when", if = { weather = "x" }, then = [] }"#,
            "`weather` is no predicate: see docs/effects.md",
        ),
        (
            r#"{ do = "when", if = {}, then = [] }"#,
            "a predicate asks for something",
        ),
        (
            r#"{ do = "when", if = { dp = {} }, then = [] }"#,
            "neither `from` nor `below` is written",
        ),
        (
            r#"{ do = "one_of", of = [{ weight = 0, do = [] }] }"#,
            "`weight` is 0, not within 1 to 1000",
        ),
    ] {
        let expected = format!("zones/town/yard.toml:9: {expected}");
        assert_eq!(told(&format!("\n{list}"), ""), [expected], "{list}");
    }
    let unknown = told(r#"{ do = "stop", why = 1 }"#, "");
    assert!(
        unknown[0].contains("unknown key `why` of `stop`"),
        "{unknown:?}"
    );
}

#[test]
fn list_beyond_bounds_is_refused() {
    let many = r#"{ do = "stop" },"#.repeat(33);
    assert_eq!(
        told(&many, ""),
        ["zones/town/yard.toml:8: this list has 33 effects, more than 32"]
    );
    let nested = |deep: usize| {
        let (open, close) = (r#"{ do = "chance", of = 1, then = ["#, "] }");
        format!("{}{}", open.repeat(deep), close.repeat(deep))
    };
    assert_eq!(told(&nested(5), ""), [] as [&str; 0]);
    assert_eq!(
        told(&nested(6), ""),
        ["zones/town/yard.toml:8: lists and predicates stand within each other at most 6 deep"]
    );
}

#[test]
fn mistake_in_each_section_is_named() {
    let bad = r#"[{ do = "explode" }]"#;
    for (more, expected) in [
        (
            format!("reactions = [{{ on = \"enter\", do = {bad} }}]"),
            "`explode` is no effect",
        ),
        (
            "reactions = [{ on = \"timer\", do = [] }]".to_owned(),
            "a timer says how often",
        ),
        (
            "reactions = [{ on = \"enter\", words = [\"x\"], do = [] }]".to_owned(),
            "`words` are those",
        ),
        (
            "reactions = [{ on = \"said\", words = [\"X\"], do = [] }]".to_owned(),
            "the words of a reaction",
        ),
        (
            "ambient = [{ text = \"Hm.\", when = { tier = \"lucid\" } }]".to_owned(),
            "there is nobody here",
        ),
        (
            "ambient = [{ text = \"Hm.\", when = { daypart = \"noon\" } }]".to_owned(),
            "\"noon\" is none of",
        ),
        (
            "ambient = [{ text = \"\" }]".to_owned(),
            "`ambient.text` has 0 characters",
        ),
        (
            format!(
                "hazards = [{{ id = \"x\", every_seconds = 1, harm = 1, text = \"X.\", effects = {bad} }}]"
            ),
            "`explode` is no effect",
        ),
        (
            format!(
                "sights = [{{ archetype = \"x\", category = \"cosmic\", text = \"A thing.  .\", effects = {bad} }}]"
            ),
            "`explode` is no effect",
        ),
    ] {
        let told = told("", &more);
        let place = "zones/town/yard.toml:9: ";
        assert!(
            told.len() == 1 && told[0].starts_with(&format!("{place}{expected}")),
            "{more}: {told:?}"
        );
    }
}
