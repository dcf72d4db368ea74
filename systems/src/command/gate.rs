//! Gates: what keeps somebody from using a verb, whoever owns the reason.
//!
//! A verb says what it takes of its user ([`Needs`]); a plugin that can take such a thing away
//! registers a check on a component of its own. So neither knows the other, and a verb that says
//! nothing is closed to those who have lost their mind or their strength.

use bevy_ecs::query::QueryBuilder;
use bevy_ecs::world::FilteredEntityRef;
use engine::content::Revision;
use engine::prelude::*;

use super::Entry;

/// What a verb takes of whoever uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs(u8);

impl Needs {
    /// Nothing: the player asks, not the character.
    pub const NOTHING: Self = Self(0);
    /// A mind that answers.
    pub const MIND: Self = Self(1);
    /// A body that obeys: using the verb is doing something, and breaks off what one is at.
    pub const BODY: Self = Self(2);
    /// Standing on one's feet.
    pub const FEET: Self = Self(4);
    /// A voice, or what stands for one: a verb of talk. It takes a body, too, and is no other act of
    /// somebody who talks another one back to their senses.
    pub const VOICE: Self = Self(8);
    /// What most verbs take: mind and body.
    pub const LIFE: Self = Self::MIND.and(Self::BODY);

    /// What talk takes.
    pub const SPEECH: Self = Self::LIFE.and(Self::VOICE);

    /// These and those.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Where a gate that closes these stands among the others: whoever has no body that obeys is
    /// not told of their mind, and whoever has no mind not of their feet.
    const fn rank(self) -> u8 {
        match self {
            _ if self.include(Self::BODY) => 0,
            _ if self.include(Self::MIND) => 1,
            _ if self.include(Self::FEET) => 2,
            _ => 3,
        }
    }

    /// Whether all of `other` is among these.
    #[must_use]
    pub const fn include(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Somebody uses a verb in this tick: it passed every gate and its words were understood. Whether
/// anything came of it is in the order's [`Answer`].
#[derive(Message, Clone, Copy, Debug)]
pub struct Acted {
    /// Who acts, and in which order.
    pub order: Order,
    /// What the verb takes.
    pub needs: Needs,
}

type Check = dyn Fn(&FilteredEntityRef<'_, '_>, &Entry, &Revision) -> Option<Refusal> + Send + Sync;

struct Gate {
    /// What it closes, see [`gate_on`].
    closes: Needs,
    grants: fn(&mut QueryBuilder<'_, FilteredEntityRef<'static, 'static>, With<Character>>),
    check: Box<Check>,
}

/// Every gate, in the order in which they are asked.
#[derive(Resource, Default)]
pub(super) struct Gates(Vec<Gate>);

/// What of a character the gates may read.
pub(super) type Gated = FilteredEntityRef<'static, 'static>;

impl Gates {
    /// The first refusal, if any gate has one. Verbs of admins are no acts of their characters.
    pub(super) fn refusal(
        &self,
        actor: &FilteredEntityRef<'_, '_>,
        verb: &Entry,
        revision: &Revision,
    ) -> Option<Refusal> {
        if verb.admin {
            return None;
        }
        let mut closed = self.0.iter().filter(|gate| verb.needs.include(gate.closes));
        closed.find_map(|gate| (gate.check)(actor, verb, revision))
    }

    /// Puts a gate behind those that close as much or more.
    fn add(&mut self, gate: Gate) {
        let behind = |other: &Gate| other.closes.rank() <= gate.closes.rank();
        self.0.insert(self.0.partition_point(behind), gate);
    }
}

/// Lets the query of gated characters read what the gates look at. Run when every plugin is
/// registered, because only then is it known.
pub(super) fn grant(query: &mut QueryBuilder<'_, Gated, With<Character>>) {
    let grants: Vec<_> = query
        .world()
        .get_resource::<Gates>()
        .map_or_else(Vec::new, |gates| {
            gates.0.iter().map(|gate| gate.grants).collect()
        });
    for grant in grants {
        grant(query);
    }
}

/// Adds a gate on a component of characters. `check` may refuse a verb to whoever has it; it must
/// be quick and hang on nothing but its arguments, because it is asked before every command.
///
/// ```
/// use engine::prelude::*;
/// use systems::command::{Needs, gate};
///
/// #[derive(Component, Default)]
/// struct Bound(bool);
///
/// fn ropes(reg: &mut Registrar<'_>) {
///     reg.owns::<Bound>().character::<Bound>();
///     gate::<Bound>(reg, |bound, verb| {
///         let held = bound.0 && verb.needs.include(Needs::FEET);
///         held.then(|| Refusal::new(Code::GameLogicError, "You are bound."))
///     });
/// }
/// ```
pub fn gate<C: Component>(
    reg: &mut Registrar<'_>,
    check: impl Fn(&C, &Entry) -> Option<Refusal> + Send + Sync + 'static,
) {
    add(reg, Needs::NOTHING, move |held, verb, _| check(held, verb));
}

/// Adds a gate like [`gate`], which is asked only of verbs that take `closes`. Of several that
/// are closed, the one speaks that closes [`Needs::BODY`], then [`Needs::MIND`], then
/// [`Needs::FEET`], then those of [`gate`]; alike ones in the order of registration.
pub fn gate_on<C: Component>(
    reg: &mut Registrar<'_>,
    closes: Needs,
    check: impl Fn(&C) -> Option<Refusal> + Send + Sync + 'static,
) {
    add::<C>(reg, closes, move |held, _, _| check(held));
}

/// Adds a gate like [`gate_on`] that hangs on rules, too: those that hold when it is asked. While
/// there are none, it is open.
pub fn gate_by<C: Component, T: Send + Sync + 'static>(
    reg: &mut Registrar<'_>,
    closes: Needs,
    check: impl Fn(&C, &T) -> Option<Refusal> + Send + Sync + 'static,
) {
    add::<C>(reg, closes, move |held, _, revision| {
        check(held, revision.get()?)
    });
}

fn add<C: Component>(
    reg: &mut Registrar<'_>,
    closes: Needs,
    check: impl Fn(&C, &Entry, &Revision) -> Option<Refusal> + Send + Sync + 'static,
) {
    if reg.is_off() {
        return;
    }
    // What breaks in it is not the fault of the plugin that asks: then it is open.
    let border = reg.border();
    let of = std::any::type_name_of_val(&check);
    reg.fill(|gates: &mut Gates| {
        gates.add(Gate {
            closes,
            grants: |query| {
                query.optional(|query| {
                    query.data::<&C>();
                });
            },
            check: Box::new(move |actor, verb, revision| {
                let held = actor.get::<C>()?;
                border.call(of, || check(held, verb, revision)).flatten()
            }),
        });
    });
}
