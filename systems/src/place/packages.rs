//! Who and what is in a room, for clients that read GMCP. What a list here says, its note says as
//! well: nothing is told by GMCP alone.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde_json::json;

use super::{Drops, Listing, RoomView};

/// Where the things of a list are: on the floor.
const ROOM: &str = "room";

impl RoomView {
    /// The room as `Room.Info`.
    #[must_use]
    pub fn gmcp(&self) -> Gmcp {
        let exits: BTreeMap<&str, &str> = self
            .exits
            .iter()
            .map(|(way, exit)| (way.short(), exit.to.as_str()))
            .collect();
        let data = json!({
            "num": self.id, "name": self.name, "area": self.sub_zone, "environment": self.environment, "exits": exits,
        });
        packet("Room.Info", data)
    }
}

impl Listing {
    /// `Room.Players`: who else is here, for the one called `me`.
    pub(crate) fn packet(&self, me: &str) -> Gmcp {
        let others = self.people().filter(|one| one.name != me);
        let players: Vec<_> = others.map(|one| player(&one.name)).collect();
        packet("Room.Players", json!(players))
    }
}

impl Drops {
    /// `Char.Items.List` of the floor.
    pub(crate) fn packet(&self) -> Gmcp {
        let items: Vec<_> = self
            .listed()
            .map(|drop| item(drop.item_instance_id, &drop.item_name))
            .collect();
        let data = json!({ "location": ROOM, "items": items });
        packet("Char.Items.List", data)
    }
}

/// `Room.AddPlayer` or `Room.RemovePlayer`: somebody is here now, or no longer.
pub(crate) fn passed(name: &str, here: bool) -> Gmcp {
    match here {
        true => packet("Room.AddPlayer", player(name)),
        false => packet("Room.RemovePlayer", json!(name)),
    }
}

/// `Char.Items.Add` or `Char.Items.Remove` of the floor.
pub(crate) fn laid(id: StableId, name: &str, here: bool) -> Gmcp {
    let package = match here {
        true => "Char.Items.Add",
        false => "Char.Items.Remove",
    };
    packet(package, json!({ "location": ROOM, "item": item(id, name) }))
}

const fn packet(package: &'static str, data: serde_json::Value) -> Gmcp {
    Gmcp { package, data }
}

fn player(name: &str) -> serde_json::Value {
    json!({ "name": name, "fullname": name })
}

fn item(id: StableId, name: &str) -> serde_json::Value {
    json!({ "id": id, "name": name })
}
