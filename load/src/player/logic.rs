//! One player's state and decisions, without its socket.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use serde::de::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::time::Instant;

mod received;

use super::PlayerPlan;
use crate::bot::{Act, Around, Bot, BotExit, Sense};
use crate::driver::LATE;
use crate::effects::ExpectedWalk;
use crate::measure::LatencyKind;
use crate::run_state::{BotStatus, Run, RunPhase};
use crate::scenario::Arrivals;

/// A command that has no answer yet.
struct PendingCommand {
    due: Instant,
    line: String,
    sense: Sense,
    /// Sent before the server was started again, and remembered there as done.
    done: bool,
}

pub(super) struct PlayerLogic {
    run: Rc<Run>,
    bot: Bot,
    comes: Instant,
    phase: RunPhase,
    /// Frames to be sent.
    out: Vec<String>,
    /// Begins nothing any more: its time is over.
    winding_up: bool,
    name: Option<Rc<str>>,
    session: Option<(String, u64)>,
    /// The server's process start.
    server_run: String,
    welcomed: bool,
    was_welcomed_before: bool,
    /// The last command the world remembers, until the room is known as well.
    remembered: Option<u64>,
    next_id: u64,
    waiting: BTreeMap<u64, PendingCommand>,
    /// Answered, not yet durable: tick, id, since when.
    unsaved: VecDeque<(u64, u64, Instant)>,
    walk: ExpectedWalk,
    moving: Option<u64>,
    /// On the way home: the next move is due when the last is answered.
    homing: bool,
    room: String,
    ways: Vec<BotExit>,
    /// When the next step is due; `None` while a closed loop waits.
    due: Option<Instant>,
    think: std::time::Duration,
    /// Until then something other than the driver kept it from acting.
    free_since: Option<Instant>,
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

impl PlayerLogic {
    pub(super) fn new(run: Rc<Run>, ticket: &PlayerPlan) -> Self {
        Self {
            bot: Bot::new(&run.scenario, &run.roles, ticket.index),
            run,
            comes: ticket.comes,
            phase: RunPhase::Play,
            out: Vec::new(),
            winding_up: false,
            name: None,
            session: None,
            server_run: String::new(),
            welcomed: false,
            was_welcomed_before: false,
            remembered: None,
            next_id: 1,
            waiting: BTreeMap::new(),
            unsaved: VecDeque::new(),
            walk: ExpectedWalk::default(),
            moving: None,
            homing: false,
            room: String::new(),
            ways: Vec::new(),
            due: None,
            think: std::time::Duration::ZERO,
            free_since: None,
            deaf_until: None,
        }
    }

    /// A connection stands: says who it is.
    pub(super) fn greets(&mut self, token: &str) {
        let frame = match &self.session {
            None => json!({"type": "authenticate", "data": {"token": token}}),
            Some((session_id, last_sequence)) => json!({"type": "authenticate", "data": {
                "token": token,
                "resume": {"session_id": session_id, "last_sequence": last_sequence},
            }}),
        };
        self.out.push(frame.to_string());
    }

    /// The connection is gone; answers whether it was in the world.
    pub(super) fn is_cut(&mut self) -> bool {
        let was_in = std::mem::take(&mut self.welcomed);
        if was_in {
            let mut state = self.run.state();
            state.deliveries.is_cut(self.bot.index);
            state.is_called(self.bot.index, None);
        }
        self.out.clear();
        self.deaf_until = None;
        was_in
    }

    /// Whether it still waits for an answer, or for the word that one is durable.
    pub(super) fn has_questions(&self) -> bool {
        let unsaved = !self.unsaved.is_empty() && self.run.state().saves;
        !self.waiting.is_empty() || unsaved
    }

    /// Begins nothing any more.
    pub(super) fn winds_up(&mut self) {
        self.winding_up = true;
        self.deaf_until = None;
    }

    /// Goes for good. Whatever is still open counts with the time it has waited: it took at least
    /// so long.
    pub(super) fn leaves(&mut self) {
        self.is_cut();
        let now = Instant::now();
        self.is_overdue(now);
        let index = self.bot.index;
        let mut state = self.run.state();
        state.outstanding -= self.waiting.len();
        state.count.unanswered += self.waiting.len() as u64;
        for waiting in std::mem::take(&mut self.waiting).into_values() {
            state
                .timings
                .record(LatencyKind::Response, waiting.due, now);
        }
        state.unsaved -= self.unsaved.len();
        state.count.undurable += self.unsaved.len() as u64;
        for (_, _, due) in self.unsaved.drain(..) {
            state.timings.record(LatencyKind::Durable, due, now);
        }
        match state.standing(index) {
            BotStatus::Coming(due) => {
                state.count.sign_ins_failed += 1;
                state.timings.record(LatencyKind::SignIn, due, now);
                state
                    .deliveries
                    .name(|| format!("bot {index}: never got in"));
            }
            BotStatus::Back { counted: false } => {
                state.count.disconnects += 1;
                state
                    .deliveries
                    .name(|| format!("bot {index}: did not come back"));
            }
            BotStatus::Away | BotStatus::In | BotStatus::Back { .. } | BotStatus::Gone => {}
        }
        state.stands(index, BotStatus::Gone);
    }

    /// Counts the steps that should have been done by the time everybody fell silent: with open
    /// arrivals a server that holds its players up would otherwise be asked less.
    fn is_overdue(&mut self, now: Instant) {
        if self.run.scenario.arrivals == Arrivals::Closed || self.winding_up {
            return;
        }
        let hushed = self.run.state().hushed.unwrap_or(now);
        // What the driver itself was late with is told elsewhere.
        let until = hushed.checked_sub(LATE).unwrap_or(hushed);
        while let Some(due) = self.due.filter(|due| *due <= until) {
            let mut state = self.run.state();
            state.count.overdue += 1;
            if self.bot.is_about_to_type() {
                state.timings.record(LatencyKind::Response, due, now);
            }
            drop(state);
            self.due = Some(due + self.bot.passes());
        }
    }

    pub(super) fn sees(&mut self, phase: RunPhase) {
        if phase == RunPhase::Ping && self.phase != RunPhase::Ping && self.welcomed {
            self.pings();
        }
        self.phase = phase;
        if phase >= RunPhase::Hush {
            self.deaf_until = None;
        }
    }

    fn pings(&mut self) {
        let ping = json!({"type": "ping", "data": {}});
        self.out.push(ping.to_string());
    }

    /// Welcomed, and the world in sight.
    fn is_inside(&self) -> bool {
        self.welcomed && self.remembered.is_none()
    }

    pub(super) fn take_out(&mut self) -> Vec<String> {
        std::mem::take(&mut self.out)
    }

    pub(super) fn is_reading(&self) -> bool {
        self.deaf_until.is_none()
    }

    /// When something is to be done; until it is in, `welcome_by`, to give up.
    pub(super) fn wakes(&mut self, welcome_by: Instant) -> Option<Instant> {
        if !self.is_inside() {
            return Some(welcome_by);
        }
        if let Some(until) = self.deaf_until {
            return Some(until);
        }
        if self.phase != RunPhase::Play || self.winding_up {
            return None;
        }
        if self.bot.is_about_to_move() && self.moving.is_some() {
            return None;
        }
        self.due
    }

    /// Does what is due; `false` if that was to cut the connection.
    pub(super) fn acts(&mut self, now: Instant) -> Result<bool, String> {
        if !self.is_inside() {
            return Err("no welcome came".to_owned());
        }
        if self.deaf_until.take().is_some() {
            // What fell due while it did not read is late by the scenario's will.
            self.free_since = Some(now);
            return Ok(true);
        }
        let Some(due) = self.due else {
            return Ok(true);
        };
        // What fell due while there was no connection, or an answer to wait for, is late by no fault
        // of the driver's.
        let wanted = self.free_since.map_or(due, |free| free.max(due));
        self.run
            .state()
            .timings
            .record(LatencyKind::DriverDelay, wanted, now);
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

    /// Whom to whisper to, if that is what comes.
    fn fellow(&mut self) -> Option<(usize, Rc<str>)> {
        let wanted = self.bot.wants_company(self.run.scenario.bots_max())?;
        self.run.state().fellow(wanted, self.bot.index)
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
            } => state
                .deliveries
                .says(index, *number, *channel, *target, due),
            Sense::Other => {}
        }
        drop(state);
        self.out.push(command(Some(id), &line));
        let done = false;
        self.waiting.insert(
            id,
            PendingCommand {
                due,
                line,
                sense,
                done,
            },
        );
    }
}
