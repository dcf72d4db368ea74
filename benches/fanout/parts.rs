//! The questions, and what is asserted of the answers.

use std::process::{Command, ExitCode};
use std::time::Duration;

use tokio::time::sleep;

use crate::baseline::{self, Flush};
use crate::crowd::Crowd;
use crate::durable;
use crate::kadath::Kadath;
use crate::knobs::Knobs;
use crate::load::{Measured, measure};
use crate::process::Process;

const ROOMS_OF: usize = 10;
/// CPU per delivery, as a part of what a flush per delivery costs, and one per tick.
const COST_MAX: f64 = 0.75;
const COST_OF_TICK_MAX: f64 = 1.4;
/// Bytes a delivery, with its share of all that its speaker is answered.
const BYTES_MAX: f64 = 480.0;
/// From sent to durable, half of all answers: a tick, a sync, and what is written.
const DURABLE_P50_MAX: Duration = Duration::from_millis(65);
/// From the signal to the end of the process.
const STOP_MAX: Duration = Duration::from_millis(100);
/// One tick at 20 Hz, and 5 ms.
const P99_MAX: Duration = Duration::from_millis(55);
/// Deliveries a second.
const LIMIT_MIN: f64 = 500_000.0;
/// At rest, and just after the arrival.
const IDLE_KIB_MAX: f64 = 13.0;
const ARRIVED_KIB_MAX: f64 = 22.0;
/// Until what was sent at the arrival is kept no more for a resume: 120 s by default, and the half
/// minute within which a session is looked after.
const LAPSE: Duration = Duration::from_secs(155);

/// What held and what did not.
#[derive(Debug, Default)]
pub(crate) struct Verdicts(Vec<(bool, String)>);

impl Verdicts {
    fn judge(&mut self, holds: bool, words: String) {
        println!("  {} {words}", if holds { "holds:" } else { "FAILS:" });
        self.0.push((holds, words));
    }

    fn nothing_lost(&mut self, name: &str, measured: &Measured) {
        let Measured {
            lost,
            gaps,
            ended,
            blocked,
            ..
        } = measured;
        if (*lost, *gaps, *ended, *blocked) != (0, 0, 0, 0) {
            self.judge(
                false,
                format!("{name}: {lost} deliveries lost, {gaps} gaps, {ended} sockets ended, {blocked} lines not taken"),
            );
        }
    }

    pub(crate) fn end(self) -> ExitCode {
        let failed: Vec<_> = self.0.iter().filter(|(holds, _)| !holds).collect();
        println!("\n{} of {} hold", self.0.len() - failed.len(), self.0.len());
        for (_, words) in &failed {
            println!("FAILED: {words}");
        }
        ExitCode::from(u8::from(!failed.is_empty()))
    }
}

/// CPU per delivery at W1: Kadath and both baselines, in turns.
pub(crate) async fn cost(knobs: &Knobs, verdicts: &mut Verdicts) {
    let load = knobs.lines * ROOMS_OF as u64;
    println!(
        "\nCPU per delivery: {} clients in rooms of {ROOMS_OF}, {load} deliveries/s, medians of {}",
        knobs.clients, knobs.rounds
    );
    let kadath = Kadath::start(knobs.clients).await;
    let crowd = Crowd::of_kadath(&kadath, ROOMS_OF, knobs.numbered).await;
    let mut servers = vec![("kadath", &kadath.process, crowd, Vec::new())];
    let (_, process, crowd, _) = &servers[0];
    // Frames of one size, so that no server copies more than another.
    let first = measure(process, crowd, knobs.lines, 1).await;
    let bytes = knobs.frame_bytes.unwrap_or(first.bytes.round() as usize);
    println!("  frames of the baselines: {bytes} bytes");
    let baselines = [Flush::Each, Flush::Tick].map(|flush| (flush, start_baseline(flush, bytes)));
    for (flush, process) in &baselines {
        let crowd = Crowd::of_baseline(&process.address, knobs.clients, ROOMS_OF).await;
        servers.push((flush.name(), process, crowd, Vec::new()));
    }
    let mut bytes = Vec::new();
    for _ in 0..knobs.rounds {
        for (at, (name, process, crowd, costs)) in servers.iter_mut().enumerate() {
            let measured = measure(process, crowd, knobs.lines, knobs.seconds).await;
            show(name, &measured);
            verdicts.nothing_lost(name, &measured);
            costs.push(measured.cost);
            if at == 0 {
                bytes.push(measured.bytes);
            }
        }
    }
    let [ours, each, tick] = [0, 1, 2].map(|at| median(&mut servers[at].3));
    println!("  medians: kadath {ours:.2}, each {each:.2}, tick {tick:.2} CPU ms per 1,000");
    verdicts.judge(
        ours <= COST_MAX * each && ours <= COST_OF_TICK_MAX * tick,
        format!(
            "CPU per delivery {:.2} of a flush per delivery (at most {COST_MAX}), {:.2} of a flush per tick (at most {COST_OF_TICK_MAX})",
            ours / each,
            ours / tick
        ),
    );
    let bytes = median(&mut bytes);
    verdicts.judge(
        bytes <= BYTES_MAX,
        format!("{bytes:.0} bytes a delivery of 64 (at most {BYTES_MAX})"),
    );
}

/// How long lines are under way at half of W1's load.
pub(crate) async fn latency(knobs: &Knobs, verdicts: &mut Verdicts) {
    let lines = knobs.lines / 2;
    println!(
        "\nLatency: {} clients in rooms of {ROOMS_OF}, {} deliveries/s",
        knobs.clients,
        lines * ROOMS_OF as u64
    );
    // The machine and the driver have their share, and a flush per tick waits as Kadath does.
    for flush in [Flush::Each, Flush::Tick] {
        let process = start_baseline(flush, knobs.frame_bytes.unwrap_or(BYTES_MAX as usize));
        let crowd = Crowd::of_baseline(&process.address, knobs.clients, ROOMS_OF).await;
        let measured = measure(&process, &crowd, lines, knobs.seconds).await;
        show(flush.name(), &measured);
        show_driver(&measured);
    }
    let kadath = Kadath::start(knobs.clients).await;
    let crowd = Crowd::of_kadath(&kadath, ROOMS_OF, knobs.numbered).await;
    let threads = kadath.process.cpu_of_threads();
    let measured = measure(&kadath.process, &crowd, lines, knobs.seconds).await;
    show("kadath", &measured);
    show_driver(&measured);
    show_threads(&threads, &kadath.process.cpu_of_threads());
    verdicts.nothing_lost("latency", &measured);
    let p99 = measured.latency.quantile(0.99);
    verdicts.judge(
        p99 <= P99_MAX,
        format!("p99 from sent to heard {p99:?} (at most {P99_MAX:?}, a tick and 5 ms)"),
    );
}

/// How long an answer takes until it is durable, one command of each client in flight.
pub(crate) async fn durable(knobs: &Knobs, verdicts: &mut Verdicts) {
    println!(
        "\nDurable answers: {} clients, one command each in flight",
        knobs.clients
    );
    let kadath = Kadath::start(knobs.clients).await;
    let latency = durable::measure(&kadath, ROOMS_OF, knobs.seconds).await;
    println!("  kadath {latency}");
    let p50 = latency.quantile(0.5);
    verdicts.judge(
        p50 <= DURABLE_P50_MAX,
        format!("p50 from sent to durable {p50:?} (at most {DURABLE_P50_MAX:?})"),
    );
}

/// How long a server on which nobody is takes to stop.
pub(crate) async fn stop(knobs: &Knobs, verdicts: &mut Verdicts) {
    println!("\nStop: an empty server, median of {}", knobs.rounds);
    let mut took = Vec::new();
    for _ in 0..knobs.rounds {
        let stopped = Kadath::start(0).await.process.stop();
        println!("  kadath {stopped:.1?}");
        took.push(stopped);
    }
    took.sort_unstable();
    let took = took[took.len() / 2];
    verdicts.judge(
        took <= STOP_MAX,
        format!("{took:.1?} until it had ended (at most {STOP_MAX:?})"),
    );
}

/// How much is kept, and where the time goes.
pub(crate) async fn limit(knobs: &Knobs, verdicts: &mut Verdicts) {
    let load = knobs.limit_lines * knobs.limit_rooms_of as u64;
    println!(
        "\nLimit: {} clients in rooms of {}, {load} deliveries/s",
        knobs.clients, knobs.limit_rooms_of
    );
    let kadath = Kadath::start(knobs.clients).await;
    let crowd = Crowd::of_kadath(&kadath, knobs.limit_rooms_of, knobs.numbered).await;
    let threads = kadath.process.cpu_of_threads();
    let figures = kadath.figures().await;
    let measured = measure(&kadath.process, &crowd, knobs.limit_lines, knobs.seconds).await;
    show("kadath", &measured);
    verdicts.nothing_lost("limit", &measured);
    show_threads(&threads, &kadath.process.cpu_of_threads());
    show_plugins(&figures, &kadath.figures().await);
    // Of a smaller load, as from the command line, the clock's own unevenness is forgiven.
    let asked = LIMIT_MIN.min(0.99 * load as f64);
    verdicts.judge(
        measured.rate >= asked,
        format!(
            "{:.0} deliveries/s kept of {load} offered (at least {asked:.0})",
            measured.rate
        ),
    );
}

/// What an idle connection holds.
pub(crate) async fn memory(knobs: &Knobs, verdicts: &mut Verdicts) {
    println!("\nMemory: {} idle connections", knobs.idle);
    let kadath = Kadath::start(knobs.idle).await;
    let before = kadath.process.resident();
    let crowd = Crowd::of_kadath(&kadath, ROOMS_OF, knobs.numbered).await;
    let arrived = settled(&kadath.process, before, crowd.len()).await;
    println!("  kadath {arrived:.1} KiB just after the arrival");
    sleep(LAPSE).await;
    let ours = settled(&kadath.process, before, crowd.len()).await;
    let ended = crowd.tally.ended.get();
    drop((crowd, kadath));

    let baseline = start_baseline(Flush::Each, BYTES_MAX as usize);
    let before = baseline.resident();
    let crowd = Crowd::of_baseline(&baseline.address, knobs.idle, ROOMS_OF).await;
    let each = settled(&baseline, before, crowd.len()).await;
    println!(
        "  kadath {ours:.1} KiB at rest, {} {each:.1} KiB",
        Flush::Each.name()
    );
    verdicts.judge(
        ours <= IDLE_KIB_MAX && ended == 0,
        format!("{ours:.1} KiB per idle player (at most {IDLE_KIB_MAX}), {ended} sockets ended"),
    );
    verdicts.judge(
        arrived <= ARRIVED_KIB_MAX,
        format!("{arrived:.1} KiB per player who has just come (at most {ARRIVED_KIB_MAX})"),
    );
}

/// KiB per connection, once the server is at rest.
async fn settled(process: &Process, before: u64, connections: usize) -> f64 {
    let mut cpu = process.cpu();
    for _ in 0..20 {
        sleep(Duration::from_millis(500)).await;
        let now = process.cpu();
        if now - cpu < Duration::from_millis(50) {
            break;
        }
        cpu = now;
    }
    process.resident().saturating_sub(before) as f64 / 1_024.0 / connections as f64
}

fn start_baseline(flush: Flush, frame_bytes: usize) -> Process {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command
        .env(baseline::ROLE, flush.role())
        .env(baseline::FRAME_BYTES, frame_bytes.to_string());
    Process::start(command)
}

fn show(name: &str, measured: &Measured) {
    println!(
        "  {name:<18} {:>7.0}/s, {:5.2} CPU ms per 1,000, server {:.2} and clients {:.2} processors, {:.0} bytes each, {}",
        measured.rate,
        measured.cost,
        measured.server_busy,
        measured.clients_busy,
        measured.bytes,
        measured.latency
    );
}

/// What of the way is the driver's own: its clock goes in steps of 1 ms, and it shares the machine.
fn show_driver(measured: &Measured) {
    println!("    lines sent late: {}", measured.late);
    println!("    counted from when due: {}", measured.since_due);
}

fn show_threads(before: &[(String, Duration)], after: &[(String, Duration)]) {
    for (name, cpu) in after {
        let was = before.iter().find(|(known, _)| known == name);
        let used = cpu.saturating_sub(was.map_or(Duration::ZERO, |(_, cpu)| *cpu));
        println!("    threads {name}: {:.2} s of CPU", used.as_secs_f64());
    }
}

/// The plugins that cost most, and how full ticks and writes were.
fn show_plugins(before: &[(String, f64)], after: &[(String, f64)]) {
    let grown = |name: &str, value: f64| {
        let was = before.iter().find(|(known, _)| known == name);
        value - was.map_or(0.0, |(_, was)| *was)
    };
    let one = |name: &str| {
        let now = after.iter().find(|(known, _)| known == name);
        now.map_or(0.0, |(_, now)| grown(name, *now))
    };
    let ticks = one("kadath_ticks_total");
    println!(
        "    {ticks:.0} ticks of {:.1} ms each on the average, {:.0} overrun; {:.1} frames a write",
        one("kadath_tick_seconds_sum") * 1e3 / ticks,
        one("kadath_tick_overruns_total"),
        one("kadath_frames_sent_total") / one("kadath_socket_writes_total"),
    );
    let mut plugins: Vec<(f64, &str)> = after
        .iter()
        .filter(|(name, _)| name.starts_with("kadath_plugin_seconds"))
        .map(|(name, value)| (grown(name, *value), name.as_str()))
        .collect();
    plugins.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (seconds, name) in plugins.iter().take(4) {
        println!("    {name}: {seconds:.2} s");
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
