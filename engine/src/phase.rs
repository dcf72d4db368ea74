//! The phases of a tick, in their order.

/// When in a tick a system runs. Each phase runs every plugin in registration order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Lines, arrivals and replies become typed messages.
    Ingest,
    /// Systems read verbs and timers and decide; they write messages. The only phase with timers.
    Simulate,
    /// Owners read messages and write their own components; repeats until nothing new is said.
    Settle,
    /// Facts become notes to audiences.
    Emit,
}

impl Phase {
    /// All phases, in order.
    pub const ALL: [Self; 4] = [Self::Ingest, Self::Simulate, Self::Settle, Self::Emit];

    /// The phase's word in metrics and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Simulate => "simulate",
            Self::Settle => "settle",
            Self::Emit => "emit",
        }
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}
