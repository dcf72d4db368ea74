//! What scripts are called for: timers that are due, verbs, and events of the tick before.
//!
//! Owns [`EventQueue`], which Settle fills with what happened and Simulate of the next tick empties. So
//! what a script does about an event can't happen in the very round that it answers to, and two
//! scripts that answer each other for ever do it once a tick.

use engine::content::Revision;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::declare::ScriptEvent;
use super::read::ScriptSet;
use crate::body::{Vitals, VitalsChanged};
use crate::calendar::MythosHour;
use crate::chat::Said;
use crate::place::{Details, InRoom, LookedAt, Moved};
use crate::scenery::{DetailDeed, DetailUsed};
use crate::world::{RoomIx, RoomMap};

/// Events of one tick that scripts are called for; what is beyond is counted and left.
const EVENTS_MAX: usize = 1_024;

/// Something that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ScriptCue {
    pub(super) event: ScriptEvent,
    pub(super) who: Option<Entity>,
    pub(super) room: Option<RoomIx>,
    /// Where from, or where to.
    pub(super) other: Option<RoomIx>,
    pub(super) text: String,
}

impl ScriptCue {
    fn of(event: ScriptEvent, who: Entity, room: Option<RoomIx>) -> Self {
        Self {
            event,
            who: Some(who),
            room,
            other: None,
            text: String::new(),
        }
    }

    const fn of_the_world(event: ScriptEvent) -> Self {
        Self {
            event,
            who: None,
            room: None,
            other: None,
            text: String::new(),
        }
    }

    fn other(self, other: Option<RoomIx>) -> Self {
        Self { other, ..self }
    }

    fn text(self, text: &str) -> Self {
        let text = text.to_owned();
        Self { text, ..self }
    }
}

/// What happened since scripts were called last. Transient.
#[derive(Resource, Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct EventQueue {
    all: Vec<ScriptCue>,
    /// How many more there were.
    left: u64,
    /// The revision that scripts know of, once they have been called over one.
    #[serde(default)]
    revision: Option<u64>,
}

impl EventQueue {
    /// The same over another atlas: what happened where no room is any more is left.
    pub(super) fn carry(&mut self, map: &RoomMap) -> bool {
        self.all.retain_mut(|cue| {
            let before = cue.room;
            cue.room = before.and_then(|room| map.get(room));
            cue.other = cue.other.and_then(|room| map.get(room));
            before.is_some() == cue.room.is_some()
        });
        true
    }

    /// Takes what happened, in its order.
    pub(super) fn take(mut queue: Mut<'_, Self>) -> Vec<ScriptCue> {
        if queue.all.is_empty() {
            return Vec::new();
        }
        let all = std::mem::take(&mut queue.all);
        let left = std::mem::take(&mut queue.left);
        if left > 0 {
            tracing::warn!(left, "events were left that scripts listen to");
        }
        all
    }
}

/// What players did who typed the word of a script.
#[derive(Message, Clone, Debug)]
pub(super) struct ScriptVerbUse {
    pub(super) order: Order,
    /// The word, as the script has it.
    pub(super) word: String,
    /// What stands behind it.
    pub(super) words: String,
}

/// Takes down what scripts listen to.
pub(super) fn listen(
    mut arrived: MessageReader<Arrived>,
    mut moved: MessageReader<Moved>,
    mut said: MessageReader<Said>,
    mut hurt: MessageReader<VitalsChanged>,
    mut hours: MessageReader<MythosHour>,
    (mut looked, mut used): (MessageReader<LookedAt>, MessageReader<DetailUsed>),
    details: Res<Details>,
    revision: Res<Revision>,
    places: Query<&InRoom>,
    scripts: Res<ScriptSet>,
    mut queue: ResMut<EventQueue>,
) {
    let mut all = Vec::new();
    let number = Some(revision.mark.number);
    if queue.revision != number {
        let known = std::mem::replace(&mut queue.revision, number);
        if known.is_some() && scripts.listens(ScriptEvent::Published) {
            all.push(ScriptCue::of_the_world(ScriptEvent::Published));
        }
    }
    let mut add = |cue: ScriptCue| {
        if scripts.listens(cue.event) {
            all.push(cue);
        }
    };
    let fresh = arrived.read().filter(|one| one.how == Arrives::Fresh);
    for one in fresh {
        add(ScriptCue::of(ScriptEvent::Arrived, one.actor, None));
    }
    for one in moved.read() {
        let (actor, from, to) = (one.actor, one.from, one.to);
        if from.is_some() {
            add(ScriptCue::of(ScriptEvent::Leave, actor, from).other(to));
        }
        if to.is_some() {
            add(ScriptCue::of(ScriptEvent::Enter, actor, to).other(from));
        }
    }
    for (speaker, text) in said.read().filter_map(Said::to_room) {
        let room = places.get(speaker).ok().map(|place| place.0);
        add(ScriptCue::of(ScriptEvent::Said, speaker, room).text(text));
    }
    for one in looked.read() {
        let detail = details.get(one.room, one.detail);
        let word = detail.and_then(|one| one.words.first());
        let cue = ScriptCue::of(ScriptEvent::Looked, one.actor, Some(one.room));
        add(cue.text(word.map_or("", String::as_str)));
    }
    for one in used.read() {
        let event = match one.deed {
            DetailDeed::Touch => ScriptEvent::Touched,
            DetailDeed::Read => ScriptEvent::Read,
            DetailDeed::Ring => ScriptEvent::Rung,
        };
        let detail = details.get(one.room, one.detail);
        let word = detail.and_then(|one| one.words.first());
        let cue = ScriptCue::of(event, one.actor, Some(one.room));
        add(cue.text(word.map_or("", String::as_str)));
    }
    let floor = Vitals::FLOOR;
    let dead = |one: &&VitalsChanged| one.before.dp() > floor && one.now.dp() <= floor;
    for one in hurt.read().filter(dead) {
        add(ScriptCue::of(ScriptEvent::Died, one.body, one.room));
    }
    for _ in hours.read() {
        add(ScriptCue::of_the_world(ScriptEvent::Hour));
    }
    if all.is_empty() {
        return;
    }
    let room = EVENTS_MAX.saturating_sub(queue.all.len());
    queue.left += u64::try_from(all.len().saturating_sub(room)).unwrap_or(0);
    all.truncate(room);
    queue.all.extend(all);
}
