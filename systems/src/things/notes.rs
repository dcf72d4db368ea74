//! What those around are told of things that change hands.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::Reverted;
use engine::port::SessionId;
use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::deeds::{TakenFrom, To};
use super::handle::{Handled, HandledThing};
use super::prototype::Slot;
use super::settle::FloorChanged;
use super::staff::Summoned;
use crate::cast::{ANN, BOB, FOYER, id};
use crate::place::{Label, RoomDrops, Rooms, laid};
use crate::presence::System;
use crate::world::RoomIx;

/// `inventory_pickup` and `inventory_drop`: somebody here has taken something, or put it down.
#[derive(Debug, Serialize, JsonSchema, Note)]
#[note("inventory_drop", "inventory_pickup", by = dropped, says = "{message}", ink = Faint, gmcp = Self::packages, examples = Self::shown)]
pub(super) struct Handed {
    #[note(player)]
    player_id: StableId,
    player_name: String,
    #[note(room)]
    room_id: String,
    item_instance_id: StableId,
    /// Of which prototype.
    item_id: String,
    item_name: String,
    quantity: u32,
    message: String,
    #[serde(skip)]
    dropped: bool,
    /// Whether it lay, or lies now, on the floor rather than in a bag.
    #[serde(skip)]
    on_floor: bool,
}

/// Who did something with what, and where.
struct Doing<'a> {
    who: (StableId, &'a str),
    room: &'a str,
    item: &'a HandledThing,
}

impl Doing<'_> {
    /// `the lamp`, `the candle (3)`
    fn what(&self) -> String {
        match self.item.quantity {
            1 => format!("the {}", self.item.name),
            count => format!("the {} ({count})", self.item.name),
        }
    }
}

impl Handed {
    fn of(doing: &Doing<'_>, verb: &str, dropped: bool) -> Self {
        Self {
            player_id: doing.who.0,
            player_name: doing.who.1.to_owned(),
            room_id: doing.room.to_owned(),
            item_instance_id: doing.item.id,
            item_id: doing.item.sort.clone(),
            item_name: doing.item.name.clone(),
            quantity: doing.item.quantity,
            message: format!("{} {}.", doing.who.1, verb.replace("{}", &doing.what())),
            dropped,
            on_floor: true,
        }
    }

    /// Of what goes into a bag, or comes out of it: the floor stays as it is.
    fn bagged(doing: &Doing<'_>, verb: &str, dropped: bool) -> Self {
        Self {
            on_floor: false,
            ..Self::of(doing, verb, dropped)
        }
    }

    /// What a GMCP client gets beside the text.
    fn packages(&self) -> Vec<Gmcp> {
        let lain = laid(self.item_instance_id, &self.item_name, self.dropped);
        self.on_floor.then_some(lain).into_iter().collect()
    }

    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        let item = lamp(None);
        let doing = shown_by_bob(&item);
        vec![
            Self::of(&doing, "takes {}", false),
            Self::of(&doing, "puts down {}", true),
        ]
    }
}

fn lamp(slot: Option<Slot>) -> HandledThing {
    HandledThing {
        thing: Entity::PLACEHOLDER,
        id: id("lamp"),
        sort: "lamp.hand.hurricane".to_owned(),
        name: "hurricane lamp".to_owned(),
        quantity: 1,
        slot,
    }
}

fn shown_by_bob(item: &HandledThing) -> Doing<'_> {
    let (who, room) = ((id(BOB), BOB), FOYER);
    Doing { who, room, item }
}

/// `inventory_given`: somebody here has given something to somebody else here.
#[derive(Debug, Serialize, JsonSchema, Note)]
#[note("inventory_given", says = "{message}", ink = Faint, examples = Self::shown)]
pub(super) struct Given {
    #[note(player)]
    player_id: StableId,
    player_name: String,
    #[note(room)]
    room_id: String,
    to_id: StableId,
    to_name: String,
    item_instance_id: StableId,
    /// Of which prototype.
    item_id: String,
    item_name: String,
    quantity: u32,
    /// In words, for whoever reads it.
    message: String,
}

impl Given {
    /// For whoever has it now, or for the others.
    fn of(doing: &Doing<'_>, to: (StableId, &str), yours: bool) -> Self {
        let whom = if yours { "you" } else { to.1 };
        Self {
            player_id: doing.who.0,
            player_name: doing.who.1.to_owned(),
            room_id: doing.room.to_owned(),
            to_id: to.0,
            to_name: to.1.to_owned(),
            item_instance_id: doing.item.id,
            item_id: doing.item.sort.clone(),
            item_name: doing.item.name.clone(),
            quantity: doing.item.quantity,
            message: format!("{} gives {} to {whom}.", doing.who.1, doing.what()),
        }
    }

    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        let item = lamp(None);
        vec![Self::of(&shown_by_bob(&item), (id(ANN), ANN), true)]
    }
}

/// `inventory_equip` and `inventory_unequip`: somebody here puts something on, or takes it off.
#[derive(Debug, Serialize, JsonSchema, Note)]
#[note("inventory_unequip", "inventory_equip", by = removed, says = "{message}", ink = Faint, examples = Self::shown)]
pub(super) struct Equipped {
    #[note(player)]
    player_id: StableId,
    player_name: String,
    #[note(room)]
    room_id: String,
    item_instance_id: StableId,
    /// Of which prototype.
    item_id: String,
    item_name: String,
    /// Where it is worn, or was.
    slot: Slot,
    message: String,
    #[serde(skip)]
    removed: bool,
}

impl Equipped {
    fn of(doing: &Doing<'_>, slot: Slot, removed: bool) -> Self {
        let held = matches!(slot, Slot::MainHand | Slot::OffHand);
        let does = match (removed, held) {
            (true, true) => "puts away",
            (true, false) => "takes off",
            (false, true) => "takes up",
            (false, false) => "puts on",
        };
        Self {
            player_id: doing.who.0,
            player_name: doing.who.1.to_owned(),
            room_id: doing.room.to_owned(),
            item_instance_id: doing.item.id,
            item_id: doing.item.sort.clone(),
            item_name: doing.item.name.clone(),
            slot,
            message: format!("{} {does} {}.", doing.who.1, doing.what()),
            removed,
        }
    }

    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        let item = lamp(Some(Slot::OffHand));
        let doing = shown_by_bob(&item);
        vec![
            Self::of(&doing, Slot::OffHand, false),
            Self::of(&doing, Slot::OffHand, true),
        ]
    }
}

/// `admin_summon`: an admin here has made things.
#[derive(Debug, Serialize, JsonSchema, Note)]
#[note("admin_summon", says = "{message}", ink = Faint, examples = Self::shown)]
pub(super) struct AdminSummoned {
    #[note(player)]
    player_id: StableId,
    /// Who.
    summoned_by: String,
    #[note(room)]
    room_id: String,
    /// Of which prototype.
    item_id: String,
    item_name: String,
    quantity: u32,
    message: String,
}

impl AdminSummoned {
    fn of(who: (StableId, &str), room: &str, item: (&str, &str), quantity: u32) -> Self {
        let count = match quantity {
            1 => String::new(),
            count => format!(" ({count})"),
        };
        Self {
            player_id: who.0,
            summoned_by: who.1.to_owned(),
            room_id: room.to_owned(),
            item_id: item.0.to_owned(),
            item_name: item.1.to_owned(),
            quantity,
            message: format!("{} opens a hand, and here is: {}{count}.", who.1, item.1),
        }
    }

    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        let item = ("lamp.hand.hurricane", "hurricane lamp");
        vec![Self::of((id(ANN), ANN), FOYER, item, 2)]
    }
}

/// Tells those around who took, put down, gave or put on what.
pub(super) fn tell(
    mut handled: MessageReader<Handled>,
    mut summoned: MessageReader<Summoned>,
    people: Query<(&StableId, &Character)>,
    names: Query<&Label>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for made in summoned.read() {
        if let Ok((id, character)) = people.get(made.actor) {
            let who = (*id, character.name.as_str());
            let room = &rooms.atlas.room(made.room).id;
            let item = (made.prototype.as_str(), made.name.as_str());
            let note = AdminSummoned::of(who, room, item, made.count);
            let others = others(&rooms, made.room, &[rooms.session(made.actor)]);
            outbox.tell(Audience::Many(others), note);
        }
    }
    for done in handled.read() {
        let (Some(room), Ok((player_id, character))) = (done.room, people.get(done.actor)) else {
            continue;
        };
        let room_id = &rooms.atlas.room(room).id;
        let but_me = || Audience::Many(others(&rooms, room, &[rooms.session(done.actor)]));
        let who = (*player_id, character.name.as_str());
        for item in &done.things {
            let doing = Doing {
                who,
                room: room_id,
                item,
            };
            let inner = |what: Entity| names.get(what).map_or("something", |one| one.0.as_str());
            match (done.from, done.to) {
                (TakenFrom::Worn(_), _) | (_, To::Worn(_)) => {
                    let removed = !matches!(done.to, To::Worn(_));
                    let slot = item.slot.unwrap_or(Slot::MainHand);
                    outbox.tell(but_me(), Equipped::of(&doing, slot, removed));
                }
                (_, To::Hands(to)) if to != done.actor => {
                    give(&doing, (done.actor, to), room, &people, &rooms, &mut outbox);
                }
                (TakenFrom::Inside(from), _) => {
                    let verb = format!("takes {{}} from the {}", inner(from));
                    outbox.tell(but_me(), Handed::bagged(&doing, &verb, false));
                }
                (_, To::Inside(into)) => {
                    let verb = format!("puts {{}} in the {}", inner(into));
                    outbox.tell(but_me(), Handed::bagged(&doing, &verb, true));
                }
                (_, To::Floor(_)) => {
                    outbox.tell(but_me(), Handed::of(&doing, "puts down {}", true));
                }
                (_, To::Hands(_)) => outbox.tell(but_me(), Handed::of(&doing, "takes {}", false)),
            }
        }
    }
}

fn others(rooms: &Rooms<'_, '_>, room: RoomIx, but: &[Option<SessionId>]) -> Arc<[SessionId]> {
    let all = rooms.audience(room);
    let but = |one: &&SessionId| !but.contains(&Some(**one));
    all.iter().filter(but).copied().collect()
}

/// Tells of something that was given.
fn give(
    doing: &Doing<'_>,
    (from, to): (Entity, Entity),
    room: RoomIx,
    people: &Query<'_, '_, (&StableId, &Character)>,
    rooms: &Rooms<'_, '_>,
    outbox: &mut Outbox,
) {
    let Ok((to_id, taker)) = people.get(to) else {
        return;
    };
    let whom = (*to_id, taker.name.as_str());
    let theirs = rooms.session(to);
    let others = others(rooms, room, &[rooms.session(from), theirs]);
    outbox.tell(Audience::Many(others), Given::of(doing, whom, false));
    if let Some(session) = theirs {
        outbox.tell_one(session, Given::of(doing, whom, true));
    }
}

/// Shows those in a room what lies there, where it changed by nobody's hand, and whoever changed it
/// themselves: the others are told of what they see done.
pub(super) fn show_floors(
    mut changed: MessageReader<FloorChanged>,
    mut handled: MessageReader<Handled>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for done in handled.read() {
        let on_floor = done.from == TakenFrom::Floor || matches!(done.to, To::Floor(_));
        if let (Some(room), Some(session), true) = (done.room, rooms.session(done.actor), on_floor)
        {
            let note = RoomDrops::of(&rooms.atlas.room(room).id, rooms.drops(room));
            outbox.tell_one(session, note);
        }
    }
    let changed: BTreeSet<RoomIx> = changed.read().map(|one| one.0).collect();
    for room in changed {
        let audience = rooms.audience(room);
        if !audience.is_empty() {
            let note = RoomDrops::of(&rooms.atlas.room(room).id, rooms.drops(room));
            outbox.tell(Audience::Many(audience), note);
        }
    }
}

/// Tells those who had something that they never had it.
pub(super) fn lament(
    mut reverted: MessageReader<Reverted>,
    index: Res<Index>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for Reverted { held_by, .. } in reverted.read() {
        let holder = held_by.and_then(|id| index.get(id));
        if let Some(session) = holder.and_then(|holder| rooms.session(holder)) {
            let message = "Something that you held slips away: it is elsewhere after all.";
            let message = message.to_owned();
            outbox.tell_one(session, System { message });
        }
    }
}
