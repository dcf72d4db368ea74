//! What comes of taking, dropping, putting on and taking off a thing.

use std::collections::BTreeMap;

use engine::content::{At, Content, Section};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::each;
use crate::effects::{Carrier, EffectList, EffectTally, Parties, RunEffects};
use crate::things::{Handled, HandledThing, TakenFrom, To};

macro_rules! hook {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub(super) struct $name(pub(super) EffectList);

        impl Section for $name {
            fn check(&mut self, _thing: &str, at: &At<'_>) {
                self.0.check(at);
            }
        }
    };
}

hook! {
    /// What comes of taking a thing.
    OnTake
}
hook! {
    /// What comes of dropping a thing.
    OnDrop
}
hook! {
    /// What comes of putting a thing on.
    OnWear
}
hook! {
    /// What comes of taking a thing off.
    OnRemove
}
hook! {
    /// What comes of a blow with a thing.
    OnHit
}

/// What comes of what is done to things, by prototype. Derived.
#[derive(Resource, Debug, Default)]
pub(super) struct HookLists {
    take: BTreeMap<String, OnTake>,
    drop: BTreeMap<String, OnDrop>,
    wear: BTreeMap<String, OnWear>,
    remove: BTreeMap<String, OnRemove>,
}

impl HookLists {
    pub(super) fn of(content: &Content) -> Self {
        Self {
            take: each(content),
            drop: each(content),
            wear: each(content),
            remove: each(content),
        }
    }

    /// The list for what was done to a thing.
    fn list(&self, done: &Handled, sort: &str) -> Option<&EffectList> {
        match (done.from, done.to) {
            (_, To::Worn(_)) => self.wear.get(sort).map(|one| &one.0),
            (TakenFrom::Worn(_), To::Hands(_)) => self.remove.get(sort).map(|one| &one.0),
            (TakenFrom::Floor | TakenFrom::Inside(_), To::Hands(_)) => {
                self.take.get(sort).map(|one| &one.0)
            }
            (_, To::Floor(_)) => self.drop.get(sort).map(|one| &one.0),
            _ => None,
        }
    }
}

/// What comes of blows with things, for whoever strikes them. Derived.
#[derive(Resource, Clone, Debug, Default)]
pub struct HitHooks(BTreeMap<String, EffectList>);

impl HitHooks {
    pub(super) fn of(content: &Content) -> Self {
        let all = each::<OnHit>(content).into_iter();
        Self(all.map(|(id, OnHit(list))| (id, list)).collect())
    }

    /// The list of a prototype.
    #[must_use]
    pub fn get(&self, prototype: &str) -> Option<&EffectList> {
        self.0.get(prototype)
    }
}

/// What carries the lists of a thing.
pub(super) fn carrier(sort: &str, id: StableId, name: &str) -> Carrier {
    let mut carrier = Carrier::of("thing", "", sort, &format!("The {name}"));
    carrier.id = id;
    carrier
}

/// Runs what comes of what was done to things.
pub(super) fn run(
    mut handled: MessageReader<Handled>,
    lists: Res<HookLists>,
    tally: Res<EffectTally>,
    clock: Res<Clock>,
    mut runs: MessageWriter<RunEffects>,
) {
    for done in handled.read() {
        for HandledThing { id, sort, name, .. } in &done.things {
            let Some(list) = lists.list(done, sort) else {
                continue;
            };
            let parties = Parties {
                actor: Some(done.actor),
                target: None,
                here: done.room,
                carrier: carrier(sort, *id, name),
                me: None,
            };
            runs.write(RunEffects {
                depth: tally.depth_of(done.actor, clock.tick),
                ..RunEffects::new(list.clone(), parties)
            });
        }
    }
}
