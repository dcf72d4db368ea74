//! What the router tells one session.

use std::sync::Arc;

use engine::port::{Admission, Note, Refusal};

use crate::payload::{CommandResponse, ErrorNote};

/// What a session hears.
pub(super) enum SessionOutput {
    Note(Arc<dyn Note>),
    Answer(CommandResponse),
    Admitted(Admission),
    Refused(Refusal),
    Receipt,
    Close(Option<ErrorNote>),
    /// For the gateway itself.
    Heeded,
}

impl SessionOutput {
    pub(super) fn note(&self) -> Option<&dyn Note> {
        match self {
            Self::Note(note) => Some(&**note),
            Self::Answer(response) => Some(response),
            Self::Close(error) => error.as_ref().map(|error| error as &dyn Note),
            Self::Admitted(_) | Self::Refused(_) | Self::Receipt | Self::Heeded => None,
        }
    }
}
