//! The sections of the configuration that belong to no crate of their own, with their defaults.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `[server]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: String,
    /// Address and port for metrics alone; none: they are at `listen`.
    pub metrics_listen: Option<String>,
    /// Address and port for telnet; `off`: none; not set: 127.0.0.1:4001 beside the default `listen`.
    pub telnet: Option<String>,
    /// Address and port for telnet by TLS; none without it, or with `off`.
    pub telnets: Option<String>,
    /// Folder of journal, keys and (by default) the SQLite file.
    pub data: PathBuf,
    /// Folder of the world's texts; where there is none by the usual name, the world inside of the
    /// program.
    pub world: PathBuf,
    /// This node's name among those that share a database.
    pub node: String,
    /// Certificate chain, PEM; with `tls_key`: HTTPS and WSS.
    pub tls_cert: Option<PathBuf>,
    /// Private key, PEM.
    pub tls_key: Option<PathBuf>,
    /// Origins beside our own whose pages may call; `*` for all.
    pub origins: Vec<String>,
    /// Believe `X-Forwarded-For`; only behind a proxy of one's own.
    pub trust_proxy: bool,
    /// Seconds a character stays after its connection was lost.
    pub linkdead_grace_seconds: u64,
    /// Seconds a connection is away before those around are told; 0: at once.
    pub link_notice_seconds: u64,
    /// Threads that serve connections; 0: one per processor.
    pub io_threads: usize,
}

/// `[lucidity]`: what an operator may set beside the world's own rules.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LucidityConfig {
    /// The flux of places that no rule names, in points per Mythos minute.
    pub default_flux: Option<f64>,
    /// The most that a drain rate of zone or sub-zone counts for; 0 lifts the limit.
    pub drain_rate_max: Option<f64>,
}

impl LucidityConfig {
    /// For the game.
    #[must_use]
    pub const fn overrides(self) -> systems::lucidity::LucidityOverrides {
        systems::lucidity::LucidityOverrides {
            default_flux: self.default_flux,
            drain_rate_max: self.drain_rate_max,
        }
    }
}

/// `[tick]`
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TickConfig {
    /// Ticks per second, 1 to 120. Changes no rule's outcome per unit of time.
    pub rate_hz: u32,
    /// What all chance grows from.
    pub seed: u64,
    /// Milliseconds of a tick that one plugin may take; more is a fault, and five within a minute leave
    /// it out for a while. 0 lifts the limit.
    pub plugin_ms: u64,
}

impl TickConfig {
    /// The most of a tick that a plugin may take, if there is a most.
    #[must_use]
    pub fn plugin_time(self) -> Option<Duration> {
        (self.plugin_ms > 0).then(|| Duration::from_millis(self.plugin_ms))
    }
}

/// `[limits]`
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Commands of one character in any sliding second.
    pub commands_per_second: u32,
    /// Lines of one character executed in one tick.
    pub lines_per_tick: u32,
    /// Websocket messages of one session in any 60 s; each line of one counts.
    pub frames_per_minute: u32,
    /// Characters of one account that are connected at once.
    pub connections_per_account: usize,
    /// Connections open at once from one address.
    pub connections_per_address: u32,
    /// Websocket handshakes per address and minute.
    pub connection_attempts_per_minute: u32,
    /// Failed sign-ins per account name and minute.
    pub failed_logins_per_minute: u32,
    /// Calls with a token per address and minute.
    pub calls_per_minute: u32,
    /// Registrations, sign-ins, guests and new characters per address and minute.
    pub sign_ins_per_minute: u32,
    /// Rolls of a new character's stats per account and minute.
    pub rolls_per_minute: u32,
    /// Open sockets.
    pub sockets: usize,
    /// Telnet streams that are compressed at once.
    pub telnet_compressed: usize,
}

/// `[scripts]`
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScriptsConfig {
    /// Operations of one call of a script.
    pub operations_per_call: u64,
    /// Operations of all scripts in one tick.
    pub operations_per_tick: u64,
}

impl ScriptsConfig {
    /// For the game.
    #[must_use]
    pub const fn limits(self) -> systems::script::ScriptLimits {
        systems::script::ScriptLimits {
            operations_per_call: self.operations_per_call,
            operations_per_tick: self.operations_per_tick,
        }
    }
}

impl Default for ScriptsConfig {
    fn default() -> Self {
        let systems::script::ScriptLimits {
            operations_per_call,
            operations_per_tick,
        } = systems::script::ScriptLimits::default();
        Self {
            operations_per_call,
            operations_per_tick,
        }
    }
}

/// `[sessions]`
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionsConfig {
    /// Bytes of earlier ticks that may wait for a connected client.
    pub queue_bytes: usize,
    /// Seconds for which more may wait.
    pub slow_seconds: u64,
    /// Bytes kept for a resume.
    pub replay_bytes: usize,
    /// Seconds for which sent frames are kept.
    pub replay_seconds: u64,
    /// Seconds after which a silent socket is closed that leaves a ping unanswered.
    pub idle_seconds: u64,
}

/// `[chat]`
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChatConfig {
    /// `say`
    pub say_per_minute: u32,
    /// `local`
    pub local_per_minute: u32,
    /// `global`
    pub global_per_minute: u32,
    /// `whisper` and `reply`
    pub whisper_per_minute: u32,
    /// `emote` and gestures
    pub emote_per_minute: u32,
    /// `pose`
    pub pose_per_minute: u32,
    /// `system`
    pub system_per_minute: u32,
    /// `admins`
    pub admin_per_minute: u32,
    /// Lines in one go on each channel.
    pub burst: u32,
}

/// `[readiness]`
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadinessConfig {
    /// How far ticks, journal and database may lag, in seconds.
    pub lag_seconds: u64,
}

/// `[recorder]`
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecorderConfig {
    /// Bytes of recordings on disk; 0 lifts the limit.
    pub max_bytes: u64,
    /// How long recordings are kept, in minutes; 0 lifts the limit.
    pub minutes: u64,
    /// Seconds from one checkpoint to the next.
    pub checkpoint_seconds: u64,
    /// Plays each recording again in a process of low priority.
    pub verify: bool,
    /// Records nothing.
    pub off: bool,
}

/// `[content]`
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContentConfig {
    /// Publishes the draft whenever it is saved and whole, on a loopback listener.
    pub watch: bool,
}

/// `[log]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// `error`, `warn`, `info`, `debug` or `trace` for the server's own crates; more, comma
    /// separated, as `target=level`. Other crates are silent below `warn` unless named.
    pub level: String,
    /// `human` or `json`.
    pub format: LogFormat,
    /// How much of people's addresses is logged.
    pub addresses: net::Addresses,
}

/// How a log record looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Human,
    /// A JSON object a line.
    Json,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:4000".to_owned(),
            metrics_listen: None,
            telnet: None,
            telnets: None,
            data: "data".into(),
            world: crate::world_files::USUAL_FOLDER.into(),
            node: "kadath".to_owned(),
            tls_cert: None,
            tls_key: None,
            origins: Vec::new(),
            trust_proxy: false,
            linkdead_grace_seconds: 30,
            link_notice_seconds: 5,
            io_threads: 0,
        }
    }
}

impl Default for TickConfig {
    fn default() -> Self {
        Self {
            rate_hz: 20,
            seed: 1,
            plugin_ms: 75,
        }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let (net, command) = (
            net::NetLimits::default(),
            systems::command::CommandLimits::default(),
        );
        Self {
            commands_per_second: command.commands_per_second,
            lines_per_tick: command.lines_per_tick,
            frames_per_minute: net.frames_per_minute,
            connections_per_account: net.connections_per_account,
            connections_per_address: net.connections_per_address,
            connection_attempts_per_minute: net.connection_attempts_per_minute,
            failed_logins_per_minute: net.failed_logins_per_minute,
            calls_per_minute: net.calls_per_minute,
            sign_ins_per_minute: net.sign_ins_per_minute,
            rolls_per_minute: 10,
            sockets: net.sockets,
            telnet_compressed: net.compressed,
        }
    }
}

impl Default for SessionsConfig {
    fn default() -> Self {
        let (bounds, timeouts) = (net::SessionBounds::default(), net::Timeouts::default());
        Self {
            queue_bytes: bounds.queue_bytes,
            slow_seconds: bounds.slow_time.as_secs(),
            replay_bytes: bounds.replay_bytes,
            replay_seconds: bounds.replay_time.as_secs(),
            idle_seconds: timeouts.idle.as_secs(),
        }
    }
}

impl Default for ChatConfig {
    fn default() -> Self {
        use systems::chat::Channel;
        Self {
            say_per_minute: Channel::Say.per_minute(),
            local_per_minute: Channel::Local.per_minute(),
            global_per_minute: Channel::Global.per_minute(),
            whisper_per_minute: Channel::Whisper.per_minute(),
            emote_per_minute: Channel::Emote.per_minute(),
            pose_per_minute: Channel::Pose.per_minute(),
            system_per_minute: Channel::System.per_minute(),
            admin_per_minute: Channel::Admin.per_minute(),
            burst: systems::chat::ChatLimits::BURST,
        }
    }
}

impl Default for ReadinessConfig {
    fn default() -> Self {
        Self { lag_seconds: 5 }
    }
}

impl Default for RecorderConfig {
    fn default() -> Self {
        Self {
            max_bytes: 256 << 20,
            minutes: 60,
            checkpoint_seconds: 300,
            verify: true,
            off: false,
        }
    }
}

impl Default for ContentConfig {
    fn default() -> Self {
        Self { watch: true }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: LogFormat::Human,
            addresses: net::Addresses::Prefix,
        }
    }
}
