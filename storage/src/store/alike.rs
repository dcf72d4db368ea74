//! The beginning and the end of a batch, which are the same statements for both databases.

use sqlx::Error;

/// How far a journal has come; no row is written when the database knows of a newer batch.
pub(crate) const APPLIED: &str = "
    INSERT INTO applied (node, journal, sequence, tick, run, world_time, clean)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
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

/// Nobody but us writes for this journal, so this can't happen while the lock is held.
pub(crate) fn newer() -> Error {
    Error::Protocol("the database already has a newer batch of this journal".to_owned())
}

/// Marks the batch of `set` as applied, within a transaction of either database.
macro_rules! mark {
    ($store:expr, $tx:expr, $set:expr) => {
        let (origin, mark) = ($set.origin, $set.mark);
        let marked = sqlx::query($store.sql($crate::store::alike::APPLIED))
            .bind(&origin.node)
            .bind(origin.journal)
            .bind($crate::store::signed(mark.sequence))
            .bind($crate::store::signed(mark.tick))
            .bind($crate::store::signed(mark.run.0))
            .bind($crate::store::signed(mark.now.0))
            .bind(mark.clean)
            .execute(&mut **$tx)
            .await?;
        if marked.rows_affected() == 0 {
            return Err($crate::store::alike::newer());
        }
    };
}

/// Keeps what `set` has refused, within a transaction of either database.
macro_rules! put_aside {
    ($store:expr, $tx:expr, $set:expr) => {
        for row in &$set.refused {
            // One statement each: this is the rare path.
            sqlx::query($store.sql($crate::store::alike::QUARANTINE))
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
