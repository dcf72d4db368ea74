//! Configuration: a TOML file, then the environment, then flags. Every key has a default; an
//! unknown one is an error that says where it was set. All mistakes are told at once.

mod checks;
mod fault;
mod files;
mod flags;
mod listeners;
mod sections;
mod sources;
#[cfg(test)]
mod tests;
mod value;

pub use fault::{ConfigFault, ConfigFaults, SettingOrigin};
pub use flags::Overrides;
pub use listeners::TelnetAddress;
pub use sections::{
    ChatConfig, ContentConfig, LimitsConfig, LogConfig, LogFormat, LucidityConfig, ReadinessConfig,
    RecorderConfig, ScriptsConfig, ServerConfig, SessionsConfig, TickConfig,
};

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

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
    /// What the world's scripts may spend.
    pub scripts: ScriptsConfig,
    /// When `/readyz` says no.
    pub readiness: ReadinessConfig,
    /// Recordings of what the world was told and did.
    pub recorder: RecorderConfig,
    /// The world's content.
    pub content: ContentConfig,
    /// The bus to other nodes; none without a `url`.
    pub nats: net::bridge::NatsConfig,
    /// Logs.
    pub log: LogConfig,
}

/// A configuration, and where each key was set that was.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration; every value makes sense.
    pub config: Config,
    /// By key. What is not among them has its default.
    pub origins: BTreeMap<String, SettingOrigin>,
}

impl Loaded {
    /// Reads file, environment and flags, in that order, and checks every value.
    ///
    /// # Errors
    /// Every mistake, with its key and where it was set.
    pub fn read(file: Option<&Path>, flags: Overrides) -> Result<Self, ConfigFaults> {
        sources::read(file, std::env::vars_os(), flags, false)
    }

    /// As [`Loaded::read`], and looks at what a start would read beside the configuration:
    /// certificates, keys, the data folder.
    ///
    /// # Errors
    /// As [`Loaded::read`].
    pub fn read_for_start(file: Option<&Path>, flags: Overrides) -> Result<Self, ConfigFaults> {
        sources::read(file, std::env::vars_os(), flags, true)
    }

    /// Where a key was set.
    #[must_use]
    pub fn origin(&self, key: &str) -> SettingOrigin {
        let origin = self.origins.get(key).cloned();
        origin.unwrap_or(SettingOrigin::Default)
    }
}

impl Config {
    /// As [`Loaded::read`], without where what was set.
    ///
    /// # Errors
    /// Every mistake, with its key and where it was set.
    pub fn load(file: Option<&Path>, flags: Overrides) -> Result<Self, ConfigFaults> {
        Loaded::read(file, flags).map(|loaded| loaded.config)
    }

    /// Whether guests may play on these listeners.
    #[must_use]
    pub fn guests_welcome(&self, mut listeners: impl Iterator<Item = SocketAddr>) -> bool {
        match self.accounts.guests {
            Guests::Auto => listeners.all(|listener| listener.ip().is_loopback()),
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
            compressed: self.limits.telnet_compressed,
        };
        let sessions = net::SessionBounds {
            queue_bytes: self.sessions.queue_bytes,
            slow_time: Duration::from_secs(self.sessions.slow_seconds),
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
            telnet: None,
            telnets: None,
            addresses: self.log.addresses,
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
            .in_one_go(self.chat.burst)
    }
}
