//! Notices when something blocks the event loop.

use std::time::Duration;

use engine::port::Stop;
use tokio::time::{Instant, sleep_until};

use crate::metrics::Metrics;

const PERIOD: Duration = Duration::from_millis(50);
/// Lateness a loaded machine shows without anybody blocking.
const USUAL: Duration = Duration::from_millis(20);
/// A stall worth a line in the log.
const LOUD: Duration = Duration::from_millis(250);

/// Adds up how late a timer fires, until `stop`.
pub(crate) async fn watch(metrics: Metrics, stop: Stop) {
    loop {
        let due = Instant::now() + PERIOD;
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep_until(due) => {}
        }
        let late = due.elapsed();
        if late > USUAL {
            metrics.stall_seconds.inc_by(late.as_secs_f64());
        }
        if late > LOUD {
            tracing::warn!(
                late_ms = u64::try_from(late.as_millis()).unwrap_or(u64::MAX),
                "event loop stalled"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use engine::port::{Registry, Stop};

    use super::watch;
    use crate::metrics::Metrics;

    #[tokio::test(flavor = "current_thread")]
    async fn a_blocked_event_loop_is_counted() {
        let metrics = Metrics::new(&Registry::new()).unwrap();
        let stop = Stop::new();
        let watching = tokio::spawn(watch(metrics.clone(), stop.clone()));
        tokio::task::yield_now().await;
        // Blocks the loop on purpose: that is the thing measured.
        std::thread::sleep(Duration::from_millis(200));
        while metrics.stall_seconds.get() == 0.0 {
            tokio::task::yield_now().await;
        }
        assert!(metrics.stall_seconds.get() >= 0.1);
        stop.cancel();
        watching.await.unwrap();
    }
}
