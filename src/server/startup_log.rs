//! The first lines of a log: what runs, with what, and where it listens.

use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use engine::content::Content;
use storage::{Guests, RecoveredState};
use systems::world::{Atlas, WorldHeader};

use super::listeners::Listeners;
use crate::build;
use crate::config::{Config, Loaded, SettingOrigin};

/// Which program runs, and where its configuration comes from.
pub(super) fn starting(loaded: &Loaded) {
    tracing::info!(
        version = build::VERSION,
        commit = build::COMMIT,
        target = build::TARGET,
        pid = std::process::id(),
        "kadath starts"
    );
    let mut file = None;
    let (mut from_file, mut variables, mut flags) = (0_usize, Vec::new(), Vec::new());
    for origin in loaded.origins.values() {
        match origin {
            SettingOrigin::Default => {}
            SettingOrigin::File(path, ..) => {
                file = Some(path.display().to_string());
                from_file += 1;
            }
            SettingOrigin::Variable(name) => variables.push(name.as_str()),
            SettingOrigin::Flag(name) => flags.push(*name),
        }
    }
    tracing::info!(
        file,
        keys_in_file = from_file,
        variables = variables.join(" "),
        flags = flags.join(" "),
        "configuration read"
    );
}

/// Which world.
pub(super) fn world(config: &Config, world: &Content) {
    tracing::info!(
        folder = crate::world_files::place_of(&config.server.world),
        name = world
            .get::<WorldHeader>()
            .map(|header| header.name.as_str()),
        rooms = world.get::<Atlas>().map(|atlas| atlas.rooms().len()),
        "world read"
    );
}

/// On which database, and what of the run before came through.
pub(super) fn recovered(config: &Config, recovered: &RecoveredState) {
    let postgres = config.database.url.starts_with("postgres");
    tracing::info!(
        kind = if postgres { "postgresql" } else { "sqlite" },
        shared = config.database.shared,
        data = %config.server.data.display(),
        clean = recovered.clean,
        run_before = recovered.before.map(|(run, _)| run.to_string()),
        survived_through = recovered.before.map(|(_, tick)| tick),
        "database ready"
    );
}

/// Where the server listens and for whom.
pub(super) struct Listening {
    scheme: &'static str,
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    telnet: Option<SocketAddr>,
    telnets: Option<SocketAddr>,
    guests: bool,
    guests_policy: Guests,
    invites_required: bool,
    trust_proxy: bool,
    bus: bool,
    data: PathBuf,
}

impl Listening {
    pub(super) fn of(config: &Config, listeners: &Listeners) -> Self {
        let address = listeners.http.1;
        Self {
            scheme: match &config.server.tls_cert {
                Some(_) => "https",
                None => "http",
            },
            address,
            metrics: listeners.metrics.as_ref().map(|it| it.1),
            telnet: listeners.telnet.as_ref().map(|it| it.1),
            telnets: listeners.telnets.as_ref().map(|it| it.1),
            guests: config.guests_welcome(listeners.players()),
            guests_policy: config.accounts.guests,
            invites_required: config.accounts.invites_required,
            trust_proxy: config.server.trust_proxy,
            bus: config.nats.enabled(),
            data: config.server.data.clone(),
        }
    }

    /// Says it to the log, to stdout, and to `kadath status`.
    pub(super) fn say(self) -> anyhow::Result<()> {
        let Self {
            scheme,
            address,
            metrics,
            telnet,
            telnets,
            ..
        } = self;
        tracing::info!(
            url = format!("{scheme}://{address}"),
            tls = scheme == "https",
            metrics = metrics.map(|metrics| metrics.to_string()),
            telnet = telnet.map(|telnet| telnet.to_string()),
            telnets = telnets.map(|telnets| telnets.to_string()),
            guests = self.guests,
            guests_policy = ?self.guests_policy,
            invites_required = self.invites_required,
            trust_proxy = self.trust_proxy,
            bus = self.bus,
            "listening"
        );
        let mut written = format!("{scheme}://{address}\n");
        if let Some(metrics) = metrics {
            written.push_str(&format!("http://{metrics}\n"));
        }
        let file = address_file(&self.data);
        if let Err(fault) = write_privately(&file, &written) {
            tracing::warn!(file = %file.display(), %fault, "address could not be written");
        }
        let mut out = std::io::stdout();
        for (scheme, address) in [("telnet", telnet), ("telnets", telnets)] {
            if let Some(address) = address {
                writeln!(out, "kadath is listening on {scheme}://{address}")?;
            }
        }
        writeln!(out, "kadath is listening on {scheme}://{address}")?;
        out.flush().context("stdout is closed")
    }
}

/// Writes a file that its owner alone may read, like the others in the data folder.
fn write_privately(file: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).write(true).truncate(true).mode(0o600);
    options.open(file)?.write_all(text.as_bytes())
}

/// The file in the data folder where a server leaves its address for `kadath status`: a line for
/// players, and one for metrics where they have a listener of their own.
#[must_use]
pub fn address_file(data: &Path) -> PathBuf {
    data.join("address")
}
