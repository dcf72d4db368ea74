//! One life of a command: received, queued, started, one outcome; and what its character remembers.
//!
//! **Invariant:** an order that was started in a tick has its outcome in that tick: what a system
//! answered, or `internal_error`. The outcome is saved with the effects, so a resend after a crash
//! finds either both or neither.

mod book;
mod record;

pub use book::{Orders, QUEUED_MAX};
pub use record::{CommandRecord, REMEMBERED};

use bevy_ecs::change_detection::DetectChangesMut as _;
use bevy_ecs::entity::Entity;
use bevy_ecs::message::{Message, Messages};
use bevy_ecs::world::World;
use serde::{Deserialize, Serialize};

use book::{OpenOrder, OrderKey, OrderState};
use record::Executed;

use crate::port::{
    Code, CommandData, CommandMark, CommandResult, Correlation, Line, Outbound, Outcome, Refusal,
    SessionId, Tick,
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
    key: OrderKey,
}

/// A line was received. The plugin that owns [`Orders`] queues it, starts it or answers it in this
/// tick; what it leaves is answered with `internal_error` at once.
#[derive(Message, Debug, Clone, Serialize, Deserialize)]
pub struct Heard {
    /// Whose line.
    pub order: Order,
    /// The words.
    pub line: Line,
}

/// What came of an order.
#[derive(Debug, Clone)]
struct Answered {
    result: Result<Option<String>, Refusal>,
    data: Option<CommandData>,
}

impl From<Result<Option<String>, Refusal>> for Answered {
    fn from(result: Result<Option<String>, Refusal>) -> Self {
        Self { result, data: None }
    }
}

/// The outcome of an order. The first answer of an order counts. Whoever knows what came of it says
/// so: what another plugin settles is answered by that plugin, or in `Settle` from what it says.
#[derive(Message, Debug, Clone)]
pub struct Answer {
    order: Order,
    answered: Answered,
}

impl Answer {
    fn of(order: Order, result: Result<Option<String>, Refusal>) -> Self {
        let answered = result.into();
        Self { order, answered }
    }

    /// It was done, and what follows says so.
    #[must_use]
    pub fn done(order: Order) -> Self {
        Self::of(order, Ok(None))
    }

    /// It was done; `text` is shown to the player.
    #[must_use]
    pub fn with(order: Order, text: impl Into<String>) -> Self {
        Self::of(order, Ok(Some(text.into())))
    }

    /// The same, with what the text says as data for programs.
    #[must_use]
    pub fn with_data(order: Order, text: impl Into<String>, data: impl CommandResult) -> Self {
        let mut answer = Self::with(order, text);
        answer.answered.data = Some(CommandData::of(data));
        answer
    }

    /// It was not done, and nothing has changed.
    #[must_use]
    pub fn refused(order: Order, code: Code, message: impl Into<String>) -> Self {
        Self::refusal(order, Refusal::new(code, message))
    }

    /// It was not done, for a reason made elsewhere.
    #[must_use]
    pub fn refusal(order: Order, refusal: Refusal) -> Self {
        Self::of(order, Err(refusal))
    }

    /// Whose outcome it is.
    #[must_use]
    pub const fn order(&self) -> Order {
        self.order
    }

    /// Whether it was done.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.answered.result.is_ok()
    }
}

/// Accepts a line, or answers it at once from what is remembered.
pub(crate) fn receive(
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
    let received = world.resource::<Clock>().tick;
    let mut orders = world.resource_mut::<Orders>();
    let key = orders.receive(OpenOrder {
        session,
        actor,
        id,
        correlation,
        received,
        state: OrderState::Received,
    });
    let order = Order {
        actor,
        correlation,
        key,
    };
    orders.unheard.push(Heard { order, line });
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
            data: None,
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
        let waits = world.resource::<Orders>().waits(actor, id);
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

/// Takes everything out of the book that a character has in it, because its session ends or it is no
/// more: nobody was told that it would happen, and it may be sent again.
pub(crate) fn forget(world: &mut World, actor: Entity) {
    world.resource_mut::<Orders>().forget(actor);
    if let Some(mut record) = world.get_mut::<CommandRecord>(actor) {
        record.bypass_change_detection().forget_waiting();
    }
}

/// The orders of one entity are another's from now on.
pub(crate) fn replace(world: &mut World, old: Entity, new: Entity) {
    world.resource_mut::<Orders>().hand_over(old, new);
}

/// Makes known what was received in this tick and not forgotten since: that would else take effect
/// without a record, and again when it is sent again.
pub(crate) fn announce(world: &mut World) {
    let unheard = world.resource_mut::<Orders>().announced();
    world.resource_mut::<Messages<Heard>>().write_batch(unheard);
}

/// Closes the tick's orders: each that is over gets its outcome, remembered and said.
pub(crate) fn close(world: &mut World) {
    let tick = world.resource::<Clock>().tick;
    // Once in a while is enough for what should never happen.
    let looks = tick.is_multiple_of(WAIT_TICKS_MAX / 4);
    let stale = tick.checked_sub(WAIT_TICKS_MAX).filter(|_| looks);
    let answers: Vec<Answer> = world.resource_mut::<Messages<Answer>>().drain().collect();
    let answers = answers.into_iter().map(|one| (one.order, one.answered));
    let over = world.resource_mut::<Orders>().close(answers, stale);
    for (open, answered) in over {
        if answered.is_none() && matches!(open.state, OrderState::Started) {
            tracing::warn!(correlation_id = %open.correlation, command_id = open.id, tick, "command left unanswered");
        }
        let unanswered = || Err(Refusal::of(Code::InternalError)).into();
        settle(world, &open, tick, answered.unwrap_or_else(unanswered));
    }
}

fn settle(world: &mut World, open: &OpenOrder, tick: Tick, answered: Answered) {
    let Answered { result, data } = answered;
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
    let marks = &mut world.resource_mut::<Orders>().marks;
    if marks.len() < MARKS_MAX {
        marks.push(CommandMark {
            correlation: open.correlation,
            command_id: open.id.unwrap_or(0),
            tick,
        });
    }
    let outcome = Outcome {
        id: open.id,
        result,
        data,
        repeated: false,
    };
    say(world, open.session, outcome);
}
