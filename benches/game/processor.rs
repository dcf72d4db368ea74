//! What is spent, whoever else is at work.

/// Nanoseconds of processor time of this thread.
pub(crate) fn processor_time() -> u64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(spent.tv_sec).unwrap_or_default();
    seconds * 1_000_000_000 + u64::try_from(spent.tv_nsec).unwrap_or_default()
}
