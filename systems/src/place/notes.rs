//! What people are told about places.

mod examples;
mod turn;

pub(super) use turn::turn;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::{BriefRooms, Details, DoorView, DoorViews, Drops, Listing, Moved, Rooms, passed};
use crate::calendar::{Daylight, MythosTime};
use crate::world::{Atlas, Direction, RoomIx};

/// A room as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RoomView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What one sees at this hour.
    pub description: String,
    /// Its environment's key.
    pub environment: String,
    /// Its zone's id.
    pub zone: String,
    /// What people call its zone.
    pub zone_name: String,
    /// Its sub-zone's id.
    pub sub_zone: String,
    /// What people call its sub-zone.
    pub sub_zone_name: String,
    /// Its plane.
    pub plane: String,
    /// What else is seen of it, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// Words of its description and lines that can be looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// The ways out.
    pub exits: BTreeMap<Direction, ExitView>,
}

/// A way out as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExitView {
    /// The id of the room it leads to.
    pub to: String,
    /// What it looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The door in it, if there is one.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub door: Option<DoorView>,
}

impl RoomView {
    /// A room by day or night, with what plugins say of it.
    #[must_use]
    pub(crate) fn of(
        atlas: &Atlas,
        ix: RoomIx,
        night: bool,
        lines: Vec<String>,
        (doors, details): (&DoorViews, &Details),
    ) -> Self {
        let room = atlas.room(ix);
        let night = room.night.as_ref().filter(|_| night);
        let description = night.unwrap_or(&room.description);
        let exit = |exit: &crate::world::Exit| {
            let (to, name) = (atlas.room(exit.to).id.clone(), exit.name.clone());
            let door = doors.get(ix, exit.way).cloned();
            (exit.way, ExitView { to, name, door })
        };
        Self {
            id: room.id.clone(),
            name: room.name.clone(),
            details: details.named(ix, description, &lines),
            description: description.clone(),
            environment: atlas.environment(room.environment).to_owned(),
            zone: atlas.zone(ix).id.clone(),
            zone_name: atlas.zone(ix).name.clone(),
            sub_zone: atlas.sub_zone(ix).id.clone(),
            sub_zone_name: atlas.sub_zone(ix).name.clone(),
            plane: atlas.zone(ix).plane.clone(),
            lines,
            exits: room.exits.iter().map(exit).collect(),
        }
    }

    /// The room as text, for `me`.
    #[must_use]
    pub fn prose(&self, people: &Listing, drops: &Drops, me: &str) -> Prose {
        let prose = Prose::of(Ink::Title, self.name.clone())
            .with(Ink::Plain, format!("\n{}\n", self.description));
        self.with_the_rest(prose, people, drops, me)
    }

    /// The room as text without its description.
    pub(super) fn in_brief(&self, people: &Listing, drops: &Drops, me: &str) -> Prose {
        let prose = Prose::of(Ink::Title, self.name.clone()).with(Ink::Plain, "\n");
        self.with_the_rest(prose, people, drops, me)
    }

    /// What follows the description.
    fn with_the_rest(&self, mut prose: Prose, people: &Listing, drops: &Drops, me: &str) -> Prose {
        for line in &self.lines {
            prose = prose.with(Ink::Plain, format!("{line}\n"));
        }
        prose = prose.with(Ink::Faint, "Ways: ");
        for (index, (way, exit)) in self.exits.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            prose = prose.with(Ink::Plain, comma).with(Ink::Exit, way.word());
            if let Some(name) = &exit.name {
                prose = prose.with(Ink::Faint, format!(" ({name})"));
            }
            if exit.door.as_ref().is_some_and(|door| door.closed) {
                prose = prose.with(Ink::Faint, " [closed]");
            }
        }
        if let Some(others) = people.words(me) {
            prose = prose.with(Ink::Faint, "\nHere: ").with(Ink::Name, others);
        }
        for line in people.creatures() {
            prose = prose.with(Ink::Plain, format!("\n{line}"));
        }
        if !drops.words().is_empty() {
            prose = prose.with(Ink::Plain, format!("\n{}", drops.words()));
        }
        let standing = drops.standing();
        if !standing.is_empty() {
            prose = prose.with(Ink::Plain, format!("\n{standing}"));
        }
        prose
    }
}

/// `room_update`: where you are now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RoomUpdate {
    /// The room, shared by everybody who comes into it.
    pub room: Arc<RoomView>,
    /// What is here and no person, by name.
    pub entities: Vec<String>,
    /// Who is here.
    #[serde(flatten)]
    pub people: Listing,
    /// The count once more, under the name that older clients know.
    pub occupant_count: usize,
    /// What lies on the floor.
    #[serde(flatten)]
    pub drops: Drops,
    /// Whose eyes it is seen with; for text only.
    #[serde(skip)]
    me: String,
    /// Only the light has changed, for everybody here; for text only.
    #[serde(skip)]
    turned: bool,
    /// The reader wants no description; for text only.
    #[serde(skip)]
    brief: bool,
}

impl RoomUpdate {
    /// A room and who is in it, for all of them.
    pub(crate) fn of(room: Arc<RoomView>, people: Listing, drops: Drops) -> Self {
        Self {
            room,
            entities: drops.names(),
            occupant_count: people.count(),
            people,
            drops,
            me: String::new(),
            turned: false,
            brief: false,
        }
    }

    /// For one of them, who is not listed in the text.
    pub(crate) fn seen_by(self, name: &str) -> Self {
        let me = name.to_owned();
        Self { me, ..self }
    }
}

impl Note for RoomUpdate {
    fn event_type(&self) -> &'static str {
        "room_update"
    }
    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }
    fn prose(&self) -> Option<Prose> {
        if self.turned {
            let description = self.room.description.clone();
            return Some(Prose::of(Ink::Plain, description));
        }
        let (people, drops) = (&self.people, &self.drops);
        Some(match self.brief {
            true => self.room.in_brief(people, drops, &self.me),
            false => self.room.prose(people, drops, &self.me),
        })
    }
    fn gmcp(&self) -> Vec<Gmcp> {
        let mut packets = vec![self.room.gmcp()];
        // Whoever is shown only another light has the lists, and these are not for one reader.
        if !self.me.is_empty() {
            packets.extend([self.people.packet(&self.me), self.drops.packet()]);
        }
        packets
    }
    fn room_id(&self) -> Option<&str> {
        Some(&self.room.id)
    }
}

/// `room_drops`: what lies and stands where you are, where that changed by your own
/// hand or by nobody's.
#[derive(Debug, Serialize, JsonSchema, Note)]
#[note("room_drops", replaces = "room_drops", examples = Self::shown)]
pub struct RoomDrops {
    /// What lies there.
    #[serde(flatten)]
    pub drops: Drops,
    #[serde(skip)]
    #[note(room)]
    room: String,
}

impl RoomDrops {
    /// What lies in a room.
    #[must_use]
    pub fn of(room: &str, drops: Drops) -> Self {
        let room = room.to_owned();
        Self { drops, room }
    }
}

/// `room_occupants`: who is here now.
#[derive(Debug, Serialize, JsonSchema, Note)]
#[note("room_occupants", replaces = "room_occupants", examples = Self::shown)]
pub struct RoomOccupants {
    /// Who they are.
    #[serde(flatten)]
    pub people: Listing,
    #[serde(skip)]
    #[note(room)]
    room: String,
}

impl RoomOccupants {
    pub(super) fn of(room: &str, people: Listing) -> Self {
        Self {
            people,
            room: room.to_owned(),
        }
    }
}

/// `player_entered` and `player_left`.
#[derive(Debug, Serialize, JsonSchema, Note)]
#[note("player_entered", "player_left", by = entered, says = "{message}", ink = Faint, gmcp = Self::packages, examples = Self::shown)]
pub(super) struct Passing {
    #[note(player)]
    player_id: StableId,
    player_name: String,
    #[note(room)]
    room_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<Direction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_room_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_room_id: Option<String>,
    message: String,
    #[serde(skip)]
    entered: bool,
}

impl Passing {
    /// What a GMCP client gets beside the text.
    fn packages(&self) -> Vec<Gmcp> {
        vec![passed(&self.player_name, self.entered)]
    }
}

/// Tells everyone concerned who walked by, and the walkers where they are.
pub(super) fn tell(
    mut moves: MessageReader<Moved>,
    people: Query<(&StableId, &Character, Has<BriefRooms>)>,
    rooms: Rooms<'_, '_>,
    clock: Res<Clock>,
    daylight: Res<Daylight>,
    mut outbox: ResMut<Outbox>,
) {
    let night = daylight.is_night(MythosTime::at(clock.wall()));
    for Moved {
        actor,
        from,
        to,
        way,
    } in moves.read()
    {
        // Coming into the world and leaving it is told by presence.
        let (Some(from), Some(to)) = (*from, *to) else {
            continue;
        };
        let Ok((id, character, brief)) = people.get(*actor) else {
            continue;
        };
        let (name, atlas) = (&character.name, &rooms.atlas);
        let others = |room, session| match session {
            Some(session) => Audience::Except(rooms.audience(room), session),
            None => Audience::Many(rooms.audience(room)),
        };
        let session = rooms.session(*actor);
        let passing = |entered: bool, message: String| Passing {
            player_id: *id,
            player_name: name.clone(),
            room_id: atlas.room(if entered { to } else { from }).id.clone(),
            direction: *way,
            from_room_id: entered.then(|| atlas.room(from).id.clone()),
            to_room_id: (!entered).then(|| atlas.room(to).id.clone()),
            message,
            entered,
        };
        let left = way.map_or_else(
            || format!("{name} is gone."),
            |way| format!("{name} leaves {way}."),
        );
        outbox.tell(others(from, session), passing(false, left));
        let back = way.map(Direction::opposite);
        let came = back.map_or_else(
            || format!("{name} is here."),
            |back| format!("{name} arrives from {}.", from_words(back)),
        );
        outbox.tell(others(to, session), passing(true, came));
        if let Some(session) = session {
            let people = rooms.listing_for(to, *actor);
            let update = RoomUpdate::of(rooms.view_for(to, night, *actor), people, rooms.drops(to));
            let brief = brief && way.is_some();
            let update = update.seen_by(name);
            outbox.tell_one(session, RoomUpdate { brief, ..update });
        }
    }
}

fn from_words(way: Direction) -> String {
    match way {
        Direction::Up => "above".to_owned(),
        Direction::Down => "below".to_owned(),
        way => format!("the {way}"),
    }
}
