//! Who should hear what, and who did: every line of chat is followed to every listener.
//!
//! The server says at which tick a line was said, and each bot knows from its own frames at which
//! tick it was where. So who should hear a line is known without asking the server. A bot that
//! moved, came or went in the very tick of a line may hear it or not; one whose connection was cut
//! without a resume is excused from then on.

mod judged_lines;
mod order;

use std::collections::{BTreeMap, HashMap, HashSet};

use tokio::time::Instant;

use crate::scenario::ChatChannel;
use judged_lines::JudgedLines;

/// Faults told by name; the rest is only counted.
const NAMED_MAX: usize = 50;

/// A place as bots name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct BotPlace {
    room: u32,
    sub_zone: u32,
}

/// Everything that was said and heard.
#[derive(Debug, Default)]
pub(crate) struct DeliveryLedger {
    names: HashMap<String, u32>,
    listeners: Vec<ListenerTrack>,
    lines: BTreeMap<(u32, u32), TrackedLine>,
    judged_lines: JudgedLines,
    /// Bots that were ever in a room, so that an audience is looked for among few.
    visitors: HashMap<u32, HashSet<u32>>,
    pub(crate) count: Deliveries,
    pub(crate) named: Vec<String>,
}

/// How deliveries came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deliveries {
    /// That had to come.
    pub(crate) expected: u64,
    /// That had to come and came.
    pub(crate) heard: u64,
    /// That had to come and did not.
    pub(crate) lost: u64,
    /// That came more than once.
    pub(crate) duplicated: u64,
    /// That came after a later line: of the same speaker, of a later tick, or of another speaker
    /// whom the others in the room heard later.
    pub(crate) reordered: u64,
    /// That came to somebody who should not hear them.
    pub(crate) strays: u64,
    /// Of which nobody can say whether they had to come.
    pub(crate) excused: u64,
    /// All that came.
    pub(crate) all: u64,
}

#[derive(Debug, Default)]
struct ListenerTrack {
    /// From which tick on it was where; `None`: not in the world, as far as it knows.
    spans: Vec<(u64, Option<BotPlace>)>,
    /// The newest tick it has seen.
    horizon: u64,
    /// The last line heard of each speaker.
    last: HashMap<u32, u32>,
    /// The tick of the last line heard.
    last_tick: u64,
    /// Lines heard so far.
    heard: u32,
}

#[derive(Debug)]
struct TrackedLine {
    due: Instant,
    channel: ChatChannel,
    target: Option<u32>,
    tick: Option<u64>,
    /// The server said no.
    refused: bool,
    heard: Vec<Reception>,
}

/// One listener's reception of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Reception {
    bot: u32,
    /// The number of the line among those that this listener received, from 0.
    nth: u32,
}

impl ListenerTrack {
    /// Where it was at a tick, or nothing if that can't be said.
    fn at(&self, tick: u64) -> Option<BotPlace> {
        let after = self.spans.partition_point(|(from, _)| *from <= tick);
        let (from, place) = *self.spans.get(after.checked_sub(1)?)?;
        if from == tick { None } else { place }
    }

    /// Whether it was out of the world, or came, went or moved, at a tick.
    fn is_doubtful(&self, tick: u64) -> bool {
        self.at(tick).is_none()
    }
}

impl DeliveryLedger {
    pub(crate) fn with(bots: usize) -> Self {
        Self {
            listeners: (0..bots).map(|_| ListenerTrack::default()).collect(),
            ..Self::default()
        }
    }

    fn id(&mut self, name: &str) -> u32 {
        if let Some(id) = self.names.get(name) {
            return *id;
        }
        let id = self.names.len() as u32;
        self.names.insert(name.to_owned(), id);
        id
    }

    /// A fault with its circumstances.
    pub(crate) fn name(&mut self, fault: impl FnOnce() -> String) {
        if self.named.len() < NAMED_MAX {
            self.named.push(fault());
        }
    }

    /// A bot is in a room from this tick on.
    pub(crate) fn enters(&mut self, bot: usize, tick: u64, room: &str, sub_zone: &str) {
        let place = BotPlace {
            room: self.id(room),
            sub_zone: self.id(sub_zone),
        };
        self.listeners[bot].spans.push((tick, Some(place)));
        self.visitors
            .entry(place.room)
            .or_default()
            .insert(bot as u32);
    }

    /// A bot's connection is gone: what was said from its last tick on it may miss.
    pub(crate) fn is_cut(&mut self, bot: usize) {
        let listener = &mut self.listeners[bot];
        listener.spans.push((listener.horizon, None));
    }

    /// The session goes on: what was missed comes again.
    pub(crate) fn is_resumed(&mut self, bot: usize) {
        let spans = &mut self.listeners[bot].spans;
        if matches!(spans.last(), Some((_, None))) {
            spans.pop();
        }
    }

    /// A bot has everything up to this tick.
    pub(crate) fn has_seen(&mut self, bot: usize, tick: u64) {
        let horizon = &mut self.listeners[bot].horizon;
        *horizon = (*horizon).max(tick);
    }

    /// A bot says something.
    pub(crate) fn says(
        &mut self,
        bot: usize,
        number: u32,
        channel: ChatChannel,
        target: Option<usize>,
        due: Instant,
    ) {
        let line = TrackedLine {
            due,
            channel,
            target: target.map(|target| target as u32),
            tick: None,
            refused: false,
            heard: Vec::new(),
        };
        self.lines.insert((bot as u32, number), line);
    }

    /// The server's answer to a line.
    pub(crate) fn is_answered(&mut self, bot: usize, number: u32, tick: u64, ok: bool) {
        if let Some(line) = self.lines.get_mut(&(bot as u32, number)) {
            line.refused = !ok;
            line.tick.get_or_insert(tick);
        }
    }

    /// Nobody will ever say what came of a line.
    pub(crate) fn forgets(&mut self, bot: usize, number: u32) {
        let id = (bot as u32, number);
        if self.lines.remove(&id).is_some() {
            self.judged_lines.forgives(id);
        }
    }

    /// A bot hears a line; answers since when it was due.
    pub(crate) fn hears(
        &mut self,
        listener: usize,
        tick: u64,
        (speaker, number): (usize, u32),
    ) -> Option<Instant> {
        self.count.all += 1;
        let by = speaker as u32;
        let bot = listener as u32;
        let track = &mut self.listeners[listener];
        let last = track.last.entry(by).or_default();
        let newer = number > *last;
        *last = number.max(*last);
        let last_tick = track.last_tick;
        track.last_tick = tick.max(last_tick);
        track.heard += 1;
        let hearing = Reception {
            bot,
            nth: track.heard,
        };
        let (due, again) = match self.lines.get_mut(&(by, number)) {
            Some(line) => {
                line.tick.get_or_insert(tick);
                let again = line.heard.iter().any(|one| one.bot == bot);
                line.heard.push(hearing);
                (Some(line.due), Some(again))
            }
            None => (None, self.judged_lines.has_heard((by, number), bot)),
        };
        let what = match again {
            Some(true) => {
                self.count.duplicated += 1;
                "heard again"
            }
            Some(false) if newer && tick >= last_tick && due.is_some() => return due,
            Some(false) => {
                self.count.reordered += 1;
                "heard after a later one"
            }
            None if self.judged_lines.is_forgiven((by, number)) => {
                self.count.excused += 1;
                return None;
            }
            None => {
                self.count.strays += 1;
                "never said, but heard"
            }
        };
        self.name(|| format!("line {speaker}.{number} of tick {tick}: {what} by bot {listener}"));
        due
    }

    /// Judges the lines that everybody concerned has had the time to hear; at the `end` all.
    pub(crate) fn settle(&mut self, before: Instant, end: bool) {
        let ripe: Vec<(u32, u32)> = self
            .lines
            .iter()
            .filter(|(_, line)| end || (line.due < before && line.tick.is_some()))
            .map(|(id, _)| *id)
            .collect();
        let mut judged = Vec::new();
        for id in ripe {
            let line = &self.lines[&id];
            let Some(tick) = line.tick else {
                self.lines.remove(&id);
                continue;
            };
            let audience = if line.refused {
                Some(Vec::new())
            } else {
                self.audience(id.0, line, tick)
            };
            let waits = |bot: &u32| {
                let listener = &self.listeners[*bot as usize];
                listener.horizon <= tick && !line.heard.iter().any(|one| one.bot == *bot)
            };
            if !end && audience.as_ref().is_some_and(|bots| bots.iter().any(waits)) {
                continue;
            }
            if let Some(mut line) = self.lines.remove(&id) {
                line.heard.sort_unstable();
                line.heard.dedup_by_key(|one| one.bot);
                self.judge(id, &line, tick, audience);
                let bots = line.heard.iter().map(|one| one.bot);
                self.judged_lines.keeps(id, bots.collect());
                judged.push((tick, id, line));
            }
        }
        self.compare_order(judged);
    }

    fn judge(&mut self, id: (u32, u32), line: &TrackedLine, tick: u64, audience: Option<Vec<u32>>) {
        let (speaker, number) = id;
        let Some(audience) = audience else {
            self.count.excused += line.heard.len() as u64;
            return;
        };
        let heard = |bot: &u32| line.heard.binary_search_by_key(bot, |one| one.bot);
        for bot in &audience {
            self.count.expected += 1;
            if heard(bot).is_ok() {
                self.count.heard += 1;
            } else {
                self.count.lost += 1;
                self.name(|| {
                    format!("line {speaker}.{number} of tick {tick}: never heard by bot {bot}")
                });
            }
        }
        for bot in line.heard.iter().map(|one| one.bot) {
            if audience.binary_search(&bot).is_ok() {
                continue;
            }
            if self.listeners[bot as usize].is_doubtful(tick) {
                self.count.excused += 1;
            } else {
                self.count.strays += 1;
                self.name(|| {
                    format!(
                        "line {speaker}.{number} of tick {tick}: not for bot {bot}, who heard it"
                    )
                });
            }
        }
    }

    /// Who must hear a line, sorted; `None` if where it was said is in doubt.
    fn audience(&self, speaker: u32, line: &TrackedLine, tick: u64) -> Option<Vec<u32>> {
        let place_of = |bot: u32| self.listeners[bot as usize].at(tick);
        let mut bots: Vec<u32> = match line.channel {
            ChatChannel::Say | ChatChannel::Emote => {
                let here = place_of(speaker)?;
                let visitors = self.visitors.get(&here.room)?;
                let visitors = visitors.iter().copied();
                visitors
                    .filter(|bot| place_of(*bot).is_some_and(|place| place.room == here.room))
                    .collect()
            }
            ChatChannel::Local => {
                let here = place_of(speaker)?;
                let all = 0..self.listeners.len() as u32;
                all.filter(|bot| {
                    place_of(*bot).is_some_and(|place| place.sub_zone == here.sub_zone)
                })
                .collect()
            }
            ChatChannel::Global => {
                let all = 0..self.listeners.len() as u32;
                all.filter(|bot| *bot != speaker && place_of(*bot).is_some())
                    .collect()
            }
            ChatChannel::Whisper => {
                let target = line.target?;
                place_of(target).map(|_| target).into_iter().collect()
            }
        };
        bots.sort_unstable();
        Some(bots)
    }
}

#[cfg(test)]
mod tests;
