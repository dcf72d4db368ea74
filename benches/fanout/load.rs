//! Lines by the clock, and what came of them.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::crowd::Crowd;
use crate::latency::Latency;
use crate::process::{Process, own_cpu};

/// Load before a span is measured: queues, caches and the allocator find their size.
const WARM_UP: Duration = Duration::from_secs(1);
/// How long the last deliveries are waited for.
const DRAIN: Duration = Duration::from_secs(5);

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
    pub(crate) latency: Latency,
    /// How late the lines themselves were sent: what of the latency is the driver's own, since that
    /// is counted from when a line was due.
    pub(crate) late: Latency,
}

/// Speaks to a server for a while, so many lines a second.
pub(crate) async fn measure(server: &Process, crowd: &Crowd, lines: u64, seconds: u64) -> Measured {
    let tally = &crowd.tally;
    let span = Duration::from_secs(seconds);
    let deliveries_before = tally.deliveries.get();
    let gaps = tally.gaps.get();
    let voices = Arc::clone(&crowd.voices);
    let speaking = spawn_blocking(move || {
        let mut voices = voices.lock().expect("nobody has panicked");
        voices.speak(lines, WARM_UP, span)
    });
    let watching = async {
        sleep(WARM_UP).await;
        tally.latency.borrow_mut().clear();
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
            late: Latency::new(),
        }
    };
    let (spoken, mut measured) = tokio::join!(speaking, watching);
    let spoken = spoken.expect("nobody has panicked");
    measured.late = spoken.late;
    measured.blocked = spoken.blocked;
    let expected = deliveries_before + spoken.lines * crowd.rooms_of as u64;
    let patience = Instant::now() + DRAIN;
    while tally.deliveries.get() < expected && Instant::now() < patience {
        sleep(Duration::from_millis(5)).await;
    }
    measured.lost = expected.cast_signed() - tally.deliveries.get().cast_signed();
    measured.gaps = tally.gaps.get() - gaps;
    measured.ended = tally.ended.get();
    measured
}
