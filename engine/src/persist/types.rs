//! The table of saved components.

use std::collections::{BTreeSet, HashMap};

use bevy_ecs::change_detection::{DetectChanges, DetectChangesMut, Tick};
use bevy_ecs::component::{Component, Mutable};
use bevy_ecs::prelude::IntoScheduleConfigs;
use bevy_ecs::schedule::{Schedule, ScheduleLabel, SingleThreadedExecutor};
use bevy_ecs::world::{EntityWorldMut, World};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::owners::Holder;
use super::{collect, loss};
use crate::port::StableId;

/// Brings a value saved as an older version into today's shape: `(its version, its JSON)`.
///
/// # Errors
/// Says what about the old value can't be understood; its character then can't be loaded, and
/// nothing is overwritten.
pub type Migration = fn(u32, serde_json::Value) -> Result<serde_json::Value, String>;

/// The saved name and version of a type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SavedName {
    pub(crate) name: &'static str,
    pub(crate) version: u32,
    /// The rows of things that are no characters are this node's own.
    pub(crate) own: bool,
}

/// Who holds a thing: collected by the engine itself, from what was moved.
pub(crate) const HOLDER: SavedName = SavedName {
    name: "holder",
    version: 1,
    own: true,
};

/// Inserts a value; with a tick, as one that has not changed since.
pub(crate) type Insert =
    fn(&mut EntityWorldMut<'_>, serde_json::Value, Option<Tick>) -> Result<(), String>;
pub(crate) type Print = fn(&mut World, &'static str, &mut Vec<(StableId, &'static str, String)>);

type Refresh = fn(&mut World, Tick);

pub(crate) struct SavedType {
    pub(crate) name: SavedName,
    /// The plugin that writes it.
    pub(crate) owner: usize,
    pub(crate) migrate: Migration,
    pub(crate) insert: Insert,
    pub(crate) print: Print,
    refresh: Refresh,
    #[cfg(feature = "stage")]
    pub(crate) reread: fn(&str) -> Result<(), String>,
}

#[derive(ScheduleLabel, Debug, Clone, PartialEq, Eq, Hash)]
struct Collecting;

/// Every saved component type, and the schedule of their collectors.
pub(crate) struct SavedTypes {
    pub(crate) by_name: HashMap<&'static str, SavedType>,
    order: Vec<&'static str>,
    pub(crate) collectors: Schedule,
    /// Components that no longer are: their rows are removed as they are met.
    retired: BTreeSet<&'static str>,
}

impl Default for SavedTypes {
    fn default() -> Self {
        let mut collectors = Schedule::new(Collecting);
        collectors.set_executor(SingleThreadedExecutor::new());
        Self {
            by_name: HashMap::new(),
            order: Vec::new(),
            collectors,
            retired: BTreeSet::new(),
        }
    }
}

impl SavedTypes {
    pub(crate) fn register<T>(
        &mut self,
        world: &mut World,
        name: SavedName,
        migrate: Migration,
        owner: usize,
    ) -> Result<(), String>
    where
        T: Component<Mutability = Mutable> + Serialize + DeserializeOwned + Clone,
    {
        let saved = SavedType {
            name,
            owner,
            migrate,
            insert: insert::<T>,
            print: print::<T>,
            refresh: refresh::<T>,
            #[cfg(feature = "stage")]
            reread: reread::<T>,
        };
        if self.by_name.insert(name.name, saved).is_some() {
            return Err(format!("two saved components are called `{}`", name.name));
        }
        self.order.push(name.name);
        self.collectors.add_systems(
            (move |changed: collect::ChangedValues<'_, '_, T>| changed.collect(name))
                .ambiguous_with_all(),
        );
        loss::watch_removals::<T>(world, name.name);
        Ok(())
    }

    /// Saves who holds what.
    pub(crate) fn register_holders(
        &mut self,
        world: &mut World,
        owner: usize,
    ) -> Result<(), String> {
        let saved = SavedType {
            name: HOLDER,
            owner,
            migrate: |_, old| Ok(old),
            insert: |entity, body, _| {
                let holder: Holder =
                    serde_json::from_value(body).map_err(|error| error.to_string())?;
                entity.insert(holder);
                Ok(())
            },
            print: print::<Holder>,
            // It waits in a list of its own.
            refresh: |_, _| {},
            #[cfg(feature = "stage")]
            reread: reread::<Holder>,
        };
        if self.by_name.insert(HOLDER.name, saved).is_some() {
            return Err(format!("two plugins save `{}`", HOLDER.name));
        }
        self.order.push(HOLDER.name);
        loss::watch_removals::<Holder>(world, HOLDER.name);
        Ok(())
    }

    /// Declares that no component has this name any longer.
    pub(crate) fn retire(&mut self, name: &'static str) {
        self.retired.insert(name);
    }

    /// The name as it was declared, if its component is retired.
    pub(crate) fn retired(&self, name: &str) -> Option<&'static str> {
        self.retired.get(name).copied()
    }

    /// What is retired and saved all the same.
    pub(crate) fn mistakes(&self) -> impl Iterator<Item = String> + '_ {
        let both = self
            .retired
            .iter()
            .filter(|name| self.by_name.contains_key(**name));
        both.map(|name| format!("the component `{name}` is saved and retired"))
    }

    /// Keeps what is dirty dirty. bevy forgets a change of three billion system runs ago, which a
    /// long outage of storage can outlast; done at each check of change ticks, none gets that old.
    pub(crate) fn refresh(&self, world: &mut World) {
        let Some(since) = self.collected() else {
            return;
        };
        for name in &self.order {
            (self.by_name[name].refresh)(world, since);
        }
    }

    /// Makes the collectors ready, so that what is loaded can be told from what changes.
    ///
    /// # Errors
    /// When they can't run together.
    pub(crate) fn prepare(&mut self, world: &mut World) -> Result<(), String> {
        match self.collectors.initialize(world) {
            Ok(_) => Ok(()),
            Err(fault) => Err(fault.to_string(self.collectors.graph(), world)),
        }
    }

    /// When the collectors ran last; what changed up to then is not dirty. `None` before the
    /// first run was prepared.
    pub(crate) fn collected(&self) -> Option<Tick> {
        // They run together, so one of them speaks for all.
        let mut collectors = self.collectors.systems().ok()?;
        collectors
            .next()
            .map(|(_, collector)| collector.get_last_run())
    }

    /// Every saved value of the world as JSON, sorted: equal worlds print equally.
    pub(crate) fn print(&self, world: &mut World) -> Vec<(StableId, &'static str, String)> {
        let mut printed = Vec::new();
        for name in &self.order {
            (self.by_name[name].print)(world, name, &mut printed);
        }
        printed.sort();
        printed
    }
}

fn insert<T: Component<Mutability = Mutable> + DeserializeOwned>(
    entity: &mut EntityWorldMut<'_>,
    body: serde_json::Value,
    clean_since: Option<Tick>,
) -> Result<(), String> {
    let value: T = serde_json::from_value(body).map_err(|error| error.to_string())?;
    entity.insert(value);
    if let Some(tick) = clean_since
        && let Some(mut value) = entity.get_mut::<T>()
    {
        value.set_last_changed(tick);
    }
    Ok(())
}

fn refresh<T: Component<Mutability = Mutable>>(world: &mut World, since: Tick) {
    let now = world.change_tick();
    let mut query = world.query::<&mut T>();
    for mut value in query.iter_mut(world) {
        if value.last_changed().is_newer_than(since, now) {
            value.set_changed();
        }
    }
}

/// Whether what was written comes back as the same value.
#[cfg(feature = "stage")]
fn reread<T: Serialize + DeserializeOwned>(body: &str) -> Result<(), String> {
    let value: T = serde_json::from_str(body).map_err(|error| error.to_string())?;
    // As JSON, not as text: a map may have another order.
    let again = serde_json::to_value(&value).map_err(|error| error.to_string())?;
    let was: serde_json::Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    match again == was {
        true => Ok(()),
        false => Err("it comes back as another value".to_owned()),
    }
}

fn print<T: Component + Serialize>(
    world: &mut World,
    name: &'static str,
    into: &mut Vec<(StableId, &'static str, String)>,
) {
    let mut query = world.query::<(&StableId, &T)>();
    for (id, value) in query.iter(world) {
        let body =
            serde_json::to_string(value).unwrap_or_else(|error| format!("unprintable: {error}"));
        into.push((*id, name, body));
    }
}
