//! The world as lists see it, and what becomes of it while a list is run.
//!
//! Owners write only when a message reaches them. So that the second effect of a list is decided by
//! what the first will have done, each run keeps a forecast of whom and what it has changed.

mod forecast;

pub(super) use forecast::{Forecast, PersonForecast};

use engine::prelude::*;

use super::act::{FlagPlace, ThingAsked};
use super::parties::Parties;
use super::predicate::{Predicate, Requirement};
use crate::afflictions::Ailing;
use crate::amount::Amount;
use crate::body::Vitals;
use crate::calendar::{Daylight, MythosTime, Observances};
use crate::character::{self, Experience, Stat, Stats};
use crate::doors::DoorMap;
use crate::fight::Brawls;
use crate::flags::{FlagOwner, FlagTable};
use crate::light::RoomLight;
use crate::lucidity::{self, Lucidity};
use crate::place::{
    Creature, CreatureLook, CreatureLooks, GuardedWays, InRoom, Occupancy, Posture,
};
use crate::things::Belonging;
use crate::world::{Atlas, RoomIx};

type PersonQuery = (
    &'static StableId,
    AnyOf<(&'static Character, &'static Creature)>,
    Option<&'static Stats>,
    Option<&'static Vitals>,
    Option<&'static Posture>,
    Option<&'static Lucidity>,
    Option<&'static Experience>,
    Option<&'static InRoom>,
);

/// What lists and predicates read.
#[derive(SystemParam)]
pub(crate) struct View<'w, 's> {
    people: Query<'w, 's, PersonQuery>,
    pub(super) atlas: Res<'w, Atlas>,
    pub(super) ways: Res<'w, GuardedWays>,
    occupancy: Res<'w, Occupancy>,
    looks: Res<'w, CreatureLooks>,
    observances: Res<'w, Observances>,
    daylight: Res<'w, Daylight>,
    pub(super) clock: Res<'w, Clock>,
    pub(super) dice: Res<'w, Dice>,
    minds: Res<'w, lucidity::Rules>,
    levels: Res<'w, character::Rules>,
    pub(super) flags: FlagTable<'w, 's>,
    pub(super) ailing: Ailing<'w, 's>,
    pub(super) brawls: Res<'w, Brawls>,
    pub(super) things: Belonging<'w, 's>,
    light: RoomLight<'w, 's>,
    pub(super) doors: Res<'w, DoorMap>,
}

impl View<'_, '_> {
    /// Whether what is required holds for these.
    pub(crate) fn holds(&self, requirement: &Requirement, parties: &Parties) -> bool {
        let mut forecast = Forecast::default();
        // Its dice are not those of a list with the same carrier.
        let mut scene = Scene::of(self, &mut forecast, parties, u32::MAX / 2, None);
        requirement.asked().is_none_or(|asked| scene.holds(asked))
    }

    /// Somebody's name.
    pub(super) fn name(&self, who: Option<Entity>) -> Option<String> {
        match self.people.get(who?).ok()?.1 {
            (Some(character), _) => Some(character.name.clone()),
            (None, Some(one)) => self.looks.get(&one.kind).map(CreatureLook::named),
            (None, None) => None,
        }
    }

    /// What kind of creature somebody is; `None`: a player.
    pub(super) fn kind(&self, who: Entity) -> Option<&str> {
        let (_, (_, creature), ..) = self.people.get(who).ok()?;
        creature.map(|one| one.kind.as_str())
    }

    /// As which somebody speaks who carries a list; else what carries it.
    pub(super) fn voice(&self, me: Option<Entity>, carrier: &str) -> String {
        let look = me.and_then(|me| self.looks.get(self.kind(me)?));
        look.map_or_else(|| carrier.to_owned(), CreatureLook::begins)
    }

    /// Where somebody is who lives and so can speak.
    pub(super) fn speaks_in(&self, me: Entity) -> Option<RoomIx> {
        let (_, _, _, vitals, .., place) = self.people.get(me).ok()?;
        let lives = vitals.is_none_or(|vitals| vitals.dp() > 0);
        place.filter(|_| lives).map(|place| place.0)
    }

    /// Whether one may be harmed by what another does: players are not by players, and some
    /// creatures by nobody.
    pub(super) fn may_harm(&self, actor: Option<Entity>, whom: Entity) -> bool {
        let is_player = |who: Entity| self.kind(who).is_none();
        match self.kind(whom).map(|kind| self.looks.get(kind)) {
            None => !actor.is_some_and(is_player),
            Some(look) => !look.is_some_and(|look| look.spared),
        }
    }

    /// Where somebody belongs.
    pub(super) fn home_of(&self, who: Entity) -> RoomIx {
        let home = self
            .people
            .get(who)
            .ok()
            .and_then(|(_, (_, one), ..)| self.atlas.find(&one?.home));
        home.unwrap_or_else(|| self.atlas.default_room())
    }

    /// Somebody's id.
    pub(super) fn id(&self, who: Entity) -> Option<StableId> {
        self.people.get(who).ok().map(|(id, ..)| *id)
    }

    /// Under whose id a list rolls and is counted: the actor's, or the carrier's own.
    pub(super) fn roller(&self, parties: &Parties) -> StableId {
        let actor = parties.actor.and_then(|actor| self.id(actor));
        actor.unwrap_or(parties.carrier.id)
    }

    /// A stat of somebody.
    pub(super) fn stat(&self, who: Entity, stat: Stat) -> Option<u8> {
        let (_, _, stats, ..) = self.people.get(who).ok()?;
        stats.map(|stats| stats.get(stat))
    }

    /// A stat of somebody for a check, with what is upon them.
    pub(super) fn checked(&self, who: Entity, stat: Stat, value: i32) -> i32 {
        let own = format!("stat.{}", stat.word());
        self.ailing.modifier(who, &[&own, "stat.all"]).of(value)
    }

    /// Whether a condition does nothing to somebody.
    pub(super) fn is_immune(&self, who: Entity, id: &str) -> bool {
        let look = self.kind(who).and_then(|kind| self.looks.get(kind));
        let tags = self
            .ailing
            .table
            .get(id)
            .map_or(&[][..], |traits| &traits.tags);
        look.is_some_and(|look| {
            look.immune
                .iter()
                .any(|one| one == id || tags.contains(one))
        })
    }

    /// Everybody in a room, in the order of their ids.
    pub(super) fn occupants(&self, room: RoomIx) -> Vec<Entity> {
        let here = self.occupancy.of(room).iter();
        let here = here.chain(self.occupancy.creatures(room));
        let mut here: Vec<_> = here
            .filter_map(|one| Some((self.id(*one)?, *one)))
            .collect();
        here.sort_unstable();
        here.into_iter().map(|(_, one)| one).collect()
    }

    /// Where somebody is.
    pub(super) fn room_of(&self, who: Entity) -> Option<RoomIx> {
        let (.., place) = self.people.get(who).ok()?;
        place.map(|place| place.0)
    }
}

/// A list that is run, with what it sees.
pub(super) struct Scene<'a, 'w, 's> {
    pub(super) view: &'a View<'w, 's>,
    pub(super) forecast: &'a mut Forecast,
    pub(super) parties: &'a Parties,
    dice: Dice,
    pub(super) roller: StableId,
    throws: u32,
}

impl<'a, 'w, 's> Scene<'a, 'w, 's> {
    pub(super) fn of(
        view: &'a View<'w, 's>,
        forecast: &'a mut Forecast,
        parties: &'a Parties,
        throws: u32,
        moment: Option<WorldTime>,
    ) -> Self {
        Self {
            view,
            forecast,
            parties,
            dice: moment.map_or(*view.dice, |moment| view.dice.at(moment)),
            roller: view.roller(parties),
            throws,
        }
    }

    /// A number below `sides`.
    pub(super) fn pick(&mut self, sides: u64) -> u64 {
        self.throws += 1;
        let cause = self.parties.carrier.cause();
        self.dice.pick(sides, self.roller, cause, self.throws)
    }

    /// Whether something of this probability happens.
    pub(super) fn chance(&mut self, of: f64) -> bool {
        self.throws += 1;
        let cause = self.parties.carrier.cause();
        self.dice.chance(of, self.roller, cause, self.throws)
    }

    pub(super) fn roll(&mut self, amount: Amount) -> i32 {
        amount.roll(|sides| self.pick(sides))
    }

    /// Somebody as they are by now; `None`: they are gone.
    pub(super) fn person(&mut self, who: Entity) -> Option<&mut PersonForecast> {
        let (_, (character, _), stats, vitals, posture, mind, learnt, place) =
            self.view.people.get(who).ok()?;
        // Who is nowhere is not played.
        let room = place.map(|place| place.0);
        room?;
        let fresh = || PersonForecast {
            dp: vitals
                .zip(stats)
                .map(|(one, stats)| (one.dp(), stats.max_dp())),
            mp: vitals.map_or(0, Vitals::mp),
            max_mp: stats.map_or(0, Stats::max_mp),
            lucidity: mind.map(|mind| mind.points()),
            posture: posture.copied().unwrap_or_default(),
            room,
            learns: learnt.is_some(),
            // Creatures die where players fall.
            dead_at: character.map_or(0, |_| Vitals::FLOOR),
        };
        Some(self.forecast.people.entry(who).or_insert_with(fresh))
    }

    /// Of whom it is asked: the target if there is one, else the actor.
    pub(super) fn subject(&self) -> Option<Entity> {
        self.parties.target.or(self.parties.actor)
    }

    /// Where it is.
    pub(super) fn here(&self) -> Option<RoomIx> {
        let actor = self.parties.actor;
        self.parties.here.or_else(|| self.view.room_of(actor?))
    }

    /// Whose flags are meant.
    pub(super) fn flag_owner(&self, on: FlagPlace) -> Option<FlagOwner> {
        Some(match on {
            FlagPlace::Actor => FlagOwner::Person(self.parties.actor?),
            FlagPlace::Here => FlagOwner::room(&self.view.atlas.room(self.here()?).id),
            FlagPlace::Carrier => match self.parties.me {
                Some(me) => FlagOwner::Person(me),
                None => FlagOwner::Place(self.parties.carrier.id),
            },
            FlagPlace::World => FlagOwner::World,
        })
    }

    /// What is counted under a key by now.
    pub(super) fn count(&self, owner: FlagOwner, key: &str) -> i64 {
        let known = self.forecast.flags.get(&(owner, key.to_owned()));
        known
            .copied()
            .unwrap_or_else(|| self.view.flags.get(owner, key))
    }

    /// Whether something holds.
    pub(super) fn holds(&mut self, asked: &Predicate) -> bool {
        match asked {
            Predicate::All(all) => all.iter().all(|one| self.holds(one)),
            Predicate::Any(all) => all.iter().any(|one| self.holds(one)),
            Predicate::Not(one) => !self.holds(one),
            Predicate::Chance(of) => self.chance(*of),
            Predicate::Flag(on, key, is) => {
                let owner = self.flag_owner(*on);
                owner.is_some_and(|owner| (self.count(owner, key) != 0) == *is)
            }
            Predicate::Count(on, key, span) => {
                let owner = self.flag_owner(*on);
                owner.is_some_and(|owner| span.holds(self.count(owner, key)))
            }
            Predicate::InFight(is) => {
                let subject = self.subject();
                subject.is_some_and(|who| self.view.brawls.is_fighting(who) == *is)
            }
            Predicate::Condition(all) => {
                let subject = self.subject();
                subject.is_some_and(|who| all.iter().any(|id| self.has_condition(who, id)))
            }
            other => match self.of_person(other) {
                Some(holds) => holds,
                None => self.here().is_some_and(|here| self.of_place(other, here)),
            },
        }
    }

    /// What is asked of a person; `None`: it is asked of a place.
    fn of_person(&mut self, asked: &Predicate) -> Option<bool> {
        let subject = self.subject();
        let person = subject.and_then(|who| self.person(who).map(|one| (who, *one)));
        let of = |ask: &dyn Fn(Entity, &PersonForecast) -> Option<bool>| {
            let answer = person.as_ref().and_then(|(who, one)| ask(*who, one));
            Some(answer.unwrap_or(false))
        };
        let entry = |who: Entity| self.view.people.get(who).ok();
        match asked {
            Predicate::Dp(span) => of(&|_, one| {
                let (dp, most) = one.dp?;
                Some(span.holds(i64::from(dp) * 100 / i64::from(most.max(1))))
            }),
            Predicate::Lucidity(span) => of(&|_, one| Some(span.holds(one.lucidity?.into()))),
            Predicate::Tier(tiers) => of(&|_, one| {
                let tier = self.view.minds.tier(Lucidity::new(one.lucidity?));
                Some(tiers.contains(&tier))
            }),
            Predicate::Posture(all) => of(&|_, one| Some(all.contains(&one.posture))),
            Predicate::Level(span) => of(&|who, _| {
                let (.., learnt, _) = entry(who)?;
                let level = self.view.levels.levels.level(*learnt?);
                Some(span.holds(i64::try_from(level).unwrap_or(i64::MAX)))
            }),
            Predicate::Stat(stat, span) => of(&|who, _| {
                let (_, _, stats, ..) = entry(who)?;
                Some(span.holds(stats?.get(*stat).into()))
            }),
            Predicate::Profession(all) => of(&|who, _| {
                let (_, (character, _), ..) = entry(who)?;
                let own = character?.profession.as_deref()?;
                Some(all.iter().any(|one| one.eq_ignore_ascii_case(own)))
            }),
            Predicate::Player(is) => of(&|who, _| Some(self.view.kind(who).is_none() == *is)),
            Predicate::Creature(kinds) => of(&|who, _| {
                let kind = self.view.kind(who)?;
                Some(kinds.iter().any(|one| one == kind))
            }),
            Predicate::Has { worn, what, count } => of(&|who, _| {
                let id = self.view.id(who)?;
                let has = match what {
                    ThingAsked::Prototype(one) => self.view.things.of_sort(id, one, *worn),
                    ThingAsked::Tag(tag) => self.view.things.of_tag(id, tag, *worn),
                };
                Some(has >= *count)
            }),
            _ => None,
        }
    }

    /// What is asked of a place, or of the time.
    fn of_place(&self, asked: &Predicate, here: RoomIx) -> bool {
        let View {
            atlas,
            observances,
            daylight,
            clock,
            occupancy,
            ..
        } = self.view;
        let now = MythosTime::at(clock.wall());
        let any = |all: &[String], id: &str| all.iter().any(|one| one == id);
        match asked {
            Predicate::Room(all) => any(all, &atlas.room(here).id),
            Predicate::SubZone(all) => any(all, &atlas.sub_zone(here).id),
            Predicate::Zone(all) => any(all, &atlas.zone(here).id),
            Predicate::Environment(all) => {
                any(all, atlas.environment(atlas.room(here).environment))
            }
            Predicate::Night(night) => daylight.is_night(now) == *night,
            Predicate::Hours(from, to) => match from < to {
                true => (*from..*to).contains(&now.hour()),
                false => now.hour() >= *from || now.hour() < *to,
            },
            Predicate::Daypart(all) => all.contains(&observances.daypart(now)),
            Predicate::Season(all) => all.contains(&now.season()),
            Predicate::Holiday(all) => observances.active(now).any(|one| any(all, &one.id)),
            Predicate::Schedule(all) => observances.scheduled(now).any(|one| any(all, &one.id)),
            Predicate::Light(span) => span.holds(self.view.light.level(here).into()),
            Predicate::Crowd(from, to) => {
                let count = u32::try_from(occupancy.of(here).len()).unwrap_or(u32::MAX);
                (*from..=*to).contains(&count)
            }
            _ => false,
        }
    }
}
