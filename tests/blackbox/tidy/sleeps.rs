//! Tests wait for a condition. What sleeps measures a span, keeps a pace or looks again, and says so.

use super::source::{File, files};

/// What lets time pass. A `sleep` by another name is one, too.
const SLEEPS: &[&str] = &[
    "sleep(",
    "sleep_until(",
    "sleep as",
    "sleep_until as",
    "park_timeout(",
    "interval(",
    "interval_at(",
    "setTimeout(",
    "setInterval(",
];

/// The most a loop waits before it looks again: its end is a condition or a deadline.
const LOOKS_AGAIN: &str = "looks again until a condition or a deadline";
const PACE: &str = "the pace of a client, which is what is tried";
const SPAN: &str = "the span in which something is measured";
const DRAWN: &str = "the moment of a kill, which is drawn";
const VIRTUAL: &str = "time that is held, and passes when everybody waits for it";

const QUEUED: &str = "lets what is queued be done, which takes no time of its own";

/// Where tests sleep, how often, and why.
const ALLOWED: &[(&str, usize, &str)] = &[
    ("sdk/tests/fire.mjs", 1, PACE),
    ("sdk/tests/page.mjs", 1, LOOKS_AGAIN),
    ("sdk/tests/react.test.js", 1, QUEUED),
    ("sdk/tests/record.mjs", 1, LOOKS_AGAIN),
    ("sdk/tests/world.test.js", 1, QUEUED),
    ("engine/tests/engine/runner.rs", 1, LOOKS_AGAIN),
    (
        "load/tests/driver/fake.rs",
        2,
        "answers late on purpose: the driver must see how late",
    ),
    (
        "load/tests/driver/latency.rs",
        1,
        "looks how long the thread ran nothing",
    ),
    (
        "net/src/stall.rs",
        1,
        "blocks the event loop: that is what is counted",
    ),
    (
        "net/tests/gateway/floods.rs",
        3,
        "beyond a patience, nothing may happen; and a slow reader",
    ),
    ("net/tests/gateway/pacing.rs", 1, PACE),
    (
        "net/tests/gateway/pings.rs",
        2,
        "the way of a pong over a network",
    ),
    ("net/tests/gateway/server.rs", 1, LOOKS_AGAIN),
    ("storage/tests/storage/disks.rs", 1, LOOKS_AGAIN),
    (
        "storage/tests/storage/files.rs",
        1,
        "a look at files leaves no trace to wait for",
    ),
    ("storage/tests/storage/harness.rs", 1, LOOKS_AGAIN),
    ("storage/tests/storage/harness/postgres.rs", 1, LOOKS_AGAIN),
    ("storage/tests/storage/harness/world.rs", 2, LOOKS_AGAIN),
    ("tests/blackbox/harness.rs", 1, LOOKS_AGAIN),
    ("tests/blackbox/harness/browser.rs", 2, LOOKS_AGAIN),
    (
        "tests/blackbox/packaging/alarms.rs",
        2,
        "the pace of a scrape, which alarms count",
    ),
    ("tests/bus/effects.rs", 1, PACE),
    (
        "tests/bus/faults.rs",
        1,
        "a span in which nothing may be delivered again",
    ),
    ("tests/bus/flood.rs", 1, PACE),
    ("tests/bus/harness.rs", 1, LOOKS_AGAIN),
    ("tests/bus/nodes.rs", 1, LOOKS_AGAIN),
    ("tests/bus/once.rs", 1, DRAWN),
    ("tests/interop/play.mjs", 2, "the deadline of a wait"),
    ("tests/simulation/src/client.rs", 5, VIRTUAL),
    ("tests/simulation/src/night.rs", 2, VIRTUAL),
    ("tests/simulation/src/night/node.rs", 3, VIRTUAL),
    ("tests/survival/crowds.rs", 2, PACE),
    ("tests/survival/floods.rs", 2, PACE),
    ("tests/survival/floods/rude.rs", 2, PACE),
    ("tests/survival/harness.rs", 1, LOOKS_AGAIN),
    ("tests/survival/harness/server.rs", 1, DRAWN),
    ("tests/survival/hostile.rs", 1, PACE),
    ("tests/survival/hostile/attack.rs", 1, SPAN),
    ("tests/survival/never_forgets.rs", 1, DRAWN),
    ("tests/survival/never_forgets/client.rs", 1, LOOKS_AGAIN),
    ("tests/survival/never_waits/span.rs", 1, SPAN),
    ("tests/survival/no_leak.rs", 2, LOOKS_AGAIN),
    (
        "tests/survival/recordings.rs",
        2,
        "how long all is well, and how long a database is away",
    ),
    (
        "tests/survival/slow_clients.rs",
        4,
        "two spans that are measured, and the pace of those who act",
    ),
    ("tests/survival/slow_clients/throttle.rs", 1, PACE),
    (
        "tests/survival/starting.rs",
        1,
        "how long a database is away",
    ),
    ("tests/survival/streams.rs", 2, SPAN),
    (
        "tests/survival/streams/bot.rs",
        5,
        "the pace of a client, and its tries to come back",
    ),
];

/// How often a text lets time pass.
fn sleeps(code: &str) -> usize {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    let of = |sleep: &str| {
        let calls = code.match_indices(sleep).filter(|(at, _)| {
            let before = &code[..*at];
            let is_whole = before.chars().next_back().is_none_or(|c| !joins(c));
            is_whole && !before.ends_with("fn ")
        });
        calls.count()
    };
    SLEEPS.iter().map(|sleep| of(sleep)).sum()
}

/// Tests that sleep without a reason, and reasons without a sleep.
fn faults(files: &[File], allowed: &[(&str, usize, &str)]) -> Vec<String> {
    let mut faults = Vec::new();
    // What these rules are tried on stands in their own files.
    let ours = |file: &&File| !file.path.starts_with("tests/blackbox/tidy/");
    let code = |file: &&File| file.is_rust() || file.is_script();
    for file in files.iter().filter(ours).filter(code) {
        let found = sleeps(&file.tested());
        let known = allowed.iter().find(|(path, ..)| *path == file.path);
        let due = known.map_or(0, |(_, count, _)| *count);
        if found != due {
            faults.push(format!(
                "{}: {found} sleeps, {due} with a reason",
                file.path
            ));
        }
    }
    for (path, _, reason) in allowed {
        if files.iter().all(|file| file.path != *path) {
            faults.push(format!("{path} is no more"));
        }
        if reason.is_empty() {
            faults.push(format!("{path} has no reason"));
        }
    }
    faults
}

#[test]
fn no_test_sleeps_without_a_reason() {
    let faults = faults(&files(), ALLOWED);
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn sleep_without_a_reason_is_found() {
    let file = |path: &str, code: &str| [File::new(path, code)];
    for code in [
        "tokio::time::sleep(Duration::from_secs(1)).await;",
        "sleep(SPAN).await;",
        "std::thread::sleep(SPAN);",
        "use tokio::time::sleep as nap;",
        "sleep_until(due).await;",
        "let mut pace = tokio::time::interval(PAUSE);",
        "setTimeout(resolve, 50);",
    ] {
        let file = file("net/tests/gateway/pings.rs", code);
        assert_eq!(faults(&file, &[]).len(), 1, "{code}");
        assert!(faults(&file, &[(&file[0].path, 1, PACE)]).is_empty());
    }
    let module = "fn shipped() { sleep(LOOK) }\n#[cfg(test)]\nmod tests {\n    sleep(SPAN);\n}\n";
    assert_eq!(faults(&file("net/src/stall.rs", module), &[]).len(), 1);
    for code in [
        "fn sleep(stage: &mut Stage) {}",
        "// sleep(SPAN)",
        "asleep(1)",
    ] {
        let file = file("tests/bus/once.rs", code);
        assert!(faults(&file, &[]).is_empty(), "{code}");
    }
    // A reason holds for as many as it was given for, and not longer than there is something.
    let twice = file("tests/bus/once.rs", "sleep(ONE); sleep(TWO);");
    assert_eq!(faults(&twice, &[("tests/bus/once.rs", 1, DRAWN)]).len(), 1);
    assert_eq!(faults(&[], &[("tests/bus/once.rs", 1, DRAWN)]).len(), 1);
    assert_eq!(faults(&twice, &[("tests/bus/once.rs", 2, "")]).len(), 1);
}
