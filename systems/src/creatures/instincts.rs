//! What creatures do on occasions: somebody comes, speaks, makes a gesture, hurts them; an hour strikes.

mod notice;

pub(super) use notice::{notice, rally, receive, smart, stir, strike};

use std::collections::BTreeSet;

use engine::content::{At, DefinedIds};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::think::WARNING;
use super::wits::{Agenda, Impulse, Wits};
use super::{Bestiary, carrier};
use crate::effects::{EffectList, EffectTally, Parties, Requirement, RunEffects, View};
use crate::place::{Creature, Occupancy};
use crate::reactions::has_word;
use crate::things::Prototype;
use crate::world::RoomIx;

/// Somebody is greeted and seen off at most once in so many seconds.
const MANNERS: u32 = 300;
/// Among more players than that nobody is greeted or seen off: each would hear it of each.
const CROWD: usize = 12;
/// And answered.
const ANSWERS: u32 = 10;

/// On what a creature reacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CreatureOccasion {
    /// Somebody comes to where it is.
    Enters,
    /// Somebody goes.
    Leaves,
    /// Somebody says something in the room.
    Said,
    /// Somebody makes a gesture in the room.
    Gesture,
    /// Somebody gives it something, which it keeps.
    Given,
    /// Somebody strikes at it.
    Attacked,
    /// It has lost points, and has fewer than `below` percent left.
    Hurt,
    /// It dies.
    Dies,
    /// A Mythos hour strikes.
    Hour,
}

/// Who it is that comes or goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Comer {
    /// A player.
    #[default]
    Player,
    /// Another creature.
    Creature,
}

/// What a creature does on an occasion.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatureReaction {
    /// on what
    pub on: CreatureOccasion,
    /// of `enters` and `leaves`: who
    #[serde(default)]
    pub from: Comer,
    /// of `said`: one of these words or phrases must be in the line, in lower case
    #[serde(default)]
    #[schemars(length(max = 24), extend("x-bounds" = "at most 24 words in lower case", "x-usual" = "whatever is said"))]
    pub words: Vec<String>,
    /// of `gesture`: which
    #[serde(default)]
    #[schemars(extend("x-bounds" = "a gesture of `rules/emotes.toml`", "x-usual" = "whichever"))]
    pub gesture: Option<String>,
    /// of `given`: what
    #[serde(default)]
    #[schemars(extend("x-bounds" = "the id of a thing", "x-usual" = "whatever it is"))]
    pub thing: Option<String>,
    /// of `hurt`: with fewer points left than so many percent
    #[serde(default)]
    #[schemars(range(min = 1, max = 100), extend("x-usual" = "any"))]
    pub below: Option<i16>,
    /// when; asked of who caused it, and of an hour of the creature itself
    #[serde(default, rename = "if")]
    #[schemars(extend("x-usual" = "always"))]
    pub asked: Option<Requirement>,
    /// it happens to each at most once in so many seconds
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 86_400))]
    pub every: u32,
    /// with which probability
    #[serde(default = "certain")]
    #[schemars(range(min = 0, max = 1))]
    pub chance: f64,
    /// what it does; the actor is who caused it, `self` the creature
    #[serde(rename = "do")]
    pub effects: EffectList,
}

const fn one() -> u32 {
    1
}

const fn certain() -> f64 {
    1.0
}

impl CreatureReaction {
    pub(super) fn check(&self, at: &At<'_>) {
        self.effects.check(&at.key("do"));
        if let Some(asked) = &self.asked {
            asked.check(&at.key("if"));
        }
        let only = |key: &str, written: bool, on: CreatureOccasion| {
            let message = format!("`{key}` is of another occasion");
            at.key(key).unless(!written || self.on == on, message);
        };
        only("words", !self.words.is_empty(), CreatureOccasion::Said);
        only("gesture", self.gesture.is_some(), CreatureOccasion::Gesture);
        only("thing", self.thing.is_some(), CreatureOccasion::Given);
        let things = at.content::<DefinedIds<Prototype>>();
        if let (Some(thing), Some(things)) = (&self.thing, things) {
            let message = format!("`{thing}` is not a thing");
            at.key("thing").unless(things.contains(thing), message);
        }
        only("below", self.below.is_some(), CreatureOccasion::Hurt);
        let lower = |word: &String| !word.trim().is_empty() && word.to_lowercase() == *word;
        at.key("words").unless(
            self.words.iter().all(lower),
            "the words of a reaction are in lower case",
        );
    }
}

/// What happens to a creature.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happening<'a> {
    Comes(Comer),
    Goes(Comer),
    Says(&'a str),
    Gestures(&'a str),
    Gives(&'a str),
    Attacked,
    /// So many percent are left.
    Hurts(i16),
    Dies,
    Strikes,
}

impl CreatureReaction {
    fn answers(&self, to: Happening<'_>) -> bool {
        match (self.on, to) {
            (CreatureOccasion::Enters, Happening::Comes(who))
            | (CreatureOccasion::Leaves, Happening::Goes(who)) => self.from == who,
            (CreatureOccasion::Said, Happening::Says(line)) => {
                self.words.is_empty() || has_word(line, &self.words)
            }
            (CreatureOccasion::Gesture, Happening::Gestures(word)) => {
                self.gesture.as_deref().is_none_or(|own| own == word)
            }
            (CreatureOccasion::Given, Happening::Gives(sort)) => {
                self.thing.as_deref().is_none_or(|own| own == sort)
            }
            (CreatureOccasion::Hurt, Happening::Hurts(left)) => {
                self.below.is_none_or(|below| left < below)
            }
            (CreatureOccasion::Dies, Happening::Dies)
            | (CreatureOccasion::Attacked, Happening::Attacked)
            | (CreatureOccasion::Hour, Happening::Strikes) => true,
            _ => false,
        }
    }
}

/// What creatures react with.
#[derive(SystemParam)]
pub(super) struct Instincts<'w, 's> {
    creatures: Query<'w, 's, (&'static StableId, &'static Creature, &'static mut Wits)>,
    ids: Query<'w, 's, &'static StableId>,
    pub(super) bestiary: Res<'w, Bestiary>,
    pub(super) occupancy: Res<'w, Occupancy>,
    view: View<'w, 's>,
    dice: Res<'w, Dice>,
    pub(super) clock: Res<'w, Clock>,
    tally: Res<'w, EffectTally>,
    pub(super) agenda: ResMut<'w, Agenda>,
    pub(super) runs: MessageWriter<'w, RunEffects>,
}

impl Instincts<'_, '_> {
    /// Those in a room, in the order of their ids.
    pub(super) fn here(&self, room: RoomIx) -> Vec<Entity> {
        let here = self.occupancy.creatures(room).iter();
        let here = here.filter_map(|one| Some((*self.ids.get(*one).ok()?, *one)));
        let here: BTreeSet<(StableId, Entity)> = here.collect();
        here.into_iter().map(|(_, one)| one).collect()
    }

    /// Whether somebody who comes or goes is noticed there by all.
    pub(super) fn is_quiet(&self, room: RoomIx) -> bool {
        self.occupancy.of(room).len() <= CROWD
    }

    /// Lets a creature react; answers whether it did.
    pub(super) fn react(
        &mut self,
        who: Entity,
        room: RoomIx,
        actor: Option<Entity>,
        to: Happening<'_>,
    ) -> bool {
        let now = self.clock.now;
        let Ok((id, creature, mut wits)) = self.creatures.get_mut(who) else {
            return false;
        };
        let id = *id;
        let Some(kind) = self.bestiary.get(&creature.kind).cloned() else {
            return false;
        };
        let caused = actor.and_then(|actor| self.ids.get(actor).ok()).copied();
        let mut reacts = false;
        for (n, one) in (0_u16..).zip(&kind.reactions) {
            if !one.answers(to) || !wits.paces.may((n, caused), now) {
                continue;
            }
            let parties = Parties {
                actor,
                target: None,
                here: Some(room),
                carrier: carrier(&kind),
                me: Some(who),
            };
            let asked = Parties {
                actor: actor.or(Some(who)),
                ..parties.clone()
            };
            let holds = |asked_of: &Requirement| self.view.holds(asked_of, &asked);
            if !one.asked.as_ref().is_none_or(holds)
                || !self.dice.chance(one.chance, id, "reaction", n.into())
            {
                continue;
            }
            reacts = true;
            wits.paces.note((n, caused), now, one.every);
            let depth = actor.map_or(0, |actor| self.tally.depth_of(actor, self.clock.tick));
            self.runs.write(RunEffects {
                depth,
                ..RunEffects::new(one.effects.clone(), parties)
            });
        }
        reacts
    }

    /// Gives a creature something to say, which it says at the next second.
    fn impel(&mut self, who: Entity, manner: u8, whom: StableId, pause: u32, impulse: Impulse) {
        let now = self.clock.now;
        let Ok((id, creature, mut wits)) = self.creatures.get_mut(who) else {
            return;
        };
        let kind = self.bestiary.get(&creature.kind);
        let lines = kind.map_or(0, |kind| match impulse {
            Impulse::Greet(_) => kind.greet.len(),
            Impulse::Farewell(_) => kind.farewell.len(),
            Impulse::Reply(_) => kind.reply.len(),
        });
        if lines == 0 || !wits.met.may((manner, whom), now) {
            return;
        }
        wits.met.note((manner, whom), now, pause);
        wits.push(impulse);
        self.agenda.wake((*id, who), &mut wits, now);
    }

    /// What a creature is.
    fn kind(&self, who: Entity) -> Option<String> {
        let (_, creature, _) = self.creatures.get(who).ok()?;
        Some(creature.kind.clone())
    }

    /// With whom a creature holds.
    fn faction(&self, who: Entity) -> Option<String> {
        let (_, creature, _) = self.creatures.get(who).ok()?;
        let kind = self.bestiary.get(&creature.kind)?;
        kind.faction.clone().filter(|_| kind.attackable)
    }

    /// Lets a creature attack somebody in a moment.
    fn turn_on(&mut self, who: Entity, whom: StableId) {
        let now = self.clock.now;
        if let Ok((id, _, mut wits)) = self.creatures.get_mut(who)
            && wits.menace.is_none()
        {
            let pause = Duration::from_secs(WARNING.into());
            wits.menace = Some((whom, now.plus(pause)));
            self.agenda.wake((*id, who), &mut wits, now);
        }
    }

    /// Stops a creature until then, or lets it go on.
    pub(super) fn halt(&mut self, who: Entity, until: Option<WorldTime>) {
        let now = self.clock.now;
        if let Ok((id, _, mut wits)) = self.creatures.get_mut(who) {
            wits.halted = until;
            self.agenda.plan((*id, who), &mut wits, Some(now), None);
        }
    }

    /// Lets one think at the next second that has something to do while somebody is there.
    fn rouse(&mut self, who: Entity) {
        let now = self.clock.now;
        if let Ok((id, creature, mut wits)) = self.creatures.get_mut(who)
            && let Some(kind) = self.bestiary.get(&creature.kind)
            && (!kind.rules.is_empty() || kind.hostile.is_some())
        {
            self.agenda.wake((*id, who), &mut wits, now);
        }
    }

    /// Whether somebody speaks to a creature by its name.
    fn is_called(&self, who: Entity, line: &str) -> bool {
        let kind = self.creatures.get(who).ok();
        let kind = kind.and_then(|(_, creature, _)| self.bestiary.get(&creature.kind));
        kind.is_some_and(|kind| {
            let name = kind.name.to_lowercase();
            let parts = name.split_whitespace().map(str::to_owned);
            let words: Vec<String> = parts.chain(kind.words.iter().cloned()).collect();
            has_word(line, &words)
        })
    }
}
