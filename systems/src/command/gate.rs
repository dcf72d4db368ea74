//! Gates: what keeps somebody from using a verb, whoever owns the reason.
//!
//! A verb says what it takes of its user ([`Needs`]); a plugin that can take such a thing away
//! registers a check on a component of its own. So neither knows the other, and a verb that says
//! nothing is closed to those who have lost their mind or their strength.

use bevy_ecs::query::QueryBuilder;
use bevy_ecs::world::FilteredEntityRef;
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
    /// What most verbs take: mind and body.
    pub const LIFE: Self = Self::MIND.and(Self::BODY);

    /// These and those.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
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

type Check = dyn Fn(&FilteredEntityRef<'_, '_>, &Entry) -> Option<Refusal> + Send + Sync;

struct Gate {
    grants: fn(&mut QueryBuilder<'_, FilteredEntityRef<'static, 'static>, With<Character>>),
    check: Box<Check>,
}

/// Every gate, in the order of registration.
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
    ) -> Option<Refusal> {
        if verb.admin {
            return None;
        }
        self.0.iter().find_map(|gate| (gate.check)(actor, verb))
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
    reg.fill(|gates: &mut Gates| {
        gates.0.push(Gate {
            grants: |query| {
                query.optional(|query| {
                    query.data::<&C>();
                });
            },
            check: Box::new(move |actor, verb| check(actor.get::<C>()?, verb)),
        });
    });
}
