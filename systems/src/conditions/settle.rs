//! Conditions come and go: the one place where they are written.

mod pass;

pub(super) use pass::{come_and_go, end, pass};

use std::collections::{BTreeMap, BTreeSet};

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::rules::{ConditionRule, ConditionRules, Stacking};
use crate::afflictions::{
    Afflict, CONDITIONS_MAX, ConditionChange, Conditions, EndOccasion, HeldCondition, Relieve,
    WhichCondition,
};
use crate::body::Vitals;
use crate::effects::{Carrier, Parties, RunEffects};
use crate::place::{Creature, CreatureLooks, InRoom};

/// Somebody's conditions are others now.
#[derive(Message, Clone, Copy, Debug)]
pub(super) struct ConditionsChanged(pub(super) Entity);

/// When whose conditions do something. Transient; who is away is not in it.
#[derive(Resource, Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ConditionClock {
    due: BTreeSet<(WorldTime, StableId, Entity)>,
    of: BTreeMap<Entity, (WorldTime, StableId)>,
}

impl ConditionClock {
    fn set(&mut self, who: Entity, id: StableId, due: Option<WorldTime>) {
        if let Some((at, id)) = self.of.remove(&who) {
            self.due.remove(&(at, id, who));
        }
        if let Some(at) = due {
            self.of.insert(who, (at, id));
            self.due.insert((at, id, who));
        }
    }

    fn first(&self, now: WorldTime) -> Option<Entity> {
        self.due
            .first()
            .filter(|(at, ..)| *at <= now)
            .map(|one| one.2)
    }
}

type Bearing = (
    &'static StableId,
    Option<&'static mut Conditions>,
    Option<&'static Vitals>,
    Option<&'static InRoom>,
    Option<&'static Creature>,
);

/// Who bears what, and what comes of it.
#[derive(SystemParam)]
pub(super) struct Bearers<'w, 's> {
    all: Query<'w, 's, Bearing>,
    rules: Res<'w, ConditionRules>,
    looks: Res<'w, CreatureLooks>,
    index: Res<'w, Index>,
    clock: Res<'w, Clock>,
    due: ResMut<'w, ConditionClock>,
    changed: MessageWriter<'w, ConditionsChanged>,
    runs: MessageWriter<'w, RunEffects>,
    commands: Commands<'w, 's>,
}

/// The conditions of one, while they are changed.
struct ConditionLedger {
    who: Entity,
    id: StableId,
    before: Conditions,
    now: Conditions,
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(count.into())
}

impl Bearers<'_, '_> {
    fn open(&self, who: Entity, fresh: &BTreeMap<Entity, Conditions>) -> Option<ConditionLedger> {
        let (id, held, ..) = self.all.get(who).ok()?;
        let held = fresh.get(&who).cloned().or_else(|| held.cloned());
        let before = held.unwrap_or_default();
        let (id, now) = (*id, before.clone());
        Some(ConditionLedger {
            who,
            id,
            before,
            now,
        })
    }

    /// Writes what has become of somebody's conditions.
    fn close(&mut self, ledger: ConditionLedger, fresh: &mut BTreeMap<Entity, Conditions>) {
        let ConditionLedger {
            who,
            id,
            before,
            mut now,
        } = ledger;
        if before.held == now.held {
            return;
        }
        now.as_of = self.clock.now;
        self.due.set(who, id, now.due());
        self.changed.write(ConditionsChanged(who));
        match self.all.get_mut(who) {
            Ok((_, Some(mut held), ..)) => *held = now,
            _ => _ = fresh.insert(who, now),
        }
    }

    /// Runs a list of a condition for its bearer.
    fn run(
        &mut self,
        who: Entity,
        held: &HeldCondition,
        list: ConditionList,
        moment: Option<WorldTime>,
    ) {
        let Some(rule) = self.rules.find(&held.id) else {
            return;
        };
        let list = match list {
            ConditionList::Start => &rule.on_start,
            ConditionList::Tick => &rule.on_tick,
            ConditionList::End => &rule.on_end,
        };
        let here = self.all.get(who).ok().and_then(|(.., place, _)| place);
        if list.is_empty() || here.is_none() {
            return;
        }
        let parties = Parties {
            // What somebody has brought upon themselves, nobody does to them.
            actor: held
                .by
                .and_then(|by| self.index.get(by))
                .filter(|by| *by != who),
            target: Some(who),
            here: here.map(|place| place.0),
            carrier: Carrier::of("condition", "", &rule.id, &rule.name),
            me: None,
        };
        self.runs.write(RunEffects {
            moment,
            ..RunEffects::new(list.clone(), parties)
        });
    }

    /// Whether somebody can be afflicted at all by this.
    fn takes(&self, who: Entity, rule: &ConditionRule, of: &Conditions) -> bool {
        let Ok((_, _, vitals, _, creature)) = self.all.get(who) else {
            return false;
        };
        let floor = if creature.is_some() { 0 } else { Vitals::FLOOR };
        let dead = vitals.is_some_and(|vitals| vitals.dp() <= floor);
        let look = creature.and_then(|creature| self.looks.get(&creature.kind));
        let immune = look.is_some_and(|look| {
            rule.tags
                .iter()
                .chain([&rule.id])
                .any(|tag| look.immune.contains(tag))
        });
        let is_ward = |held: &HeldCondition| {
            let rule = self.rules.find(&held.id);
            rule.is_some_and(|rule| rule.tags.iter().any(|tag| tag == "ward"))
        };
        let warded = rule.is_harmful() && of.held.iter().any(is_ward);
        !dead && !immune && !warded
    }

    fn afflict(&mut self, ledger: &mut ConditionLedger, wanted: &Afflict) {
        let rules = self.rules.clone();
        let Some(rule) = rules.find(&wanted.id) else {
            return;
        };
        let (who, now) = (ledger.who, self.clock.now);
        if !self.takes(who, rule, &ledger.now) {
            return;
        }
        let intensity = wanted.intensity.clamp(1, 10);
        let lasts = wanted.seconds.or(rule.seconds);
        let by = wanted
            .by
            .and_then(|by| self.all.get(by).ok())
            .map(|one| *one.0);
        let fresh = HeldCondition {
            id: rule.id.clone(),
            cause: wanted.cause.clone(),
            by,
            intensity,
            started: now,
            ends: lasts.map(|lasts| now.plus(seconds(lasts))),
            next: rule.tick_seconds.map(|every| now.plus(seconds(every))),
        };
        let held = &mut ledger.now.held;
        // Of a group, the stronger stays.
        let rival = |one: &HeldCondition| {
            one.id != rule.id
                && rules
                    .find(&one.id)
                    .is_some_and(|other| other.group() == rule.group())
        };
        if held
            .iter()
            .any(|one| rival(one) && one.intensity > intensity)
        {
            return;
        }
        held.retain(|one| !rival(one));
        let count = held.iter().filter(|one| one.id == rule.id).count();
        let stacks = if rule.stacking == Stacking::Stack {
            rule.max_stacks
        } else {
            1
        };
        if count >= stacks {
            if let Some(known) = held.iter_mut().find(|one| one.id == rule.id) {
                renew(known, fresh, rule, now);
            }
            held.sort_by_key(|one| one.started);
            return;
        }
        if held.len() >= CONDITIONS_MAX {
            let harmless =
                |one: &HeldCondition| rules.find(&one.id).is_none_or(|rule| !rule.is_harmful());
            let Some(at) = held.iter().position(harmless) else {
                return;
            };
            held.remove(at);
        }
        held.push(fresh.clone());
        self.run(who, &fresh, ConditionList::Start, None);
    }

    fn relieve(&mut self, ledger: &mut ConditionLedger, wanted: &Relieve) {
        let rules = self.rules.clone();
        let is_meant = |one: &HeldCondition| match &wanted.which {
            WhichCondition::Id(id) => one.id == *id,
            WhichCondition::Tag(tag) => rules
                .find(&one.id)
                .is_some_and(|rule| rule.tags.contains(tag)),
        };
        let mut left = wanted.count;
        let gone = |one: &mut HeldCondition| {
            let goes = left > 0 && is_meant(one) && one.intensity <= wanted.intensity_max;
            left -= usize::from(goes);
            goes
        };
        let gone: Vec<HeldCondition> = ledger.now.held.extract_if(.., gone).collect();
        for one in gone {
            self.run(ledger.who, &one, ConditionList::End, None);
        }
    }

    fn occurs(&mut self, ledger: &mut ConditionLedger, what: EndOccasion) {
        let rules = self.rules.clone();
        let ends = |one: &mut HeldCondition| {
            let Some(rule) = rules.find(&one.id) else {
                return true;
            };
            match what {
                EndOccasion::Death => !rule.outlives_death(),
                what => rule.ends_on.contains(&what),
            }
        };
        let gone: Vec<HeldCondition> = ledger.now.held.extract_if(.., ends).collect();
        for one in gone.iter().filter(|_| what != EndOccasion::Death) {
            self.run(ledger.who, one, ConditionList::End, None);
        }
    }
}

/// Which list of a condition.
#[derive(Clone, Copy)]
enum ConditionList {
    Start,
    Tick,
    End,
}

/// One comes upon who has it.
fn renew(known: &mut HeldCondition, fresh: HeldCondition, rule: &ConditionRule, now: WorldTime) {
    match rule.stacking {
        Stacking::None => {}
        Stacking::Strongest if fresh.intensity < known.intensity => {}
        Stacking::Strongest if fresh.intensity > known.intensity => *known = fresh,
        Stacking::Extend => {
            let more = fresh.ends.map(|ends| ends.since(now));
            let most = rule.seconds.map(|usual| now.plus(seconds(usual) * 4));
            let sum = known.ends.zip(more).map(|(ends, more)| ends.plus(more));
            known.ends = sum.zip(most).map(|(sum, most)| sum.min(most)).or(sum);
        }
        Stacking::Refresh | Stacking::Stack | Stacking::Strongest => {
            known.ends = match (known.ends, fresh.ends) {
                (Some(ends), Some(fresh)) => Some(ends.max(fresh)),
                _ => None,
            };
            known.intensity = known.intensity.max(fresh.intensity);
        }
    }
}

/// Changes what is to be changed, each body's in its order.
pub(super) fn settle(mut wanted: MessageReader<ConditionChange>, mut bearers: Bearers<'_, '_>) {
    let mut fresh: BTreeMap<Entity, Conditions> = BTreeMap::new();
    for one in wanted.read() {
        let who = match one {
            ConditionChange::Afflict(one) => one.body,
            ConditionChange::Relieve(one) => one.body,
            ConditionChange::Occurs(who, _) => *who,
        };
        let Some(mut ledger) = bearers.open(who, &fresh) else {
            continue;
        };
        match one {
            ConditionChange::Afflict(one) => bearers.afflict(&mut ledger, one),
            ConditionChange::Relieve(one) => bearers.relieve(&mut ledger, one),
            ConditionChange::Occurs(_, what) => bearers.occurs(&mut ledger, *what),
        }
        bearers.close(ledger, &mut fresh);
    }
    for (who, conditions) in fresh {
        bearers.commands.entity(who).try_insert(conditions);
    }
}
