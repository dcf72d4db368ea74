//! A client's book: what it asked for, what it was told, and what must therefore be so.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// What a command asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Count,
    Give { to: String, coins: i64 },
}

impl Wish {
    pub(super) fn line(&self) -> String {
        match self {
            Self::Count => "count".to_owned(),
            Self::Give { to, coins } => format!("pay {to} {coins}"),
        }
    }
}

/// One command, from its first sending on.
#[derive(Clone, Debug)]
struct Entry {
    wish: Wish,
    told: Option<Told>,
}

/// The last answer to it.
#[derive(Clone, Debug)]
struct Told {
    /// `None`: it was done.
    code: Option<String>,
    run: Value,
    tick: u64,
    /// It was executed in that tick, not only repeated.
    fresh: bool,
    durable: bool,
}

/// Everything one character ever asked for, by command id.
#[derive(Debug, Default)]
pub(super) struct Book {
    entries: BTreeMap<u64, Entry>,
    /// Every command below this id has an answer that survived a crash.
    settled: u64,
    pub(super) figures: Figures,
}

/// What the proof has met.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    pub(super) sent: u64,
    pub(super) durable: u64,
    pub(super) repeated: u64,
    pub(super) vanished: u64,
    pub(super) welcomes: u64,
}

impl Figures {
    pub(super) fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.durable += other.durable;
        self.repeated += other.repeated;
        self.vanished += other.vanished;
        self.welcomes += other.welcomes;
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} commands over {} sign-ins: {} told durable, {} resent and only repeated, {} applied but not durable and wholly gone",
            self.sent, self.welcomes, self.durable, self.repeated, self.vanished
        )
    }
}

impl Book {
    /// Begins with the ids above `last`.
    pub(super) fn begin_after(last: u64) -> Self {
        Self {
            settled: last + 1,
            ..Self::default()
        }
    }

    /// Notes a new wish; answers its id.
    pub(super) fn note(&mut self, wish: Wish) -> u64 {
        let last = self.entries.last_key_value();
        // Ids rise, but not by one.
        let id = last.map_or(self.settled, |(last, _)| last + 2);
        self.entries.insert(id, Entry { wish, told: None });
        self.figures.sent += 1;
        id
    }

    pub(super) fn wish(&self, id: u64) -> &Wish {
        &self.entries[&id].wish
    }

    /// How many commands have no answer.
    pub(super) fn open(&self) -> usize {
        self.entries
            .range(self.settled..)
            .filter(|(_, entry)| entry.told.is_none())
            .count()
    }

    /// Compares the books with a welcome after a crash, and forgets the answers that vanished.
    pub(super) fn welcome(&mut self, welcome: &Value) {
        self.figures.welcomes += 1;
        let last = welcome["last_command_id"].as_u64().unwrap();
        let recovered = &welcome["recovered"];
        for (id, entry) in self.entries.range_mut(self.settled..) {
            let survived = *id <= last;
            let Some(told) = &entry.told else { continue };
            assert!(
                survived || !told.durable,
                "{id} was durable and is gone: {told:?}, {welcome}"
            );
            // A run in which one did not sign in may lie between.
            if told.fresh && recovered["run"] == told.run {
                let reached = recovered["tick"].as_u64().unwrap();
                assert_eq!(
                    survived,
                    told.tick <= reached,
                    "half there: {id} {told:?}, {welcome}"
                );
            }
            if !survived {
                entry.told = None;
                self.figures.vanished += 1;
            }
        }
        self.settled = self
            .entries
            .range(self.settled..)
            .find(|(id, entry)| entry.told.is_none() || **id > last)
            .map_or(last + 1, |(id, _)| *id);
    }

    /// What has to be sent again, in order.
    pub(super) fn unanswered(&self) -> Vec<u64> {
        self.entries
            .range(self.settled..)
            .filter(|(_, entry)| entry.told.is_none())
            .map(|(id, _)| *id)
            .collect()
    }

    /// The last answered commands, which the server must remember.
    pub(super) fn answered(&self, most: usize) -> Vec<u64> {
        self.entries
            .iter()
            .rev()
            .filter(|(_, entry)| entry.told.is_some())
            .take(most)
            .map(|(id, _)| *id)
            .collect()
    }

    /// Notes an answer.
    pub(super) fn answer(&mut self, frame: &Value, run: &Value) {
        let data = &frame["data"];
        let id = data["id"].as_u64().unwrap();
        let code = match data["ok"].as_bool().unwrap() {
            true => None,
            false => Some(data["error"]["code"].as_str().unwrap().to_owned()),
        };
        let repeated = data["repeated"] == true;
        let before = self.entries[&id].told.clone();
        if let Some(before) = &before {
            assert!(repeated, "done again: {frame}, was {before:?}");
            assert_eq!(before.code, code, "another outcome: {frame}");
        }
        self.figures.repeated += u64::from(repeated);
        let refusals = ["player_not_in_room", "game_logic_error"];
        assert!(
            code.as_deref().is_none_or(|code| refusals.contains(&code)),
            "not asked for: {frame}"
        );
        if !repeated && self.entries[&id].wish == Wish::Count {
            let value = data["result"].as_str().unwrap();
            let before = self
                .entries
                .range(..id)
                .filter(|(_, entry)| entry.wish == Wish::Count)
                .count();
            assert_eq!(value, (before + 1).to_string(), "miscounted: {frame}");
        }
        if before.is_none() {
            self.entries.get_mut(&id).unwrap().told = Some(Told {
                code,
                run: run.clone(),
                tick: frame["tick"].as_u64().unwrap(),
                fresh: !repeated,
                durable: false,
            });
        }
    }

    /// Notes how far everything is durable.
    pub(super) fn durable(&mut self, run: &Value, through: u64) {
        for (_, entry) in self.entries.range_mut(self.settled..) {
            if let Some(told) = &mut entry.told
                && !told.durable
                && told.run == *run
                && told.tick <= through
            {
                told.durable = true;
                self.figures.durable += 1;
            }
        }
    }

    /// How many counts were done.
    pub(super) fn counted(&self) -> u64 {
        let counts = self.entries.values();
        counts.filter(|entry| entry.wish == Wish::Count).count() as u64
    }

    /// How many coins were given away.
    pub(super) fn given(&self) -> i64 {
        self.gifts().map(|(_, coins)| coins).sum()
    }

    /// How many coins were given to somebody.
    pub(super) fn given_to(&self, name: &str) -> i64 {
        self.gifts()
            .filter(|(to, _)| *to == name)
            .map(|(_, coins)| coins)
            .sum()
    }

    fn gifts(&self) -> impl Iterator<Item = (&str, i64)> {
        self.entries.values().filter_map(|entry| match &entry.wish {
            Wish::Give { to, coins } if entry.told.as_ref()?.code.is_none() => {
                Some((to.as_str(), *coins))
            }
            _ => None,
        })
    }
}
