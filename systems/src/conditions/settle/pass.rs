//! What becomes of conditions with time, and by what their bearers do.

use std::collections::BTreeMap;

use engine::prelude::*;

use super::super::rules::{ConditionRule, Offline};
use super::{Bearers, ConditionList, seconds};
use crate::afflictions::{Ailing, ConditionChange, EndOccasion, HeldCondition};
use crate::body::{Condition, Vitals, VitalsChanged};
use crate::command::{Acted, Needs};
use crate::place::Moved;

use super::ConditionsChanged;

/// Lets conditions do what is due by now: of one body, by moment, first what they do, then what ends.
pub(in crate::conditions) fn pass(
    mut departed: MessageReader<Departed>,
    mut bearers: Bearers<'_, '_>,
) {
    // Who leaves in the very tick would not be told of it: it is due when they are back.
    for Departed { actor, .. } in departed.read() {
        bearers.due.set(*actor, StableId::named(""), None);
    }
    let now = bearers.clock.now;
    let mut fresh = BTreeMap::new();
    while let Some(who) = bearers.due.first(now) {
        let Some(mut ledger) = bearers.open(who, &fresh) else {
            let id = StableId::named("");
            bearers.due.set(who, id, None);
            continue;
        };
        let rules = bearers.rules.clone();
        while let Some(at) = ledger.now.due().filter(|at| *at <= now) {
            let ticks: Vec<HeldCondition> = ledger
                .now
                .held
                .iter()
                .filter(|one| one.next == Some(at))
                .cloned()
                .collect();
            for one in &mut ledger.now.held {
                if one.next == Some(at) {
                    let every = rules.find(&one.id).and_then(|rule| rule.tick_seconds);
                    let next = every.map(|every| at.plus(seconds(every)));
                    one.next = next.filter(|next| one.ends.is_none_or(|ends| *next <= ends));
                }
            }
            for one in ticks {
                bearers.run(who, &one, ConditionList::Tick, Some(at));
            }
            let over = |one: &mut HeldCondition| one.ends == Some(at);
            let over: Vec<HeldCondition> = ledger.now.held.extract_if(.., over).collect();
            for one in over {
                bearers.run(who, &one, ConditionList::End, Some(at));
            }
        }
        let (id, due) = (ledger.id, ledger.now.due());
        bearers.due.set(who, id, due);
        bearers.close(ledger, &mut fresh);
    }
}

/// Holds on to what those bear who leave, and lets those go on who come.
pub(in crate::conditions) fn come_and_go(
    mut departed: MessageReader<Departed>,
    mut newcomers: Newcomers<'_, '_>,
    mut bearers: Bearers<'_, '_>,
) {
    let now = bearers.clock.now;
    for Departed { actor, .. } in departed.read() {
        bearers.due.set(*actor, StableId::named(""), None);
        if let Ok((_, Some(mut held), ..)) = bearers.all.get_mut(*actor)
            && !held.held.is_empty()
        {
            held.as_of = now;
        }
    }
    for (_, who) in newcomers.read() {
        let rules = bearers.rules.clone();
        let Ok((id, Some(mut held), ..)) = bearers.all.get_mut(who) else {
            continue;
        };
        if held.held.is_empty() {
            continue;
        }
        let away = now.since(held.as_of);
        let mut moved = held.clone();
        moved.as_of = now;
        moved.held.retain_mut(|one| {
            let Some(rule) = rules.find(&one.id) else {
                return false;
            };
            one.resume(rule, away, now);
            true
        });
        let (id, due) = (*id, moved.due());
        held.set_if_neq(moved);
        bearers.due.set(who, id, due);
        bearers.changed.write(ConditionsChanged(who));
    }
}

impl HeldCondition {
    /// Its bearer was away for so long.
    fn resume(&mut self, rule: &ConditionRule, away: Duration, now: WorldTime) {
        if rule.offline == Offline::Pauses {
            self.ends = self.ends.map(|ends| ends.plus(away));
            self.next = self.next.map(|next| next.plus(away));
            self.started = self.started.plus(away);
            return;
        }
        // What it would have done, nobody was there to bear.
        if let (Some(next), Some(every)) = (self.next, rule.tick_seconds)
            && next <= now
        {
            let every = u64::from(every) * 1_000_000;
            let missed = (now.0 - next.0) / every + 1;
            let next = WorldTime(next.0 + missed * every);
            self.next = Some(next).filter(|next| self.ends.is_none_or(|ends| *next <= ends));
        }
    }
}

/// Ends those that end by what bodies do, and by death.
pub(in crate::conditions) fn end(
    mut acted: MessageReader<Acted>,
    mut moved: MessageReader<Moved>,
    mut changed: MessageReader<VitalsChanged>,
    ailing: Ailing<'_, '_>,
    mut changes: MessageWriter<ConditionChange>,
) {
    let acts = acted.read().filter(|one| one.needs.include(Needs::BODY));
    let acts = acts.map(|one| (one.order.actor, EndOccasion::Act));
    let moves = moved.read().filter(|one| one.way.is_some());
    let moves = moves.map(|one| (one.actor, EndOccasion::Move));
    let dead = |vitals: &Vitals| vitals.condition() == Condition::Dead;
    let deaths = changed
        .read()
        .filter(|one| dead(&one.now) && !dead(&one.before));
    let deaths = deaths.map(|one| (one.body, EndOccasion::Death));
    for (who, what) in acts.chain(moves).chain(deaths) {
        if !ailing.of(who).is_empty() {
            changes.write(ConditionChange::Occurs(who, what));
        }
    }
}
