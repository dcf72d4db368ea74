//! Each effect: what is checked of it, what it is expected to do, and what its owner is told.

mod living;

use engine::prelude::*;

use super::act::{EffectAct, FlagPlace, Texts, UsedThing, Whither};
use super::after::Postponed;
use super::refused::RefusedEffect;
use super::run::ListRun;
use super::tell::EffectText;
use crate::amount::Amount;
use crate::body::{AdjustVitals, TakePosture, VitalsCause};
use crate::character::Earn;
use crate::chat::Voiced;
use crate::flags::{FlagChange, FlagOwner, SetFlag};
use crate::lucidity::{self, AdjustLucidity, Confronted, SeenSight};
use crate::place::Relocate;
use crate::world::{Direction, RoomIx};

pub(super) type Done = Result<(), RefusedEffect>;

impl ListRun<'_, '_, '_, '_> {
    /// Does what is done to no person in particular; `None`: it is done to somebody.
    pub(super) fn of_place(&mut self, act: &EffectAct) -> Option<Done> {
        Some(match act {
            EffectAct::Say { name, text, emote } => self.voice(name.as_deref(), text, *emote),
            EffectAct::Spawn {
                kind,
                count,
                seconds,
            } => self.spawn(kind, *count, *seconds),
            EffectAct::Despawn { kind, text } => self.despawn(kind.as_deref(), text.as_ref()),
            EffectAct::Tell(texts) => {
                self.tell(texts);
                Ok(())
            }
            EffectAct::Flag {
                key,
                value,
                on,
                seconds,
            } => self.flag(key, FlagChange::To(i64::from(*value)), *on, *seconds),
            EffectAct::Count {
                key,
                by,
                on,
                seconds,
            } => self.flag(key, FlagChange::By(*by), *on, *seconds),
            EffectAct::After { seconds, list } => {
                self.owners.later.write(Postponed {
                    seconds: *seconds,
                    list: list.clone(),
                    parties: self.scene.parties.clone(),
                });
                Ok(())
            }
            EffectAct::Exit {
                room,
                way,
                is,
                seconds,
            } => self.exit(room.as_deref(), *way, *is, *seconds),
            EffectAct::Lock { container, latch } => self.lock(container.as_deref(), *latch),
            EffectAct::WearOut(amount) => self.wear_out(*amount),
            EffectAct::Destroy {
                thing: UsedThing::Carrier,
                count,
            } => self.use_up_carrier(*count),
            _ => return None,
        })
    }

    /// Does something to somebody.
    pub(super) fn of_person(&mut self, act: &EffectAct, whom: Entity) -> Done {
        match act {
            EffectAct::Damage {
                amount,
                lethal,
                drain,
            } => self.damage(whom, *amount, *lethal, *drain),
            EffectAct::Heal { amount, down } => self.heal(whom, *amount, *down),
            EffectAct::Magic(amount) => self.magic(whom, *amount),
            EffectAct::Lucidity { amount, cause } => self.lucidity(whom, *amount, cause.as_deref()),
            EffectAct::Confront {
                archetype,
                horror,
                text,
            } => {
                let here = self.scene.here();
                let person = self.scene.person(whom).ok_or(RefusedEffect::GONE)?;
                person.lucidity.ok_or(MINDLESS)?;
                let text = text.clone();
                let sight = text.zip(here).map(|(text, room)| SeenSight { room, text });
                self.owners.confronted.write(Confronted {
                    mind: whom,
                    archetype: archetype.clone(),
                    horror: *horror,
                    sight,
                });
                Ok(())
            }
            EffectAct::Move { to, walk } => self.relocate(whom, to, *walk),
            EffectAct::Posture(posture) => {
                let person = self.scene.person(whom).ok_or(RefusedEffect::GONE)?;
                if person.is_down() {
                    return Err(RefusedEffect::rule("There is no strength left for that."));
                }
                person.posture = *posture;
                let posture = *posture;
                let body = whom;
                self.owners.postures.write(TakePosture { body, posture });
                Ok(())
            }
            EffectAct::Xp(amount) => {
                let points = self.scene.roll(*amount);
                let person = self.scene.person(whom).ok_or(RefusedEffect::GONE)?;
                self.amount = points;
                if person.learns && points > 0 {
                    self.owners.learning.write(Earn {
                        actor: whom,
                        points: points.unsigned_abs(),
                    });
                }
                Ok(())
            }
            EffectAct::Create {
                thing,
                count,
                at,
                bound,
            } => self.create(whom, thing, (*count, *at, *bound)),
            EffectAct::Destroy {
                thing: UsedThing::Of(thing),
                count,
            } => self.use_up(whom, thing, *count),
            act => self.of_living(act, whom),
        }
    }

    fn cause(&self) -> VitalsCause {
        VitalsCause::new(self.scene.parties.carrier.cause())
    }

    fn damage(&mut self, whom: Entity, amount: Amount, lethal: bool, drain: i32) -> Done {
        let mut points = self.scene.roll(amount);
        let (actor, cause) = (self.scene.parties.actor, self.cause());
        let view = self.scene.view;
        let person = self.scene.person(whom).ok_or(RefusedEffect::GONE)?;
        let (dp, _) = person.dp.ok_or(RefusedEffect::GONE)?;
        if person.is_dead() {
            return Err(DEAD);
        }
        if actor.is_some_and(|actor| actor != whom) && !view.may_harm(actor, whom) {
            return Err(RefusedEffect::rule(
                "You can't bring yourself to harm them.",
            ));
        }
        if !lethal {
            points = points.min((i32::from(dp) - 1).max(0));
        }
        let lost = -person.shift_dp(-points);
        self.amount = points;
        let harm = u16::try_from(points).unwrap_or(u16::MAX);
        if harm > 0 {
            self.owners
                .bodies
                .write(AdjustVitals::harm(whom, harm, cause).by(actor));
        }
        let healed = u16::try_from(lost * drain / 100).unwrap_or(0);
        if let Some(actor) = actor.filter(|_| healed > 0) {
            self.owners
                .bodies
                .write(AdjustVitals::heal(actor, healed, cause));
        }
        Ok(())
    }

    fn heal(&mut self, whom: Entity, amount: Amount, down: bool) -> Done {
        let (points, cause) = (self.scene.roll(amount), self.cause());
        let person = self.scene.person(whom).ok_or(RefusedEffect::GONE)?;
        if person.is_dead() {
            return Err(DEAD);
        }
        if person.is_down() && !down {
            return Err(RefusedEffect::rule(
                "It takes more than that to raise them.",
            ));
        }
        self.amount = person.shift_dp(points);
        let points = u16::try_from(points).unwrap_or(u16::MAX);
        if points > 0 {
            self.owners
                .bodies
                .write(AdjustVitals::heal(whom, points, cause));
        }
        Ok(())
    }

    fn magic(&mut self, whom: Entity, amount: Amount) -> Done {
        let (points, cause) = (self.scene.roll(amount), self.cause());
        let person = self.scene.person(whom).ok_or(RefusedEffect::GONE)?;
        if person.is_dead() {
            return Err(DEAD);
        }
        let now = i32::from(person.mp) + points;
        if now < 0 {
            return Err(RefusedEffect::rule(
                "There is not enough magic left for that.",
            ));
        }
        let now = now.min(person.max_mp.into());
        person.mp = i16::try_from(now).unwrap_or(person.max_mp);
        self.amount = points;
        self.owners
            .bodies
            .write(AdjustVitals::magic(whom, points, cause));
        Ok(())
    }

    fn lucidity(&mut self, whom: Entity, amount: Amount, cause: Option<&str>) -> Done {
        let points = self.scene.roll(amount);
        let word = cause.map_or(
            self.scene.parties.carrier.cause(),
            engine::record::word::known,
        );
        let person = self.scene.person(whom).ok_or(RefusedEffect::GONE)?;
        let before = person.lucidity.ok_or(MINDLESS)?;
        let delta = i16::try_from(points).unwrap_or(i16::MAX);
        person.lucidity = Some(lucidity::Lucidity::new(before.saturating_add(delta)).points());
        self.amount = points;
        if delta != 0 {
            self.owners.minds.write(AdjustLucidity {
                mind: whom,
                delta,
                cause: lucidity::Cause::new(word),
            });
        }
        Ok(())
    }

    fn relocate(&mut self, whom: Entity, to: &Whither, walk: bool) -> Done {
        let begun = self.scene.parties.here;
        let view = self.scene.view;
        let person = *self.scene.person(whom).ok_or(RefusedEffect::GONE)?;
        let from = person.room.ok_or(RefusedEffect::GONE)?;
        if person.is_dead() {
            return Err(DEAD);
        }
        let open = |way: Direction| !view.ways.is_guarded(from, way);
        let (to, way) = match to {
            Whither::Room(id) => (view.atlas.find(id).ok_or(NOWHERE)?, None),
            Whither::Home => (view.home_of(whom), None),
            Whither::Respawn => (view.atlas.respawn_room(), None),
            Whither::Origin => (begun.unwrap_or(from), None),
            Whither::Way(way) => {
                let exit = view
                    .atlas
                    .room(from)
                    .exit(*way)
                    .filter(|exit| open(exit.way));
                (exit.ok_or(NO_WAY)?.to, Some(*way))
            }
            Whither::Flee => {
                let exits = view.atlas.room(from).exits.iter();
                let exits: Vec<(RoomIx, Direction)> = exits
                    .filter(|exit| open(exit.way))
                    .map(|exit| (exit.to, exit.way))
                    .collect();
                let at = self.scene.pick(exits.len() as u64);
                let (to, way) = exits.get(at as usize).copied().ok_or(NO_WAY)?;
                (to, Some(way))
            }
        };
        if let Some(person) = self.scene.person(whom) {
            person.room = Some(to);
        }
        self.tally.moved(whom, self.depth);
        self.owners.moves.write(Relocate {
            way: way.filter(|_| walk),
            ..Relocate::to(whom, to)
        });
        Ok(())
    }

    fn voice(&mut self, name: Option<&str>, text: &str, emote: bool) -> Done {
        let me = self.scene.parties.me;
        // Whoever is dead or gone says nothing; who has walked on says it there.
        let there = me.map(|me| self.scene.view.speaks_in(me).ok_or(RefusedEffect::GONE));
        let room = there
            .transpose()?
            .or_else(|| self.scene.here())
            .ok_or(RefusedEffect::GONE)?;
        let carrier = &self.scene.parties.carrier;
        self.owners.voices.write(Voiced {
            room,
            sender: me
                .and_then(|me| self.scene.view.id(me))
                .unwrap_or(carrier.id),
            name: name.map_or_else(|| self.scene.view.voice(me, &carrier.name), str::to_owned),
            text: self.filled(text),
            emote,
        });
        Ok(())
    }

    /// A text with the names of those it is about.
    fn filled(&self, text: &str) -> String {
        let parties = self.scene.parties;
        let view = self.scene.view;
        let named = |who| view.name(who).unwrap_or_else(|| "somebody".to_owned());
        let thing = view.name(parties.me);
        text.replace("{actor}", &named(parties.actor))
            .replace("{target}", &named(parties.target.or(parties.actor)))
            .replace("{thing}", thing.as_deref().unwrap_or(&parties.carrier.name))
            .replace("{amount}", &self.amount.to_string())
    }

    fn tell(&mut self, texts: &Texts) {
        let parties = self.scene.parties;
        let Some(room) = self.scene.here() else {
            return;
        };
        let filled = |text: &Option<String>| text.as_deref().map(|text| self.filled(text));
        let [to_actor, to_target, to_room] = [
            filled(&texts.actor),
            filled(&texts.target),
            filled(&texts.room),
        ];
        let told = &mut self.owners.told;
        let target = parties.target.filter(|one| Some(*one) != parties.actor);
        // Who is told something of their own does not hear the others' words.
        let apart = [
            parties.actor.filter(|_| to_actor.is_some()),
            target.filter(|_| to_target.is_some()),
        ];
        if let (Some(text), Some(actor)) = (to_actor, parties.actor) {
            told.write(EffectText::to(actor, room, text));
        }
        if let (Some(text), Some(target)) = (to_target, target) {
            told.write(EffectText::to(target, room, text));
        }
        if let Some(text) = to_room {
            told.write(EffectText::around(room, apart, text));
        }
    }

    fn flag(&mut self, key: &str, change: FlagChange, on: FlagPlace, seconds: Option<u32>) -> Done {
        let owner = self.scene.flag_owner(on).ok_or(RefusedEffect::GONE)?;
        if let FlagOwner::Person(who) = owner {
            self.scene.view.id(who).ok_or(RefusedEffect::GONE)?;
        }
        let now = change.of(self.scene.count(owner, key));
        if now != 0 && !self.scene.flag_has_room(owner, key) {
            return Err(RefusedEffect::rule("Too much is remembered already."));
        }
        self.scene.expect_count(owner, key, now);
        self.owners.flags.write(SetFlag {
            owner,
            key: key.to_owned(),
            change,
            seconds,
        });
        Ok(())
    }
}

const DEAD: RefusedEffect = RefusedEffect::rule("The dead are past that.");
const MINDLESS: RefusedEffect = RefusedEffect::rule("There is no mind to move.");
const NO_WAY: RefusedEffect = RefusedEffect::way("There is no way there.");
const NOWHERE: RefusedEffect = RefusedEffect::way("There is no such place any more.");
