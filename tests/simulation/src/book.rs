//! What one client asked for, what it was told of it, and what that promises.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::laws::{Court, Law};

/// What a command is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Mark(u64),
    Mint(u64),
    /// A coin goes from one to another; nobody: the ground.
    Move(u64, String, String),
    Mute(String),
    Unmute(String),
    Ban(String),
    Other,
}

#[derive(Clone, Debug)]
struct Entry {
    wish: Wish,
    line: String,
    /// Done in that run and tick, as it was told last.
    told: Option<(String, u64)>,
    durable: bool,
    refused: bool,
}

/// Everything that one client asked for, by id.
#[derive(Debug)]
pub(crate) struct Book {
    name: String,
    entries: BTreeMap<u64, Entry>,
    last: u64,
    /// Whom it does not hear, on which node since which tick.
    mutes: BTreeMap<String, (usize, u64, bool)>,
    /// The node that answers.
    node: usize,
}

impl Book {
    pub(crate) const fn new(name: String) -> Self {
        Self {
            name,
            entries: BTreeMap::new(),
            last: 0,
            mutes: BTreeMap::new(),
            node: 0,
        }
    }

    /// A new command, with its id.
    pub(crate) fn ask(&mut self, wish: Wish, line: String, court: &Court) -> u64 {
        match &wish {
            Wish::Unmute(whom) => drop(self.mutes.remove(whom)),
            Wish::Other if line.starts_with("unban ") => {
                let whom = line.trim_start_matches("unban ").to_owned();
                court.claims(|claims| claims.banned.remove(&whom));
                for one in self.entries.values_mut() {
                    if one.wish == Wish::Ban(whom.clone()) {
                        one.wish = Wish::Other;
                    }
                }
            }
            _ => {}
        }
        self.last += 1;
        if let Wish::Move(coin, ..) = &wish {
            let key = (self.name.clone(), self.last);
            court.claims(|claims| claims.open_moves.insert(key, *coin));
        }
        let entry = Entry {
            wish,
            line,
            told: None,
            durable: false,
            refused: false,
        };
        self.entries.insert(self.last, entry);
        self.last
    }

    /// What is not settled, in the order of ids.
    pub(crate) fn open(&self) -> impl Iterator<Item = (u64, &str)> {
        let open = self
            .entries
            .iter()
            .filter(|(_, one)| !one.durable && !one.refused);
        open.map(|(id, one)| (*id, one.line.as_str()))
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.open().next().is_none()
    }

    /// A command was answered.
    pub(crate) fn answered(&mut self, (run, tick): (&str, u64), data: &Value, court: &Court) {
        let Some(id) = data["id"].as_u64() else {
            return;
        };
        let Some(entry) = self.entries.get_mut(&id) else {
            return court.broken(
                Law::ResendsAnswered,
                format!("{} never sent {id}", self.name),
            );
        };
        let code = data["error"]["code"].as_str();
        let ok = data["ok"].as_bool() == Some(true);
        let was_done = entry.durable || entry.told.as_ref().is_some_and(|(of, _)| of == run);
        // The gateway's no to a line that it did not pass on: what is known already stays known.
        if was_done
            && matches!(
                code,
                Some("server_busy" | "rate_limit_exceeded" | "system_error")
            )
        {
            return;
        }
        if code == Some("command_out_of_order") || (was_done && !ok) {
            let how = format!(
                "{}'s {id} ({}) was done, and is now {code:?}",
                self.name, entry.line
            );
            return court.broken(Law::ResendsAnswered, how);
        }
        if !ok {
            entry.refused = true;
            if let Wish::Mark(number) = entry.wish {
                let name = self.name.clone();
                court.claims(|claims| claims.marks.entry(name).or_default().1.insert(number));
            }
            if let Wish::Move(..) = entry.wish {
                let key = (self.name.clone(), id);
                court.claims(|claims| claims.open_moves.remove(&key));
            }
            return;
        }
        let repeated = data["repeated"].as_bool() == Some(true);
        let since = court.claims(|claims| claims.banned.get(&self.name).copied());
        let node = self.node;
        if since.is_some_and(|(at, since)| at == node && tick > since + 1) && !repeated {
            let how = format!("{} does {} in tick {tick}", self.name, entry.line);
            return court.broken(Law::BannedOut, how);
        }
        if entry.told.is_none() {
            entry.told = Some((run.to_owned(), tick));
        }
        if let Wish::Mute(whom) = entry.wish.clone() {
            let lift = Wish::Unmute(whom.clone());
            let mut later = self.entries.range(id + 1..);
            if !later.any(|(_, one)| one.wish == lift) {
                self.mutes.entry(whom).or_insert((node, tick, false));
            }
        }
    }

    /// Everything of that run up to that tick is durable.
    pub(crate) fn durable(&mut self, run: &str, through: u64, court: &Court) {
        let (name, node) = (&self.name, self.node);
        for (id, one) in self.entries.iter_mut().filter(|(_, one)| !one.durable) {
            let Some((_, tick)) = one
                .told
                .as_ref()
                .filter(|(of, at)| of == run && *at <= through)
            else {
                continue;
            };
            one.durable = true;
            let tick = *tick;
            court.claims(|claims| match &one.wish {
                Wish::Mark(number) => {
                    claims
                        .marks
                        .entry(name.clone())
                        .or_default()
                        .0
                        .insert(*number);
                }
                Wish::Mint(number) => {
                    claims.coins.insert(*number);
                    let flows = claims.flows.entry(*number).or_default();
                    *flows.entry(name.clone()).or_default() += 1;
                }
                Wish::Move(coin, from, to) => {
                    claims.open_moves.remove(&(name.clone(), *id));
                    let flows = claims.flows.entry(*coin).or_default();
                    *flows.entry(from.clone()).or_default() -= 1;
                    *flows.entry(to.clone()).or_default() += 1;
                }
                Wish::Ban(whom) => {
                    claims.banned.insert(whom.clone(), (node, tick));
                }
                Wish::Mute(_) | Wish::Unmute(_) | Wish::Other => {}
            });
            if let Wish::Mute(whom) = &one.wish
                && let Some((.., lasts)) = self.mutes.get_mut(whom)
            {
                *lasts = true;
            }
        }
    }

    /// Another run answers from here on: what of another is not durable has to be asked again.
    pub(crate) fn begins(&mut self, node: usize, run: &str) {
        self.node = node;
        for one in self.entries.values_mut() {
            if !one.durable && one.told.as_ref().is_some_and(|(of, _)| of != run) {
                one.told = None;
            }
        }
        let entries = &self.entries;
        self.mutes.retain(|whom, (.., lasts)| {
            *lasts
                || entries.values().any(|one| {
                    one.told.is_some() && !one.durable && one.wish == Wish::Mute(whom.clone())
                })
        });
    }

    /// Whether somebody is not to be heard in that tick: ticks of another node say nothing, but the
    /// character came from there with whom it mutes.
    pub(crate) fn mutes(&self, whom: &str, tick: u64) -> bool {
        let muted = self.mutes.get(whom);
        muted.is_some_and(|(node, since, _)| *node != self.node || tick > *since)
    }
}
