//! Sharing the processors with whoever else waits for one.

use std::cell::Cell;
use std::thread;

/// Writes of one thread between two looks at who else waits: at 20 µs each, a third of a
/// millisecond. Where all processors are taken, a kernel that is asked by nobody looks round only
/// every few milliseconds; so long the next tick, the journal and clients on the same machine would
/// wait for a crowd's writes. Where one is free, a look costs less than a hundredth of a write.
const WRITES_A_TURN: u32 = 16;

thread_local! {
    static WRITES: Cell<u32> = const { Cell::new(0) };
}

/// Called after each write: every so often lets another thread have this one's processor.
pub(super) fn wrote() {
    let writes = WRITES.get() + 1;
    if writes < WRITES_A_TURN {
        WRITES.set(writes);
    } else {
        WRITES.set(0);
        thread::yield_now();
    }
}
