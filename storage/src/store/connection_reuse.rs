//! Whether a connection may be used again.
//!
//! Not every transaction ends by the hand that began it. SQLite rolls back by itself when a disk
//! is full or fails, and the driver goes on counting it as open. A future that is dropped while
//! `BEGIN` is on its way leaves PostgreSQL in a transaction that the driver knows nothing of:
//! whatever the next one writes is lost with it. A SQLite file that was opened while its disk was
//! read-only stays so. So each connection is asked when it comes back, whoever had it, and one that
//! is not as new is closed.

use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Connection, Error, Executor, PgConnection, Row, SqliteConnection, raw_sql};

use super::fault::is_locked;

/// A server that answers no sooner is taken for gone; one that was only frozen keeps what
/// connections it has.
const ANSWER_LONGEST: Duration = Duration::from_secs(30);

/// Closes what comes back unfit to write.
pub(super) fn writers(options: SqlitePoolOptions) -> SqlitePoolOptions {
    options.after_release(|connection, _| {
        Box::pin(async move { Ok(may_write(connection).await.unwrap_or(false)) })
    })
}

/// Closes what comes back unfit to read.
pub(super) fn readers(options: SqlitePoolOptions) -> SqlitePoolOptions {
    options.after_release(|connection, _| {
        Box::pin(async move { Ok(may_read(connection).await.unwrap_or(false)) })
    })
}

/// Closes what comes back in a transaction.
pub(super) fn both(options: PgPoolOptions) -> PgPoolOptions {
    options.after_release(|connection, _| {
        Box::pin(async move {
            match tokio::time::timeout(ANSWER_LONGEST, is_alone(connection)).await {
                Ok(alone) => alone,
                // Not closed with a good-bye: nobody listens.
                Err(_) => Err(Error::PoolTimedOut),
            }
        })
    })
}

async fn may_write(connection: &mut SqliteConnection) -> Result<bool, Error> {
    Ok(knows_of_none(connection).await? && in_none(connection, "BEGIN IMMEDIATE; ROLLBACK").await)
}

async fn may_read(connection: &mut SqliteConnection) -> Result<bool, Error> {
    Ok(knows_of_none(connection).await? && in_none(connection, "BEGIN; ROLLBACK").await)
}

/// Whether the driver counts no transaction, once all that was queued is done.
async fn knows_of_none(connection: &mut SqliteConnection) -> Result<bool, Error> {
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// Whether SQLite itself is in none: it would not begin another one. Nor does it begin one to write
/// in a file that it could only open for reading; that somebody else writes just now is no fault.
async fn in_none(connection: &mut SqliteConnection, probe: &'static str) -> bool {
    match raw_sql(probe).execute(connection).await {
        Ok(_) => true,
        Err(error) => is_locked(&error),
    }
}

/// Whether a statement is a transaction of its own, which then begins with it. In one that failed
/// there is no answer but an error.
async fn is_alone(connection: &mut PgConnection) -> Result<bool, Error> {
    let asked = raw_sql("SELECT now() = statement_timestamp()");
    let alone: bool = connection.fetch_one(asked).await?.try_get(0)?;
    Ok(alone && !connection.is_in_transaction())
}
