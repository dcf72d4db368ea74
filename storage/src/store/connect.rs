//! Reaching the database at start: patient with one that is down, quick with a wrong setting.

use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Error};

use super::fault::{Trouble, is_locked, trouble};
use super::{Pools, Store, migrations};
use crate::StorageFault;
use crate::backoff::Backoff;
use crate::config::{DatabaseConfig, TlsMode};
use crate::metrics::Counters;

/// No single attempt to connect may eat the whole patience. Migrating may: it takes as long as the
/// database is big, and another node may be at it.
const ATTEMPT_MAX: Duration = Duration::from_secs(10);

/// Readers beside SQLite's one writer; more would only wait for the same disk.
const SQLITE_READERS_MAX: u32 = 4;

enum Target {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

impl Store {
    /// Connects, waiting for a database that is away, and brings it up to date.
    pub(crate) async fn connect(
        config: &DatabaseConfig,
        url: &str,
        counters: Counters,
    ) -> Result<Self, StorageFault> {
        let (target, options) = parse(config, url)?;
        let began = Instant::now();
        let patience = Duration::from_secs(config.connect_retry_seconds);
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        loop {
            let fault = match prepare(&options).await {
                Ok(()) => break,
                Err(fault) => fault,
            };
            let is_file = matches!(options, Target::Sqlite(_));
            let reason = settle(&target, is_file, fault)?;
            let wait = backoff.next();
            if began.elapsed() + wait > patience {
                return Err(StorageFault::Unreachable {
                    target,
                    seconds: config.connect_retry_seconds,
                    reason,
                });
            }
            tracing::warn!(
                database = target,
                reason,
                "database can't be reached, trying again"
            );
            tokio::time::sleep(wait).await;
        }
        Ok(Self {
            pools: pools(config, options),
            statements: counters.statements,
            quarantined: counters.quarantined,
            conflicts: counters.conflicts,
            unheard: std::sync::Arc::default(),
            shared: config.shared,
            target,
        })
    }
}

/// One connection of its own, closed before the pool opens: migrating never exceeds the pool.
///
/// `run_direct` and not `run`: the latter's future can't be sent to another thread.
async fn prepare(options: &Target) -> Result<(), MigrateError> {
    match options {
        Target::Sqlite(options) => {
            let mut connection = in_time(options.connect()).await?;
            migrations::sqlite()
                .run_direct(None, &mut connection, false)
                .await?;
            connection.close().await?;
        }
        Target::Postgres(options) => {
            let mut connection = in_time(async {
                let mut connection = options.connect().await?;
                sqlx::query("SET statement_timeout = 0")
                    .execute(&mut connection)
                    .await?;
                Ok(connection)
            })
            .await?;
            migrations::postgres()
                .run_direct(None, &mut connection, false)
                .await?;
            connection.close().await?;
        }
    }
    Ok(())
}

async fn in_time<T>(connecting: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(ATTEMPT_MAX, connecting)
        .await
        .unwrap_or(Err(Error::PoolTimedOut))
}

/// Says whether to go on trying: `Ok` holds what to tell if not even that helps.
fn settle(target: &str, is_file: bool, fault: MigrateError) -> Result<String, StorageFault> {
    let target = target.to_owned();
    match fault {
        MigrateError::Execute(error) => match trouble(&error) {
            // A file is there or it is not; only a lock on it passes.
            Trouble::Passing if !is_file || is_locked(&error) => Ok(error.to_string()),
            _ => Err(StorageFault::Refused {
                target,
                reason: error.to_string(),
            }),
        },
        MigrateError::VersionMissing(found) => Err(StorageFault::DatabaseNewer {
            target,
            found,
            known: migrations::newest(),
        }),
        other => Err(StorageFault::Migration {
            target,
            reason: other.to_string(),
        }),
    }
}

fn parse(config: &DatabaseConfig, url: &str) -> Result<(String, Target), StorageFault> {
    let bad = |error: Error| StorageFault::Config {
        key: "database.url",
        reason: format!("can't be understood: {error}"),
    };
    let statement_ms = config.statement_timeout_ms;
    if url.starts_with("sqlite:") {
        let options = SqliteConnectOptions::from_str(url)
            .map_err(bad)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_millis(config.acquire_timeout_ms))
            .disable_statement_logging();
        let target = options.get_filename().display().to_string();
        return Ok((target, Target::Sqlite(options)));
    }
    let mut options = PgConnectOptions::from_str(url)
        .map_err(bad)?
        .application_name("kadath")
        .options([
            // A segment of the journal is deleted on the strength of a commit.
            ("synchronous_commit", "on".to_owned()),
            ("statement_timeout", statement_ms.to_string()),
            // A transaction whose client vanished must not hold its locks for ever.
            ("idle_in_transaction_session_timeout", "60000".to_owned()),
        ])
        .disable_statement_logging();
    options = match config.tls {
        TlsMode::Url => options,
        TlsMode::Disable => options.ssl_mode(PgSslMode::Disable),
        TlsMode::Require => options.ssl_mode(PgSslMode::Require),
        TlsMode::VerifyCa => options.ssl_mode(PgSslMode::VerifyCa),
        TlsMode::VerifyFull => options.ssl_mode(PgSslMode::VerifyFull),
    };
    if let Some(ca) = &config.tls_ca {
        options = options.ssl_root_cert(ca);
    }
    if let (Some(cert), Some(key)) = (&config.tls_cert, &config.tls_key) {
        options = options.ssl_client_cert(cert).ssl_client_key(key);
    }
    let target = format!(
        "{} on {}:{}",
        options.get_database().unwrap_or(options.get_username()),
        options.get_host(),
        options.get_port()
    );
    Ok((target, Target::Postgres(options)))
}

fn pools(config: &DatabaseConfig, options: Target) -> Pools {
    let acquire = Duration::from_millis(config.acquire_timeout_ms);
    match options {
        Target::Sqlite(options) => {
            let pool = |connections: u32| {
                SqlitePoolOptions::new()
                    .max_connections(connections)
                    .min_connections(1)
                    .acquire_timeout(acquire)
                    .connect_lazy_with(options.clone())
            };
            let writer = pool(1);
            let readers = match config.pool_max.saturating_sub(1) {
                0 => writer.clone(),
                more => pool(more.min(SQLITE_READERS_MAX)),
            };
            Pools::Sqlite { writer, readers }
        }
        Target::Postgres(options) => Pools::Postgres(
            PgPoolOptions::new()
                .max_connections(config.pool_max)
                .min_connections(config.pool_min)
                .acquire_timeout(acquire)
                .connect_lazy_with(options),
        ),
    }
}
