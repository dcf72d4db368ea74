//! The warnings and errors of every thread, for the proofs that something is logged.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

type Fields = BTreeMap<&'static str, String>;

static ENTRIES: Mutex<Vec<Fields>> = Mutex::new(Vec::new());

/// Takes down what is logged from now on.
pub(crate) fn open() {
    static OPEN: Once = Once::new();
    // Global, because the world logs on a thread of its own.
    OPEN.call_once(|| tracing::subscriber::set_global_default(Logbook).unwrap());
}

/// Every entry with this message.
pub(crate) fn all(message: &str) -> Vec<Fields> {
    let entries = ENTRIES.lock().unwrap_or_else(PoisonError::into_inner);
    entries
        .iter()
        .filter(|fields| fields.get("message").is_some_and(|one| one == message))
        .cloned()
        .collect()
}

/// Whether some entry has this message and all of these fields.
pub(crate) fn has(message: &str, fields: &[(&str, &str)]) -> bool {
    all(message).iter().any(|entry| {
        fields
            .iter()
            .all(|(name, value)| entry.get(name).is_some_and(|one| one == value))
    })
}

struct Logbook;

impl Subscriber for Logbook {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut entry = Entry(Fields::new());
        event.record(&mut entry);
        let mut entries = ENTRIES.lock().unwrap_or_else(PoisonError::into_inner);
        entries.push(entry.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Entry(Fields);

impl Visit for Entry {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}
