//! The gateway's metrics.

use engine::port::{MetricsFault, Registry};
use prometheus::{Counter, IntCounter, IntCounterVec, IntGaugeVec, Opts};

use crate::format::Format;

/// What became of a sign-in: the values of `kadath_sign_ins_total{result}`.
const RESULTS: [&str; 11] = [
    "ok",
    "registered",
    "claimed",
    "guest",
    "refreshed",
    "changed",
    "failed",
    "locked_out",
    "rate_limited",
    "refused",
    "unavailable",
];

/// What the gateway counts.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    /// Sessions alive, connected or within their grace.
    pub(crate) sessions: IntGaugeVec,
    /// Frames that left a queue for a socket.
    pub(crate) frames_sent: IntCounter,
    /// Writes to sockets; one carries all frames of a tick.
    pub(crate) socket_writes: IntCounter,
    /// Clients closed because they could not keep up.
    pub(crate) slow_clients: IntCounter,
    /// Sign-ins, by what became of them.
    pub(crate) sign_ins: IntCounterVec,
    /// How late the event loop was, beyond what is usual.
    pub(crate) stall_seconds: Counter,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Result<Self, MetricsFault> {
        let metrics = Self {
            sessions: IntGaugeVec::new(
                Opts::new("kadath_sessions", "sessions alive, by subprotocol"),
                &["protocol"],
            )?,
            frames_sent: IntCounter::new("kadath_frames_sent_total", "frames sent to clients")?,
            socket_writes: IntCounter::new(
                "kadath_socket_writes_total",
                "writes to client sockets",
            )?,
            slow_clients: IntCounter::new(
                "kadath_slow_clients_total",
                "clients closed because they could not keep up",
            )?,
            sign_ins: IntCounterVec::new(
                Opts::new(
                    "kadath_sign_ins_total",
                    "sign-ins by password, registration or as a guest, by result",
                ),
                &["result"],
            )?,
            stall_seconds: Counter::new(
                "kadath_event_loop_stall_seconds",
                "time the event loop was late by more than 20 ms, summed",
            )?,
        };
        for format in Format::ALL {
            // There from the start, so that nobody takes none for unknown.
            metrics.sessions.with_label_values(&[format.label()]);
        }
        for result in RESULTS {
            metrics.sign_ins.with_label_values(&[result]);
        }
        registry.register(Box::new(metrics.sign_ins.clone()))?;
        registry.register(Box::new(metrics.sessions.clone()))?;
        registry.register(Box::new(metrics.frames_sent.clone()))?;
        registry.register(Box::new(metrics.socket_writes.clone()))?;
        registry.register(Box::new(metrics.slow_clients.clone()))?;
        registry.register(Box::new(metrics.stall_seconds.clone()))?;
        Ok(metrics)
    }
}
