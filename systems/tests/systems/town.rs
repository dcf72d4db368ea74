//! Small worlds to play in, written as a test needs them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use engine::content::{Content, Problem, Source};
use engine::port::{
    AccountId, Arrival, Correlation, Owner, Role, Row, SessionId, StableId, WorldTime,
};
use engine::stage::{STAGE_START, SavedRows, Stage};
use engine::{Plugin, Registrar, Seed};
use serde::Deserialize;
use std::sync::Arc;
use systems::Settings;
use systems::lucidity::MYTHOS_MINUTE;

const ENVIRONMENTS: [&str; 7] = [
    "indoors",
    "outdoors",
    "street_paved",
    "sanctuary",
    "camp",
    "graveyard",
    "eldritch",
];

/// A row of rooms, each east of the one before, in zones and sub-zones as named.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Town {
    pub(crate) rooms: Vec<Place>,
    /// Drain rates, by `zone` or `zone/sub_zone`.
    pub(crate) drains: BTreeMap<String, f64>,
    /// `rules/lucidity.toml`; none: no such file.
    pub(crate) rules: Option<String>,
    /// What else stands in files, by their paths; at their ends, where there are such already.
    pub(crate) files: BTreeMap<String, String>,
    /// `things/test.toml`; empty: no such file.
    pub(crate) things: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    pub(crate) id: String,
    #[serde(default = "outdoors")]
    pub(crate) environment: String,
    #[serde(default = "zone")]
    pub(crate) zone: String,
    #[serde(default = "sub_zone")]
    pub(crate) sub_zone: String,
    /// What is to be seen there, as TOML.
    #[serde(default)]
    pub(crate) sights: String,
    /// What may befall those there, as TOML.
    #[serde(default)]
    pub(crate) hazards: String,
    /// Whatever else stands with it, as TOML.
    #[serde(default)]
    pub(crate) more: String,
}

fn outdoors() -> String {
    "outdoors".to_owned()
}

fn zone() -> String {
    "town".to_owned()
}

fn sub_zone() -> String {
    "yard".to_owned()
}

impl Place {
    pub(crate) fn new(id: &str, environment: &str) -> Self {
        Self {
            id: id.to_owned(),
            environment: environment.to_owned(),
            zone: zone(),
            sub_zone: sub_zone(),
            sights: String::new(),
            hazards: String::new(),
            more: String::new(),
        }
    }
}

impl Town {
    /// A town of these rooms, `(id, environment)`.
    pub(crate) fn of(rooms: &[(&str, &str)]) -> Self {
        Self {
            rooms: rooms.iter().map(|(id, of)| Place::new(id, of)).collect(),
            ..Self::default()
        }
    }

    pub(crate) fn with_rules(mut self, rules: &str) -> Self {
        self.rules = Some(rules.to_owned());
        self
    }

    pub(crate) fn sources(&self) -> Vec<Source> {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        let first = &self.rooms[0].id;
        files.insert(
            "world.toml".to_owned(),
            format!("name = \"Test\"\nmotd = \"\"\ndefault_room = \"{first}\"\n"),
        );
        let environments = files.entry("environments.toml".to_owned()).or_default();
        for environment in ENVIRONMENTS {
            let _ = writeln!(environments, "[environments.{environment}]\nsummary = \"\"");
        }
        if let Some(rules) = &self.rules {
            files.insert("rules/lucidity.toml".to_owned(), rules.clone());
        }
        if !self.things.is_empty() {
            files.insert("things/test.toml".to_owned(), self.things.clone());
        }
        for (index, room) in self.rooms.iter().enumerate() {
            let Place {
                id,
                environment,
                zone,
                sub_zone,
                sights,
                hazards,
                more,
            } = room;
            let list = |key: &str, list: &str| match list {
                "" => String::new(),
                list => format!("{key} = {list}\n"),
            };
            let (sights, hazards) = (list("sights", sights), list("hazards", hazards));
            let drain = |key: &str| {
                let rate = self.drains.get(key);
                rate.map_or(String::new(), |rate| {
                    format!("[special_rules]\nlucidity_drain_rate = {rate:?}\n")
                })
            };
            files
                .entry(format!("zones/{zone}/zone.toml"))
                .or_insert_with(|| {
                    let head = format!("id = \"{zone}\"\nplane = \"earth\"\nname = \"{zone}\"\n");
                    format!("{head}{}", drain(zone))
                });
            let rooms = files
                .entry(format!("zones/{zone}/{sub_zone}.toml"))
                .or_insert_with(|| {
                    let head = format!("id = \"{sub_zone}\"\nname = \"{sub_zone}\"\n");
                    format!("{head}{}", drain(&format!("{zone}/{sub_zone}")))
                });
            let _ = writeln!(
                rooms,
                "[[rooms]]\nid = \"{id}\"\nname = \"The {id}\"\ndescription = \"A room of the test.\"\nenvironment = \"{environment}\"\n{sights}{hazards}{more}\n[rooms.exits]"
            );
            if let Some(next) = self.rooms.get(index + 1) {
                let _ = writeln!(rooms, "east = \"{}\"", next.id);
            }
            if let Some(before) = index.checked_sub(1) {
                let _ = writeln!(rooms, "west = \"{}\"", self.rooms[before].id);
            }
        }
        for (path, text) in &self.files {
            files.entry(path.clone()).or_default().push_str(text);
        }
        let source = |(path, text)| Source { path, text };
        files.into_iter().map(source).collect()
    }

    pub(crate) fn load(&self) -> Result<Arc<Content>, Vec<Problem>> {
        systems::load(&self.sources())
    }

    /// The whole game in this town, and `more`, from what was saved, at `now`.
    pub(crate) fn stage_with(
        &self,
        more: fn(&mut Registrar<'_>),
        saved: SavedRows,
        now: WorldTime,
    ) -> Stage {
        let world = self.load().unwrap_or_else(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("the town is unsound:\n{}", lines.join("\n"))
        });
        let settings = Settings {
            // Long enough that nobody is given up in the middle of a scene.
            linkdead_grace: Duration::from_secs(36_000),
            ..Settings::default()
        };
        let plugin = Everything {
            game: systems::game(world, settings),
            more,
        };
        Stage::restored(plugin, Seed(1), saved, now).expect("the plugins fit together")
    }

    /// The whole game in this town, from what was saved, at `now`.
    pub(crate) fn stage(&self, saved: SavedRows, now: WorldTime) -> Stage {
        self.stage_with(|_| {}, saved, now)
    }
}

struct Everything<P: Plugin> {
    game: P,
    more: fn(&mut Registrar<'_>),
}

impl<P: Plugin> Plugin for Everything<P> {
    fn build(&self, reg: &mut Registrar<'_>) {
        self.game.build(reg);
        let more = self.more;
        reg.add(move |reg: &mut Registrar<'_>| more(reg));
    }
}

/// The world time at which the Mythos clock first shows `HH:MM`.
pub(crate) fn clock(hour: u32, minute: u32) -> WorldTime {
    STAGE_START.plus(MYTHOS_MINUTE * (hour * 60 + minute))
}

/// Half a Mythos minute.
pub(crate) fn half_a_minute() -> Duration {
    MYTHOS_MINUTE / 2
}

/// So much before.
pub(crate) fn before(time: WorldTime, span: Duration) -> WorldTime {
    WorldTime::default().plus(time.since(WorldTime::default()) - span)
}

/// Saves a value of a character, as if it had been saved by an earlier run.
pub(crate) fn save(saved: &mut SavedRows, name: &str, component: &str, body: impl Into<String>) {
    let id = StableId::named(name);
    let row = Row {
        id,
        component: component.to_owned(),
        version: 1,
        owner: Owner::Character(id),
        body: body.into(),
    };
    saved.insert((id, component.to_owned()), row);
}

/// Saves where a character is and how lucid it is.
pub(crate) fn settle(saved: &mut SavedRows, name: &str, room: &str, points: i16) {
    save(
        saved,
        name,
        "whereabouts",
        format!(r#"{{"room":"{room}"}}"#),
    );
    save(saved, name, "lucidity", format!(r#"{{"points":{points}}}"#));
}

/// Somebody arrives in a session of the test's choice.
pub(crate) fn arrival(name: &str, session: SessionId) -> Arrival {
    let character = StableId::named(name);
    Arrival {
        session,
        correlation: Correlation(session.0),
        account: AccountId(character.uuid()),
        character,
        name: name.to_owned(),
        profession: None,
        seed: None,
        role: Role::Player,
        guest: false,
        created_at: STAGE_START,
    }
}
