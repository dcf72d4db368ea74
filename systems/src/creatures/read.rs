//! From the files of `creatures/` to kinds, each checked where it stands.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::content::{
    At, Claim, ContentReader, KeyTable, Reading, ValuePlace, check_bounds, schema_of,
};
use engine::prelude::Resource;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::hours::PeopleHours;
use super::kinds::CreatureKind;
use crate::place::{CreatureLooks, CreatureNames};

const FOLDER: &str = "creatures/";

/// A file of kinds.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CreatureFile {
    /// Kinds of creatures.
    creatures: Vec<CreatureKind>,
}

/// A file of kinds, of which only their ids are read.
#[derive(Deserialize)]
struct CreatureNamesFile {
    #[serde(default)]
    creatures: Vec<CreatureNameOnly>,
}

#[derive(Deserialize)]
struct CreatureNameOnly {
    #[serde(default)]
    id: String,
}

/// Every kind of creature by id. Cheap to clone.
#[derive(Resource, Clone, Debug, Default)]
pub struct Bestiary(Arc<BTreeMap<String, Arc<CreatureKind>>>);

impl Bestiary {
    /// The kind of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<CreatureKind>> {
        self.0.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<CreatureKind>> {
        self.0.values()
    }

    /// How they look.
    pub(super) fn looks(&self) -> CreatureLooks {
        let looks = self.iter().map(|kind| (kind.id.clone(), kind.look()));
        CreatureLooks::new(looks.collect())
    }
}

fn files<'a>(reading: &Reading<'a>) -> impl Iterator<Item = &'a engine::content::Source> + use<'a> {
    let of_folder = |path: &str| path.starts_with(FOLDER) && path.ends_with(".toml");
    let all = reading.sources().iter();
    all.filter(move |source| of_folder(&source.path))
}

/// Reads what kinds there are, for whatever names one. Mistakes are told by [`KindsReader`].
pub(super) struct CreatureNamesReader;

impl ContentReader for CreatureNamesReader {
    fn claims(&self) -> Vec<Claim> {
        Vec::new()
    }

    fn read(&self, reading: &mut Reading<'_>) {
        let read = files(reading)
            .filter_map(|source| toml::from_str::<CreatureNamesFile>(&source.text).ok());
        let names = read.flat_map(|file| file.creatures).map(|one| one.id);
        let names = CreatureNames(names.collect());
        reading.put(names);
    }
}

/// Reads the kinds.
pub(super) struct KindsReader;

impl ContentReader for KindsReader {
    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Folder(FOLDER.to_owned())]
    }

    fn read(&self, reading: &mut Reading<'_>) {
        let schema = schema_of::<CreatureFile>();
        let mut all: BTreeMap<String, Arc<CreatureKind>> = BTreeMap::new();
        for source in files(reading) {
            let mut problems = Vec::new();
            let read = source.read::<CreatureFile>(&mut problems);
            for problem in problems {
                reading.problem(problem);
            }
            let (Some(file), Ok(table)) = (read, DeTable::parse(&source.text)) else {
                continue;
            };
            let value = Spanned::new(table.span(), DeValue::Table(table.into_inner()));
            let at = reading.at(source, ValuePlace::of(&value));
            check_bounds(&schema, &schema, &at);
            for (n, kind) in file.creatures.into_iter().enumerate() {
                let at = at.key("creatures").item(n);
                check(&kind, &at, all.contains_key(&kind.id));
                all.insert(kind.id.clone(), Arc::new(kind));
            }
        }
        reading.put(Bestiary(Arc::new(all)));
    }

    fn reference(&self) -> Vec<KeyTable> {
        let path = format!("{FOLDER}*.toml");
        vec![KeyTable::of(&path, &schema_of::<CreatureFile>())]
    }
}

fn check(kind: &CreatureKind, at: &At<'_>, twice: bool) {
    let hours = at.content::<PeopleHours>();
    let known = |id: &str| hours.is_none_or(|hours| hours.find(id).is_some());
    kind.check(at, &known);
    let message = format!("creature `{}` is defined twice", kind.id);
    at.key("id").unless(!twice, message);
}
