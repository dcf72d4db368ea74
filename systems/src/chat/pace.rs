//! How much talk an audience hears at once.
//!
//! What is said is decided in its tick: the words, and who hears them. Beyond the pace, the line
//! then waits its turn here and goes out with a later tick. Transient: written by delivery, and by
//! those who speak only to say that something is coming.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::speech::{Channel, ChatMessage};
use crate::world::{RoomIx, RoomMap};

/// Bytes of talk that one audience hears in a second: 64 KiB a tick at 20 Hz, 150 short lines.
const BYTES_PER_SECOND: u64 = 1_280 * 1_024;
/// A tick says no more than this span's worth, however late it is: 320 KiB to an audience.
const SPAN_MAX: Duration = Duration::from_millis(250);
/// What may wait before nobody else may speak: 13 s of one audience.
const WAITING_BYTES_MAX: usize = 16 * 1_024 * 1_024;
/// What a line weighs beside its words: names, ids, times.
const LINE_BYTES: usize = 320;

/// Whom a line is for. Whoever hears lines belongs to one of each kind at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum For {
    Room(RoomIx),
    SubZone(usize),
    All,
    /// What admins say to all or among themselves does not wait behind players' talk.
    Admins,
    One(StableId),
}

impl For {
    /// Those who hear a channel; `None` where nobody can.
    pub(super) fn hearers_of(
        channel: Channel,
        room: Option<(RoomIx, usize)>,
        target: Option<StableId>,
    ) -> Option<Self> {
        Some(match channel {
            Channel::Say | Channel::Pose | Channel::Emote => Self::Room(room?.0),
            Channel::Local => Self::SubZone(room?.1),
            Channel::Global => Self::All,
            Channel::System | Channel::Admin => Self::Admins,
            Channel::Whisper => Self::One(target?),
        })
    }
}

/// A line that waits, as each of its hearers will hear it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct WaitingLine {
    #[serde(with = "crate::speech::whole")]
    told: Vec<(Audience, Arc<ChatMessage>)>,
    bytes: usize,
}

/// What waits, and what was said in this tick.
#[derive(Resource, Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Pace {
    waiting: BTreeMap<For, VecDeque<WaitingLine>>,
    waiting_bytes: usize,
    /// Of this tick: what speakers were promised, what each audience has heard, what it may hear.
    promised: usize,
    spent: BTreeMap<For, u64>,
    budget: u64,
}

impl Pace {
    /// What a line of these words weighs: it is in its frame twice.
    pub(super) const fn bytes_of(words: usize) -> usize {
        2 * words + LINE_BYTES
    }

    /// Promises that a line will be heard, if there is room.
    pub(super) const fn promise(&mut self, bytes: usize) -> bool {
        let room = self.waiting_bytes + self.promised + bytes <= WAITING_BYTES_MAX;
        if room {
            self.promised += bytes;
        }
        room
    }

    /// Begins a tick: lets out what has waited, as far as its turn has come.
    pub(super) fn begin(&mut self, dt: Duration, outbox: &mut Outbox) {
        let span = dt.min(SPAN_MAX).as_micros() as u64;
        self.budget = BYTES_PER_SECOND * span / 1_000_000;
        self.promised = 0;
        self.spent.clear();
        let Self {
            waiting,
            waiting_bytes,
            spent,
            budget,
            ..
        } = self;
        waiting.retain(|whom, lines| {
            let spent = spent.entry(*whom).or_default();
            while let Some(line) = lines.pop_front_if(|line| fits(*spent, line.bytes, *budget)) {
                *spent += line.bytes as u64;
                *waiting_bytes -= line.bytes;
                for (to, note) in line.told {
                    outbox.tell_shared(to, note);
                }
            }
            !lines.is_empty()
        });
    }

    /// The same over another atlas. In a place that is gone there is nobody to hear what waits.
    pub(super) fn carry(&mut self, map: &RoomMap) -> bool {
        let place = |whom: For| match whom {
            For::Room(room) => map.get(room).map(For::Room),
            For::SubZone(sub_zone) => map.sub_zone(sub_zone).map(For::SubZone),
            other => Some(other),
        };
        let was = std::mem::take(&mut self.waiting).into_iter();
        let now = was.filter_map(|(whom, lines)| Some((place(whom)?, lines)));
        self.waiting = now.collect();
        let waiting = self.waiting.values().flatten();
        self.waiting_bytes = waiting.map(|line| line.bytes).sum();
        // Of the tick before; the next begins with none.
        self.spent.clear();
        true
    }

    /// Tells a line of so many bytes: now if its turn is now, else later.
    pub(super) fn line<'a>(
        &'a mut self,
        whom: For,
        bytes: usize,
        outbox: &'a mut Outbox,
    ) -> Telling<'a> {
        let spent = self.spent.entry(whom).or_default();
        let now = !self.waiting.contains_key(&whom) && fits(*spent, bytes, self.budget);
        if now {
            *spent += bytes as u64;
        }
        Telling {
            now,
            later: Vec::new(),
            whom,
            bytes,
            pace: self,
            outbox,
        }
    }
}

/// Whether a line may go after what was said; one at a time always may.
const fn fits(spent: u64, bytes: usize, budget: u64) -> bool {
    spent == 0 || spent + bytes as u64 <= budget
}

/// A line on its way to those who hear it.
pub(super) struct Telling<'a> {
    now: bool,
    later: Vec<(Audience, Arc<ChatMessage>)>,
    whom: For,
    bytes: usize,
    pace: &'a mut Pace,
    outbox: &'a mut Outbox,
}

impl Telling<'_> {
    /// Tells some of them.
    pub(super) fn tell(&mut self, to: Audience, note: ChatMessage) {
        if self.now {
            self.outbox.tell(to, note);
        } else {
            self.later.push((to, Arc::new(note)));
        }
    }

    /// Everybody is told.
    pub(super) fn done(self) {
        if self.later.is_empty() {
            return;
        }
        let line = WaitingLine {
            told: self.later,
            bytes: self.bytes,
        };
        self.pace.waiting_bytes += line.bytes;
        let lines = self.pace.waiting.entry(self.whom).or_default();
        lines.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use super::{LINE_BYTES, Pace, WAITING_BYTES_MAX};

    #[test]
    fn promises_end_where_memory_would() {
        let mut pace = Pace::default();
        let line = Pace::bytes_of(4_000);
        assert_eq!(line, 8_000 + LINE_BYTES);
        let promised = (0..10_000).filter(|_| pace.promise(line)).count();
        assert_eq!(promised, WAITING_BYTES_MAX / line);
    }
}
