//! Fetching a lost mind back: a while of holding on, broken off by doing anything else but talk.
//!
//! A rescue under way is a component of the rescuer; it is not saved, because who leaves the
//! world breaks it off.

use std::collections::HashSet;

use bevy_ecs::entity::EntityHashSet;
use engine::port::Tick;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::rules::{Rules, span};
use super::{AdjustLucidity, Cause, Lucidity, Psyche, SetLucidity, Tier};
use crate::body::{Condition, Vitals};
use crate::command::{Acted, Needs, Usage, Verb, Words};
use crate::place::{InRoom, Rooms};
use crate::world::{RoomIx, RoomMap};

/// The name of the rescuer's waiting time.
const COOLDOWN: &str = "ground";

/// `ground Ann`, `rescue Ann`
#[derive(Message, Debug)]
pub(super) struct Ground {
    order: Order,
    whom: String,
}

/// The same by another name.
#[derive(Message, Debug)]
pub(super) struct RescueVerb {
    order: Order,
    whom: String,
}

macro_rules! fetching {
    ($name:ident, $word:literal, $usage:literal, $help:literal) => {
        impl Verb for $name {
            const WORDS: &'static [&'static str] = &[$word];
            const USAGE: &'static str = $usage;
            const HELP: &'static str = $help;
            const LASTS: bool = true;
            const FACTS: u32 = 1;

            fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
                match words.rest() {
                    "" => Err(Usage::Show),
                    whom => Ok(Self {
                        order,
                        whom: whom.to_owned(),
                    }),
                }
            }
        }
    };
}

fetching!(
    Ground,
    "ground",
    "ground <name>",
    "Holds on to somebody whose mind is gone until they come back to you. It takes a while in which neither of you may move or do anything; looking and talking do no harm. Letting go costs you."
);
fetching!(
    RescueVerb,
    "rescue",
    "rescue <name>",
    "Fetches somebody back whose mind is gone, as \"ground\" does."
);

/// Somebody is holding on to somebody.
#[derive(Component, Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Holding {
    whom: Entity,
    room: RoomIx,
    since: WorldTime,
    /// How many of the stages were told.
    told: u32,
    cause: Cause,
}

impl Holding {
    /// The same over another atlas: both are where they are put.
    pub(super) fn carry(&mut self, map: &RoomMap) -> bool {
        self.room = map.refuge(self.room);
        true
    }
}

/// How a rescue stands, for both of them.
#[derive(Message, Clone, Copy, Debug)]
pub(super) struct Fetched {
    pub(super) rescuer: Entity,
    pub(super) whom: Entity,
    pub(super) stage: RescueStage,
}

/// A stage of a rescue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum RescueStage {
    /// Under way: how much is done in percent, and how many seconds it will take yet.
    Channeling { progress: u8, eta_seconds: u64 },
    /// Done; by `rescue`, or else by `ground`.
    Done { rescue: bool },
    /// Broken off.
    Failed,
    /// The mind came back by itself.
    NotNeeded,
}

/// How many times each is told how it stands.
const STAGES: u32 = 3;

/// Begins a rescue.
pub(super) fn begin(
    mut grounds: MessageReader<Ground>,
    mut rescues: MessageReader<RescueVerb>,
    mut minds: Query<(&Lucidity, &mut Psyche)>,
    places: Query<(&InRoom, &Character)>,
    rooms: Rooms<'_, '_>,
    rules: Res<Rules>,
    clock: Res<Clock>,
    mut commands: Commands<'_, '_>,
    mut fetched: MessageWriter<Fetched>,
    mut answers: MessageWriter<Answer>,
) {
    let grounds = grounds
        .read()
        .map(|one| (one.order, &one.whom, Cause::GROUND_RESCUE));
    let rescues = rescues
        .read()
        .map(|one| (one.order, &one.whom, Cause::RESCUE_COMMAND));
    for (order, name, cause) in grounds.chain(rescues) {
        let rescuer = order.actor;
        let found = places
            .get(rescuer)
            .map_err(|_| Refusal::new(Code::GameLogicError, "You are nowhere."))
            .and_then(|(place, _)| match rooms.find_in(place.0, name) {
                Ok(whom) if whom == rescuer => Err(Refusal::new(
                    Code::InvalidInput,
                    "You can't hold on to yourself.",
                )),
                Ok(whom) => Ok((place.0, whom)),
                Err(missed) => Err(missed.refusal(format!("You see no \"{name}\" here."))),
            });
        let (room, whom) = match found {
            Ok(found) => found,
            Err(refusal) => {
                answers.write(Answer::refusal(order, refusal));
                continue;
            }
        };
        let name = places
            .get(whom)
            .map_or(name.as_str(), |(_, character)| &character.name);
        let lost = minds
            .get(whom)
            .is_ok_and(|(mind, _)| rules.tier(*mind) == Tier::Catatonic);
        if !lost {
            let message = format!("{name} is still there.");
            answers.write(Answer::refused(order, Code::GameLogicError, message));
            continue;
        }
        let Ok((_, mut psyche)) = minds.get_mut(rescuer) else {
            continue;
        };
        if let Some(wait) = psyche.waits_for(COOLDOWN, clock.now) {
            let message = "You have held on to somebody not long ago.";
            let refusal = Refusal::new(Code::GameLogicError, message).after_ms(millis(wait));
            answers.write(Answer::refusal(order, refusal));
            continue;
        }
        // From the beginning, so that breaking off does not save one the wait.
        let cooldown = span(rules.rescue.cooldown_seconds);
        psyche.cool_down(COOLDOWN, clock.now, cooldown);
        commands.entity(rescuer).insert(Holding {
            whom,
            room,
            since: clock.now,
            told: 1,
            cause,
        });
        fetched.write(Fetched {
            rescuer,
            whom,
            stage: RescueStage::Channeling {
                progress: 10,
                eta_seconds: span(rules.rescue.channel_seconds).as_secs(),
            },
        });
        let text = format!("You take hold of {name} and do not let go.");
        answers.write(Answer::with(order, text));
    }
}

/// What the rescuers and the lost must still be for a rescue to go on.
#[derive(SystemParam)]
pub(super) struct Standing<'w, 's> {
    minds: Query<'w, 's, (&'static InRoom, &'static Lucidity), With<Online>>,
    bodies: Query<'w, 's, &'static Vitals>,
    rules: Res<'w, Rules>,
}

impl Standing<'_, '_> {
    fn at(&self, who: Entity, room: RoomIx) -> Option<Tier> {
        let (place, mind) = self.minds.get(who).ok()?;
        (place.0 == room).then(|| self.rules.tier(*mind))
    }

    /// Whether somebody can hold on to anybody, or to anything.
    pub(super) fn holds(&self, rescuer: Entity, room: RoomIx) -> bool {
        let vitals = self.bodies.get(rescuer);
        let able = vitals.map_or(true, |vitals| vitals.condition() == Condition::Able);
        able && self
            .at(rescuer, room)
            .is_some_and(|tier| tier != Tier::Catatonic)
    }
}

/// Goes on with every rescue, to its end or its failure.
pub(super) fn hold(
    mut holding: Query<(Entity, &StableId, &mut Holding)>,
    standing: Standing<'_, '_>,
    clock: Res<Clock>,
    mut order: Local<Vec<(StableId, Entity)>>,
    mut commands: Commands<'_, '_>,
    mut adjust: MessageWriter<AdjustLucidity>,
    mut set: MessageWriter<SetLucidity>,
    mut fetched: MessageWriter<Fetched>,
) {
    // Query order is history, not identity.
    order.extend(holding.iter().map(|(rescuer, id, _)| (*id, rescuer)));
    order.sort_unstable();
    for (_, rescuer) in order.drain(..) {
        let Ok((_, _, mut one)) = holding.get_mut(rescuer) else {
            continue;
        };
        let Holding {
            whom,
            room,
            since,
            told,
            cause,
        } = *one;
        let rules = standing.rules.rescue;
        let held = clock.now.since(since);
        let whole = span(rules.channel_seconds);
        let holds = standing.holds(rescuer, room);
        let stage = match standing.at(whom, room) {
            Some(tier) if tier != Tier::Catatonic => RescueStage::NotNeeded,
            Some(_) if holds && held >= whole => {
                set.write(SetLucidity {
                    mind: whom,
                    to: rules.lifts_to,
                    cause,
                });
                RescueStage::Done {
                    rescue: cause == Cause::RESCUE_COMMAND,
                }
            }
            Some(_) if holds => {
                if told >= STAGES || held < whole * told / STAGES {
                    continue;
                }
                let mut stages = (1..STAGES).filter(|n| held >= whole * *n / STAGES);
                let stage = stages.next_back().unwrap_or(told);
                one.told = stage + 1;
                fetched.write(Fetched {
                    rescuer,
                    whom,
                    stage: RescueStage::Channeling {
                        progress: 10 + 30 * stage.min(STAGES) as u8,
                        eta_seconds: whole.saturating_sub(held).as_secs_f64().ceil() as u64,
                    },
                });
                continue;
            }
            _ => {
                adjust.write(AdjustLucidity {
                    mind: rescuer,
                    delta: rules.failure,
                    cause: Cause::RESCUE_FAILED,
                });
                RescueStage::Failed
            }
        };
        commands.entity(rescuer).try_remove::<Holding>();
        fetched.write(Fetched {
            rescuer,
            whom,
            stage,
        });
    }
}

/// What was acted on in a tick: the answer may come in a later round of its Settle. Scratch.
#[derive(Default)]
pub(super) struct ActedInTick {
    tick: Tick,
    orders: HashSet<Order>,
}

/// Who has done something in a tick that is no talk.
#[derive(SystemParam)]
pub(super) struct OtherActs<'w, 's> {
    acted: MessageReader<'w, 's, Acted>,
    answers: MessageReader<'w, 's, Answer>,
    in_tick: Local<'s, ActedInTick>,
    clock: Res<'w, Clock>,
}

impl OtherActs<'_, '_> {
    /// Nobody asks.
    pub(super) fn pass_over(&mut self) {
        self.acted.clear();
        self.answers.clear();
    }

    /// Those of whom it is known since this was asked last. What was refused was not done.
    pub(super) fn done(&mut self) -> EntityHashSet {
        if self.in_tick.tick != self.clock.tick {
            self.in_tick.tick = self.clock.tick;
            self.in_tick.orders.clear();
        }
        let is_other =
            |one: &&Acted| one.needs.include(Needs::BODY) && !one.needs.include(Needs::VOICE);
        let bodily = self.acted.read().filter(is_other);
        self.in_tick.orders.extend(bodily.map(|one| one.order));
        let orders = &self.in_tick.orders;
        self.answers
            .read()
            .filter(|one| one.is_done() && orders.contains(&one.order()))
            .map(|one| one.order().actor)
            .collect()
    }
}

/// Breaks the rescues off in which somebody has done something else. What was refused was not done,
/// and talk is the manner of it.
pub(super) fn let_go(
    mut others: OtherActs<'_, '_>,
    holding: Query<(Entity, &StableId, &Holding)>,
    rules: Res<Rules>,
    clock: Res<Clock>,
    mut commands: Commands<'_, '_>,
    mut adjust: MessageWriter<AdjustLucidity>,
    mut fetched: MessageWriter<Fetched>,
) {
    if holding.is_empty() {
        others.pass_over();
        return;
    }
    let done = others.done();
    let mut broken: Vec<_> = holding
        .iter()
        // Taking hold is no other act.
        .filter(|(rescuer, _, one)| {
            one.since < clock.now && (done.contains(rescuer) || done.contains(&one.whom))
        })
        .map(|(rescuer, id, one)| (*id, rescuer, one.whom))
        .collect();
    broken.sort_unstable();
    for (_, rescuer, whom) in broken {
        adjust.write(AdjustLucidity {
            mind: rescuer,
            delta: rules.rescue.failure,
            cause: Cause::RESCUE_FAILED,
        });
        commands.entity(rescuer).try_remove::<Holding>();
        fetched.write(Fetched {
            rescuer,
            whom,
            stage: RescueStage::Failed,
        });
    }
}

/// A wait, as clients are told.
pub(super) fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1)
}
