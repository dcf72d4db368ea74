//! Whether what is set makes sense. No reason shows a value: it might be a secret that stands at
//! the wrong key.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use storage::StorageFault;

use super::{Config, ConfigFault};

/// Keys that another must stand beside, or that another counts on.
const PARTNERS: [&str; 7] = [
    "url",
    "url_file",
    "user",
    "password",
    "password_file",
    "tls_cert",
    "tls_key",
];

impl Config {
    /// Whether scripts may spend what makes sense.
    fn script_limits(&self) -> Result<(), ConfigFault> {
        let (call, tick) = (
            self.scripts.operations_per_call,
            self.scripts.operations_per_tick,
        );
        unless(
            (1_000..=1_000_000).contains(&call),
            "scripts.operations_per_call",
            "must be between 1000 and 1000000",
        )?;
        unless(
            (call..=100_000_000).contains(&tick),
            "scripts.operations_per_tick",
            "must be at least scripts.operations_per_call and at most 100000000",
        )
    }

    fn telnets_have_certificate(&self) -> Result<(), ConfigFault> {
        unless(
            self.server.tls_cert.is_some() || !matches!(self.telnets_address(), Ok(Some(_))),
            "server.telnets",
            "needs server.tls_cert and server.tls_key",
        )
    }

    /// Everything that makes no sense, in the order of the sections. Of the bus and of storage
    /// only the first of each: they find the next once that is gone.
    pub(super) fn faults(&self) -> Vec<ConfigFault> {
        let (cert, key) = (&self.server.tls_cert, &self.server.tls_key);
        let lone = if cert.is_some() {
            "server.tls_cert"
        } else {
            "server.tls_key"
        };
        let node = self
            .nats
            .enabled()
            .then(|| net::bridge::name(&self.server.node));
        let checks = [
            self.address().map(|_| ()),
            self.metrics_address().map(|_| ()),
            self.telnet_address().map(|_| ()),
            self.telnets_address().map(|_| ()),
            self.telnets_have_certificate(),
            unless(
                engine::runner::Rate::hz(self.tick.rate_hz).is_some(),
                "tick.rate_hz",
                "must be between 1 and 120",
            ),
            unless(
                cert.is_some() == key.is_some(),
                lone,
                "tls_cert and tls_key go together",
            ),
            unless(
                self.server.io_threads <= 1_024,
                "server.io_threads",
                "must be at most 1024",
            ),
            unless(
                self.server.origins.iter().all(|origin| is_origin(origin)),
                "server.origins",
                "must be origins as browsers send them, scheme://host[:port] without a path, or `*`",
            ),
            unless(
                self.sessions.queue_bytes >= 16_384,
                "sessions.queue_bytes",
                "must be at least 16384",
            ),
            unless(
                (1..=600).contains(&self.sessions.slow_seconds),
                "sessions.slow_seconds",
                "must be between 1 and 600",
            ),
            self.script_limits(),
            unless(
                self.lucidity
                    .default_flux
                    .is_none_or(|flux| flux.abs() <= 100.0),
                "lucidity.default_flux",
                "must be between -100 and 100",
            ),
            unless(
                self.lucidity
                    .drain_rate_max
                    .is_none_or(|most| (0.0..=1_000.0).contains(&most)),
                "lucidity.drain_rate_max",
                "must be between 0 and 1000",
            ),
            self.nats.validate().map_err(nats),
            unless(
                !matches!(node, Some(Err(_))),
                "server.node",
                "must be letters, digits, `_` and `-` where there is a bus",
            ),
            crate::log_targets::targets(&self.log.level)
                .map(|_| ())
                .map_err(|reason| ConfigFault::of("log.level", reason)),
            self.storage().validate().map_err(|fault| match fault {
                StorageFault::Config { key, reason } => ConfigFault::of(key, reason),
                other => ConfigFault::of("", other.to_string()),
            }),
        ];
        let mut faults: Vec<ConfigFault> = checks.into_iter().filter_map(Result::err).collect();
        faults.extend(self.empty_paths());
        faults
    }

    /// Paths that are there and name nothing.
    fn empty_paths(&self) -> impl Iterator<Item = ConfigFault> {
        let always = [
            ("server.data", &self.server.data),
            ("server.world", &self.server.world),
        ];
        let named = self.files().into_iter();
        let named = named.filter_map(|(key, path)| Some((key, path.as_ref()?)));
        always
            .into_iter()
            .chain(named)
            .filter(|(_, path)| path.as_os_str().is_empty())
            .map(|(key, _)| ConfigFault::of(key, "is empty; leave the key out for its default"))
    }
}

pub(super) fn nats(fault: net::bridge::NatsConfigFault) -> ConfigFault {
    ConfigFault::of(format!("nats.{}", fault.key), fault.reason)
}

/// The fault of a key whose value does not hold.
fn unless(holds: bool, key: &str, reason: &str) -> Result<(), ConfigFault> {
    if holds {
        Ok(())
    } else {
        Err(ConfigFault::of(key, reason))
    }
}

/// Leaves out what is only wrong because something else is: a partner that could not be read is
/// told, and not once more as missing.
pub(super) fn without_echoes(faults: &mut Vec<ConfigFault>) {
    let echoes =
        |fault: &ConfigFault| fault.key == "database.shared" || fault.reason.contains("together");
    let partner = |fault: &ConfigFault| {
        let (section, name) = fault.key.split_once('.')?;
        (PARTNERS.contains(&name) && !echoes(fault)).then(|| section.to_owned())
    };
    // What stands on a line that is no TOML is not missing either.
    if faults.iter().any(|fault| fault.key.is_empty()) {
        faults.retain(|fault| !echoes(fault));
    }
    let sections: Vec<String> = faults.iter().filter_map(partner).collect();
    faults.retain(|fault| {
        let section = fault.key.split('.').next().unwrap_or_default();
        !(echoes(fault) && sections.iter().any(|known| known == section))
    });
}

/// An address to listen on: with a port, on this machine when it names no other.
pub(super) fn address(key: &str, listen: &str) -> Result<SocketAddr, ConfigFault> {
    let listen = listen.trim();
    let here = IpAddr::from(Ipv4Addr::LOCALHOST);
    let fault = |reason: &str| Err(ConfigFault::of(key, reason));
    if let Ok(address) = listen.parse() {
        return Ok(address);
    }
    let port = |port: &str| port.parse::<u16>().ok();
    match listen.rsplit_once(':') {
        _ if listen.is_empty() => fault("is empty; write an address like 127.0.0.1:4000"),
        None if port(listen).is_some() => Ok((here, port(listen).unwrap_or_default()).into()),
        Some((host, number))
            if host.eq_ignore_ascii_case("localhost") && port(number).is_some() =>
        {
            Ok((here, port(number).unwrap_or_default()).into())
        }
        _ if listen.parse::<IpAddr>().is_ok() => {
            fault("has no port; write it as 127.0.0.1:4000 or [::1]:4000")
        }
        Some(("", number)) if port(number).is_some() => fault(
            "names no address; write 127.0.0.1:PORT for this machine alone or 0.0.0.0:PORT for all of its addresses",
        ),
        Some((host, number)) if port(number).is_some() && !host.contains(':') => fault(
            "names a host; write one of this machine's own addresses, or 0.0.0.0:PORT for all of them",
        ),
        _ => fault("is not an address like 127.0.0.1:4000, localhost:4000 or [::1]:4000"),
    }
}

/// Whether a browser could send that as its `SettingOrigin`.
fn is_origin(origin: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return origin == "*";
    };
    let word = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let host = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    let port = authority
        .rsplit_once(':')
        .filter(|(host, _)| !host.contains(':') || host.ends_with(']'));
    !scheme.is_empty()
        && scheme.chars().all(word)
        && !authority.is_empty()
        && authority.chars().all(host)
        && port.is_none_or(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}
