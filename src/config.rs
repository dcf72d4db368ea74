//! Configuration: a TOML file, then the environment, then flags. Every key has a default; an
//! unknown one is an error that says where it was set.

mod checks;
mod flags;
mod sections;

pub use flags::Overrides;
pub use sections::{
    ChatConfig, LimitsConfig, LogConfig, LogFormat, LucidityConfig, ReadinessConfig, ServerConfig,
    SessionsConfig, TickConfig,
};

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::{Deserialize, Serialize};
use storage::{AccountsConfig, DatabaseConfig, Guests, JournalConfig};

/// Everything that can be set.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The process and its listener.
    pub server: ServerConfig,
    /// The pace of the world.
    pub tick: TickConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// The journal.
    pub journal: JournalConfig,
    /// Accounts, characters and tokens.
    pub accounts: AccountsConfig,
    /// How much anyone may do; 0 lifts a limit.
    pub limits: LimitsConfig,
    /// What a session may hold back for a slow or absent client.
    pub sessions: SessionsConfig,
    /// Lines per minute, character and channel; 0 lifts a limit.
    pub chat: ChatConfig,
    /// What an operator may set beside the world's own rules.
    pub lucidity: LucidityConfig,
    /// When `/readyz` says no.
    pub readiness: ReadinessConfig,
    /// The bus to other nodes; none without a `url`.
    pub nats: net::bridge::NatsConfig,
    /// Logs.
    pub log: LogConfig,
}

/// A key that can't be used, and where it was set.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    /// The file or a value in it can't be read.
    #[error("{0}")]
    Unreadable(String),
    /// A value that makes no sense.
    #[error("configuration key {key}: {reason}")]
    Invalid {
        /// The key.
        key: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl Config {
    /// Reads file, environment and flags, in that order, and checks every value.
    ///
    /// # Errors
    /// Names the key and where it was set.
    pub fn load(file: Option<&Path>, flags: Overrides) -> Result<Self, ConfigFault> {
        let config = Self::read(file, flags)?;
        config.validate()?;
        Ok(config)
    }

    /// As [`Config::load`], but every value that makes no sense is named, not the first alone.
    ///
    /// # Errors
    /// All of them; one, when the sources can't be read as a whole.
    pub fn load_all(file: Option<&Path>, flags: Overrides) -> Result<Self, Vec<ConfigFault>> {
        let config = Self::read(file, flags).map_err(|fault| vec![fault])?;
        let faults = config.faults();
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(faults)
        }
    }

    fn read(file: Option<&Path>, flags: Overrides) -> Result<Self, ConfigFault> {
        let mut figment = Figment::new();
        if let Some(file) = file {
            if !file.is_file() {
                return Err(ConfigFault::Unreadable(format!(
                    "configuration file {} can't be read",
                    file.display()
                )));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        // Only KADATH_SECTION__KEY: other variables of that prefix belong to tests and scripts.
        let variables = Env::prefixed("KADATH_")
            .filter(|key| key.as_str().contains("__"))
            .split("__");
        figment = figment.merge(variables);
        for flag in flags.flags() {
            figment = figment.merge(flag);
        }
        let mut config: Self = figment
            .extract()
            .map_err(|error| ConfigFault::Unreadable(describe(error)))?;
        config.read_secrets()?;
        Ok(config)
    }

    /// The address to listen on.
    ///
    /// # Errors
    /// When it is not an address.
    pub fn address(&self) -> Result<SocketAddr, ConfigFault> {
        let listen = &self.server.listen;
        listen.parse().map_err(|_| {
            invalid(
                "server.listen",
                format!("`{listen}` is not an address like 127.0.0.1:4000"),
            )
        })
    }

    /// Whether guests may play on this listener.
    #[must_use]
    pub const fn guests_welcome(&self, listener: SocketAddr) -> bool {
        match self.accounts.guests {
            Guests::Auto => listener.ip().is_loopback(),
            Guests::Always => true,
            Guests::Never => false,
        }
    }

    /// How far ticks, journal and database may lag before `/readyz` says no.
    #[must_use]
    pub const fn lag_max(&self) -> Duration {
        match self.readiness.lag_seconds {
            // A century.
            0 => Duration::from_secs(100 * 366 * 86_400),
            seconds => Duration::from_secs(seconds),
        }
    }

    /// What storage is told.
    #[must_use]
    pub fn storage(&self) -> storage::StorageConfig {
        let mut journal = self.journal.clone();
        if journal.facts_max == 0 {
            // As many as memory holds.
            journal.facts_max = u32::MAX;
        }
        storage::StorageConfig {
            data: self.server.data.clone(),
            node: self.server.node.clone(),
            journal,
            database: self.database.clone(),
            accounts: self.accounts.clone(),
        }
    }

    /// What the gateway is told.
    #[must_use]
    pub fn net(&self) -> net::NetConfig {
        let limits = net::NetLimits {
            frames_per_minute: self.limits.frames_per_minute,
            connections_per_account: self.limits.connections_per_account,
            connections_per_address: self.limits.connections_per_address,
            connection_attempts_per_minute: self.limits.connection_attempts_per_minute,
            failed_logins_per_minute: self.limits.failed_logins_per_minute,
            calls_per_minute: self.limits.calls_per_minute,
            sign_ins_per_minute: self.limits.sign_ins_per_minute,
            sockets: self.limits.sockets,
        };
        let sessions = net::SessionBounds {
            queue_bytes: self.sessions.queue_bytes,
            replay_bytes: self.sessions.replay_bytes,
            replay_time: Duration::from_secs(self.sessions.replay_seconds),
            ..net::SessionBounds::default()
        };
        let timeouts = net::Timeouts {
            idle: Duration::from_secs(self.sessions.idle_seconds),
            grace: Duration::from_secs(self.server.linkdead_grace_seconds),
            ..net::Timeouts::default()
        };
        net::NetConfig {
            origins: self.server.origins.clone(),
            trust_proxy: self.server.trust_proxy,
            // The gateway knows by its doors and its listener.
            tls: false,
            loopback: false,
            limits,
            sessions,
            timeouts,
        }
    }

    /// The chat limits.
    #[must_use]
    pub fn chat(&self) -> systems::chat::ChatLimits {
        use systems::chat::Channel;
        systems::chat::ChatLimits::default()
            .with(Channel::Say, self.chat.say_per_minute)
            .with(Channel::Local, self.chat.local_per_minute)
            .with(Channel::Global, self.chat.global_per_minute)
            .with(Channel::Whisper, self.chat.whisper_per_minute)
            .with(Channel::Emote, self.chat.emote_per_minute)
            .with(Channel::Pose, self.chat.pose_per_minute)
            .with(Channel::System, self.chat.system_per_minute)
            .with(Channel::Admin, self.chat.admin_per_minute)
    }

    fn read_secrets(&mut self) -> Result<(), ConfigFault> {
        if let Some(file) = &self.database.url_file {
            let read = std::fs::read_to_string(file);
            let url = read.map_err(|error| {
                invalid("database.url_file", format!("{}: {error}", file.display()))
            })?;
            self.database.url = url.trim().to_owned();
        }
        self.nats.read_secrets().map_err(nats)
    }
}

fn nats(fault: net::bridge::NatsConfigFault) -> ConfigFault {
    ConfigFault::Unreadable(format!("configuration key {fault}"))
}

fn invalid(key: &'static str, reason: impl Into<String>) -> ConfigFault {
    ConfigFault::Invalid {
        key,
        reason: reason.into(),
    }
}

/// One line: the key, what is wrong, and where it was set. A value is shown only by its kind: it
/// might be a secret.
fn describe(error: figment::Error) -> String {
    let key = error.path.join(".");
    let source = error
        .metadata
        .as_ref()
        .map_or_else(String::new, |metadata| match &metadata.source {
            Some(source) => format!(", set in {source}"),
            None => format!(", set by {}", metadata.name),
        });
    match &error.kind {
        // The path may or may not end with the field already.
        figment::error::Kind::UnknownField(field, _) => {
            let name = match error.path.last() {
                Some(last) if last == field => key,
                Some(_) => format!("{key}.{field}"),
                None => field.clone(),
            };
            format!("unknown configuration key {name}{source}")
        }
        kind if key.is_empty() => format!("configuration: {kind}{source}"),
        kind => format!("configuration key {key}: {kind}{source}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str) -> Result<Config, String> {
        let file =
            std::env::temp_dir().join(format!("kadath-config-{}.toml", uuid::Uuid::new_v4()));
        std::fs::write(&file, toml).unwrap();
        let config = Config::load(Some(&file), Overrides::default());
        std::fs::remove_file(&file).unwrap();
        config.map_err(|fault| fault.to_string())
    }

    #[test]
    fn an_unknown_key_is_named_with_its_file() {
        let fault = load("[limits]\ncommand_per_second = 3\n").unwrap_err();
        assert!(
            fault.contains("limits.command_per_second") && fault.contains(".toml"),
            "{fault}"
        );
        let fault = load("[limit]\nx = 3\n").unwrap_err();
        assert!(fault.contains("unknown configuration key limit"), "{fault}");
    }

    #[test]
    fn a_wrong_value_is_named_by_its_key() {
        let fault = load("[tick]\nrate_hz = \"fast\"\n").unwrap_err();
        assert!(fault.contains("tick.rate_hz"), "{fault}");
        let fault = load("[tick]\nrate_hz = 121\n").unwrap_err();
        assert!(
            fault.contains("tick.rate_hz") && fault.contains("121"),
            "{fault}"
        );
        let fault = load("[database]\npool_max = 0\n").unwrap_err();
        assert!(fault.contains("database.pool_max"), "{fault}");
    }

    #[test]
    fn a_flag_wins_and_is_blamed() {
        let flags = Overrides {
            listen: Some("here".into()),
            ..Overrides::default()
        };
        let fault = Config::load(None, flags).unwrap_err().to_string();
        assert!(
            fault.contains("server.listen") && fault.contains("here"),
            "{fault}"
        );
        let flags = Overrides {
            log_format: Some("xml".into()),
            ..Overrides::default()
        };
        let fault = Config::load(None, flags).unwrap_err().to_string();
        assert!(
            fault.contains("log.format") && fault.contains("--log-format"),
            "{fault}"
        );
    }

    #[test]
    fn zero_lifts_what_is_a_limit() {
        let config = load(
            "[journal]\nfacts_max = 0\n[readiness]\nlag_seconds = 0\n[sessions]\nidle_seconds = 0\n",
        )
        .unwrap();
        assert_eq!(config.storage().journal.facts_max, u32::MAX);
        assert!(config.lag_max() > Duration::from_secs(1_000_000_000));
        assert!(config.net().timeouts.idle.is_zero());
    }

    #[test]
    fn an_operator_may_soften_what_the_world_does_to_minds() {
        let config = load("[lucidity]\ndefault_flux = 0.5\ndrain_rate_max = 2.0\n").unwrap();
        let mut rules = crate::check::load(Path::new("world")).unwrap().lucidity;
        config.lucidity.apply(&mut rules);
        assert_eq!((rules.default, rules.drain_rate_max), (0.5, 2.0));
        let fault = load("[lucidity]\ndrain_rate_max = -1.0\n").unwrap_err();
        assert!(fault.contains("lucidity.drain_rate_max"), "{fault}");
    }

    #[test]
    fn everything_has_a_default() {
        let config = load("").unwrap();
        assert_eq!(
            (config.tick.rate_hz, config.limits.commands_per_second),
            (20, 10)
        );
        assert_eq!(config.limits.frames_per_minute, 1_200);
    }
}
