//! How much of a tick a plugin may write and say. Counted, not measured: it comes out the same in a
//! replay. (Time is measured by the runner and comes as an order.)

use std::collections::HashMap;

use super::Engine;
use crate::Outbox;
use crate::phase::Phase;
use crate::port::{Outbound, SessionId};

/// The most messages that one plugin writes in a tick; more is a fault.
pub const MESSAGES_MAX: usize = 250_000;
/// The most notes that one plugin has for one session in a tick. What is beyond is not sent, so that
/// nobody is closed for being slow, and is a fault: a session takes some 100,000 bytes at once.
pub const NOTES_EACH_MAX: usize = 2_048;

impl Engine {
    /// Messages before a plugin is run, where they are counted.
    pub(super) fn begin_count(&self) -> usize {
        match self.crowded {
            true => self.register.messages.written(&self.world),
            false => 0,
        }
    }

    pub(super) fn end_count(&mut self, index: usize, before: usize) {
        if self.crowded {
            let now = self.register.messages.written(&self.world);
            self.written[index] += now.saturating_sub(before);
        }
    }

    /// Whether one plugin wrote too much. Counting by plugin costs more than a quiet tick takes, so it
    /// begins in the tick after one in which all together wrote more than one may.
    pub(super) fn judge_messages(&mut self, before: usize) {
        let now = self.register.messages.written(&self.world);
        for index in 0..self.written.len() {
            let written = std::mem::take(&mut self.written[index]);
            if written > MESSAGES_MAX {
                let what = format!("wrote {written} messages in a tick, {MESSAGES_MAX} at most");
                self.at_fault(index, Phase::Emit, String::new(), what);
            }
        }
        self.crowded = now.saturating_sub(before) > MESSAGES_MAX;
    }

    /// How much is said by now.
    pub(super) fn said(&self) -> usize {
        self.world.resource::<Outbox>().said.len()
    }

    /// Takes back what a plugin has said in this tick to anybody beyond what one session may be told.
    pub(super) fn judge_notes(&mut self, index: usize, before: usize) {
        let outbox = &mut *self.world.resource_mut::<Outbox>();
        if outbox.said.len().saturating_sub(before) <= NOTES_EACH_MAX {
            return;
        }
        let fresh = outbox.said.split_off(before);
        let all = fresh.len();
        let mut told: HashMap<SessionId, usize> = HashMap::new();
        for said in fresh {
            let fits = match &said {
                Outbound::Note { to, .. } => {
                    let most = to.sessions().map(|session| {
                        let told = told.entry(session).or_default();
                        *told += 1;
                        *told
                    });
                    most.max().unwrap_or(0) <= NOTES_EACH_MAX
                }
                _ => true,
            };
            if fits {
                outbox.said.push(said);
            }
        }
        let lost = all - (outbox.said.len() - before);
        if lost > 0 {
            let what = format!(
                "{lost} notes are not sent: {NOTES_EACH_MAX} at most to a session in a tick"
            );
            self.at_fault(index, Phase::Emit, String::new(), what);
        }
    }
}
