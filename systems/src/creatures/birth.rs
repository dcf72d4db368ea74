//! Creatures come into being, and go.

use std::collections::BTreeMap;

use engine::Revised;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::instincts::{Happening, Instincts};
use super::kinds::CreatureKind;
use super::population::SpawnClocks;
use super::walk::WalkMaps;
use super::wits::{Agenda, Wits};
use super::{Bestiary, carrier};
use crate::body::VitalsChanged;
use crate::character::Endow;
use crate::effects::{EffectText, Parties, RunEffects};
use crate::place::{
    Creature, CreatureLooks, CreatureMoved, DespawnCreature, InRoom, Relocate, SpawnCreature,
    VacateRoom,
};
use crate::things::{CreateThings, LeaveCorpse, ThingDeed, ThingPlace};
use crate::world::{Atlas, RoomIx};

/// The most creatures of a sub-zone.
pub const SUB_ZONE_MAX: usize = 50;
/// The most of the world.
pub const WORLD_MAX: usize = 5_000;

/// For how long only whoever killed it reaches into what it leaves.
const CORPSE_GRACE: Duration = Duration::from_secs(120);
/// After how long that falls apart.
const CORPSE_DECAY: Duration = Duration::from_secs(600);

/// By which rule a creature lives, and how long. Transient, as its bearer.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Home {
    /// `None`: somebody called it.
    pub(super) rule: Option<String>,
    /// It goes then.
    pub(super) until: Option<WorldTime>,
}

/// How many were born since the world began: no two have one id. Transient.
#[derive(Resource, Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Births(u32);

/// A creature has died.
#[derive(Message, Clone, Debug)]
pub struct CreatureDied {
    /// Which; it is gone at the end of the tick.
    pub creature: Entity,
    /// Where.
    pub room: RoomIx,
    /// Who struck last, if somebody did.
    pub by: Option<Entity>,
}

/// How many there are. Scratch.
#[derive(Default)]
pub(super) struct Census {
    all: usize,
    sub_zones: BTreeMap<usize, usize>,
    kinds: BTreeMap<String, usize>,
}

/// Where creatures come from.
#[derive(SystemParam)]
pub(super) struct Nursery<'w, 's> {
    living: Query<'w, 's, (&'static Creature, Option<&'static InRoom>)>,
    atlas: Res<'w, Atlas>,
    clock: Res<'w, Clock>,
    dice: Res<'w, Dice>,
    births: ResMut<'w, Births>,
    census: Local<'s, Census>,
    endow: MessageWriter<'w, Endow>,
    relocate: MessageWriter<'w, Relocate>,
    commands: Commands<'w, 's>,
}

impl Nursery<'_, '_> {
    /// Counts who lives; to be called before the first is born.
    pub(super) fn count(&mut self) {
        self.census.clear();
        for (creature, place) in &self.living {
            let sub_zone = place.map(|place| self.atlas.room(place.0).sub_zone);
            self.census.add(&creature.kind, sub_zone);
        }
    }

    /// Lets one be born, unless there are as many as may be; answers which.
    pub(super) fn bear(
        &mut self,
        kind: &CreatureKind,
        room: RoomIx,
        rule: Option<&str>,
        until: Option<WorldTime>,
    ) -> Option<Entity> {
        let sub_zone = self.atlas.room(room).sub_zone;
        let unique = kind.unique && self.census.kinds.contains_key(&kind.id);
        let here = self.census.sub_zones.get(&sub_zone).copied().unwrap_or(0);
        if unique || here >= SUB_ZONE_MAX || self.census.all >= WORLD_MAX {
            tracing::debug!(kind = kind.id, "creature not spawned: there are enough");
            return None;
        }
        self.census.add(&kind.id, Some(sub_zone));
        self.births.0 = self.births.0.wrapping_add(1);
        let id = self
            .dice
            .new_id(StableId::named("creatures"), "birth", self.births.0);
        let pace = kind.wander.map_or(6, |of| u64::from(of.every));
        // Not all of a kind stir at once.
        let begun = self.clock.now.0 / 1_000_000 + id.uuid().as_u64_pair().1 % pace;
        let creature = (
            id,
            Unsaved,
            Creature {
                kind: kind.id.clone(),
                home: self.atlas.room(room).id.clone(),
            },
            Home {
                rule: rule.map(str::to_owned),
                until,
            },
            Wits::since(WorldTime(begun * 1_000_000)),
        );
        let creature = self.commands.spawn(creature).id();
        let stats = kind.stats();
        self.endow.write(Endow { creature, stats });
        self.relocate.write(Relocate::to(creature, room));
        Some(creature)
    }
}

impl Census {
    fn clear(&mut self) {
        self.all = 0;
        self.sub_zones.clear();
        self.kinds.clear();
    }

    fn add(&mut self, kind: &str, sub_zone: Option<usize>) {
        self.all += 1;
        *self.kinds.entry(kind.to_owned()).or_default() += 1;
        if let Some(sub_zone) = sub_zone {
            *self.sub_zones.entry(sub_zone).or_default() += 1;
        }
    }
}

/// Spawns what is called for.
pub(super) fn spawn(
    mut wanted: MessageReader<SpawnCreature>,
    bestiary: Res<Bestiary>,
    clock: Res<Clock>,
    mut nursery: Nursery<'_, '_>,
) {
    if wanted.is_empty() {
        return;
    }
    nursery.count();
    for one in wanted.read() {
        let until = one
            .seconds
            .map(|seconds| clock.now.plus(Duration::from_secs(seconds.into())));
        if let Some(kind) = bestiary.get(&one.kind) {
            nursery.bear(kind, one.room, None, until);
        }
    }
}

/// Those who have just come into being think for the first time.
pub(super) fn wake(
    mut moved: MessageReader<CreatureMoved>,
    mut minds: Query<(&StableId, &mut Wits)>,
    clock: Res<Clock>,
    mut agenda: ResMut<Agenda>,
) {
    for one in moved.read().filter(|one| one.from.is_none()) {
        if let Ok((id, mut wits)) = minds.get_mut(one.creature) {
            agenda.wake((*id, one.creature), &mut wits, clock.now);
        }
    }
}

/// Ends those whose time is over, or whose kind the world has no more.
pub(super) fn expire(
    living: Query<(&StableId, Entity, &Creature, &Home)>,
    mut revised: MessageReader<Revised>,
    bestiary: Res<Bestiary>,
    clock: Res<Clock>,
    mut maps: ResMut<WalkMaps>,
    mut agenda: ResMut<Agenda>,
    mut minds: Query<(&StableId, &mut Wits)>,
    mut despawn: MessageWriter<DespawnCreature>,
) {
    let another = revised.read().count() > 0;
    let mut over: Vec<(StableId, Entity)> = Vec::new();
    for (id, who, creature, home) in &living {
        let gone = another && bestiary.get(&creature.kind).is_none();
        if gone || home.until.is_some_and(|until| until <= clock.now) {
            over.push((*id, who));
        } else if another && let Ok((id, mut wits)) = minds.get_mut(who) {
            // Its way may be another now.
            agenda.plan((*id, who), &mut wits, Some(clock.now), None);
        }
    }
    if another {
        maps.clear();
    }
    over.sort_unstable();
    despawn.write_batch(over.into_iter().map(|(_, creature)| {
        let text = None;
        DespawnCreature { creature, text }
    }));
}

/// What takes creatures out of the world.
#[derive(SystemParam)]
pub(super) struct CreatureExit<'w, 's> {
    creatures: Query<
        'w,
        's,
        (
            &'static StableId,
            &'static Creature,
            Option<&'static InRoom>,
        ),
    >,
    looks: Res<'w, CreatureLooks>,
    vacate: MessageWriter<'w, VacateRoom>,
    destroy: MessageWriter<'w, Destroy>,
    told: MessageWriter<'w, EffectText>,
    people: Query<'w, 's, &'static StableId, With<Character>>,
    things: MessageWriter<'w, ThingDeed>,
}

impl CreatureExit<'_, '_> {
    /// Lays down what it had, if it had anything.
    fn leave_corpse(
        &mut self,
        creature: Entity,
        kind: &CreatureKind,
        room: RoomIx,
        by: Option<Entity>,
        dice: Dice,
    ) {
        let Ok((id, ..)) = self.creatures.get(creature) else {
            return;
        };
        let id = *id;
        let mut any = false;
        for (n, loot) in (0_u32..).zip(&kind.loot) {
            if !dice.chance(loot.chance, id, "loot", n) {
                continue;
            }
            let mut throw = n * 100;
            let count = loot.amount().roll(|sides| {
                throw += 1;
                dice.pick(sides, id, "loot count", throw)
            });
            if let Ok(count @ 1..) = u32::try_from(count) {
                any = true;
                let made = CreateThings::new(&loot.thing, count, ThingPlace::Carried(id));
                self.things.write(ThingDeed::Create(made));
            }
        }
        if any {
            let owner = by.and_then(|by| self.people.get(by).ok());
            self.things.write(ThingDeed::LeaveCorpse(LeaveCorpse {
                of: id,
                name: format!("corpse of {} {}", kind.article, kind.name).replace("  ", " "),
                room,
                owners: owner.into_iter().copied().collect(),
                grace: CORPSE_GRACE,
                decay: CORPSE_DECAY,
                all: true,
            }));
        }
    }

    fn take(&mut self, creature: Entity, text: Option<String>) {
        let Ok((_, one, place)) = self.creatures.get(creature) else {
            return;
        };
        if let (Some(InRoom(room)), Some(look)) = (place, self.looks.get(&one.kind)) {
            let text = text.unwrap_or_else(|| format!("{} goes off.", look.begins()));
            self.told.write(EffectText::around(*room, [None; 2], text));
        }
        self.vacate.write(VacateRoom(creature));
        self.destroy.write(Destroy(creature));
    }
}

/// Takes those away who are to go.
pub(super) fn despawn(
    mut wanted: MessageReader<DespawnCreature>,
    mut agenda: ResMut<Agenda>,
    mut minds: Query<(&StableId, &mut Wits)>,
    mut exit: CreatureExit<'_, '_>,
) {
    for DespawnCreature { creature, text } in wanted.read() {
        if let Ok((id, mut wits)) = minds.get_mut(*creature) {
            agenda.forget((*id, *creature), &mut wits);
            exit.take(*creature, text.clone());
        }
    }
}

/// Lets those die who have no points left. Each once: who is out of every room is dead already.
pub(super) fn die(
    mut changed: MessageReader<VitalsChanged>,
    homes: Query<(&Creature, &Home, &InRoom)>,
    bestiary: Res<Bestiary>,
    dice: Res<Dice>,
    mut clocks: Query<&mut SpawnClocks>,
    mut reacting: Instincts<'_, '_>,
    mut exit: CreatureExit<'_, '_>,
    mut died: MessageWriter<CreatureDied>,
) {
    for one in changed.read() {
        let creature = one.body;
        let falls = one.now.dp() <= 0 && one.before.dp() > 0;
        let (true, Ok((of, home, InRoom(room)))) = (falls, homes.get(creature)) else {
            continue;
        };
        let (room, now) = (*room, reacting.clock.now);
        reacting.react(creature, room, one.by, Happening::Dies);
        let Some(kind) = bestiary.get(&of.kind) else {
            continue;
        };
        reacting.runs.write(RunEffects::new(
            kind.on_slain.clone(),
            Parties {
                actor: one.by,
                target: None,
                here: Some(room),
                carrier: carrier(kind),
                me: Some(creature),
            },
        ));
        if let (Some(rule), Ok((id, ..))) = (&home.rule, exit.creatures.get(creature)) {
            // Give or take a tenth.
            let whole = u64::from(kind.respawn_seconds()) * 1_000_000;
            let span = whole * 9 / 10 + dice.pick((whole / 5).max(1), *id, "respawn", 0);
            for mut clocks in &mut clocks {
                clocks.mourn(rule, now, now.plus(Duration::from_micros(span)));
            }
        }
        exit.leave_corpse(creature, kind, room, one.by, *dice);
        died.write(CreatureDied {
            creature,
            room,
            by: one.by,
        });
        let name = exit.looks.get(&of.kind).map(|look| look.begins());
        exit.take(
            creature,
            Some(format!("{} is dead.", name.unwrap_or_default())),
        );
    }
}
