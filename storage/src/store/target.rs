//! What a database URL and the settings beside it come to.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Error};

use crate::StorageFault;
use crate::config::{DatabaseConfig, TlsMode};

/// The shortest time after which a transaction that waits for its own server is given up, in
/// milliseconds: one on a slow machine must not be.
const IDLE_LEAST_MS: u64 = 4_000;

/// A database, ready to be connected to.
pub(super) enum Target {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

impl Target {
    /// Understands `url`; answers what to call the database, too.
    pub(super) fn parse(
        config: &DatabaseConfig,
        url: &str,
    ) -> Result<(String, Self), StorageFault> {
        let bad = |error: Error| StorageFault::Config {
            key: "database.url",
            reason: format!("can't be understood: {error}"),
        };
        let statement_ms = config.statement_timeout_ms;
        let idle_ms = config.lease_ms.max(IDLE_LEAST_MS);
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
            return Ok((target, Self::Sqlite(options)));
        }
        let mut options = PgConnectOptions::from_str(url)
            .map_err(bad)?
            .application_name("kadath")
            // No column is one, and a pooler may not know the setting.
            .extra_float_digits(None)
            .options([
                // A segment of the journal is deleted on the strength of a commit.
                ("synchronous_commit", "on".to_owned()),
                ("statement_timeout", statement_ms.to_string()),
                // Who is taken for dead must hold no locks: others wait for them.
                ("idle_in_transaction_session_timeout", idle_ms.to_string()),
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
        Ok((target, Self::Postgres(options)))
    }
}
