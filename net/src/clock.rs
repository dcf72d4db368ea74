//! The clock by which the gateway waits and measures: the runtime's, which a test may hold.

use std::time::Instant;

/// Now. What is measured from it agrees with how long the runtime sleeps.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
