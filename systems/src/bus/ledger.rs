//! Which word about somebody holds: the last, whoever spoke it and in whatever order it came.
//!
//! Mutes and bans of several nodes may cross on their way. Each carries its time, its node and its
//! number there; of two about one character the greater holds, on every node the same. A row each
//! is kept, also of those that were lifted, or an older word that comes late would be believed.

use std::collections::BTreeMap;

use engine::port::{Sanction, SanctionAct};
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::BusSettings;

/// Mutes and bans are two matters of one character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Matter {
    Speech,
    Entry,
}

impl Matter {
    const fn of(act: SanctionAct) -> Self {
        match act {
            SanctionAct::Mute | SanctionAct::Unmute => Self::Speech,
            SanctionAct::Ban | SanctionAct::Unban => Self::Entry,
        }
    }
}

/// When a word was spoken, and by whom where two were at once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Stamp {
    at: WorldTime,
    origin: String,
    seq: u64,
}

impl Stamp {
    pub(super) fn of(at: WorldTime, origin: &str, seq: u64) -> Self {
        Self {
            at,
            origin: origin.to_owned(),
            seq,
        }
    }

    /// Whether that node has spoken it, in whichever of its starts.
    pub(super) fn is_of(&self, node: &str) -> bool {
        let rest = self.origin.strip_prefix(node);
        rest.is_some_and(|rest| rest.starts_with('.'))
    }
}

/// The last word about a matter.
#[derive(Component, Clone, Debug, Serialize, Deserialize)]
#[component(summary_tick)]
pub(super) struct SanctionRecord {
    sanction: Sanction,
    stamp: Stamp,
}

impl SanctionRecord {
    /// Whether it still shuts somebody out or up.
    fn holds(&self, now: WorldTime) -> bool {
        matches!(self.sanction.act, SanctionAct::Mute | SanctionAct::Ban)
            && self.sanction.until.is_none_or(|until| now < until)
    }
}

/// The last word about each matter.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub(super) struct Sanctions(BTreeMap<(StableId, Matter), SanctionEntry>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SanctionEntry {
    stamp: Stamp,
    /// Its row, once there is one.
    row: Option<Entity>,
}

/// Reads what was saved, once.
pub(super) fn remember(world: &mut World) {
    let mut saved = world.query::<(Entity, &SanctionRecord)>();
    let saved: Vec<_> = saved
        .iter(world)
        .map(|(entity, one)| {
            let matter = (one.sanction.target_id, Matter::of(one.sanction.act));
            let (stamp, row) = (one.stamp.clone(), Some(entity));
            (matter, SanctionEntry { stamp, row })
        })
        .collect();
    world.resource_mut::<Sanctions>().0.extend(saved);
}

/// Keeps the ledger.
#[derive(SystemParam)]
pub(super) struct Keeper<'w, 's> {
    ledger: ResMut<'w, Sanctions>,
    rows: Query<'w, 's, &'static mut SanctionRecord>,
    commands: Commands<'w, 's>,
}

impl Keeper<'_, '_> {
    /// The time of a word spoken now: later than all that is known about its matter, also where
    /// another node's clock is ahead.
    pub(super) fn next(&self, sanction: &Sanction, now: WorldTime) -> WorldTime {
        let matter = (sanction.target_id, Matter::of(sanction.act));
        self.ledger.0.get(&matter).map_or(now, |known| {
            now.max(known.stamp.at.plus(Duration::from_micros(1)))
        })
    }

    /// Whether a word is the last about its matter, which it is from now on.
    ///
    /// # Errors
    /// The later one that is known.
    pub(super) fn learn(&mut self, sanction: &Sanction, stamp: &Stamp) -> Result<(), Stamp> {
        let matter = (sanction.target_id, Matter::of(sanction.act));
        match self.ledger.0.get_mut(&matter) {
            Some(known) if known.stamp > *stamp => Err(known.stamp.clone()),
            Some(known) => {
                known.stamp.clone_from(stamp);
                Ok(())
            }
            None => {
                let (stamp, row) = (stamp.clone(), None);
                self.ledger.0.insert(matter, SanctionEntry { stamp, row });
                Ok(())
            }
        }
    }

    /// The last word about the same matter.
    pub(super) fn last(&self, sanction: &Sanction) -> Option<&Sanction> {
        let matter = (sanction.target_id, Matter::of(sanction.act));
        let row = self.ledger.0.get(&matter)?.row?;
        self.rows.get(row).ok().map(|standing| &standing.sanction)
    }

    /// Saves a word that has its effect, unless a later one has been saved.
    pub(super) fn write(&mut self, sanction: &Sanction, stamp: Stamp) {
        let matter = Matter::of(sanction.act);
        let Some(entry) = self.ledger.0.get_mut(&(sanction.target_id, matter)) else {
            return;
        };
        if entry.stamp > stamp {
            return;
        }
        let standing = SanctionRecord {
            sanction: sanction.clone(),
            stamp,
        };
        match entry.row {
            // A row of this very tick is not there to be read yet.
            Some(row) => match self.rows.get_mut(row) {
                Ok(mut there) => *there = standing,
                Err(_) => {
                    self.commands.entity(row).insert(standing);
                }
            },
            None => {
                let id =
                    StableId::named(&format!("bus sanction {matter:?} {}", sanction.target_id));
                entry.row = Some(self.commands.spawn((id, standing)).id());
            }
        }
    }
}

/// Forgets what is over, once nothing older can come any more.
pub(super) fn tidy(
    settings: Res<BusSettings>,
    clock: Res<Clock>,
    rows: Query<(Entity, &SanctionRecord)>,
    mut ledger: ResMut<Sanctions>,
    mut destroy: MessageWriter<Destroy>,
) {
    for (entity, standing) in &rows {
        let Sanction { until, .. } = standing.sanction;
        let over = until.unwrap_or_default().max(standing.stamp.at);
        let now = clock.wall();
        if standing.holds(now) || now.since(over) < settings.forget_after {
            continue;
        }
        let matter = Matter::of(standing.sanction.act);
        ledger.0.remove(&(standing.sanction.target_id, matter));
        destroy.write(Destroy(entity));
    }
}
