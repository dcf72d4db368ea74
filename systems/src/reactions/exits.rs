//! What ways ask of those who walk them, and what comes of walking them.

use std::collections::BTreeMap;

use engine::content::{At, Content, Section, Sections};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::doors::{DoorDeed, DoorGate, DoorMap, Passage};
use crate::effects::{Carrier, EffectList, Parties, Requirement, View};
use crate::place::{CrossGuarded, GuardedWays, Relocate};
use crate::things::Latch;
use crate::world::{Atlas, Direction, RoomIx};

/// What a way asks of whoever walks it: `requires` of an exit.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct ExitRequirement(Requirement);

/// What those are told who may not walk it: `refusal` of an exit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-bounds" = "1 to 500 characters"))]
pub(super) struct ExitRefusal(String);

/// What a way reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ExitOccasion {
    /// Somebody walks it.
    Pass,
}

/// What comes of walking a way.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExitReaction {
    /// on what
    on: ExitOccasion,
    /// what happens to whoever walks it, in the room that it leads to
    #[serde(rename = "do")]
    effects: EffectList,
}

/// `reactions` of an exit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct ExitReactionList(Vec<ExitReaction>);

impl Section for ExitRequirement {
    fn check(&mut self, _exit: &str, at: &At<'_>) {
        self.0.check(at);
    }
}

impl Section for ExitRefusal {
    fn check(&mut self, exit: &str, at: &At<'_>) {
        let required = at.content::<Sections<ExitRequirement>>();
        let required = required.is_some_and(|all| all.get(exit).is_some());
        let length = self.0.trim().chars().count();
        at.unless(
            (1..=500).contains(&length),
            "a refusal has 1 to 500 characters",
        );
        at.unless(
            required,
            "a `refusal` stands beside what the exit `requires`",
        );
    }
}

impl Section for ExitReactionList {
    fn check(&mut self, _exit: &str, at: &At<'_>) {
        at.unless(
            self.0.len() == 1,
            "an exit has one reaction: `on = \"pass\"`",
        );
        for (index, one) in self.0.iter().enumerate() {
            one.effects.check(&at.item(index).key("do"));
        }
    }
}

/// What happens to those who walk a way. Derived.
#[derive(Resource, Debug, Default)]
pub(super) struct ExitReactions(BTreeMap<(RoomIx, Direction), EffectList>);

impl ExitReactions {
    fn of(content: &Content) -> Self {
        let all = each::<ExitReactionList>(content);
        let all = all
            .filter_map(|(key, ExitReactionList(all))| Some((key, all.first()?.effects.clone())));
        Self(all.collect())
    }

    pub(super) fn of_way(&self, from: RoomIx, way: Direction) -> Option<&EffectList> {
        self.0.get(&(from, way))
    }
}

/// What is asked at each guarded way, and what those are told who lack it. Derived.
#[derive(Resource, Debug, Default)]
pub(super) struct Guards(BTreeMap<(RoomIx, Direction), (Requirement, Option<String>)>);

impl Guards {
    fn of(content: &Content) -> Self {
        let refusals: BTreeMap<_, &String> = each::<ExitRefusal>(content)
            .map(|(key, ExitRefusal(text))| (key, text))
            .collect();
        let all = each::<ExitRequirement>(content);
        let all = all.map(|(key, ExitRequirement(asked))| {
            (
                key,
                (
                    asked.clone(),
                    refusals.get(&key).map(|text| (*text).clone()),
                ),
            )
        });
        Self(all.collect())
    }
}

/// What was written of exits, by room and way: their subjects are `ROOM WAY`.
fn each<T: Send + Sync + 'static>(
    content: &Content,
) -> impl Iterator<Item = ((RoomIx, Direction), &T)> {
    let atlas = content.get::<Atlas>();
    let all = content
        .get::<Sections<T>>()
        .into_iter()
        .flat_map(Sections::iter);
    all.filter_map(move |(subject, one)| {
        let (room, way) = subject.rsplit_once(' ')?;
        Some(((atlas?.find(room)?, Direction::from_word(way)?), one))
    })
}

pub(super) fn register(reg: &mut Registrar<'_>) {
    let off = reg.is_off();
    reg.section::<ExitRequirement>(&["exit"], "requires")
        .section::<ExitRefusal>(&["exit"], "refusal")
        .section::<ExitReactionList>(&["exit"], "reactions")
        .derived(ExitReactions::of)
        .derived(Guards::of)
        // Nobody would answer those who come to a way that is guarded.
        .derived(move |content: &Content| match off {
            true => GuardedWays::default(),
            false => {
                let doors = content.get::<Atlas>().map(|_| DoorMap::of(content));
                let doors = doors.as_ref().into_iter().flat_map(DoorMap::iter);
                let doors = doors.map(|(key, _)| key);
                let asking = Guards::of(content).0.into_keys();
                GuardedWays::new(asking.chain(doors).collect())
            }
        })
        .system(Phase::Simulate, guard);
}

/// What carries the lists of a way.
pub(super) fn carrier(atlas: &Atlas, from: RoomIx, way: Direction) -> Carrier {
    let room = &atlas.room(from).id;
    let name = atlas
        .room(from)
        .exit(way)
        .and_then(|exit| exit.name.as_deref());
    Carrier::of("exit", room, way.word(), name.unwrap_or("The way"))
}

/// Lets those walk who have what the way asks for.
fn guard(
    mut crossing: MessageReader<CrossGuarded>,
    guards: Res<Guards>,
    atlas: Res<Atlas>,
    view: View<'_, '_>,
    gate: DoorGate<'_, '_>,
    mut doors: MessageWriter<DoorDeed>,
    mut relocate: MessageWriter<Relocate>,
    mut answers: MessageWriter<Answer>,
) {
    for CrossGuarded {
        order,
        from,
        way,
        to,
    } in crossing.read()
    {
        let parties = Parties {
            actor: Some(order.actor),
            target: None,
            here: Some(*from),
            carrier: carrier(&atlas, *from, *way),
            me: None,
        };
        let guard = guards.0.get(&(*from, *way));
        if let Some((asked, refusal)) = guard
            && !view.holds(asked, &parties)
        {
            let otherwise = || format!("Something keeps you from going {way}.");
            let words = refusal.clone().unwrap_or_else(otherwise);
            answers.write(Answer::refused(*order, Code::InvalidMovement, words));
            continue;
        }
        match gate.pass(order.actor, *from, *way) {
            Err(refusal) => {
                answers.write(Answer::refusal(*order, refusal));
                continue;
            }
            Ok(Passage::Free) => {}
            Ok(Passage::Opens) => {
                doors.write(DoorDeed::Latch {
                    room: *from,
                    way: *way,
                    latch: Latch::Open,
                    span: None,
                });
            }
        }
        relocate.write(Relocate {
            actor: order.actor,
            to: *to,
            way: Some(*way),
            walk: Some((*order, *from)),
        });
    }
}
