//! Who may know whom, in sources.

use super::source::{CRATES, File, files, mentions, none};

/// What has no place where the rules of the game are.
const OUTSIDE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::thread",
    "std::process",
    "std::env",
    "std::sync::mpsc",
    "Instant",
    "SystemTime",
    "async",
    "tokio::",
    "sqlx::",
];

/// The tick is a function of its input: clocks and threads are the runner's, waiting is the port's.
const OUTSIDE_OF_A_TICK: &[&str] = &[
    "Instant",
    "SystemTime",
    "std::thread",
    "std::fs",
    "std::net",
    "await",
];

/// What a websocket is made of, and the close codes that go with it (RFC 6455, section 7.4).
const WEBSOCKET: &[&str] = &[
    "tungstenite",
    "tokio_tungstenite",
    "axum",
    "hyper",
    "hyper_util",
    "ws",
    "WebSocketStream",
    "WebsocketError",
    "CloseFrame",
    "CloseCode",
    "OpCode",
    "Utf8Bytes",
    "1000",
    "1001",
    "1002",
    "1003",
    "1007",
    "1008",
    "1009",
    "1011",
    "1013",
];

/// What waits for a future.
const WAITS: &[&str] = &[
    "block_on",
    "Runtime::new",
    "Builder::new_current_thread",
    "Builder::new_multi_thread",
];

/// Every place of what a crate ships that has one of `parts` in it.
fn shipped_with(files: &[File], folder: &str, parts: &[&str]) -> Vec<String> {
    let prefix = format!("{folder}/src/");
    let of = |file: &&File| file.path.starts_with(&prefix) && file.is_rust();
    let found = files.iter().filter(of);
    found
        .flat_map(|file| mentions(&file.path, &file.shipped(), parts))
        .collect()
}

fn strangers(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (folder, allowed) in CRATES.iter().filter(|(folder, _)| *folder != ".") {
        let strange = |name: &&str| name != folder && !allowed.contains(name) && *name != ".";
        let strange = CRATES.iter().map(|(name, _)| *name).filter(strange);
        let paths: Vec<String> = strange.map(|name| format!("{name}::")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        found.extend(shipped_with(files, folder, &paths));
    }
    found
}

fn past_the_port(files: &[File]) -> Vec<String> {
    let found = ["net", "storage"].map(|edge| shipped_with(files, edge, &["engine::"]));
    let inside = |place: &String| place.replace("engine::port", "").contains("engine::");
    found.into_iter().flatten().filter(inside).collect()
}

fn outside_of_a_tick(files: &[File]) -> Vec<String> {
    let mut found = shipped_with(files, "engine", OUTSIDE_OF_A_TICK);
    found.retain(|place| {
        !place.starts_with("engine/src/runner") && !place.starts_with("engine/src/port")
    });
    found
}

/// Where a websocket is known among what is behind every door, tests included.
fn past_the_door(files: &[File]) -> Vec<String> {
    let behind = |file: &&File| {
        let path = &file.path;
        let is_edge = path == "net/src/edge.rs" || path.starts_with("net/src/edge/");
        let is_door = path == "net/src/edge/ws.rs" || path.starts_with("net/src/edge/ws/");
        is_edge && !is_door && file.is_rust()
    };
    let found = files.iter().filter(behind);
    found
        .flat_map(|file| {
            [file.shipped(), file.tested()]
                .map(|code| mentions(&file.path, &code, WEBSOCKET))
                .concat()
        })
        .filter(|place| !place.ends_with(" pub(crate) mod ws;"))
        .collect()
}

/// A thread that waits for a future is a process's first, or the load driver's own.
fn waiting(files: &[File]) -> Vec<String> {
    let folders = ["engine", "systems", "net", "storage", "load"];
    let found = folders.map(|folder| shipped_with(files, folder, WAITS));
    let elsewhere =
        |place: &String| !place.starts_with("load/src/bench.rs:") && !place.contains("/tests/");
    found.into_iter().flatten().filter(elsewhere).collect()
}

#[test]
fn only_process_entry_blocks_on_futures() {
    none(waiting(&files()));
}

#[test]
fn sources_import_only_allowed_crates() {
    none(strangers(&files()));
}

#[test]
fn edges_import_only_engine_port() {
    none(past_the_port(&files()));
}

#[test]
fn only_websocket_module_names_websockets() {
    none(past_the_door(&files()));
}

#[test]
fn the_game_never_looks_outside() {
    none(shipped_with(&files(), "systems", OUTSIDE));
}

#[test]
fn engine_waits_and_reads_clocks_in_runner_only() {
    none(outside_of_a_tick(&files()));
}

#[test]
fn forbidden_mention_is_found() {
    type Rule = fn(&[File]) -> Vec<String>;
    let outside: Rule = |files| shipped_with(files, "systems", OUTSIDE);
    for (rule, path, bad, good) in [
        (
            waiting as Rule,
            "net/src/serve.rs",
            "tokio::runtime::Runtime::new()",
            "Runtime::newest()",
        ),
        (
            waiting,
            "net/src/serve.rs",
            "runtime.block_on(serve())",
            "unblock_on()",
        ),
        (
            waiting,
            "load/src/conduct.rs",
            "tokio::runtime::Builder::new_multi_thread()",
            "// Builder::new_multi_thread()",
        ),
        (
            strangers,
            "net/src/serve.rs",
            "use storage::Accounts;",
            "use crate::storage::Accounts;",
        ),
        (
            strangers,
            "engine/src/runner.rs",
            "fn f(one: &net::Hub) {}",
            "fn f(one: &std::net::IpAddr) {}",
        ),
        (
            past_the_port,
            "storage/src/lease.rs",
            "use engine::Engine;",
            "use engine::port::Tick;",
        ),
        (
            past_the_port,
            "net/src/hub.rs",
            "use engine::{port::Tick, Engine};",
            "use engine::port::{Row, Tick};",
        ),
        (
            past_the_door,
            "net/src/edge/conversation.rs",
            "use tokio_tungstenite::tungstenite::Message;",
            "// A websocket of tungstenite",
        ),
        (
            past_the_door,
            "net/src/edge/pipe/tests.rs",
            "use {crate::edge::ws::pipe::WsPipe, std::io};",
            "use crate::edge::pipe::Pipe;",
        ),
        (
            past_the_door,
            "net/src/edge/close.rs",
            "Self::Quit => 1000,",
            "Self::Quit => 10,",
        ),
        (
            outside,
            "systems/src/chat.rs",
            "let now = std::time::Instant::now();",
            "let now = clock.now;",
        ),
        (
            outside,
            "systems/src/chat.rs",
            "use std::{fmt, fs};",
            "use std::fmt;",
        ),
        (
            outside,
            "systems/src/chat.rs",
            "async fn f() {}",
            "// async",
        ),
        (
            outside_of_a_tick,
            "engine/src/engine.rs",
            "std::time::SystemTime::now()",
            "WorldTime::now()",
        ),
    ] {
        let breaks = |code: &str| !rule(&[File::new(path, code)]).is_empty();
        assert!(breaks(bad), "{path}: {bad}");
        assert!(!breaks(good), "{path}: {good}");
    }
    let door = File::new("net/src/edge/ws/close.rs", "CloseCode::from(1000)");
    assert!(past_the_door(&[door]).is_empty());
    // A test module that is a file of its own exempts nothing behind it.
    let late = "#[cfg(test)]\nmod model;\nuse storage::Accounts;\n";
    assert_eq!(strangers(&[File::new("net/src/session.rs", late)]).len(), 1);
    let clock = File::new("engine/src/runner.rs", "std::time::Instant::now()");
    assert!(outside_of_a_tick(&[clock]).is_empty());
}
