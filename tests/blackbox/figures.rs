//! What operators watch: every figure that dashboards are built on is there.

use std::collections::BTreeSet;

use crate::harness::{Server, until};

/// The contract's names; those of the bus come with the bus.
const NAMES: &[&str] = &[
    "kadath_ticks_total",
    "kadath_tick_seconds_bucket",
    "kadath_tick_seconds_count",
    "kadath_tick_overruns_total",
    "kadath_tick_lateness_seconds",
    "kadath_plugin_seconds",
    "kadath_tick_part_seconds",
    "kadath_plugin_faults_total",
    "kadath_plugin_quarantined",
    "kadath_players_online",
    "kadath_lane_depth",
    "kadath_lane_refusals_total",
    "kadath_journal_durable_tick",
    "kadath_storage_applied_tick",
    "kadath_current_tick",
    "kadath_db_statements_total",
    "kadath_db_connections",
    "kadath_db_pool_max",
    "kadath_sessions",
    "kadath_frames_sent_total",
    "kadath_socket_writes_total",
    "kadath_slow_clients_total",
    "kadath_event_loop_stall_seconds",
    "kadath_recorder_bytes",
    "kadath_recorder_dropped_total",
];
/// What a figure is told apart by.
const LABELS: &[(&str, &[&str])] = &[
    ("kadath_plugin_seconds", &["plugin", "phase"]),
    ("kadath_tick_part_seconds", &["part"]),
    ("kadath_plugin_faults_total", &["plugin"]),
    ("kadath_plugin_quarantined", &["plugin"]),
    ("kadath_lane_depth", &["lane"]),
    ("kadath_lane_refusals_total", &["lane"]),
    ("kadath_db_connections", &["state"]),
    ("kadath_sessions", &["protocol"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_of_the_contract_is_told() {
    let server = Server::start().await;
    let mut guest = server.guest().await;
    let (way, _) = guest.way_out();
    guest.does_for_good(&way).await;
    let figures = server.http.figures().await;
    let missing: Vec<&&str> = NAMES
        .iter()
        .filter(|name| {
            !figures
                .iter()
                .any(|(known, _)| known.split('{').next().unwrap().starts_with(*name))
        })
        .collect();
    assert!(missing.is_empty(), "missing: {missing:?}");
    for (name, labels) in LABELS {
        for (known, _) in figures.iter().filter(|(known, _)| known.starts_with(name)) {
            for label in *labels {
                assert!(known.contains(&format!("{label}=\"")), "{known}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_is_in_handbook() {
    let server = Server::start().await;
    let mut guest = server.guest().await;
    guest.does("look").await;
    let handbook = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md");
    let handbook = std::fs::read_to_string(handbook).unwrap();
    let figures = server.http.figures().await;
    let families: BTreeSet<&str> = figures
        .iter()
        .filter_map(|(name, _)| name.split('{').next())
        .map(|name| {
            let parts = ["_bucket", "_sum", "_count"];
            let family = parts.iter().find_map(|part| name.strip_suffix(part));
            family.unwrap_or(name)
        })
        .collect();
    let missing: Vec<&&str> = families
        .iter()
        .filter(|family| {
            !handbook.contains(&format!("`{family}`"))
                && !handbook.contains(&format!("`{family}{{"))
        })
        .collect();
    assert!(missing.is_empty(), "not in docs/operations.md: {missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn players_are_counted_and_storage_catches_up() {
    let server = Server::start().await;
    let mut guest = server.guest().await;
    // A tick is measured once its frames are on their way.
    until("the guest to be counted", async || {
        let online = server.http.figure("kadath_players_online").await;
        (online == 1.0).then_some(())
    })
    .await;
    let (way, _) = guest.way_out();
    let done = guest.does(&way).await;
    let tick = done["tick"].as_f64().unwrap();
    until("the database to catch up", async || {
        let applied = server.http.figure("kadath_storage_applied_tick").await;
        (applied >= tick).then_some(())
    })
    .await;
    guest.does("quit").await;
    until("the guest to be gone", async || {
        let online = server.http.figure("kadath_players_online").await;
        (online == 0.0).then_some(())
    })
    .await;
}
