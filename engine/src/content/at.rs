//! Where in a file a value was written, so that a mistake about it can be told with its line.

use std::any::TypeId;
use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::{Problem, Source, ValueMap};

/// A value in a file.
#[derive(Clone, Debug)]
pub struct ValuePlace<'a> {
    pub(super) span: Range<usize>,
    /// `None`: it was not written.
    pub(super) value: Option<&'a DeValue<'a>>,
}

impl<'a> ValuePlace<'a> {
    /// Of a value with its span.
    #[must_use]
    pub fn of(value: &'a Spanned<DeValue<'a>>) -> Self {
        Self {
            span: value.span(),
            value: Some(value.as_ref()),
        }
    }

    /// Of what is no value of TOML: every mistake about it is told here.
    #[must_use]
    pub const fn within(span: Range<usize>) -> Self {
        Self { span, value: None }
    }
}

/// A value in a file, and where mistakes about it are told.
#[derive(Clone)]
pub struct At<'a> {
    source: &'a Source,
    place: ValuePlace<'a>,
    /// Its key, dotted, for people.
    key: String,
    values: &'a ValueMap,
    problems: &'a RefCell<Vec<Problem>>,
}

impl std::fmt::Debug for At<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.source.path, self.key)
    }
}

impl<'a> At<'a> {
    pub(super) const fn new(
        source: &'a Source,
        place: ValuePlace<'a>,
        values: &'a ValueMap,
        problems: &'a RefCell<Vec<Problem>>,
    ) -> Self {
        Self {
            source,
            place,
            key: String::new(),
            values,
            problems,
        }
    }

    /// The value of a key; where it was not written, mistakes are told of the table as a whole.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let found = self.place.value.and_then(DeValue::as_table);
        let found = found.and_then(|table| table.get(key));
        self.child(key, found)
    }

    /// The one of this index.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        let found = self.place.value.and_then(DeValue::as_array);
        let found = found.and_then(|array| array.get(index));
        let child = self.child("", found);
        Self {
            key: self.key.clone(),
            ..child
        }
    }

    /// The key itself, for mistakes about how it is called.
    #[must_use]
    pub fn name(&self, key: &str) -> Self {
        let table = self.place.value.and_then(DeValue::as_table);
        let found = table.and_then(|table| table.get_key_value(key));
        let mut named = self.key(key);
        if let Some((key, _)) = found {
            named.place.span = key.span();
        }
        named
    }

    /// Whether it was written.
    #[must_use]
    pub const fn is_written(&self) -> bool {
        self.place.value.is_some()
    }

    /// What another reader, which comes before, has made.
    #[must_use]
    pub fn content<T: Send + Sync + 'static>(&self) -> Option<&'a T> {
        self.values.get(&TypeId::of::<T>())?.downcast_ref()
    }

    /// Tells of a mistake here.
    pub fn problem(&self, message: impl Into<String>) {
        let problem = self.source.problem(&self.place.span, message);
        self.problems.borrow_mut().push(problem);
    }

    /// Tells of a mistake here unless something holds.
    pub fn unless(&self, holds: bool, message: impl Into<String>) {
        if !holds {
            self.problem(message);
        }
    }

    /// The same, called by a key.
    pub(super) fn named(self, key: &str) -> Self {
        Self {
            key: key.to_owned(),
            ..self
        }
    }

    /// Its dotted key.
    pub(super) fn dotted(&self) -> &str {
        &self.key
    }

    pub(super) const fn value(&self) -> Option<&'a DeValue<'a>> {
        self.place.value
    }

    fn child(&self, key: &str, found: Option<&'a Spanned<DeValue<'a>>>) -> Self {
        let dotted = match self.key.as_str() {
            "" => key.to_owned(),
            before => format!("{before}.{key}"),
        };
        let place = match found {
            Some(found) => ValuePlace::of(found),
            None => ValuePlace {
                span: self.place.span.clone(),
                value: None,
            },
        };
        Self {
            place,
            key: dotted,
            ..self.clone()
        }
    }
}
