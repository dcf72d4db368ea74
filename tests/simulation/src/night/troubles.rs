//! What goes wrong in a night, from its beginning to its end.

use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::Night;
use super::node::{BoxNode, Surroundings};
use crate::game::BELLS;
use crate::plan::{Fault, PlannedFault};

impl Night {
    /// When the next process is to die, if one is before `until`.
    pub(super) fn next_death(&self, until: Instant) -> Option<Instant> {
        let deaths = [Fault::Kill, Fault::PowerLoss];
        let next = self
            .waiting
            .first()
            .filter(|one| deaths.contains(&one.fault))?;
        let at = self.around.began + next.at;
        (at < until && !self.around.place.is_calm()).then_some(at)
    }

    /// Begins and ends what goes wrong now.
    pub(super) fn faults(&mut self) {
        let Surroundings {
            place,
            court,
            began,
            ..
        } = self.around.clone();
        let (passed, calm) = (began.elapsed(), place.is_calm());
        let (over, under_way): (Vec<_>, Vec<_>) = std::mem::take(&mut self.under_way)
            .into_iter()
            .partition(|one| calm || passed >= one.at + one.lasts);
        self.under_way = under_way;
        for one in over {
            court.note(format!("{:?} is over", one.fault));
            self.set(one, false);
        }
        while let Some(one) = self
            .waiting
            .first()
            .copied()
            .filter(|one| passed >= one.at && !calm)
        {
            self.waiting.remove(0);
            court.note(format!("{:?} of node {}", one.fault, one.node));
            self.met.push(one.fault);
            self.set(one, true);
            self.under_way.push(one);
        }
    }

    fn set(&mut self, planned: PlannedFault, on: bool) {
        let place = &self.around.place;
        match planned.fault {
            Fault::AllCut if on => place.cut_all(),
            Fault::SlowLinks => place.set_extra_latency(if on { 300 } else { 0 }),
            _ => {}
        }
        let Some(node) = self.nodes.get_mut(planned.node) else {
            return;
        };
        match on {
            true => node.troubles.push(planned.fault),
            false => {
                let one = node.troubles.iter().position(|one| *one == planned.fault);
                one.map(|at| node.troubles.remove(at));
            }
        }
        node.set(planned, on);
    }

    /// Nothing goes wrong any more.
    pub(super) fn calm(&mut self) {
        let Surroundings { place, court, .. } = self.around.clone();
        if place.is_calm() {
            return;
        }
        court.note("calm");
        place.calm_down();
        self.waiting.clear();
        self.faults();
        for node in &mut self.nodes {
            node.stalled = 0;
        }
    }
}

impl BoxNode {
    fn set(&mut self, planned: PlannedFault, on: bool) {
        match (planned.fault, on) {
            (Fault::Kill, true) => self.kill(false, planned.lasts),
            (Fault::PowerLoss, true) => self.kill(true, planned.lasts),
            (Fault::DeathInWrite, true) => {
                let operations = u32::try_from(planned.lasts.as_millis() % 5).unwrap_or(0);
                self.disk.die_after(operations);
            }
            // Nothing was written meanwhile: it lives on.
            (Fault::DeathInWrite, false) if !self.disk.is_dead() => self.disk.revive(),
            (Fault::Restart, true) => self.restart(),
            (Fault::DiskFull, _) => self.disk.set_room(if on { 200 } else { u64::MAX }),
            (Fault::DiskFails, _) => self.disk.fail_one_in(if on { 3 } else { 0 }),
            (Fault::DatabaseStalls, _) => self.mood.stalls = on,
            (Fault::DatabaseRefuses, _) => self.mood.refuses = on,
            (Fault::AnswersLost, _) => self.mood.loses_answers = on,
            (Fault::WorldStalls, true) => {
                self.stalled = u64::try_from(planned.lasts.as_millis() / 50).unwrap_or(0);
            }
            (Fault::ClockJumps, true) => {
                let micros = i64::try_from(planned.lasts.as_micros()).unwrap_or(0);
                self.jumped.fetch_add(micros * 60, Ordering::Relaxed);
            }
            (Fault::PluginOff, _) => {
                if let Some(process) = &self.process {
                    process.turn(BELLS, !on);
                }
            }
            _ => {}
        }
        self.database.set_mood(self.mood);
    }
}
