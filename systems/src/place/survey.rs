//! `exits` and `scan`: where the ways lead, and who is beyond them.

use engine::prelude::*;

use super::{InRoom, Rooms};
use crate::command::{Needs, Usage, Verb, Words};
use crate::world::{Exit, RoomIx};

/// So many people and creatures of a neighboring room are named.
const NAMED_MAX: usize = 8;

/// `exits`
#[derive(Message, Debug)]
pub(super) struct Exits(Order);

impl Verb for Exits {
    const WORDS: &'static [&'static str] = &["exits", "ways"];
    const USAGE: &'static str = "exits";
    const HELP: &'static str = "Lists the ways out that you see, and where each leads.";
    const NEEDS: Needs = Needs::MIND;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self(order))
    }
}

/// `scan`
#[derive(Message, Debug)]
pub(super) struct ScanVerb(Order);

impl Verb for ScanVerb {
    const WORDS: &'static [&'static str] = &["scan"];
    const USAGE: &'static str = "scan";
    const HELP: &'static str = "Looks out by every way that you see and is not closed, and tells who is in the room beyond.";
    const NEEDS: Needs = Needs::MIND;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self(order))
    }
}

/// Lists ways, and who is beyond them.
pub(super) fn survey(
    mut ways: MessageReader<Exits>,
    mut scans: MessageReader<ScanVerb>,
    lookers: Query<&InRoom>,
    rooms: Rooms<'_, '_>,
    mut answers: MessageWriter<Answer>,
) {
    let ways = ways.read().map(|Exits(order)| (*order, false));
    let scans = scans.read().map(|ScanVerb(order)| (*order, true));
    for (order, scans) in ways.chain(scans) {
        answers.write(match lookers.get(order.actor) {
            Ok(InRoom(room)) => {
                let text = match scans {
                    true => rooms.scanned(order.actor, *room),
                    false => rooms.ways_out(order.actor, *room),
                };
                Answer::with(order, text)
            }
            Err(_) => Answer::refused(order, Code::GameLogicError, "You are nowhere."),
        });
    }
}

impl Rooms<'_, '_> {
    /// The ways out of a room that somebody sees.
    fn seen_ways(&self, viewer: Entity, room: RoomIx) -> impl Iterator<Item = &Exit> {
        let exits = self.atlas.room(room).exits.iter();
        exits.filter(move |exit| self.sees_way(viewer, room, exit.way))
    }

    fn is_closed(&self, room: RoomIx, exit: &Exit) -> bool {
        let door = self.doors.get(room, exit.way);
        door.is_some_and(|door| door.closed)
    }

    /// Where each way leads.
    fn ways_out(&self, viewer: Entity, room: RoomIx) -> String {
        let line = |exit: &Exit| {
            let name = exit.name.as_deref();
            let name = name.map_or_else(String::new, |name| format!("{name}; beyond, "));
            let closed = match self.is_closed(room, exit) {
                true => " [closed]",
                false => "",
            };
            let beyond = &self.atlas.room(exit.to).name;
            format!("  {}: {name}{beyond}{closed}", exit.way)
        };
        let lines: Vec<String> = self.seen_ways(viewer, room).map(line).collect();
        match lines.is_empty() {
            true => "You see no way out.".to_owned(),
            false => format!("Ways:\n{}", lines.join("\n")),
        }
    }

    /// Who is beyond each way.
    fn scanned(&self, viewer: Entity, room: RoomIx) -> String {
        let line = |exit: &Exit| {
            if self.is_closed(room, exit) {
                return Some(format!("  {}: closed", exit.way));
            }
            let beyond = &self.atlas.room(exit.to).name;
            let who = self.company(exit.to)?;
            Some(format!("  {}, {beyond}: {who}", exit.way))
        };
        let lines: Vec<String> = self.seen_ways(viewer, room).filter_map(line).collect();
        match lines.is_empty() {
            true => "You see nobody, whichever way you look.".to_owned(),
            false => format!("You look around:\n{}", lines.join("\n")),
        }
    }

    /// The people and creatures in a room by name; `None`: there are none.
    fn company(&self, room: RoomIx) -> Option<String> {
        let list = self.list(room);
        let people = list.people.iter().map(|one| one.name.as_str());
        let npcs = self.npcs(room);
        let all: Vec<&str> = people
            .chain(npcs.iter().map(|npc| npc.name.as_str()))
            .collect();
        let named = all.iter().take(NAMED_MAX).copied().collect::<Vec<_>>();
        let unlisted = self.occupants(room).len().saturating_sub(list.people.len());
        let rest = all.len() - named.len() + unlisted;
        let more = match rest {
            0 => String::new(),
            rest => format!(" and {rest} more"),
        };
        (!named.is_empty()).then(|| format!("{}{more}", named.join(", ")))
    }
}
