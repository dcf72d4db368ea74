//! The order book: every line from where it is received to its one outcome.

use std::collections::{BTreeMap, VecDeque};

use bevy_ecs::entity::Entity;
use bevy_ecs::resource::Resource;
use serde::{Deserialize, Serialize};

use super::{Answered, Heard, Order};
use crate::port::{CommandMark, Correlation, Line, SessionId, Tick};

/// The most lines of one character that wait for their turn: 3 s of play at one line a tick and
/// 20 Hz, 256 KiB if each is the longest there is.
pub const QUEUED_MAX: usize = 64;

/// Where an order stands in the book, and which use of that place it is: an order that is over never
/// passes for the one that has its place now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct OrderKey {
    place: u32,
    turn: u32,
}

/// How far an order has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum OrderState {
    /// Received in this tick, and not taken by the game yet.
    Received,
    /// Waits for its turn.
    Queued(Line),
    /// Executed in this tick.
    Started,
}

/// An order that has no outcome yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct OpenOrder {
    pub(super) session: SessionId,
    pub(super) actor: Entity,
    pub(super) id: Option<u64>,
    pub(super) correlation: Correlation,
    pub(super) received: Tick,
    pub(super) state: OrderState,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct BookPlace {
    turn: u32,
    open: Option<OpenOrder>,
}

/// What one character has in the book.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct ActorOrders {
    /// What is received or queued, in the order in which it came.
    waiting: VecDeque<OrderKey>,
    /// How many of these are queued.
    queued: usize,
    /// Where the character stands in the turn order; none while nothing is queued.
    turn: Option<u64>,
}

/// Every command from where it is received to its one outcome, and whose turn it is.
///
/// The one plugin that says `reg.owns::<Orders>()` decides on what is received: it hears [`Heard`],
/// and either puts the order in its character's queue ([`queue`](Self::queue)), starts it at once
/// ([`start`](Self::start)) or answers it. What it does with none of these is refused in the same
/// tick. Transient: what waits ends with the process, and is sent again.
#[derive(Resource, Clone, Default, Debug, Serialize, Deserialize)]
pub struct Orders {
    places: Vec<BookPlace>,
    free: Vec<u32>,
    /// A crowd that leaves must not look through the orders of everybody for each of them.
    actors: BTreeMap<Entity, ActorOrders>,
    turns: BTreeMap<u64, Entity>,
    turns_given: u64,
    /// What is received in this tick and not made known yet.
    pub(super) unheard: Vec<Heard>,
    /// Of this tick.
    received: Vec<OrderKey>,
    started: Vec<OrderKey>,
    /// Commands executed since the last batch.
    pub(crate) marks: Vec<CommandMark>,
}

impl Orders {
    /// Puts an order into the queue of its character; answers whether it was taken: it is not where
    /// [`QUEUED_MAX`] wait already, or where it was not just received.
    pub fn queue(&mut self, order: Order, line: Line) -> bool {
        let Some(open) = self.open_mut(order.key) else {
            return false;
        };
        if !matches!(open.state, OrderState::Received) {
            return false;
        }
        let actor = open.actor;
        let orders = self.actors.entry(actor).or_default();
        if orders.queued >= QUEUED_MAX {
            return false;
        }
        orders.queued += 1;
        if orders.turn.is_none() {
            orders.turn = Some(self.turns_given);
            self.turns.insert(self.turns_given, actor);
            self.turns_given += 1;
        }
        if let Some(open) = self.open_mut(order.key) {
            open.state = OrderState::Queued(line);
        }
        true
    }

    /// Whether as many lines of a character wait as may.
    #[must_use]
    pub fn is_full(&self, actor: Entity) -> bool {
        self.actors
            .get(&actor)
            .is_some_and(|orders| orders.queued >= QUEUED_MAX)
    }

    /// How many characters have lines that wait: so many turns are one for each of them.
    #[must_use]
    pub fn turns(&self) -> usize {
        self.turns.len()
    }

    /// Whose turn it is; their next one comes after everybody else's.
    pub fn next_turn(&mut self) -> Option<Entity> {
        let (_, actor) = self.turns.pop_first()?;
        let orders = self.actors.get_mut(&actor)?;
        orders.turn = Some(self.turns_given);
        self.turns.insert(self.turns_given, actor);
        self.turns_given += 1;
        Some(actor)
    }

    /// The first order that waits for a turn of this character.
    #[must_use]
    pub fn front(&self, actor: Entity) -> Option<(Order, &Line)> {
        let waiting = &self.actors.get(&actor)?.waiting;
        waiting.iter().find_map(|key| {
            let open = self.open(*key)?;
            let OrderState::Queued(line) = &open.state else {
                return None;
            };
            let order = Order {
                actor,
                correlation: open.correlation,
                key: *key,
            };
            Some((order, line))
        })
    }

    /// The order is executed in this tick, and has its outcome at the end of it: what an [`Answer`]
    /// says, or else `internal_error`. Answers the line, where it waited for this.
    ///
    /// [`Answer`]: super::Answer
    pub fn start(&mut self, order: Order) -> Option<Line> {
        let key = order.key;
        let open = self.open_mut(key)?;
        let actor = open.actor;
        match std::mem::replace(&mut open.state, OrderState::Started) {
            OrderState::Started => None,
            OrderState::Received => {
                self.no_longer_waits(actor, key, false);
                self.started.push(key);
                None
            }
            OrderState::Queued(line) => {
                self.no_longer_waits(actor, key, true);
                self.started.push(key);
                Some(line)
            }
        }
    }

    pub(super) fn receive(&mut self, open: OpenOrder) -> OrderKey {
        let actor = open.actor;
        let key = self.put(open);
        let orders = self.actors.entry(actor).or_default();
        orders.waiting.push_back(key);
        self.received.push(key);
        key
    }

    fn put(&mut self, open: OpenOrder) -> OrderKey {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(BookPlace::default());
            // The lane and the queues bound what is open far below this.
            u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
        });
        let one = &mut self.places[place as usize];
        one.turn = one.turn.wrapping_add(1);
        one.open = Some(open);
        OrderKey {
            place,
            turn: one.turn,
        }
    }

    fn open(&self, key: OrderKey) -> Option<&OpenOrder> {
        let place = self.places.get(key.place as usize)?;
        place.open.as_ref().filter(|_| place.turn == key.turn)
    }

    fn open_mut(&mut self, key: OrderKey) -> Option<&mut OpenOrder> {
        let place = self.places.get_mut(key.place as usize)?;
        place.open.as_mut().filter(|_| place.turn == key.turn)
    }

    /// Whether an order of this id waits.
    pub(super) fn waits(&self, actor: Entity, id: u64) -> bool {
        let waiting = self.actors.get(&actor).map(|orders| &orders.waiting);
        waiting.into_iter().flatten().any(|key| {
            let open = self.open(*key);
            open.is_some_and(|open| open.id == Some(id))
        })
    }

    /// Takes an order out of what its character has waiting; almost always it is the first.
    fn no_longer_waits(&mut self, actor: Entity, key: OrderKey, queued: bool) {
        let Some(orders) = self.actors.get_mut(&actor) else {
            return;
        };
        if let Some(at) = orders.waiting.iter().position(|one| *one == key) {
            orders.waiting.remove(at);
        }
        orders.queued -= usize::from(queued);
        if orders.queued == 0
            && let Some(turn) = orders.turn.take()
        {
            self.turns.remove(&turn);
        }
        // Nothing is kept of those who only once typed something.
        if orders.waiting.is_empty() {
            self.actors.remove(&actor);
        }
    }

    /// Takes an order out of the book.
    fn take(&mut self, key: OrderKey) -> Option<OpenOrder> {
        let queued = match self.open(key)?.state {
            OrderState::Started => None,
            OrderState::Received => Some(false),
            OrderState::Queued(_) => Some(true),
        };
        let open = self.places[key.place as usize].open.take()?;
        self.free.push(key.place);
        if let Some(queued) = queued {
            self.no_longer_waits(open.actor, key, queued);
        }
        Some(open)
    }

    /// Takes out everything of a character that is no longer there: nobody was told that it would
    /// happen.
    pub(super) fn forget(&mut self, actor: Entity) {
        let Some(orders) = self.actors.remove(&actor) else {
            return;
        };
        for key in orders.waiting {
            self.places[key.place as usize].open = None;
            self.free.push(key.place);
        }
        if let Some(turn) = orders.turn {
            self.turns.remove(&turn);
        }
    }

    /// The orders of one entity are another's from now on.
    pub(super) fn hand_over(&mut self, from: Entity, to: Entity) {
        let orders = self.actors.remove(&from);
        if let Some(turn) = orders.as_ref().and_then(|orders| orders.turn) {
            self.turns.insert(turn, to);
        }
        let waiting = orders.iter().flat_map(|orders| &orders.waiting);
        // What was started in this tick is in no list.
        for key in waiting.chain(&self.started) {
            let place = self.places.get_mut(key.place as usize);
            let open = place.and_then(|place| place.open.as_mut());
            if let Some(open) = open.filter(|open| open.actor == from) {
                open.actor = to;
            }
        }
        self.actors.extend(orders.map(|orders| (to, orders)));
    }

    /// What is made known of this tick: without what was forgotten since it was received.
    pub(super) fn announced(&mut self) -> Vec<Heard> {
        let mut unheard = std::mem::take(&mut self.unheard);
        unheard.retain(|one| self.open(one.order.key).is_some());
        unheard
    }

    /// Takes out what is over with this tick, each with its outcome: what was answered, what was
    /// started and not answered, what nobody took, and what waited since before `stale`.
    pub(super) fn close(
        &mut self,
        answers: impl Iterator<Item = (Order, Answered)>,
        stale: Option<Tick>,
    ) -> Vec<(OpenOrder, Option<Answered>)> {
        let mut over = Vec::new();
        for (order, answered) in answers {
            let open = self.take(order.key);
            over.extend(open.map(|open| (open, Some(answered))));
        }
        // Each list is given back for its room.
        let mut started = std::mem::take(&mut self.started);
        let unanswered = started.drain(..).filter_map(|key| self.take(key));
        over.extend(unanswered.map(|open| (open, None)));
        self.started = started;
        let mut received = std::mem::take(&mut self.received);
        for key in received.drain(..) {
            let open = self.open(key);
            if open.is_some_and(|open| matches!(open.state, OrderState::Received)) {
                over.extend(self.take(key).map(|open| (open, None)));
            }
        }
        self.received = received;
        if let Some(stale) = stale {
            self.give_up(stale, &mut over);
        }
        over
    }

    /// Takes out what the game left waiting for too long. Of each character the first has waited
    /// longest.
    fn give_up(&mut self, stale: Tick, over: &mut Vec<(OpenOrder, Option<Answered>)>) {
        let actors: Vec<Entity> = self.turns.values().copied().collect();
        for actor in actors {
            while let Some((order, _)) = self.front(actor)
                && self
                    .open(order.key)
                    .is_some_and(|open| open.received < stale)
                && let Some(open) = self.take(order.key)
            {
                over.push((open, None));
            }
        }
    }
}
