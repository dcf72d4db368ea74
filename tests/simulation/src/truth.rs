//! What the database has, held against what was promised.

use std::collections::BTreeMap;

use engine::port::{Owner, Row, StableId};

use crate::game::coin;
use crate::laws::{Claims, Court, Law};

/// Holds every committed row against what clients were told is durable: before the first tick of a
/// process, and after the last.
pub(crate) fn look_up(rows: &[Row], court: &Court) {
    let mut broken = Vec::new();
    court.claims(|claims| {
        marks(rows, claims, &mut broken);
        coins(rows, claims, &mut broken);
    });
    for (law, how) in broken {
        court.broken(law, how);
    }
}

fn marks(rows: &[Row], claims: &Claims, broken: &mut Vec<(Law, String)>) {
    let all = rows.iter().filter(|row| row.component == "marks");
    let found: BTreeMap<StableId, Vec<u64>> = all
        .map(|row| (row.id, serde_json::from_str(&row.body).unwrap()))
        .collect();
    for (name, (made, refused)) in &claims.marks {
        let none = Vec::new();
        let there = found.get(&StableId::named(name)).unwrap_or(&none);
        let count = |mark: &u64| there.iter().filter(|one| *one == mark).count();
        if let Some(lost) = made.iter().find(|mark| count(mark) == 0) {
            let how = format!("{name} was told that mark {lost} is durable, and it is gone");
            broken.push((Law::DurableOnce, how));
        }
        if let Some(there) = refused.iter().find(|mark| count(mark) > 0) {
            let how = format!("{name} was refused mark {there}, and it is made");
            broken.push((Law::DurableOnce, how));
        }
        if let Some(twice) = there.iter().find(|mark| count(mark) > 1) {
            let how = format!("{name} made mark {twice} twice");
            broken.push((Law::DurableOnce, how));
        }
    }
}

fn coins(rows: &[Row], claims: &Claims, broken: &mut Vec<(Law, String)>) {
    let mut of: BTreeMap<StableId, (Option<&Row>, Option<&Row>)> = BTreeMap::new();
    for row in rows {
        match row.component.as_str() {
            "coin" => of.entry(row.id).or_default().0 = Some(row),
            "holder" => of.entry(row.id).or_default().1 = Some(row),
            _ => {}
        }
    }
    for number in &claims.coins {
        if !of.contains_key(&coin(*number)) {
            let how = format!("coin {number} was minted for good, and is gone");
            broken.push((Law::ThingsConserved, how));
        }
    }
    for (id, both) in of {
        let (Some(coin), Some(holder)) = both else {
            broken.push((
                Law::ThingsConserved,
                format!("of coin {id} only a half is there"),
            ));
            continue;
        };
        let by: Option<StableId> = serde_json::from_str(&holder.body).unwrap();
        let owner = by.map_or(Owner::Node, Owner::Character);
        if coin.owner != owner || holder.owner != owner {
            let how = format!(
                "coin {} is held by {owner:?}, its rows are of {:?} and {:?}",
                coin.body, coin.owner, holder.owner
            );
            broken.push((Law::ThingsConserved, how));
        }
    }
}

/// Holds where every coin is against all moves that were promised, once everybody knows what became
/// of theirs. `undone`: the database took not all moves of it, and the nodes put it back.
pub(crate) fn follow_coins(rows: &[Row], undone: impl Fn(StableId) -> bool, court: &Court) {
    let holders = rows.iter().filter(|row| row.component == "holder");
    let holders: BTreeMap<StableId, Option<StableId>> = holders
        .map(|row| (row.id, serde_json::from_str(&row.body).unwrap()))
        .collect();
    let broken = court.claims(|claims| {
        let open: Vec<u64> = claims.open_moves.values().copied().collect();
        let sure = claims.flows.iter().filter(|(number, _)| {
            claims.coins.contains(number) && !open.contains(number) && !undone(coin(**number))
        });
        let astray = sure.filter_map(|(number, flows)| {
            let there = holders.get(&coin(*number)).copied().flatten();
            let wrong = flows.iter().find(|(name, flow)| {
                let has = match name.is_empty() {
                    true => there.is_none(),
                    false => there == Some(StableId::named(name)),
                };
                **flow != i64::from(has)
            });
            wrong.map(|(name, flow)| {
                format!("coin {number} came {flow} times to \"{name}\", and is at {there:?}")
            })
        });
        astray.collect::<Vec<String>>()
    });
    for how in broken {
        court.broken(Law::ThingsConserved, how);
    }
}

/// Every character's marks as they are committed, which only grow.
#[derive(Debug, Default)]
pub(crate) struct GrowingMarks {
    commits: u64,
    known: BTreeMap<StableId, String>,
}

impl GrowingMarks {
    /// Looks whether anybody overwrote what another had committed.
    pub(crate) fn look(&mut self, commits: u64, rows: impl Fn() -> Vec<Row>, court: &Court) {
        if std::mem::replace(&mut self.commits, commits) == commits {
            return;
        }
        for row in rows().into_iter().filter(|row| row.component == "marks") {
            let known = self.known.entry(row.id).or_default();
            // A list of numbers: what it began with, it begins with.
            if !row.body.starts_with(known.trim_end_matches(']')) {
                let how = format!("{} had marks {known}, and now {}", row.id, row.body);
                court.broken(Law::LoserOverwritesNothing, how);
            }
            *known = row.body;
        }
    }
}
