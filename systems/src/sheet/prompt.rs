//! `prompt`: whoever wants it reads after each of their commands how they stand.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::command::{Acted, Needs, OwnSwitch, Usage, Verb, Words, switch};
use crate::describe::Beheld;
use crate::presence::Say;

/// Somebody wants to read how they stand; who does not has not this. Saved.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
pub(super) struct WantsPrompt(bool);

/// Who has done something and is to be told how they stand, behind what came of it. Transient.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub(super) struct PromptsDue(BTreeMap<StableId, Entity>);

/// `prompt`, `prompt on`, `prompt off`
#[derive(Message, Debug)]
pub(super) struct PromptVerb {
    order: Order,
    wish: Option<bool>,
}

impl Verb for PromptVerb {
    const WORDS: &'static [&'static str] = &["prompt"];
    const USAGE: &'static str = "prompt [on | off]";
    const HELP: &'static str = "Shows after each of your commands how body and mind stand, or no longer: \"[21 of 23 determination, 9 of 11 magic, 84 lucidity]\".";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let wish = switch(words)?;
        Ok(Self { order, wish })
    }
}

impl OwnSwitch for PromptVerb {
    type State = WantsPrompt;
    const ON: WantsPrompt = WantsPrompt(true);

    fn wish(&self) -> (Order, Option<bool>) {
        (self.order, self.wish)
    }

    fn told(on: bool) -> &'static str {
        match on {
            true => "You read after each command how you stand.",
            false => "You no longer read after each command how you stand.",
        }
    }
}

/// Tells those who did something a tick ago: what came of it has been answered by now.
pub(super) fn tell(
    mut acted: MessageReader<Acted>,
    wanting: Query<&StableId, With<WantsPrompt>>,
    beheld: Beheld<'_, '_>,
    mut due: ResMut<PromptsDue>,
    mut say: MessageWriter<Say>,
) {
    if due.0.is_empty() && acted.is_empty() {
        return;
    }
    for actor in std::mem::take(&mut due.0).into_values() {
        let stats: BTreeMap<&str, i64> = beheld.stats(actor).collect();
        if let Some(line) = line_of(&stats) {
            say.write(Say::to(actor, line));
        }
    }
    for one in acted.read() {
        let actor = one.order.actor;
        if let Ok(id) = wanting.get(actor) {
            due.0.insert(*id, actor);
        }
    }
}

/// What there is to tell; `None`: nothing.
fn line_of(stats: &BTreeMap<&str, i64>) -> Option<String> {
    let of = |now: &str, most: &str, word: &str| {
        let (now, most) = (stats.get(now)?, stats.get(most)?);
        Some(format!("{now} of {most} {word}"))
    };
    let lucidity = stats.get("lucidity");
    let all = [
        of("current_dp", "max_dp", "determination"),
        of("magic_points", "max_magic_points", "magic"),
        lucidity.map(|points| format!("{points} lucidity")),
    ];
    let all: Vec<String> = all.into_iter().flatten().collect();
    (!all.is_empty()).then(|| format!("[{}]", all.join(", ")))
}
