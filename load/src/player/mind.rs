//! What one player knows and wants, without its socket.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use serde::de::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::Ticket;
use super::frames::{Answer, Chat, Durable, Fault, GameState, Room, RoomUpdate, Welcome};
use crate::bot::{Act, Around, Bot, Sense, Way, mark};
use crate::effects::Walk;
use crate::measure::Span;
use crate::run::{Phase, Run};
use crate::scenario::Arrivals;
use crate::wire::Text;

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

    /// A frame came.
    pub(super) fn hears(&mut self, text: &Text, now: Instant) {
        let run = Rc::clone(&self.run);
        let frame = match text.frame() {
            Ok(frame) => frame,
            Err(why) => {
                let mut state = run.state();
                state.error("a frame that is no frame");
                state
                    .book
                    .name(|| format!("bot {}: a frame that is no frame: {why}", self.bot.index));
                return;
            }
        };
        {
            let mut state = run.state();
            state.count.frames += 1;
            state.count.bytes += text.len() as u64;
        }
        self.counts(frame.sequence_number, &frame.event_type);
        match frame.event_type.as_ref() {
            "welcome" => {
                if let Some(welcome) = read::<Welcome<'_>>(frame.data) {
                    self.is_welcomed(&welcome, frame.sequence_number, now);
                }
            }
            "game_state" => {
                if let Some(state) = read::<GameState<'_>>(frame.data) {
                    let name: Rc<str> = Rc::from(state.player.name.as_ref());
                    run.state().names.insert(self.bot.index, name);
                    self.is_in(&state.room, frame.tick);
                    self.compares();
                }
            }
            "room_update" => {
                if let Some(update) = read::<RoomUpdate<'_>>(frame.data) {
                    self.is_in(&update.room, frame.tick);
                }
            }
            "command_response" => {
                if let Some(answer) = read::<Answer<'_>>(frame.data) {
                    self.is_answered(&answer, frame.tick, now);
                }
            }
            "chat_message" => {
                if let Some(chat) = read::<Chat<'_>>(frame.data)
                    && let Some(line) = mark(&chat.original_content, &run.tag)
                {
                    let mut state = run.state();
                    if let Some(due) = state.book.hears(self.bot.index, frame.tick, line) {
                        state.timings.record(Span::Delivery, due, now);
                    }
                }
            }
            "durable" => {
                if let Some(durable) = read::<Durable<'_>>(frame.data) {
                    self.is_durable(&durable, now);
                }
            }
            "pong" if self.phase == Phase::Ping => run.state().ponged += 1,
            "error" => {
                if let Some(fault) = read::<Fault<'_>>(frame.data) {
                    run.state().error(&fault.code);
                }
            }
            _ => {}
        }
        if frame.sequence_number > 0 || frame.event_type == "pong" {
            run.state().book.has_seen(self.bot.index, frame.tick);
        }
    }

    fn counts(&mut self, number: u64, event_type: &str) {
        let Some((_, last)) = &mut self.session else {
            return;
        };
        if number == 0 || event_type == "welcome" {
            return;
        }
        if number != *last + 1 {
            let (last, index) = (*last, self.bot.index);
            let mut state = self.run.state();
            state.count.gaps += 1;
            state
                .book
                .name(|| format!("bot {index}: frame {number} ({event_type}) follows {last}"));
        }
        *last = number.max(*last);
    }

    fn is_welcomed(&mut self, welcome: &Welcome<'_>, number: u64, now: Instant) {
        let run = Rc::clone(&self.run);
        let mut state = run.state();
        self.welcomed = true;
        if welcome.resumed {
            state.count.resumed += 1;
            state.book.is_resumed(self.bot.index);
        }
        if !std::mem::replace(&mut self.was_welcomed_before, true) {
            state.count.sign_ins += 1;
            state.last_in = now.saturating_duration_since(run.began);
            state.timings.record(Span::SignIn, self.comes, now);
            self.due = Some(now);
        }
        drop(state);
        self.session = Some((welcome.session_id.clone().into_owned(), number));
        if welcome.resumed {
            self.sends_again();
            return;
        }
        let restarted = self.server_run != welcome.run && !self.server_run.is_empty();
        welcome.run.as_ref().clone_into(&mut self.server_run);
        self.remembered = Some(welcome.last_command_id);
        if restarted {
            self.forgets(welcome.last_command_id);
        }
        self.next_id = self.next_id.max(welcome.last_command_id + 1);
    }

    /// After a new start of the server: words are not said twice, and what was answered but not
    /// durable is gone by right.
    fn forgets(&mut self, last_command_id: u64) {
        self.unsaved.clear();
        let mut state = self.run.state();
        let index = self.bot.index;
        self.waiting.retain(|id, waiting| {
            waiting.done = *id <= last_command_id;
            let Sense::Speech { number, .. } = waiting.sense else {
                return true;
            };
            state.book.forgets(index, number);
            state.outstanding -= 1;
            false
        });
        if self.due.is_none() && self.waiting.is_empty() {
            self.due = Some(Instant::now());
        }
    }

    fn sends_again(&mut self) {
        for (id, waiting) in &self.waiting {
            self.out.push(command(Some(*id), &waiting.line));
        }
    }

    fn compares(&mut self) {
        let Some(last_command_id) = self.remembered.take() else {
            return;
        };
        let found = self.walk.compare(last_command_id, &self.room);
        let (index, room) = (self.bot.index, &self.room);
        let mut state = self.run.state();
        state.effects.checked += found.checked;
        state.effects.lost += found.lost;
        state.effects.duplicated += found.duplicated;
        if found.lost > 0 || found.duplicated > 0 {
            state.book.name(|| {
                format!(
                    "bot {index}: in {room} with last command {last_command_id}: {} effects lost, \
                     {} done twice",
                    found.lost, found.duplicated
                )
            });
        }
        drop(state);
        for (id, waiting) in &self.waiting {
            if let Sense::Move(word) = &waiting.sense
                && !waiting.done
            {
                let to = self.ways.iter().find(|way| way.word == *word);
                self.walk
                    .moves(*id, to.map_or(self.room.as_str(), |way| &way.to));
            }
        }
        self.sends_again();
    }

    fn is_in(&mut self, room: &Room<'_>, tick: u64) {
        room.id.as_ref().clone_into(&mut self.room);
        self.ways = room
            .exits
            .iter()
            .map(|(word, exit)| Way {
                word: word.clone().into_owned(),
                to: exit.to.clone().into_owned(),
            })
            .collect();
        let mut state = self.run.state();
        state
            .book
            .enters(self.bot.index, tick, &room.id, &room.sub_zone);
    }

    fn is_answered(&mut self, answer: &Answer<'_>, tick: u64, now: Instant) {
        let Some(id) = answer.id else {
            return;
        };
        let Some(waiting) = self.waiting.remove(&id) else {
            return;
        };
        let run = Rc::clone(&self.run);
        let mut state = run.state();
        state.outstanding -= 1;
        state.count.answers += 1;
        state.timings.record(Span::Response, waiting.due, now);
        if waiting.done && !answer.repeated && answer.ok {
            state.effects.duplicated += 1;
            let index = self.bot.index;
            state
                .book
                .name(|| format!("bot {index}: command {id} was executed again"));
        }
        if answer.ok {
            if !answer.repeated {
                self.unsaved.push_back((tick, id, waiting.due));
            }
        } else {
            state.count.refused += 1;
            let code = answer.error.as_ref().map_or("no code", |error| &error.code);
            state.error(code);
        }
        match waiting.sense {
            Sense::Move(_) => {
                self.moving = None;
                if !answer.ok {
                    self.walk.is_refused(id);
                }
            }
            Sense::Speech { number, .. } => {
                state
                    .book
                    .is_answered(self.bot.index, number, tick, answer.ok);
            }
            Sense::Other => {}
        }
        if self.due.is_none() && self.waiting.is_empty() {
            self.due = Some(now + self.think);
        }
    }

    fn is_durable(&mut self, durable: &Durable<'_>, now: Instant) {
        if durable.run != self.server_run {
            return;
        }
        let mut state = self.run.state();
        while let Some((tick, id, due)) = self.unsaved.front().copied()
            && tick <= durable.through_tick
        {
            self.unsaved.pop_front();
            self.walk.is_durable(id);
            state.timings.record(Span::Durable, due, now);
        }
    }
}
