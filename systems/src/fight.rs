//! Who fights whom.
//!
//! Declared apart, because whoever acts in a fight, flees from one or asks of one need not know its
//! rules; the owner is `combat`. **Invariant:** there is one fight in a room, everybody in it is in
//! that room, and nobody is in two.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::world::{Direction, RoomIx, RoomMap};

/// Whoever has it is in a fight. Transient.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engaged;

/// Attack somebody in the same room; who attacks somebody who fights joins.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attack {
    /// Who.
    pub who: Entity,
    /// Whom.
    pub whom: Entity,
}

/// Run from a fight, at one's turn.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunAway {
    /// Who.
    pub who: Entity,
    /// By which way; `None`: by any.
    pub way: Option<Direction>,
}

/// Change how much a creature hates somebody.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provoke {
    /// Which creature.
    pub creature: Entity,
    /// Whom it hates.
    pub whom: Entity,
    /// How much.
    pub how: Hatred,
}

/// How much somebody is hated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hatred {
    /// So much more, in hundredths of a point.
    By(i64),
    /// More than anybody.
    Top,
    /// Not at all, and nobody else either.
    Clear,
}

/// Somebody harmed somebody in a fight. Written once a blow.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlowStruck {
    /// Who.
    pub who: Entity,
    /// Whom.
    pub whom: Entity,
}

/// What somebody does at their turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Intent {
    /// Strikes whom they fight.
    #[default]
    Strike,
    /// Runs.
    Flee(Option<Direction>),
    /// Looks to their guard.
    Defend,
    /// Draws a creature's hatred.
    Taunt(StableId),
    /// Sees to somebody's wounds.
    Aid(StableId),
}

/// Somebody in a fight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fighter {
    /// Who.
    pub entity: Entity,
    /// Whether it is a player.
    pub player: bool,
    /// Whom they strike.
    pub target: Option<StableId>,
    /// What they do at their turn.
    pub intent: Intent,
    /// Their last blow went wrong.
    pub(crate) fumbled: bool,
    /// They look to their guard until their turn.
    pub(crate) guards: bool,
    /// Of a creature: whom it hates, in hundredths of a point.
    pub(crate) threat: BTreeMap<StableId, i64>,
    /// Who has taken how many points of them.
    pub(crate) hurt_by: BTreeMap<StableId, i64>,
}

/// A fight in a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brawl {
    /// Its id, for clients.
    pub id: StableId,
    /// Since when.
    pub began: WorldTime,
    /// How many rounds there were.
    pub round: u32,
    /// When the next one is.
    pub next: WorldTime,
    /// When the last blow fell.
    pub(crate) last_blow: WorldTime,
    /// Who is in it.
    pub fighters: BTreeMap<StableId, Fighter>,
}

/// Every fight. Transient: a start has none.
#[derive(Resource, Clone, Debug, Default, Serialize, Deserialize)]
pub struct Brawls {
    pub(crate) fights: BTreeMap<RoomIx, Brawl>,
    pub(crate) of: BTreeMap<Entity, RoomIx>,
}

impl Brawls {
    /// The same over another atlas; a fight whose room is gone is over.
    pub(crate) fn carry(&mut self, map: &RoomMap) -> bool {
        let fights = std::mem::take(&mut self.fights).into_iter();
        self.fights = fights
            .filter_map(|(room, fight)| Some((map.get(room)?, fight)))
            .collect();
        self.of.clear();
        for (room, fight) in &self.fights {
            let all = fight.fighters.values().map(|one| (one.entity, *room));
            self.of.extend(all);
        }
        true
    }

    /// Whether somebody is in a fight.
    #[must_use]
    pub fn is_fighting(&self, who: Entity) -> bool {
        self.of.contains_key(&who)
    }

    /// The fight that somebody is in.
    #[must_use]
    pub fn fight_of(&self, who: Entity) -> Option<(RoomIx, &Brawl)> {
        let room = *self.of.get(&who)?;
        Some((room, self.fights.get(&room)?))
    }

    /// Who fights somebody, or is fought by them, in the order of their ids.
    #[must_use]
    pub fn foes(&self, who: Entity) -> Vec<Entity> {
        let Some((_, fight)) = self.fight_of(who) else {
            return Vec::new();
        };
        fight.foes(who)
    }

    /// Who is fought by somebody.
    #[must_use]
    pub fn target_of(&self, who: Entity) -> Option<Entity> {
        let (_, fight) = self.fight_of(who)?;
        let target = fight
            .fighters
            .values()
            .find(|one| one.entity == who)?
            .target?;
        fight.fighters.get(&target).map(|one| one.entity)
    }
}

impl Brawl {
    /// Who fights somebody, or is fought by them.
    #[must_use]
    pub fn foes(&self, who: Entity) -> Vec<Entity> {
        let own = self.fighters.iter().find(|(_, one)| one.entity == who);
        let Some((id, own)) = own else {
            return Vec::new();
        };
        let is_foe = |other: &(&StableId, &Fighter)| {
            other.1.target == Some(*id) || own.target == Some(*other.0)
        };
        let foes = self.fighters.iter().filter(is_foe);
        foes.map(|(_, one)| one.entity)
            .filter(|one| *one != who)
            .collect()
    }
}
