//! From file, environment and flags to one configuration, with where each key was set.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::Read as _;
use std::path::Path;

use engine::content::{broken_lines, column_of, line_of};
use serde::Deserialize as _;
use toml::de::{DeTable, DeValue};

use super::value::{Raw, Reader, Wrong};
use super::{Config, ConfigFault, ConfigFaults, Loaded, Overrides, SettingOrigin};

/// The largest configuration file: ten times the whole sample, and 25,000 keys are placed in it in
/// a second.
const FILE_BYTES_MAX: u64 = 256 << 10;

/// Keys with their values, the last that was set.
#[derive(Default)]
struct Sources {
    leaves: BTreeMap<Vec<String>, (Raw, SettingOrigin)>,
    faults: Vec<ConfigFault>,
}

/// Reads all sources; every mistake in any of them is told, and with `files` whatever a start would
/// read beside them and can't use.
pub(super) fn read(
    file: Option<&Path>,
    variables: impl Iterator<Item = (OsString, OsString)>,
    flags: Overrides,
    files: bool,
) -> Result<Loaded, ConfigFaults> {
    let mut sources = Sources::default();
    if let Some(file) = file {
        sources.file(file);
    }
    sources.environment(variables);
    for (flag, key, value) in flags.flags() {
        let path: Vec<String> = key.split('.').map(str::to_owned).collect();
        sources.leaf(&path, Raw::Word(value), SettingOrigin::Flag(flag));
    }
    sources.settle(files)
}

impl Sources {
    fn file(&mut self, file: &Path) {
        let fault = |reason: String| {
            let origin = SettingOrigin::File(file.to_owned(), 0, 0);
            ConfigFault::of("", reason).at(origin)
        };
        let text = match read_text(file, FILE_BYTES_MAX) {
            Ok(text) => text,
            Err(reason) => {
                self.faults.push(fault(format!(
                    "this configuration file can't be read: {reason}"
                )));
                return;
            }
        };
        let place = |at: usize| {
            let (line, column) = (line_of(&text, at), column_of(&text, at));
            SettingOrigin::File(file.to_owned(), line, column)
        };
        let (table, errors) = DeTable::parse_recoverable(&text);
        let mut broken = BTreeSet::new();
        if !errors.is_empty() {
            // The message says what is expected, and nothing of what is there.
            for (at, expected) in broken_lines(&text) {
                let fault = ConfigFault::of("", format!("not TOML: {expected}"));
                self.faults.push(fault.at(place(at)));
                broken.insert(line_of(&text, at));
            }
        }
        self.table(&[], table.get_ref(), &place, &broken);
    }

    fn table(
        &mut self,
        path: &[String],
        table: &DeTable<'_>,
        place: &impl Fn(usize) -> SettingOrigin,
        broken: &BTreeSet<usize>,
    ) {
        for (key, value) in table {
            let mut path = path.to_vec();
            path.push(key.get_ref().to_string());
            let origin = place(key.span().start);
            if matches!(origin, SettingOrigin::File(_, line, _) if broken.contains(&line)) {
                continue;
            }
            let before = self.faults.len();
            match value.get_ref() {
                DeValue::Table(inner) => {
                    // A section, unless the key is unknown or of another kind.
                    if self
                        .fits(&path, Raw::Table(BTreeMap::new()), &origin)
                        .is_some()
                    {
                        self.table(&path, inner, place, broken);
                    }
                }
                value => self.leaf(&path, value.into(), origin),
            }
            // A line that is not understood may be the rest of a value: its words are shown to
            // nobody.
            if !broken.is_empty() {
                let known = |fault: &ConfigFault| !fault.unknown;
                let told = self.faults.split_off(before);
                self.faults.extend(told.into_iter().filter(known));
            }
        }
    }

    /// Only `KADATH_SECTION__KEY`: other variables of that prefix belong to tests and scripts.
    fn environment(&mut self, variables: impl Iterator<Item = (OsString, OsString)>) {
        let ours = variables.filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            let key = name.strip_prefix("KADATH_")?;
            let path = key.contains("__").then(|| key.to_ascii_lowercase())?;
            let path: Vec<String> = path.split("__").map(str::to_owned).collect();
            Some((path, name, value))
        });
        let mut ours: Vec<_> = ours.collect();
        ours.sort();
        for (path, name, value) in ours {
            let origin = SettingOrigin::Variable(name);
            // A section that is none is named, not a key in it.
            let none = Raw::Table(BTreeMap::new());
            let mut sections = (1..path.len()).map(|depth| &path[..depth]);
            if !sections.all(|section| self.fits(section, none.clone(), &origin).is_some()) {
                continue;
            }
            match value.into_string() {
                Ok(value) => self.leaf(&path, Raw::Word(value), origin),
                Err(_) => {
                    let fault = ConfigFault::of(path.join("."), "must be UTF-8 text");
                    self.faults.push(fault.at(origin));
                }
            }
        }
    }

    fn leaf(&mut self, path: &[String], raw: Raw, origin: SettingOrigin) {
        if let Some(raw) = self.fits(path, raw, &origin) {
            self.leaves.insert(path.to_vec(), (raw, origin));
        }
    }

    /// The value, if it is one for that key; else a fault more.
    fn fits(&mut self, path: &[String], raw: Raw, origin: &SettingOrigin) -> Option<Raw> {
        let alone = raw.clone().at(path);
        let wrong = match Config::deserialize(Reader::whole(&alone)) {
            Ok(_) => return Some(raw),
            Err(wrong) => wrong,
        };
        let fault = match wrong {
            Wrong::Unknown(known) => ConfigFault {
                unknown: true,
                ..ConfigFault::of(path.join("."), meant(path, known))
            },
            Wrong::Kind(_) => ConfigFault::of(path.join("."), wrong.to_string()),
        };
        // One of a section that is unknown has been told for all its keys.
        self.faults.push(fault.at(origin.clone()));
        None
    }

    /// The configuration, once every value makes sense; else every mistake.
    fn settle(mut self, mut files: bool) -> Result<Loaded, ConfigFaults> {
        let origins: BTreeMap<String, SettingOrigin> = self
            .leaves
            .iter()
            .map(|(path, (_, origin))| (path.join("."), origin.clone()))
            .collect();
        let mut told = None;
        loop {
            let mut config = match self.whole() {
                Ok(config) => config,
                Err(wrong) => {
                    self.faults.push(ConfigFault::of("", wrong.to_string()));
                    break;
                }
            };
            let (json, world) = told.get_or_insert_with(|| {
                let json = config.log.format == super::LogFormat::Json;
                (json, config.server.world.clone())
            });
            let mut found = config.read_secrets();
            found.extend(config.faults());
            if std::mem::take(&mut files) {
                let known: Vec<String> = found.iter().map(|fault| fault.key.clone()).collect();
                let files = config.file_faults().into_iter();
                found.extend(files.filter(|fault| !known.contains(&fault.key)));
            }
            let seen = self.faults.len();
            let mut gone = false;
            for fault in found {
                let origin = origins.get(&fault.key).cloned();
                let fault = fault.at(origin.unwrap_or(SettingOrigin::Default));
                let path: Vec<String> = fault.key.split('.').map(str::to_owned).collect();
                if !self.faults.contains(&fault) {
                    self.faults.push(fault);
                }
                // The next look is without it, and finds what it has hidden.
                gone |= self.leaves.remove(&path).is_some();
            }
            if self.faults.is_empty() {
                return Ok(Loaded { config, origins });
            }
            if !gone || seen == self.faults.len() {
                let mut faults = self.faults;
                super::checks::without_echoes(&mut faults);
                faults.sort();
                return Err(ConfigFaults {
                    faults,
                    json: *json,
                    world: Some(world.clone()),
                });
            }
        }
        Err(ConfigFaults {
            faults: self.faults,
            json: false,
            world: None,
        })
    }

    fn whole(&self) -> Result<Config, Wrong> {
        let mut root = Raw::Table(BTreeMap::new());
        for (path, (raw, _)) in &self.leaves {
            put(&mut root, path, raw.clone());
        }
        Config::deserialize(Reader::whole(&root))
    }
}

fn put(into: &mut Raw, path: &[String], value: Raw) {
    let (Raw::Table(table), Some((name, rest))) = (into, path.split_first()) else {
        return;
    };
    if rest.is_empty() {
        table.insert(name.clone(), value);
    } else {
        let section = table.entry(name.clone());
        put(section.or_insert(Raw::Table(BTreeMap::new())), rest, value);
    }
}

/// The key that a misspelt one was probably meant to be.
fn meant(path: &[String], known: &[&str]) -> String {
    let (Some(name), section) = (path.last(), &path[..path.len().saturating_sub(1)]) else {
        return String::new();
    };
    let near = known
        .iter()
        .map(|key| (strsim::jaro_winkler(name, key), key));
    let near = near.filter(|(likeness, _)| *likeness > 0.85);
    let near = near.max_by(|(one, _), (other, _)| one.total_cmp(other));
    near.map_or_else(String::new, |(_, key)| {
        let mut path = section.to_vec();
        path.push((*key).to_owned());
        format!("is {} meant?", path.join("."))
    })
}

/// The text of a file or pipe, if it is no longer than `bytes_max`.
pub(super) fn read_text(path: &Path, bytes_max: u64) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let read = file.take(bytes_max + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > bytes_max {
        return Err(format!("it is longer than {bytes_max} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
}
