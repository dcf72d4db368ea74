//! Conducts one run: the players come, play, fall silent and are counted, while the server is
//! looked at every second and broken on schedule.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout};

use crate::driver::{self, Watch};
use crate::fault::LoadFault;
use crate::measure::Percentiles;
use crate::player::{self, Ticket};
use crate::progress::Progress;
use crate::run::{Count, Phase, Run};
use crate::scenario::{Chaos, Havoc, Scenario};
use crate::scrape::Sample;
use crate::server::Server;
use crate::wire::Dial;

/// After the last answer, for whatever is still on its way to other ears.
const QUIET: Duration = Duration::from_millis(400);
/// A line is judged this long after it was due at the earliest.
const RIPE: Duration = Duration::from_secs(3);

/// One second of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Second {
    pub(crate) at: f64,
    pub(crate) online: usize,
    pub(crate) count: Count,
    pub(crate) deliveries: u64,
    /// By [`crate::measure::Span`].
    pub(crate) spans: [Percentiles; 5],
    pub(crate) driver_cpu: f64,
    pub(crate) driver_waited: f64,
    pub(crate) server: Option<ServerSecond>,
}

/// What the server said in one second.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerSecond {
    pub(crate) tick_p50: Option<f64>,
    pub(crate) tick_p99: Option<f64>,
    pub(crate) rss: Option<f64>,
    pub(crate) cpu: Option<f64>,
    /// Ticks by which durable and applied lag behind.
    pub(crate) durable_lag: Option<f64>,
    pub(crate) applied_lag: Option<f64>,
    pub(crate) players: Option<f64>,
    /// Seconds spent in each plugin.
    pub(crate) plugins: BTreeMap<String, f64>,
}

/// Something that was broken, seconds since the run began.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) what: &'static str,
    pub(crate) from: f64,
    pub(crate) to: f64,
}

/// Everything a run has come to, still unjudged.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) run: Rc<Run>,
    pub(crate) seconds: Vec<Second>,
    pub(crate) marks: Vec<Mark>,
    /// The server, and our own counts, at both ends of the measured stretch.
    pub(crate) window: Window,
    /// When the first bot was due, and when the last of them got in.
    pub(crate) last_in: Duration,
}

/// The measured stretch: from the first moment whose latencies count to the last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    pub(crate) seconds: f64,
    pub(crate) before: Option<Sample>,
    pub(crate) after: Option<Sample>,
    pub(crate) count_before: Count,
    pub(crate) count_after: Count,
    pub(crate) heard_before: u64,
    pub(crate) heard_after: u64,
}

/// Plays a scenario against a server that stands.
pub(crate) async fn conduct(
    scenario: &Scenario,
    dial: Dial,
    mut server: Option<&mut Server>,
    accounts: &[(String, String)],
    progress: &Progress,
) -> Result<Outcome, LoadFault> {
    let (tell, phase) = watch::channel(Phase::Play);
    let began = Instant::now();
    let run = Run::new(scenario, dial, began, phase);
    let mut players = JoinSet::new();
    for (index, (comes, leaves)) in scenario.presences().into_iter().enumerate() {
        let ticket = Ticket {
            index,
            account: accounts.get(index).cloned(),
            comes: began + comes,
            leaves: leaves.map(|leaves| began + leaves),
        };
        players.spawn_local(player::play(Rc::clone(&run), ticket));
    }

    let mut seconds = Vec::new();
    let mut marks = Vec::new();
    let mut window = Window::default();
    let mut watch = Watch::begin();
    let mut last: Option<Sample> = None;
    let mut plan = plan(scenario, began);
    plan.reverse();
    let mut clock = interval_at(began + Duration::from_secs(1), Duration::from_secs(1));
    clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let end = began + scenario.length();
    loop {
        let next = plan.last().map_or(end, |(at, _)| *at);
        tokio::select! {
            () = sleep_until(next) => {
                let Some((_, event)) = plan.pop() else {
                    break;
                };
                let process = server.as_ref().and_then(|server| server.process());
                match event {
                    Event::MeasureFrom => {
                        window.before = Sample::take(&run.dial, process).await;
                        (window.count_before, window.heard_before) = counts(&run);
                    }
                    Event::MeasureTo => {
                        (window.count_after, window.heard_after) = counts(&run);
                        window.after = Sample::take(&run.dial, process).await;
                    }
                    Event::Wreck(chaos) => {
                        let from = began.elapsed().as_secs_f64();
                        let to = from + chaos.length.as_secs_f64();
                        marks.push(Mark { what: chaos.deed.word(), from, to });
                        if chaos.deed == Havoc::KillServer {
                            // A start, and everybody's way back in.
                            run.state().plan_outage(chaos.length + Duration::from_secs(30));
                        }
                        if let Some(server) = server.as_mut() {
                            server.wreck(chaos.deed).await?;
                        }
                    }
                    Event::Mend(chaos) => {
                        if let Some(server) = server.as_mut() {
                            server.mend(chaos.deed).await?;
                        }
                        if let Some(mark) = marks.iter_mut().rev().find(|mark| mark.what == chaos.deed.word()) {
                            mark.to = began.elapsed().as_secs_f64();
                        }
                    }
                }
            }
            _ = clock.tick() => {
                let process = server.as_ref().and_then(|server| server.process());
                let sample = Sample::take(&run.dial, process).await;
                let second = second(&run, &mut watch, last.as_ref(), sample.as_ref());
                progress.show(&second);
                seconds.push(second);
                last = sample;
                let ripe = Instant::now().checked_sub(RIPE).unwrap_or(began);
                run.state().book.settle(ripe, false);
            }
        }
    }

    // Answers come, then what others still have to hear, then the pings behind all of it.
    tell.send_replace(Phase::Hush);
    let patience = Instant::now() + scenario.settle;
    while run.state().outstanding > 0 && Instant::now() < patience {
        sleep(Duration::from_millis(20)).await;
    }
    sleep(QUIET).await;
    let here = run.state().names.len();
    tell.send_replace(Phase::Ping);
    let patience = Instant::now() + scenario.settle;
    while run.state().ponged < here && Instant::now() < patience {
        sleep(Duration::from_millis(20)).await;
    }
    let process = server.as_ref().and_then(|server| server.process());
    let sample = Sample::take(&run.dial, process).await;
    seconds.push(second(&run, &mut watch, last.as_ref(), sample.as_ref()));
    if window.after.is_none() {
        window.after = sample;
    }
    run.state().book.settle(Instant::now(), true);
    tell.send_replace(Phase::End);
    // A player that hangs on a dead socket is left behind with the runtime.
    let _ = timeout(Duration::from_secs(10), async {
        while players.join_next().await.is_some() {}
    })
    .await;
    players.abort_all();
    let stretches = scenario.measured();
    window.seconds = match (stretches.first(), stretches.last()) {
        (Some((from, _)), Some((_, to))) => (*to - *from).as_secs_f64(),
        _ => 0.0,
    };
    let last_in = run.state().last_in;
    Ok(Outcome {
        run,
        seconds,
        marks,
        window,
        last_in,
    })
}

enum Event {
    MeasureFrom,
    MeasureTo,
    Wreck(Chaos),
    Mend(Chaos),
}

/// Everything that is to happen, in its order.
fn plan(scenario: &Scenario, began: Instant) -> Vec<(Instant, Event)> {
    let mut plan = Vec::new();
    let stretches = scenario.measured();
    if let (Some((from, _)), Some((_, to))) = (stretches.first(), stretches.last()) {
        plan.push((began + *from, Event::MeasureFrom));
        plan.push((began + *to, Event::MeasureTo));
    }
    for chaos in &scenario.chaos {
        plan.push((began + chaos.at, Event::Wreck(*chaos)));
        plan.push((began + chaos.at + chaos.length, Event::Mend(*chaos)));
    }
    plan.sort_by_key(|(at, _)| *at);
    plan
}

fn counts(run: &Run) -> (Count, u64) {
    let state = run.state();
    (state.count, state.book.count.all)
}

fn second(run: &Run, watch: &mut Watch, last: Option<&Sample>, sample: Option<&Sample>) -> Second {
    let (driver_cpu, driver_waited) = watch.look();
    let mut state = run.state();
    Second {
        at: run.began.elapsed().as_secs_f64(),
        online: state.names.len(),
        count: state.count,
        deliveries: state.book.count.all,
        spans: state.timings.roll(),
        driver_cpu,
        driver_waited,
        server: sample.map(|sample| server_second(last, sample)),
    }
}

fn server_second(last: Option<&Sample>, sample: &Sample) -> ServerSecond {
    let empty = Sample::default();
    let before = last.unwrap_or(&empty);
    let tick = |at| sample.quantile(before, "kadath_tick_seconds", at);
    let lag = |name| Some(sample.get("kadath_current_tick")? - sample.get(name)?);
    let mut plugins = BTreeMap::new();
    for (labels, now) in sample.labelled("kadath_plugin_seconds") {
        let then = before
            .get(&format!("kadath_plugin_seconds{{{labels}}}"))
            .unwrap_or(0.0);
        let plugin = labels
            .split(',')
            .find_map(|label| label.strip_prefix("plugin=\"")?.strip_suffix('"'));
        if let (Some(plugin), true) = (plugin, last.is_some() && now >= then) {
            *plugins.entry(plugin.to_owned()).or_default() += now - then;
        }
    }
    ServerSecond {
        tick_p50: tick(0.5),
        tick_p99: tick(0.99),
        rss: sample.rss,
        cpu: match (sample.cpu, before.cpu) {
            (Some(now), Some(then)) if now >= then => Some(now - then),
            _ => None,
        },
        durable_lag: lag("kadath_journal_durable_tick"),
        applied_lag: lag("kadath_storage_applied_tick"),
        players: sample.get("kadath_players_online"),
        plugins,
    }
}

impl Outcome {
    /// Whether the driver may have been slower than the server, and why.
    pub(crate) fn driver_was_the_limit(&self) -> Option<String> {
        let busiest = self
            .seconds
            .iter()
            .map(|second| second.driver_cpu)
            .fold(0.0, f64::max);
        let late = self
            .run
            .state()
            .timings
            .quantile(crate::measure::Span::DriverDelay, 0.99);
        if busiest > driver::BUSY {
            return Some(format!("it used {:.0} % of its processor", busiest * 100.0));
        }
        (late > driver::LATE.as_secs_f64())
            .then(|| format!("it acted up to {:.0} ms late (p99)", late * 1e3))
    }
}
