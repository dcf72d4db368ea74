//! Whose journal and whose database these are, and where the next run begins.

use engine::port::{RunId, Tick};
use uuid::Uuid;

use crate::StorageFault;
use crate::journal::{Found, Identity, JournalTrace};
use crate::store::{AppliedMark, NodeJournal, Store};

/// A run that follows a crash begins at a multiple of this. Idle ticks leave no trace in the
/// journal but a beat a minute, and no tick may ever be executed twice.
pub(crate) const TICKS_AFTER_CRASH: Tick = 1_000_000;

/// At least so many ticks behind the last one noted: the next multiple may be near. An hour at
/// 120 Hz, seven at 20 Hz; also a disk that can't be written leaves ticks unnoted.
const TICKS_UNNOTED_MAX: Tick = TICKS_AFTER_CRASH / 2;

/// Makes sure that journal and database belong together; a new journal joins the database's
/// world, a new database the journal's if that has no history yet.
pub(crate) async fn agree(store: &Store, found: &Found) -> Result<Identity, StorageFault> {
    let failed = |error: sqlx::Error| StorageFault::Database {
        target: store.target().to_owned(),
        reason: error.to_string(),
    };
    let known = store.world().await.map_err(failed)?;
    let identity = found.identity.unwrap_or_else(|| Identity {
        world: known.unwrap_or_else(Uuid::new_v4),
        journal: Uuid::new_v4(),
    });
    let database = match known {
        Some(database) => database,
        None if found.last_sequence > 0 => {
            return Err(StorageFault::EmptyDatabase {
                journal: identity.world,
                target: store.target().to_owned(),
            });
        }
        None => store.found_world(identity.world).await.map_err(failed)?,
    };
    if database == identity.world {
        return Ok(identity);
    }
    if found.identity.is_none() {
        // Another node named the world between our look and our try.
        return Ok(Identity {
            world: database,
            ..identity
        });
    }
    Err(StorageFault::WorldMismatch {
        journal: identity.world,
        database,
        target: store.target().to_owned(),
    })
}

/// Makes sure that nothing went on from this world without this journal: its batches would be
/// laid over newer rows, and its ticks would come again.
pub(crate) fn still_the_newest(
    found: &Found,
    origin: &NodeJournal,
    marks: &[AppliedMark],
    target: &str,
) -> Result<(), StorageFault> {
    let (Some(identity), Some(trace)) = (found.identity, found.trace) else {
        return Ok(());
    };
    let (ours, others): (Vec<_>, Vec<_>) = marks
        .iter()
        .partition(|mark| mark.journal == identity.journal);
    if let Some(renamed) = ours.iter().find(|mark| mark.node != origin.node)
        && ours.len() == 1
    {
        return Err(StorageFault::Renamed {
            was: renamed.node.clone(),
            now: origin.node.clone(),
        });
    }
    let applied = ours.iter().map(|mark| mark.sequence).max().unwrap_or(0);
    let reached = trace.survived.max(trace.seen);
    let newer = others.iter().find(|mark| {
        // After a restore the other may have begun again with lower ticks, but not earlier.
        mark.node == origin.node
            && (mark.tick > reached || (found.last_sequence > applied && mark.now > trace.now))
    });
    match newer {
        None => Ok(()),
        Some(mark) => Err(StorageFault::Superseded {
            journal: identity.journal,
            newer: mark.journal,
            target: target.to_owned(),
        }),
    }
}

/// How far this node's run before came, from the journal or, where that is gone, from the
/// database. Of other nodes' runs nobody who plays here wants to hear.
pub(crate) fn before(
    found: &Found,
    node: &str,
    journal: Uuid,
    marks: &[AppliedMark],
) -> Option<JournalTrace> {
    let from_mark = |mark: &AppliedMark| JournalTrace {
        run: mark.run,
        survived: mark.tick,
        seen: mark.tick,
        now: mark.now,
        clean: mark.clean,
    };
    let mine = marks.iter().filter(|mark| mark.node == node);
    let own = mine
        .clone()
        .find(|mark| mark.journal == journal && mark.sequence > found.last_sequence);
    if let Some(mark) = own {
        // The database has more than the journal: an older copy of the folder was put back.
        return Some(from_mark(mark));
    }
    found
        .trace
        .or_else(|| mine.max_by_key(|mark| mark.tick).map(from_mark))
}

/// The first tick of a node without a past in a database where others have one: beyond theirs, as
/// after a crash.
pub(crate) fn first_tick_beside(marks: &[AppliedMark]) -> Tick {
    let highest = marks.iter().map(|mark| mark.tick).max();
    highest.map_or(1, |tick| (tick / TICKS_AFTER_CRASH + 1) * TICKS_AFTER_CRASH)
}

/// The first tick of the run after `before`.
pub(crate) fn first_tick(before: Option<&JournalTrace>) -> Tick {
    match before {
        None => 1,
        Some(trace) if trace.clean => trace.survived.max(trace.seen) + 1,
        Some(trace) => {
            let noted = trace.survived.max(trace.seen);
            ((noted + TICKS_UNNOTED_MAX) / TICKS_AFTER_CRASH + 1) * TICKS_AFTER_CRASH
        }
    }
}

/// A new run. Below 2^53, so that clients that read numbers as floats keep it whole.
pub(crate) fn new_run() -> RunId {
    RunId(rand::random_range(1..1 << 53))
}

#[cfg(test)]
mod tests {
    use engine::port::WorldTime;

    use super::*;

    fn trace(survived: Tick, seen: Tick, clean: bool) -> JournalTrace {
        JournalTrace {
            run: RunId(7),
            survived,
            seen,
            now: WorldTime(0),
            clean,
        }
    }

    #[test]
    fn ticks_continue_after_stop_and_leap_after_crash() {
        assert_eq!(first_tick(None), 1);
        assert_eq!(first_tick(Some(&trace(41, 41, true))), 42);
        assert_eq!(first_tick(Some(&trace(41, 90, false))), 1_000_000);
        assert_eq!(first_tick(Some(&trace(1_000_000, 0, false))), 2_000_000);
        // Idle ticks behind the last one noted are not executed again.
        assert_eq!(first_tick(Some(&trace(999_500, 999_500, false))), 2_000_000);
    }
}
