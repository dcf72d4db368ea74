//! What becomes of what a call has asked for.

use std::sync::Arc;

use engine::ContentCall;
use engine::content::At;
use engine::prelude::*;
use serde_json::Value;

use super::frame::{ScriptWish, WishedEffect};
use crate::effects::{Carrier, EffectList, Parties, RunEffects};
use crate::presence::Say;

/// Tells of what is wrong with an effect that a call asks for, by the rules of data.
pub(super) fn check(effect: &WishedEffect, at: &At<'_>) {
    list(effect.written.clone()).check(at);
}

fn list(effect: Value) -> EffectList {
    EffectList::of(Value::Array(vec![effect]))
}

/// Where wishes go.
#[derive(SystemParam)]
pub(super) struct Acts<'w> {
    say: MessageWriter<'w, Say>,
    runs: MessageWriter<'w, RunEffects>,
    calls: MessageWriter<'w, ContentCall>,
}

impl Acts<'_> {
    /// Does what a call has asked for, in its order.
    pub(super) fn take(&mut self, script: &str, wishes: Vec<ScriptWish>) {
        for one in wishes {
            match one {
                ScriptWish::Tell(who, text) => self.tell(who, text),
                ScriptWish::Effect(effect) => {
                    let parties = Parties {
                        me: None,
                        actor: effect.actor,
                        target: effect.target,
                        here: effect.here,
                        carrier: Carrier::of("script", "", script, script),
                    };
                    self.runs
                        .write(RunEffects::new(list(effect.written), parties));
                }
            }
        }
    }

    /// Tells somebody something.
    pub(super) fn tell(&mut self, who: Entity, text: String) {
        self.say.write(Say::to(who, text));
    }

    /// Counts a call.
    pub(super) fn count(&mut self, script: &Arc<str>, operations: u64, cut: bool) {
        let name = Arc::clone(script);
        self.calls.write(ContentCall {
            name,
            operations,
            cut,
        });
    }
}
