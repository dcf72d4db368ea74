//! Which lines are taken, and what a line whose turn it is comes to. The queues are the engine's
//! ([`Orders`]); what decides is the game's: the rate, the gates, the table of verbs.

use std::collections::VecDeque;

use engine::content::Revision;
use engine::port::Line;
use engine::prelude::*;
use engine::{Orders, Violation};
use serde::{Deserialize, Serialize};

use super::Rules;
use super::alias::Aliases;
use super::gate::{Acted, Gated, Gates};
use super::table::{Entry, Usage, Verbs};
use super::words::Words;

/// So many words that begin as what was typed are told; of more none.
const BEGUN_MAX: usize = 4;

/// What is typed for the last line again.
const AGAIN: [&str; 2] = ["!", "!!"];

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

/// How fast a player types.
#[derive(Component, Default, Debug, Clone, Serialize, Deserialize)]
pub(super) struct TypingRate {
    /// When the last commands were accepted, oldest first; at most as many as the limit.
    accepted: VecDeque<WorldTime>,
    /// Its last line was one too many.
    refused: bool,
    /// The last line that was taken, which `!` means.
    #[serde(default)]
    last: Option<Line>,
}

/// Queues what was received, or refuses it.
pub(super) fn accept(
    mut heard: MessageReader<Heard>,
    mut orders: ResMut<Orders>,
    mut rates: Query<&mut TypingRate>,
    mut answers: MessageWriter<Answer>,
    mut violations: MessageWriter<Violation>,
    limits: Res<CommandLimits>,
    clock: Res<Clock>,
) {
    for Heard { order, line } in heard.read() {
        let Ok(mut rate) = rates.get_mut(order.actor) else {
            continue;
        };
        let admitted = match orders.is_full(order.actor) {
            true => Err(Refusal::of(Code::RateLimitExceeded).after_ms(1_000)),
            false => rate.admit(*limits, clock.now),
        };
        if let Err(refusal) = admitted {
            violations.write(Violation("commands"));
            // Once until something is taken again: whoever floods must not flood the log.
            if !std::mem::replace(&mut rate.refused, true) {
                let correlation_id = order.correlation.to_string();
                tracing::info!(correlation_id, "rate_limit_violation");
            }
            answers.write(Answer::refusal(*order, refusal));
            continue;
        }
        rate.refused = false;
        match rate.meant(line) {
            Some(line) => _ = orders.queue(*order, line),
            None => {
                let message = "You have typed nothing yet that could be done again.";
                answers.write(Answer::refused(*order, Code::InvalidCommand, message));
            }
        }
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

impl TypingRate {
    /// The line that is to be done; `None`: the last one again, and there was none.
    fn meant(&mut self, line: &Line) -> Option<Line> {
        if AGAIN.contains(&line.as_str().trim()) {
            return self.last.clone();
        }
        let line = collapsed(line);
        self.last = Some(line.clone());
        Some(line)
    }

    fn admit(&mut self, limits: CommandLimits, now: WorldTime) -> Result<(), Refusal> {
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

/// What a line is judged by.
#[derive(SystemParam)]
pub(super) struct Judge<'w> {
    gates: Res<'w, Gates>,
    verbs: Res<'w, Verbs>,
    rules: Res<'w, Rules>,
    revision: Res<'w, Revision>,
    storage: Res<'w, StorageView>,
}

impl Judge<'_> {
    /// The line that `line` stands for where it is an alias, and which verb that is, as far as it
    /// is open to a role; with the verb's word where only its beginning was typed.
    fn meant(
        &self,
        line: &Line,
        aliases: &Aliases,
        role: Role,
    ) -> (
        Result<Option<Line>, Refusal>,
        Option<(usize, Option<&'static str>)>,
    ) {
        let is_verb = |word: &str| self.verbs.find(word).is_some();
        let expanded = aliases.expand(line.as_str(), self.rules.aliases.depth, is_verb);
        let stands_for = expanded.as_ref().ok().and_then(Option::as_ref);
        let words = Words::of(stands_for.unwrap_or(line).as_str());
        let open = |verb: &usize| {
            let entry = self.verbs.get(*verb);
            entry.is_some_and(|entry| entry.is_open_to(role))
        };
        let verb = match self.verbs.index_for(words.verb(), role) {
            Some(verb) => Some((verb, None)).filter(|(verb, _)| open(verb)),
            None => {
                let begun = self.verbs.begun_by(words.verb(), role).ok();
                begun.map(|(verb, word)| (verb, Some(word)))
            }
        };
        (expanded, verb)
    }
}

/// Gives everyone who waits a turn: reads their next lines into verbs.
pub(super) fn dispatch(
    gated: Query<Gated, With<Character>>,
    mut commands: Commands<'_, '_>,
    mut orders: ResMut<Orders>,
    players: Query<(&Character, &Aliases)>,
    mut acted: MessageWriter<Acted>,
    mut answers: MessageWriter<Answer>,
    limits: Res<CommandLimits>,
    judge: Judge<'_>,
) {
    let turns = match limits.lines_per_tick {
        0 => usize::MAX,
        turns => turns as usize,
    };
    // Each verb admitted takes its share at once: its facts will be there only after this tick.
    let mut facts_room = judge.storage.facts_room;
    for _ in 0..orders.turns() {
        let Some(actor) = orders.next_turn() else {
            break;
        };
        let (Ok((character, aliases)), Ok(reachable)) = (players.get(actor), gated.get(actor))
        else {
            continue;
        };
        let mut first: Option<usize> = None;
        for _ in 0..turns {
            let Some((order, line)) = orders.front(actor) else {
                break;
            };
            let (expanded, meant) = judge.meant(line, aliases, character.role);
            let (verb, word) = meant.unzip();
            // Another verb of the same player waits for the next tick: verbs are separate systems,
            // and only this keeps their order.
            if first.is_some() && first != verb {
                break;
            }
            first = verb;
            // Before all that may break: what broke is not tried again.
            let Some(line) = orders.start(order) else {
                break;
            };
            let entry = verb.and_then(|verb| judge.verbs.get(verb));
            let closed = |entry| judge.gates.refusal(&reachable, entry, &judge.revision);
            let stands_for = match expanded {
                Ok(stands_for) => stands_for.unwrap_or(line),
                Err(tangled) => {
                    let refusal = closed(&Entry::UNKNOWN).unwrap_or(tangled);
                    answers.write(Answer::refusal(order, refusal));
                    continue;
                }
            };
            let words = Words::of(stands_for.as_str());
            let words = match word.flatten() {
                Some(word) => words.written_out(word),
                None => words,
            };
            let Some(entry) = entry else {
                let unknown = || unknown(&judge.verbs, aliases, words.verb(), character.role);
                let refusal = closed(&Entry::UNKNOWN).unwrap_or_else(unknown);
                answers.write(Answer::refusal(order, refusal));
                continue;
            };
            let refused = closed(entry)
                .or_else(|| entry.stopped(words, *judge.storage, facts_room))
                .or_else(|| entry.begin(&mut commands, order, words));
            match refused {
                Some(refusal) => _ = answers.write(Answer::refusal(order, refusal)),
                None => {
                    facts_room -= entry.facts_of(words);
                    let needs = entry.needs;
                    acted.write(Acted { order, needs });
                }
            }
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
        match self.send(commands, order, words) {
            Ok(()) => None,
            Err(Usage::Show) => Some(Refusal::new(
                Code::InvalidCommand,
                format!("Usage: {}", self.usage),
            )),
            Err(Usage::Say(text)) => Some(Refusal::new(Code::InvalidInput, text)),
            Err(Usage::Unread(words)) => {
                let (words, usage) = (shortened(&words), &self.usage);
                let message = format!("\"{words}\" was not understood. Usage: {usage}");
                Some(Refusal::new(Code::InvalidCommand, message))
            }
        }
    }
}

fn unknown(verbs: &Verbs, aliases: &Aliases, word: &str, role: Role) -> Refusal {
    let word = shortened(word);
    let begun = verbs.begun_by(&word, role).err().unwrap_or_default();
    let message = match verbs.nearest(&word, role, aliases.names()) {
        _ if (1..=BEGUN_MAX).contains(&begun.len()) => {
            let begun: Vec<String> = begun.iter().map(|word| format!("\"{word}\"")).collect();
            format!(
                "There is no command \"{word}\". Did you mean {}?",
                begun.join(" or ")
            )
        }
        Some(known) => format!("There is no command \"{word}\". Did you mean \"{known}\"?"),
        None => format!("There is no command \"{word}\". Type \"help\" for those there are."),
    };
    Refusal::new(Code::InvalidCommand, message)
}

/// What was typed, as far as it is worth repeating.
fn shortened(words: &str) -> String {
    words.chars().take(32).collect()
}
