//! What `kadath check` says about the rules of lucidity, and what the shipped ones are.

use engine::content::{Content, Sections, Source};
use std::sync::Arc;
use systems::lucidity::{Adaptation, Companions, Lucidity, Profile, Recovery, Rules, Tier, Tiers};
use systems::sights::Sights;
use systems::world::Atlas;

use crate::town::Town;

fn town(rules: &str) -> Town {
    Town::of(&[("here", "outdoors")]).with_rules(rules)
}

fn check(rules: &str, expected: &[&str]) {
    let problems = match town(rules).load() {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(problems, expected, "{rules}");
}

#[test]
fn mistake_is_named_with_file_and_line() {
    check("default = 0.0\n", &[]);
    check(
        "default = 0.0\n\n[environments.swamp]\nall = -0.1\n",
        &["rules/lucidity.toml:3: unknown environment `swamp`"],
    );
    check(
        "[sub_zones.yard]\nall = -0.1\n[sub_zones.town]\nall = 0.1\n[sub_zones.moon]\nall = 0\n",
        &["rules/lucidity.toml:5: `moon` is neither a sub-zone nor a zone"],
    );
    check(
        "[rooms.here]\nall = 0.1\n[rooms.gone]\nall = 0.1\n",
        &["rules/lucidity.toml:3: `gone` is not a room"],
    );
    check(
        "[environments.outdoors]\nday = 0.1\nnight = -101\n",
        &["rules/lucidity.toml:3: `environments.outdoors.night` is -101, not within -100 to 100"],
    );
    check(
        "default = nan\n",
        &["rules/lucidity.toml:1: `default` is nan, not within -100 to 100"],
    );
    check(
        "drain_rate_max = -1.0\n",
        &["rules/lucidity.toml:1: `drain_rate_max` is -1.0, not within 0 to 100"],
    );
    check(
        "[adaptation]\nwindow = 0\n",
        &["rules/lucidity.toml:2: `adaptation.window` is 0, not within 1 to 65535"],
    );
    check(
        "[companions]\ncap = -0.1\n",
        &["rules/lucidity.toml:2: `companions.cap` is -0.1, not within 0 to 100"],
    );
    check(
        "[tiers]\nuneasy = 80\n",
        &["rules/lucidity.toml:1: the tiers do not fall one below the other"],
    );
}

#[test]
fn unread_rules_file_is_named() {
    let mut sources = town("default = nan\n").sources();
    sources.push(Source {
        path: "rules/lucidty.toml".to_owned(),
        text: "default = 1.0\n".to_owned(),
    });
    let problems = systems::load(&sources).unwrap_err();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "rules/lucidity.toml:1: `default` is nan, not within -100 to 100",
            "rules/lucidty.toml:1: no such file; in rules/ there are ambient, body, characters, chat, combat, commands, conditions, emotes, light, lucidity, mutes, professions, schedules, staff"
        ]
    );
}

#[test]
fn every_section_of_shocks_and_rituals_is_checked() {
    let wrong = |rules: &str| -> Vec<String> {
        let problems = town(&format!("default = 0.0\n{rules}")).load().err();
        let problems = problems.unwrap_or_default();
        problems.iter().map(ToString::to_string).collect()
    };
    for (rules, expected) in [
        (
            "[encounters]\ncosmic = { first = -5, repeat = 5 }\n",
            "3: `encounters.cosmic.repeat` is 5, not within -200 to 0",
        ),
        (
            "[encounters]\ncosmic = { first = -5, repeat = -10 }\n",
            "3: `encounters.cosmic` takes more when repeated",
        ),
        (
            "[recovery]\npray = { gain = -1, cooldown_seconds = 1.0 }\n",
            "3: `recovery.pray.gain` is -1, not within 0 to 200",
        ),
        (
            "[recovery]\npray = { gain = 1, cooldown_seconds = nan }\n",
            "3: `recovery.pray.cooldown_seconds` is nan",
        ),
        (
            "[recovery]\npray = { gain = 1, cooldown_seconds = 1.0, magic_seconds = -1.0 }\n",
            "3: `recovery.pray.magic_seconds` is -1.0",
        ),
        (
            "[recovery]\npray = { gain = 1 }\n",
            "3: missing field `cooldown_seconds`",
        ),
        (
            "[recovery]\npray = { gain = 1, cooldown_seconds = 1.0, places = [\"moon\"] }\n",
            "3: `moon` is no room, sub-zone, zone or environment",
        ),
        (
            "[rescue]\nfailure = 5\n",
            "3: `rescue.failure` is 5, not within -200 to 0",
        ),
        (
            "[rescue]\nchannel_seconds = -1.0\n",
            "3: `rescue.channel_seconds` is -1.0",
        ),
        (
            "[fall]\ndelirium_wakes_with = -20\n",
            "2: delirium does not begin",
        ),
        (
            "[fall]\nsanitarium_wakes_with = -100\n",
            "2: delirium does not begin",
        ),
        (
            "[liabilities]\nstacks_max = 0\n",
            "3: `liabilities.stacks_max` is 0",
        ),
        (
            "[dampening]\nglyph = 1.5\n",
            "3: `dampening.glyph` is 1.5, not within 0 to 1",
        ),
        (
            "[hallucinations]\nuneasy = { chance = 2.0 }\n",
            "3: `hallucinations.uneasy.chance` is 2.0",
        ),
        (
            "[hallucinations]\nphantoms = [\"\"]\n",
            "3: a text of the hallucinations",
        ),
        (
            "[hallucinations]\ntells = [\"Hush.\"]\n",
            "2: voices need something to tell",
        ),
    ] {
        let problems = wrong(rules);
        let expected = format!("rules/lucidity.toml:{expected}");
        assert!(
            problems.len() == 1 && problems[0].starts_with(&expected),
            "{rules}{problems:?}"
        );
    }
}

#[test]
fn sight_mistake_is_named_where_written() {
    let wrong = |sights: &str| -> Vec<String> {
        let mut town = town("");
        town.rooms[0].sights = sights.to_owned();
        let problems = town.load().err().unwrap_or_default();
        problems.iter().map(ToString::to_string).collect()
    };
    let sight = |archetype: &str, text: &str| {
        format!("[{{ archetype = \"{archetype}\", category = \"cosmic\", text = \"{text}\" }}]")
    };
    assert_eq!(wrong(&sight("ghoul", "A ghoul is at its meal.")), [""; 0]);
    assert_eq!(
        wrong(&sight("a ghoul", "Gh.")),
        [
            "zones/town/yard.toml:8: the archetype of a sight in `here` is not 1 to 128 characters without blanks",
            "zones/town/yard.toml:8: `sights.text` has 3 characters, not 10 to 500",
        ]
    );
    let problems =
        wrong("[{ archetype = \"x\", category = \"nasty\", text = \"A ghoul is here.\" }]");
    assert!(
        problems[0].starts_with("zones/town/yard.toml:8: unknown variant `nasty`"),
        "{problems:?}"
    );
}

#[test]
fn shipped_world_has_sights_and_broken_mind_words() {
    let world = shipped();
    let all = world.get::<Sections<Sights>>().unwrap();
    let sights = all.iter().map(|(_, Sights(sights))| sights.len());
    assert!(sights.sum::<usize>() >= 8);
    let words = &world.get::<Rules>().unwrap().hallucinations;
    let written = [
        &words.phantoms,
        &words.voices,
        &words.tells,
        &words.overlays,
    ]
    .map(Vec::len);
    assert!(written >= [8, 8, 12, 12], "{written:?}");
    let atlas = world.get::<Atlas>().unwrap();
    assert!(all.get(&atlas.room(atlas.default_room()).id).is_none());
}

#[test]
fn every_mistake_of_readable_file_is_named() {
    check(
        "[environments.swamp]\nall = 500\n[rooms.gone]\nall = 0\n",
        &[
            "rules/lucidity.toml:1: unknown environment `swamp`",
            "rules/lucidity.toml:2: `environments.swamp.all` is 500, not within -100 to 100",
            "rules/lucidity.toml:3: `gone` is not a room",
        ],
    );
}

#[test]
fn non_number_and_unknown_rule_are_refused() {
    let lines = |rules| -> Vec<usize> {
        let problems = town(rules).load().err().unwrap_or_default();
        problems.iter().map(|problem| problem.line).collect()
    };
    assert_eq!(
        lines("default = 0\n[environments.outdoors]\nday = \"dark\"\n"),
        [3]
    );
    assert_eq!(
        lines("default = 0\n[environments.outdoors]\ndusk = 0.1\n"),
        [3]
    );
    assert_eq!(lines("default = 0\nweather = 0.1\n"), [2]);
    assert_eq!(lines("[companions]\ncats = 9\n"), [2]);
}

#[test]
fn non_number_drain_rate_is_refused() {
    let mut town = town("");
    town.drains
        .insert("town/yard".to_owned(), f64::NEG_INFINITY);
    town.drains.insert("town".to_owned(), f64::INFINITY);
    let problems = town.load().expect_err("neither is a number");
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "zones/town/yard.toml:4: `special_rules.lucidity_drain_rate` is -inf, not within -100 to 100",
            "zones/town/zone.toml:5: `special_rules.lucidity_drain_rate` is inf, not within -100 to 100",
        ]
    );
}

#[test]
fn missing_file_gives_domain_rules() {
    let town = Town::of(&[("here", "graveyard")]).load();
    let rules = town.expect("a sound town").get::<Rules>().unwrap().clone();
    assert_eq!(rules, Rules::default());
    let shipped = shipped().get::<Rules>().unwrap().environments.clone();
    for (key, profile) in &rules.environments {
        let flux = |one: &Profile| (one.day.or(one.all), one.night.or(one.all));
        assert_eq!(flux(&shipped[key]), flux(profile), "{key}");
    }
    assert!(rules.environments["graveyard"].night < Some(0.0) && rules.default == 0.0);
}

/// The world in the repository.
#[expect(clippy::disallowed_methods, reason = "a test, and no system, reads")]
fn shipped() -> Arc<Content> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../world");
    let (mut folders, mut sources) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                sources.push(Source {
                    path: path.strip_prefix(&root).unwrap().display().to_string(),
                    text: std::fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    systems::load(&sources).expect("the shipped world is sound")
}

#[test]
fn the_shipped_rules_are_the_domains_table() {
    let rules = shipped().get::<Rules>().unwrap().clone();
    let flux = |key: &str| {
        let Profile { day, night, all } = rules.environments[key];
        (day.or(all), night.or(all))
    };
    for (keys, day, night) in [
        (
            &["sun_sanctuary", "sanctuary", "temple", "safehouse"][..],
            0.6,
            0.3,
        ),
        (&["street_paved"], 0.2, 0.0),
        (&["camp"], 0.2, 0.2),
        (&["graveyard", "haunted"], -0.4, -0.8),
        (&["eldritch"], -1.2, -1.5),
        (&["storm"], -0.3, -0.3),
        (&["forsaken"], -0.5, -0.2),
        (&["indoors", "outdoors"], 0.0, 0.0),
    ] {
        for key in keys {
            assert_eq!(flux(key), (Some(day), Some(night)), "{key}");
        }
    }
    assert_eq!(rules.sub_zones["sanitarium"].all, Some(-0.5));
    assert_eq!((rules.default, rules.drain_rate_max), (0.0, 10.0));
    assert_eq!(rules.companions, Companions::default());
    assert_eq!(rules.adaptation, Adaptation::default());
    assert_eq!(rules.tiers, Tiers::default());
    let plain = Rules::default();
    assert_eq!(rules.encounters, plain.encounters);
    // Where, with whom and how long is the town's own.
    let figures = |of: &Recovery| {
        let all = [
            &of.pray,
            &of.meditate,
            &of.group_solace,
            &of.therapy,
            &of.folk_tonic,
        ];
        all.map(|one| (one.gain, one.cooldown_seconds, one.magic_seconds))
    };
    assert_eq!(figures(&rules.recovery), figures(&plain.recovery));
    assert_eq!(rules.rescue, plain.rescue);
    assert_eq!(rules.fall, plain.fall);
    assert_eq!(rules.liabilities, plain.liabilities);
    assert_eq!(rules.dampening, plain.dampening);
}

#[test]
fn nothing_moves_the_mind_where_newcomers_arrive() {
    let world = shipped();
    let atlas = world.get::<Atlas>().unwrap();
    let foyer = atlas.default_room();
    let Profile { day, night, all } = world.get::<Rules>().unwrap().rooms[&atlas.room(foyer).id];
    assert_eq!((day.or(all), night.or(all)), (Some(0.0), Some(0.0)));
    for file in [
        include_str!("../../../world/zones/arkhamcity/sanitarium.toml"),
        include_str!("../../../world/zones/arkhamcity/zone.toml"),
    ] {
        assert!(!file.contains("lucidity_drain_rate"));
    }
    assert_eq!(atlas.zone(foyer).id, "arkhamcity");
    assert_eq!(atlas.sub_zone(foyer).id, "sanitarium");
}

#[test]
fn tier_begins_at_lower_bound() {
    let rules = Rules::default();
    for (points, tier) in [
        (100, Tier::Lucid),
        (70, Tier::Lucid),
        (69, Tier::Uneasy),
        (40, Tier::Uneasy),
        (39, Tier::Fractured),
        (20, Tier::Fractured),
        (19, Tier::Deranged),
        (1, Tier::Deranged),
        (0, Tier::Catatonic),
        (-100, Tier::Catatonic),
    ] {
        assert_eq!(rules.tier(Lucidity::new(points)), tier, "{points}");
    }
}
