//! What one player knows and wants, without its socket.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use serde::de::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::time::Instant;

mod hearing;

use super::Ticket;
use crate::bot::{Act, Around, Bot, Sense, Way};
use crate::effects::Walk;
use crate::measure::Span;
use crate::run::{Phase, Run};
use crate::scenario::Arrivals;

/// A command that has no answer yet.
struct Waiting {
    due: Instant,
    line: String,
    sense: Sense,
    /// Sent before the server was started again, and remembered there as done.
    done: bool,
}

pub(super) struct Mind {
    run: Rc<Run>,
    bot: Bot,
    comes: Instant,
    phase: Phase,
    /// Frames to be sent.
    out: Vec<String>,
    session: Option<(String, u64)>,
    /// The server's process start.
    server_run: String,
    welcomed: bool,
    was_welcomed_before: bool,
    /// The last command the world remembers, until the room is known as well.
    remembered: Option<u64>,
    next_id: u64,
    waiting: BTreeMap<u64, Waiting>,
    /// Answered, not yet durable: tick, id, since when.
    unsaved: VecDeque<(u64, u64, Instant)>,
    walk: Walk,
    moving: Option<u64>,
    /// On the way home: the next move is due when the last is answered.
    homing: bool,
    room: String,
    ways: Vec<Way>,
    /// When the next step is due; `None` while a closed loop waits.
    due: Option<Instant>,
    think: std::time::Duration,
    deferred: bool,
    deaf_until: Option<Instant>,
}

/// The frame of a command.
pub(super) fn command(id: Option<u64>, line: &str) -> String {
    match id {
        Some(id) => json!({"type": "command", "id": id, "data": {"line": line}}).to_string(),
        None => json!({"type": "command", "data": {"line": line}}).to_string(),
    }
}

fn read<'a, T: Deserialize<'a>>(data: &'a RawValue) -> Option<T> {
    serde_json::from_str(data.get()).ok()
}

impl Mind {
    pub(super) fn new(run: Rc<Run>, ticket: &Ticket) -> Self {
        Self {
            bot: Bot::new(&run.scenario, &run.roles, ticket.index),
            run,
            comes: ticket.comes,
            phase: Phase::Play,
            out: Vec::new(),
            session: None,
            server_run: String::new(),
            welcomed: false,
            was_welcomed_before: false,
            remembered: None,
            next_id: 1,
            waiting: BTreeMap::new(),
            unsaved: VecDeque::new(),
            walk: Walk::default(),
            moving: None,
            homing: false,
            room: String::new(),
            ways: Vec::new(),
            due: None,
            think: std::time::Duration::ZERO,
            deferred: false,
            deaf_until: None,
        }
    }

    /// The first frame of a connection.
    pub(super) fn hello(&self, token: &str) -> String {
        match &self.session {
            None => json!({"type": "authenticate", "data": {"token": token}}),
            Some((session_id, last_sequence)) => json!({"type": "authenticate", "data": {
                "token": token,
                "resume": {"session_id": session_id, "last_sequence": last_sequence},
            }}),
        }
        .to_string()
    }

    /// The connection is gone; answers whether it was in the world.
    pub(super) fn is_cut(&mut self) -> bool {
        let was_in = std::mem::take(&mut self.welcomed);
        if was_in {
            let mut state = self.run.state();
            state.book.is_cut(self.bot.index);
            state.names.remove(&self.bot.index);
        }
        self.out.clear();
        self.deaf_until = None;
        // What falls due while there is no connection is late by no fault of the driver's.
        self.deferred = true;
        was_in
    }

    /// Goes for good. Who goes before the end takes its open questions along.
    pub(super) fn leaves(&mut self) {
        let now = Instant::now();
        let mut state = self.run.state();
        state.outstanding -= self.waiting.len();
        if self.phase >= Phase::Hush {
            state.count.unanswered += self.waiting.len() as u64;
            for waiting in self.waiting.values() {
                // It took at least so long.
                state.timings.record(Span::Response, waiting.due, now);
            }
        }
        self.waiting.clear();
    }

    pub(super) fn sees(&mut self, phase: Phase) {
        if phase == Phase::Ping && self.phase != Phase::Ping && self.welcomed {
            self.out
                .push(json!({"type": "ping", "data": {}}).to_string());
        }
        self.phase = phase;
        if phase >= Phase::Hush {
            self.deaf_until = None;
        }
    }

    pub(super) fn take_out(&mut self) -> Vec<String> {
        std::mem::take(&mut self.out)
    }

    pub(super) fn is_reading(&self) -> bool {
        self.deaf_until.is_none()
    }

    /// When something is to be done.
    pub(super) fn wakes(&mut self) -> Option<Instant> {
        if let Some(until) = self.deaf_until {
            return Some(until);
        }
        if !self.welcomed || self.phase != Phase::Play || self.remembered.is_some() {
            return None;
        }
        if self.bot.is_about_to_move() && self.moving.is_some() {
            self.deferred = true;
            return None;
        }
        self.due
    }

    /// Does what is due; `false` if that was to cut the connection.
    pub(super) fn acts(&mut self, now: Instant) -> Result<bool, String> {
        if self.deaf_until.take().is_some() {
            return Ok(true);
        }
        if !self.welcomed {
            return Err("no welcome came".to_owned());
        }
        let Some(due) = self.due else {
            return Ok(true);
        };
        if !std::mem::take(&mut self.deferred) {
            self.run.state().timings.record(Span::DriverDelay, due, now);
        }
        let fellow = self.fellow();
        let around = Around {
            room: &self.room,
            ways: &self.ways,
            fellow: fellow.as_ref().map(|(index, name)| (*index, &**name)),
            micros: self.run.micros(due),
            tag: &self.run.tag,
        };
        let (act, think) = self.bot.act(around);
        self.think = think;
        self.homing = think.is_zero();
        let waits = self.run.scenario.arrivals == Arrivals::Closed || self.homing;
        match act {
            Act::Type(line, sense) => {
                self.types(line, sense, due);
                self.due = if waits { None } else { Some(due + think) };
                return Ok(true);
            }
            Act::Nothing => {}
            Act::SlowReading(time) => self.deaf_until = Some(now + time),
            Act::Flood(lines) => {
                self.out.extend((0..lines).map(|_| command(None, "look")));
            }
            Act::Reconnect => {
                self.due = Some(due + think);
                return Ok(false);
            }
        }
        self.due = Some(due + think);
        Ok(true)
    }

    fn fellow(&mut self) -> Option<(usize, Rc<str>)> {
        let state = self.run.state();
        let others = state
            .names
            .len()
            .checked_sub(1)
            .filter(|others| *others > 0)?;
        let at = self.bot.choose(others);
        let mut names = state
            .names
            .iter()
            .filter(|(index, _)| **index != self.bot.index);
        names.nth(at).map(|(index, name)| (*index, Rc::clone(name)))
    }

    fn types(&mut self, line: String, sense: Sense, due: Instant) {
        let id = self.next_id;
        self.next_id += 1;
        let index = self.bot.index;
        let mut state = self.run.state();
        state.count.commands += 1;
        state.outstanding += 1;
        match &sense {
            Sense::Move(word) => {
                let to = self.ways.iter().find(|way| way.word == *word);
                self.walk
                    .moves(id, to.map_or(self.room.as_str(), |way| &way.to));
                self.moving = Some(id);
            }
            Sense::Speech {
                channel,
                number,
                target,
            } => state.book.says(index, *number, *channel, *target, due),
            Sense::Other => {}
        }
        drop(state);
        self.out.push(command(Some(id), &line));
        let done = false;
        self.waiting.insert(
            id,
            Waiting {
                due,
                line,
                sense,
                done,
            },
        );
    }
}
