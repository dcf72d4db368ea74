//! Scrapes the server beside the run: a server that does not answer must not hold up the clock.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use tokio::sync::Notify;

use crate::scrape::{Growth, Sample};
use crate::second::ServerSecond;
use crate::wire::Dial;

/// What a scrape is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScrapeReason {
    /// The row of this second.
    Second(usize),
    /// A stretch begins: what grows from now on counts for it.
    Begins(usize),
    /// It ends.
    Ends(usize),
}

/// The scrapes that are requested, and their results.
#[derive(Debug)]
pub(super) struct Scraper {
    dial: Dial,
    /// The server's process, where it is on this machine.
    process: Rc<Cell<Option<u32>>>,
    /// At most one second, and both ends of each stretch.
    wanted: RefCell<VecDeque<ScrapeReason>>,
    news: Notify,
    scraped: RefCell<Scraped>,
}

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Scraped {
    pub(super) seconds: BTreeMap<usize, ServerSecond>,
    /// By the number of the stretch.
    pub(super) grown: Vec<Growth>,
    open: Vec<bool>,
    last: Option<Sample>,
}

impl Scraper {
    pub(super) fn new(dial: Dial, process: Rc<Cell<Option<u32>>>, stretches: usize) -> Rc<Self> {
        Rc::new(Self {
            dial,
            process,
            wanted: RefCell::default(),
            news: Notify::new(),
            scraped: RefCell::new(Scraped {
                grown: vec![Growth::default(); stretches],
                open: vec![false; stretches],
                ..Scraped::default()
            }),
        })
    }

    /// Requests a scrape. A second is left out while the one before has not been seen.
    pub(super) fn request(&self, reason: ScrapeReason) {
        let mut wanted = self.wanted.borrow_mut();
        let is_second = |reason: &ScrapeReason| matches!(reason, ScrapeReason::Second(_));
        if !is_second(&reason) || !wanted.iter().any(is_second) {
            wanted.push_back(reason);
        }
        self.news.notify_one();
    }

    /// Scrapes when requested, without end.
    pub(super) async fn run(&self) {
        loop {
            let next = self.wanted.borrow().front().copied();
            let Some(reason) = next else {
                self.news.notified().await;
                continue;
            };
            let sample = Sample::take(&self.dial, self.process.get()).await;
            self.scraped.borrow_mut().see(reason, sample);
            self.wanted.borrow_mut().pop_front();
            self.news.notify_waiters();
        }
    }

    /// Waits until every requested scrape is done.
    pub(super) async fn are_done(&self) {
        loop {
            let news = self.news.notified();
            if self.wanted.borrow().is_empty() {
                return;
            }
            news.await;
        }
    }

    /// The newest second.
    pub(super) fn newest(&self) -> Option<ServerSecond> {
        let scraped = self.scraped.borrow();
        scraped.seconds.last_key_value().map(|(_, one)| one.clone())
    }

    pub(super) fn take(&self) -> Scraped {
        self.scraped.take()
    }
}

impl Scraped {
    /// A scrape that failed is made up for by the next: what grew meanwhile is not lost, unless the
    /// server was killed meanwhile.
    fn see(&mut self, reason: ScrapeReason, sample: Option<Sample>) {
        if let Some(sample) = sample {
            let growth = self
                .last
                .as_ref()
                .map(|last| Growth::between(last, &sample));
            if let Some(growth) = &growth {
                for (grown, _) in self
                    .grown
                    .iter_mut()
                    .zip(&self.open)
                    .filter(|(_, open)| **open)
                {
                    grown.add(growth);
                }
            }
            if let ScrapeReason::Second(at) = reason {
                let second = server_second(&sample, growth.as_ref());
                self.seconds.insert(at, second);
            }
            self.last = Some(sample);
        }
        match reason {
            ScrapeReason::Second(_) => {}
            ScrapeReason::Begins(stretch) => self.open[stretch] = true,
            ScrapeReason::Ends(stretch) => self.open[stretch] = false,
        }
    }
}

/// Rates need two scrapes: of the first there are none.
fn server_second(sample: &Sample, growth: Option<&Growth>) -> ServerSecond {
    let tick = |at| growth?.quantile("kadath_tick_seconds", at);
    let lag = |name| Some(sample.get("kadath_current_tick")? - sample.get(name)?);
    let share = |time: f64| time / growth.map_or(1.0, |growth| growth.seconds.max(1e-3));
    ServerSecond {
        tick_p50: tick(0.5),
        tick_p99: tick(0.99),
        rss: sample.rss,
        cpu: growth.and_then(|growth| growth.cpu).map(share),
        durable_lag: lag("kadath_journal_durable_tick"),
        applied_lag: lag("kadath_storage_applied_tick"),
        players: sample.get("kadath_players_online"),
        plugins: growth.map_or_else(BTreeMap::new, |growth| {
            let plugins = plugins(growth).into_iter();
            plugins
                .map(|(plugin, time)| (plugin, share(time)))
                .collect()
        }),
    }
}

/// Seconds spent in each plugin, all phases together.
pub(crate) fn plugins(growth: &Growth) -> BTreeMap<String, f64> {
    let mut plugins = BTreeMap::new();
    for (labels, time) in growth.labelled("kadath_plugin_seconds") {
        let plugin = labels
            .split(',')
            .find_map(|label| label.strip_prefix("plugin=\"")?.strip_suffix('"'));
        if let Some(plugin) = plugin {
            *plugins.entry(plugin.to_owned()).or_default() += time;
        }
    }
    plugins
}
