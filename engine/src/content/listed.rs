//! Definitions that are written as lists: `[[things]]` in every file of `things/`, each with its id.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::definitions::Definition;
use super::reference::KeyTable;
use super::rules::schema_of;
use super::{Claim, ContentReader, Definitions, LeftSection, Reading, Source, ValuePlace, bounds};

/// What an id of a list may be: words with dots between them, so that they can be sorted by kind.
fn is_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    (1..=120).contains(&id.len()) && id.chars().all(plain)
}

/// The ids of every definition of a kind, at hand while each of them is checked.
#[derive(Debug)]
pub struct DefinedIds<T> {
    ids: BTreeSet<String>,
    of: PhantomData<fn() -> T>,
}

impl<T> DefinedIds<T> {
    /// Whether something is defined under an id.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.ids.contains(id)
    }
}

/// Reads `[[KEY]]` of every file in the folder `KEY/`. Keys of an item that are none of `T`'s are left
/// to those who read them as a [`Section`](super::Section) of this kind.
pub(crate) struct ListedReader<T> {
    key: &'static str,
    kind: &'static str,
    of: PhantomData<fn() -> T>,
}

/// One of a list as it was written.
struct ListedItem<'a, T> {
    id: String,
    source: &'a Source,
    value: Spanned<DeValue<'a>>,
    read: T,
}

type ItemMistake = (Option<std::ops::Range<usize>>, String);

impl<T: Definition> ListedReader<T> {
    pub(crate) const fn new(key: &'static str, kind: &'static str) -> Self {
        Self {
            key,
            kind,
            of: PhantomData,
        }
    }

    /// The lists of one file, item by item.
    fn items<'a>(
        &self,
        source: &'a Source,
        own: &dyn Fn(&str) -> bool,
        reading: &mut Reading<'a>,
    ) -> Vec<ListedItem<'a, T>> {
        let mut problems = Vec::new();
        let table = source.table(&mut problems);
        for problem in problems {
            reading.problem(problem);
        }
        let mut items = Vec::new();
        for (key, value) in table.into_iter().flat_map(|table| table.into_inner()) {
            if key.as_ref() != self.key {
                let message = format!("unknown key `{}`; there is `{}`", key.as_ref(), self.key);
                reading.problem(source.problem(&key.span(), message));
                continue;
            }
            let span = value.span();
            let DeValue::Array(list) = value.into_inner() else {
                let message = format!("`{0}` is no list: write a `[[{0}]]` for each", self.key);
                reading.problem(source.problem(&span, message));
                continue;
            };
            for one in list {
                let span = one.span();
                match self.item(source, one, own, reading) {
                    Ok(item) => items.push(item),
                    Err((at, message)) => {
                        let span = at.unwrap_or(span);
                        reading.problem(source.problem(&span, message));
                    }
                }
            }
        }
        items
    }

    /// One of a list: its id, its own keys, and what is left to others.
    fn item<'a>(
        &self,
        source: &'a Source,
        mut value: Spanned<DeValue<'a>>,
        own: &dyn Fn(&str) -> bool,
        reading: &mut Reading<'a>,
    ) -> Result<ListedItem<'a, T>, ItemMistake> {
        let DeValue::Table(table) = value.get_mut() else {
            return Err((None, "this is no table".to_owned()));
        };
        let id = table.remove("id");
        let id = id.ok_or((None, "`id` is missing".to_owned()))?;
        let (span, id) = (id.span(), id.as_ref().as_str().map(str::to_owned));
        let id = id.filter(|id| is_id(id));
        let rule = "`id` is not 1 to 120 of a-z, 0-9 and ._-";
        let id = id.ok_or((Some(span), rule.to_owned()))?;
        let others = table.keys().filter(|key| !own(key.as_ref()));
        for key in others.cloned().collect::<Vec<_>>() {
            let Some(value) = table.remove(key.as_ref().as_ref()) else {
                continue;
            };
            reading.leave(LeftSection {
                kind: self.kind,
                subject: id.clone(),
                key: key.as_ref().to_string(),
                key_span: key.span(),
                source,
                value,
            });
        }
        let read = T::deserialize(ValueDeserializer::from(value.clone()))
            .map_err(|mistake| (mistake.span(), mistake.message().to_owned()))?;
        Ok(ListedItem {
            id,
            source,
            value,
            read,
        })
    }
}

impl<T: Definition> ContentReader for ListedReader<T> {
    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Folder(format!("{}/", self.key))]
    }

    fn read(&self, reading: &mut Reading<'_>) {
        let schema = schema_of::<T>();
        let own = |key: &str| schema["properties"].get(key).is_some();
        let folder = format!("{}/", self.key);
        let of_folder = |path: &str| path.starts_with(&folder) && path.ends_with(".toml");
        let sources = reading.sources().iter();
        let sources = sources.filter(|source| of_folder(&source.path));
        let items: Vec<_> = sources
            .flat_map(|source| self.items(source, &own, reading))
            .collect();
        let ids = items.iter().map(|one| one.id.clone()).collect();
        let of = PhantomData;
        reading.put(DefinedIds::<T> { ids, of });
        let mut all = BTreeMap::new();
        for mut one in items {
            let at = reading.at(one.source, ValuePlace::of(&one.value));
            let twice = format!("`{}` is defined twice", one.id);
            at.unless(!all.contains_key(&one.id), twice);
            bounds::check(&schema, &schema, &at);
            one.read.check(&one.id, &at);
            all.insert(one.id, one.read);
        }
        reading.put(Definitions::of(all));
    }

    fn reference(&self) -> Vec<KeyTable> {
        let title = format!("{0}/*.toml: `[[{0}]]`", self.key);
        vec![KeyTable::of(&title, &schema_of::<T>())]
    }
}
