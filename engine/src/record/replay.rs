//! Playing a recording again, and naming the first thing that is not as it was.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::inputs::RecordedTick;
use super::trace::{self, ColumnTrace, SaidTrace, SavedTrace, TickTrace, row_hash, short};
use super::{Checkpoint, RecordFault, RecordingHeader, TickEffects, Ticks};
use crate::content::{Content, NextRevision, RevisionMark, Source};
use crate::port::{Outbound, StableId, Tick, WorldTime};
use crate::{Engine, EngineFault, Plugin, TickInput};

/// A world that is played again.
#[derive(Debug)]
pub struct Replay {
    engine: Engine,
    played: u64,
    /// World time of the first tick and of the last.
    span: Option<(WorldTime, WorldTime)>,
}

/// The first thing that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// In which tick.
    pub tick: Tick,
    /// Whose it is.
    pub plugin: String,
    /// The saved component; of what was said, the event.
    pub component: String,
    /// Which entity, where one can be named.
    pub entity: String,
    /// As it was recorded: the value, or `#` and its hash where only that was kept.
    pub was: String,
    /// As it is now.
    pub is: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            tick,
            plugin,
            component,
            entity,
            was,
            is,
        } = self;
        write!(
            f,
            "tick {tick}, plugin {plugin}, component {component}, entity {entity}, was {was}, is {is}"
        )
    }
}

/// Finds a content by its digest, or says why it can't.
pub type Contents<'a> = dyn FnMut(&str) -> Result<(Arc<[Source]>, Arc<Content>), String> + 'a;

/// Nothing where there is something on the other side.
const NOTHING: &str = "nothing";
/// No entity can be named.
const NO_ENTITY: &str = "-";

impl Replay {
    /// The world at a checkpoint.
    ///
    /// # Errors
    /// When the world can't be built.
    pub fn begin(
        header: &RecordingHeader,
        checkpoint: Checkpoint,
        plugin: impl Plugin,
    ) -> Result<Self, EngineFault> {
        Ok(Self {
            engine: Engine::build(header.setup(checkpoint), plugin)?,
            played: 0,
            span: None,
        })
    }

    /// The plugins of the world that plays.
    #[must_use]
    pub fn plugins(&self) -> Vec<&'static str> {
        self.engine.plugins()
    }

    /// How many ticks were played.
    #[must_use]
    pub const fn played(&self) -> u64 {
        self.played
    }

    /// World time from the first tick to the last.
    #[must_use]
    pub fn span(&self) -> std::time::Duration {
        let (first, last) = self.span.unwrap_or_default();
        last.since(first)
    }

    /// The tick played last.
    #[must_use]
    pub fn last_tick(&self) -> Tick {
        self.engine.last_tick()
    }

    /// Compares what was played so far with a checkpoint of the same tick; answers the first state
    /// that is another.
    ///
    /// # Errors
    /// When the world can't be encoded.
    pub fn compare(&mut self, checkpoint: &Checkpoint) -> Result<Option<Difference>, RecordFault> {
        let Some(was) = &checkpoint.state else {
            return Ok(None);
        };
        let is = self.engine.checkpoint().encode()?;
        let found = was.first_difference(&is, self.engine.states());
        Ok(found.map(|(component, entity, was, is)| Difference {
            tick: checkpoint.tick,
            plugin: self.engine.holder_of(&component).unwrap_or("engine").into(),
            component,
            entity,
            was,
            is,
        }))
    }

    /// Plays ticks through `last`; answers the first difference.
    ///
    /// # Errors
    /// When a tick can't be decoded, or a content is missing that it swaps in.
    pub fn play(
        &mut self,
        ticks: Ticks,
        last: Tick,
        contents: &mut Contents<'_>,
    ) -> Result<Option<Difference>, RecordFault> {
        for recorded in ticks.inputs() {
            let RecordedTick {
                tick,
                mut input,
                revision,
                trace: was,
            } = recorded?;
            if tick > last {
                break;
            }
            // The world is further already: it was built from a checkpoint in between.
            if tick <= self.engine.last_tick() {
                continue;
            }
            let revision = revision.map(|mark| self.revision(mark, contents));
            input.revision = revision.transpose()?;
            let effects = self.step(input);
            let is = TickTrace::of(&effects, &mut |_, _| {});
            if is != was {
                return Ok(Some(self.difference(tick, &was, &is, &effects)));
            }
        }
        Ok(None)
    }

    /// Plays one tick, whether or not it was recorded so.
    pub fn step(&mut self, input: TickInput) -> TickEffects {
        let now = input.now;
        let mut said = Vec::new();
        let output = self
            .engine
            .tick_aloud(input, |emission| said = emission.said);
        self.played += 1;
        let (first, _) = self.span.unwrap_or((now, now));
        self.span = Some((first, now));
        TickEffects::of(said, &output)
    }

    /// The world that plays.
    pub const fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// The plugin that tells an event.
    #[must_use]
    pub fn teller_of(&self, event: &str) -> &str {
        self.engine.teller_of(event).unwrap_or("engine")
    }

    /// The plugin whose a state is, saved or not.
    #[must_use]
    pub fn holder_of(&self, state: &str) -> &str {
        self.engine.holder_of(state).unwrap_or("engine")
    }

    /// A revision to bring in a tick: of a mark that was recorded, or of any other.
    ///
    /// # Errors
    /// When its content is missing, or is none for this game.
    pub fn revision(
        &self,
        mark: RevisionMark,
        contents: &mut Contents<'_>,
    ) -> Result<NextRevision, RecordFault> {
        let lost = |why: String| RecordFault::Content(mark.digest.clone(), why);
        let (sources, content) = contents(&mark.digest).map_err(lost)?;
        let next = self.engine.revisions().build(sources, content);
        let mut next = next.map_err(|problem| lost(problem.message))?;
        next.mark = mark;
        Ok(next)
    }

    fn difference(
        &mut self,
        tick: Tick,
        was: &TickTrace,
        is: &TickTrace,
        effects: &TickEffects,
    ) -> Difference {
        let of_rows = || self.saved_difference(was.saved.as_ref(), is.saved.as_ref(), effects);
        let found = of_rows()
            .or_else(|| self.said_difference(was.said.as_ref(), is.said.as_ref(), effects));
        let (plugin, component, entity, was, is) = found.unwrap_or_else(|| {
            let hash = |rest: Option<u64>| rest.map_or(NOTHING.to_owned(), hashed);
            let rest = |trace: &TickTrace| trace.saved.as_ref().map(|saved| saved.rest);
            let (component, was, is) = if was.rest != is.rest {
                ("asks, bus and faults", hash(was.rest), hash(is.rest))
            } else {
                ("transfers and facts", hash(rest(was)), hash(rest(is)))
            };
            let plugin = effects
                .faults
                .first()
                .map_or("engine", |fault| fault.plugin);
            (
                plugin.to_owned(),
                component.to_owned(),
                NO_ENTITY.to_owned(),
                was,
                is,
            )
        });
        Difference {
            tick,
            plugin,
            component,
            entity,
            was,
            is,
        }
    }

    fn saved_difference(
        &self,
        was: Option<&SavedTrace>,
        is: Option<&SavedTrace>,
        effects: &TickEffects,
    ) -> Option<(String, String, String, String, String)> {
        let (was, is) = (columns(was), columns(is));
        let mut names: Vec<&str> = was.iter().chain(is).map(|one| &*one.component).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let find = |columns: &[ColumnTrace]| {
                let found = columns.iter().find(|one| one.component == name);
                found.cloned().unwrap_or_else(|| ColumnTrace {
                    component: name.to_owned(),
                    rows: 0,
                    sum: 0,
                    weighted: 0,
                    values: Vec::new(),
                })
            };
            let (was, is) = (find(was), find(is));
            if was == is {
                continue;
            }
            let columns = effects.batch.iter().flat_map(|batch| &batch.columns);
            let rows = columns
                .filter(|column| column.component() == name)
                .map(|column| trace::rows(&**column));
            let rows: Vec<(StableId, String)> = rows.flatten().collect();
            let (entity, was, is) = self.row_difference(&was, &is, &rows);
            let plugin = self.engine.owner_of(name).unwrap_or("engine").to_owned();
            return Some((plugin, name.to_owned(), entity, was, is));
        }
        None
    }

    /// The entity whose row is another, its row as it was and as it is.
    fn row_difference(
        &self,
        was: &ColumnTrace,
        is: &ColumnTrace,
        rows: &[(StableId, String)],
    ) -> (String, String, String) {
        let whole = |column: &ColumnTrace| column.values.len() == column.rows as usize;
        let now = |id: StableId| {
            let row = rows.iter().find(|(of, _)| *of == id);
            row.map(|(_, body)| body.clone())
        };
        if whole(was) {
            let mut ids: Vec<StableId> = was.values.iter().chain(rows).map(|row| row.0).collect();
            ids.sort_unstable();
            for id in ids {
                let then = was.values.iter().find(|(of, _)| *of == id);
                let (then, now) = (then.map(|(_, body)| body.clone()), now(id));
                if then != now {
                    let words = |row: Option<String>| row.unwrap_or_else(|| NOTHING.to_owned());
                    return (id.to_string(), words(then), words(now));
                }
            }
        }
        let mut all: Vec<StableId> = rows.iter().map(|(id, _)| *id).collect();
        all.extend(self.engine.ids());
        let one = all.into_iter().find(|id| was.differs_only_in(is, *id));
        match one {
            Some(id) => {
                let now = now(id);
                let hash = now.as_ref().map_or(0, |body| row_hash(id, body));
                let then = hash.wrapping_add(was.sum).wrapping_sub(is.sum);
                let then = if then == 0 {
                    NOTHING.to_owned()
                } else {
                    hashed(then)
                };
                (
                    id.to_string(),
                    then,
                    now.unwrap_or_else(|| NOTHING.to_owned()),
                )
            }
            None => {
                let words =
                    |column: &ColumnTrace| format!("{} rows, {}", column.rows, hashed(column.sum));
                (NO_ENTITY.to_owned(), words(was), words(is))
            }
        }
    }

    fn said_difference(
        &self,
        was: Option<&SaidTrace>,
        is: Option<&SaidTrace>,
        effects: &TickEffects,
    ) -> Option<(String, String, String, String, String)> {
        if was == is {
            return None;
        }
        let each = |trace: Option<&SaidTrace>| trace.map_or(Vec::new(), |said| said.each.clone());
        let (then, now) = (each(was), each(is));
        let at = then.iter().zip(&now).position(|(then, now)| then != now);
        let at = at.unwrap_or(then.len().min(now.len()));
        let then = then.get(at).map(|hash| format!("#{hash:04x}"));
        let then = then.unwrap_or_else(|| match was {
            Some(said) if said.each.is_empty() => hashed(said.all),
            _ => NOTHING.to_owned(),
        });
        let Some(said) = effects.said.get(at) else {
            let event = "said".to_owned();
            return Some((
                "engine".to_owned(),
                event,
                NO_ENTITY.to_owned(),
                then,
                NOTHING.to_owned(),
            ));
        };
        let hash = format!("#{:04x}", short(crate::exchange::said_hash(said)));
        let Outbound::Note { to, note } = said else {
            return Some((
                "engine".to_owned(),
                "said".to_owned(),
                NO_ENTITY.to_owned(),
                then,
                format!("{hash} {said:?}"),
            ));
        };
        let event = note.event_type();
        let data = serde_json::to_string(note.data()).unwrap_or_default();
        let entity = note.player_id().map(|id| id.to_string());
        let entity = entity.or_else(|| {
            let session = to.sessions().next()?;
            Some(format!("session {}", session.0))
        });
        Some((
            self.engine.teller_of(event).unwrap_or("engine").to_owned(),
            event.to_owned(),
            entity.unwrap_or_else(|| NO_ENTITY.to_owned()),
            then,
            format!("{hash} {data}"),
        ))
    }
}

fn columns(saved: Option<&SavedTrace>) -> &[ColumnTrace] {
    saved.map_or(&[], |saved| &saved.columns)
}

fn hashed(hash: u64) -> String {
    format!("#{hash:016x}")
}
