//! What a client has heard of its session, and whether those in one room heard the same.

use std::collections::HashMap;

use serde_json::Value;

/// One line of talk: its message id and its text.
pub(crate) type Spoken = (String, String);

/// A session's stream as its client sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hearing {
    /// What a resume needs: the session's key and the last number heard.
    pub(crate) key: String,
    pub(crate) last: u64,
    pub(crate) run: Value,
    /// Talk since this run of the server was joined, in order.
    pub(crate) talk: Vec<Spoken>,
    /// Talk of the runs before, each with its name.
    pub(crate) before: Vec<(String, Vec<Spoken>)>,
}

impl Hearing {
    /// Takes a `welcome`; answers whether the session goes on.
    pub(crate) fn welcome(&mut self, frame: &Value) -> bool {
        let data = &frame["data"];
        let number = frame["sequence_number"].as_u64().unwrap();
        let key = data["session_id"].as_str().unwrap();
        if data["resumed"] == true {
            assert_eq!(number, self.last, "resumed elsewhere: {frame}");
            assert_eq!(key, self.key, "another session: {frame}");
            return true;
        }
        assert_eq!(number, 1, "a session begins at 1: {frame}");
        if !self.run.is_null() {
            let name = self.run.as_str().unwrap().to_owned();
            self.before.push((name, std::mem::take(&mut self.talk)));
        }
        key.clone_into(&mut self.key);
        self.last = 1;
        self.run = data["run"].clone();
        false
    }

    /// Takes any other frame of the session: the one after the last, and no other.
    pub(crate) fn note(&mut self, frame: &Value) {
        let number = frame["sequence_number"].as_u64().unwrap();
        assert_eq!(number, self.last + 1, "a gap or a repetition: {frame}");
        self.last = number;
        if frame["event_type"] == "chat_message" {
            let data = &frame["data"];
            let text = |field: &str| data[field].as_str().unwrap().to_owned();
            self.talk
                .push((text("message_id"), text("original_content")));
        }
    }
}

/// What those in one room heard, laid over each other.
///
/// Each line must be followed by the same line for all who heard both: whoever missed one, heard
/// one twice or heard two in another order has a neighbour that nobody else has.
#[derive(Debug, Default)]
pub(crate) struct Agreement {
    next: HashMap<String, String>,
    before: HashMap<String, String>,
    texts: HashMap<String, String>,
}

impl Agreement {
    /// Adds what one of them heard.
    pub(crate) fn add(&mut self, who: &str, talk: &[Spoken]) {
        for (id, text) in talk {
            let known = self.texts.entry(id.clone()).or_insert_with(|| text.clone());
            assert_eq!(known, text, "{who} heard another text");
        }
        for pair in talk.windows(2) {
            let [(one, text), (other, other_text)] = pair else {
                continue;
            };
            let words = || format!("{who} heard \"{other_text}\" after \"{text}\", others not");
            let next = self.next.entry(one.clone()).or_insert(other.clone());
            assert_eq!(next, other, "{}", words());
            let before = self.before.entry(other.clone()).or_insert(one.clone());
            assert_eq!(before, one, "{}", words());
        }
    }

    /// How many lines there were.
    pub(crate) fn lines(&self) -> usize {
        self.texts.len()
    }

    /// Texts that were heard under two ids.
    pub(crate) fn repeated(&self) -> Vec<&str> {
        let mut texts: Vec<&str> = self.texts.values().map(String::as_str).collect();
        texts.sort_unstable();
        let twice = texts.windows(2).filter(|pair| pair[0] == pair[1]);
        twice.map(|pair| pair[0]).collect()
    }
}
