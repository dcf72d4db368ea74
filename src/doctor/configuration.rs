//! What in this configuration will hurt.

use std::os::unix::fs::PermissionsExt as _;

use storage::{FsyncPolicy, Guests, TlsMode};

use super::{Finding, finding};
use crate::config::{Config, Loaded, SettingOrigin, TelnetAddress};

/// What OWASP asks of argon2id at least, in KiB.
const HASH_MEMORY_KIB: u32 = 19_456;

pub(super) fn findings(loaded: &Loaded) -> Vec<Finding> {
    let config = &loaded.config;
    let public = config
        .address()
        .is_ok_and(|address| !address.ip().is_loopback());
    let mut findings = if public { listener(config) } else { Vec::new() };
    findings.extend(telnet(config));
    findings.extend(storage(config));
    findings.extend(database(config));
    findings.extend(bus(config));
    findings.extend(secrets(loaded));
    if config.server.origins.iter().any(|origin| origin == "*") {
        findings.push(finding(
            "server.origins",
            "`*` lets the page of anybody act for a player whose token it has",
            "name the origins of your own pages",
        ));
    }
    if config.log.level.contains("trace") || config.log.level.contains("=debug") {
        findings.push(finding(
            "log.level",
            "other crates print whole frames at that level: players' words and tokens",
            "use it on a test machine only",
        ));
    }
    findings
}

/// What hurts where strangers can connect.
fn listener(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let server = &config.server;
    if server.tls_cert.is_none() && !server.trust_proxy {
        findings.push(finding(
            "server.listen",
            "passwords cross the network in clear: the listener is not loopback and speaks no TLS",
            "set server.tls_cert and server.tls_key, or listen on 127.0.0.1 behind a proxy that speaks TLS, with server.trust_proxy",
        ));
    }
    if server.trust_proxy {
        findings.push(finding(
            "server.trust_proxy",
            "whoever reaches the listener beside the proxy can claim any address, and so escape every limit",
            "listen on 127.0.0.1, or let the firewall pass the proxy alone",
        ));
    }
    if server.metrics_listen.is_none() {
        findings.push(finding(
            "server.metrics_listen",
            "/metrics can be read by everybody who reaches the listener",
            "set it to an address of your own network, such as 127.0.0.1:9100",
        ));
    }
    if config.accounts.guests == Guests::Always {
        findings.push(finding(
            "accounts.guests",
            "anybody plays without an account, and who is banned comes back as another guest",
            "set it to \"never\" unless that is wanted",
        ));
    }
    let limits = [
        (
            "limits.failed_logins_per_minute",
            config.limits.failed_logins_per_minute == 0,
        ),
        (
            "limits.sign_ins_per_minute",
            config.limits.sign_ins_per_minute == 0,
        ),
        (
            "limits.frames_per_minute",
            config.limits.frames_per_minute == 0,
        ),
        (
            "limits.commands_per_second",
            config.limits.commands_per_second == 0,
        ),
        (
            "limits.connections_per_address",
            config.limits.connections_per_address == 0,
        ),
        (
            "limits.connection_attempts_per_minute",
            config.limits.connection_attempts_per_minute == 0,
        ),
    ];
    for (key, _) in limits.into_iter().filter(|(_, lifted)| *lifted) {
        findings.push(finding(
            key,
            "0 lifts the limit: one stranger may take what is everybody's",
            "leave the key out for its default",
        ));
    }
    if config.accounts.argon2.memory_kib < HASH_MEMORY_KIB {
        findings.push(finding(
            "accounts.argon2.memory_kib",
            format!("hashes of less than {HASH_MEMORY_KIB} KiB are cheap to guess once the database is stolen"),
            "leave the key out for its default",
        ));
    }
    findings
}

/// Telnet has no TLS of its own, and no proxy in front of it.
fn telnet(config: &Config) -> Option<Finding> {
    let (TelnetAddress::Named(address) | TelnetAddress::Usual(address)) =
        config.telnet_address().ok().flatten()?;
    (!address.ip().is_loopback()).then(|| {
        finding(
            "server.telnet",
            "passwords cross the network in clear: telnet listens where strangers can connect",
            "offer server.telnets, and tell players to come by it; set this to \"off\" unless old clients are wanted",
        )
    })
}

fn storage(config: &Config) -> Option<Finding> {
    (config.journal.fsync == FsyncPolicy::Off).then(|| {
        finding(
            "journal.fsync",
            "\"off\" calls durable what a power cut takes away",
            "leave it at \"always\", or take \"interval\" where the disk is slow",
        )
    })
}

/// Whether a URL's host is another machine.
fn is_remote(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['/', '?']).next().unwrap_or_default();
    let host = rest.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    // Without a host it is a socket of this machine.
    !host.is_empty()
        && host != "localhost"
        && !host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

fn database(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let database = &config.database;
    if !database.url.starts_with("postgres") {
        return findings;
    }
    let checked = matches!(database.tls, TlsMode::VerifyCa | TlsMode::VerifyFull)
        || database.url.contains("sslmode=verify");
    if is_remote(&database.url) && !checked {
        findings.push(finding(
            "database.tls",
            "the way to a PostgreSQL on another machine is not checked: whoever is between reads and writes everything",
            "set it to \"verify-full\", with database.tls_ca where the authority is your own",
        ));
    }
    if database.statement_timeout_ms == 0 {
        findings.push(finding(
            "database.statement_timeout_ms",
            "0 lets a hung statement hold a connection for ever",
            "leave the key out for its default",
        ));
    }
    if database.pool_max < 3 {
        findings.push(finding(
            "database.pool_max",
            "sign-ins wait for each other, and for the world's own writes",
            "give it at least 3",
        ));
    }
    if database.shared && !config.nats.enabled() {
        findings.push(finding(
            "database.shared",
            "nodes that share a database without a bus don't hear of each other",
            "set nats.url on each of them",
        ));
    }
    findings
}

fn bus(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let nats = &config.nats;
    if !nats.enabled() {
        return findings;
    }
    let remote = nats.urls().any(is_remote);
    let login = !nats.user.is_empty()
        || !nats.token.is_empty()
        || nats.credentials_file.is_some()
        || nats.nkey_file.is_some()
        || nats.urls().all(|url| url.contains('@'));
    if !login {
        findings.push(finding(
            "nats.url",
            "the broker asks nobody who they are: whoever reaches it can ban, mute and speak for the world",
            "give the broker accounts, and set nats.user with nats.password_file, or nats.credentials_file",
        ));
    }
    if remote && nats.urls().any(|url| url.starts_with("nats://")) && nats.tls_ca.is_none() {
        findings.push(finding(
            "nats.url",
            "what crosses the network to the broker is in clear",
            "write tls:// and have the broker speak TLS",
        ));
    }
    if !nats.tls_verify {
        findings.push(finding(
            "nats.tls_verify",
            "`false` lets anybody pose as the broker",
            "leave the key out, and set nats.tls_ca where the authority is your own",
        ));
    }
    findings
}

/// Secrets where others see them.
fn secrets(loaded: &Loaded) -> Vec<Finding> {
    let mut findings = Vec::new();
    let config = &loaded.config;
    let secrets = [
        (
            "database.url",
            has_password(&config.database.url),
            "database.url_file",
        ),
        (
            "nats.url",
            has_password(&config.nats.url),
            "nats.password_file",
        ),
        (
            "nats.password",
            !config.nats.password.is_empty(),
            "nats.password_file",
        ),
        (
            "nats.token",
            !config.nats.token.is_empty(),
            "nats.token_file",
        ),
    ];
    for (key, _, instead) in secrets.into_iter().filter(|(_, given, _)| *given) {
        match loaded.origin(key) {
            SettingOrigin::Flag(flag) => findings.push(finding(
                key,
                format!("{flag} shows its password to everybody on this machine (`ps`)"),
                format!("write it to a file that only its owner can read, and set {instead}"),
            )),
            SettingOrigin::File(path, ..) => {
                let mode = std::fs::metadata(&path).map(|about| about.permissions().mode());
                if mode.is_ok_and(|mode| mode & 0o004 != 0) {
                    findings.push(finding(
                        key,
                        "the configuration file that holds it can be read by everybody on this machine",
                        format!("chmod o-r {}, or set {instead}", path.display()),
                    ));
                }
            }
            _ => {}
        }
    }
    findings
}

fn has_password(url: &str) -> bool {
    let login = url.rsplit_once('@').map_or("", |(login, _)| login);
    let login = login.split_once("://").map_or(login, |(_, login)| login);
    login.contains(':') || url.contains("password=")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(change: impl FnOnce(&mut Config)) -> Vec<&'static str> {
        let mut config = Config::default();
        change(&mut config);
        let loaded = Loaded {
            config,
            origins: std::collections::BTreeMap::new(),
        };
        findings(&loaded).into_iter().map(|one| one.about).collect()
    }

    #[test]
    fn default_configuration_has_no_findings() {
        assert!(about(|_| {}).is_empty());
    }

    #[test]
    fn harmful_configuration_is_named_by_key() {
        assert_eq!(
            about(|c| c.server.listen = "0.0.0.0:4000".into()),
            ["server.listen", "server.metrics_listen"]
        );
        assert_eq!(
            about(|c| c.server.telnet = Some("0.0.0.0:4001".into())),
            ["server.telnet"]
        );
        assert!(about(|c| c.server.telnet = Some("off".into())).is_empty());
        assert_eq!(
            about(|c| c.journal.fsync = FsyncPolicy::Off),
            ["journal.fsync"]
        );
        assert_eq!(
            about(|c| c.server.origins = vec!["*".into()]),
            ["server.origins"]
        );
        assert_eq!(
            about(|c| c.database.url = "postgres://db.example/k".into()),
            ["database.tls"]
        );
        assert!(about(|c| c.database.url = "postgres://127.0.0.1/k".into()).is_empty());
        assert_eq!(
            about(|c| c.nats.url = "nats://127.0.0.1:4222".into()),
            ["nats.url"]
        );
        assert!(about(|c| c.nats.url = "nats://a:b@[::1]:4222".into()).is_empty());
        let public = about(|c| {
            c.server.listen = "[::]:4000".into();
            c.accounts.guests = Guests::Always;
            c.limits.frames_per_minute = 0;
            c.server.trust_proxy = true;
            c.server.metrics_listen = Some("127.0.0.1:9100".into());
        });
        assert_eq!(
            public,
            [
                "server.trust_proxy",
                "accounts.guests",
                "limits.frames_per_minute"
            ]
        );
    }
}
