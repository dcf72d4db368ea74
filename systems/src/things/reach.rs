//! Who may reach into what (game.md §1.5).

use engine::prelude::*;

use super::deeds::Latch;
use super::near::Near;
use super::place::{ThingPlace, ThingView, ThingWorld};
use crate::place::Noun;

impl ThingWorld<'_, '_> {
    /// Whether a thing is open, where it can be closed.
    pub(super) fn latch(&self, view: &ThingView<'_>) -> Latch {
        let holds = view.prototype.and_then(|one| one.holds.as_ref());
        let made = || match holds {
            Some(holds) if holds.lock.is_some() => Latch::Locked,
            Some(holds) if holds.closed => Latch::Closed,
            _ => Latch::Open,
        };
        view.thing.latch.unwrap_or_else(made)
    }

    /// Whether somebody may reach into a thing by now.
    ///
    /// # Errors
    /// Why not, in words.
    pub(super) fn reach(&self, who: Entity, into: Entity) -> Result<(), Refusal> {
        let rule = |words: String| Refusal::new(Code::GameLogicError, words);
        let gone = || Refusal::new(Code::ResourceNotFound, "It is gone.");
        let view = self.view(into).ok_or_else(gone)?;
        let (me, name) = (self.id(who), view.name);
        let mine = self.root(into).is_some_and(|(_, root)| root == who);
        let here = self.room(who).is_some() && self.floor_of(&view) == self.room(who);
        if !mine && !here {
            return Err(rule(format!("The {name} is out of your reach.")));
        }
        if self.is_admin(who) {
            return Ok(());
        }
        if let Some(corpse) = self.corpse(into)
            && let Some(me) = me
            && !corpse.is_open_to(me, self.clock.now)
        {
            let left = corpse.free_at.since(self.clock.now).as_secs() + 1;
            let words = format!("Leave the {name} be, for {left} seconds yet.");
            return Err(rule(words));
        }
        match self.latch(&view) {
            Latch::Open => Ok(()),
            Latch::Closed => Err(rule(format!("The {name} is closed."))),
            Latch::Locked | Latch::Sealed => Err(rule(format!("The {name} is locked."))),
        }
    }

    /// On which floor a thing lies, with whatever it is in.
    fn floor_of(&self, view: &ThingView<'_>) -> Option<crate::world::RoomIx> {
        let mut place = view.place?;
        for _ in 0..4 {
            match place {
                ThingPlace::Floor(room) => return Some(room),
                ThingPlace::Inside(container) => {
                    place = self.view(self.index.get(container)?)?.place?;
                }
                ThingPlace::Carried(_) | ThingPlace::Worn(..) => return None,
            }
        }
        None
    }
}

impl Near<'_, '_> {
    /// What somebody means who speaks of something to put things into, or take them out of: what
    /// they have on them, or what lies or stands here.
    #[must_use]
    pub fn container(&self, who: Entity, what: &str) -> Option<Entity> {
        let holds = |thing: Entity| {
            let view = self.world.view(thing);
            let kind = view.and_then(|one| one.prototype);
            kind.is_some_and(|kind| kind.holds.is_some())
                || self.world.corpse(thing).is_some()
                || self
                    .world
                    .id(thing)
                    .is_some_and(|id| self.world.held(id).next().is_some())
        };
        let noun = Noun::read(what);
        let near = || self.on_person(who).into_iter().chain(self.lying(who));
        let first = noun.first(near().filter(|one| holds(one.thing)));
        first.or_else(|| noun.first(near()))
    }

    /// Whether somebody may reach into a thing.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn reach(&self, who: Entity, into: Entity) -> Result<(), Refusal> {
        self.world.reach(who, into)
    }

    /// Whether a thing is open, where it can be closed; `None`: it holds nothing.
    #[must_use]
    pub fn latch(&self, thing: Entity) -> Option<Latch> {
        let view = self.world.view(thing)?;
        view.prototype?.holds.as_ref()?;
        Some(self.world.latch(&view))
    }
}
