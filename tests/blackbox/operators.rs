//! What an operator asks of the program beside serving: what runs, with what, and how it does.

use serde_json::Value;

use crate::harness::{Recipe, Server, until};

#[tokio::test(flavor = "multi_thread")]
async fn start_reports_every_mistake_on_own_line() {
    let recipe = Recipe::new();
    let file = recipe.folder().join("kadath.toml");
    std::fs::write(
        &file,
        "[tick]\nrate_hz = 0\n[sessions]\nqueue_bytes = 1\n[x]\n",
    )
    .unwrap();
    let recipe = recipe
        .flag("--config", &file)
        .env("KADATH_LIMITS__SOCKETS", "many");
    let ended = recipe.refused().await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let place = |line, column| format!(", set in {}:{line}:{column}", file.display());
    let told: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(told.len(), 4, "{ended:?}");
    for (line, begin) in told.iter().zip([
        format!("kadath: configuration key tick.rate_hz{}: ", place(2, 1)),
        format!("kadath: configuration key sessions.queue_bytes{}: ", place(4, 1)),
        format!("kadath: unknown configuration key x{}", place(5, 2)),
        "kadath: configuration key limits.sockets, set by the environment variable KADATH_LIMITS__SOCKETS: ".to_owned(),
    ]) {
        assert!(line.starts_with(&begin), "{line}\n{begin}");
    }
    let json = recipe.flag("--log-format", "json").refused().await;
    assert_eq!(json.stderr.lines().count(), 4);
    for line in json.stderr.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        assert_eq!(record["message"], "kadath ended");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn start_with_broken_file_quotes_no_line() {
    let recipe = Recipe::new();
    let file = recipe.folder().join("kadath.toml");
    std::fs::write(
        &file,
        "[log]\nformat = \"json\"\n[database]\nurl = \"postgres://k:S3cretPw@db/k\n",
    )
    .unwrap();
    let recipe = recipe.flag("--config", &file);
    for ended in [recipe.refused().await, recipe.run("check").await] {
        assert!(
            !ended.stderr.contains("S3cret") && !ended.stdout.contains("S3cret"),
            "{ended:?}"
        );
        let told = format!("{}{}", ended.stderr, ended.stdout);
        assert!(
            told.contains(&format!("{}:4:", file.display())),
            "{ended:?}"
        );
    }
    // As far as the file can be read it counts.
    let line = recipe.refused().await.stderr;
    assert!(serde_json::from_str::<Value>(line.trim()).is_ok(), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn version_names_commit_and_target() {
    let told = Recipe::new().run("--version").await.stdout;
    let (version, rest) = told.trim().split_once(" (").unwrap();
    assert_eq!(version, concat!("kadath ", env!("CARGO_PKG_VERSION")));
    let (commit, target) = rest.strip_suffix(')').unwrap().split_once(", ").unwrap();
    assert!(commit == "unknown" || commit.len() >= 7, "{told}");
    assert!(target.matches('-').count() >= 2, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn config_shows_origins_and_hides_secrets() {
    let recipe = Recipe::new();
    let file = recipe.folder().join("kadath.toml");
    std::fs::write(
        &file,
        "[nats]\nuser = \"ann\"\npassword = \"hunter2\"\n[sessions]\nidle_seconds = \"10m\"\n",
    )
    .unwrap();
    let ended = recipe
        .flag("--config", &file)
        .flag("--database", "postgres://ann:hunter2@db/k?password=hunter2")
        .env("KADATH_TICK__RATE_HZ", "30")
        .run("config")
        .await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.stdout.contains("hunter2"), "{}", ended.stdout);
    for line in [
        "rate_hz = 30  # KADATH_TICK__RATE_HZ".to_owned(),
        "seed = 1  # default".to_owned(),
        format!("idle_seconds = 600  # {}:5", file.display()),
        "url = \"postgres://ann:[REDACTED]@db/k?[REDACTED]\"  # --database".to_owned(),
        format!("password = \"[REDACTED]\"  # {}:3", file.display()),
        "# tls_cert is not set".to_owned(),
    ] {
        assert!(
            ended.stdout.lines().any(|told| told == line),
            "{line}\n{}",
            ended.stdout
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn config_sample_is_a_configuration_without_mistakes() {
    let recipe = Recipe::new();
    let sample = recipe.clone().switch("--sample").run("config").await;
    assert_eq!(sample.code, Some(0), "{sample:?}");
    assert!(
        sample.stdout.contains("\n#listen = \"127.0.0.1:4000\"\n"),
        "{}",
        sample.stdout
    );
    let file = recipe.folder().join("kadath.toml");
    std::fs::write(&file, sample.stdout).unwrap();
    let ended = recipe.flag("--config", &file).run("check").await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn status_tells_how_the_running_server_does() {
    let recipe = Recipe::new();
    let nobody = recipe.run("status").await;
    assert_eq!(nobody.code, Some(1), "{nobody:?}");
    assert!(nobody.stderr.contains("no server answers"), "{nobody:?}");
    let server = recipe.start().await;
    let _guest = server.guest().await;
    let status = until("one player", async || {
        let status = server.recipe().run("status").await;
        status.stdout.contains("1 in the world").then_some(status)
    })
    .await;
    assert_eq!(status.code, Some(0), "{status:?}");
    for word in [
        "ready: http://",
        "version ",
        "uptime ",
        "99 of 100 under",
        "lag ",
        "open files",
        "MiB free",
    ] {
        assert!(status.stdout.contains(word), "{word}: {}", status.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_finds_nothing_in_a_fresh_start() {
    let ended = Recipe::new().run("doctor").await;
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "nothing found\n"),
        "{ended:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_problems_with_remedies() {
    let recipe = Recipe::new()
        .flag("--listen", "0.0.0.0:4000")
        .flag("--database", "postgres://ann:hunter2@127.0.0.1/k")
        .env("KADATH_JOURNAL__FSYNC", "off");
    let ended = recipe.run("doctor").await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for about in [
        "server.listen: ",
        "journal.fsync: ",
        "database.url: --database shows",
    ] {
        assert!(
            ended.stdout.lines().any(|line| line.starts_with(about)),
            "{about}: {ended:?}"
        );
    }
    let remedies = ended.stdout.matches("    remedy: ").count();
    assert_eq!(remedies * 2, ended.stdout.lines().count(), "{ended:?}");
    assert!(!ended.stdout.contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_may_have_own_listener() {
    let server = Recipe::new()
        .env("KADATH_SERVER__METRICS_LISTEN", "127.0.0.1:0")
        .start()
        .await;
    assert_eq!(server.http.get("/metrics").await.0, 404);
    let told = std::fs::read_to_string(server.recipe().data().join("address")).unwrap();
    let apart = crate::harness::Http::new(told.lines().nth(1).unwrap());
    assert_eq!(apart.get("/metrics").await.0, 200);
    assert_eq!(apart.get("/readyz").await.0, 200);
    assert_eq!(apart.get("/").await.0, 404);
    assert_eq!(apart.get("/auth/me").await.0, 404);
    let status = server.recipe().run("status").await;
    assert_eq!(status.code, Some(0), "{status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_name_the_build_and_the_process() {
    let server = Server::start().await;
    let (_, text) = server.http.get("/metrics").await;
    let text = text.as_str().unwrap();
    let info = text
        .lines()
        .find(|line| line.starts_with("kadath_build_info{"))
        .unwrap();
    for label in ["version=\"", "commit=\"", "target=\""] {
        assert!(info.contains(label), "{info}");
    }
    assert!(info.ends_with(" 1"), "{info}");
    for name in [
        "process_cpu_seconds_total",
        "process_open_fds",
        "process_max_fds",
        "process_resident_memory_bytes",
        "process_virtual_memory_bytes",
        "process_start_time_seconds",
        "process_threads",
    ] {
        assert!(
            text.lines()
                .any(|line| line.starts_with(&format!("{name} "))),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn start_ignores_threads_that_are_none() {
    let server = Recipe::new().env("TOKIO_WORKER_THREADS", "0").start().await;
    assert_eq!(server.http.get("/healthz").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn log_begins_with_version() {
    let server = Recipe::new()
        .env("KADATH_LOG__FORMAT", "json")
        .start()
        .await;
    let log = server.stop().await.stderr();
    let records: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let fields = |message: &str| {
        let record = records.iter().find(|record| record["message"] == message);
        record.unwrap_or_else(|| panic!("no {message}: {log}"))["fields"].clone()
    };
    assert_eq!(records[0]["message"], "kadath starts");
    assert_eq!(
        fields("kadath starts")["version"],
        env!("CARGO_PKG_VERSION")
    );
    let read = fields("configuration read");
    assert!(
        read["variables"]
            .as_str()
            .unwrap()
            .contains("KADATH_LOG__FORMAT")
    );
    assert!(read["flags"].as_str().unwrap().contains("--listen"));
    assert_eq!(fields("world read")["rooms"], 120);
    assert_eq!(fields("database ready")["kind"], "sqlite");
    assert!(
        fields("world built")["plugins"]
            .as_str()
            .unwrap()
            .contains("chat")
    );
    let listening = fields("listening");
    assert!(
        listening["url"]
            .as_str()
            .unwrap()
            .starts_with("http://127.0.0.1:")
    );
    assert_eq!(listening["guests"], true);
    assert_eq!(listening["tls"], false);
}
