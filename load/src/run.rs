//! One run: the players come, play, fall silent and are counted, while the server is
//! scraped every second and broken on schedule.

mod chaos;
mod scraper;

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout};

use crate::driver::{self, DriverWatch};
use crate::fault::LoadFault;
use crate::measure::LatencyKind;
use crate::player::{self, PlayerPlan};
use crate::progress::Progress;
use crate::run_state::{Count, Run, RunPhase};
use crate::scenario::Scenario;
use crate::scrape::Growth;
use crate::second::Second;
use crate::server::Server;
use crate::wire::Dial;

pub(crate) use chaos::ChaosMark;
pub(crate) use scraper::plugins;
use scraper::{ScrapeReason, Scraper};

/// After the last answer, for what is still on its way to other listeners.
const QUIET: Duration = Duration::from_millis(400);
/// A line is judged this long after it was due at the earliest.
const RIPE: Duration = Duration::from_secs(3);
/// The stretch that the metrics without a stage's name are of.
const WINDOW: usize = 0;

/// Everything a run has come to, still unjudged.
#[derive(Debug)]
pub(crate) struct RunOutcome {
    pub(crate) run: Rc<Run>,
    pub(crate) seconds: Vec<Second>,
    pub(crate) marks: Vec<ChaosMark>,
    /// The server, and our own counts, over the measured stretch.
    pub(crate) window: MeasuredWindow,
    /// What the server's counters grew by in each stage that has a name.
    pub(crate) stages: Vec<(String, Growth)>,
}

/// The measured stretch: from the first moment whose latencies count to the last.
#[derive(Clone, Debug, Default)]
pub(crate) struct MeasuredWindow {
    pub(crate) seconds: f64,
    pub(crate) grown: Growth,
    pub(crate) count_before: Count,
    pub(crate) count_after: Count,
    pub(crate) heard_before: u64,
    pub(crate) heard_after: u64,
}

/// Plays a scenario against a server that stands.
pub(crate) async fn run_scenario(
    scenario: &Scenario,
    dial: Dial,
    server: Option<&mut Server>,
    accounts: &[(String, String)],
    progress: &Progress,
) -> Result<RunOutcome, LoadFault> {
    let (tell, phase) = watch::channel(RunPhase::Play);
    let run = Run::new(scenario, dial, Instant::now(), phase);
    let process = server.as_ref().map(|server| server.process());
    let stretches = stretches(scenario);
    let scraper = Scraper::new(
        run.dial.clone(),
        process.unwrap_or_default(),
        stretches.len(),
    );
    let marks: RefCell<Vec<ChaosMark>> = RefCell::default();
    let inflicting = async {
        match server {
            Some(server) => chaos::inflict_all(&run, server, &marks).await,
            None => Ok(()),
        }
    };
    let mut players = JoinSet::new();
    for (index, (comes, leaves)) in scenario.presences().into_iter().enumerate() {
        let ticket = PlayerPlan {
            index,
            account: accounts.get(index).cloned(),
            comes: run.began + comes,
            leaves: leaves.map(|leaves| run.began + leaves),
        };
        players.spawn_local(player::play(Rc::clone(&run), ticket));
    }
    let mut stage = RunLoop {
        run: &run,
        scraper: &scraper,
        progress,
        watch: DriverWatch::begin(),
        seconds: Vec::new(),
        window: MeasuredWindow::default(),
    };
    let playing = async {
        stage.plays(inflicting, &stretches).await?;
        stage.ends(&tell).await;
        Ok::<_, LoadFault>(())
    };
    tokio::select! {
        played = playing => played?,
        () = scraper.run() => {}
    }
    tell.send_replace(RunPhase::End);
    // All of them hear of it, wherever they hang.
    let left = async { while players.join_next().await.is_some() {} };
    let _ = timeout(Duration::from_secs(10), left).await;
    players.abort_all();

    let RunLoop {
        mut seconds,
        mut window,
        ..
    } = stage;
    let mut scraped = scraper.take();
    for (index, second) in seconds.iter_mut().enumerate() {
        second.server = scraped.seconds.remove(&index);
    }
    let mut grown = scraped.grown.into_iter();
    window.grown = grown.next().unwrap_or_default();
    if let Some((from, to, _)) = stretches.first() {
        window.seconds = (*to - *from).as_secs_f64();
    }
    let names = scenario.named_stages().into_iter().map(|(name, ..)| name);
    Ok(RunOutcome {
        run,
        seconds,
        marks: marks.take(),
        window,
        stages: names.zip(grown).collect(),
    })
}

/// The measured stretch, [`WINDOW`], then each stage that has a name: from, to, number.
fn stretches(scenario: &Scenario) -> Vec<(Duration, Duration, usize)> {
    let measured = scenario.measured();
    let whole = match (measured.first(), measured.last()) {
        (Some((from, _)), Some((_, to))) => (*from, *to),
        _ => (Duration::ZERO, Duration::ZERO),
    };
    let named = scenario.named_stages().into_iter();
    let named = named.map(|(_, from, to)| (from, to));
    let all = std::iter::once(whole).chain(named).enumerate();
    all.map(|(number, (from, to))| (from, to, number)).collect()
}

struct RunLoop<'a> {
    run: &'a Run,
    scraper: &'a Scraper,
    progress: &'a Progress,
    watch: DriverWatch,
    seconds: Vec<Second>,
    window: MeasuredWindow,
}

impl RunLoop<'_> {
    /// Until all stages are over and everything that was broken is mended.
    async fn plays(
        &mut self,
        inflicting: impl Future<Output = Result<(), LoadFault>>,
        stretches: &[(Duration, Duration, usize)],
    ) -> Result<(), LoadFault> {
        let began = self.run.began;
        let end = began + self.run.scenario.length();
        let mut ends: Vec<(Instant, ScrapeReason)> = Vec::new();
        for (from, to, number) in stretches {
            ends.push((began + *from, ScrapeReason::Begins(*number)));
            ends.push((began + *to, ScrapeReason::Ends(*number)));
        }
        ends.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let mut clock = interval_at(began + Duration::from_secs(1), Duration::from_secs(1));
        clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut inflicting = pin!(inflicting);
        let (mut is_over, mut is_whole) = (false, false);
        while !is_over || !is_whole {
            let next = ends.last().map_or(end, |(at, _)| *at);
            tokio::select! {
                () = sleep_until(next), if !is_over => match ends.pop() {
                    Some((_, reason)) => self.marks(reason),
                    None => is_over = true,
                },
                mended = inflicting.as_mut(), if !is_whole => {
                    mended?;
                    is_whole = true;
                }
                _ = clock.tick() => self.second(),
            }
        }
        Ok(())
    }

    fn marks(&mut self, reason: ScrapeReason) {
        let state = self.run.state();
        let counts = (state.count, state.deliveries.count.all);
        match reason {
            ScrapeReason::Begins(WINDOW) => {
                (self.window.count_before, self.window.heard_before) = counts
            }
            ScrapeReason::Ends(WINDOW) => {
                (self.window.count_after, self.window.heard_after) = counts
            }
            ScrapeReason::Begins(_) | ScrapeReason::Ends(_) | ScrapeReason::Second(_) => {}
        }
        self.scraper.request(reason);
    }

    fn second(&mut self) {
        let (driver_cpu, driver_waited) = self.watch.look();
        let began = self.run.began;
        let mut state = self.run.state();
        let second = Second {
            at: began.elapsed().as_secs_f64(),
            online: state.online,
            count: state.count,
            deliveries: state.deliveries.count.all,
            spans: state.timings.roll(),
            driver_cpu,
            driver_waited,
            server: None,
        };
        let ripe = Instant::now().checked_sub(RIPE).unwrap_or(began);
        state.deliveries.settle(ripe, false);
        self.progress.show(&second, self.scraper.newest().as_ref());
        self.scraper
            .request(ScrapeReason::Second(self.seconds.len()));
        self.seconds.push(second);
    }

    /// Everybody gets in, answers come, then what others still have to hear, then the pings behind
    /// all of it.
    async fn ends(&mut self, tell: &watch::Sender<RunPhase>) {
        let run = self.run;
        run.state().hushed = Some(Instant::now());
        tell.send_replace(RunPhase::Hush);
        let is_quiet = || {
            let state = run.state();
            let is_saved = state.unsaved == 0 || !state.saves;
            state.outstanding == 0 && state.missing == 0 && is_saved
        };
        self.waits_for(is_quiet).await;
        sleep(QUIET).await;
        tell.send_replace(RunPhase::Ping);
        let have_ponged = || {
            let state = run.state();
            state.ponged >= state.online
        };
        self.waits_for(have_ponged).await;
        self.second();
        self.scraper.are_done().await;
        self.run.state().deliveries.settle(Instant::now(), true);
    }

    async fn waits_for(&mut self, done: impl Fn() -> bool) {
        let patience = Instant::now() + self.run.scenario.settle;
        let mut next = Instant::now() + Duration::from_secs(1);
        while !done() && Instant::now() < patience {
            if Instant::now() >= next {
                self.second();
                next += Duration::from_secs(1);
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
}

impl RunOutcome {
    /// Whether the driver may have been slower than the server, and why.
    pub(crate) fn driver_was_the_limit(&self) -> Option<String> {
        let worst = |of: fn(&Second) -> f64| self.seconds.iter().map(of).fold(0.0, f64::max);
        let busiest = worst(|second| second.driver_cpu);
        let waited = worst(|second| second.driver_waited);
        let timings = &self.run.state().timings;
        let late = timings.quantile(LatencyKind::DriverDelay, 0.99);
        if busiest > driver::BUSY {
            let busiest = busiest * 100.0;
            return Some(format!("it used {busiest:.0} % of its processor"));
        }
        if late > driver::LATE.as_secs_f64() {
            let late = late * 1e3;
            return Some(format!("it acted up to {late:.0} ms late (p99)"));
        }
        (waited > driver::WAITED).then(|| {
            let waited = waited * 100.0;
            format!("it waited for a processor for {waited:.0} % of a second")
        })
    }
}
