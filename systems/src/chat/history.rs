//! What was said lately: in memory, per room, per sub-zone, and for the channels of all.
//! Each place keeps its last lines, or as many bytes ([`HistoryRules`]): 1,000 rooms that were all
//! talked full hold 64 MiB. Whispers are nobody's business and are not kept.

mod recall;

pub(super) use recall::{AskHistory, PastLines, show};

use std::collections::VecDeque;
use std::sync::Arc;

use engine::content::Content;
use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Channel, HistoryRules, Rules};
use crate::cast::{BOB, FOYER, WHEN, id};
use crate::hearing::Hearing;
use crate::place::{Moved, Rooms};
use crate::wall_time::rfc3339;
use crate::world::{Atlas, RoomIx, RoomMap};

/// A line that was said.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct KeptLine {
    pub(super) sender: StableId,
    pub(super) admin: bool,
    pub(super) name: String,
    pub(super) channel: Channel,
    pub(super) message: String,
    /// By the wall clock.
    pub(super) at: WorldTime,
}

/// What was said in one place, shared with the last checkpoint until that is written.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Lines {
    kept: Arc<VecDeque<KeptLine>>,
    bytes: usize,
}

impl Lines {
    fn keep(&mut self, line: KeptLine, most: HistoryRules) {
        self.bytes += line.message.len();
        let kept = Arc::make_mut(&mut self.kept);
        kept.push_back(line);
        while kept.len() > most.lines || self.bytes > most.bytes {
            let oldest = kept.pop_front();
            self.bytes -= oldest.map_or(self.bytes, |oldest| oldest.message.len());
        }
    }
}

/// What was said everywhere.
#[derive(Resource, Debug, Clone, Serialize, Deserialize)]
pub(super) struct History {
    rooms: Vec<Lines>,
    sub_zones: Vec<Lines>,
    global: Lines,
    system: Lines,
    admin: Lines,
    most: HistoryRules,
}

impl History {
    pub(super) fn of(content: &Content) -> Self {
        let lines = |count: usize| vec![Lines::default(); count];
        let atlas = content.get::<Atlas>();
        Self {
            rooms: lines(atlas.map_or(0, |atlas| atlas.rooms().len())),
            sub_zones: lines(atlas.map_or(0, |atlas| atlas.sub_zones().count())),
            global: Lines::default(),
            system: Lines::default(),
            admin: Lines::default(),
            most: content.get::<Rules>().copied().unwrap_or_default().history,
        }
    }

    fn place(
        &mut self,
        atlas: &Atlas,
        room: Option<RoomIx>,
        channel: Channel,
    ) -> Option<&mut Lines> {
        match channel {
            Channel::Say | Channel::Emote => self.rooms.get_mut(room?.index()),
            Channel::Local => self.sub_zones.get_mut(atlas.room(room?).sub_zone),
            Channel::Global => Some(&mut self.global),
            Channel::System => Some(&mut self.system),
            Channel::Admin => Some(&mut self.admin),
            // A whisper is for one, and a pose is seen for as long as it lasts.
            Channel::Whisper | Channel::Pose => None,
        }
    }

    /// Keeps a line that was said in `room`, if its channel is kept.
    pub(super) fn keep(&mut self, atlas: &Atlas, room: Option<RoomIx>, line: KeptLine) {
        let most = self.most;
        if let Some(place) = self.place(atlas, room, line.channel) {
            place.keep(line, most);
        }
    }

    /// The last lines, oldest first, that `viewer` wants to hear.
    pub(super) fn shown<'a>(
        &'a self,
        atlas: &Atlas,
        (viewer, role): (Entity, Role),
        room: RoomIx,
        channel: Channel,
        hearing: &Hearing<'_, '_>,
        count: usize,
    ) -> Vec<&'a KeptLine> {
        let lines = match channel {
            Channel::Local => &self.sub_zones[atlas.room(room).sub_zone],
            Channel::Global => &self.global,
            Channel::System => &self.system,
            Channel::Admin => &self.admin,
            Channel::Say | Channel::Emote | Channel::Whisper | Channel::Pose => {
                &self.rooms[room.index()]
            }
        };
        let heard = |line: &&KeptLine| {
            let by = if line.admin {
                Role::Admin
            } else {
                Role::Player
            };
            hearing.hears(viewer, (line.sender, by), line.channel)
                && (role == Role::Admin || line.admin || !hearing.is_silenced(line.sender))
        };
        let mut shown: Vec<&KeptLine> = lines.kept.iter().rev().filter(heard).take(count).collect();
        shown.reverse();
        shown
    }
}

/// Says how what was said is carried over to another atlas: with the rooms.
pub(super) fn carry(reg: &mut Registrar<'_>) {
    reg.carried(|history: &mut History, carryover| {
        let map = carryover.map::<RoomMap>();
        history.rooms = map.rooms(std::mem::take(&mut history.rooms));
        history.sub_zones = map.sub_zones(std::mem::take(&mut history.sub_zones));
        history.most = carryover.to::<Rules>().copied().unwrap_or_default().history;
        true
    })
    .carried(|came_from: &mut CameFrom, carryover| {
        let map = carryover.map::<RoomMap>();
        let there = came_from.0.take();
        came_from.0 = there.and_then(|(room, until)| Some((map.get(room)?, until)));
        true
    });
}

/// `chat_history`: what was said in a room before one came in.
#[derive(Debug, Serialize, JsonSchema, Note)]
#[note("chat_history", prose = Self::told, examples = Self::shown)]
pub struct ChatHistory {
    /// The room's id.
    #[note(room)]
    pub room_id: String,
    /// The lines, oldest first; a few, of the last minutes.
    pub lines: Vec<PastLine>,
}

/// A line that was said before.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PastLine {
    /// Who said it.
    pub sender_id: StableId,
    /// Their name.
    pub player_name: String,
    /// On which channel.
    pub channel: Channel,
    /// What everybody read.
    pub message: String,
    /// When, by the wall clock, RFC 3339.
    pub timestamp: String,
}

impl PastLine {
    fn of(line: &KeptLine) -> Self {
        Self {
            sender_id: line.sender,
            player_name: line.name.clone(),
            channel: line.channel,
            message: line.message.clone(),
            timestamp: rfc3339(line.at),
        }
    }
}

impl ChatHistory {
    /// What a text client reads.
    fn told(&self) -> Option<Prose> {
        let lines: Vec<&str> = self.lines.iter().map(|one| one.message.as_str()).collect();
        let text = format!(
            "You hear the echo of what was said:\n  {}",
            lines.join("\n  ")
        );
        Some(Prose::of(Ink::Faint, text))
    }
}

impl ChatHistory {
    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        vec![Self {
            room_id: FOYER.to_owned(),
            lines: vec![PastLine {
                sender_id: id(BOB),
                player_name: BOB.to_owned(),
                channel: Channel::Say,
                message: Channel::Say.format(BOB, "hello"),
                timestamp: rfc3339(WHEN),
            }],
        }]
    }
}

/// The room a character was in before, and until when: what was said there until then it knows.
#[derive(Component, Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct CameFrom(Option<(RoomIx, WorldTime)>);

/// Somebody came into a room.
#[derive(Message, Debug, Clone, Copy)]
pub(super) struct RoomEntered {
    actor: Entity,
    room: RoomIx,
    /// Whoever comes back knows what was said there until then.
    knows: Option<WorldTime>,
}

/// Remembers from where everybody came.
pub(super) fn follow(
    mut moves: MessageReader<Moved>,
    mut people: Query<&mut CameFrom>,
    clock: Res<Clock>,
    mut came: MessageWriter<RoomEntered>,
) {
    for Moved {
        actor, from, to, ..
    } in moves.read()
    {
        let Ok(mut came_from) = people.get_mut(*actor) else {
            continue;
        };
        let knows = came_from
            .0
            .filter(|(room, _)| Some(*room) == *to)
            .map(|(_, until)| until);
        if let Some(from) = from {
            came_from.0 = Some((*from, clock.wall()));
        }
        if let Some(room) = *to {
            came.write(RoomEntered {
                actor: *actor,
                room,
                knows,
            });
        }
    }
}

/// Lets those who come into a room know what was said there lately. Runs before what is said in
/// this tick is kept, because that they hear themselves.
pub(super) fn greet(
    mut came: MessageReader<RoomEntered>,
    people: Query<&Character>,
    rooms: Rooms<'_, '_>,
    history: Res<History>,
    hearing: Hearing<'_, '_>,
    clock: Res<Clock>,
    mut outbox: ResMut<Outbox>,
) {
    let now = clock.wall();
    for RoomEntered { actor, room, knows } in came.read() {
        let (Ok(character), Some(session)) = (people.get(*actor), rooms.session(*actor)) else {
            continue;
        };
        let viewer = (*actor, character.role);
        let lines = history.shown(
            &rooms.atlas,
            viewer,
            *room,
            Channel::Say,
            &hearing,
            history.most.greeting,
        );
        let lines: Vec<PastLine> = lines
            .into_iter()
            .filter(|line| now.since(line.at) <= Duration::from_secs(history.most.greeting_seconds))
            .filter(|line| knows.is_none_or(|until| line.at > until))
            .map(PastLine::of)
            .collect();
        if !lines.is_empty() {
            let room_id = rooms.atlas.room(*room).id.clone();
            outbox.tell_one(session, ChatHistory { room_id, lines });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> KeptLine {
        KeptLine {
            sender: StableId::named("Ann"),
            admin: false,
            name: "Ann".to_owned(),
            channel: Channel::Say,
            message: text.to_owned(),
            at: WorldTime(0),
        }
    }

    #[test]
    fn place_history_is_bounded_in_lines_and_bytes() {
        let mut lines = Lines::default();
        let most = HistoryRules::default();
        for n in 0..most.lines + 20 {
            lines.keep(line(&n.to_string()), most);
        }
        assert_eq!(lines.kept.len(), most.lines);
        assert_eq!(lines.kept[0].message, "20");
        for _ in 0..most.lines {
            lines.keep(line(&"x".repeat(2_000)), most);
        }
        assert!(lines.bytes <= most.bytes && lines.kept.len() == most.bytes / 2_000);
    }
}
