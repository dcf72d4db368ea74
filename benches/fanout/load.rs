//! Lines by the clock, and what came of them.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use crate::crowd::Crowd;
use crate::latency::Latency;
use crate::process::{Process, own_cpu};

/// Load before a span is measured: queues, caches and the allocator find their size.
const WARM_UP: Duration = Duration::from_secs(1);
/// How long the last deliveries are waited for.
const DRAIN: Duration = Duration::from_secs(5);
/// Lines sent without a look at what arrives.
const BURST: u64 = 32;

/// One measured span.
#[derive(Debug)]
pub(crate) struct Measured {
    /// Deliveries a second.
    pub(crate) rate: f64,
    /// CPU milliseconds of the server per 1,000 deliveries.
    pub(crate) cost: f64,
    /// Processors that the server and the clients kept busy.
    pub(crate) server_busy: f64,
    pub(crate) clients_busy: f64,
    /// Bytes a delivery, with everything else that was sent.
    pub(crate) bytes: f64,
    /// Of the whole run: deliveries that never came, gaps in numbers, ended sockets, lines that a
    /// socket did not take.
    pub(crate) lost: i64,
    pub(crate) gaps: u64,
    pub(crate) ended: u64,
    pub(crate) blocked: u64,
    /// From sent to heard.
    pub(crate) latency: Latency,
    /// From due to heard: the driver's own lateness with it.
    pub(crate) since_due: Latency,
    /// How late the lines themselves were sent.
    pub(crate) late: Latency,
}

/// Speaks to a server for a while, so many lines a second.
pub(crate) async fn measure(server: &Process, crowd: &Crowd, lines: u64, seconds: u64) -> Measured {
    let tally = &crowd.tally;
    let span = Duration::from_secs(seconds);
    let deliveries_before = tally.deliveries.get();
    let gaps = tally.gaps.get();
    let blocked = tally.blocked.get();
    let sending = send(crowd, lines, WARM_UP + span);
    let watching = async {
        sleep(WARM_UP).await;
        tally.latency.borrow_mut().clear();
        tally.since_due.borrow_mut().clear();
        let began = Instant::now();
        let cpu = (server.cpu(), own_cpu());
        let heard = (tally.deliveries.get(), tally.bytes.get());
        sleep(span).await;
        let took = began.elapsed().as_secs_f64();
        let busy = |now: Duration, before: Duration| (now - before).as_secs_f64();
        let server_cpu = busy(server.cpu(), cpu.0);
        let clients_cpu = busy(own_cpu(), cpu.1);
        let deliveries = (tally.deliveries.get() - heard.0) as f64;
        Measured {
            rate: deliveries / took,
            cost: server_cpu * 1e6 / deliveries,
            server_busy: server_cpu / took,
            clients_busy: clients_cpu / took,
            bytes: (tally.bytes.get() - heard.1) as f64 / deliveries,
            lost: 0,
            gaps: 0,
            ended: 0,
            blocked: 0,
            latency: tally.latency.borrow().clone(),
            since_due: tally.since_due.borrow().clone(),
            late: Latency::new(),
        }
    };
    let ((sent, late), mut measured) = tokio::join!(sending, watching);
    measured.late = late;
    let expected = deliveries_before + sent * crowd.rooms_of as u64;
    let patience = Instant::now() + DRAIN;
    while tally.deliveries.get() < expected && Instant::now() < patience {
        sleep(Duration::from_millis(5)).await;
    }
    measured.lost = expected.cast_signed() - tally.deliveries.get().cast_signed();
    measured.gaps = tally.gaps.get() - gaps;
    measured.ended = tally.ended.get();
    measured.blocked = tally.blocked.get() - blocked;
    measured
}

/// Sends lines at even intervals, each from anybody; answers how many, and how late
/// after the warm-up.
async fn send(crowd: &Crowd, lines: u64, span: Duration) -> (u64, Latency) {
    let began = Instant::now();
    let all = lines * span.as_millis() as u64 / 1_000;
    let mut late = Latency::new();
    let mut lots = 0x9e37_79b9_7f4a_7c15_u64;
    for line in 0..all {
        let due = began + Duration::from_nanos(line * 1_000_000_000 / lines);
        if due > Instant::now() {
            sleep_until(due).await;
        } else if line % BURST == 0 {
            tokio::task::yield_now().await;
        }
        // xorshift: who speaks is drawn, so that a client's lines come unevenly.
        lots ^= lots << 13;
        lots ^= lots >> 7;
        lots ^= lots << 17;
        if due > began + WARM_UP {
            late.note(due.elapsed());
        }
        crowd.say((lots % crowd.len() as u64) as usize, due.into_std());
    }
    (all, late)
}
