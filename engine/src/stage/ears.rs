//! What a session was told.

use std::sync::Arc;

use crate::port::{Admission, Leaving, Note, Outbound, Outcome, Refusal};

/// What one session was told.
#[derive(Debug, Default)]
pub struct Ears {
    /// Notes, oldest first.
    pub notes: Vec<Arc<dyn Note>>,
    /// Outcomes of its commands, oldest first.
    pub outcomes: Vec<Outcome>,
    /// Its welcomes, oldest first.
    pub admissions: Vec<Admission>,
    /// Why it did not get its character, if it did not.
    pub refused: Option<Refusal>,
    /// Why it was closed, if it was.
    pub closed: Option<Leaving>,
    /// The words it was closed with, where there were any.
    pub told: Option<String>,
    /// How many notes had been told when it was closed.
    pub notes_before_close: usize,
}

impl Ears {
    /// Everything readable, a line per line.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for note in &self.notes {
            if let Some(prose) = note.prose() {
                text.push_str(&prose.plain());
                text.push('\n');
            }
        }
        for outcome in &self.outcomes {
            match &outcome.result {
                Ok(Some(result)) => text.push_str(result),
                Ok(None) => continue,
                Err(refusal) => text.push_str(&refusal.message),
            }
            text.push('\n');
        }
        if let Some(told) = &self.told {
            text.push_str(told);
            text.push('\n');
        }
        text
    }

    /// The payloads of all notes of one event type.
    #[must_use]
    pub fn events(&self, event_type: &str) -> Vec<serde_json::Value> {
        self.notes
            .iter()
            .filter(|note| note.event_type() == event_type)
            .map(|note| serde_json::to_value(note.data()).unwrap_or_default())
            .collect()
    }

    /// Takes in what this session is told; a note is shared, everything else is its own.
    pub(super) fn hear(&mut self, said: Outbound) {
        match said {
            Outbound::Note { note, .. } => self.notes.push(note),
            // Nobody's session hears it.
            Outbound::Reply { .. } => {}
            Outbound::Outcome { outcome, .. } => self.outcomes.push(outcome),
            Outbound::Admitted { admission, .. } => self.admissions.push(admission),
            Outbound::Refused { refusal, .. } => self.refused = Some(refusal),
            // No session's.
            Outbound::Ban { .. } | Outbound::Receipt { .. } => {}
            Outbound::Close { why, told, .. } => {
                self.closed = Some(why);
                self.told = told;
                self.notes_before_close = self.notes.len();
            }
        }
    }
}
