//! What each system declares to read and write.

use std::any::TypeId;
use std::collections::{BTreeSet, HashMap, HashSet};

use bevy_ecs::component::ComponentId;
use bevy_ecs::message::Messages;
use bevy_ecs::schedule::ApplyDeferred;
use bevy_ecs::system::{ScheduleSystem, SystemAccess};
use bevy_ecs::world::World;

use super::component_name;
use crate::bridge::Bridge;
use crate::message::MessageTypes;
use crate::orders::Orders;
use crate::outbox::Outbox;
use crate::owners::Owners;
use crate::persist::Destroy;
use crate::phase::Phase;
use crate::plugin::Register;

/// Where in a tick a system stands; the order of the tick is the order of places.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TickPosition {
    pub(super) phase: Phase,
    pub(super) plugin: usize,
    step: usize,
    /// Where in the step's schedule, which is in the order of running.
    position: usize,
}

pub(super) struct Touch {
    pub(super) place: TickPosition,
    pub(super) system: String,
    /// It writes what it reads; or another system of its step does, which names don't tell apart.
    changes: bool,
}

impl Touch {
    /// Whether a writer is of the same step as this reader, and may be the one that changes what
    /// the other wrote.
    pub(super) fn also_before(&self, writer: &Self) -> bool {
        let step = |one: &Self| (one.place.phase, one.place.plugin, one.place.step);
        self.changes && step(self) == step(writer)
    }
}

/// Who reads and who writes each message.
#[derive(Default)]
pub(super) struct Traffic {
    pub(super) readers: HashMap<ComponentId, Vec<Touch>>,
    pub(super) writers: HashMap<ComponentId, Vec<Touch>>,
}

impl Traffic {
    /// The systems of each plugin that write each message in Settle.
    pub(super) fn settlers(
        &self,
        names: &HashMap<ComponentId, &'static str>,
    ) -> HashMap<(usize, &'static str), Vec<String>> {
        let mut settlers: HashMap<_, Vec<String>> = HashMap::new();
        for (id, writers) in &self.writers {
            let in_settle = |one: &&Touch| one.place.phase == Phase::Settle;
            for writer in writers.iter().filter(in_settle) {
                let key = (writer.place.plugin, names[id]);
                settlers.entry(key).or_default().push(writer.system.clone());
            }
        }
        settlers
    }
}

/// The messages that a `MessageMutator` is asked for, by the names of the parameters of a step's
/// systems. One that hides in a parameter of the game's own is not seen.
fn changed_in_place(parameters: &'static str) -> Vec<&'static str> {
    let mutators = parameters.split("MessageMutator<").skip(1);
    let messages = mutators.filter_map(|rest| {
        let rest = rest.trim_start_matches("'_, ");
        let mut depth = 1_u32;
        let end = rest.find(|letter| {
            match letter {
                '<' => depth += 1,
                '>' => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        rest.get(..end)
    });
    messages.collect()
}

/// What of a step matters to its systems.
#[derive(Clone, Copy)]
struct Circumstance<'a> {
    recovers: bool,
    cadence: bool,
    /// The messages that one of its systems changes where they lie.
    changed: &'a [&'a str],
}

/// Looks at everything that was registered.
pub(super) fn look(
    world: &mut World,
    register: &mut Register,
    mistakes: &mut Vec<String>,
) -> Traffic {
    let outboxes = [
        world.register_component::<Outbox>(),
        world.register_component::<Bridge>(),
    ];
    let destroy = world.register_component::<Messages<Destroy>>();
    let names: Vec<&'static str> = register.plugins.iter().map(|plugin| plugin.name).collect();
    let mut scan = Scan {
        outboxes,
        names: &names,
        messages: &register.messages,
        emitted: &register.emitted,
        owners: &mut register.owners,
        traffic: Traffic::default(),
        unkind: BTreeSet::new(),
        mistakes,
    };
    for (plugin, installed) in register.plugins.iter_mut().enumerate() {
        for phase in Phase::ALL {
            for (step, one) in installed.steps[phase.index()].iter_mut().enumerate() {
                if let Err(error) = one.schedule.initialize(world) {
                    scan.mistakes.push(format!(
                        "plugin `{}`, {}: {}",
                        installed.name,
                        phase.word(),
                        error.to_string(one.schedule.graph(), world).trim_end(),
                    ));
                    continue;
                }
                let changed = changed_in_place(one.parameters);
                let circumstance = Circumstance {
                    recovers: one.recovers,
                    cadence: one.period.is_some(),
                    changed: &changed,
                };
                let systems = one.schedule.systems_with_access().into_iter().flatten();
                (one.commands, one.destroys) = (false, false);
                for (position, (_, with_access)) in systems.enumerate() {
                    // Where bevy applies commands between two systems in order.
                    if with_access.system().system_type() == TypeId::of::<ApplyDeferred>() {
                        continue;
                    }
                    let place = TickPosition {
                        phase,
                        plugin,
                        step,
                        position,
                    };
                    let (system, access) = (with_access.system(), with_access.access());
                    one.commands |= system.has_deferred();
                    let writes = scan.system(world, place, circumstance, system, access);
                    one.destroys |= writes.contains(&destroy);
                }
            }
        }
    }
    for (plugin, system, access) in &register.observer_access {
        scan.observer(world, *plugin, system, access);
    }
    scan.declared(world, register.verbs.iter(), &register.declared);
    scan.every_state_has_a_kind(world);
    scan.traffic
}

struct Scan<'a> {
    outboxes: [ComponentId; 2],
    names: &'a [&'static str],
    messages: &'a MessageTypes,
    emitted: &'a HashSet<ComponentId>,
    owners: &'a mut Owners,
    traffic: Traffic,
    /// What is written and does not say what becomes of it, with its writer.
    unkind: BTreeSet<(usize, ComponentId)>,
    mistakes: &'a mut Vec<String>,
}

impl Scan<'_> {
    /// Answers what it writes.
    fn system(
        &mut self,
        world: &World,
        place: TickPosition,
        circumstance: Circumstance<'_>,
        system: &ScheduleSystem,
        access: &SystemAccess,
    ) -> Vec<ComponentId> {
        let name = system.name().to_string();
        let who = format!("plugin `{}`: system `{name}`", self.names[place.plugin]);
        let Some((reads, writes)) = self.sets(&who, access) else {
            return Vec::new();
        };
        for id in &writes {
            self.write(world, place, &who, &name, *id);
        }
        // What changes messages where they lie reads them, too, which access does not show.
        let also = writes.iter().filter(|id| {
            let message = self.messages.ids.get(*id);
            message.is_some_and(|message| circumstance.changed.contains(message))
        });
        let heard: Vec<ComponentId> = reads
            .iter()
            .filter(|id| !writes.contains(*id))
            .chain(also)
            .copied()
            .collect();
        for id in heard {
            self.read(world, place, &circumstance, &who, &name, id);
        }
        writes
    }

    /// What an observer may do: keep what is its plugin's own. When it runs nobody can say.
    fn observer(&mut self, world: &World, plugin: usize, system: &str, access: &SystemAccess) {
        let who = format!("plugin `{}`: observer `{system}`", self.names[plugin]);
        let Some((reads, writes)) = self.sets(&who, access) else {
            return;
        };
        for id in reads.iter().chain(&writes) {
            if self.messages.ids.contains_key(id) || is_unregistered_message(world, *id) {
                self.mistakes.push(format!(
                    "{who} touches `{}`, but may run in any phase; note it in what is its own, and say it in a system",
                    component_name(world, *id)
                ));
            }
        }
        for id in writes {
            if self.outboxes.contains(&id) {
                self.mistakes
                    .push(format!("{who} writes notes; notes are made in emit"));
            } else if !self.messages.ids.contains_key(&id) && !is_unregistered_message(world, id) {
                self.own(world, plugin, &who, id);
            }
        }
    }

    /// What is read and what is written; `None`: it may not run at all.
    fn sets(
        &mut self,
        who: &str,
        access: &SystemAccess,
    ) -> Option<(Vec<ComponentId>, Vec<ComponentId>)> {
        let SystemAccess::Shared(set) = access else {
            if access.is_exclusive() {
                self.mistakes.push(format!(
                    "{who} takes the whole world; ask for what it needs instead"
                ));
            }
            return None;
        };
        let set = set.combined_access();
        let (Some(reads), Some(writes)) =
            (set.reads().as_finite_set(), set.writes().as_finite_set())
        else {
            self.mistakes.push(format!(
                "{who} takes all components; ask for what it needs instead"
            ));
            return None;
        };
        Some((reads.iter().collect(), writes.iter().collect()))
    }

    fn write(
        &mut self,
        world: &World,
        place: TickPosition,
        who: &str,
        system: &str,
        id: ComponentId,
    ) {
        if self.messages.ids.contains_key(&id) {
            let system = system.to_owned();
            let touch = Touch {
                place,
                system,
                changes: false,
            };
            self.traffic.writers.entry(id).or_default().push(touch);
        } else if self.outboxes.contains(&id) {
            if place.phase != Phase::Emit {
                self.mistakes.push(format!(
                    "{who} writes notes in {}; notes are made in emit",
                    place.phase.word()
                ));
            }
        } else if is_unregistered_message(world, id) {
            self.mistakes.push(format!(
                "{who} writes `{}`, which no plugin registered",
                component_name(world, id)
            ));
        } else {
            if place.phase == Phase::Emit && !self.emitted.contains(&id) {
                self.mistakes.push(format!(
                    "{who} writes `{}` in emit, where nothing but notes is made; write it in settle",
                    component_name(world, id)
                ));
            }
            self.own(world, place.plugin, who, id);
        }
    }

    /// What plugins say that they write, where no access shows it.
    fn declared<'a>(
        &mut self,
        world: &mut World,
        verbs: impl Iterator<Item = (&'a ComponentId, &'a (usize, &'static str))>,
        declared: &[(ComponentId, usize, Phase)],
    ) {
        // Whoever takes orders writes what they are.
        let taker = self.owners.of(world.register_component::<Orders>());
        let verbs = verbs.map(|(id, (plugin, _))| (*id, taker.unwrap_or(*plugin), Phase::Ingest));
        for (id, plugin, phase) in declared.iter().copied().chain(verbs) {
            self.traffic.writers.entry(id).or_default().push(Touch {
                place: TickPosition {
                    phase,
                    plugin,
                    step: 0,
                    position: 0,
                },
                system: "a declared writer".to_owned(),
                changes: false,
            });
        }
    }

    fn every_state_has_a_kind(&mut self, world: &World) {
        let (owned, kinds) = (&self.owners.owned, &self.owners.kinds);
        let unkind = |id: &ComponentId| owned.contains(id) && !kinds.contains(id);
        let owned = self.owners.iter().filter(|(id, _)| unkind(id));
        self.unkind.extend(owned.map(|(id, plugin)| (plugin, id)));
        for (plugin, id) in std::mem::take(&mut self.unkind) {
            self.mistakes.push(format!(
                "plugin `{}`: `{}` does not say what it is: saved (`persist`), `transient`, `computed` or `scratch`",
                self.names[plugin],
                component_name(world, id),
            ));
        }
    }

    fn own(&mut self, world: &World, plugin: usize, who: &str, id: ComponentId) {
        let owner = self.owners.or_first(id, plugin);
        if owner == plugin && !self.owners.kinds.contains(&id) {
            self.unkind.insert((plugin, id));
        }
        if owner != plugin {
            self.mistakes.push(format!(
                "{who} writes `{}`, which belongs to plugin `{}`; send its owner a message",
                component_name(world, id),
                self.names[owner],
            ));
        }
    }

    fn read(
        &mut self,
        world: &World,
        place: TickPosition,
        circumstance: &Circumstance<'_>,
        who: &str,
        system: &str,
        id: ComponentId,
    ) {
        let Some(message) = self.messages.ids.get(&id) else {
            if is_unregistered_message(world, id) {
                self.mistakes.push(format!(
                    "{who} reads `{}`, which no plugin registered",
                    component_name(world, id)
                ));
            }
            return;
        };
        if circumstance.recovers {
            self.mistakes.push(format!(
                "{who} reads `{message}` to recover, but what was missed is gone; ask how things stand"
            ));
        }
        if circumstance.cadence {
            self.mistakes.push(format!(
                "{who} reads `{message}` in a cadence and would lose messages; read it in a system of every tick"
            ));
        }
        let system = system.to_owned();
        let touch = Touch {
            place,
            system,
            changes: circumstance.changed.contains(message),
        };
        self.traffic.readers.entry(id).or_default().push(touch);
    }
}

fn is_unregistered_message(world: &World, id: ComponentId) -> bool {
    world.get_resource_by_id(id).is_none()
        && component_name(world, id).starts_with("bevy_ecs::message::messages::Messages<")
}
