//! Conducts one run: the players come, play, fall silent and are counted, while the server is
//! looked at every second and broken on schedule.

mod havoc;
mod looks;

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout};

use crate::driver::{self, Watch};
use crate::fault::LoadFault;
use crate::measure::Span;
use crate::player::{self, Ticket};
use crate::progress::Progress;
use crate::run::{Count, Phase, Run};
use crate::scenario::Scenario;
use crate::scrape::Growth;
use crate::second::Second;
use crate::server::Server;
use crate::wire::Dial;

pub(crate) use havoc::Mark;
pub(crate) use looks::plugins;
use looks::{Look, Looks};

/// After the last answer, for whatever is still on its way to other ears.
const QUIET: Duration = Duration::from_millis(400);
/// A line is judged this long after it was due at the earliest.
const RIPE: Duration = Duration::from_secs(3);
/// The stretch that the figures without a stage's name are of.
const WINDOW: usize = 0;

/// Everything a run has come to, still unjudged.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) run: Rc<Run>,
    pub(crate) seconds: Vec<Second>,
    pub(crate) marks: Vec<Mark>,
    /// The server, and our own counts, over the measured stretch.
    pub(crate) window: Window,
    /// What the server's counters grew by in each stage that has a name.
    pub(crate) stages: Vec<(String, Growth)>,
}

/// The measured stretch: from the first moment whose latencies count to the last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    pub(crate) seconds: f64,
    pub(crate) grown: Growth,
    pub(crate) count_before: Count,
    pub(crate) count_after: Count,
    pub(crate) heard_before: u64,
    pub(crate) heard_after: u64,
}

/// Plays a scenario against a server that stands.
pub(crate) async fn conduct(
    scenario: &Scenario,
    dial: Dial,
    server: Option<&mut Server>,
    accounts: &[(String, String)],
    progress: &Progress,
) -> Result<Outcome, LoadFault> {
    let (tell, phase) = watch::channel(Phase::Play);
    let run = Run::new(scenario, dial, Instant::now(), phase);
    let process = server.as_ref().map(|server| server.process());
    let stretches = stretches(scenario);
    let looks = Looks::new(
        run.dial.clone(),
        process.unwrap_or_default(),
        stretches.len(),
    );
    let marks: RefCell<Vec<Mark>> = RefCell::default();
    let wreaking = async {
        match server {
            Some(server) => havoc::wreak(&run, server, &marks).await,
            None => Ok(()),
        }
    };
    let mut players = JoinSet::new();
    for (index, (comes, leaves)) in scenario.presences().into_iter().enumerate() {
        let ticket = Ticket {
            index,
            account: accounts.get(index).cloned(),
            comes: run.began + comes,
            leaves: leaves.map(|leaves| run.began + leaves),
        };
        players.spawn_local(player::play(Rc::clone(&run), ticket));
    }
    let mut stage = Stage {
        run: &run,
        looks: &looks,
        progress,
        watch: Watch::begin(),
        seconds: Vec::new(),
        window: Window::default(),
    };
    let playing = async {
        stage.plays(wreaking, &stretches).await?;
        stage.ends(&tell).await;
        Ok::<_, LoadFault>(())
    };
    tokio::select! {
        played = playing => played?,
        () = looks.looks() => {}
    }
    tell.send_replace(Phase::End);
    // All of them hear of it, wherever they hang.
    let left = async { while players.join_next().await.is_some() {} };
    let _ = timeout(Duration::from_secs(10), left).await;
    players.abort_all();

    let Stage {
        mut seconds,
        mut window,
        ..
    } = stage;
    let mut shown = looks.take();
    for (index, second) in seconds.iter_mut().enumerate() {
        second.server = shown.seconds.remove(&index);
    }
    let mut grown = shown.grown.into_iter();
    window.grown = grown.next().unwrap_or_default();
    if let Some((from, to, _)) = stretches.first() {
        window.seconds = (*to - *from).as_secs_f64();
    }
    let names = scenario.named_stages().into_iter().map(|(name, ..)| name);
    Ok(Outcome {
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

struct Stage<'a> {
    run: &'a Run,
    looks: &'a Looks,
    progress: &'a Progress,
    watch: Watch,
    seconds: Vec<Second>,
    window: Window,
}

impl Stage<'_> {
    /// Until all stages are over and everything that was broken is mended.
    async fn plays(
        &mut self,
        wreaking: impl Future<Output = Result<(), LoadFault>>,
        stretches: &[(Duration, Duration, usize)],
    ) -> Result<(), LoadFault> {
        let began = self.run.began;
        let end = began + self.run.scenario.length();
        let mut ends: Vec<(Instant, Look)> = Vec::new();
        for (from, to, number) in stretches {
            ends.push((began + *from, Look::Begins(*number)));
            ends.push((began + *to, Look::Ends(*number)));
        }
        ends.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let mut clock = interval_at(began + Duration::from_secs(1), Duration::from_secs(1));
        clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut wreaking = pin!(wreaking);
        let (mut is_over, mut is_whole) = (false, false);
        while !is_over || !is_whole {
            let next = ends.last().map_or(end, |(at, _)| *at);
            tokio::select! {
                () = sleep_until(next), if !is_over => match ends.pop() {
                    Some((_, look)) => self.marks(look),
                    None => is_over = true,
                },
                mended = wreaking.as_mut(), if !is_whole => {
                    mended?;
                    is_whole = true;
                }
                _ = clock.tick() => self.second(),
            }
        }
        Ok(())
    }

    fn marks(&mut self, look: Look) {
        let state = self.run.state();
        let counts = (state.count, state.book.count.all);
        match look {
            Look::Begins(WINDOW) => (self.window.count_before, self.window.heard_before) = counts,
            Look::Ends(WINDOW) => (self.window.count_after, self.window.heard_after) = counts,
            Look::Begins(_) | Look::Ends(_) | Look::Second(_) => {}
        }
        self.looks.wants(look);
    }

    fn second(&mut self) {
        let (driver_cpu, driver_waited) = self.watch.look();
        let began = self.run.began;
        let mut state = self.run.state();
        let second = Second {
            at: began.elapsed().as_secs_f64(),
            online: state.online,
            count: state.count,
            deliveries: state.book.count.all,
            spans: state.timings.roll(),
            driver_cpu,
            driver_waited,
            server: None,
        };
        let ripe = Instant::now().checked_sub(RIPE).unwrap_or(began);
        state.book.settle(ripe, false);
        self.progress.show(&second, self.looks.newest().as_ref());
        self.looks.wants(Look::Second(self.seconds.len()));
        self.seconds.push(second);
    }

    /// Everybody gets in, answers come, then what others still have to hear, then the pings behind
    /// all of it.
    async fn ends(&mut self, tell: &watch::Sender<Phase>) {
        let run = self.run;
        run.state().hushed = Some(Instant::now());
        tell.send_replace(Phase::Hush);
        let is_quiet = || {
            let state = run.state();
            let is_saved = state.unsaved == 0 || !state.saves;
            state.outstanding == 0 && state.missing == 0 && is_saved
        };
        self.waits_for(is_quiet).await;
        sleep(QUIET).await;
        tell.send_replace(Phase::Ping);
        let have_ponged = || {
            let state = run.state();
            state.ponged >= state.online
        };
        self.waits_for(have_ponged).await;
        self.second();
        self.looks.are_done().await;
        self.run.state().book.settle(Instant::now(), true);
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

impl Outcome {
    /// Whether the driver may have been slower than the server, and why.
    pub(crate) fn driver_was_the_limit(&self) -> Option<String> {
        let worst = |of: fn(&Second) -> f64| self.seconds.iter().map(of).fold(0.0, f64::max);
        let busiest = worst(|second| second.driver_cpu);
        let waited = worst(|second| second.driver_waited);
        let timings = &self.run.state().timings;
        let late = timings.quantile(Span::DriverDelay, 0.99);
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
