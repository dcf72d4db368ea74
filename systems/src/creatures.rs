//! Creatures: what lives in the world and is no player, and the people of the town.
//!
//! Reads `creatures/`, `rules/schedules.toml` and `[[spawns]]` of sub-zones. Owns [`Creature`], where
//! each belongs and what it has in mind, all transient: a world that begins spawns its creatures
//! anew, but for those that its spawn clocks, which are saved, say are dead. Where a creature is, is
//! `place`'s; its points are `body`'s, its stats `character`'s.
//!
//! A creature thinks when it is time ([`think`]) and reacts when something happens
//! ([`instincts`]); what it does is a list of effects, words, or a step. **Invariant:** whoever waits
//! for nothing costs nothing; who is dead does nothing any more; without players nothing is done but
//! walking.

mod birth;
mod hours;
mod instincts;
mod kinds;
mod population;
mod read;
mod staff;
mod tell;
mod think;
mod walk;
mod wits;

pub use birth::{CreatureDied, SUB_ZONE_MAX, WORLD_MAX};
pub use hours::PeopleHours;
pub use instincts::{Comer, CreatureOccasion, CreatureReaction};
pub use kinds::{
    CreatureClass, CreatureKind, CreatureRule, CreatureSight, CreatureSkills, LootRule,
    NaturalArms, Wandering,
};
pub use population::{SpawnClocks, SpawnRule};
pub use read::Bestiary;

use engine::content::Content;
use engine::prelude::*;

use crate::command::verb;
use crate::effects::Carrier;
use crate::place::{Creature, CreatureLooks, DespawnCreature, SpawnCreature};

const SECOND: Duration = Duration::from_secs(1);

/// Which kinds of creatures there are, by the world's files. Before all that names one.
pub fn creature_names(reg: &mut Registrar<'_>) {
    reg.reads(read::CreatureNamesReader);
}

/// The creatures plugin. Runs after `place` and before `effects`.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("place", "creatures notice who has come by then")
        .after("things", "what they leave behind is made of what there is");
    let off = reg.is_off();
    reg.rules::<PeopleHours>("schedules")
        .reads(read::KindsReader)
        .from_content::<Bestiary>()
        .section::<population::SpawnRuleList>(&["sub-zone"], "spawns")
        .derived(
            move |content: &Content| match (off, content.get::<Bestiary>()) {
                (false, Some(kinds)) => kinds.looks(),
                _ => CreatureLooks::default(),
            },
        )
        .derived(population::SpawnRules::of)
        .transient::<Unsaved>("unsaved")
        .transient::<Creature>("creature")
        .transient::<birth::Home>("home")
        .transient::<wits::Wits>("wits")
        .resource(wits::Agenda::default())
        .transient::<wits::Agenda>("agenda")
        .resource(birth::Births::default())
        .transient::<birth::Births>("births")
        .resource(population::WorldPeopled::default())
        .transient::<population::WorldPeopled>("world_peopled")
        .resource(walk::WalkMaps::default())
        .scratch::<walk::WalkMaps>()
        .persist_own::<SpawnClocks>("spawn_clocks")
        .singleton_own("spawn clocks", SpawnClocks::default)
        .message::<SpawnCreature>()
        .message::<DespawnCreature>()
        .fact::<birth::CreatureDied>()
        .every(SECOND, (population::again, think::think).chain())
        .every(population::UPKEEP, population::keep_up)
        .system(Phase::Simulate, (population::begin, birth::expire).chain())
        .system(
            Phase::Settle,
            (
                birth::spawn,
                birth::wake,
                instincts::stir,
                instincts::notice,
                instincts::strike,
                instincts::receive,
                instincts::rally,
                instincts::smart,
                birth::die,
                birth::despawn,
            )
                .chain(),
        )
        .system(Phase::Emit, tell::tell);
    verb::<staff::NpcOrder>(reg);
    reg.system(Phase::Simulate, (staff::answer, staff::obey).chain());
}

/// What carries the lists of a kind.
fn carrier(kind: &CreatureKind) -> Carrier {
    Carrier::of("creature", "", &kind.id, &kind.name)
}
