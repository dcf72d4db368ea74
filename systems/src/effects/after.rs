//! What happens later: lists that wait for their moment, with those whom they are about.
//!
//! Owns [`DelayedRuns`], on whoever began it, or on an entity of the carrier's where nobody did. Saved:
//! a list that waits while its actor is away, or the world is down, is run when they are back.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::EffectList;
use super::parties::{Carrier, Parties, RunEffects};
use super::tally::DroppedEffects;
use crate::world::Atlas;

/// The most lists that wait on one entity.
pub const WAITING_EACH_MAX: usize = 16;

/// The entity of what nobody began: one of each carrier, so that none takes another's room.
fn of_carrier(carrier: &Carrier) -> StableId {
    StableId::named(&format!("delayed effects of {}", carrier.id))
}

/// Lists that wait on somebody.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
pub(super) struct DelayedRuns(Vec<DelayedRun>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct DelayedRun {
    due: WorldTime,
    actor: Option<StableId>,
    target: Option<StableId>,
    /// What carries it, where that lives.
    #[serde(default)]
    me: Option<StableId>,
    /// The room's id.
    here: Option<String>,
    carrier: Carrier,
    list: EffectList,
}

/// Run a list later.
#[derive(Message, Clone, Debug)]
pub(super) struct Postponed {
    pub(super) seconds: u32,
    pub(super) list: EffectList,
    pub(super) parties: Parties,
}

/// On whom lists come to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum WaitingOn {
    Known(Entity),
    New(StableId),
}

/// Takes in what is to be done later.
pub(super) fn keep(
    mut postponed: MessageReader<Postponed>,
    mut held: Query<&mut DelayedRuns>,
    ids: Query<&StableId>,
    atlas: Res<Atlas>,
    (index, node): (Res<Index>, Res<NodeName>),
    clock: Res<Clock>,
    mut dropped: ResMut<DroppedEffects>,
    mut commands: Commands<'_, '_>,
) {
    // Of those on whom nothing waits yet.
    let mut fresh: BTreeMap<WaitingOn, DelayedRuns> = BTreeMap::new();
    for one in postponed.read() {
        let Parties {
            actor,
            target,
            here,
            carrier,
            me,
        } = &one.parties;
        let own = node.own(of_carrier(carrier));
        let bearer = actor.or_else(|| index.get(own));
        let id = |one: &Option<Entity>| one.and_then(|one| ids.get(one).ok()).copied();
        // Who is gone already has nothing to wait for.
        if bearer.is_some_and(|bearer| ids.get(bearer).is_err()) {
            continue;
        }
        let run = DelayedRun {
            due: clock.now.plus(Duration::from_secs(one.seconds.into())),
            actor: id(actor),
            target: id(target),
            me: id(me),
            here: here.map(|here| atlas.room(here).id.clone()),
            carrier: carrier.clone(),
            list: one.list.clone(),
        };
        match bearer.and_then(|bearer| held.get_mut(bearer).ok()) {
            Some(known) if known.0.len() >= WAITING_EACH_MAX => dropped.too_many_later += 1,
            Some(mut known) => known.0.push(run),
            None => {
                let bearer = bearer.map_or(WaitingOn::New(own), WaitingOn::Known);
                let fresh = fresh.entry(bearer).or_default();
                match fresh.0.len() < WAITING_EACH_MAX {
                    true => fresh.0.push(run),
                    false => dropped.too_many_later += 1,
                }
            }
        }
    }
    for (bearer, runs) in fresh {
        match bearer {
            WaitingOn::Known(bearer) => _ = commands.entity(bearer).try_insert(runs),
            WaitingOn::New(id) => _ = commands.spawn((id, runs)),
        }
    }
}

/// Who is here, or no person at all: what waits on those who are away waits on.
type Present = Or<(With<Online>, Without<Character>)>;

/// Runs what is due by now.
pub(super) fn due(
    mut held: Query<(&StableId, &mut DelayedRuns), Present>,
    atlas: Res<Atlas>,
    index: Res<Index>,
    clock: Res<Clock>,
    mut dropped: ResMut<DroppedEffects>,
    mut runs: MessageWriter<RunEffects>,
) {
    let mut all: Vec<(WorldTime, StableId, DelayedRun)> = Vec::new();
    for (id, mut held) in &mut held {
        if held.0.iter().any(|one| one.due <= clock.now) {
            let due = held.0.extract_if(.., |one| one.due <= clock.now);
            all.extend(due.map(|one| (one.due, *id, one)));
        }
    }
    // In no order of memory: it would be heard.
    all.sort_by_key(|(due, id, _)| (*due, *id));
    for (_, _, one) in all {
        if !one.list.is_sound() {
            tracing::warn!(
                cause = one.carrier.cause(),
                "delayed effects mean nothing any more"
            );
            dropped.unknown += 1;
            continue;
        }
        let again = |id: StableId| index.get(id).unwrap_or(Entity::PLACEHOLDER);
        runs.write(RunEffects::new(
            one.list,
            Parties {
                actor: one.actor.map(again),
                target: one.target.map(again),
                here: one.here.and_then(|room| atlas.find(&room)),
                carrier: one.carrier,
                me: one.me.map(again),
            },
        ));
    }
}
