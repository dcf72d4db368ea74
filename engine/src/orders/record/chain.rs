//! How remembered commands are written: one text, each entry relative to the one before.
//!
//! `1.20 1.1 1.3!invalid_command` are command 1 of tick 20, command 2 of tick 21, and command 3 of tick
//! 24, which was refused. Thousands of records are written each second, and ids and ticks grow by
//! little: a text of small numbers is a fraction of the same as JSON.

use std::collections::VecDeque;
use std::fmt::Write as _;

use serde::{Deserialize as _, Deserializer, Serializer, de};

use super::{Executed, REMEMBERED};
use crate::port::Code;

/// Room for an entry of the usual size.
const ENTRY_BYTES: usize = 6;

pub(super) fn serialize<S: Serializer>(
    recent: &VecDeque<Executed>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut text = String::with_capacity(recent.len() * ENTRY_BYTES);
    let (mut id, mut tick) = (0, 0);
    for one in recent {
        if !text.is_empty() {
            text.push(' ');
        }
        // Wrapping, so that whatever comes after whatever is read back.
        push(&mut text, one.0.wrapping_sub(id));
        text.push('.');
        push(&mut text, one.2.wrapping_sub(tick));
        if let Some(code) = one.1 {
            text.push('!');
            text.push_str(code.word());
        }
        (id, tick) = (one.0, one.2);
    }
    serializer.serialize_str(&text)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<VecDeque<Executed>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let mut recent = VecDeque::with_capacity(REMEMBERED);
    let (mut id, mut tick) = (0_u64, 0_u64);
    for entry in text.split_ascii_whitespace() {
        let read = read(entry).ok_or_else(|| {
            de::Error::invalid_value(de::Unexpected::Str(entry), &"ID.TICK or ID.TICK!CODE")
        })?;
        id = id.wrapping_add(read.0);
        tick = tick.wrapping_add(read.2);
        recent.push_back(Executed(id, read.1, tick));
    }
    Ok(recent)
}

fn read(entry: &str) -> Option<Executed> {
    let (numbers, code) = match entry.split_once('!') {
        Some((numbers, code)) => (
            numbers,
            Some(*Code::ALL.iter().find(|known| known.word() == code)?),
        ),
        None => (entry, None),
    };
    let (id, tick) = numbers.split_once('.')?;
    Some(Executed(id.parse().ok()?, code, tick.parse().ok()?))
}

fn push(text: &mut String, number: u64) {
    match u8::try_from(number) {
        Ok(digit @ 0..=9) => text.push(char::from(b'0' + digit)),
        // A string takes everything.
        _ => drop(write!(text, "{number}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CommandRecord;

    #[test]
    fn command_record_round_trips() {
        let mut record = CommandRecord::default();
        for (id, code, tick) in [
            (7, None, 1_000_020),
            (8, Some(Code::ResourceNotFound), 1_000_020),
            (12, None, 1_000_031),
            (u64::MAX, None, u64::MAX),
            (3, Some(Code::InternalError), 4),
        ] {
            record.remember(id, code, tick);
        }
        let text = serde_json::to_string(&record).unwrap();
        assert!(
            text.contains("\"7.1000020 1.0!resource_not_found 4.11 "),
            "{text}"
        );
        assert_eq!(
            serde_json::from_str::<CommandRecord>(&text).unwrap(),
            record
        );
    }

    #[test]
    fn malformed_record_entry_is_refused() {
        for entry in ["7", "7.x", "x.7", "7.7!who_knows", "-1.2"] {
            let text = format!(r#"{{"h": 1, "r": "1.1 {entry}"}}"#);
            let fault = serde_json::from_str::<CommandRecord>(&text).unwrap_err();
            assert!(fault.to_string().contains(entry), "{fault}");
        }
    }
}
