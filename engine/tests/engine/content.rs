//! What plugins read of a world's files.

use engine::content::{
    At, Claim, Content, ContentReader, ContentTypes, Definition, Definitions, KeyTable,
    LeftSection, Problem, Reading, Rules, Section, Sections, Source,
};
use engine::prelude::*;
use engine::stage::Stage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Resource, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Tides {
    /// how high
    #[schemars(range(min = 0, max = 9))]
    height: u8,
    /// by name
    moons: Vec<Moon>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Moon {
    /// what it is called
    #[schemars(length(min = 1, max = 5))]
    name: String,
}

impl Rules for Tides {}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Fish {
    /// how heavy
    #[schemars(range(min = 1, max = 100))]
    weight: u16,
    eats: Option<String>,
}

impl Definition for Fish {
    fn check(&mut self, id: &str, at: &At<'_>) {
        let eats_itself = self.eats.as_deref() == Some(id);
        at.key("eats").unless(!eats_itself, "a fish eats others");
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Current {
    #[schemars(range(min = 0.0, max = 1.0))]
    pull: f64,
}

impl Section for Current {}

/// Leaves every key of `bay.toml` to others.
struct Bay;

impl ContentReader for Bay {
    fn claims(&self) -> Vec<Claim> {
        vec![Claim::File("bay.toml".to_owned())]
    }

    fn read(&self, reading: &mut Reading<'_>) {
        let Some(source) = reading.source("bay.toml") else {
            return;
        };
        let table = source.table(&mut Vec::new());
        for (key, value) in table.into_iter().flat_map(toml::Spanned::into_inner) {
            reading.leave(LeftSection {
                kind: "bay",
                subject: "north".to_owned(),
                key: key.as_ref().to_string(),
                key_span: key.span(),
                source,
                value,
            });
        }
    }
}

#[derive(Resource)]
struct Heaviest(u16);

fn sea(reg: &mut Registrar<'_>) {
    reg.rules::<Tides>("tides")
        .content::<Fish>("fish")
        .reads(Bay)
        .section::<Current>(&["bay"], "current")
        .amend(|tides: &mut Tides| tides.height += 1)
        .derived(|content| {
            let all = content.get::<Definitions<Fish>>();
            let all = all.into_iter().flat_map(Definitions::iter);
            Heaviest(all.map(|(_, fish)| fish.weight).max().unwrap_or(0))
        });
}

fn source(path: &str, text: &str) -> Source {
    Source {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

fn mistakes(files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<Source> = files
        .iter()
        .map(|(path, text)| source(path, text))
        .collect();
    let problems = ContentTypes::of(sea).load(&files).err();
    let problems = problems.unwrap_or_default();
    problems.iter().map(Problem::placed).collect()
}

#[test]
fn content_is_read_into_resources() {
    let files = [
        source("rules/tides.toml", "height = 3\n"),
        source("fish/small.toml", "[sprat]\nweight = 1\n"),
        source("fish/large.toml", "[cod]\nweight = 90\neats = \"sprat\"\n"),
        source("bay.toml", "current = { pull = 0.5 }\n"),
    ];
    let content = ContentTypes::of(sea).load(&files).unwrap();
    let pull = |content: &Content| {
        content
            .get::<Sections<Current>>()?
            .get("north")
            .map(|one| one.pull)
    };
    assert_eq!(pull(&content), Some(0.5));
    let mut stage = Stage::new(|reg: &mut Registrar<'_>| {
        reg.provide(content.clone()).add(sea);
    })
    .unwrap();
    let world = stage.engine().world();
    assert_eq!(world.resource::<Tides>().height, 4);
    assert_eq!(world.resource::<Heaviest>().0, 90);
    let fish = world.resource::<Definitions<Fish>>();
    assert_eq!(fish.get("cod").unwrap().eats.as_deref(), Some("sprat"));
    assert_eq!(fish.len(), 2);
}

#[test]
fn world_without_files_has_defaults() {
    let content = ContentTypes::of(sea).load(&[]).unwrap();
    assert_eq!(content.get::<Tides>().unwrap().height, 1);
    assert!(content.get::<Definitions<Fish>>().unwrap().is_empty());
    let mut bare = Stage::new(|reg: &mut Registrar<'_>| {
        reg.add(sea);
    })
    .unwrap();
    assert_eq!(bare.engine().world().resource::<Heaviest>().0, 0);
}

#[test]
fn mistakes_name_file_line_and_column() {
    let told = mistakes(&[
        (
            "rules/tides.toml",
            "height = 10\nmoons = [{ name = \"Io\" }, { name = \"Callisto\" }]\n",
        ),
        (
            "fish/a.toml",
            "[cod]\nweight = 0\neats = \"cod\"\n[\"a b\"]\nweight = 1\n",
        ),
        ("fish/b.toml", "\n[cod]\nweight = 2\n"),
        ("bay.toml", "current = { pull = 2.0 }\ncurent = 1\n"),
        ("rules/tide.toml", ""),
        ("reef.toml", ""),
    ]);
    assert_eq!(
        told,
        [
            "bay.toml:1:20: `current.pull` is 2.0, not within 0 to 1",
            "bay.toml:2:1: unknown key `curent` of a bay",
            "fish/a.toml:2:10: `cod.weight` is 0, not within 1 to 100",
            "fish/a.toml:3:8: a fish eats others",
            "fish/a.toml:4:2: `a b` is not 1 to 64 of a-z, 0-9 and _",
            "fish/b.toml:2:2: `cod` is defined twice",
            "reef.toml:1:1: this file is read by nobody; there are bay.toml, fish/ and rules/",
            "rules/tide.toml:1:1: no such file; in rules/ there are tides",
            "rules/tides.toml:1:10: `height` is 10, not within 0 to 9",
            "rules/tides.toml:2:36: `moons.name` has 8 characters, not 1 to 5",
        ]
    );
}

#[test]
fn reference_has_rows_and_names_gaps() {
    let tables = ContentTypes::of(sea).reference();
    let titles: Vec<&str> = tables.iter().map(|table| table.title.as_str()).collect();
    assert_eq!(titles, ["rules/tides.toml", "fish/*.toml", "bay: current"]);
    let text = tables[0].markdown();
    assert!(
        text.contains("| `height` | `0` | 0 to 9 | how high |"),
        "{text}"
    );
    assert!(
        text.contains("| `moons[].name` | must be written | 1 to 5 characters |"),
        "{text}"
    );
    let gaps: Vec<String> = tables.iter().flat_map(KeyTable::gaps).collect();
    assert_eq!(
        gaps,
        [
            "fish/*.toml: `ID.eats` has no sentence",
            "fish/*.toml: `ID.eats` has no bounds",
            "bay: current: `current.pull` has no sentence",
        ]
    );
}
