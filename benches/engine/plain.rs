//! The same work as plainly as it can be written.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, VecDeque};
use std::hash::Hasher as _;
use std::hint::black_box;

use uuid::Uuid;

use crate::crew::PLAYERS;

/// Hashes what a roll depends on with the library's own hash.
pub(crate) fn roll(tick: u64, who: Uuid, purpose: &str, n: u32) -> u64 {
    let mut hash = DefaultHasher::new();
    hash.write_u64(7);
    hash.write_u64(tick);
    hash.write(who.as_bytes());
    hash.write(purpose.as_bytes());
    hash.write_u32(n);
    hash.finish()
}

#[derive(Clone, Default)]
struct Purse {
    coins: u64,
    place: String,
}

fn ids() -> Vec<Uuid> {
    (0..PLAYERS as u128).map(Uuid::from_u128).collect()
}

/// Writes each value and copies it out with its id, boxed as something that can be encoded later.
pub(crate) fn collect() -> Box<dyn FnMut()> {
    let ids = ids();
    let mut purses = vec![Purse::default(); PLAYERS];
    Box::new(move || {
        let mut rows: Vec<(Uuid, Box<Purse>)> = Vec::new();
        for (id, purse) in ids.iter().zip(&mut purses) {
            purse.coins += 1;
            rows.push((*id, Box::new(purse.clone())));
        }
        rows.sort_by_key(|(id, _)| *id);
        black_box(rows);
    })
}

/// Asks for a change of each in one vector, then makes the changes.
pub(crate) fn settle() -> Box<dyn FnMut()> {
    let mut pulses = vec![0_u64; PLAYERS];
    Box::new(move || {
        let mut bumps: Vec<(usize, u64)> = Vec::new();
        for who in 0..PLAYERS {
            bumps.push((who, 1));
        }
        for (who, by) in black_box(bumps) {
            pulses[who] += by;
        }
        black_box(&pulses);
    })
}

/// Finds whose line it is, remembers the last 64 outcomes of each, and answers.
pub(crate) fn orders() -> Box<dyn FnMut()> {
    let mut known: HashMap<u64, VecDeque<(u64, bool)>> = HashMap::new();
    let mut id = 0;
    Box::new(move || {
        id += 1;
        let lines = (0..PLAYERS as u64).map(|session| (session, "look at the sky".to_owned()));
        let lines: Vec<(u64, String)> = lines.collect();
        let mut answers = Vec::new();
        for (session, line) in black_box(lines) {
            let record = known.entry(session).or_default();
            if record.iter().any(|(done, _)| *done == id) {
                continue;
            }
            if record.len() == 64 {
                record.pop_front();
            }
            record.push_back((id, true));
            answers.push((session, id, line.len(), record.clone()));
        }
        black_box(answers);
    })
}

/// Writes each value as JSON and hashes it with its id.
pub(crate) fn digest() -> Box<dyn FnMut()> {
    let ids = ids();
    let purses = vec![Purse::default(); PLAYERS];
    Box::new(move || {
        let mut hash = DefaultHasher::new();
        for (id, purse) in ids.iter().zip(&purses) {
            let (coins, place) = (purse.coins, &purse.place);
            let body = serde_json::json!({"coins": coins, "place": place}).to_string();
            hash.write(id.as_bytes());
            hash.write(b"purse");
            hash.write(body.as_bytes());
        }
        black_box(hash.finish());
    })
}
