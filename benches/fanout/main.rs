//! What it costs to let many hear: real servers, real sockets, the machine's limit.
//!
//! The shipped server with its limits lifted by configuration, and two servers that do nothing but
//! fan out (`baseline`), run as child processes; one crowd of clients in this process speaks to
//! each in turn. CPU is the servers' own, by `/proc`, so what the clients cost is not in it.
//! Lines are sent by the clock, whatever comes back, and carry the moment when they were due and how
//! much later they were sent.
//!
//! ```sh
//! cargo bench --bench fanout                        # all parts, some six minutes
//! cargo bench --bench fanout -- w1 --seconds 10     # one part, longer
//! cargo bench --bench fanout -- limit --rooms-of 50 --lines 12000
//! ```

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench that can't be set up has failed, and it shows its figures"
)]

use std::process::ExitCode;

use tokio::task::LocalSet;

mod baseline;
mod crowd;
mod durable;
mod kadath;
mod knobs;
mod latency;
mod load;
mod parts;
mod process;
mod tree;
mod wire;

use knobs::{Knobs, Part};
use parts::Verdicts;

fn main() -> ExitCode {
    if let Some(flush) = baseline::role() {
        baseline::serve(flush);
        return ExitCode::SUCCESS;
    }
    let knobs = Knobs::of_arguments();
    // Sockets of three servers' clients at once; the hard limit is the machine's own.
    let descriptors = rlimit::increase_nofile_limit(u64::MAX).expect("a limit of open files");
    println!("fan-out, {} processors, {descriptors} descriptors", cores());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut verdicts = Verdicts::default();
    LocalSet::new().block_on(&runtime, async {
        for part in &knobs.parts {
            match part {
                Part::Cost => parts::cost(&knobs, &mut verdicts).await,
                Part::Latency => parts::latency(&knobs, &mut verdicts).await,
                Part::Durable => parts::durable(&knobs, &mut verdicts).await,
                Part::Stop => parts::stop(&knobs, &mut verdicts).await,
                Part::Limit => parts::limit(&knobs, &mut verdicts).await,
                Part::Memory => parts::memory(&knobs, &mut verdicts).await,
            }
        }
    });
    verdicts.end()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
