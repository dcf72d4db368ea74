//! Uses: what things are good for, and what comes of taking, dropping, wearing and using them.
//!
//! Reads `use`, `requires` and the lists `on_take`, `on_drop`, `on_wear`, `on_remove` and `on_hit`
//! of things. Owns [`Cooldowns`]; what a thing does is a list of effects, and the thing itself is
//! changed by `things`.

mod hooks;
mod parts;
mod verbs;
mod wear;

pub use hooks::HitHooks;
pub use parts::{Use, UsedOn};

use std::collections::BTreeMap;

use engine::content::{Content, Sections};
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::command::verb;

/// The most kinds of things for which somebody waits at once.
const COOLING_MAX: usize = 64;

/// The uses plugin. Runs after `things`, and before `effects`.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("things", "what is used is a thing")
        .section::<parts::Use>(&["thing"], "use")
        .section::<parts::ThingRequirement>(&["thing"], "requires")
        .section::<hooks::OnTake>(&["thing"], "on_take")
        .section::<hooks::OnDrop>(&["thing"], "on_drop")
        .section::<hooks::OnWear>(&["thing"], "on_wear")
        .section::<hooks::OnRemove>(&["thing"], "on_remove")
        .section::<hooks::OnHit>(&["thing"], "on_hit")
        .derived(ThingUses::of)
        .derived(hooks::HookLists::of)
        .derived(hooks::HitHooks::of)
        .persist::<Cooldowns>("cooldowns");
    verb::<verbs::UseVerb>(reg);
    verb::<wear::WearVerb>(reg);
    reg.system(Phase::Simulate, verbs::use_thing)
        .system(Phase::Simulate, wear::wear)
        .system(Phase::Settle, hooks::run);
}

/// Until when somebody waits before they use another thing of a kind, by prototype.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
pub struct Cooldowns(BTreeMap<String, WorldTime>);

impl Cooldowns {
    /// How long somebody still waits.
    fn wait(&self, sort: &str, now: WorldTime) -> Option<Duration> {
        let until = self.0.get(sort).filter(|until| **until > now)?;
        Some(until.since(now))
    }

    /// The same with one more.
    fn with(&self, sort: &str, until: WorldTime, now: WorldTime) -> Self {
        let mut all = self.0.clone();
        all.retain(|_, until| *until > now);
        if all.len() < COOLING_MAX {
            all.insert(sort.to_owned(), until);
        }
        Self(all)
    }
}

/// What things are used for, and what they ask for. Derived.
#[derive(Resource, Debug, Default)]
struct ThingUses {
    uses: BTreeMap<String, parts::Use>,
    requires: BTreeMap<String, parts::ThingRequirement>,
}

impl ThingUses {
    fn of(content: &Content) -> Self {
        Self {
            uses: each(content),
            requires: each(content),
        }
    }
}

/// What was written of things under a key, by prototype.
fn each<T: Clone + Send + Sync + 'static>(content: &Content) -> BTreeMap<String, T> {
    let all = content.get::<Sections<T>>();
    let all = all.into_iter().flat_map(Sections::iter);
    all.map(|(id, one)| (id.to_owned(), one.clone())).collect()
}
