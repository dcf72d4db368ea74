//! Reaching the database at start: patient with one that is down, quick with what time won't mend.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::migrate::MigrateError;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{ConnectOptions, Connection, Error};

use super::fault::{ErrorClass, error_class, is_hopeless, is_locked};
use super::target::Target;
use super::{Counters, Pools, Store, connection_reuse, migrations, requirements};
use crate::StorageFault;
use crate::backoff::Backoff;
use crate::config::DatabaseConfig;

/// No single attempt to connect may eat the whole patience. Migrating may: it takes as long as the
/// database is big, and another node may be at it.
const ATTEMPT_MAX: Duration = Duration::from_secs(10);

/// Readers beside SQLite's one writer; more would only wait for the same disk.
const SQLITE_READERS_MAX: u32 = 4;

/// Why the database is not ready for us.
enum Unready {
    /// It can't be used as it is.
    Unfit(StorageFault),
    /// It could not be reached or brought up to date.
    Failed(MigrateError),
}

impl<E: Into<MigrateError>> From<E> for Unready {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Store {
    /// Connects, waiting for a database that is away, and brings it up to date.
    pub(crate) async fn connect(
        config: &DatabaseConfig,
        url: &str,
        counters: Counters,
    ) -> Result<Self, StorageFault> {
        let (target, options) = Target::parse(config, url)?;
        let began = Instant::now();
        let patience = Duration::from_secs(config.connect_retry_seconds);
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        loop {
            let fault = match prepare(config, &options, &target).await {
                Ok(()) => break,
                Err(Unready::Unfit(fault)) => return Err(fault),
                Err(Unready::Failed(fault)) => fault,
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
            unheeded_orders: std::sync::Arc::default(),
            shared: config.shared,
            target,
            database_identity: Arc::default(),
            blocked: Arc::default(),
        })
    }
}

/// One connection of its own, closed before the pool opens: migrating never exceeds the pool.
///
/// `run_direct` and not `run`: the latter's future can't be sent to another thread.
async fn prepare(config: &DatabaseConfig, options: &Target, target: &str) -> Result<(), Unready> {
    match options {
        Target::Sqlite(options) => {
            let mut connection = in_time(options.connect()).await?;
            migrations::sqlite()
                .run_direct(None, &mut connection, false)
                .await?;
            connection.close().await?;
        }
        Target::Postgres(options) => {
            let mut connection = in_time(options.connect()).await?;
            let looking = requirements::look(&mut connection, target);
            let unfit = in_time(looking).await?;
            unfit.map_err(Unready::Unfit)?;
            if config.pool_max > 1 {
                let comparing = requirements::compare(&mut connection, options, target);
                let unfit = in_time(comparing).await?;
                unfit.map_err(Unready::Unfit)?;
            }
            let unbound = sqlx::query("SET statement_timeout = 0");
            in_time(unbound.execute(&mut connection)).await?;
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
        MigrateError::Execute(error) => match error_class(&error) {
            _ if is_hopeless(&error) => Err(StorageFault::Refused {
                target,
                reason: error.to_string(),
            }),
            // A file is there or it is not; only a lock on it passes.
            ErrorClass::Passing if !is_file || is_locked(&error) => Ok(error.to_string()),
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

fn pools(config: &DatabaseConfig, options: Target) -> Pools {
    let acquire = Duration::from_millis(config.acquire_timeout_ms);
    match options {
        Target::Sqlite(options) => {
            let pool = |connections: u32| {
                SqlitePoolOptions::new()
                    .max_connections(connections)
                    .min_connections(1)
                    .acquire_timeout(acquire)
            };
            let writer = connection_reuse::writers(pool(1)).connect_lazy_with(options.clone());
            let readers = match config.pool_max.saturating_sub(1) {
                0 => writer.clone(),
                more => connection_reuse::readers(pool(more.min(SQLITE_READERS_MAX)))
                    .connect_lazy_with(options),
            };
            Pools::Sqlite { writer, readers }
        }
        Target::Postgres(options) => {
            let pool = PgPoolOptions::new()
                .max_connections(config.pool_max)
                .min_connections(config.pool_min)
                .acquire_timeout(acquire);
            Pools::Postgres(connection_reuse::both(pool).connect_lazy_with(options))
        }
    }
}
