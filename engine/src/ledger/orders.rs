//! The orders under way.

use std::collections::BTreeSet;

use bevy_ecs::entity::Entity;
use bevy_ecs::resource::Resource;
use serde::{Deserialize, Serialize};

use crate::port::{CommandMark, Correlation, SessionId, Tick};

/// A place in the ledger and which of its uses this is: an order that is over never passes for
/// the one that has its place now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Ticket {
    place: u32,
    turn: u32,
}

/// The orders under way.
#[derive(Resource, Clone, Default, Debug, Serialize, Deserialize)]
pub(crate) struct Ledger {
    places: Vec<Place>,
    free: Vec<u32>,
    /// The places of those that are open, by whose they are and by id: a crowd that leaves must not
    /// look through the orders of everybody for each of them.
    by_actor: BTreeSet<(Entity, Option<u64>, u32)>,
    /// Lines of this tick were dropped, and are still to be taken out of what was heard.
    pub(super) dropped: bool,
    /// What was heard in this tick.
    pub(super) heard: Vec<Ticket>,
    /// Commands executed since the last batch.
    pub(crate) marks: Vec<CommandMark>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Place {
    turn: u32,
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Open {
    pub(super) session: SessionId,
    pub(super) actor: Entity,
    pub(super) id: Option<u64>,
    pub(super) correlation: Correlation,
    pub(super) heard: Tick,
    pub(super) begun: bool,
    /// It waits for its turn.
    pub(super) kept: bool,
}

impl Ledger {
    pub(super) fn ticket(&mut self, open: Open) -> Ticket {
        let ticket = self.place(open);
        self.by_actor.insert((open.actor, open.id, ticket.place));
        ticket
    }

    fn place(&mut self, open: Open) -> Ticket {
        if let Some(free) = self.free.pop() {
            let place = &mut self.places[free as usize];
            place.turn = place.turn.wrapping_add(1);
            place.open = Some(open);
            return Ticket {
                place: free,
                turn: place.turn,
            };
        }
        self.places.push(Place {
            turn: 0,
            open: Some(open),
        });
        Ticket {
            // The lane bounds what is under way far below this.
            place: u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX),
            turn: 0,
        }
    }

    pub(super) fn get_mut(&mut self, ticket: Ticket) -> Option<&mut Open> {
        self.places
            .get_mut(ticket.place as usize)
            .filter(|place| place.turn == ticket.turn)?
            .open
            .as_mut()
    }

    pub(super) fn take(&mut self, ticket: Ticket) -> Option<Open> {
        let open = *self.get_mut(ticket)?;
        self.places[ticket.place as usize].open = None;
        self.free.push(ticket.place);
        self.by_actor.remove(&(open.actor, open.id, ticket.place));
        Some(open)
    }

    /// The orders of one actor.
    pub(super) fn of(&self, actor: Entity) -> Vec<Ticket> {
        let places = self
            .by_actor
            .range((actor, None, 0)..=(actor, Some(u64::MAX), u32::MAX));
        places
            .map(|(_, _, place)| Ticket {
                place: *place,
                turn: self.places[*place as usize].turn,
            })
            .collect()
    }

    /// Whether an order of this id is under way.
    pub(super) fn has(&self, actor: Entity, id: u64) -> bool {
        let places = (actor, Some(id), 0)..=(actor, Some(id), u32::MAX);
        self.by_actor.range(places).next().is_some()
    }

    /// Gives the orders of one actor to another.
    pub(super) fn hand_over(&mut self, from: Entity, to: Entity) {
        for ticket in self.of(from) {
            let Some(open) = self.get_mut(ticket) else {
                continue;
            };
            open.actor = to;
            let id = open.id;
            self.by_actor.remove(&(from, id, ticket.place));
            self.by_actor.insert((to, id, ticket.place));
        }
    }

    /// Whether nothing is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.free.len() == self.places.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Ticket, &Open)> {
        (0_u32..).zip(&self.places).filter_map(|(index, place)| {
            let ticket = Ticket {
                place: index,
                turn: place.turn,
            };
            place.open.as_ref().map(|open| (ticket, open))
        })
    }
}
