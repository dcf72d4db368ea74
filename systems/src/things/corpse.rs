//! The dead, as things that hold what they had (game.md §1.5).

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::Thing;
use super::deeds::LeaveCorpse;
use super::draft::{Draft, Drafts};
use super::place::ThingPlace;
use super::prototype::Prototype;
use crate::place::Unlisted;

/// A thing that is a corpse.
#[derive(Component, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Corpse {
    /// Whose it is.
    pub of: StableId,
    /// Who reach in before the others; nobody: all do.
    pub owners: Vec<StableId>,
    /// Since when it lies there.
    pub since: WorldTime,
    /// Until when only they do.
    pub free_at: WorldTime,
    /// When it falls apart.
    pub falls_at: WorldTime,
}

impl Corpse {
    /// Whether somebody may reach in.
    #[must_use]
    pub fn is_open_to(&self, who: StableId, now: WorldTime) -> bool {
        self.owners.is_empty() || self.owners.contains(&who) || now >= self.free_at
    }
}

/// Lays down a corpse with all that somebody had.
pub(super) fn leave(
    wish: &LeaveCorpse,
    drafts: &mut Drafts<'_, '_, '_>,
    commands: &mut Commands<'_, '_>,
) {
    let now = drafts.world.clock.now;
    let id = drafts.new_id(wish.of);
    let falls_at = now.plus(wish.decay);
    let draft = Draft {
        id,
        name: wish.name.clone(),
        sort: String::new(),
        quantity: 1,
        thing: Thing {
            since: now,
            ..Thing::default()
        },
        place: Some(ThingPlace::Floor(wish.room)),
        rot: Some(falls_at),
        burning: None,
        placed: None,
        unlisted: Some(Unlisted::Stands),
    };
    let thing = drafts.make(draft, commands);
    commands.entity(thing).try_insert(Corpse {
        of: wish.of,
        owners: wish.owners.clone(),
        since: now,
        free_at: now.plus(wish.grace),
        falls_at,
    });
    for had in drafts.list(ThingPlace::Carried(wish.of)) {
        let bound = drafts.get(had).is_some_and(|one| one.thing.bound.is_some());
        let stays = bound || drafts.prototype(had).is_some_and(Prototype::stays);
        if wish.all || !stays {
            drafts.put(had, Some(ThingPlace::Inside(id)));
        }
    }
}
