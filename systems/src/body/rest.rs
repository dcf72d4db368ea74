//! Resting: a while without moving, after which one is better.

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::{POINT, Rules, TakePosture, Vitals, VitalsChanged, held};
use crate::command::{Usage, Verb, Words};
use crate::place::{InRoom, Posture, PostureTaken};
use crate::world::{RoomIx, RoomMap};

/// Somebody rests until then, if nothing comes between.
#[derive(Component, Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Resting {
    until: WorldTime,
    /// Where: elsewhere it is over.
    room: Option<RoomIx>,
    /// Healing not yet come to a point, in billionths.
    healing: i64,
    /// Its owner was hurt; it ends when this tick settles.
    disturbed: bool,
}

impl Resting {
    /// One second more, at `now`; answers the points that the healing has come to.
    pub(super) fn heal(&mut self, nano: i64, now: WorldTime) -> u16 {
        if self.disturbed || self.until < now {
            return 0;
        }
        self.healing += nano;
        let whole = self.healing / POINT;
        self.healing -= whole * POINT;
        u16::try_from(whole).unwrap_or(0)
    }
}

impl Resting {
    /// The same over another atlas; where the room is gone, it is over.
    pub(super) fn carry(&mut self, map: &RoomMap) -> bool {
        self.room = self.room.and_then(|room| map.get(room));
        true
    }

    /// Heals no more.
    pub(super) const fn disturb(&mut self) {
        self.disturbed = true;
    }
}

/// Begin to rest.
#[derive(Message, Clone, Copy, Debug)]
pub(super) struct Rest {
    order: Order,
    until: WorldTime,
}

/// A rest is over.
#[derive(Message, Clone, Copy, Debug)]
pub(super) struct Rested {
    pub(super) body: Entity,
    /// Something came between.
    pub(super) broken: bool,
}

/// `rest`, `rest 120`
#[derive(Message, Debug)]
pub(super) struct RestVerb {
    order: Order,
    seconds: Option<u64>,
}

impl Verb for RestVerb {
    const WORDS: &'static [&'static str] = &["rest"];
    const USAGE: &'static str = "rest [seconds]";
    const LASTS: bool = true;
    const HELP: &'static str = "Sits you down to rest, for a while or for as many seconds as you say. Wounds close while you rest, and magic comes back as it does to those who sit or lie. Moving, standing up or being hurt ends it.";

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let seconds = words.peek().parse().ok();
        if seconds.is_some() {
            _ = words.first();
        }
        Ok(Self { order, seconds })
    }
}

pub(super) fn ask(
    mut asked: MessageReader<RestVerb>,
    bodies: Query<&Posture>,
    rules: Res<Rules>,
    clock: Res<Clock>,
    mut rest: MessageWriter<Rest>,
    mut take: MessageWriter<TakePosture>,
    mut answers: MessageWriter<Answer>,
) {
    for RestVerb { order, seconds } in asked.read() {
        let body = order.actor;
        let (seconds, most) = (
            seconds.unwrap_or(rules.rest.seconds),
            rules.rest.seconds_max,
        );
        if !(1..=most).contains(&seconds) {
            let message = format!("One rests for 1 to {most} seconds.");
            answers.write(Answer::refused(*order, Code::InvalidInput, message));
            continue;
        }
        if bodies.get(body).is_ok_and(|now| *now == Posture::Standing) {
            let posture = Posture::Sitting;
            take.write(TakePosture { body, posture });
        }
        let until = clock.now.plus(Duration::from_secs(seconds));
        rest.write(Rest {
            order: *order,
            until,
        });
    }
}

/// Begins and ends rests.
pub(super) fn rest(
    mut begins: MessageReader<Rest>,
    mut taken: MessageReader<PostureTaken>,
    mut changed: MessageReader<VitalsChanged>,
    resting: Query<(Entity, &StableId, &Resting, Option<&InRoom>)>,
    places: Query<&InRoom>,
    bodies: Query<(&Posture, Option<&Vitals>)>,
    clock: Res<Clock>,
    mut rested: MessageWriter<Rested>,
    mut answers: MessageWriter<Answer>,
    mut commands: Commands<'_, '_>,
    mut over: Local<Vec<(StableId, Rested)>>,
) {
    let hurt = |one: &VitalsChanged| one.now.dp() < one.before.dp();
    let hurt = changed.read().filter(|one| hurt(one)).map(|one| one.body);
    let stood = taken.read().map(|one| one.body).filter(|body| {
        bodies
            .get(*body)
            .is_ok_and(|(now, _)| *now == Posture::Standing)
    });
    over.extend(hurt.chain(stood).filter_map(|body| {
        let (_, id, ..) = resting.get(body).ok()?;
        Some((*id, Rested { body, broken: true }))
    }));
    for (body, id, one, place) in &resting {
        let broken = place.map(|place| place.0) != one.room;
        if broken || one.until <= clock.now {
            over.push((*id, Rested { body, broken }));
        }
    }
    over.sort_by_key(|(id, one)| (*id, one.broken));
    over.dedup_by_key(|(id, _)| *id);
    for (_, one) in over.drain(..) {
        commands.entity(one.body).try_remove::<Resting>();
        rested.write(one);
    }
    for Rest { order, until } in begins.read() {
        let body = order.actor;
        if let Some(refusal) = bodies.get(body).ok().and_then(|(_, vitals)| held(vitals?)) {
            answers.write(Answer::refusal(*order, refusal));
            continue;
        }
        commands.entity(body).try_insert(Resting {
            until: *until,
            room: places.get(body).ok().map(|place| place.0),
            healing: 0,
            disturbed: false,
        });
        answers.write(Answer::with(*order, "You settle down to rest."));
    }
}
