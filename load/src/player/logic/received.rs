//! How a received frame changes a player's state.

use std::rc::Rc;

use tokio::time::Instant;

use super::super::frames::{
    AnswerFrame, Chat, DurableFrame, Fault, GameStateFrame, RoomFrame, RoomUpdateFrame,
    WelcomeFrame,
};
use super::{PlayerLogic, command, read};
use crate::bot::{BotExit, Sense, mark};
use crate::measure::LatencyKind;
use crate::run_state::{BotStatus, RunPhase};
use crate::wire::Text;

impl PlayerLogic {
    /// A frame came.
    pub(in crate::player) fn hears(&mut self, text: &Text, now: Instant) {
        let run = Rc::clone(&self.run);
        let frame = match text.frame() {
            Ok(frame) => frame,
            Err(why) => {
                let mut state = run.state();
                state.error("a frame that is no frame");
                state
                    .deliveries
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
                if let Some(welcome) = read::<WelcomeFrame<'_>>(frame.data) {
                    self.is_welcomed(&welcome, frame.sequence_number, now);
                }
            }
            "game_state" => {
                if let Some(state) = read::<GameStateFrame<'_>>(frame.data) {
                    let name: Rc<str> = Rc::from(state.player.name.as_ref());
                    self.name = Some(Rc::clone(&name));
                    run.state().is_called(self.bot.index, Some(name));
                    self.is_in(&state.room, frame.tick);
                    self.free_since = Some(now);
                    self.compares();
                }
            }
            "room_update" => {
                if let Some(update) = read::<RoomUpdateFrame<'_>>(frame.data) {
                    self.is_in(&update.room, frame.tick);
                }
            }
            "command_response" => {
                if let Some(answer) = read::<AnswerFrame<'_>>(frame.data) {
                    if answer.id.is_none() {
                        let mut state = run.state();
                        state.count.flood_frames += 1;
                        state.count.flood_bytes += text.len() as u64;
                    }
                    self.is_answered(&answer, frame.tick, now);
                }
            }
            "chat_message" => {
                if let Some(chat) = read::<Chat<'_>>(frame.data)
                    && let Some(line) = mark(&chat.original_content, &run.tag)
                {
                    let mut state = run.state();
                    if let Some(due) = state.deliveries.hears(self.bot.index, frame.tick, line) {
                        state.timings.record(LatencyKind::Delivery, due, now);
                    }
                }
            }
            "durable" => {
                if let Some(durable) = read::<DurableFrame<'_>>(frame.data) {
                    self.is_durable(&durable.run, durable.through_tick, now);
                }
            }
            "pong" if self.phase == RunPhase::Ping => run.state().ponged += 1,
            "error" => {
                if let Some(fault) = read::<Fault<'_>>(frame.data) {
                    run.state().error(&fault.code);
                }
            }
            _ => {}
        }
        if frame.sequence_number > 0 || frame.event_type == "pong" {
            run.state().deliveries.has_seen(self.bot.index, frame.tick);
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
                .deliveries
                .name(|| format!("bot {index}: frame {number} ({event_type}) follows {last}"));
        }
        *last = number.max(*last);
    }

    fn is_welcomed(&mut self, welcome: &WelcomeFrame<'_>, number: u64, now: Instant) {
        let run = Rc::clone(&self.run);
        let mut state = run.state();
        self.welcomed = true;
        self.free_since = Some(now);
        if welcome.resumed {
            state.count.resumed += 1;
            state.deliveries.is_resumed(self.bot.index);
            // No sight of the world follows: it is called what it was called before.
            state.is_called(self.bot.index, self.name.clone());
        }
        state.stands(self.bot.index, BotStatus::In);
        if !std::mem::replace(&mut self.was_welcomed_before, true) {
            state.count.sign_ins += 1;
            state.last_in = now.saturating_duration_since(run.began);
            state.timings.record(LatencyKind::SignIn, self.comes, now);
            self.due = Some(now);
        }
        drop(state);
        if self.phase == RunPhase::Ping {
            self.pings();
        }
        self.session = Some((welcome.session_id.clone().into_owned(), number));
        if welcome.resumed {
            self.sends_again();
            return;
        }
        let restarted = self.server_run != welcome.run && !self.server_run.is_empty();
        welcome.run.as_ref().clone_into(&mut self.server_run);
        self.remembered = Some(welcome.last_command_id);
        if restarted {
            self.forgets(welcome.last_command_id, now);
        } else if let Some(tick) = welcome.durable_tick {
            self.is_durable(&welcome.run, tick, now);
        }
        self.next_id = self.next_id.max(welcome.last_command_id + 1);
    }

    /// After a new start of the server: words are not said twice, and what was answered but not
    /// durable is gone by right. It all counts with the time it has waited.
    fn forgets(&mut self, last_command_id: u64, now: Instant) {
        let was_killed = self.run.kills() > 0;
        let mut state = self.run.state();
        let index = self.bot.index;
        state.unsaved -= self.unsaved.len();
        for (_, id, due) in self.unsaved.drain(..) {
            state.timings.record(LatencyKind::Durable, due, now);
            state.count.undurable += u64::from(id > last_command_id);
        }
        self.waiting.retain(|id, waiting| {
            waiting.done = *id <= last_command_id;
            let Sense::Speech { number, .. } = waiting.sense else {
                return true;
            };
            state.deliveries.forgets(index, number);
            state.outstanding -= 1;
            state
                .timings
                .record(LatencyKind::Response, waiting.due, now);
            if was_killed {
                state.count.forgotten += 1;
            } else {
                state.count.unanswered += 1;
            }
            false
        });
        if self.due.is_none() && self.waiting.is_empty() {
            self.due = Some(now);
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
            state.deliveries.name(|| {
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

    fn is_in(&mut self, room: &RoomFrame<'_>, tick: u64) {
        room.id.as_ref().clone_into(&mut self.room);
        self.ways = room
            .exits
            .iter()
            .map(|(word, exit)| BotExit {
                word: word.clone().into_owned(),
                to: exit.to.clone().into_owned(),
            })
            .collect();
        let mut state = self.run.state();
        state
            .deliveries
            .enters(self.bot.index, tick, &room.id, &room.sub_zone);
    }

    fn is_answered(&mut self, answer: &AnswerFrame<'_>, tick: u64, now: Instant) {
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
        state
            .timings
            .record(LatencyKind::Response, waiting.due, now);
        if waiting.done && !answer.repeated && answer.ok {
            state.effects.duplicated += 1;
            let index = self.bot.index;
            state
                .deliveries
                .name(|| format!("bot {index}: command {id} was executed again"));
        }
        if answer.ok {
            if !answer.repeated {
                self.unsaved.push_back((tick, id, waiting.due));
                state.unsaved += 1;
            }
        } else {
            state.count.refused += 1;
            let code = answer.error.as_ref().map_or("no code", |error| &error.code);
            state.error(code);
        }
        match waiting.sense {
            Sense::Move(_) => {
                self.moving = None;
                self.free_since = Some(now);
                if !answer.ok {
                    self.walk.is_refused(id);
                }
            }
            Sense::Speech { number, .. } => {
                state
                    .deliveries
                    .is_answered(self.bot.index, number, tick, answer.ok);
            }
            Sense::Other => {}
        }
        if self.due.is_none() && self.waiting.is_empty() {
            self.due = Some(now + self.think);
        }
    }

    fn is_durable(&mut self, run: &str, through_tick: u64, now: Instant) {
        if run != self.server_run {
            return;
        }
        let mut state = self.run.state();
        state.saves = true;
        while let Some((tick, id, due)) = self.unsaved.front().copied()
            && tick <= through_tick
        {
            self.unsaved.pop_front();
            state.unsaved -= 1;
            self.walk.is_durable(id);
            state.timings.record(LatencyKind::Durable, due, now);
        }
    }
}
