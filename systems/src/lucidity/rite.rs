//! How rituals are had: where, among whom, for how long, and what comes of them.
//!
//! A ritual that takes its time is a component of whoever is at it; it is not saved, because who
//! leaves the world breaks it off. What was not had costs no waiting time.

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::rescue::{OtherActs, Standing, millis};
use super::rules::{Ritual, Rules, span};
use super::{AdjustLucidity, Cause, Drift, Lucidity, Psyche, Tier};
use crate::body::{self, AdjustVitals};
use crate::place::{InRoom, Rooms};
use crate::presence::Say;
use crate::world::{RoomIx, RoomMap};

/// The name of the waiting time of what therapy takes away.
const CURE: &str = "cure";

/// Somebody is at a ritual. Transient.
#[derive(Component, Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Rite {
    cause: Cause,
    room: RoomIx,
    since: WorldTime,
    until: WorldTime,
}

impl Rite {
    /// The same over another atlas.
    pub(super) fn carry(&mut self, map: &RoomMap) -> bool {
        self.room = map.refuge(self.room);
        true
    }
}

/// What is said of a ritual that was had.
fn words(cause: Cause) -> &'static str {
    match cause {
        Cause::PRAY => "You pray until the words wear smooth.",
        Cause::MEDITATE => {
            "You count breaths until there is only counting, and then not even that."
        }
        Cause::GROUP_SOLACE => "You think of those who would come if you called, and it helps.",
        Cause::THERAPY => {
            "You talk for what seems an hour. Somebody writes all of it down and is not shocked."
        }
        _ => "It tastes of tar and oranges. After a while nothing hurts very much.",
    }
}

/// What rituals are had with.
#[derive(SystemParam)]
pub(super) struct Rites<'w, 's> {
    pub(super) minds: Query<'w, 's, (&'static mut Psyche, &'static mut Drift)>,
    others: Query<'w, 's, (&'static Lucidity, Has<Linkdead>)>,
    places: Query<'w, 's, &'static InRoom>,
    rooms: Rooms<'w, 's>,
    rules: Res<'w, Rules>,
    pub(super) clock: Res<'w, Clock>,
    bodies: Res<'w, body::Rules>,
    adjust: MessageWriter<'w, AdjustLucidity>,
    vitals: MessageWriter<'w, AdjustVitals>,
    pub(super) answers: MessageWriter<'w, Answer>,
    commands: Commands<'w, 's>,
}

impl Rites<'_, '_> {
    /// Has one, or begins with it, if that can be now and here.
    pub(super) fn begin(&mut self, order: Order, cause: Cause) {
        let begun = self
            .may(order.actor, cause)
            .and_then(|()| self.fits_here(order.actor, cause))
            .map(|room| self.begin_in(room, order.actor, cause));
        self.answers.write(match begun {
            Ok(text) => Answer::with(order, text),
            Err(refusal) => Answer::refusal(order, refusal),
        });
    }

    fn begin_in(&mut self, room: RoomIx, actor: Entity, cause: Cause) -> String {
        let takes = span(self.rules.recovery.of(cause).takes_seconds);
        if takes.is_zero() {
            return self.give(actor, cause);
        }
        let since = self.clock.now;
        let until = since.plus(takes);
        self.commands.entity(actor).try_insert(Rite {
            cause,
            room,
            since,
            until,
        });
        let seconds = takes.as_secs_f64().ceil();
        format!("You begin. It takes {seconds} s, in which you can do nothing else.")
    }

    /// Has one wherever that is, if it can be now; answers what is said of it.
    pub(super) fn have(&mut self, actor: Entity, cause: Cause) -> Result<String, Refusal> {
        self.may(actor, cause)?;
        Ok(self.give(actor, cause))
    }

    /// Whether the time for one has come, and there is anything to mend.
    fn may(&self, actor: Entity, cause: Cause) -> Result<(), Refusal> {
        let known = self.minds.get(actor).ok().zip(self.others.get(actor).ok());
        let Some(((psyche, _), (lucidity, _))) = known else {
            return Err(Refusal::of(Code::InternalError));
        };
        if let Some(wait) = psyche.waits_for(cause.word(), self.clock.now) {
            let refusal = Refusal::new(Code::GameLogicError, "It is too soon for that.");
            return Err(refusal.after_ms(millis(wait)));
        }
        let cures = cause == Cause::THERAPY && !psyche.liabilities.is_empty();
        if lucidity.points() == Lucidity::CAP && !cures {
            let message = "Your mind is as clear as a mind can be.";
            return Err(Refusal::new(Code::GameLogicError, message));
        }
        Ok(())
    }

    /// The room one is in, if the ritual can be had in it.
    fn fits_here(&self, actor: Entity, cause: Cause) -> Result<RoomIx, Refusal> {
        let rule = |words: String| Err(Refusal::new(Code::GameLogicError, words));
        let Ok(InRoom(room)) = self.places.get(actor).copied() else {
            return rule("You are nowhere.".to_owned());
        };
        let ritual = self.rules.recovery.of(cause);
        if !self.is_place_of(ritual, room) {
            return rule(match ritual.refused.as_str() {
                "" => "This is not the place for that.".to_owned(),
                words => words.to_owned(),
            });
        }
        if self.company(ritual, actor, room) < usize::from(ritual.company) {
            return rule("It takes somebody else who is of sound mind.".to_owned());
        }
        Ok(room)
    }

    fn is_place_of(&self, ritual: &Ritual, room: RoomIx) -> bool {
        let atlas = &self.rooms.atlas;
        let environment = atlas.environment(atlas.room(room).environment);
        let names = [
            atlas.room(room).id.as_str(),
            &atlas.sub_zone(room).id,
            &atlas.zone(room).id,
            environment,
        ];
        let places = &ritual.places;
        places.is_empty() || places.iter().any(|place| names.contains(&place.as_str()))
    }

    /// How many of sound mind are there beside oneself, and creatures that will do.
    fn company(&self, ritual: &Ritual, actor: Entity, room: RoomIx) -> usize {
        let here = self.rooms.occupants(room).iter();
        let others = here.filter(|one| **one != actor);
        let sound = others.filter(|one| {
            let mind = self.others.get(**one);
            mind.is_ok_and(|(mind, linkdead)| !linkdead && self.rules.tier(*mind) <= Tier::Uneasy)
        });
        let creatures = self.rooms.kinds_in(room);
        let attending = creatures.filter(|kind| ritual.attended_by.iter().any(|one| one == kind));
        sound.count() + attending.count()
    }

    /// Gives what one gives, and answers what is said of it.
    fn give(&mut self, actor: Entity, cause: Cause) -> String {
        let mut text = words(cause).to_owned();
        let Ok((mut psyche, mut drift)) = self.minds.get_mut(actor) else {
            return text;
        };
        let (rules, now) = (&self.rules, self.clock.now);
        let ritual = rules.recovery.of(cause);
        psyche.cool_down(cause.word(), now, span(ritual.cooldown_seconds));
        if cause == Cause::THERAPY
            && psyche.waits_for(CURE, now).is_none()
            && let Some(cured) = psyche.liabilities.relieve()
        {
            let again = span(rules.liabilities.cure_again_after_seconds);
            psyche.cool_down(CURE, now, again);
            drift.bypass_change_detection().mirror(&psyche);
            let mark = cured.word().replace('_', " ");
            text.push_str(&format!(
                " Of what you brought with you, some {mark} stays behind."
            ));
        }
        self.adjust.write(AdjustLucidity {
            mind: actor,
            delta: ritual.gain,
            cause,
        });
        let magic = span(ritual.magic_seconds);
        if !magic.is_zero() {
            self.vitals.write(AdjustVitals {
                body: actor,
                change: if cause == Cause::MEDITATE {
                    self.bodies.meditated(magic)
                } else {
                    self.bodies.rested(magic)
                },
                cause: body::VitalsCause::new(cause.word()),
                by: None,
            });
        }
        text
    }
}

/// Goes on with every ritual that takes its time, to its end or to where it can't go on.
pub(super) fn go_on(
    under_way: Query<(&StableId, Entity, &Rite)>,
    standing: Standing<'_, '_>,
    mut rites: Rites<'_, '_>,
    mut say: MessageWriter<Say>,
) {
    if under_way.is_empty() {
        return;
    }
    // Query order is history, not identity.
    let mut all: Vec<(StableId, Entity, Rite)> = under_way
        .iter()
        .map(|(id, actor, rite)| (*id, actor, *rite))
        .collect();
    all.sort_unstable_by_key(|(id, ..)| *id);
    for (_, actor, rite) in all {
        let text = match standing.holds(actor, rite.room) {
            false => BROKEN_OFF.to_owned(),
            true if rites.clock.now < rite.until => continue,
            true => match rites.have(actor, rite.cause) {
                Ok(text) => text,
                Err(refusal) => refusal.message,
            },
        };
        rites.commands.entity(actor).try_remove::<Rite>();
        say.write(Say::to(actor, text));
    }
}

const BROKEN_OFF: &str = "You break it off, and nothing comes of it.";

/// Breaks the rituals off of those who do something else.
pub(super) fn break_off(
    under_way: Query<(Entity, &Rite)>,
    mut others: OtherActs<'_, '_>,
    clock: Res<Clock>,
    mut say: MessageWriter<Say>,
    mut commands: Commands<'_, '_>,
) {
    if under_way.is_empty() {
        others.pass_over();
        return;
    }
    let done = others.done();
    let broken = under_way
        .iter()
        .filter(|(actor, rite)| rite.since < clock.now && done.contains(actor));
    for (actor, _) in broken {
        commands.entity(actor).try_remove::<Rite>();
        say.write(Say::to(actor, BROKEN_OFF));
    }
}
