//! Reads TOML by hand, so that every mistake is told at once with its key and its line.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::duration::duration;

/// A file being read, and what is wrong with it.
#[derive(Debug)]
pub(super) struct ScenarioSource<'a> {
    path: &'a Path,
    text: &'a str,
    problems: RefCell<Vec<(usize, String)>>,
}

impl<'a> ScenarioSource<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        Self {
            path,
            text,
            problems: RefCell::default(),
        }
    }

    pub(super) fn problem(&self, offset: usize, message: impl Into<String>) {
        let line = self.text.get(..offset).map_or(1, |before| {
            before.bytes().filter(|byte| *byte == b'\n').count() + 1
        });
        self.problems.borrow_mut().push((line, message.into()));
    }

    /// What is wrong, a line each, from the top.
    pub(super) fn problems(self) -> Vec<String> {
        let mut problems = self.problems.into_inner();
        problems.sort();
        problems
            .into_iter()
            .map(|(line, message)| format!("{}:{line}: {message}", self.path.display()))
            .collect()
    }
}

/// One table of the file.
pub(super) struct ScenarioTable<'a> {
    source: &'a ScenarioSource<'a>,
    /// Its keys from the root, with dots.
    path: String,
    offset: usize,
    table: &'a DeTable<'a>,
    known: RefCell<BTreeSet<&'static str>>,
}

impl<'a> ScenarioTable<'a> {
    pub(super) fn root(source: &'a ScenarioSource<'a>, table: &'a DeTable<'a>) -> Self {
        Self::at(source, String::new(), 0, table)
    }

    fn at(
        source: &'a ScenarioSource<'a>,
        path: String,
        offset: usize,
        table: &'a DeTable<'a>,
    ) -> Self {
        Self {
            source,
            path,
            offset,
            table,
            known: RefCell::default(),
        }
    }

    fn name(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// The value of a key; the key counts as known from now on.
    pub(super) fn value(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.borrow_mut().insert(key);
        self.table
            .iter()
            .find(|(known, _)| known.get_ref() == key)
            .map(|(_, value)| value)
    }

    pub(super) fn has(&self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    /// Tells what is wrong with a key, at its value or at the table that lacks it.
    pub(super) fn fault(&self, key: &'static str, message: impl AsRef<str>) {
        let offset = self
            .value(key)
            .map_or(self.offset, |value| value.span().start);
        self.source
            .problem(offset, format!("{} {}", self.name(key), message.as_ref()));
    }

    pub(super) fn problem(&self, offset: usize, message: impl Into<String>) {
        self.source.problem(offset, message);
    }

    pub(super) fn parsed<T>(
        &self,
        key: &'static str,
        expected: &str,
        parse: impl FnOnce(&DeValue<'a>) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let parsed = parse(value.get_ref());
        if parsed.is_none() {
            self.fault(key, format!("is not {expected}"));
        }
        parsed
    }

    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        self.parsed(key, "a text", |value| value.as_str().map(str::to_owned))
    }

    pub(super) fn duration(&self, key: &'static str) -> Option<Duration> {
        self.parsed(key, "a duration such as \"250ms\" or \"10s\"", |value| {
            duration(value.as_str()?)
        })
    }

    pub(super) fn count(&self, key: &'static str) -> Option<usize> {
        self.parsed(key, "a whole number", |value| {
            integer(value)?.try_into().ok()
        })
    }

    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        self.parsed(key, "true or false", DeValue::as_bool)
    }

    pub(super) fn weight(&self, key: &'static str) -> Option<f64> {
        let weight = self.parsed(key, "a number", number)?;
        if weight > 0.0 && weight.is_finite() {
            Some(weight)
        } else {
            self.fault(key, "is not above 0");
            None
        }
    }

    /// The word of `words` that a key has.
    pub(super) fn word<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.fault(key, format!("is none of: {}", known.join(", ")));
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// A table below a key.
    pub(super) fn section(&self, key: &'static str) -> Option<ScenarioTable<'a>> {
        let value = self.value(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.fault(key, "is not a table");
            return None;
        };
        let offset = value.span().start;
        Some(Self::at(self.source, self.name(key), offset, table))
    }

    /// The tables of an array of tables.
    pub(super) fn list(&self, key: &'static str) -> Vec<ScenarioTable<'a>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.fault(key, "is not an array of tables");
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (index, value) in array.iter().enumerate() {
            let path = format!("{}[{index}]", self.name(key));
            match value.get_ref().as_table() {
                Some(table) => {
                    sections.push(Self::at(self.source, path, value.span().start, table));
                }
                None => self
                    .source
                    .problem(value.span().start, format!("{path} is not a table")),
            }
        }
        sections
    }

    /// The tables below a key by name, in the order of the file.
    pub(super) fn named(&self, key: &'static str) -> Vec<(String, ScenarioTable<'a>)> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(table) = value.get_ref().as_table() else {
            self.fault(key, "is not a table of tables");
            return Vec::new();
        };
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        let mut sections = Vec::new();
        for (name, value) in entries {
            let path = format!("{}.{}", self.name(key), name.get_ref());
            match value.get_ref().as_table() {
                Some(table) => sections.push((
                    name.get_ref().to_string(),
                    Self::at(self.source, path, name.span().start, table),
                )),
                None => self
                    .source
                    .problem(value.span().start, format!("{path} is not a table")),
            }
        }
        sections
    }

    /// Every key and value of this table as text, nested ones with dots; for settings that
    /// somebody else checks.
    pub(super) fn flat(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        flatten("", self.table, &mut pairs);
        pairs
    }

    /// Tells of keys that nobody has asked for.
    pub(super) fn finish(self) {
        let known = self.known.borrow();
        for (key, _) in self.table.iter() {
            if !known.contains(key.get_ref().as_ref()) {
                let listed: Vec<&str> = known.iter().copied().collect();
                self.source.problem(
                    key.span().start,
                    format!(
                        "{} is not known here; known: {}",
                        self.name(key.get_ref()),
                        listed.join(", ")
                    ),
                );
            }
        }
    }
}

fn flatten(prefix: &str, table: &DeTable<'_>, pairs: &mut Vec<(String, String)>) {
    for (key, value) in table {
        let name = if prefix.is_empty() {
            key.get_ref().to_string()
        } else {
            format!("{prefix}.{}", key.get_ref())
        };
        match value.get_ref() {
            DeValue::Table(table) => flatten(&name, table, pairs),
            DeValue::String(text) => pairs.push((name, text.to_string())),
            DeValue::Integer(number) => pairs.push((name, number.as_str().replace('_', ""))),
            DeValue::Float(number) => pairs.push((name, number.as_str().to_owned())),
            DeValue::Boolean(flag) => pairs.push((name, flag.to_string())),
            DeValue::Datetime(date) => pairs.push((name, date.to_string())),
            DeValue::Array(_) => pairs.push((name, "[]".to_owned())),
        }
    }
}

/// A whole number.
pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
}

/// A whole or a broken number.
pub(super) fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(number) => number.as_str().replace('_', "").parse().ok(),
        other => integer(other).map(|number| number as f64),
    }
}
