//! Whether a PostgreSQL meets the requirements: encoding, rights, sessions. Checked at start, so that
//! no player's text is the first to fail.

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Error, PgConnection, query_as, query_scalar};

use crate::StorageFault;

/// What must be as named for anything to be saved.
const SETTINGS: &str = "
    SELECT current_setting('server_encoding'), current_setting('client_encoding'),
           current_setting('transaction_read_only'), current_setting('synchronous_commit')";

/// How often two connections are compared. A pooler that lends its servers for a transaction at a
/// time has lent the same one to both by then, unless it is busy.
const COMPARISONS: u32 = 3;

/// Checks the encoding and the right to write.
pub(super) async fn look(
    connection: &mut PgConnection,
    target: &str,
) -> Result<Result<(), StorageFault>, Error> {
    let asked = query_as(SETTINGS).persistent(false);
    let (server, client, read_only, commit): (String, String, String, String) =
        asked.fetch_one(connection).await?;
    let target = target.to_owned();
    for encoding in [server, client] {
        if encoding != "UTF8" {
            return Ok(Err(StorageFault::Encoding { target, encoding }));
        }
    }
    let reason = if read_only == "on" {
        "it is read-only (a standby, or default_transaction_read_only is on)"
    } else if commit == "off" {
        "synchronous_commit is off, so that what it has committed can be lost"
    } else {
        return Ok(Ok(()));
    };
    let reason = reason.to_owned();
    Ok(Err(StorageFault::Refused { target, reason }))
}

/// Looks whether two connections are two: what one of them sets or prepares must be there at its
/// next statement, and nowhere else.
pub(super) async fn compare(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
    target: &str,
) -> Result<Result<(), StorageFault>, Error> {
    // A second connection that can't be had is nobody's proof.
    let Ok(mut second) = options.connect().await else {
        return Ok(Ok(()));
    };
    let mut pooled = false;
    for _ in 0..COMPARISONS {
        pooled |= server_of(connection).await? == server_of(&mut second).await?;
    }
    second.close().await?;
    if pooled {
        return Ok(Err(StorageFault::Pooled {
            target: target.to_owned(),
        }));
    }
    Ok(Ok(()))
}

/// Nothing here is prepared under a name: behind such a pooler the name is another one's, too.
async fn server_of(connection: &mut PgConnection) -> Result<i32, Error> {
    query_scalar("SELECT pg_backend_pid()")
        .persistent(false)
        .fetch_one(connection)
        .await
}
