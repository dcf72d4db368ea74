//! What the command line sets.

use std::path::PathBuf;

/// What flags set.
#[derive(Debug, Default)]
pub struct Overrides {
    /// `--listen`
    pub listen: Option<String>,
    /// `--telnet`
    pub telnet: Option<String>,
    /// `--telnets`
    pub telnets: Option<String>,
    /// `--database`
    pub database: Option<String>,
    /// `--nats`
    pub nats: Option<String>,
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--world`
    pub world: Option<PathBuf>,
    /// `--seed`
    pub seed: Option<String>,
    /// `--log-format`
    pub log_format: Option<String>,
}

impl Overrides {
    /// Each with its key and its value.
    pub(super) fn flags(self) -> impl Iterator<Item = (&'static str, &'static str, String)> {
        let path = |path: PathBuf| path.to_string_lossy().into_owned();
        [
            ("--listen", "server.listen", self.listen),
            ("--telnet", "server.telnet", self.telnet),
            ("--telnets", "server.telnets", self.telnets),
            ("--database", "database.url", self.database),
            ("--nats", "nats.url", self.nats),
            ("--data", "server.data", self.data.map(path)),
            ("--world", "server.world", self.world.map(path)),
            ("--seed", "tick.seed", self.seed),
            ("--log-format", "log.format", self.log_format),
        ]
        .into_iter()
        .filter_map(|(flag, key, value)| Some((flag, key, value?)))
    }
}
