//! What a tick says, as it can be compared and shown.

use engine::port::{Outbound, SessionId};
use engine::record::TickEffects;
use serde_json::Value;

/// Longer words are cut where they are shown, in characters.
const SHOWN_MAX: usize = 160;

/// One thing that was said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PreviewLine {
    pub(super) to: Vec<SessionId>,
    pub(super) event: String,
    /// All of it.
    pub(super) text: String,
}

impl PreviewLine {
    /// The part that people read, if there is one; where something else was said `instead`, the first
    /// part that is another there.
    pub(super) fn words(&self, instead: Option<&Self>) -> String {
        let read = |told: &Self| -> Value { serde_json::from_str(&told.text).unwrap_or_default() };
        let data = read(self);
        let words = match instead {
            Some(instead) => first_other(&data, &read(instead)),
            None => ["message", "text"].iter().find_map(|key| data.get(key)),
        };
        let words = words.and_then(Value::as_str).unwrap_or(&self.text);
        let line: String = words
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        match line.char_indices().nth(SHOWN_MAX) {
            None => line,
            Some((end, _)) => format!("{}…", &line[..end]),
        }
    }
}

/// The first part of a value that is another in `instead`.
fn first_other<'a>(value: &'a Value, instead: &Value) -> Option<&'a Value> {
    if value == instead {
        return None;
    }
    match (value, instead) {
        (Value::Object(value), Value::Object(instead)) => {
            let mut keys = value.iter();
            keys.find_map(|(key, one)| first_other(one, instead.get(key).unwrap_or(&Value::Null)))
        }
        _ => Some(value),
    }
}

/// Everything that a tick says to players, in order.
pub(super) fn told(effects: &TickEffects) -> Vec<PreviewLine> {
    effects.said.iter().filter_map(one).collect()
}

fn one(said: &Outbound) -> Option<PreviewLine> {
    let (to, event, text) = match said {
        Outbound::Note { to, note } => {
            let data = serde_json::to_string(note.data()).unwrap_or_default();
            (to.sessions().collect(), note.event_type().to_owned(), data)
        }
        Outbound::Outcome { session, outcome } => {
            let text = match &outcome.result {
                Ok(text) => serde_json::json!({ "message": text }),
                Err(no) => serde_json::json!({ "code": no.code, "message": no.message }),
            };
            (
                vec![*session],
                "command_result".to_owned(),
                text.to_string(),
            )
        }
        Outbound::Close { session, why, told } => {
            let text = serde_json::json!({ "message": told, "why": format!("{why:?}") });
            (vec![*session], "close".to_owned(), text.to_string())
        }
        Outbound::Refused { session, refusal } => {
            let text = serde_json::json!({ "message": refusal.message });
            (vec![*session], "refused".to_owned(), text.to_string())
        }
        // What a client never sees, or sees alike in every world.
        Outbound::Reply { .. }
        | Outbound::Admitted { .. }
        | Outbound::Receipt { .. }
        | Outbound::Ban { .. } => return None,
    };
    Some(PreviewLine { to, event, text })
}
