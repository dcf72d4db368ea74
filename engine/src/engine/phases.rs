//! The phases of a tick, plugin by plugin, and whose fault is whose.

use bevy_ecs::message::Messages;

use super::{Engine, SETTLE_ROUNDS_MAX};
use crate::clock::{Clock, due};
use crate::dice::Dice;
use crate::fault::{self, FaultReport};
use crate::newcomers::Behind;
use crate::persist::Destroy;
use crate::phase::Phase;
use crate::plugin::Step;
use crate::port::WorldTime;
use crate::{attach, guard};

impl Engine {
    pub(super) fn settle(&mut self, before: WorldTime) {
        for _ in 1..SETTLE_ROUNDS_MAX {
            let written = self.register.messages.written(&self.world);
            self.run(Phase::Settle, before);
            if self.register.messages.written(&self.world) == written {
                return;
            }
        }
        self.last_round(before);
    }

    /// The last round that Settle may take: whoever still writes in it is at fault.
    fn last_round(&mut self, before: WorldTime) {
        let clock = *self.world.resource::<Clock>();
        let mut at_fault = Vec::new();
        for index in 0..self.register.plugins.len() {
            let written = self.register.messages.written_each(&self.world);
            self.run_plugin(index, Phase::Settle, before, &clock);
            let grown = self.register.messages.grown(&self.world, &written);
            if !grown.is_empty() {
                at_fault.push((index, grown));
            }
        }
        let all: Vec<String> = at_fault
            .iter()
            .map(|(index, messages)| {
                let plugin = self.register.plugins[*index].name;
                format!("`{plugin}` writes `{}`", messages.join("`, `"))
            })
            .collect();
        let what = format!(
            "messages still being written after {SETTLE_ROUNDS_MAX} rounds: {}",
            all.join("; ")
        );
        for (index, messages) in at_fault {
            let mut writers = Vec::new();
            for message in messages {
                let systems = self.register.messages.settlers.get(&(index, message));
                writers.extend(systems.into_iter().flatten().cloned());
            }
            writers.dedup();
            self.at_fault(index, Phase::Settle, writers.join(", "), what.clone());
        }
    }

    pub(super) fn run(&mut self, phase: Phase, before: WorldTime) {
        let clock = *self.world.resource::<Clock>();
        for index in 0..self.register.plugins.len() {
            self.run_plugin(index, phase, before, &clock);
        }
    }

    fn run_plugin(&mut self, index: usize, phase: Phase, before: WorldTime, clock: &Clock) {
        let health = &self.health[index];
        let steps = &self.register.plugins[index].steps[phase.index()];
        if steps.is_empty() || health.skipped || health.until.is_some() {
            return;
        }
        let behind = health.behind;
        if behind {
            self.world.insert_resource(Behind(true));
        }
        let written = self.begin_count();
        // Taken out, so that the engine is at hand while they run.
        let steps = &mut self.register.plugins[index].steps[phase.index()];
        let mut steps = std::mem::take(steps);
        let said = self.said();
        self.beacon.enter(index);
        let began = (self.stopwatch)();
        for step in steps.iter_mut().filter(|step| behind || !step.recovers) {
            self.run_step(index, phase, step, before, clock);
            if self.health[index].skipped {
                break;
            }
        }
        self.spent.spans[index][phase.index()] += (self.stopwatch)().saturating_sub(began);
        self.beacon.leave();
        self.register.plugins[index].steps[phase.index()] = steps;
        self.end_count(index, written);
        if phase == Phase::Emit {
            self.judge_notes(index, said);
        }
        if behind {
            self.world.insert_resource(Behind(false));
        }
        self.faults_abroad(phase);
    }

    /// Runs a step as often as it is due, up to its first fault.
    fn run_step(
        &mut self,
        index: usize,
        phase: Phase,
        step: &mut Step,
        before: WorldTime,
        clock: &Clock,
    ) {
        let Some(period) = step.period else {
            self.run_once(index, phase, step);
            return;
        };
        let (moments, dropped) = due(period, before, clock.now);
        self.dropped_runs += dropped;
        for moment in moments {
            self.world.resource_mut::<Clock>().now = moment;
            let mut dice = self.world.resource_mut::<Dice>();
            *dice = dice.at(moment);
            self.run_once(index, phase, step);
            if self.health[index].skipped {
                break;
            }
        }
        self.world.resource_mut::<Clock>().now = clock.now;
        let mut dice = self.world.resource_mut::<Dice>();
        *dice = dice.in_tick(clock.tick);
    }

    fn run_once(&mut self, index: usize, phase: Phase, step: &mut Step) {
        let since = step.commands.then(|| self.world.increment_change_tick());
        if step.destroys {
            self.know_destroyers(None);
        }
        fault::enter(index);
        step.schedule.run(&mut self.world);
        if let Some(since) = since {
            let now = self.world.change_tick();
            guard::written_in_place(&self.world, index, since, now);
        }
        // What is put back is the engine's doing.
        fault::leave();
        if step.destroys {
            self.know_destroyers(Some(index));
        }
        let Some(recorded) = fault::take() else {
            return;
        };
        attach::restore(&mut self.world);
        // A fault of the engine's own mirrors, if any, is not this plugin's.
        self.own_faults(phase);
        for (system, what) in recorded {
            let system = match system.is_empty() {
                true => step.commanding(),
                false => system,
            };
            self.report(index, phase, system, what);
        }
        self.hold_back(index);
    }

    /// What was asked to be destroyed since this was last said is this plugin's wish.
    fn know_destroyers(&mut self, plugin: Option<usize>) {
        let wishes = self.world.resource::<Messages<Destroy>>().len();
        self.destroyers.resize(wishes, plugin);
    }

    /// Takes what went wrong while the engine itself was at work in the world (a value that can't
    /// be copied): no plugin that is run later may be blamed for it.
    pub(super) fn own_faults(&mut self, phase: Phase) {
        for (system, what) in fault::take().into_iter().flatten() {
            self.faults.push(FaultReport {
                plugin: "engine",
                phase,
                system,
                what,
            });
        }
        self.faults_abroad(phase);
    }

    /// Takes what went wrong in observers while others were at work.
    fn faults_abroad(&mut self, phase: Phase) {
        for (index, system, what) in fault::take_abroad() {
            self.at_fault(index, phase, system, what);
        }
    }

    pub(super) fn at_fault(&mut self, index: usize, phase: Phase, system: String, what: String) {
        self.report(index, phase, system, what);
        self.hold_back(index);
    }

    pub(super) fn report(&mut self, index: usize, phase: Phase, system: String, what: String) {
        self.faults.push(FaultReport {
            plugin: self.register.plugins[index].name,
            phase,
            system,
            what,
        });
    }

    /// Leaves a plugin out of the rest of this tick, and for longer when it happens often.
    fn hold_back(&mut self, index: usize) {
        self.health[index].skipped = true;
        self.count_fault(index);
    }
}
