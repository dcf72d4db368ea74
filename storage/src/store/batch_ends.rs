//! The beginning and the end of a batch, which are the same statements for both databases.

use sqlx::Error;

/// How far a journal has come; no row is written when the database knows of a newer batch, nor in
/// one of another world (`$8`), nor in one that lacks what it is known to have had (`$9`).
pub(crate) const APPLIED: &str = "
    INSERT INTO applied (node, journal, sequence, tick, run, world_time, clean)
    SELECT $1, $2, $3, $4, $5, $6, $7
    WHERE EXISTS (SELECT 1 FROM meta WHERE key = 'world' AND value = $8)
      AND ($9 = 0 OR EXISTS (SELECT 1 FROM applied AS known WHERE known.node = $1
                             AND known.journal = $2 AND known.sequence >= $9))
    ON CONFLICT (node, journal) DO UPDATE SET
        sequence = excluded.sequence, tick = excluded.tick, run = excluded.run,
        world_time = excluded.world_time, clean = excluded.clean
    WHERE applied.sequence <= excluded.sequence";

/// Keeps what was refused; `journal, sequence, kind, entity, name, ordinal, version, body, reason,
/// at`.
pub(crate) const QUARANTINE: &str = "
    INSERT INTO quarantined_rows
        (journal, sequence, kind, entity, name, ordinal, version, body, reason, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT DO NOTHING";

/// Nobody but us writes for this journal while the lock is held, so the database is not the one
/// that was opened, or not as it was.
pub(crate) fn not_ours() -> Error {
    Error::Protocol("the database is not the one that this journal was applied to".to_owned())
}

/// Marks the batch of `set` as applied, within a transaction of either database.
macro_rules! mark {
    ($store:expr, $tx:expr, $set:expr) => {
        let (origin, mark) = ($set.origin, $set.mark);
        let marked = sqlx::query($store.sql($crate::store::batch_ends::APPLIED))
            .bind(&origin.node)
            .bind(origin.journal)
            .bind($crate::store::signed(mark.sequence))
            .bind($crate::store::signed(mark.tick))
            .bind($crate::store::signed(mark.run.0))
            .bind($crate::store::signed(mark.now.0))
            .bind(mark.clean)
            .bind($store.database_identity().world())
            .bind($store.database_identity().applied())
            .execute(&mut **$tx)
            .await?;
        if marked.rows_affected() == 0 {
            return Err($crate::store::batch_ends::not_ours());
        }
    };
}

/// Keeps what `set` has refused, within a transaction of either database.
macro_rules! put_aside {
    ($store:expr, $tx:expr, $set:expr) => {
        for row in &$set.refused {
            // One statement each: this is the rare path.
            sqlx::query($store.sql($crate::store::batch_ends::QUARANTINE))
                .bind($set.origin.journal)
                .bind($crate::store::signed(row.sequence))
                .bind(row.kind)
                .bind(row.entity.uuid())
                .bind(&row.name)
                .bind(i64::from(row.ordinal))
                .bind(i64::from(row.version))
                .bind(&row.body)
                .bind(&row.reason)
                .bind($crate::store::signed($set.mark.now.0))
                .execute(&mut **$tx)
                .await?;
        }
    };
}

pub(crate) use {mark, put_aside};
