//! One of the two worlds, and where what they say is another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::TickInput;
use engine::content::{NextRevision, RevisionMark};
use engine::port::{SessionId, Tick};
use engine::record::{RecordFault, Replay, TickEffects};
use systems::place::PlayerSpot;
use tracing::field::{Field, Visit};
use tracing::{Dispatch, Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry;

use super::report::{FirstDifference, PreviewReport};
use super::told::{PreviewLine, told};
use crate::revisions::CheckedDraft;

/// Warnings beyond these are not kept apart.
const WARNINGS_MAX: usize = 64;

/// A world that plays what was recorded.
pub(super) struct Side {
    pub(super) replay: Replay,
    /// It plays the draft.
    pub(super) drafted: bool,
    /// What each tick took.
    pub(super) costs: Vec<Duration>,
    /// How often each event was told to somebody.
    pub(super) events: BTreeMap<String, u64>,
    /// The longest text of all.
    pub(super) longest: usize,
    pub(super) faults: BTreeMap<String, u64>,
    warnings: Warnings,
    log: Dispatch,
    /// Those who have been told something else than in the other world.
    parted: BTreeSet<SessionId>,
}

impl Side {
    pub(super) fn new(replay: Replay) -> Self {
        let warnings = Warnings::default();
        Self {
            replay,
            drafted: false,
            costs: Vec::new(),
            events: BTreeMap::new(),
            longest: 0,
            faults: BTreeMap::new(),
            log: Dispatch::new(registry().with(warnings.clone())),
            warnings,
            parted: BTreeSet::new(),
        }
    }

    /// The draft as a revision for this world.
    pub(super) fn draft(&mut self, draft: &CheckedDraft) -> Result<NextRevision, RecordFault> {
        let mark = RevisionMark {
            number: u64::MAX,
            digest: draft.digest.clone(),
        };
        let mut contents = |_: &str| Ok((Arc::clone(&draft.sources), Arc::clone(&draft.content)));
        self.drafted = true;
        self.replay.revision(mark, &mut contents)
    }

    /// Plays a tick; whether it `counts`, or only leads to those that do.
    pub(super) fn step(&mut self, input: TickInput, counts: bool) -> TickEffects {
        let began = Instant::now();
        let effects = tracing::dispatcher::with_default(&self.log, || self.replay.step(input));
        let took = began.elapsed();
        let warnings = self.warnings.take();
        if counts {
            self.costs.push(took);
            for fault in &effects.faults {
                let words = format!("plugin {}: {}", fault.plugin, fault.what);
                *self.faults.entry(words).or_default() += 1;
            }
            for (words, count) in warnings {
                *self.faults.entry(words).or_default() += count;
            }
        }
        effects
    }

    /// What each player was told in a tick, in order.
    fn hearings<'a>(
        &mut self,
        said: &'a [PreviewLine],
    ) -> BTreeMap<SessionId, Vec<&'a PreviewLine>> {
        let mut hearings: BTreeMap<SessionId, Vec<&PreviewLine>> = BTreeMap::new();
        for one in said {
            self.longest = self.longest.max(one.text.len());
            let heard = &mut self.events.entry(one.event.clone()).or_default();
            for session in &one.to {
                **heard += 1;
                hearings.entry(*session).or_default().push(one);
            }
        }
        hearings
    }
}

/// Notes who is told something else than in the other world, for the first time.
pub(super) fn compare(
    (was, before): (&mut Side, &TickEffects),
    (is, after): (&mut Side, &TickEffects),
    tick: Tick,
    report: &mut PreviewReport,
) {
    let (before, after) = (told(before), told(after));
    let (then, now) = (was.hearings(&before), is.hearings(&after));
    let sessions: BTreeSet<SessionId> = then.keys().chain(now.keys()).copied().collect();
    report.players.extend(&sessions);
    let nothing = Vec::new();
    let mut spots: Option<Vec<PlayerSpot>> = None;
    for session in sessions {
        let then = then.get(&session).unwrap_or(&nothing);
        let now = now.get(&session).unwrap_or(&nothing);
        if then == now || !was.parted.insert(session) {
            continue;
        }
        let people = spots.get_or_insert_with(|| PlayerSpot::of_all(was.replay.engine().world()));
        let found = people.iter().find(|one| one.session == session);
        let at = then.iter().zip(now).position(|(then, now)| then != now);
        let at = at.unwrap_or(then.len().min(now.len()));
        let (then, now) = (then.get(at), now.get(at));
        let event = then.or(now).map_or("", |one| one.event.as_str());
        let words = |told: Option<&&PreviewLine>, other: Option<&&PreviewLine>| {
            // Another event has other parts.
            let other = other.filter(|other| told.is_some_and(|told| told.event == other.event));
            told.map(|told| told.words(other.copied()))
        };
        report.differ(FirstDifference {
            tick,
            who: found.map_or_else(|| format!("session {}", session.0), |one| one.name.clone()),
            room: found.map_or_else(String::new, |one| one.room.clone()),
            plugin: was.replay.teller_of(event).to_owned(),
            event: event.to_owned(),
            was: words(then, now),
            is: words(now, then),
        });
    }
}

/// What a world warns its operator of, by its words.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<BTreeMap<String, u64>>>);

impl Warnings {
    fn take(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() > Level::WARN {
            return;
        }
        let mut words = EventWords::default();
        event.record(&mut words);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let words = format!("{}{}", words.message, words.fields);
        if all.len() < WARNINGS_MAX || all.contains_key(&words) {
            *all.entry(words).or_default() += 1;
        }
    }
}

#[derive(Default)]
struct EventWords {
    message: String,
    fields: String,
}

impl Visit for EventWords {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string never fails.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
