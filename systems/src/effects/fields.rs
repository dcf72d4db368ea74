//! One table of an effect or predicate as it is written: its keys, read one by one.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::findings::Findings;
use crate::amount::Amount;

/// The longest text, in characters.
const TEXT_MAX: usize = 500;
/// The longest key of a flag, and the longest word, in bytes.
pub(super) const WORD_MAX: usize = 64;

/// A table, and which of its keys were asked for: the others are mistakes.
pub(super) struct TableKeys<'a, 'f> {
    pub(super) map: &'a Map<String, Value>,
    known: Vec<&'static str>,
    pub(super) findings: &'f mut Findings,
}

impl<'a, 'f> TableKeys<'a, 'f> {
    pub(super) fn of(map: &'a Map<String, Value>, findings: &'f mut Findings) -> Self {
        Self {
            map,
            known: Vec::new(),
            findings,
        }
    }

    /// What is written under a key.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.map.get(key)
    }

    /// Something is wrong with the value of a key.
    pub(super) fn wrong(&mut self, key: &str, message: impl Into<String>) {
        self.findings.in_key(key, |at| at.mistake(message));
    }

    /// Tells of the keys that nobody asked for.
    pub(super) fn finish(self, what: &str) {
        for key in self.map.keys() {
            if !self.known.contains(&key.as_str()) {
                let known = self.known.join(", ");
                let message = format!("unknown key `{key}` of {what}; there are {known}");
                self.findings.in_key(key, |at| at.mistake(message));
            }
        }
    }

    /// A key that must be written.
    fn must(&mut self, key: &'static str) -> Option<&'a Value> {
        let value = self.get(key);
        if value.is_none() {
            self.findings.mistake(format!("`{key}` is missing"));
        }
        value
    }

    /// A whole number, where it is written.
    pub(super) fn whole(&mut self, key: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let value = self.get(key)?;
        self.within(key, value, range)
    }

    /// A whole number that must be written.
    pub(super) fn must_whole(&mut self, key: &'static str, range: RangeInclusive<i64>) -> i64 {
        let value = self.must(key);
        let read = value.and_then(|value| self.within(key, value, range.clone()));
        read.unwrap_or(*range.start())
    }

    fn within(&mut self, key: &str, value: &Value, range: RangeInclusive<i64>) -> Option<i64> {
        let read = value.as_i64().filter(|one| range.contains(one));
        if read.is_none() {
            let (least, most) = (range.start(), range.end());
            self.wrong(
                key,
                format!("`{key}` is {value}, not within {least} to {most}"),
            );
        }
        read
    }

    /// A probability.
    pub(super) fn chance(&mut self, key: &'static str) -> f64 {
        let value = self.must(key);
        let read = value
            .and_then(Value::as_f64)
            .filter(|one| (0.0..=1.0).contains(one));
        if let (Some(value), None) = (value, read) {
            self.wrong(key, format!("`{key}` is {value}, not within 0 to 1"));
        }
        read.unwrap_or(0.0)
    }

    /// `true` or `false`.
    pub(super) fn switch(&mut self, key: &'static str, usual: bool) -> bool {
        match self.get(key) {
            None => usual,
            Some(Value::Bool(read)) => *read,
            Some(other) => {
                self.wrong(key, format!("`{key}` is {other}, neither true nor false"));
                usual
            }
        }
    }

    /// A text for people, where it is written.
    /// Nothing is put into it.
    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        self.text_with(key, &[])
    }

    /// A text into which some names are put, where it is written.
    pub(super) fn text_with(&mut self, key: &'static str, names: &[&str]) -> Option<String> {
        let value = self.get(key)?;
        let read = value.as_str().map(str::trim);
        let fits = |one: &&str| (1..=TEXT_MAX).contains(&one.chars().count());
        let read = read.filter(fits).map(str::to_owned);
        if read.is_none() {
            self.wrong(
                key,
                format!("`{key}` is no text of 1 to {TEXT_MAX} characters"),
            );
        }
        let unknown = read.iter().flat_map(|text| placeholders(text));
        let unknown: Vec<&str> = unknown.filter(|one| !names.contains(one)).collect();
        if let Some(unknown) = unknown.first() {
            let known = match names {
                [] => "nothing".to_owned(),
                names => names.join(", "),
            };
            self.wrong(
                key,
                format!("`{key}` has `{{{unknown}}}`; what is put into it: {known}"),
            );
        }
        read
    }

    /// A text that must be written.
    pub(super) fn must_text(&mut self, key: &'static str, names: &[&str]) -> String {
        self.must(key);
        self.text_with(key, names).unwrap_or_default()
    }

    /// A word without blanks, such as an id or the key of a flag.
    pub(super) fn word(&mut self, key: &'static str) -> Option<String> {
        let value = self.get(key)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
        let fits = |one: &&str| (1..=WORD_MAX).contains(&one.len()) && one.chars().all(plain);
        let read = value.as_str().filter(fits).map(str::to_owned);
        if read.is_none() {
            let bounds = format!("1 to {WORD_MAX} of a-z, 0-9 and _.:-");
            self.wrong(key, format!("`{key}` is {value}, not a word of {bounds}"));
        }
        read
    }

    /// A kind of thing that minds get used to, which must be written.
    pub(super) fn archetype(&mut self, key: &'static str) -> String {
        let blank = |c: char| c.is_control() || c.is_whitespace();
        let fits = |one: &&str| (1..=128).contains(&one.chars().count()) && !one.contains(blank);
        let value = self.must(key);
        let read = value
            .and_then(Value::as_str)
            .filter(fits)
            .map(str::to_owned);
        if value.is_some() && read.is_none() {
            self.wrong(
                key,
                format!("`{key}` is not 1 to 128 characters without blanks"),
            );
        }
        read.unwrap_or_default()
    }

    /// A word that must be written.
    pub(super) fn must_word(&mut self, key: &'static str) -> String {
        self.must(key);
        self.word(key).unwrap_or_default()
    }

    /// One of these words.
    pub(super) fn one_of<T: Copy>(&mut self, key: &'static str, known: &[(&str, T)]) -> Option<T> {
        let value = self.get(key)?;
        let of = |word: &str| known.iter().find(|(one, _)| *one == word);
        let read = value.as_str().and_then(of).map(|(_, read)| *read);
        if read.is_none() {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            self.wrong(
                key,
                format!("`{key}` is {value}, none of {}", words.join(", ")),
            );
        }
        read
    }

    /// One of these words, which must be written.
    pub(super) fn must_one_of<T: Copy>(
        &mut self,
        key: &'static str,
        known: &[(&str, T)],
    ) -> Option<T> {
        self.must(key);
        self.one_of(key, known)
    }

    /// Dice or a whole number, which must be written.
    pub(super) fn amount(&mut self, key: &'static str, range: RangeInclusive<i64>) -> Amount {
        let Some(value) = self.must(key) else {
            return Amount::flat(0);
        };
        if let Some(text) = value.as_str() {
            return Amount::read(text).unwrap_or_else(|| {
                let bounds = "NdS, NdS+M or NdS-M with N to 20, S to 100, M to 200";
                self.wrong(key, format!("`{key}` is \"{text}\", not {bounds}"));
                Amount::flat(0)
            });
        }
        let points = self.within(key, value, range).unwrap_or(0);
        Amount::flat(i32::try_from(points).unwrap_or(i32::MAX))
    }
}

/// What a text has between braces.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let begun = text.split('{').skip(1);
    begun
        .filter_map(|one| one.split_once('}'))
        .map(|(name, _)| name)
}
