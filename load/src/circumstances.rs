//! Where, when and with what a report is made: reports compare only where these are alike.

use serde::{Deserialize, Serialize};

/// Where and when a run was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Circumstances {
    /// Of the driver and, unless a target was named, of the server.
    pub version: String,
    /// `x86_64 linux`.
    pub platform: String,
    /// Processors of the machine.
    pub cores: usize,
    /// What the kernel calls the processor.
    pub processor: String,
    /// Seconds since 1970.
    pub at: u64,
    /// Optimised or not.
    pub build: String,
}

impl Circumstances {
    pub(crate) fn now() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = text
            .lines()
            .find_map(|line| line.strip_prefix("model name"));
        let model = model.map(|line| line.trim_start_matches([' ', '\t', ':']));
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: format!("{} {}", std::env::consts::ARCH, std::env::consts::OS),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: model.unwrap_or("unknown").to_owned(),
            at: since.map_or(0, |since| since.as_secs()),
            build: if cfg!(debug_assertions) {
                "debug"
            } else {
                "release"
            }
            .to_owned(),
        }
    }
}
