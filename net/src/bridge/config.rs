//! `[nats]`: everything that can be set about the bus.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::subject;

/// The most worlds that a node hears; each costs it a task and a place in that world's stream.
pub(super) const WORLDS_MAX: usize = 16;

/// The bus's configuration. Without a `url` there is no bus.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NatsConfig {
    /// The brokers, comma separated: `nats://host:4222` or `tls://host:4222`. Empty: no bus.
    pub url: String,
    /// The world's name, the first token of every subject.
    pub world: String,
    /// Other worlds on the same brokers, whose heralds are told to the players here.
    pub hears_worlds: Vec<String>,
    /// Connections; what is said in one room or to one player always takes the same.
    pub connections: u16,
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
    /// A file that holds it.
    pub password_file: Option<PathBuf>,
    /// Token.
    pub token: String,
    /// A file that holds it.
    pub token_file: Option<PathBuf>,
    /// A credentials file (JWT and seed).
    pub credentials_file: Option<PathBuf>,
    /// A file that holds an nkey's seed.
    pub nkey_file: Option<PathBuf>,
    /// Certificates of authorities that are believed, PEM.
    pub tls_ca: Option<PathBuf>,
    /// Our certificate, PEM.
    pub tls_cert: Option<PathBuf>,
    /// Its key, PEM.
    pub tls_key: Option<PathBuf>,
    /// Check the broker's certificate. `false` is for experiments: anybody can be the broker.
    pub tls_verify: bool,
    /// Milliseconds for a connection to be made.
    pub connect_timeout_ms: u64,
    /// Milliseconds for a message to leave, or the broker to answer.
    pub request_timeout_ms: u64,
    /// Three probes are sent in this many milliseconds; three misses mean degraded.
    pub health_interval_ms: u64,
    /// Milliseconds to wait after five failed attempts to connect.
    pub circuit_ms: u64,
    /// Milliseconds after which the players of a node that is silent are gone from `who`.
    pub lease_ms: u64,
    /// Milliseconds after which what was not acknowledged is delivered again.
    pub ack_wait_ms: u64,
    /// Copies of the stream that the broker keeps.
    pub stream_replicas: usize,
    /// Hours for which the stream keeps messages for nodes that are away.
    pub stream_max_age_hours: u64,
    /// Bytes that the stream may hold.
    pub stream_max_bytes: i64,
    /// Messages that must arrive and are not stored by the broker yet; beyond, whispers to other
    /// nodes are refused.
    pub outbox_max: usize,
    /// Dead letters kept.
    pub dead_letters_max: usize,
    /// Days for which they are kept.
    pub dead_letters_days: u64,
}

// Secrets stay out of logs.
impl std::fmt::Debug for NatsConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NatsConfig")
            .field("world", &self.world)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

impl Default for NatsConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            world: "kadath".to_owned(),
            hears_worlds: Vec::new(),
            connections: 2,
            user: String::new(),
            password: String::new(),
            password_file: None,
            token: String::new(),
            token_file: None,
            credentials_file: None,
            nkey_file: None,
            tls_ca: None,
            tls_cert: None,
            tls_key: None,
            tls_verify: true,
            connect_timeout_ms: 5_000,
            request_timeout_ms: 5_000,
            health_interval_ms: 5_000,
            circuit_ms: 10_000,
            lease_ms: 15_000,
            ack_wait_ms: 30_000,
            stream_replicas: 1,
            stream_max_age_hours: 168,
            stream_max_bytes: 256 * 1024 * 1024,
            outbox_max: 10_000,
            dead_letters_max: 1_000,
            dead_letters_days: 7,
        }
    }
}

/// A key of `[nats]` that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nats.{key}: {reason}")]
pub struct NatsConfigFault {
    /// The key, without its section.
    pub key: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

/// What a world's name must be. Not the name that was given: it may be a secret at a wrong key.
const NAME: &str = "must be 1 to 64 letters, digits, `_` and `-`";

fn wrong(key: &'static str, reason: impl Into<String>) -> NatsConfigFault {
    NatsConfigFault {
        key,
        reason: reason.into(),
    }
}

impl NatsConfig {
    /// Whether there is a bus.
    #[must_use]
    pub fn enabled(&self) -> bool {
        !self.url.trim().is_empty()
    }

    /// Checks every value, also when there is no bus.
    ///
    /// # Errors
    /// Names the key.
    pub fn validate(&self) -> Result<(), NatsConfigFault> {
        self.validate_urls()?;
        subject::name(&self.world).map_err(|_| wrong("world", NAME))?;
        self.validate_worlds()?;
        if !(1..=64).contains(&self.connections) {
            return Err(wrong("connections", "is not between 1 and 64"));
        }
        self.validate_credentials()?;
        self.validate_bounds()
    }

    fn validate_urls(&self) -> Result<(), NatsConfigFault> {
        if self.enabled() {
            for url in self.urls() {
                let address: Result<async_nats::ServerAddr, _> = url.parse();
                if address.is_err() || !["nats://", "tls://"].iter().any(|it| url.starts_with(it)) {
                    // Not the text itself: it may hold a password.
                    return Err(wrong(
                        "url",
                        "is not like nats://host:4222 or tls://host:4222",
                    ));
                }
            }
        }
        Ok(())
    }

    fn validate_credentials(&self) -> Result<(), NatsConfigFault> {
        if self.tls_cert.is_some() != self.tls_key.is_some() {
            let key = if self.tls_cert.is_some() {
                "tls_cert"
            } else {
                "tls_key"
            };
            return Err(wrong(key, "tls_cert and tls_key go together"));
        }
        if self.user.is_empty() != self.password.is_empty() {
            let key = if self.user.is_empty() {
                "password"
            } else {
                "user"
            };
            return Err(wrong(key, "user and password go together"));
        }
        let ways = [
            !self.user.is_empty(),
            !self.token.is_empty(),
            self.credentials_file.is_some(),
            self.nkey_file.is_some(),
        ];
        if ways.into_iter().filter(|given| *given).count() > 1 {
            return Err(wrong(
                "user",
                "only one of user, token, credentials_file and nkey_file can be used",
            ));
        }
        let files = [
            ("tls_ca", &self.tls_ca),
            ("tls_cert", &self.tls_cert),
            ("tls_key", &self.tls_key),
            ("credentials_file", &self.credentials_file),
            ("nkey_file", &self.nkey_file),
        ];
        for (key, file) in files {
            if let Some(file) = file
                && !file.is_file()
            {
                return Err(wrong(key, "names no file that can be read"));
            }
        }
        Ok(())
    }

    fn validate_bounds(&self) -> Result<(), NatsConfigFault> {
        let spans = [
            ("connect_timeout_ms", self.connect_timeout_ms, 10),
            ("request_timeout_ms", self.request_timeout_ms, 10),
            ("health_interval_ms", self.health_interval_ms, 30),
            ("circuit_ms", self.circuit_ms, 1),
            ("lease_ms", self.lease_ms, 300),
            ("ack_wait_ms", self.ack_wait_ms, 100),
            ("stream_max_age_hours", self.stream_max_age_hours, 1),
            ("dead_letters_days", self.dead_letters_days, 1),
        ];
        for (key, value, least) in spans {
            if value < least {
                return Err(wrong(key, format!("must be at least {least}")));
            }
        }
        if !(1..=5).contains(&self.stream_replicas) {
            return Err(wrong("stream_replicas", "is not between 1 and 5"));
        }
        if self.stream_max_bytes < 1024 * 1024 {
            return Err(wrong("stream_max_bytes", "must be at least 1048576"));
        }
        for (key, value) in [
            ("outbox_max", self.outbox_max),
            ("dead_letters_max", self.dead_letters_max),
        ] {
            if value == 0 {
                return Err(wrong(key, "must be at least 1"));
            }
        }
        Ok(())
    }

    fn validate_worlds(&self) -> Result<(), NatsConfigFault> {
        let worlds = &self.hears_worlds;
        if worlds.len() > WORLDS_MAX {
            let reason = format!("at most {WORLDS_MAX} worlds can be heard");
            return Err(wrong("hears_worlds", reason));
        }
        for (n, world) in worlds.iter().enumerate() {
            subject::name(world).map_err(|_| wrong("hears_worlds", NAME))?;
            if *world == self.world {
                return Err(wrong("hears_worlds", "one of them is this world itself"));
            }
            if worlds[..n].contains(world) {
                return Err(wrong("hears_worlds", "one of them is named twice"));
            }
        }
        Ok(())
    }

    /// The brokers, one by one.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.url
            .split(',')
            .map(str::trim)
            .filter(|url| !url.is_empty())
    }

    /// The folder of dead letters with its bounds.
    #[must_use]
    pub fn dead_letters(&self, data: &Path) -> super::DeadLetters {
        let longest = Duration::from_secs(self.dead_letters_days.saturating_mul(86_400));
        super::DeadLetters::below(data, self.dead_letters_max, longest)
    }

    /// After so long no message comes again: not from the stream, and not from a dead letter.
    #[must_use]
    pub fn forgotten_after(&self) -> Duration {
        let stream = self.stream_max_age_hours.saturating_mul(3_600);
        let dead_letters = self.dead_letters_days.saturating_mul(86_400);
        Duration::from_secs(stream.saturating_add(dead_letters).saturating_add(86_400))
    }

    pub(super) const fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    pub(super) const fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(change: impl FnOnce(&mut NatsConfig)) -> &'static str {
        let mut config = NatsConfig {
            url: "nats://127.0.0.1:4222".into(),
            ..NatsConfig::default()
        };
        assert_eq!(config.validate(), Ok(()));
        change(&mut config);
        config.validate().unwrap_err().key
    }

    #[test]
    fn bridge_config_mistake_names_key() {
        assert_eq!(broken(|c| c.url = "http://x".into()), "url");
        assert_eq!(broken(|c| c.url = "nats://a:1,b".into()), "url");
        assert_eq!(broken(|c| c.world = "a.b".into()), "world");
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        for worlds in [&["a.b"][..], &["kadath"], &["dream", "dream"], &["w"; 17]] {
            let fault = broken(|c| c.hears_worlds = names(worlds));
            assert_eq!(fault, "hears_worlds", "{worlds:?}");
        }
        assert_eq!(broken(|c| c.connections = 0), "connections");
        assert_eq!(broken(|c| c.tls_cert = Some("x".into())), "tls_cert");
        assert_eq!(broken(|c| c.tls_ca = Some("no-such-file".into())), "tls_ca");
        assert_eq!(broken(|c| c.user = "ann".into()), "user");
        assert_eq!(broken(|c| c.lease_ms = 0), "lease_ms");
        assert_eq!(broken(|c| c.stream_replicas = 9), "stream_replicas");
        assert_eq!(broken(|c| c.dead_letters_max = 0), "dead_letters_max");
    }

    #[test]
    fn a_url_with_a_password_is_not_repeated() {
        let config = NatsConfig {
            url: "nats://ann:hunter2@:x".into(),
            ..NatsConfig::default()
        };
        let fault = config.validate().unwrap_err().to_string();
        assert!(!fault.contains("hunter2"), "{fault}");
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn brokers_may_be_several_and_default_to_none() {
        let config = NatsConfig {
            url: "nats://a:4222, tls://b:4222".into(),
            ..NatsConfig::default()
        };
        assert_eq!(config.validate(), Ok(()));
        assert_eq!(
            config.urls().collect::<Vec<_>>(),
            ["nats://a:4222", "tls://b:4222"]
        );
        assert!(!NatsConfig::default().enabled());
    }
}
