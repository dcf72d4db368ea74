//! What is said of a configuration, and what is never said.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::*;

fn read(toml: &str, variables: &[(&str, &str)]) -> Result<Loaded, Vec<String>> {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("kadath.toml");
    std::fs::write(&file, toml).unwrap();
    let variables = variables
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let flags = Overrides::default();
    sources::read(Some(&file), variables, flags, false).map_err(|told| {
        let lines = told.faults.iter().map(ConfigFault::placed);
        let shorter = |line: String| line.replace(&*file.to_string_lossy(), "kadath.toml");
        lines.map(shorter).collect()
    })
}

fn load(toml: &str) -> Result<Config, String> {
    read(toml, &[])
        .map(|loaded| loaded.config)
        .map_err(|lines| lines.join("\n"))
}

fn environment(variables: &[(&str, &str)]) -> Result<Config, String> {
    read("", variables)
        .map(|loaded| loaded.config)
        .map_err(|lines| lines.join("\n"))
}

#[test]
fn unknown_key_is_named_with_file() {
    let fault = load("[limits]\ncommand_per_second = 3\n").unwrap_err();
    assert_eq!(
        fault,
        "kadath.toml:2:1: unknown configuration key limits.command_per_second; is limits.commands_per_second meant?"
    );
    let fault = load("[limit]\nx = 3\ny = 4\n").unwrap_err();
    assert_eq!(
        fault,
        "kadath.toml:1:2: unknown configuration key limit; is limits meant?"
    );
}

#[test]
fn wrong_value_is_named_by_key() {
    for (toml, place) in [
        (
            "[tick]\nrate_hz = \"fast\"\n",
            "kadath.toml:2:1: configuration key tick.rate_hz: ",
        ),
        (
            "[tick]\nrate_hz = 121\n",
            "kadath.toml:2:1: configuration key tick.rate_hz: ",
        ),
        (
            "[database]\npool_max = 0\n",
            "kadath.toml:2:1: configuration key database.pool_max: ",
        ),
        (
            "tick = 3\n",
            "kadath.toml:1:1: configuration key tick: must be a section",
        ),
        (
            "[log]\nformat = \"xml\"",
            "kadath.toml:2:1: configuration key log.format: must be one of `human`, `json`",
        ),
        (
            "[server]\nport.x = 1\n",
            "kadath.toml:2:1: unknown configuration key server.port",
        ),
        (
            "[server]\ntls_key = \"\"\n",
            "kadath.toml:2:1: configuration key server.tls_key: ",
        ),
        (
            "[limits]\nsockets = -1\n",
            "kadath.toml:2:1: configuration key limits.sockets: must be a whole number",
        ),
        (
            "[nats]\nconnections = 99999\n",
            "kadath.toml:2:1: configuration key nats.connections: must be a whole number from 0 to 65535",
        ),
    ] {
        let fault = load(toml).unwrap_err();
        assert!(fault.starts_with(place), "{fault}");
    }
}

#[test]
fn every_mistake_of_every_source_is_told_once() {
    let toml = "[tick]\nrate_hz = 0\nseeds = 1\n\n[sessions]\nqueue_bytes = 1\nidle_seconds = []\n\n[journal]\nsegment_bytes = 1\nmax_bytes = 1\n\n[nats]\nconnections = 0\noutbox_max = 0\n";
    let variables = [
        ("KADATH_DATABASE__POOL_MAX", "0"),
        ("KADATH_TICK__RATE", "9"),
        ("KADATH_X__Y", ""),
    ];
    let told = read(toml, &variables).unwrap_err();
    let begins = [
        "kadath.toml:2:1: configuration key tick.rate_hz: ",
        "kadath.toml:3:1: unknown configuration key tick.seeds",
        "kadath.toml:6:1: configuration key sessions.queue_bytes: ",
        "kadath.toml:7:1: configuration key sessions.idle_seconds: ",
        "kadath.toml:10:1: configuration key journal.segment_bytes: ",
        "kadath.toml:11:1: configuration key journal.max_bytes: ",
        "kadath.toml:14:1: configuration key nats.connections: ",
        "kadath.toml:15:1: configuration key nats.outbox_max: ",
        "configuration:0: configuration key database.pool_max, set by the environment variable KADATH_DATABASE__POOL_MAX: ",
        "configuration:0: unknown configuration key tick.rate, set by the environment variable KADATH_TICK__RATE",
        "configuration:0: unknown configuration key x, set by the environment variable KADATH_X__Y",
    ];
    assert_eq!(told.len(), begins.len(), "{told:#?}");
    for (line, begin) in told.iter().zip(begins) {
        assert!(line.starts_with(begin), "{line}\n{begin}");
    }
}

#[test]
fn broken_lines_are_told_with_place() {
    let told = read(
        "[tick]\nrate_hz 20\n\n[server]\nlisten = \"x\nnode = \n",
        &[],
    )
    .unwrap_err();
    let lines: Vec<&str> = told
        .iter()
        .map(|line| line.split(':').nth(1).unwrap())
        .collect();
    assert_eq!(lines, ["2", "5", "6"], "{told:#?}");
    // What stands on such a line is not wrong once more, and nothing counts as missing.
    let told = read("[server]\ntls_cert = \"c\"\ntls_key = k\n", &[]).unwrap_err();
    assert_eq!(told.len(), 1, "{told:#?}");
}

/// A mistake at any key and of any kind shows its key and nothing that was written there.
#[test]
fn no_mistake_shows_a_value() {
    const SECRET: &str = "hunter2SECRET";
    for toml in [
        format!("[database]\nurl = \"postgres://k:{SECRET}@db/k\n"),
        format!("[database]\nurl = \"postgres://k:{SECRET}@db/k\"\nurl = \"{SECRET}\"\n"),
        format!("[nats]\npassword = \"{SECRET}\" {SECRET}\n"),
        format!("[nats]\npassword = {SECRET}\n"),
        format!("[nats]\npassword = \"x\n{SECRET} = 3\n"),
        format!("[nats]\npassword = '''{SECRET}\n{SECRET} = 1\n"),
        format!("[nats]\ntoken = [\"{SECRET}\"]\n"),
        format!("[nats]\ntoken = {{ {SECRET} = \"{SECRET}\" }}\n"),
        format!("[nats]\nconnections = \"{SECRET}\"\n"),
        format!("[nats]\nworld = \"{SECRET}.\"\n"),
        format!("[nats]\nurl = \"http://{SECRET}\"\n"),
        format!("[nats]\nurl = \"nats://x\"\npassword_file = \"/{SECRET}\"\n"),
        format!("[nats]\nhears_worlds = [\"{SECRET}.\"]\n"),
        format!("[nats]\nhears_worlds = [\"{SECRET}\", \"{SECRET}\"]\n"),
        format!("[nats]\ntls_ca = \"/{SECRET}\"\n"),
        format!("[server]\nlisten = \"{SECRET}\"\n"),
        format!("[server]\nlisten = \"{SECRET}:80\"\n"),
        format!("[server]\norigins = [\"{SECRET}\"]\n"),
        format!("[server]\nnode = \"{SECRET}!\"\n[nats]\nurl = \"nats://x\"\n"),
        format!("[log]\nlevel = \"{SECRET}\"\n"),
        format!("[log]\nformat = \"{SECRET}\"\n"),
        format!("[database]\nurl = \"{SECRET}\"\n"),
        format!("[database]\nurl_file = \"/{SECRET}\"\n"),
        format!("[sessions]\nidle_seconds = \"{SECRET}\"\n"),
        format!("database = \"postgres://k:{SECRET}@db/k\"\n"),
        "[nats]\nconnections = 123456789\n".to_owned(),
        "[nats]\npassword = 123456789\n".to_owned(),
        "[nats]\npassword = 12-34-56789\n".to_owned(),
        "[nats]\nurl = true\npassword = 0x123456789\n".to_owned(),
        "[nats]\npassword = 1234-12-31T01:02:03Z\n".to_owned(),
    ] {
        let told = read(&toml, &[]).map(|_| ()).unwrap_err().join("\n");
        for secret in [SECRET, "123456789", "1234-12", "34-56789"] {
            assert!(!told.contains(secret), "{toml}{told}");
        }
    }
    for name in [
        "NATS__CONNECTIONS",
        "SERVER__TLS_KEY__X",
        "TICK__SEED",
        "NATS",
        "DATABASE__TLS",
        "NATS__TLS_VERIFY",
        "LUCIDITY__DEFAULT_FLUX",
        "SERVER__LISTEN",
        "SERVER__ORIGINS",
        "NATS__TOKEN_FILE",
    ] {
        let name = format!("KADATH_{name}");
        for value in ["hunter2SECRET", "123456789x", "[\"hunter2SECRET\""] {
            if let Err(told) = environment(&[(&name, value)]) {
                assert!(
                    !told.contains("hunter2") && !told.contains("123456789"),
                    "{told}"
                );
                assert!(told.contains(&name), "{told}");
            }
        }
    }
}

#[test]
fn variable_of_string_key_is_taken_verbatim() {
    for word in [
        "12345678",
        "007",
        "true",
        "1e9",
        "[x]",
        "{}",
        " \" ",
        "x=y",
        "1979-05-27",
    ] {
        let config = environment(&[
            ("KADATH_NATS__USER", "ann"),
            ("KADATH_NATS__PASSWORD", word),
        ]);
        assert_eq!(config.unwrap().nats.password, word);
    }
    let config = environment(&[
        ("KADATH_SERVER__NODE", "1"),
        ("KADATH_TICK__RATE_HZ", " 30 "),
        ("KADATH_DATABASE__TLS", "verify-full"),
        ("KADATH_SERVER__TRUST_PROXY", "TRUE"),
        ("KADATH_LUCIDITY__DEFAULT_FLUX", "-2"),
        ("KADATH_ACCOUNTS__ARGON2__TIME", "2"),
        (
            "KADATH_SERVER__ORIGINS",
            "[\"https://a.example\", 'https://b.example:8443']",
        ),
        ("KADATH_TEST_SCRIPT", "left alone"),
    ]);
    let config = config.unwrap();
    assert_eq!(
        (config.server.node.as_str(), config.tick.rate_hz),
        ("1", 30)
    );
    assert!(config.server.trust_proxy);
    assert_eq!(config.database.tls, storage::TlsMode::VerifyFull);
    assert_eq!(config.lucidity.default_flux, Some(-2.0));
    assert_eq!(config.accounts.argon2.time, 2);
    assert_eq!(
        config.server.origins,
        ["https://a.example", "https://b.example:8443"]
    );
    let config = environment(&[(
        "KADATH_SERVER__ORIGINS",
        "https://a.example, https://b.example",
    )]);
    assert_eq!(config.unwrap().server.origins.len(), 2);
}

#[test]
fn duration_keys_take_numbers_and_spans() {
    let config = load("[sessions]\nidle_seconds = \"1h30m\"\n[database]\nlease_ms = \"15s\"\nfacts_retention_days = \"2w\"\n[nats]\nstream_max_age_hours = \"2d\"\n").unwrap();
    assert_eq!(config.sessions.idle_seconds, 5_400);
    assert_eq!(config.database.lease_ms, 15_000);
    assert_eq!(config.database.facts_retention_days, 14);
    assert_eq!(config.nats.stream_max_age_hours, 48);
    let config = environment(&[("KADATH_SESSIONS__IDLE_SECONDS", "10m")]).unwrap();
    assert_eq!(config.sessions.idle_seconds, 600);
    for wrong in [
        "[sessions]\nidle_seconds = \"500ms\"",
        "[sessions]\nidle_seconds = \"10\"",
        "[sessions]\nidle_seconds = \"-5s\"",
        "[tick]\nseed = \"10m\"",
        "[database]\nfacts_retention_days = \"36h\"",
    ] {
        assert!(load(wrong).unwrap_err().contains("whole number"), "{wrong}");
    }
}

#[test]
fn address_is_read_as_written() {
    let address = |listen: &str| {
        let config = environment(&[("KADATH_SERVER__LISTEN", listen)]);
        config.map(|config| config.address().unwrap().to_string())
    };
    assert_eq!(address("localhost:4000").unwrap(), "127.0.0.1:4000");
    assert_eq!(address("4000").unwrap(), "127.0.0.1:4000");
    assert_eq!(address("0").unwrap(), "127.0.0.1:0");
    assert_eq!(address(" [::1]:4000 ").unwrap(), "[::1]:4000");
    for (listen, hint) in [
        ("0.0.0.0", "no port"),
        ("::1", "no port"),
        (":4000", "names no address"),
        ("play.example.org:4000", "names a host"),
        ("127.0.0.1:70000", "is not an address"),
        ("http://127.0.0.1:4000", "is not an address"),
        ("", "is empty"),
    ] {
        assert!(address(listen).unwrap_err().contains(hint), "{listen}");
    }
}

#[test]
fn origins_match_browser_spelling() {
    let origins = |list: &str| load(&format!("[server]\norigins = {list}\n"));
    assert!(origins("[\"*\", \"https://a.example\", \"http://localhost:8080\", \"https://[::1]:1\", \"capacitor://localhost\"]").is_ok());
    for wrong in [
        "a.example",
        "https://a.example/",
        "https://a.example/x",
        "https://",
        "https://a:b",
        "https://a.example:99999",
    ] {
        let fault = origins(&format!("[\"{wrong}\"]")).unwrap_err();
        assert!(fault.contains("server.origins"), "{wrong}: {fault}");
    }
}

#[test]
fn a_flag_wins_and_is_blamed() {
    let blamed = |flags| Config::load(None, flags).unwrap_err().to_string();
    let fault = blamed(Overrides {
        listen: Some("here".into()),
        ..Overrides::default()
    });
    assert!(
        fault.contains("server.listen") && fault.contains("--listen"),
        "{fault}"
    );
    let fault = blamed(Overrides {
        log_format: Some("xml".into()),
        ..Overrides::default()
    });
    assert!(
        fault.contains("log.format") && fault.contains("--log-format"),
        "{fault}"
    );
    let fault = blamed(Overrides {
        seed: Some("-1".into()),
        ..Overrides::default()
    });
    assert!(
        fault.contains("tick.seed") && fault.contains("--seed"),
        "{fault}"
    );
}

#[test]
fn unreadable_file_is_refused_with_reason() {
    let refused = |file: &str| {
        let told = Config::load(Some(Path::new(file)), Overrides::default()).unwrap_err();
        told.to_string()
    };
    let fault = refused("/nowhere/kadath.toml");
    assert!(
        fault.contains("/nowhere/kadath.toml") && fault.contains("No such file"),
        "{fault}"
    );
    assert!(refused("/").contains("directory"));
    // Neither read to its end nor taken whole into memory.
    assert!(refused("/dev/zero").contains("longer"));
}

#[test]
fn zero_lifts_limits() {
    let config = load(
        "[journal]\nfacts_max = 0\n[readiness]\nlag_seconds = 0\n[sessions]\nidle_seconds = 0\n",
    )
    .unwrap();
    assert_eq!(config.storage().journal.facts_max, u32::MAX);
    assert!(config.lag_max() > Duration::from_secs(1_000_000_000));
    assert!(config.net().timeouts.idle.is_zero());
}

#[test]
fn operator_may_soften_lucidity_rules() {
    let config = load("[lucidity]\ndefault_flux = 0.5\ndrain_rate_max = 2.0\n").unwrap();
    let world = crate::Game::default().load(Path::new("world"), &config);
    let world = world.unwrap();
    let rules = world.get::<systems::lucidity::Rules>().unwrap();
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
