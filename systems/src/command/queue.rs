//! Whose line runs when.

use std::collections::{HashSet, VecDeque};

use engine::content::Revision;
use engine::port::Line;
use engine::prelude::*;
use engine::{Begun, Violation};
use serde::{Deserialize, Serialize};

use super::Rules;
use super::alias::Aliases;
use super::gate::{Acted, Gated, Gates};
use super::table::{Entry, Usage, Verbs};
use super::words::Words;

/// The most lines one player may have waiting: 3 s of play at one line a tick and 20 Hz.
const QUEUE_MAX: usize = 64;
/// The span over which commands are counted.
const RATE_SPAN: Duration = Duration::from_secs(1);

/// Limits on commands; 0 lifts one.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandLimits {
    /// Commands of one character in any sliding second.
    pub commands_per_second: u32,
    /// Lines of one character executed in one tick.
    pub lines_per_tick: u32,
}

impl Default for CommandLimits {
    fn default() -> Self {
        Self {
            commands_per_second: 10,
            lines_per_tick: 1,
        }
    }
}

/// A player's lines that wait their turn.
#[derive(Component, Default, Debug, Clone, Serialize, Deserialize)]
pub(super) struct Queue {
    lines: VecDeque<(Order, Line)>,
    /// When the last commands were accepted, oldest first; at most as many as the limit.
    accepted: VecDeque<WorldTime>,
    /// Stands in [`Waiting`].
    waiting: bool,
    /// Its last line was one too many.
    refused: bool,
}

/// Players with lines waiting, in the order they began to wait.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub(super) struct Waiting(VecDeque<Entity>);

/// Queues what was heard, or refuses it.
pub(super) fn accept(
    mut heard: MessageReader<Heard>,
    mut queues: Query<&mut Queue>,
    mut waiting: ResMut<Waiting>,
    mut answers: MessageWriter<Answer>,
    mut kept: MessageWriter<engine::Kept>,
    mut violations: MessageWriter<Violation>,
    limits: Res<CommandLimits>,
    clock: Res<Clock>,
) {
    for Heard { order, line } in heard.read() {
        let Ok(mut queue) = queues.get_mut(order.actor) else {
            continue;
        };
        if let Err(refusal) = queue.admit(*limits, clock.now) {
            violations.write(Violation("commands"));
            // Once until something is taken again: whoever floods must not flood the log.
            if !std::mem::replace(&mut queue.refused, true) {
                let correlation_id = order.correlation.to_string();
                tracing::info!(correlation_id, "rate_limit_violation");
            }
            answers.write(Answer::refusal(*order, refusal));
            continue;
        }
        if !std::mem::replace(&mut queue.waiting, true) {
            waiting.0.push_back(order.actor);
        }
        queue.refused = false;
        queue.lines.push_back((*order, collapsed(line)));
        kept.write(engine::Kept(*order));
    }
}

/// A line with one blank where several stood.
fn collapsed(line: &Line) -> Line {
    let text = line.as_str();
    if !text.contains("  ") && !text.contains('\t') {
        return line.clone();
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    // Shorter than what was a line, so it is one.
    Line::new(&words.join(" ")).unwrap_or_else(|_| line.clone())
}

impl Queue {
    fn admit(&mut self, limits: CommandLimits, now: WorldTime) -> Result<(), Refusal> {
        if self.lines.len() >= QUEUE_MAX {
            return Err(Refusal::of(Code::RateLimitExceeded).after_ms(1_000));
        }
        let limit = limits.commands_per_second as usize;
        if limit == 0 {
            return Ok(());
        }
        while self
            .accepted
            .front()
            .is_some_and(|at| now.since(*at) >= RATE_SPAN)
        {
            self.accepted.pop_front();
        }
        if let Some(oldest) = self
            .accepted
            .front()
            .filter(|_| self.accepted.len() >= limit)
        {
            let wait = RATE_SPAN.saturating_sub(now.since(*oldest));
            let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
            return Err(Refusal::of(Code::RateLimitExceeded).after_ms(wait));
        }
        self.accepted.push_back(now);
        Ok(())
    }
}

/// Forgets the lines of those who left: nobody was told they would happen.
pub(super) fn forget(
    mut departed: MessageReader<Departed>,
    mut queues: Query<&mut Queue>,
    mut newcomers: Newcomers<'_, '_>,
) {
    let gone = departed.read().map(|one| one.actor);
    let newcomers = newcomers.read();
    for actor in gone.chain(newcomers.into_iter().map(|(_, actor)| actor)) {
        if let Ok(mut queue) = queues.get_mut(actor) {
            queue.lines.clear();
        }
    }
}

/// Puts right who waits. Whose turn broke off is not in the line any more: what they wanted then has
/// been answered for them, and is not tried again.
pub(super) fn line_up(
    mut queues: Query<(&StableId, Entity, &mut Queue, Has<Online>)>,
    mut waiting: ResMut<Waiting>,
) {
    let in_line: HashSet<Entity> = waiting.0.iter().copied().collect();
    let mut behind: Vec<(StableId, Entity)> = Vec::new();
    for (id, actor, mut queue, online) in &mut queues {
        if !online {
            queue.lines.clear();
        } else if queue.waiting && !in_line.contains(&actor) {
            queue.lines.pop_front();
        }
        queue.waiting = !queue.lines.is_empty();
        if queue.waiting && !in_line.contains(&actor) {
            behind.push((*id, actor));
        }
    }
    let waits = |actor: &Entity| {
        queues
            .get(*actor)
            .is_ok_and(|(_, _, queue, _)| queue.waiting)
    };
    waiting.0.retain(waits);
    behind.sort_unstable();
    waiting.0.extend(behind.into_iter().map(|(_, actor)| actor));
}

/// Gives everyone who waits a turn: reads their next lines into verbs.
pub(super) fn dispatch(
    gated: Query<Gated, With<Character>>,
    mut commands: Commands<'_, '_>,
    mut waiting: ResMut<Waiting>,
    mut players: Query<(&mut Queue, &Character, &Aliases)>,
    gates: Res<Gates>,
    mut acted: MessageWriter<Acted>,
    mut begun: MessageWriter<Begun>,
    mut answers: MessageWriter<Answer>,
    verbs: Res<Verbs>,
    limits: Res<CommandLimits>,
    (rules, revision): (Res<Rules>, Res<Revision>),
    storage: Res<StorageView>,
) {
    let turns = match limits.lines_per_tick {
        0 => usize::MAX,
        turns => turns as usize,
    };
    // Each verb admitted takes its share at once: its facts will be there only after this tick.
    let mut facts_room = storage.facts_room;
    for _ in 0..waiting.0.len() {
        let Some(actor) = waiting.0.pop_front() else {
            break;
        };
        let Ok((mut queue, character, aliases)) = players.get_mut(actor) else {
            continue;
        };
        let Ok(reachable) = gated.get(actor) else {
            continue;
        };
        let mut first: Option<*const &'static str> = None;
        for _ in 0..turns {
            let Some((order, line)) = queue.lines.front() else {
                break;
            };
            let is_verb = |word: &str| verbs.find(word).is_some();
            let expanded = aliases.expand(line.as_str(), rules.aliases.depth, is_verb);
            let stands_for = expanded.as_ref().ok().and_then(Option::as_ref);
            let words = Words::of(stands_for.unwrap_or(line).as_str());
            let entry = verbs
                .find(words.verb())
                .filter(|entry| !entry.admin || character.role == Role::Admin);
            // Another verb of the same player waits for the next tick: verbs are separate systems,
            // and only this keeps their order.
            let verb = entry.map(|entry| entry.words.as_ptr());
            if first.is_some() && first != verb {
                break;
            }
            first = verb;
            begun.write(Begun(*order));
            let refused = match entry {
                _ if expanded.is_err() => gates
                    .refusal(&reachable, &Entry::UNKNOWN, &revision)
                    .or_else(|| expanded.as_ref().err().cloned()),
                None => gates
                    .refusal(&reachable, &Entry::UNKNOWN, &revision)
                    .or_else(|| Some(unknown(&verbs, aliases, words.verb(), character.role))),
                Some(entry) => gates
                    .refusal(&reachable, entry, &revision)
                    .or_else(|| entry.stopped(words, *storage, facts_room))
                    .or_else(|| entry.begin(&mut commands, *order, words)),
            };
            if refused.is_none()
                && let Some(entry) = entry
            {
                facts_room -= entry.facts_of(words);
                acted.write(Acted {
                    order: *order,
                    needs: entry.needs,
                });
            }
            if let Some(refusal) = refused {
                answers.write(Answer::refusal(*order, refusal));
            }
            queue.lines.pop_front();
        }
        queue.waiting = !queue.lines.is_empty();
        if queue.waiting {
            waiting.0.push_back(actor);
        }
    }
}

impl Entry {
    /// The most facts that these words record.
    fn facts_of(&self, words: Words<'_>) -> u32 {
        if (self.asks)(words) { 0 } else { self.facts }
    }

    /// Why it can't be used while storage stands like this.
    fn stopped(&self, words: Words<'_>, storage: StorageView, facts_room: u32) -> Option<Refusal> {
        let lasts = self.lasts && !(self.asks)(words);
        ((lasts && !storage.accepting) || self.facts_of(words) > facts_room)
            .then(|| Refusal::of(Code::StorageUnavailable).after_ms(5_000))
    }

    /// Sends its message, or says why the words make none.
    fn begin(
        &self,
        commands: &mut Commands<'_, '_>,
        order: Order,
        words: Words<'_>,
    ) -> Option<Refusal> {
        match (self.send)(commands, order, words) {
            Ok(()) => None,
            Err(Usage::Show) => Some(Refusal::new(
                Code::InvalidCommand,
                format!("Usage: {}", self.usage),
            )),
            Err(Usage::Say(text)) => Some(Refusal::new(Code::InvalidInput, text)),
            Err(Usage::Unread(words)) => {
                let (words, usage) = (shortened(&words), self.usage);
                let message = format!("\"{words}\" was not understood. Usage: {usage}");
                Some(Refusal::new(Code::InvalidCommand, message))
            }
        }
    }
}

fn unknown(verbs: &Verbs, aliases: &Aliases, word: &str, role: Role) -> Refusal {
    let word = shortened(word);
    let message = match verbs.nearest(&word, role, aliases.names()) {
        Some(known) => format!("There is no command \"{word}\". Did you mean \"{known}\"?"),
        None => format!("There is no command \"{word}\". Type \"help\" for those there are."),
    };
    Refusal::new(Code::InvalidCommand, message)
}

/// What was typed, as far as it is worth repeating.
fn shortened(words: &str) -> String {
    words.chars().take(32).collect()
}
