//! Every command gets one outcome, and the character remembers it.
//!
//! **Invariant:** an order that was begun in a tick is answered in that tick: by a system, or by
//! the ledger with `internal_error`. The outcome is saved with the effects, so a resend after a
//! crash finds either both or neither.

mod orders;
mod record;

pub(crate) use orders::Ledger;
pub use record::{CommandRecord, REMEMBERED};

use bevy_ecs::change_detection::{DetectChangesMut as _, Mut};
use bevy_ecs::entity::Entity;
use bevy_ecs::message::{Message, Messages};
use bevy_ecs::world::World;
use serde::{Deserialize, Serialize};

use orders::{Open, Ticket};
use record::Executed;

use crate::port::{
    Code, CommandMark, Correlation, Line, Outbound, Outcome, Refusal, SessionId, Tick,
};
use crate::{Clock, Outbox};

/// How many ticks an accepted line may wait for its turn before it is given up: longer than any
/// queue of a well-behaved game, so that only a broken one meets it.
const WAIT_TICKS_MAX: Tick = 4_096;

/// How far an id may be ahead of the last one, or of the time in microseconds, from which some clients
/// number. Ids end at 2^53: it takes two million slips to use them up.
const AHEAD_MAX: u64 = 1 << 32;

/// How many executed commands one batch can name. Storage may be away for hours and the marks only
/// lead logs from a command to its batch, so beyond 1.5 MiB of them the rest goes unnamed.
const MARKS_MAX: usize = 65_536;

/// One command under way: who acts, and whose outcome it will be. Goes into the verb's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Order {
    /// The character that acts.
    pub actor: Entity,
    /// The connection it came by, for log and chronicle.
    pub correlation: Correlation,
    ticket: Ticket,
}

/// A line was accepted. The game reads it in this tick and says [`Begun`], or [`Kept`] if its turn
/// comes later; what nobody takes is answered with `internal_error` at once.
#[derive(Message, Debug, Clone)]
pub struct Heard {
    /// Whose line.
    pub order: Order,
    /// The words.
    pub line: Line,
}

/// The order waits for its turn; [`Begun`] follows in a later tick.
#[derive(Message, Debug, Clone, Copy)]
pub struct Kept(pub Order);

/// The order is being executed in this tick.
#[derive(Message, Debug, Clone, Copy)]
pub struct Begun(pub Order);

/// The outcome of an order. The first answer of an order counts.
#[derive(Message, Debug, Clone)]
pub struct Answer {
    order: Order,
    result: Result<Option<String>, Refusal>,
}

impl Answer {
    /// It was done, and what follows says so.
    #[must_use]
    pub const fn done(order: Order) -> Self {
        Self {
            order,
            result: Ok(None),
        }
    }

    /// It was done; `text` is shown to the player.
    #[must_use]
    pub fn with(order: Order, text: impl Into<String>) -> Self {
        Self {
            order,
            result: Ok(Some(text.into())),
        }
    }

    /// It was not done, and nothing has changed.
    #[must_use]
    pub fn refused(order: Order, code: Code, message: impl Into<String>) -> Self {
        Self {
            order,
            result: Err(Refusal::new(code, message)),
        }
    }

    /// Whose outcome it is.
    #[must_use]
    pub const fn order(&self) -> Order {
        self.order
    }

    /// Whether it was done.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.result.is_ok()
    }

    /// It was not done, for a reason made elsewhere.
    #[must_use]
    pub const fn refusal(order: Order, refusal: Refusal) -> Self {
        Self {
            order,
            result: Err(refusal),
        }
    }
}

/// Accepts a line, or answers it at once from what is remembered.
pub(crate) fn hear(
    world: &mut World,
    actor: Entity,
    session: SessionId,
    id: Option<u64>,
    line: Line,
    correlation: Correlation,
) {
    if let Some(id) = id
        && let Err(known) = accept(world, actor, id)
    {
        if let Some(outcome) = known {
            say(world, session, outcome);
        }
        return;
    }
    let tick = world.resource::<Clock>().tick;
    let open = Open {
        session,
        actor,
        id,
        correlation,
        heard: tick,
        begun: false,
        kept: false,
    };
    let mut ledger = world.resource_mut::<Ledger>();
    let ticket = ledger.ticket(open);
    ledger.heard.push(ticket);
    world.write_message(Heard {
        order: Order {
            actor,
            correlation,
            ticket,
        },
        line,
    });
}

/// Takes an id as the newest of its character.
///
/// # Errors
/// With the outcome that its line has already; none where that is still to come, or nobody is there.
fn accept(world: &mut World, actor: Entity, id: u64) -> Result<(), Option<Outcome>> {
    let now = world.resource::<Clock>().wall();
    let Some(mut record) = world.get_mut::<CommandRecord>(actor) else {
        return Err(None);
    };
    let outcome = |result, repeated| {
        Some(Outcome {
            id: Some(id),
            result,
            repeated,
        })
    };
    if let Some(Executed(_, code, _)) = record.outcome_of(id) {
        // Counts as a change, so that a `durable` covers this answer, too.
        record.set_changed();
        let result = code.map_or(Ok(None), |code| Err(Refusal::of(code)));
        return Err(outcome(result, true));
    }
    let last = record.accepted.max(record.highest);
    if id > last.max(now.0).saturating_add(AHEAD_MAX) {
        let message = "That command id is too far ahead of the last one.";
        let refusal = Refusal::new(Code::ValidationError, message);
        return Err(outcome(Err(refusal), false));
    }
    if id <= last {
        // Still waiting its turn: that one outcome will come.
        let waits = world.resource::<Ledger>().has(actor, id);
        let refusal = Refusal::of(Code::CommandOutOfOrder);
        return Err(outcome(Err(refusal), false).filter(|_| !waits));
    }
    // Waiting is not worth a save.
    record.bypass_change_detection().accepted = id;
    Ok(())
}

fn say(world: &mut World, session: SessionId, outcome: Outcome) {
    world
        .resource_mut::<Outbox>()
        .said
        .push(Outbound::Outcome { session, outcome });
}

/// Drops what a session had waiting: nobody was told it would happen.
pub(crate) fn drop_waiting(world: &mut World, actor: Entity) {
    let mut ledger = world.resource_mut::<Ledger>();
    for ticket in ledger.of(actor) {
        ledger.dropped |= ledger.take(ticket).is_some_and(|open| !open.kept);
    }
    if let Some(mut record) = world.get_mut::<CommandRecord>(actor) {
        record.bypass_change_detection().forget_waiting();
    }
}

/// Takes out of what was heard in this tick what was dropped since: it would else take effect
/// without a record, and again when resent.
pub(crate) fn forget_dropped(world: &mut World) {
    if !std::mem::take(&mut world.resource_mut::<Ledger>().dropped) {
        return;
    }
    let mut heard: Vec<Heard> = world.resource_mut::<Messages<Heard>>().drain().collect();
    let mut ledger = world.resource_mut::<Ledger>();
    heard.retain(|one| ledger.get_mut(one.order.ticket).is_some());
    world.resource_mut::<Messages<Heard>>().write_batch(heard);
}

/// The orders of one entity are another's from now on.
pub(crate) fn replace(world: &mut World, old: Entity, new: Entity) {
    world.resource_mut::<Ledger>().hand_over(old, new);
}

/// Closes the tick's orders: each begun one gets its outcome, remembered and said.
pub(crate) fn close(world: &mut World) {
    let tick = world.resource::<Clock>().tick;
    world.resource_scope(|world, mut ledger: Mut<'_, Ledger>| {
        let mut begun: Vec<Ticket> = Vec::new();
        for Begun(order) in world.resource_mut::<Messages<Begun>>().drain() {
            if let Some(open) = ledger.get_mut(order.ticket)
                && !open.begun
            {
                open.begun = true;
                begun.push(order.ticket);
            }
        }
        for Kept(order) in world.resource_mut::<Messages<Kept>>().drain() {
            if let Some(open) = ledger.get_mut(order.ticket) {
                open.kept = true;
            }
        }
        let answers: Vec<Answer> = world.resource_mut::<Messages<Answer>>().drain().collect();
        for answer in answers {
            if let Some(open) = ledger.take(answer.order.ticket) {
                settle(world, &mut ledger, open, tick, answer.result);
            }
        }
        for ticket in begun {
            if let Some(open) = ledger.take(ticket) {
                tracing::warn!(correlation_id = %open.correlation, command_id = open.id, tick, "command left unanswered");
                settle(world, &mut ledger, open, tick, Err(Refusal::of(Code::InternalError)));
            }
        }
        refuse_the_untaken(world, &mut ledger, tick);
        give_up_the_forgotten(world, &mut ledger, tick);
    });
}

/// A line of this tick that nobody took (the command plugin broke or is in quarantine) can't
/// happen any more, and its player is told so.
fn refuse_the_untaken(world: &mut World, ledger: &mut Ledger, tick: Tick) {
    let mut heard = std::mem::take(&mut ledger.heard);
    for ticket in heard.drain(..) {
        if ledger.get_mut(ticket).is_some_and(|open| !open.kept)
            && let Some(open) = ledger.take(ticket)
        {
            let refusal = Err(Refusal::of(Code::InternalError));
            settle(world, ledger, open, tick, refusal);
        }
    }
    // Given back for its room.
    ledger.heard = heard;
}

/// An order that was kept and never begun is refused in the end.
fn give_up_the_forgotten(world: &mut World, ledger: &mut Ledger, tick: Tick) {
    // Once in a while is enough for what should never happen.
    if !tick.is_multiple_of(WAIT_TICKS_MAX / 4) || ledger.is_empty() {
        return;
    }
    let stale: Vec<Ticket> = ledger
        .iter()
        .filter(|(_, open)| open.heard + WAIT_TICKS_MAX < tick)
        .map(|(ticket, _)| ticket)
        .collect();
    for ticket in stale {
        if let Some(open) = ledger.take(ticket) {
            settle(
                world,
                ledger,
                open,
                tick,
                Err(Refusal::of(Code::InternalError)),
            );
        }
    }
}

fn settle(
    world: &mut World,
    ledger: &mut Ledger,
    open: Open,
    tick: Tick,
    result: Result<Option<String>, Refusal>,
) {
    tracing::debug!(
        correlation_id = %open.correlation,
        command_id = open.id,
        tick,
        code = result.as_ref().err().map(|refusal| refusal.code.word()),
        "command executed"
    );
    // A command without an id leaves nothing to remember, and so nothing to save.
    if let Some(id) = open.id
        && let Some(mut record) = world.get_mut::<CommandRecord>(open.actor)
    {
        record.remember(id, result.as_ref().err().map(|refusal| refusal.code), tick);
    }
    if ledger.marks.len() < MARKS_MAX {
        ledger.marks.push(CommandMark {
            correlation: open.correlation,
            command_id: open.id.unwrap_or(0),
            tick,
        });
    }
    let outcome = Outcome {
        id: open.id,
        result,
        repeated: false,
    };
    world.resource_mut::<Outbox>().said.push(Outbound::Outcome {
        session: open.session,
        outcome,
    });
}
