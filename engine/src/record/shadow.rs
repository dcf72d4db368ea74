//! What the saved rows of everybody in memory are, known from the ticks that pass: what came into
//! memory was read from rows, and whatever changes is in a batch.
//!
//! So a checkpoint, which falls on a tick that leaves nothing dirty, need not copy them on the
//! world's thread. The recorder's thread owns this. **Invariant:** as long as every tick passes,
//! the rows of an entity that is in memory are its values after the last batch.

use std::collections::{BTreeMap, HashMap};

use bevy_ecs::entity::Entity;

use super::trace::TickTrace;
use super::{TickEffects, TickRecord};
use crate::TickInput;
use crate::checkpoint::{StateFault, StateValues, WorldCopy, WorldState};
use crate::port::{Row, StableId, StoreReply, Tombstone};

/// The rows of everybody in memory, and of some who were since the last checkpoint.
#[derive(Debug, Default)]
pub struct Shadow {
    /// Each component's name is kept once.
    names: BTreeMap<String, u16>,
    rows: HashMap<StableId, Vec<(u16, Box<str>)>>,
}

impl Shadow {
    /// Where the world begins with these rows.
    #[must_use]
    pub fn of(rows: &[Row]) -> Self {
        let mut shadow = Self::default();
        for row in rows {
            let name = shadow.name(&row.component);
            shadow.put(row.id, name, row.body.clone());
        }
        shadow
    }

    /// How many rows there are, and the bytes of their values.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let rows = self.rows.values().flatten();
        rows.fold((0, 0), |(rows, bytes), (_, body)| {
            (rows + 1, bytes + body.len())
        })
    }

    /// Knows what is saved after this tick, too. Only for ticks that are not written: a
    /// [`ChunkWriter`](super::ChunkWriter) does it itself.
    pub fn follow(&mut self, record: &TickRecord) {
        self.trace(record);
    }

    /// What came of a tick. Its rows are encoded once for both.
    pub(super) fn trace(&mut self, record: &TickRecord) -> TickTrace {
        let TickRecord { input, effects, .. } = record;
        self.load(input, effects);
        if let Some(batch) = &effects.batch {
            self.remove(&batch.tombstones);
        }
        TickTrace::of(effects, &mut |component, rows| {
            let name = self.name(component);
            for (id, body) in rows {
                self.put(id, name, body);
            }
        })
    }

    /// What came into memory in a tick is as its rows say, whatever was known of it.
    fn load(&mut self, input: &TickInput, effects: &TickEffects) {
        for loaded in &effects.loaded {
            self.rows.remove(&loaded.id);
            let rows = match input.stored.get(loaded.reply) {
                Some(StoreReply::Loaded { rows, .. } | StoreReply::Reverted { rows, .. }) => rows,
                _ => continue,
            };
            for row in rows.iter().filter(|row| row.id == loaded.id) {
                let name = self.name(&row.component);
                self.put(row.id, name, row.body.clone());
            }
        }
    }

    /// A batch begins: what it removes came before what it holds.
    fn remove(&mut self, stones: &[Tombstone]) {
        for stone in stones {
            match &stone.component {
                None => {
                    self.rows.remove(&stone.id);
                }
                Some(component) => {
                    let name = self.names.get(&**component);
                    if let (Some(name), Some(rows)) = (name, self.rows.get_mut(&stone.id)) {
                        rows.retain(|(of, _)| of != name);
                    }
                }
            }
        }
    }

    fn name(&mut self, component: &str) -> u16 {
        if let Some(name) = self.names.get(component) {
            return *name;
        }
        // No program has 65,536 components; rows of others are nobody's.
        let name = u16::try_from(self.names.len()).unwrap_or(u16::MAX);
        *self.names.entry(component.to_owned()).or_insert(name)
    }

    fn put(&mut self, id: StableId, name: u16, body: String) {
        let rows = self.rows.entry(id).or_default();
        let body = body.into_boxed_str();
        match rows.iter_mut().find(|(of, _)| *of == name) {
            Some(row) => row.1 = body,
            None => rows.push((name, body)),
        }
    }

    /// Encodes a copy of the world, and adds what was not copied because it is known here. Whoever
    /// is not in memory any more is forgotten.
    ///
    /// # Errors
    /// When a value can't be encoded.
    pub fn complete(&mut self, copy: &WorldCopy) -> Result<WorldState, StateFault> {
        let mut state = copy.encode()?;
        if copy.whole {
            self.learn(&state, &copy.saved);
            return Ok(state);
        }
        for component in &copy.saved {
            let (_, mut values) = self.part(component, &state.entities);
            // What is known of nobody's rows was copied.
            let copied = state.parts.iter_mut().find(|(name, _)| name == component);
            let Some((_, copied)) = copied else {
                state.parts.push(((*component).to_owned(), values));
                continue;
            };
            let is_copied = |one: &Entity| copied.binary_search_by_key(one, |(of, _)| *of).is_ok();
            values.retain(|(entity, _)| !is_copied(entity));
            copied.append(&mut values);
            copied.sort_unstable();
        }
        let there = state.entities.iter();
        let mut rows = std::mem::take(&mut self.rows);
        let there = there.filter_map(|(_, id)| rows.remove_entry(id));
        self.rows = there.collect();
        Ok(state)
    }

    fn part(&self, component: &str, entities: &[(Entity, StableId)]) -> StateValues {
        let name = self.names.get(component);
        let row = |id: &StableId| {
            let mut rows = self.rows.get(id)?.iter();
            let (_, body) = rows.find(|(of, _)| Some(of) == name)?;
            Some(body.as_bytes().to_vec())
        };
        let values = entities.iter();
        let values = values.filter_map(|(entity, id)| Some((*entity, row(id)?)));
        (component.to_owned(), values.collect())
    }

    /// What is known from now on: ticks were missed, so nothing was.
    fn learn(&mut self, state: &WorldState, saved: &[&'static str]) {
        self.rows.clear();
        let ids: HashMap<Entity, StableId> = state.entities.iter().copied().collect();
        let parts = state.parts.iter();
        for (component, values) in parts.filter(|(name, _)| saved.contains(&name.as_str())) {
            let name = self.name(component);
            for (entity, body) in values {
                if let (Some(id), Ok(body)) = (ids.get(entity), std::str::from_utf8(body)) {
                    self.put(*id, name, body.to_owned());
                }
            }
        }
    }
}
