//! What is published of these notes.

use engine::prelude::*;

use super::{Drops, ExitView, Listing, Passing, RoomDrops, RoomOccupants, RoomUpdate, RoomView};
use crate::cast::{ANN, BOB, CORRIDOR, FOYER, id};
use crate::place::{DoorView, Npc, Occupant, Posture, RoomOccupantsChanged, StandingThing};
use crate::world::Direction;

impl RoomView {
    /// The room of the examples.
    pub(crate) fn example() -> Self {
        let exit = ExitView {
            to: CORRIDOR.to_owned(),
            name: Some("a door covered in green baize".to_owned()),
            door: Some(DoorView {
                door: "baize door".to_owned(),
                closed: true,
                locked: false,
            }),
        };
        Self {
            id: FOYER.to_owned(),
            name: "Foyer of the Sanitarium".to_owned(),
            description: "A bell on a counter, and nobody behind it.".to_owned(),
            environment: "indoors".to_owned(),
            zone: "arkhamcity".to_owned(),
            zone_name: "Arkham".to_owned(),
            sub_zone: "sanitarium".to_owned(),
            sub_zone_name: "Arkham Sanitarium".to_owned(),
            plane: "earth".to_owned(),
            lines: Vec::new(),
            details: vec!["bell".to_owned()],
            exits: [(Direction::North, exit)].into(),
        }
    }
}

impl Occupant {
    fn example(name: &str, linkdead: bool) -> Self {
        Self {
            id: id(name),
            name: name.to_owned(),
            linkdead,
            position: Posture::Standing,
            pose: None,
            marks: Vec::new(),
        }
    }
}

impl Listing {
    /// The people of the examples; the connection of one is away.
    pub(crate) fn example() -> Self {
        let people = [Occupant::example(ANN, false), Occupant::example(BOB, true)];
        Self::new(people.into(), 2).among([Npc::example()].into())
    }
}

impl Npc {
    fn example() -> Self {
        Self {
            id: id("cat"),
            name: "porter's cat".to_owned(),
            number: 1,
            kind: "passive_mob",
            short: "The porter's cat keeps the counter company.".to_owned(),
        }
    }
}

impl Drops {
    /// The things of the examples.
    pub(crate) fn example() -> Self {
        Self::of(
            [(id("lamp"), "hurricane lamp", 1)].into_iter(),
            vec![chest()],
        )
    }
}

impl RoomOccupantsChanged {
    /// Notes as they might be sent.
    pub(in crate::place) fn shown() -> Vec<Self> {
        vec![Self {
            room_id: FOYER.to_owned(),
            joined: vec![Occupant::example(BOB, false)],
            left: vec![id("Cleo")],
            changed: vec![Occupant {
                position: Posture::Sitting,
                ..Occupant::example(ANN, false)
            }],
            npcs: Some([Npc::example()].into()),
            count: 2,
        }]
    }
}

impl Published for RoomUpdate {
    const TYPES: &'static [&'static str] = &["room_update"];

    fn examples() -> Vec<Self> {
        vec![
            Self::of(
                RoomView::example().into(),
                Listing::example(),
                Drops::example(),
            )
            .seen_by(ANN),
        ]
    }
}

impl RoomOccupants {
    /// Notes as they might be sent.
    pub(super) fn shown() -> Vec<Self> {
        vec![Self::of(FOYER, Listing::example())]
    }
}

impl Passing {
    /// Notes as they might be sent.
    pub(super) fn shown() -> Vec<Self> {
        let passing = |entered: bool, message: &str| Self {
            player_id: id(BOB),
            player_name: BOB.to_owned(),
            room_id: FOYER.to_owned(),
            direction: Some(if entered {
                Direction::South
            } else {
                Direction::North
            }),
            from_room_id: entered.then(|| CORRIDOR.to_owned()),
            to_room_id: (!entered).then(|| CORRIDOR.to_owned()),
            message: message.to_owned(),
            entered,
        };
        vec![
            passing(true, "Bob arrives from the north."),
            passing(false, "Bob leaves north."),
        ]
    }
}

fn chest() -> StandingThing {
    StandingThing {
        container_id: id("chest"),
        name: "oak chest".to_owned(),
        source_type: "environment",
        lock_state: "locked",
        closed: true,
    }
}

impl RoomDrops {
    /// Notes as they might be sent.
    pub(super) fn shown() -> Vec<Self> {
        vec![Self::of(FOYER, Drops::example())]
    }
}
