//! A plugin is left out while people come, go, walk, fall and are banned; when it is back, the world
//! is as if it had been there all along, but for what could only be done in that time.

mod edges;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::Seed;
use engine::prelude::*;
use engine::stage::{STAGE_START, SavedRows, Stage};
use serde_json::Value;
use systems::Settings;
use systems::bus::BusSettings;
use systems::place::{InRoom, Occupancy};
use systems::presence::Roster;
use systems::world::Atlas;

use crate::town::{Town, save, settle};

/// Takes a player out of the world in the middle of a session, whichever plugin is left out.
fn reaper(reg: &mut Registrar<'_>) {
    reg.system(
        Phase::Simulate,
        |mut heard: MessageReader<Heard>, mut destroy: MessageWriter<Destroy>| {
            for Heard { order, line } in heard.read() {
                if line.as_str() == "perish" {
                    destroy.write(Destroy(order.actor));
                }
            }
        },
    );
}

struct Everything<P>(P);

impl<P: Plugin> Plugin for Everything<P> {
    fn build(&self, reg: &mut Registrar<'_>) {
        self.0.build(reg);
        reg.add(reaper);
    }

    fn name(&self) -> &'static str {
        "everything"
    }
}

/// Everybody in the scene.
const CAST: [&str; 14] = [
    "Ann", "Bleeder", "Brief", "Comer", "Doomed", "Ghost", "Leaver", "Lost", "Miner", "Outcast",
    "Twin", "Veteran", "Victim", "Walker",
];

/// A ward, a street, graves with a ghoul, a pit where stones fall, and limbo.
fn scene() -> Stage {
    let rooms = ["ward", "street", "graves", "pit", "limbo"];
    // What company does would hang on who is there when.
    let mut town =
        Town::of(&rooms.map(|room| (room, "indoors"))).with_rules("[companions]\neach = 0.0\n");
    town.rooms[2].sights =
        r#"[{ archetype = "ghoul", category = "horrific", text = "A ghoul is at its meal." }]"#
            .to_owned();
    town.rooms[3].hazards =
        r#"[{ id = "stones", every_seconds = 20, harm = 2, text = "A stone falls." }]"#.to_owned();
    let mut sources = town.sources();
    for source in &mut sources {
        if source.path == "world.toml" {
            source.text += "limbo_room = \"limbo\"\nrespawn_room = \"street\"\n";
        }
    }
    let world = systems::load(&sources).expect("a sound town");
    let mut saved = SavedRows::new();
    for (name, room) in [
        ("Bleeder", "street"),
        ("Ghost", "limbo"),
        ("Miner", "pit"),
        ("Veteran", "street"),
        ("Victim", "street"),
    ] {
        settle(&mut saved, name, room, 80);
    }
    for (name, dp) in [("Bleeder", -1), ("Ghost", -10), ("Veteran", 5)] {
        let vitals = format!(r#"{{"dp":{dp},"mp":0}}"#);
        save(&mut saved, name, "vitals", vitals);
    }
    save(&mut saved, "Veteran", "posture", r#""sitting""#);
    let settings = Settings {
        linkdead_grace: Duration::from_secs(36_000),
        bus: Some(BusSettings {
            node: "north".into(),
            world: "kadath".into(),
            origin: "north.1".into(),
            outbox_max: 100,
            forget_after: Duration::from_secs(86_400),
        }),
        ..Settings::default()
    };
    let game = Everything(systems::game(world, settings));
    let mut stage = Stage::restored(game, Seed(1), saved, STAGE_START)
        .expect("the plugins fit together")
        .at_hz(2);
    stage.enter_as("Ann", Role::Admin);
    stage.enter("Outcast");
    stage.says("Ann", "ban Outcast 60");
    stage.pass(Duration::from_secs(1));
    for name in [
        "Bleeder", "Doomed", "Ghost", "Leaver", "Lost", "Miner", "Twin", "Victim", "Walker",
    ] {
        stage.arrives(name, Role::Player);
    }
    stage.pass(Duration::from_secs(1));
    stage
}

/// What happens, and in which second of the fault.
fn script() -> Vec<(u64, fn(&mut Stage))> {
    vec![
        (4, |stage| stage.arrives("Comer", Role::Player)),
        (4, |stage| stage.arrives("Brief", Role::Player)),
        (6, |stage| stage.leaves("Leaver")),
        (8, |stage| _ = stage.says("Walker", "east")),
        (9, |stage| _ = stage.says("Walker", "east")),
        (10, |stage| _ = stage.says("Ann", "ban Victim 60")),
        (12, |stage| stage.loses("Lost")),
        (14, |stage| stage.arrives("Outcast", Role::Player)),
        (16, |stage| stage.arrives("Veteran", Role::Player)),
        (20, |stage| stage.arrives("Twin", Role::Player)),
        (22, |stage| stage.leaves("Brief")),
        (25, |stage| _ = stage.says("Doomed", "perish")),
        (28, |stage| _ = stage.says("Ghost", "respawn")),
        (30, |stage| stage.arrives("Victim", Role::Player)),
        (40, |stage| stage.returns("Lost")),
    ]
}

/// Plays the script while these plugins are left out for a minute, and a while longer.
fn played(out: &[&str]) -> Stage {
    let mut stage = scene();
    let mut script = script();
    for half in 0..200 {
        script.retain(|(second, act)| {
            let due = *second * 2 == half;
            if due {
                act(&mut stage);
            }
            !due
        });
        // Five faults.
        if half < 5 {
            stage.tick_breaking(out, Phase::Ingest);
        } else {
            stage.tick();
        }
    }
    assert!(script.is_empty());
    let faults = stage.faults();
    assert_eq!(faults.len(), 5 * out.len(), "{faults:?}");
    assert_eq!(stage.engine().quarantined().filter(|out| *out).count(), 0);
    stage
}

/// The script in one tick, which is the only one that these plugins do not finish.
fn played_at_once(out: &[&str], phase: Phase) -> Stage {
    let mut stage = scene();
    // The rest of the script needs what this does.
    let (at_once, later): (Vec<_>, Vec<_>) = script()
        .into_iter()
        .partition(|(second, _)| ![9, 22, 30, 40].contains(second));
    at_once.into_iter().for_each(|(_, act)| act(&mut stage));
    stage.tick_breaking(out, phase);
    for (_, act) in later {
        stage.pass(Duration::from_secs(2));
        act(&mut stage);
    }
    stage.pass(Duration::from_secs(60));
    assert_eq!(stage.faults().len(), out.len(), "{:?}", stage.faults());
    stage
}

/// How it stands with everybody: what is saved of them, and whether they are in the world.
fn account(stage: &mut Stage) -> Account {
    sound(stage);
    let mut account = BTreeMap::new();
    let saved = stage.saved().clone();
    for name in CAST {
        let id = StableId::named(name);
        let said = |component: &str| -> Value {
            let row = saved.get(&(id, component.to_owned()));
            row.map_or(Value::Null, |row| serde_json::from_str(&row.body).unwrap())
        };
        let world = stage.engine().world();
        let entity = world.resource::<Index>().get(id);
        let online = entity.is_some_and(|one| world.get::<Online>(one).is_some());
        let lists = [
            ("online", Value::from(online)),
            ("room", said("whereabouts")["room"].clone()),
            ("vitals", said("vitals")["dp"].clone()),
            ("posture", said("posture")),
            ("lucidity", said("lucidity")["points"].clone()),
            ("stats", said("stats")),
            ("explored", said("explored")),
        ];
        for (what, value) in lists {
            account.insert((name, what), value.to_string());
        }
    }
    // Who is banned, is banned still.
    for name in ["Outcast", "Victim"] {
        stage.ears(name);
        stage.arrives(name, Role::Player);
        stage.pass(Duration::from_secs(2));
        let kept_out = stage.ears(name).closed.is_some();
        account.insert((name, "kept out"), kept_out.to_string());
    }
    account
}

/// Whoever is in the world is in one room, in its list, on the roster and on what other nodes were
/// told, and has been shown all that a client begins with; nobody else is.
fn sound(stage: &mut Stage) {
    let mut awake = Vec::new();
    for parcels in stage.parcels() {
        awake = parcels.awake.unwrap_or(awake);
    }
    let awake: BTreeSet<StableId> = awake.iter().map(|one| one.id).collect();
    let mut online = BTreeSet::new();
    for name in CAST {
        let id = StableId::named(name);
        let world = stage.engine().world();
        let entity = world.resource::<Index>().get(id);
        if entity.is_none_or(|one| world.get::<Online>(one).is_none()) {
            continue;
        }
        online.insert(id);
        let ears = stage.ears(name);
        for event in ["game_state", "explored_map", "mythos_time_update"] {
            assert!(!ears.events(event).is_empty(), "{name} was told no {event}");
        }
    }
    assert_eq!(awake, online);
    let world = stage.engine().world();
    let mut people = world.query::<(Entity, &Character, Has<Online>, Option<&InRoom>)>();
    let people: Vec<_> = people
        .iter(world)
        .map(|(one, character, online, place)| {
            (one, character.name.clone(), online, place.copied())
        })
        .collect();
    let mut there = BTreeSet::new();
    for (one, name, online, place) in people {
        assert_eq!(online, place.is_some(), "{name}");
        there.extend(place.map(|place| (place.0, one)));
    }
    let (atlas, occupancy) = (world.resource::<Atlas>(), world.resource::<Occupancy>());
    let listed: Vec<_> = atlas
        .rooms()
        .flat_map(|(room, _)| occupancy.of(room).iter().map(move |one| (room, *one)))
        .collect();
    assert_eq!(listed.len(), there.len(), "nobody is listed twice");
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), there);
    let roster: BTreeSet<_> = world.resource::<Roster>().everybody().collect();
    let online: BTreeSet<_> = there.into_iter().map(|(_, one)| one).collect();
    assert_eq!(roster, online);
}

/// What can only be done in its time, by the plugin that would have done it.
fn missed(plugin: &str) -> &'static [(&'static str, &'static str)] {
    match plugin {
        // No line is read: nobody walks, bans or comes back from the dead.
        "command" => &[
            ("Walker", "room"),
            ("Walker", "explored"),
            ("Walker", "lucidity"),
            ("Victim", "kept out"),
            ("Victim", "online"),
            ("Ghost", "room"),
            ("Ghost", "explored"),
            ("Ghost", "vitals"),
            ("Ghost", "posture"),
        ],
        // And whoever came and went meanwhile was nowhere.
        "place" => &[
            ("Brief", "room"),
            ("Brief", "explored"),
            ("Walker", "room"),
            ("Walker", "explored"),
            ("Walker", "lucidity"),
        ],
        "character" => &[("Brief", "stats"), ("Brief", "vitals")],
        // Stones fall on nobody.
        "hazards" => &[("Miner", "vitals")],
        // Nobody sees the ghoul, or what it would do comes to nothing.
        "sights" | "effects" => &[("Walker", "lucidity")],
        // Stones hurt nobody, and nobody comes back from the dead.
        "body" => &[
            ("Brief", "vitals"),
            ("Miner", "vitals"),
            ("Ghost", "room"),
            ("Ghost", "explored"),
            ("Ghost", "vitals"),
            ("Ghost", "posture"),
        ],
        "lucidity" => &[("Walker", "lucidity")],
        // They passed through the street; they are in the graves.
        "exploration" => &[("Walker", "explored"), ("Brief", "explored")],
        "staff" => &[("Victim", "kept out"), ("Victim", "online")],
        _ => &[],
    }
}

type Account = BTreeMap<(&'static str, &'static str), String>;

/// What differs from the undisturbed run.
fn differences(account: &Account, undisturbed: &Account) -> Account {
    let differs = account
        .iter()
        .filter(|(key, value)| undisturbed.get(*key) != Some(*value));
    differs.map(|(key, value)| (*key, value.clone())).collect()
}

/// What differs, against what must.
fn compare(out: &[&str], undisturbed: &Account) -> Result<(), String> {
    let differs = differences(&account(&mut played(out)), undisturbed);
    let missed = out.iter().flat_map(|plugin| missed(plugin)).copied();
    if differs.keys().copied().eq(missed.collect::<BTreeSet<_>>()) {
        return Ok(());
    }
    Err(format!("without {out:?}: {differs:?}"))
}

/// The plugins that have systems.
fn plugins() -> Vec<&'static str> {
    let mut plugins = scene().engine().plugins();
    plugins.retain(|one| !["engine", "everything", "game", "reaper"].contains(one));
    plugins
}

#[test]
fn world_recovers_from_plugin_left_out_a_minute() {
    let expected = account(&mut played(&[]));
    assert_eq!(expected[&("Victim", "kept out")], "true");
    assert_eq!(expected[&("Bleeder", "room")], r#""limbo""#);
    assert_eq!(expected[&("Walker", "room")], r#""graves""#);
    let wrong = plugins()
        .into_iter()
        .map(|plugin| compare(&[plugin], &expected));
    let wrong: Vec<String> = wrong.filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn world_recovers_from_plugin_pairs_left_out() {
    let expected = account(&mut played(&[]));
    let five = ["place", "presence", "body", "lucidity", "staff"];
    let pairs = five.iter().enumerate();
    let pairs = pairs.flat_map(|(at, one)| five[at + 1..].iter().map(move |other| [*one, *other]));
    let wrong = pairs.map(|pair| compare(&pair, &expected));
    let wrong: Vec<String> = wrong.filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn world_recovers_from_plugin_broken_one_tick() {
    let mut wrong = Vec::new();
    for phase in Phase::ALL {
        let undisturbed = account(&mut played_at_once(&[], phase));
        for plugin in plugins() {
            let account = account(&mut played_at_once(&[plugin], phase));
            let mut differs = differences(&account, &undisturbed);
            // Where it broke behind what it had to do, less is missed.
            differs.retain(|key, _| !missed(plugin).contains(key));
            if !differs.is_empty() {
                wrong.push(format!("without {plugin} in {}: {differs:?}", phase.word()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
