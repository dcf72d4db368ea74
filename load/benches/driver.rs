//! What the driver alone can take: 5,000 connections and 50,000 frames a second on one processor.
//!
//! The server beside it is an echo on a thread of its own: for each command it sends ten frames,
//! the last of them the answer. So what is measured is the driver, which reads, checks and times
//! every frame as it does in any run. Beside it stand as many clients of the same library that only
//! count what comes: the processor time of a frame against theirs is what the checking costs.

#![expect(
    clippy::expect_used,
    reason = "a bench that can't be set up has failed"
)]

#[path = "driver/bare.rs"]
mod bare;
#[path = "driver/echo.rs"]
mod echo;

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use load::{Dial, Scenario, drive};
use tokio::task::LocalSet;

const SCENARIO: &str = r#"
name = "driver"
[[stages]]
ramp = "10s"
bots = 5_000
[[stages]]
hold = "20s"
[roles.looker.steps.look]
do = "look"
think = "990ms"
"#;
const CLIENTS: usize = 5_000;
const RAMP: Duration = Duration::from_secs(10);
const HOLD: Duration = Duration::from_secs(20);
/// Both ends of every connection are in this process.
const DESCRIPTORS: u64 = 2 * CLIENTS as u64 + 256;

fn main() {
    let allowed = rlimit::increase_nofile_limit(u64::MAX).expect("a limit of open files");
    assert!(allowed >= DESCRIPTORS, "{allowed} open files are too few");
    let scenario = Scenario::parse(Path::new("driver.toml"), SCENARIO).expect("a sound scenario");

    let before = processor_time();
    let bare_frames = bare::play(echo::start(), CLIENTS, RAMP, HOLD);
    let bare = (processor_time() - before) / bare_frames.max(1) as f64;

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime for the driver");
    let driving = drive(&scenario, Dial::Tcp(echo::start()), None);
    let before = processor_time();
    let report = LocalSet::new().block_on(&runtime, driving).expect("a run");
    let used = processor_time() - before;
    let metric = |name: &str| report.metrics.get(name).unwrap_or(0.0);
    let each = used / metric("frames").max(1.0);

    let mut out = std::io::stdout();
    let _ = out.write_all(load::table(&report).as_bytes());
    let _ = writeln!(
        out,
        "\nprocessor time of a frame: {:.2} µs, of bare clients {:.2} µs, {:.2} times",
        each * 1e6,
        bare * 1e6,
        each / bare
    );
    assert_eq!(metric("sign_ins"), CLIENTS as f64, "not everybody got in");
    assert_eq!(metric("gaps"), 0.0, "frames were lost");
    let share = metric("driver_cpu_share");
    assert!(share < 1.0, "a whole processor is not enough: {share}");
    let frames = metric("frames_per_second");
    assert!(frames >= 50_000.0, "{frames} frames a second are too few");
}

/// Of this thread, in seconds.
fn processor_time() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanos = text.split_whitespace().next().expect("a number");
    nanos.parse::<f64>().expect("a number") / 1e9
}
