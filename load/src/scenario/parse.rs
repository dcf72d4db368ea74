//! From a text to a scenario, or to a list of mistakes.

use std::path::Path;
use std::time::Duration;

use toml::de::DeTable;

use super::reader::{ScenarioSource, ScenarioTable, number};
use super::roles::roles;
use super::{
    Arrivals, Chaos, ChaosKind, Database, Layout, LoadStage, Scenario, ServerPlan, SignInKind,
    WorldPlan,
};
use crate::fault::LoadFault;
use crate::objective::Objective;

/// Players and time where the scenario says nothing of them.
const BOTS: usize = 10;
const LENGTH: Duration = Duration::from_secs(10);

pub(super) fn scenario(path: &Path, text: &str) -> Result<Scenario, LoadFault> {
    let source = ScenarioSource::new(path, text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let offset = error.span().map_or(0, |span| span.start);
        source.problem(offset, error.message());
    }
    let scenario = if errors.is_empty() {
        Some(whole(ScenarioTable::root(&source, table.get_ref()), path))
    } else {
        None
    };
    let problems = source.problems();
    match scenario {
        Some(scenario) if problems.is_empty() => Ok(scenario),
        _ => Err(LoadFault::Scenario(problems)),
    }
}

fn whole(root: ScenarioTable<'_>, path: &Path) -> Scenario {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let arrivals = [("open", Arrivals::Open), ("closed", Arrivals::Closed)];
    let sign_in = [
        ("guests", SignInKind::Guests),
        ("accounts", SignInKind::Accounts),
    ];
    let arrivals = root.word("arrivals", &arrivals).unwrap_or(Arrivals::Open);
    let stages = stages(&root);
    let names: Vec<&str> = stages
        .iter()
        .filter_map(|stage| stage.name.as_deref())
        .collect();
    let objectives = objectives(&root, &names);
    let scenario = Scenario {
        name: root.text("name").unwrap_or_else(|| stem.into_owned()),
        about: root.text("about").unwrap_or_default(),
        seed: root.count("seed").unwrap_or(1) as u64,
        arrivals,
        sign_in: root.word("sign_in", &sign_in).unwrap_or(SignInKind::Guests),
        server: server(root.section("server")),
        world: world(root.section("world"), path),
        roles: roles(&root, arrivals),
        stages,
        chaos: chaos(&root),
        objectives,
        settle: root.duration("settle").unwrap_or(Duration::from_secs(10)),
    };
    if scenario
        .chaos
        .iter()
        .any(|one| one.deed == ChaosKind::DropBroker)
        && !scenario.server.broker
    {
        root.fault("chaos", "drops a broker, but server.broker is not true");
    }
    let freezes = |one: &Chaos| one.deed == ChaosKind::KillDatabase;
    if scenario.chaos.iter().any(freezes) && scenario.server.database == Database::Sqlite {
        root.fault("chaos", "kills the database, which a SQLite file can't be");
    }
    root.finish();
    scenario
}

fn server(section: Option<ScenarioTable<'_>>) -> ServerPlan {
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

fn world(section: Option<ScenarioTable<'_>>, path: &Path) -> WorldPlan {
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

fn stages(root: &ScenarioTable<'_>) -> Vec<LoadStage> {
    let mut stages: Vec<LoadStage> = Vec::new();
    if !root.has("stages") {
        return vec![LoadStage {
            name: None,
            length: LENGTH,
            bots: BOTS,
            at_once: true,
            measure: true,
        }];
    }
    let list = root.list("stages");
    let is_only = list.len() == 1;
    for section in list {
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
        let name = section.text("name");
        if let Some(name) = &name
            && (name.is_empty() || name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        {
            section.fault("name", "has other signs than letters, digits and _");
        }
        stages.push(LoadStage {
            name,
            length,
            bots: bots.unwrap_or(before),
            at_once: spike.is_some(),
            // Nothing would be measured otherwise.
            measure: section.flag("measure").unwrap_or(ramp.is_none()) || is_only,
        });
        section.finish();
    }
    if stages.iter().all(|stage| stage.bots == 0) {
        root.fault("stages", "has no stage with bots");
    }
    stages
}

fn chaos(root: &ScenarioTable<'_>) -> Vec<Chaos> {
    let mut all = Vec::new();
    for section in root.list("chaos") {
        let at = section.duration("at");
        let deed = section.word("do", &ChaosKind::WORDS);
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

fn objectives(root: &ScenarioTable<'_>, stages: &[&str]) -> Vec<Objective> {
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
            Some(Ok(objective)) => {
                if let Some(stage) = objective.stage()
                    && !stages.contains(&stage)
                {
                    let why = format!("objectives: no stage has the name {stage:?}");
                    root.problem(value.span().start, why);
                }
                objectives.push(objective);
            }
            Some(Err(why)) => root.problem(value.span().start, format!("objectives: {why}")),
            None => root.problem(value.span().start, "objectives: not a text"),
        }
    }
    objectives
}
