//! What creatures do, by the second: of all that holds, the first by priority.
//!
//! A creature with nobody near does not think at its pace. What it would have walked is walked when it
//! is looked for: its dice are those of each moment that it left out, so nobody can tell.

mod act;

use engine::prelude::*;

use super::hours::PeopleHours;
use super::kinds::CreatureKind;
use super::walk::{NEAR, WalkMaps, Ways, nearest_player};
use super::wits::{Agenda, Impulse, Wits};
use super::{Bestiary, carrier};
use crate::afflictions::Ailing;
use crate::body::Vitals;
use crate::calendar::MythosTime;
use crate::chat::Voiced;
use crate::effects::{EffectText, Parties, RunEffects, View};
use crate::fight::{Attack, Brawls};
use crate::place::{Creature, CreatureLooks, GuardedWays, InRoom, Occupancy, Relocate};
use crate::world::{Atlas, Direction, RoomIx};

/// A step of those who are on their way.
const STEP: u32 = 6;
/// A creature says something at most once in so many seconds.
const UTTERANCE: u32 = 3;
/// So many steps are left out at most where nobody is near.
const LEFT_OUT_MAX: u8 = 10;
/// Where those are looked for who leave their sub-zone: everywhere.
pub(super) const ANYWHERE: u32 = u32::MAX;

/// So long a creature warns before it attacks.
pub(super) const WARNING: u32 = 2;
/// For so long it leaves those alone whom it let go by chance.
const CALM: u32 = 600;

const FIGHTING: u8 = 70;
const GREETING: u8 = 40;
const REPLY: u8 = 30;
const ON_THE_WAY: u8 = 20;
const STRAYING: u8 = 10;

/// What a creature does next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Impetus {
    Rule(usize),
    Attack(Entity),
    Menace(Entity),
    Say(Impulse),
    Walk,
}

type Thinker = (
    &'static StableId,
    &'static Creature,
    &'static InRoom,
    Option<&'static Vitals>,
    &'static mut Wits,
);

/// What creatures think with.
#[derive(SystemParam)]
pub(super) struct Thinking<'w, 's> {
    pub(super) creatures: Query<'w, 's, Thinker>,
    bestiary: Res<'w, Bestiary>,
    looks: Res<'w, CreatureLooks>,
    hours: Res<'w, PeopleHours>,
    atlas: Res<'w, Atlas>,
    guarded: Res<'w, GuardedWays>,
    occupancy: Res<'w, Occupancy>,
    view: View<'w, 's>,
    clock: Res<'w, Clock>,
    dice: Res<'w, Dice>,
    index: Res<'w, Index>,
    brawls: Res<'w, Brawls>,
    ailing: Ailing<'w, 's>,
    players: Query<
        'w,
        's,
        (
            &'static StableId,
            &'static Vitals,
            Has<Linkdead>,
            &'static Character,
        ),
    >,
    attacks: MessageWriter<'w, Attack>,
    pub(super) agenda: ResMut<'w, Agenda>,
    pub(super) maps: ResMut<'w, WalkMaps>,
    relocate: MessageWriter<'w, Relocate>,
    voices: MessageWriter<'w, Voiced>,
    told: MessageWriter<'w, EffectText>,
    runs: MessageWriter<'w, RunEffects>,
}

/// Lets those think whose time it is.
pub(super) fn think(mut thinking: Thinking<'_, '_>) {
    let due = thinking.agenda.due(thinking.clock.now);
    for who in due {
        thinking.one(who, false);
    }
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(count.into())
}

impl Thinking<'_, '_> {
    /// Lets one think: it does one thing, and knows when to think again. Whoever is `late` only walks
    /// what it has left out, and nobody sees it on its way.
    pub(super) fn one(&mut self, who: Entity, late: bool) {
        let now = self.clock.now;
        let Ok((id, creature, InRoom(room), vitals, wits)) = self.creatures.get(who) else {
            return;
        };
        let (id, room) = (*id, *room);
        let Some(kind) = self.bestiary.get(&creature.kind).cloned() else {
            return;
        };
        let home = self.atlas.find(&creature.home).unwrap_or(room);
        let lives = vitals.is_none_or(|vitals| vitals.dp() > 0);
        let halted = wits.halted.filter(|until| *until > now);
        let mut wits = wits.clone();
        if !lives || halted.is_some() {
            // It has not walked while it stood.
            wits.walked = halted.unwrap_or(wits.walked);
            self.plan(who, id, wits, halted, None);
            return;
        }
        let mut here = room;
        if late && !self.brawls.is_fighting(who) {
            here = self.walk(&kind, (who, id), (room, home), &mut wits, false);
        }
        let doing = match late {
            true => None,
            false => self.doing(&kind, (who, here), &mut wits),
        };
        match doing {
            Some(Impetus::Attack(whom)) => {
                wits.menace = None;
                wits.held = Some("attack".to_owned());
                self.attacks.write(Attack { who, whom });
            }
            Some(Impetus::Menace(whom)) => self.menace(&kind, here, whom, &mut wits),
            Some(Impetus::Rule(n)) => self.rule(&kind, (who, here), n, &mut wits),
            Some(Impetus::Say(impulse)) => self.say(&kind, (id, here), impulse, &mut wits),
            Some(Impetus::Walk) => {
                here = self.walk(&kind, (who, id), (here, home), &mut wits, true)
            }
            None => {}
        }
        let (next, asleep) = self.next(&kind, here, &wits);
        self.plan(who, id, wits, next, asleep);
    }

    fn plan(
        &mut self,
        who: Entity,
        id: StableId,
        mut wits: Wits,
        next: Option<WorldTime>,
        asleep: Option<(u32, WorldTime)>,
    ) {
        self.agenda.plan((id, who), &mut wits, next, asleep);
        if let Ok((.., mut kept)) = self.creatures.get_mut(who) {
            kept.set_if_neq(wits);
        }
    }

    /// The first by priority of what holds.
    fn doing(
        &self,
        kind: &CreatureKind,
        (who, room): (Entity, RoomIx),
        wits: &mut Wits,
    ) -> Option<Impetus> {
        let now = self.clock.now;
        let mut all: Vec<(u8, Impetus)> = Vec::new();
        let fights = self.brawls.is_fighting(who);
        if let Some((whom, at)) = wits.menace {
            let whom = self.index.get(whom);
            let whom = whom.filter(|whom| self.occupancy.of(room).contains(whom) && !fights);
            match whom {
                None => wits.menace = None,
                Some(whom) if at <= now => all.push((FIGHTING, Impetus::Attack(whom))),
                Some(_) => {}
            }
        } else if !fights && let Some(whom) = self.prey(kind, (who, room), wits) {
            all.push((FIGHTING, Impetus::Menace(whom)));
        }
        if !self.occupancy.of(room).is_empty() {
            for (n, rule) in kind.rules.iter().enumerate() {
                let asked = rule.asked.as_ref();
                let parties = Parties {
                    actor: Some(who),
                    target: None,
                    here: Some(room),
                    carrier: carrier(kind),
                    me: Some(who),
                };
                let holds = || asked.is_none_or(|asked| self.view.holds(asked, &parties));
                if wits.rules.may(n as u16, now) && holds() {
                    all.push((rule.priority, Impetus::Rule(n)));
                }
            }
        }
        if !fights
            && wits
                .spoke
                .is_none_or(|spoke| now.since(spoke) >= seconds(UTTERANCE))
        {
            for impulse in &wits.impulses {
                let priority = match impulse {
                    Impulse::Greet(_) | Impulse::Farewell(_) => GREETING,
                    Impulse::Reply(_) => REPLY,
                };
                all.push((priority, Impetus::Say(*impulse)));
            }
        }
        if !fights
            && let Some((period, priority)) = self.pace(kind, room)
            && now.since(wits.walked) >= period
        {
            all.push((priority, Impetus::Walk));
        }
        // Of those alike, what came to mind first.
        let first = all.iter().map(|(priority, _)| *priority).max()?;
        all.into_iter()
            .find(|(priority, _)| *priority == first)
            .map(|(_, doing)| doing)
    }

    /// How often it walks by now, if it walks, and how much it wants to.
    fn pace(&self, kind: &CreatureKind, room: RoomIx) -> Option<(Duration, u8)> {
        if let Some(target) = self.bidden(kind, self.clock.now) {
            return (target != room).then_some((seconds(STEP), ON_THE_WAY));
        }
        if kind.patrol.len() > 1 {
            return Some((seconds(STEP), ON_THE_WAY));
        }
        kind.wander.map(|of| (seconds(of.every), STRAYING))
    }

    /// Where the hour wants it.
    fn bidden(&self, kind: &CreatureKind, at: WorldTime) -> Option<RoomIx> {
        let hours = self.hours.find(kind.schedule.as_deref()?)?;
        let room = hours.room(MythosTime::at(self.clock.wall_at(at)))?;
        self.atlas.find(room)
    }

    /// Walks what is to be walked by now, and answers where it is then.
    fn walk(
        &mut self,
        kind: &CreatureKind,
        (who, id): (Entity, StableId),
        (from, home): (RoomIx, RoomIx),
        wits: &mut Wits,
        seen: bool,
    ) -> RoomIx {
        let now = self.clock.now;
        let (mut here, mut last, mut steps) = (from, None, 0);
        while let Some((period, _)) = self.pace(kind, here)
            && now.since(wits.walked) >= period
            && steps < LEFT_OUT_MAX
        {
            wits.walked = wits.walked.plus(period);
            steps += 1;
            let mut moment = wits.walked;
            if kind.schedule.is_some() {
                // It has just got up.
                (moment, wits.walked, steps) = (now, now, LEFT_OUT_MAX);
            }
            if let Some((way, to)) = self.step(kind, (id, moment), (here, home), wits) {
                (here, last) = (to, Some(way));
            }
        }
        // Whoever stood for long has not walked all that time.
        if self
            .pace(kind, here)
            .is_some_and(|(period, _)| now.since(wits.walked) >= period)
        {
            wits.walked = now;
        }
        if here != from {
            wits.held = Some("walk".to_owned());
            let way = last.filter(|_| seen && (steps == 1 || kind.schedule.is_some()));
            self.relocate.write(Relocate {
                way,
                ..Relocate::to(who, here)
            });
        }
        here
    }

    /// One step at a moment.
    fn step(
        &mut self,
        kind: &CreatureKind,
        (id, moment): (StableId, WorldTime),
        (here, home): (RoomIx, RoomIx),
        wits: &mut Wits,
    ) -> Option<(Direction, RoomIx)> {
        let ways = Ways {
            atlas: &self.atlas,
            guarded: &self.guarded,
            doors: kind.opens_doors,
        };
        if let Some(target) = self.bidden(kind, moment) {
            return ways.step(here, target);
        }
        if kind.patrol.len() > 1 {
            let legs = kind.patrol.len();
            let at = |leg: u16| self.atlas.find(&kind.patrol[usize::from(leg) % legs]);
            if at(wits.leg) == Some(here) {
                wits.leg = (wits.leg + 1) % legs as u16;
            }
            return ways.step(here, at(wits.leg)?);
        }
        let of = kind.wander?;
        let dice = self.dice.at(moment);
        if !dice.chance(of.chance, id, "wander", 0) {
            return None;
        }
        let far = ways.around(home, of, &mut self.maps);
        ways.stray(here, &far, |all| dice.pick(all, id, "stray", 0))
    }

    /// When it thinks next, and where it is looked for before.
    fn next(
        &self,
        kind: &CreatureKind,
        room: RoomIx,
        wits: &Wits,
    ) -> (Option<WorldTime>, Option<(u32, WorldTime)>) {
        let now = self.clock.now;
        let soon = now.plus(seconds(1));
        let mut next: Option<WorldTime> = None;
        let mut at = |moment: WorldTime| {
            let moment = moment.max(soon);
            next = Some(next.map_or(moment, |next| next.min(moment)));
        };
        if !wits.impulses.is_empty() {
            at(wits
                .spoke
                .map_or(soon, |spoke| spoke.plus(seconds(UTTERANCE))));
        }
        if let Some((_, moment)) = wits.menace {
            at(moment);
        }
        if !self.occupancy.of(room).is_empty() {
            if kind.hostile.is_some() {
                at(soon);
            }
            for n in 0..kind.rules.len() {
                at(wits.rules.until(n as u16).unwrap_or(soon));
            }
        }
        let Some((period, _)) = self.pace(kind, room) else {
            return (next, None);
        };
        let due = wits.walked.plus(period);
        let on_errand = kind.schedule.is_some();
        let most = NEAR + LEFT_OUT_MAX;
        let far = match on_errand {
            true => Some(0),
            false => nearest_player(&self.atlas, &self.occupancy, room, most),
        };
        // So many steps it can't come near anybody who stays where they are.
        let left_out = far.map_or(LEFT_OUT_MAX, |far| {
            far.saturating_sub(NEAR).clamp(1, LEFT_OUT_MAX)
        });
        let then = wits.walked.plus(period * u32::from(left_out));
        at(then);
        let leaves = kind.wander.is_some_and(|of| of.leave) || !kind.patrol.is_empty();
        let sub_zone = u32::try_from(self.atlas.room(room).sub_zone).unwrap_or(ANYWHERE);
        let place = if leaves { ANYWHERE } else { sub_zone };
        (next, (left_out > 1).then_some((place, due)))
    }
}
