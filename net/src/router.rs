//! The one task that hears the world and fills the sessions' queues.
//!
//! Once per tick: each note is encoded at most once per wire format, whoever hears it, and each
//! session that got something is woken once, when it has got everything. Those who are spoken to
//! first are, since a tick takes lines in the order in which they came, those whose room waited
//! longest: they are served first, and write while the others are still served.
//! Nothing here waits for a socket.

mod fan_out;
mod said;
mod watermark;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use engine::port::{Emission, Leaving, Outbound, SessionId, Stop, Tick};
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::format::{EncodedNote, Format, Twins};
use crate::hub::{Hub, stamp};
use crate::session::{Ending, Session, Waker, last_error};
use fan_out::FanOut;
use said::SessionOutput;

/// How often owed things are looked after when the world is silent: a tick at the default rate.
const LOOK: Duration = Duration::from_millis(50);
/// With fewer who wait for a watermark than this, each hears it at once. More hear it together
/// with what the next tick says, [`LOOK`] later at most: a write less for each.
const WATERMARK_CROWD: usize = 64;
/// Sessions served before they get to write. A worker of the runtime whose own queue is full puts
/// half of it behind everything else, and whoever was served first would write last.
const WOKEN_AT_ONCE: usize = 32;
/// How long a crowd's answers wait for their watermark, so that both leave in one write: a sync.
const HELD: Duration = Duration::from_millis(10);
/// How long the world's last words are waited for when the server stops.
const LAST_WORDS: Duration = Duration::from_millis(300);
/// How often is looked whether they are all said.
const AT_THE_END: Duration = Duration::from_millis(10);
/// What the world has heard before it is said within so many ticks: one that was under way, and the
/// next.
const LAST_TICKS: Tick = 2;

/// Why the router ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RouterEnd {
    /// It was told to.
    Stopped,
    /// The world's lane closed before.
    WorldGone,
}

/// The router's own memory.
struct Router {
    hub: Arc<Hub>,
    /// The second that `stamp` is.
    second: u64,
    stamp: Arc<str>,
    /// Sessions with answers that no watermark covers.
    owed: BTreeSet<SessionId>,
    /// The world's run; known since it let somebody in.
    run: String,
    /// The watermark that all of those know, unless somebody is new among them.
    told: Option<Tick>,
    /// Whom to wake.
    wakers: Vec<Waker>,
    /// Kept from tick to tick for its room.
    fan_out: FanOut,
}

/// Routes until `stop`, then says goodbye to every session.
pub(crate) async fn run(mut emissions: Receiver<Emission>, hub: Arc<Hub>, stop: Stop) -> RouterEnd {
    let mut durable = hub.gauge.watch_durable();
    let mut router = Router {
        stamp: stamp(0).into(),
        second: 0,
        owed: BTreeSet::new(),
        run: String::new(),
        told: None,
        wakers: Vec::new(),
        fan_out: FanOut::default(),
        hub,
    };
    let mut unsettled = false;
    let mut looked = Instant::now();
    let ended = loop {
        let look = unsettled || !router.owed.is_empty();
        let mut pays = true;
        tokio::select! {
            biased;
            () = stop.cancelled() => break RouterEnd::Stopped,
            emission = emissions.recv() => match emission {
                Some(emission) => {
                    if router.holds(&emission) {
                        let saved = router.saved(emission.tick, &mut durable);
                        // In time or not, it is said.
                        drop(timeout(HELD, saved).await);
                    }
                    router.distribute(emission).await;
                    // What became durable meanwhile is told with the next tick's words.
                    pays = !router.is_crowded();
                }
                // Both stop at the same wish; either may be seen first.
                None if stop.is_cancelled() => break RouterEnd::Stopped,
                None => break RouterEnd::WorldGone,
            },
            Ok(()) = durable.changed() => {
                if router.is_crowded() && looked.elapsed() < LOOK {
                    continue;
                }
            }
            // The watermark also rises when there is nothing to save, which wakes nobody.
            () = sleep_until(looked + LOOK), if look => {}
        }
        if pays {
            router.pay();
            router.wake().await;
        }
        looked = Instant::now();
        unsettled = router.hub.settle();
    };

    router.hub.drain();
    if ended == RouterEnd::Stopped {
        // Answers of the last ticks are still on their way, and so is their watermark.
        let last_words = async {
            let through = router.hub.gauge.current_tick() + LAST_TICKS;
            while router.has_hearers(through) {
                tokio::select! {
                    biased;
                    emission = emissions.recv() => match emission {
                        Some(emission) => router.distribute(emission).await,
                        None => break,
                    },
                    Ok(()) = durable.changed() => router.pay(),
                    () = sleep(AT_THE_END) => router.pay(),
                }
            }
        };
        // All is said or the time is up.
        drop(timeout(LAST_WORDS, last_words).await);
    }
    router.pay();
    router.wake().await;
    router.dismiss().await;
    ended
}

impl Router {
    /// Whether what a tick says waits for its watermark: it answers a crowd, and the journal keeps
    /// up.
    fn holds(&self, emission: &Emission) -> bool {
        let is_answer = |said: &&Outbound| matches!(said, Outbound::Outcome { .. });
        let answers = emission.said.iter().filter(is_answer);
        answers.take(WATERMARK_CROWD).count() == WATERMARK_CROWD
            && self.hub.gauge.durable_tick() >= self.hub.tick()
    }

    /// Waits until a tick is durable, or nobody can say so any more.
    async fn saved(&self, tick: Tick, durable: &mut watch::Receiver<Tick>) {
        while self.hub.gauge.durable_tick() < tick && durable.changed().await.is_ok() {}
    }

    /// Whether the world may still say something to somebody, before and in tick `through`, or
    /// somebody still waits for a watermark.
    fn has_hearers(&self, through: Tick) -> bool {
        let heard = self.hub.gauge.current_tick() >= through && self.hub.is_heard();
        self.hub.directory.count() > 0 && !(heard && self.owed.is_empty())
    }

    /// Queues everything a tick says and wakes who got something.
    async fn distribute(&mut self, emission: Emission) {
        let Emission {
            tick,
            wall,
            said,
            torn,
        } = emission;
        self.hub.saw(tick);
        let second = wall.0 / 1_000_000;
        if second != self.second {
            self.second = second;
            self.stamp = stamp(second).into();
        }
        if torn {
            tracing::warn!(
                tick,
                "output of the world was lost, no session can be resumed"
            );
            for session in self.hub.directory.all() {
                session.tear();
            }
        }

        let mut fan_out = std::mem::take(&mut self.fan_out);
        let mut deliveries = Vec::with_capacity(said.len());
        for said in said {
            let place = deliveries.len() as u32;
            deliveries.extend(self.address(said, |session| fan_out.add(session, place)));
        }
        // Whoever waits for a watermark hears it last, so that it leaves in the same write.
        let watermark = self.watermark();
        let last = deliveries.len() as u32;
        if watermark.is_some() {
            self.owed.iter().for_each(|one| fan_out.add(*one, last));
        }

        let stamp = Arc::clone(&self.stamp);
        let twins = Twins::default();
        let encoded = |note| EncodedNote::new(note, tick, &stamp).among(&twins);
        let encoded_notes: Vec<_> = deliveries
            .iter()
            .map(|one| one.note().map(encoded))
            .collect();
        let watermark = watermark
            .as_ref()
            .map(|note| (note.through_tick, encoded(note)));
        for rank in 0..fan_out.len() {
            let (id, places) = fan_out.recipient(rank);
            let mut waker = None;
            if let Some(session) = self.hub.directory.find(id) {
                for place in places {
                    let place = place as usize;
                    let woken = match (deliveries.get(place), encoded_notes.get(place), &watermark)
                    {
                        (Some(said), Some(encoded), _) => {
                            self.tell(&session, tick, said, encoded.as_ref())
                        }
                        (_, _, Some((through, encoded))) => {
                            self.settle(&session, *through, encoded)
                        }
                        _ => None,
                    };
                    waker = waker.or(woken);
                }
            } else {
                self.owed.remove(&id);
            }
            if let Some(waker) = waker {
                waker.notify_one();
            }
            if rank % WOKEN_AT_ONCE == WOKEN_AT_ONCE - 1 {
                yield_now().await;
            }
        }
        fan_out.clear();
        self.fan_out = fan_out;
    }

    /// Names everybody who hears `said`, and keeps what they hear. A reply is no session's.
    fn address(
        &mut self,
        said: Outbound,
        mut hearer: impl FnMut(SessionId),
    ) -> Option<SessionOutput> {
        Some(match said {
            Outbound::Reply { ask, answer } => {
                self.hub.asks.answered(ask, answer);
                return None;
            }
            Outbound::Note { to, note } => {
                to.sessions().for_each(hearer);
                SessionOutput::Note(note)
            }
            Outbound::Outcome { session, outcome } => {
                hearer(session);
                self.owed.insert(session);
                self.told = None;
                SessionOutput::Answer(outcome.into())
            }
            Outbound::Admitted { session, admission } => {
                hearer(session);
                if self.run.is_empty() {
                    self.run = admission.run.to_string();
                }
                SessionOutput::Admitted(admission)
            }
            Outbound::Refused { session, refusal } => {
                hearer(session);
                SessionOutput::Refused(refusal)
            }
            // Before anybody hears what the tick has said.
            Outbound::Ban { account, ban } => {
                self.hub.bans.set(self.hub.tick(), account, ban);
                SessionOutput::Heeded
            }
            Outbound::Receipt { session } => {
                hearer(session);
                SessionOutput::Receipt
            }
            Outbound::Close { session, why, told } => {
                hearer(session);
                SessionOutput::Close(last_error(why, told))
            }
        })
    }

    /// Queues what a session hears; answers whom to wake.
    fn tell(
        &self,
        session: &Session,
        tick: Tick,
        said: &SessionOutput,
        encoded: Option<&EncodedNote<'_>>,
    ) -> Option<Waker> {
        let directory = &self.hub.directory;
        match said {
            SessionOutput::Heeded => None,
            SessionOutput::Note(_) => session.queue(encoded?),
            SessionOutput::Answer(_) => {
                let waker = session.queue(encoded?);
                // Only this protocol has a word for durability.
                if session.format == Format::Kadath {
                    session.owe(tick);
                }
                waker
            }
            SessionOutput::Admitted(admission) => {
                let waker = session.admit(admission, tick, &self.stamp);
                if session.is_over() {
                    directory.remove(session.id, "connection lost");
                }
                waker
            }
            SessionOutput::Refused(refusal) => {
                let session = directory.remove(session.id, refusal.code.word())?;
                session.refuse(refusal.clone())
            }
            SessionOutput::Receipt => session.ask_receipt(tick),
            SessionOutput::Close(error) => {
                let code = error.as_ref().map(|error| error.code);
                let session = directory.remove(session.id, Ending::after(code).word())?;
                session.close(code.zip(encoded))
            }
        }
    }

    /// The server stops: every session hears it and is closed.
    async fn dismiss(&mut self) {
        let tick = self.hub.tick();
        let error = last_error(Leaving::Shutdown, None);
        let encoded = error
            .as_ref()
            .map(|e| EncodedNote::new(e, tick, &self.stamp));
        let code = error.as_ref().map(|error| error.code);
        let (reason, last) = (Ending::after(code).word(), code.zip(encoded.as_ref()));
        for session in self.hub.directory.all() {
            self.hub.directory.remove(session.id, reason);
            self.wakers.extend(session.close(last));
        }
        self.wake().await;
    }

    /// Wakes who got something.
    async fn wake(&mut self) {
        let mut woken = 0;
        for waker in self.wakers.drain(..) {
            waker.notify_one();
            woken += 1;
            if woken % WOKEN_AT_ONCE == 0 {
                yield_now().await;
            }
        }
    }
}
