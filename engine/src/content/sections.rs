//! Sections: parts of a file that belong to another plugin than the file does.
//!
//! A room's file is geography; what harms there is the body's, what is seen there the mind's. The
//! reader of the file leaves what it does not know ([`Reading::leave`]), each plugin takes what is
//! its own, and what nobody takes is a misspelt key.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::Range;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::reference::KeyTable;
use super::rules::schema_of;
use super::{At, Claim, ContentReader, Reading, Source, ValuePlace, bounds};

/// A part of a file, with what it belongs to.
#[derive(Debug)]
pub struct LeftSection<'a> {
    /// What kind of thing it belongs to: `room`.
    pub kind: &'static str,
    /// Which one, by id.
    pub subject: String,
    /// Its key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Range<usize>,
    /// The file.
    pub source: &'a Source,
    /// What was written.
    pub value: Spanned<DeValue<'a>>,
}

/// What a plugin reads of each thing of a kind.
pub trait Section: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// Checks what no bound of a single key says.
    fn check(&mut self, _subject: &str, _at: &At<'_>) {}
}

/// What was written of each thing, by its id. Those of which nothing was written have none.
#[derive(Debug)]
pub struct Sections<T>(BTreeMap<String, T>);

impl<T> Sections<T> {
    /// What was written of one.
    #[must_use]
    pub fn get(&self, subject: &str) -> Option<&T> {
        self.0.get(subject)
    }

    /// All that was written, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(id, one)| (id.as_str(), one))
    }
}

pub(crate) struct SectionReader<T> {
    kinds: &'static [&'static str],
    key: &'static str,
    of: PhantomData<fn() -> T>,
}

impl<T: Section> SectionReader<T> {
    pub(crate) fn new(kinds: &'static [&'static str], key: &'static str) -> Self {
        Self {
            kinds,
            key,
            of: PhantomData,
        }
    }
}

impl<T: Section> ContentReader for SectionReader<T> {
    fn claims(&self) -> Vec<Claim> {
        Vec::new()
    }

    fn read(&self, reading: &mut Reading<'_>) {
        let schema = schema_of::<T>();
        let mut all = BTreeMap::new();
        for left in reading.take(self.kinds, self.key) {
            match T::deserialize(ValueDeserializer::from(left.value.clone())) {
                Ok(mut value) => {
                    let place = ValuePlace {
                        span: left.value.span(),
                        value: Some(left.value.as_ref()),
                    };
                    let at = reading.at(left.source, place).named(self.key);
                    bounds::check(&schema, &schema, &at);
                    value.check(&left.subject, &at);
                    all.insert(left.subject, value);
                }
                Err(mistake) => {
                    let span = mistake.span().unwrap_or(left.key_span);
                    reading.problem(left.source.problem(&span, mistake.message()));
                }
            }
        }
        reading.put(Sections(all));
    }

    fn reference(&self) -> Vec<KeyTable> {
        let title = format!("{}: {}", self.kinds.join(", "), self.key);
        vec![KeyTable::of_value(&title, self.key, &schema_of::<T>())]
    }
}
