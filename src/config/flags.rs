//! Flags as a source of configuration.

use std::path::PathBuf;

use figment::providers::Serialized;
use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};

/// What flags set.
#[derive(Debug, Default)]
pub struct Overrides {
    /// `--listen`
    pub listen: Option<String>,
    /// `--database`
    pub database: Option<String>,
    /// `--nats`
    pub nats: Option<String>,
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--world`
    pub world: Option<PathBuf>,
    /// `--seed`
    pub seed: Option<u64>,
    /// `--log-format`
    pub log_format: Option<String>,
}

impl Overrides {
    pub(super) fn flags(self) -> impl Iterator<Item = Flag> {
        let path = |path: PathBuf| Value::from(path.to_string_lossy().into_owned());
        [
            ("--listen", "server.listen", self.listen.map(Value::from)),
            ("--database", "database.url", self.database.map(Value::from)),
            ("--nats", "nats.url", self.nats.map(Value::from)),
            ("--data", "server.data", self.data.map(path)),
            ("--world", "server.world", self.world.map(path)),
            ("--seed", "tick.seed", self.seed.map(Value::from)),
            (
                "--log-format",
                "log.format",
                self.log_format.map(Value::from),
            ),
        ]
        .into_iter()
        .filter_map(|(flag, key, value)| {
            Some(Flag {
                flag,
                key,
                value: value?,
            })
        })
    }
}

/// One flag as a source of configuration, so that a mistake in it is blamed on it.
pub(super) struct Flag {
    flag: &'static str,
    key: &'static str,
    value: Value,
}

impl Provider for Flag {
    fn metadata(&self) -> Metadata {
        Metadata::named(format!("flag {}", self.flag))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Serialized::default(self.key, &self.value).data()
    }
}
