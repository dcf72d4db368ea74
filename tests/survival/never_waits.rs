//! The world never waits: a crowd acts while the database stands still, then while the disk
//! refuses writes.

mod crowd;
pub(crate) mod span;

use std::process::Command;
use std::time::Duration;

use crate::harness::{Cluster, Recipe, Server, alone, until, whole};
use crowd::{Crowd, Manner};
use span::Span;

/// What the crowd does: each command changes what is saved.
const COUNTING: Manner = Manner {
    lines: &["count"],
    pause: Duration::from_millis(400),
};
const RATE_HZ: u32 = 20;
/// Bytes that a session keeps for a resume in these proofs.
const REPLAY_BYTES: u64 = 16 * 1_024;
/// What memory may grow by while nothing can be saved. Of each player two sets of values at most
/// wait, the layer being written and the one gathering, 8 KiB each with the command record; and
/// what its session keeps for a resume fills up.
const GROWTH_PER_PLAYER: u64 = 2 * 8 * 1_024 + REPLAY_BYTES;
/// The allocator's and the runtime's own, however many play.
const GROWTH_ANYWAY: u64 = 32 * 1_024 * 1_024;
/// Ticks below a tenth of their slot are told apart by the machine's other work only.
const NOISE: f64 = 0.1 / RATE_HZ as f64;
/// By what a player may be kept waiting longer than in the calm: two ticks.
const ANSWERS_NOISE: Duration = Duration::from_millis(100);
/// The everyday run has sixty ticks an outage: its p99.9 is its slowest tick, and one that the
/// machine took away is more than a hundredth. A tick that waited would last the whole outage.
const NOISE_OF_FEW: f64 = 1.0 / RATE_HZ as f64;
const LATE_OF_FEW: f64 = 0.1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_database_or_full_disk_delays_no_tick() {
    let _alone = alone().await;
    let (players, calm, outage) = if whole() {
        (500, Duration::from_secs(30), Duration::from_secs(20))
    } else {
        (50, Duration::from_secs(4), Duration::from_secs(3))
    };
    let cluster = Cluster::started().await;
    let recipe = Recipe::with_trades()
        .set("database.url", cluster.url("postgres"))
        .set("tick.rate_hz", RATE_HZ)
        .set("sessions.replay_bytes", REPLAY_BYTES)
        .set("limits.sign_ins_per_minute", 0)
        .set("readiness.lag_seconds", 2);
    let server = recipe.start().await;
    server.ready().await;
    let crowd = Crowd::gather(&server, players, COUNTING).await;

    let calm = Span::watch(&server, calm, &crowd).await;
    println!("never waits, {players} players, calm: {calm}");
    assert!(calm.done > 0 && calm.refused == 0, "nobody acts");

    cluster.freeze();
    let frozen = Span::watch(&server, outage, &crowd).await;
    let reason = unready(&server, "storage").await;
    cluster.thaw();
    println!("never waits, database frozen: {frozen}; /readyz: {reason}");
    judge(&calm, &frozen, players);
    assert!(frozen.done > 0, "nobody could act");
    assert_eq!(frozen.refused, 0, "refused though the journal could write");
    assert!(frozen.applied_lag > u64::from(RATE_HZ), "no lag shown");
    caught_up(&server).await;

    limit_files(&server, "1:");
    let full = Span::watch(&server, outage, &crowd).await;
    let reason = unready(&server, "journal").await;
    limit_files(&server, "unlimited:");
    println!("never waits, disk full: {full}; /readyz: {reason}");
    judge(&calm, &full, players);
    assert!(full.refused > 0, "durable actions were welcome");
    assert!(full.durable_lag > u64::from(RATE_HZ), "no lag shown");
    caught_up(&server).await;
    let after = Span::watch(&server, Duration::from_secs(1), &crowd).await;
    assert!(
        after.done > 0 && after.refused == 0,
        "not recovered: {after}"
    );
    assert_eq!(crowd.leave().await, players, "somebody was disconnected");
    everything_saved(&server).await;
}

/// Holds an outage against the calm before it.
fn judge(calm: &Span, outage: &Span, players: usize) {
    let (late, noise, answers_noise) = if whole() {
        (0.01, NOISE, ANSWERS_NOISE)
    } else {
        (LATE_OF_FEW, NOISE_OF_FEW, 3 * ANSWERS_NOISE)
    };
    assert!(
        outage.late() <= calm.late() + late,
        "late ticks: {outage}, calm {calm}"
    );
    assert!(
        outage.answers_p99 <= calm.answers_p99 + answers_noise,
        "slow answers: {outage}, calm {calm}"
    );
    assert!(
        outage.tick_p999 <= (2.0 * calm.tick_p999).max(noise),
        "slow ticks: {outage}, calm {calm}"
    );
    assert_eq!(outage.lane_refusals, 0.0, "a lane was full");
    let bound = GROWTH_ANYWAY + GROWTH_PER_PLAYER * players as u64;
    assert!(
        outage.grown <= bound,
        "memory grew: {outage}, bound {bound} bytes"
    );
}

/// Waits until the server says that it is not ready because of `check`; answers why.
async fn unready(server: &Server, check: &str) -> String {
    until("a no", async || {
        let (status, body) = server.http.get("/readyz").await;
        let said = &body["checks"][check];
        (status == 503 && said["ok"] == false).then(|| said["reason"].to_string())
    })
    .await
}

/// Waits until everything is saved again and the server says so.
async fn caught_up(server: &Server) {
    server.ready().await;
    until("the lag's end", async || {
        let figures = server.http.figures().await;
        let current = span::figure(&figures, "kadath_current_tick");
        let near = |name| current - span::figure(&figures, name) <= f64::from(RATE_HZ);
        (near("kadath_journal_durable_tick") && near("kadath_storage_applied_tick")).then_some(())
    })
    .await;
}

/// Waits until nothing is left to save and every figure says so.
async fn everything_saved(server: &Server) {
    until("figures without any lag", async || {
        let figures = server.http.figures().await;
        let of = |name| span::figure(&figures, name);
        let current = of("kadath_current_tick");
        (of("kadath_journal_durable_tick") == current
            && of("kadath_storage_applied_tick") == current
            && of("kadath_storage_pending_rows") == 0.0
            && of("kadath_lane_depth{lane=\"saves\"}") == 0.0)
            .then_some(())
    })
    .await;
}

/// Sets the size beyond which the server's files do not grow, in bytes, soft limit only.
pub(crate) fn limit_files(server: &Server, bytes: &str) {
    let done = Command::new("prlimit")
        .args(["--pid", &server.pid().to_string()])
        .arg(format!("--fsize={bytes}"))
        .status();
    assert!(done.unwrap().success(), "prlimit failed");
}
