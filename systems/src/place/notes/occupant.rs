//! Somebody in a list of people, and who is told such a list.

use std::sync::Arc;

use engine::port::SessionId;
use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::body::Posture;
use crate::place::Rooms;
use crate::world::RoomIx;

/// Somebody in a room as clients see them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Occupant {
    /// Who.
    pub id: StableId,
    /// Their name.
    pub name: String,
    /// Their connection is away.
    pub linkdead: bool,
    /// How they hold themselves.
    pub position: Posture,
    /// How they stand there, in words that follow their name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pose: Option<String>,
}

impl Occupant {
    /// As text: a pose in its own words, else whoever does not stand is said to sit or lie; and
    /// whose connection is away.
    pub(super) fn words(&self) -> String {
        let posture = match (&self.pose, self.position) {
            (Some(pose), _) => Some(pose.as_str()),
            (None, Posture::Standing) => None,
            (None, posture) => Some(posture.word()),
        };
        let link = self.linkdead.then_some("link lost");
        match (posture, link) {
            (None, None) => self.name.clone(),
            (Some(one), None) | (None, Some(one)) => format!("{} ({one})", self.name),
            (Some(posture), Some(link)) => format!("{} ({posture}; {link})", self.name),
        }
    }
}

/// Tells everybody in a room what lists those in it: as each may see it, so that nobody is shown
/// the pose of somebody whom they have muted.
pub(super) fn tell_listed<N: Published>(
    rooms: &Rooms<'_, '_>,
    room: RoomIx,
    note: impl Fn(Vec<Occupant>) -> N,
    outbox: &mut Outbox,
) {
    let averted = rooms.averted(room);
    for viewer in &averted {
        if let Some(session) = rooms.session(*viewer) {
            outbox.tell_one(session, note(rooms.listing_for(room, Some(*viewer))));
        }
    }
    let others = rooms
        .occupants(room)
        .iter()
        .filter(|one| !averted.contains(one))
        .filter_map(|one| rooms.session(*one));
    let others: Arc<[SessionId]> = others.collect();
    if !others.is_empty() {
        outbox.tell(Audience::Many(others), note(rooms.listing(room)));
    }
}
