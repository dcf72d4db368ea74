//! The one task that hears the world and fills the sessions' queues.
//!
//! Once per tick: each note is encoded at most once per wire format, whoever hears it, and each
//! session that got something is woken once. Nothing here waits for a socket.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use engine::port::{Emission, Leaving, Outbound, Outcome, SessionId, Stop, Tick};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until, timeout};

use crate::format::{Format, Voice};
use crate::hub::{Hub, stamp};
use crate::payload::{CommandResponse, Durable};
use crate::session::{Bell, farewell};

/// How often owed things are looked after when the world is silent: a tick at the default rate.
const LOOK: Duration = Duration::from_millis(50);
/// With fewer who wait for a watermark than this, each hears it at once. More hear it together
/// with what the next tick says, [`LOOK`] later at most: a write less for each.
const WATERMARK_CROWD: usize = 64;
/// How long the world's last words are waited for when the server stops.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Why the router ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
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
    stamp: String,
    /// Sessions with answers that no watermark covers.
    owed: BTreeSet<SessionId>,
    /// The world's run; known since it let somebody in.
    run: String,
    /// The watermark that all of those know, unless somebody is new among them.
    told: Option<Tick>,
    bells: Vec<Bell>,
}

/// Routes until `stop`, then says goodbye to every session.
pub(crate) async fn run(mut emissions: Receiver<Emission>, hub: Arc<Hub>, stop: Stop) -> Ended {
    let mut durable = hub.gauge.watch_durable();
    let mut router = Router {
        stamp: stamp(0),
        second: 0,
        owed: BTreeSet::new(),
        run: String::new(),
        told: None,
        bells: Vec::new(),
        hub,
    };
    let mut unsettled = false;
    let mut looked = Instant::now();
    let ended = loop {
        let look = unsettled || !router.owed.is_empty();
        tokio::select! {
            () = stop.cancelled() => break Ended::Stopped,
            emission = emissions.recv() => match emission {
                Some(emission) => router.distribute(emission),
                // Both stop at the same wish; either may be seen first.
                None if stop.is_cancelled() => break Ended::Stopped,
                None => break Ended::WorldGone,
            },
            Ok(()) = durable.changed() => {
                if router.owed.len() >= WATERMARK_CROWD && looked.elapsed() < LOOK {
                    continue;
                }
            }
            // The watermark also rises when there is nothing to save, which wakes nobody.
            () = sleep_until(looked + LOOK), if look => {}
        }
        router.pay();
        router.wake();
        looked = Instant::now();
        unsettled = router.hub.settle();
    };

    router.hub.drain();
    if ended == Ended::Stopped {
        // Answers of the last ticks are still on their way.
        let last_words = async {
            while let Some(emission) = emissions.recv().await {
                router.distribute(emission);
            }
        };
        // Either the lane closes or the time is up; both are the end of it.
        drop(timeout(LAST_WORDS, last_words).await);
    }
    router.pay();
    router.wake();
    router.dismiss();
    ended
}

impl Router {
    /// Queues everything a tick says and wakes who got something.
    fn distribute(&mut self, emission: Emission) {
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
            self.stamp = stamp(second);
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
        for said in said {
            self.route(tick, said);
        }
        // Before anybody is woken, so that it leaves in the same write.
        self.pay();
        self.wake();
    }

    fn route(&mut self, tick: Tick, said: Outbound) {
        let hub = Arc::clone(&self.hub);
        match said {
            Outbound::Note { to, note } => {
                let voice = Voice::new(&*note, tick, &self.stamp);
                let bells = &mut self.bells;
                hub.directory
                    .each(to.sessions(), |session| bells.extend(session.hear(&voice)));
            }
            Outbound::Outcome { session, outcome } => self.answer(tick, session, outcome),
            Outbound::Admitted { session, admission } => {
                let Some(session) = hub.directory.find(session) else {
                    return;
                };
                if self.run.is_empty() {
                    self.run = admission.run.to_string();
                }
                self.bells
                    .extend(session.admit(&admission, tick, &self.stamp));
                if session.is_over() {
                    hub.directory.remove(session.id);
                }
            }
            Outbound::Refused { session, refusal } => {
                if let Some(session) = hub.directory.remove(session) {
                    self.bells.extend(session.refuse(refusal));
                }
            }
            Outbound::Close { session, why } => {
                if let Some(session) = hub.directory.remove(session) {
                    let (farewell, error) = farewell(why);
                    let voice = error.as_ref().map(|e| Voice::new(e, tick, &self.stamp));
                    let last = error.as_ref().map(|e| e.code).zip(voice.as_ref());
                    self.bells.extend(session.close(last, farewell));
                }
            }
        }
    }

    fn answer(&mut self, tick: Tick, session: SessionId, outcome: Outcome) {
        let Some(session) = self.hub.directory.find(session) else {
            return;
        };
        let response = CommandResponse::from(outcome);
        let voice = Voice::new(&response, tick, &self.stamp);
        self.bells.extend(session.hear(&voice));
        // Only this protocol has a word for durability.
        if session.format == Format::Kadath {
            session.owe(tick);
            self.owed.insert(session.id);
            self.told = None;
        }
    }

    /// Queues the watermark for those who wait for one.
    fn pay(&mut self) {
        if self.owed.is_empty() {
            return;
        }
        let through = self.hub.gauge.durable_tick();
        if self.told == Some(through) {
            return;
        }
        self.told = Some(through);
        // Encoded once, however many have answers waiting.
        let note = Durable {
            run: self.run.clone(),
            through_tick: through,
        };
        let voice = Voice::new(&note, self.hub.tick(), &self.stamp);
        let (hub, bells) = (&self.hub, &mut self.bells);
        self.owed.retain(|id| {
            let Some(session) = hub.directory.find(*id) else {
                return false;
            };
            let (bell, still) = session.pay(through, &voice);
            bells.extend(bell);
            still
        });
    }

    /// The server stops: every session hears it and is closed.
    fn dismiss(&mut self) {
        let tick = self.hub.tick();
        let (farewell, error) = farewell(Leaving::Shutdown);
        let voice = error.as_ref().map(|e| Voice::new(e, tick, &self.stamp));
        let last = error.as_ref().map(|e| e.code).zip(voice.as_ref());
        for session in self.hub.directory.all() {
            self.hub.directory.remove(session.id);
            self.bells.extend(session.close(last, farewell));
        }
        self.wake();
    }

    fn wake(&mut self) {
        for bell in self.bells.drain(..) {
            bell.notify_one();
        }
    }
}
