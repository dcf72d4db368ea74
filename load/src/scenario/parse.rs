//! From a text to a scenario, or to a list of mistakes.

use std::path::Path;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::reader::{Section, Source, duration, number};
use super::{
    Arrivals, Channel, Chaos, Database, Deed, Havoc, Layout, Role, Scenario, ServerPlan, SignIn,
    Stage, Step, WorldPlan,
};
use crate::dice::Think;
use crate::fault::LoadFault;
use crate::objective::Objective;

pub(super) fn scenario(path: &Path, text: &str) -> Result<Scenario, LoadFault> {
    let source = Source::new(path, text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let offset = error.span().map_or(0, |span| span.start);
        source.problem(offset, error.message());
    }
    let scenario = if errors.is_empty() {
        Some(whole(Section::root(&source, table.get_ref()), path))
    } else {
        None
    };
    let problems = source.problems();
    match scenario {
        Some(scenario) if problems.is_empty() => Ok(scenario),
        _ => Err(LoadFault::Scenario(problems)),
    }
}

fn whole(root: Section<'_>, path: &Path) -> Scenario {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let arrivals = [("open", Arrivals::Open), ("closed", Arrivals::Closed)];
    let sign_in = [("guests", SignIn::Guests), ("accounts", SignIn::Accounts)];
    let scenario = Scenario {
        name: root.text("name").unwrap_or_else(|| stem.into_owned()),
        about: root.text("about").unwrap_or_default(),
        seed: root.count("seed").unwrap_or(1) as u64,
        arrivals: root.word("arrivals", &arrivals).unwrap_or(Arrivals::Open),
        sign_in: root.word("sign_in", &sign_in).unwrap_or(SignIn::Guests),
        server: server(root.section("server")),
        world: world(root.section("world"), path),
        roles: roles(&root),
        stages: stages(&root),
        chaos: chaos(&root),
        objectives: objectives(&root),
        settle: root.duration("settle").unwrap_or(Duration::from_secs(10)),
    };
    if scenario
        .chaos
        .iter()
        .any(|one| one.deed == Havoc::DropBroker)
        && !scenario.server.broker
    {
        root.fault("chaos", "drops a broker, but server.broker is not true");
    }
    let freezes = |one: &Chaos| one.deed == Havoc::KillDatabase;
    if scenario.chaos.iter().any(freezes) && scenario.server.database == Database::Sqlite {
        root.fault("chaos", "kills the database, which a SQLite file can't be");
    }
    root.finish();
    scenario
}

fn server(section: Option<Section<'_>>) -> ServerPlan {
    let mut plan = ServerPlan {
        database: Database::Sqlite,
        broker: false,
        config: Vec::new(),
    };
    let Some(section) = section else {
        return plan;
    };
    let databases = [
        ("sqlite", Database::Sqlite),
        ("postgres", Database::Postgres),
    ];
    plan.database = section
        .word("database", &databases)
        .unwrap_or(plan.database);
    plan.broker = section.flag("broker").unwrap_or(false);
    if let Some(config) = section.section("config") {
        plan.config = config.flat();
    }
    section.finish();
    plan
}

fn world(section: Option<Section<'_>>, path: &Path) -> WorldPlan {
    let Some(section) = section else {
        return WorldPlan::Servers;
    };
    let layouts = [("tree", Layout::Tree), ("ring", Layout::Ring)];
    let rooms = section.count("rooms");
    let folder = section.text("folder");
    let layout = section.word("layout", &layouts).unwrap_or(Layout::Tree);
    let flux = section.parsed("flux", "a number", number).unwrap_or(0.0);
    let plan = match (rooms, folder) {
        (Some(rooms), None) => {
            if rooms == 0 {
                section.fault("rooms", "is 0");
            }
            WorldPlan::Made {
                rooms,
                layout,
                flux,
            }
        }
        (None, Some(folder)) => {
            let here = path.parent().unwrap_or(Path::new("."));
            WorldPlan::Folder(here.join(folder))
        }
        _ => {
            section.fault("rooms", "or folder is needed, and only one of them");
            WorldPlan::Servers
        }
    };
    section.finish();
    plan
}

fn roles(root: &Section<'_>) -> Vec<Role> {
    if !root.has("roles") {
        root.fault("roles", "is missing");
    }
    let mut roles = Vec::new();
    for (name, section) in root.named("roles") {
        let steps = section.named("steps");
        if steps.is_empty() {
            section.fault("steps", "has no step");
        }
        let names: Vec<String> = steps.iter().map(|(name, _)| name.clone()).collect();
        let find = |name: &str| names.iter().position(|known| known == name);
        let start = match section.text("start") {
            None => 0,
            Some(start) => find(&start).unwrap_or_else(|| {
                section.fault("start", format!("names no step: {start:?}"));
                0
            }),
        };
        let mut read = Vec::new();
        for (index, (name, step)) in steps.into_iter().enumerate() {
            read.push(Step {
                deed: deed(&step),
                think: think(&step),
                next: next(&step, index, &find),
                name,
            });
            step.finish();
        }
        roles.push(Role {
            name,
            weight: section.weight("weight").unwrap_or(1.0),
            start,
            steps: read,
        });
        section.finish();
    }
    roles
}

fn next(step: &Section<'_>, own: usize, find: &dyn Fn(&str) -> Option<usize>) -> Vec<(usize, f64)> {
    let Some(value) = step.value("next") else {
        return vec![(own, 1.0)];
    };
    let mut ways = Vec::new();
    let mut add = |name: &str, weight: Option<f64>| match (find(name), weight) {
        (Some(step), Some(weight)) if weight > 0.0 => ways.push((step, weight)),
        (None, _) => step.fault("next", format!("names no step: {name:?}")),
        _ => step.fault("next", format!("{name:?} has a weight that is not above 0")),
    };
    match value.get_ref() {
        DeValue::String(name) => add(name, Some(1.0)),
        DeValue::Table(table) => {
            for (name, weight) in table {
                add(name.get_ref(), number(weight.get_ref()));
            }
        }
        _ => step.fault(
            "next",
            "is neither a step nor a table of steps with weights",
        ),
    }
    // A table has no order of its own, and a seed must give the same run.
    ways.sort_by_key(|(step, _)| *step);
    if ways.is_empty() {
        ways.push((own, 1.0));
    }
    ways
}

fn think(step: &Section<'_>) -> Think {
    let none = Think::Fixed(Duration::ZERO);
    let Some(value) = step.value("think") else {
        return none;
    };
    let time = |value: Option<&DeValue<'_>>| value.and_then(DeValue::as_str).and_then(duration);
    let read = match value.get_ref() {
        DeValue::String(text) => duration(text).map(Think::Fixed),
        DeValue::Table(table) => {
            let of = |key: &str| {
                let found = table.iter().find(|(known, _)| known.get_ref() == key);
                found.map(|(_, value)| value.get_ref())
            };
            if let Some(mean) = of("exponential") {
                time(Some(mean)).map(Think::Exponential)
            } else if let Some(range) = of("uniform").and_then(DeValue::as_array) {
                let at = |index: usize| time(range.get(index).map(toml::Spanned::get_ref));
                let pair = at(0).zip(at(1)).filter(|(from, to)| from <= to);
                pair.map(|(from, to)| Think::Uniform(from, to))
            } else {
                let sigma = of("sigma").and_then(number).unwrap_or(0.5);
                let median = time(of("median")).filter(|_| (0.0..=3.0).contains(&sigma));
                median.map(|median| Think::LogNormal { median, sigma })
            }
        }
        _ => None,
    };
    read.unwrap_or_else(|| {
        step.fault(
            "think",
            "is none of \"2s\", {exponential = \"2s\"}, {uniform = [\"1s\", \"3s\"]}, \
             {median = \"2s\", sigma = 0.5}",
        );
        none
    })
}

fn deed(step: &Section<'_>) -> Deed {
    let words = step.count("words").unwrap_or(6);
    let Some(word) = step.text("do") else {
        step.fault("do", "is missing");
        return Deed::Idle;
    };
    let deed = match word.as_str() {
        "home" => Deed::Home,
        "walk" => match step.text("way") {
            Some(way) => Deed::Go(way),
            None => Deed::Walk,
        },
        "say" => Deed::Say(Channel::Say, words),
        "emote" => Deed::Say(Channel::Emote, words),
        "local" => Deed::Say(Channel::Local, words),
        "global" => Deed::Say(Channel::Global, words),
        "whisper" => Deed::Say(Channel::Whisper, words),
        "look" => Deed::Line("look".to_owned()),
        "idle" => Deed::Idle,
        "reconnect" => Deed::Reconnect,
        "line" => match step.text("line") {
            Some(line) => Deed::Line(line),
            None => {
                step.fault("line", "is missing");
                Deed::Idle
            }
        },
        "slow" => match step.duration("for") {
            Some(time) => Deed::SlowReading(time),
            None => {
                step.fault("for", "is missing");
                Deed::Idle
            }
        },
        "flood" => Deed::Flood(step.count("lines").unwrap_or(100)),
        _ => {
            step.fault(
                "do",
                "is none of: home, walk, say, emote, local, global, whisper, look, line, idle, \
                 reconnect, slow, flood",
            );
            Deed::Idle
        }
    };
    if words > 60 {
        step.fault("words", "is more than 60");
    }
    deed
}

fn stages(root: &Section<'_>) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for section in root.list("stages") {
        let before = stages.last().map_or(0, |stage| stage.bots);
        let ramp = section.duration("ramp");
        let hold = section.duration("hold");
        let spike = section.duration("spike");
        let bots = section.count("bots");
        let given = [ramp, hold, spike].into_iter().flatten().count();
        let length = ramp.or(hold).or(spike).unwrap_or_default();
        if given != 1 {
            section.fault("ramp", "or hold or spike is needed, and only one of them");
        }
        if hold.is_some() && bots.is_some() {
            section.fault(
                "bots",
                "belongs to ramp and spike; hold keeps those who are there",
            );
        }
        if hold.is_none() && bots.is_none() {
            section.fault("bots", "is missing");
        }
        stages.push(Stage {
            length,
            bots: bots.unwrap_or(before),
            at_once: spike.is_some(),
            measure: section.flag("measure").unwrap_or(ramp.is_none()),
        });
        section.finish();
    }
    if stages.iter().all(|stage| stage.bots == 0) {
        root.fault("stages", "has no stage with bots");
    }
    stages
}

fn chaos(root: &Section<'_>) -> Vec<Chaos> {
    let mut all = Vec::new();
    for section in root.list("chaos") {
        let at = section.duration("at");
        let deed = section.word("do", &Havoc::WORDS);
        for key in ["at", "do"] {
            if !section.has(key) {
                section.fault(key, "is missing");
            }
        }
        let length = section.duration("for").unwrap_or_default();
        if let (Some(at), Some(deed)) = (at, deed) {
            all.push(Chaos { at, deed, length });
        }
        section.finish();
    }
    all.sort_by_key(|chaos| chaos.at);
    all
}

fn objectives(root: &Section<'_>) -> Vec<Objective> {
    let Some(value) = root.value("objectives") else {
        return Vec::new();
    };
    let Some(array) = value.get_ref().as_array() else {
        root.fault("objectives", "is not an array of texts");
        return Vec::new();
    };
    let mut objectives = Vec::new();
    for value in array {
        match value.get_ref().as_str().map(Objective::parse) {
            Some(Ok(objective)) => objectives.push(objective),
            Some(Err(why)) => root.problem(value.span().start, format!("objectives: {why}")),
            None => root.problem(value.span().start, "objectives: not a text"),
        }
    }
    objectives
}
