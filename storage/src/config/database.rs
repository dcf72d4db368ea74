//! The section `[database]`: URL, TLS, pool, patience, sharing.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::check;
use crate::StorageFault;

/// How the connection to PostgreSQL is protected. SQLite is a file and ignores it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// As the URL's `sslmode` says, else TLS where the server offers it.
    #[default]
    Url,
    /// No TLS.
    Disable,
    /// TLS or no connection; the certificate is not checked.
    Require,
    /// TLS, and the certificate comes from a known authority.
    VerifyCa,
    /// TLS, and the certificate is of this very host.
    VerifyFull,
}

/// The database's settings.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// `postgres://…` or `sqlite://…`; empty: a SQLite file in the data folder. May hold a
    /// password, so it is never printed; see [`redact_url`].
    pub url: String,
    /// File that holds the URL, so that its password stands in no configuration; wins over `url`.
    pub url_file: Option<PathBuf>,
    /// Connections kept open even when idle.
    pub pool_min: u32,
    /// The most connections open at once.
    pub pool_max: u32,
    /// How long one who needs a connection waits for it, in milliseconds.
    pub acquire_timeout_ms: u64,
    /// How long a statement may take, in milliseconds; 0 lifts the limit.
    pub statement_timeout_ms: u64,
    /// How long a start waits for a database that can't be reached, in seconds.
    pub connect_retry_seconds: u64,
    /// Several nodes use this database: `durable` then means committed there.
    pub shared: bool,
    /// How long a silent server counts as alive on a PostgreSQL, in milliseconds.
    pub lease_ms: u64,
    /// Facts older than this many days are deleted; 0 keeps them for ever.
    pub facts_retention_days: u32,
    /// Protection of the connection.
    pub tls: TlsMode,
    /// File with the authorities to trust, PEM.
    pub tls_ca: Option<PathBuf>,
    /// File with our own certificate, PEM.
    pub tls_cert: Option<PathBuf>,
    /// File with our own key, PEM.
    pub tls_key: Option<PathBuf>,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            url_file: None,
            pool_min: 1,
            pool_max: 10,
            acquire_timeout_ms: 5_000,
            // Longer than the outages the world must ride out, so that a thawed database goes on.
            statement_timeout_ms: 60_000,
            connect_retry_seconds: 60,
            shared: false,
            lease_ms: 10_000,
            facts_retention_days: 90,
            tls: TlsMode::Url,
            tls_ca: None,
            tls_cert: None,
            tls_key: None,
        }
    }
}

impl DatabaseConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// [`StorageFault::Config`], naming the key.
    pub fn validate(&self) -> Result<(), StorageFault> {
        let scheme = self.url.split(':').next().unwrap_or_default();
        check(
            matches!(scheme, "" | "sqlite" | "postgres" | "postgresql"),
            "database.url",
            "must begin with sqlite:// or postgres://",
        )?;
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        check(
            scheme != "sqlite"
                || !["mode=ro", "mode=memory", "immutable="]
                    .iter()
                    .any(|word| query.contains(word)),
            "database.url",
            "must name a file that can be written: no mode=ro, mode=memory or immutable",
        )?;
        check(
            !self.url.contains(":memory:"),
            "database.url",
            "must name a file: a database in memory would not survive a restart",
        )?;
        check(
            (1..=1_000).contains(&self.pool_max),
            "database.pool_max",
            "must be 1 to 1000",
        )?;
        check(
            self.pool_min <= self.pool_max,
            "database.pool_min",
            "must not exceed database.pool_max",
        )?;
        check(
            (100..=60_000).contains(&self.acquire_timeout_ms),
            "database.acquire_timeout_ms",
            "must be 100 to 60000",
        )?;
        check(
            self.statement_timeout_ms == 0 || self.statement_timeout_ms >= 100,
            "database.statement_timeout_ms",
            "must be 0 (no limit) or at least 100",
        )?;
        check(
            self.connect_retry_seconds <= 3_600,
            "database.connect_retry_seconds",
            "must be 0 to 3600",
        )?;
        check(
            (1_000..=600_000).contains(&self.lease_ms),
            "database.lease_ms",
            "must be 1000 to 600000",
        )?;
        check(
            !self.shared || scheme.starts_with("postgres"),
            "database.shared",
            "needs a database.url that begins with postgres://: a SQLite file has one server",
        )?;
        check(
            self.tls_cert.is_some() == self.tls_key.is_some(),
            if self.tls_cert.is_some() {
                "database.tls_cert"
            } else {
                "database.tls_key"
            },
            "tls_cert and tls_key go together",
        )
    }

    /// How long a silent server counts as alive.
    pub(crate) const fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms)
    }

    /// How long a transaction of the applier may take: it has up to six statements, and the
    /// server ends each in time if it is there at all.
    pub(crate) fn transaction_limit(&self) -> Option<Duration> {
        (self.statement_timeout_ms > 0)
            .then(|| Duration::from_millis(self.statement_timeout_ms.saturating_mul(6)))
    }
}

// Not derived: the URL may hold a password.
impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("url", &redact_url(&self.url))
            .field("pool_min", &self.pool_min)
            .field("pool_max", &self.pool_max)
            .field("shared", &self.shared)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

/// `url` fit to be shown: what could hold a password (the user part's second half and the whole
/// query) is replaced.
#[must_use]
pub fn redact_url(url: &str) -> String {
    let (rest, query) = match url.split_once('?') {
        Some((rest, _)) => (rest, "?[REDACTED]"),
        None => (url, ""),
    };
    let Some((scheme, rest)) = rest.split_once("://") else {
        return format!("{rest}{query}");
    };
    // The last `@`: a password may hold one that nobody escaped.
    let shown = match rest.rsplit_once('@') {
        Some((login, host)) => {
            let user = login.split(':').next().unwrap_or_default();
            format!("{user}:[REDACTED]@{host}")
        }
        None => rest.to_owned(),
    };
    format!("{scheme}://{shown}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_url_holds_no_password() {
        let cases = [
            (
                "postgres://kadath:pw@db:5432/world",
                "postgres://kadath:[REDACTED]@db:5432/world",
            ),
            (
                "postgres://kadath:p@w@db/world",
                "postgres://kadath:[REDACTED]@db/world",
            ),
            (
                "postgres://db/world?password=pw",
                "postgres://db/world?[REDACTED]",
            ),
            ("postgres://db/world", "postgres://db/world"),
            ("sqlite:///data/kadath.db", "sqlite:///data/kadath.db"),
        ];
        for (url, shown) in cases {
            assert_eq!(redact_url(url), shown);
        }
        let config = DatabaseConfig {
            url: "postgres://u:hunter2@h/d".to_owned(),
            ..DatabaseConfig::default()
        };
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn only_postgresql_can_be_shared() {
        let config = DatabaseConfig {
            shared: true,
            ..DatabaseConfig::default()
        };
        let refused = config.validate().unwrap_err().to_string();
        assert!(refused.contains("database.shared"), "{refused}");
        let config = DatabaseConfig {
            url: "postgres://db/world".to_owned(),
            ..config
        };
        assert!(config.validate().is_ok());
    }

    #[test]
    fn a_pool_of_nothing_is_refused_by_name() {
        let config = DatabaseConfig {
            pool_max: 0,
            pool_min: 0,
            ..DatabaseConfig::default()
        };
        let refused = config.validate().unwrap_err().to_string();
        assert!(refused.contains("database.pool_max"), "{refused}");
    }
}
