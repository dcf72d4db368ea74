//! What the build refuses: mistakes that would only show on a bad day.
//!
//! bevy knows what each system declares to read and write. From that the engine checks, once, at
//! the start: one writer per component and resource; no exclusive system; no reader that would
//! miss messages; notes only in `Emit`. What hides behind `Commands` is checked on the Stage.

use std::any::{TypeId, type_name};
use std::collections::{HashMap, HashSet};

use bevy_ecs::component::{Component, ComponentId};
use bevy_ecs::lifecycle::Insert;
use bevy_ecs::observer::On;
use bevy_ecs::schedule::ApplyDeferred;
use bevy_ecs::system::SystemAccess;
use bevy_ecs::world::World;

use crate::bridge::Bridge;
use crate::fault;
use crate::outbox::Outbox;
use crate::phase::Phase;
use crate::plugin::Register;

/// Which plugin may write which component.
#[derive(Default)]
pub(crate) struct Owners {
    declared: HashMap<ComponentId, Claim>,
    /// What is saved, derived, transient or scratch: whatever lasts says which it is.
    pub(crate) kinds: HashSet<ComponentId>,
    /// What a plugin says it owns: it may come and go by `Commands`, which no access shows.
    pub(crate) owned: Vec<ComponentId>,
}

struct Claim {
    plugin: usize,
    watch: fn(&mut World, usize),
}

impl Owners {
    /// Takes down the one writer of `T`; a second one is a mistake.
    pub(crate) fn claim<T: Component>(
        &mut self,
        world: &mut World,
        plugin: usize,
    ) -> Option<String> {
        let claim = Claim {
            plugin,
            watch: watch_inserts::<T>,
        };
        match self.declared.insert(world.register_component::<T>(), claim) {
            Some(other) if other.plugin != plugin => Some(format!(
                "two plugins claim to be the one writer of `{}`",
                type_name::<T>()
            )),
            _ => None,
        }
    }

    /// From now on, an insert by another plugin than the owner is a fault of that plugin.
    pub(crate) fn watch(&self, world: &mut World) {
        for claim in self.declared.values() {
            (claim.watch)(world, claim.plugin);
        }
    }

    fn iter(&self) -> impl Iterator<Item = (ComponentId, usize)> + '_ {
        self.declared.iter().map(|(id, claim)| (*id, claim.plugin))
    }
}

fn watch_inserts<T: Component>(world: &mut World, owner: usize) {
    world.add_observer(move |_: On<Insert<T>>| {
        if fault::running().is_some_and(|plugin| plugin != owner) {
            fault::note(
                String::new(),
                format!(
                    "inserts `{}`, which belongs to another plugin; send its owner a message",
                    type_name::<T>()
                ),
            );
        }
    });
}

/// Where in a tick a system stands; the order of the tick is the order of places.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    phase: Phase,
    plugin: usize,
    step: usize,
    /// Where in the step's schedule, which is in the order of running.
    position: usize,
}

struct Touch {
    place: Place,
    system: String,
}

/// Checks every system of every plugin; answers all mistakes, not just the first.
pub(crate) fn check(world: &mut World, register: &mut Register) -> Vec<String> {
    let mut mistakes = Vec::new();
    let outboxes = [
        world.register_component::<Outbox>(),
        world.register_component::<Bridge>(),
    ];
    let mut readers: HashMap<ComponentId, Vec<Touch>> = HashMap::new();
    let mut writers: HashMap<ComponentId, Vec<Touch>> = HashMap::new();
    let mut owners: HashMap<ComponentId, usize> = register.owners.iter().collect();
    let kinds = std::mem::take(&mut register.owners.kinds);
    let owned = std::mem::take(&mut register.owners.owned).into_iter();
    let owned = owned.filter(|id| !kinds.contains(id));
    let mut unkind: Vec<(ComponentId, usize)> = owned.map(|id| (id, owners[&id])).collect();
    let names: Vec<&'static str> = register.plugins.iter().map(|plugin| plugin.name).collect();

    for (plugin, installed) in register.plugins.iter_mut().enumerate() {
        for phase in Phase::ALL {
            for (step, one) in installed.steps[phase.index()].iter_mut().enumerate() {
                if let Err(error) = one.schedule.initialize(world) {
                    mistakes.push(format!(
                        "plugin `{}`, {}: {}",
                        installed.name,
                        phase.word(),
                        error.to_string(one.schedule.graph(), world).trim_end(),
                    ));
                    continue;
                }
                let Ok(systems) = one.schedule.systems_with_access() else {
                    continue;
                };
                for (position, (_, with_access)) in systems.enumerate() {
                    let place = Place {
                        phase,
                        plugin,
                        step,
                        position,
                    };
                    // Where bevy applies commands between two systems in order.
                    if with_access.system().system_type() == TypeId::of::<ApplyDeferred>() {
                        continue;
                    }
                    let system = with_access.system().name().to_string();
                    let who = format!("plugin `{}`: system `{system}`", installed.name);
                    let SystemAccess::Shared(access) = with_access.access() else {
                        if with_access.access().is_exclusive() {
                            mistakes.push(format!(
                                "{who} takes the whole world; ask for what it needs instead"
                            ));
                        }
                        continue;
                    };
                    let access = access.combined_access();
                    let (Some(reads), Some(writes)) = (
                        access.reads().as_finite_set(),
                        access.writes().as_finite_set(),
                    ) else {
                        mistakes.push(format!(
                            "{who} takes all components; ask for what it needs instead"
                        ));
                        continue;
                    };
                    for id in writes.iter() {
                        if register.messages.ids.contains_key(&id) {
                            writers.entry(id).or_default().push(Touch {
                                place,
                                system: system.clone(),
                            });
                        } else if outboxes.contains(&id) {
                            if phase != Phase::Emit {
                                mistakes.push(format!(
                                    "{who} writes notes in {}; notes are made in emit",
                                    phase.word()
                                ));
                            }
                        } else {
                            unkind.extend((!kinds.contains(&id)).then_some((id, plugin)));
                            let owner = *owners.entry(id).or_insert(plugin);
                            if owner != plugin {
                                mistakes.push(format!(
                                    "{who} writes `{}`, which belongs to plugin `{}`; send its owner a message",
                                    component_name(world, id),
                                    names[owner],
                                ));
                            }
                        }
                    }
                    for id in reads.iter().filter(|id| !writes.contains(*id)) {
                        let Some(message) = register.messages.ids.get(&id) else {
                            if is_unregistered_message(world, id) {
                                mistakes.push(format!(
                                    "{who} reads `{}`, which no plugin registered",
                                    component_name(world, id)
                                ));
                            }
                            continue;
                        };
                        if one.recovers {
                            mistakes.push(format!(
                                "{who} reads `{message}` to recover, but what was missed is gone; ask how things stand"
                            ));
                        }
                        if one.period.is_some() {
                            mistakes.push(format!(
                                "{who} reads `{message}` in a cadence and would lose messages; read it in a system of every tick"
                            ));
                        }
                        readers.entry(id).or_default().push(Touch {
                            place,
                            system: system.clone(),
                        });
                    }
                    for id in writes
                        .iter()
                        .filter(|id| is_unregistered_message(world, *id))
                    {
                        if !register.messages.ids.contains_key(&id) {
                            mistakes.push(format!(
                                "{who} writes `{}`, which no plugin registered",
                                component_name(world, id)
                            ));
                        }
                    }
                }
            }
        }
    }
    unkind.retain(|(id, _)| !is_unregistered_message(world, *id));
    for (id, plugin) in unkind {
        mistakes.push(format!(
            "plugin `{}`: `{}` does not say what it is: saved (`persist`), `transient`, `derived` or `scratch`",
            names[plugin],
            component_name(world, id),
        ));
    }
    for (id, reading) in &readers {
        for reader in reading {
            for writer in writers.get(id).into_iter().flatten() {
                let both_settle =
                    reader.place.phase == Phase::Settle && writer.place.phase == Phase::Settle;
                if writer.place > reader.place && !both_settle {
                    mistakes.push(format!(
                        "plugin `{}`: system `{}` reads `{}` in {} before `{}` of plugin `{}` writes it in {}; read it in a later phase",
                        names[reader.place.plugin],
                        reader.system,
                        register.messages.ids[id],
                        reader.place.phase.word(),
                        writer.system,
                        names[writer.place.plugin],
                        writer.place.phase.word(),
                    ));
                }
            }
        }
    }
    mistakes.sort();
    mistakes.dedup();
    mistakes
}

fn component_name(world: &World, id: ComponentId) -> String {
    world
        .components()
        .get_name(id)
        .map_or_else(|| "?".to_owned(), |name| name.to_string())
}

fn is_unregistered_message(world: &World, id: ComponentId) -> bool {
    world.get_resource_by_id(id).is_none()
        && component_name(world, id).starts_with("bevy_ecs::message::messages::Messages<")
}
