//! `npc`: what keepers of the world ask of its creatures, and do with them.

use engine::prelude::*;

use super::birth::Home;
use super::instincts::{Comer, Happening, Instincts};
use super::population::{SpawnClocks, SpawnRules};
use super::wits::Wits;
use super::{Bestiary, SUB_ZONE_MAX, WORLD_MAX};
use crate::audit::Audit;
use crate::body::Vitals;
use crate::character::Stats;
use crate::command::{Needs, Usage, Verb, Words};
use crate::place::{
    Creature, CreatureLooks, DespawnCreature, InRoom, Relocate, Rooms, SpawnCreature,
};
use crate::world::RoomIx;

/// For so long a creature stands that was stopped, in seconds.
const STOPPED: u64 = 600;
/// The most lines of a table.
const LINES_MAX: usize = 60;

/// `npc list`, `npc spawn rat.wharf 3`
#[derive(Message, Debug)]
pub(super) struct NpcOrder {
    order: Order,
    verb: String,
    rest: Vec<String>,
}

impl Verb for NpcOrder {
    const WORDS: &'static [&'static str] = &["npc", "spawn"];
    const USAGE: &'static str = "npc list|population|zone [zone] | status | stats <who> | spawn <id or name> [1..10] [room] | despawn <who> | move <who> <room> | stop <who> | react <who> <event> [words] | behavior <who>";
    const HELP: &'static str = "Tells of the creatures of the world, and does something with them: \"npc spawn rat.wharf 3\". Who is meant is one here by its name, any by its id, or the first of a kind.";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;
    const FACTS: u32 = 1;
    const ADMIN: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let (verb, words) = match words.verb().eq_ignore_ascii_case("spawn") {
            true => ("spawn", words),
            false => words.first(),
        };
        if verb.is_empty() {
            return Err(Usage::Show);
        }
        Ok(Self {
            order,
            verb: verb.to_ascii_lowercase(),
            rest: words.rest().split_whitespace().map(str::to_owned).collect(),
        })
    }
}

impl NpcOrder {
    fn first(&self) -> &str {
        self.rest.first().map_or("", String::as_str)
    }

    /// All words but the last so many, as one.
    fn but(&self, last: usize) -> String {
        self.rest[..self.rest.len().saturating_sub(last)].join(" ")
    }
}

type KnownCreature = (
    &'static StableId,
    Entity,
    &'static Creature,
    &'static Home,
    Option<&'static InRoom>,
    Option<&'static Vitals>,
    Option<&'static Stats>,
);

/// What is known of creatures.
#[derive(SystemParam)]
pub(super) struct Registry<'w, 's> {
    all: Query<'w, 's, KnownCreature>,
    lookers: Query<'w, 's, &'static InRoom, With<Character>>,
    bestiary: Res<'w, Bestiary>,
    looks: Res<'w, CreatureLooks>,
    rooms: Rooms<'w, 's>,
}

impl Registry<'_, '_> {
    /// The one who is meant.
    fn find(&self, actor: Entity, who: &str) -> Result<Entity, Refusal> {
        let here = self.lookers.get(actor).ok();
        let near = here.and_then(|InRoom(room)| self.rooms.creature_near(*room, who));
        let mut all: Vec<_> = self.all.iter().collect();
        all.sort_unstable_by_key(|(id, ..)| **id);
        let is_it = |id: &StableId, one: &Creature| id.to_string() == who || one.kind == who;
        let far = || {
            let mut all = all.iter();
            all.find(|(id, _, one, ..)| is_it(id, one)).map(|one| one.1)
        };
        near.map(|(entity, _)| entity).or_else(far).ok_or_else(|| {
            let message = format!("There is no creature \"{who}\".");
            Refusal::new(Code::ResourceNotFound, message)
        })
    }

    fn name(&self, who: Entity) -> String {
        let look = self.all.get(who).ok();
        let look = look.and_then(|(_, _, one, ..)| self.looks.get(&one.kind));
        look.map_or_else(|| "It".to_owned(), |look| look.begins())
    }

    fn room(&self, actor: Entity, id: Option<&str>) -> Result<RoomIx, Refusal> {
        let here = || self.lookers.get(actor).ok().map(|place| place.0);
        let found = match id {
            Some(id) => self.rooms.atlas.find(id),
            None => here(),
        };
        found.ok_or_else(|| Refusal::new(Code::ResourceNotFound, "There is no such room."))
    }

    /// The id of a kind, or of one whose name that is.
    fn kind(&self, word: &str) -> Option<&str> {
        let named = |kind: &&std::sync::Arc<super::CreatureKind>| {
            kind.id == word || kind.name.eq_ignore_ascii_case(word)
        };
        self.bestiary
            .iter()
            .find(named)
            .map(|kind| kind.id.as_str())
    }

    fn list(&self, zone: &str) -> String {
        let mut lines: Vec<String> = Vec::new();
        for (id, _, one, home, place, ..) in &self.all {
            let Some(InRoom(room)) = place else { continue };
            let atlas = &self.rooms.atlas;
            if zone.is_empty()
                || [&atlas.zone(*room).id, &atlas.sub_zone(*room).id]
                    .iter()
                    .any(|id| *id == zone)
            {
                let rule = home.rule.as_deref().unwrap_or("called");
                lines.push(format!("{} {id} {} {rule}", one.kind, atlas.room(*room).id));
            }
        }
        lines.sort_unstable();
        cut(lines, "Nobody lives there.")
    }

    fn stats(&self, who: Entity) -> String {
        let Ok((id, _, one, home, place, vitals, stats)) = self.all.get(who) else {
            return String::new();
        };
        let room = place.map_or("nowhere", |place| &self.rooms.atlas.room(place.0).id);
        let mut lines = vec![
            format!("{} ({}), {id}", self.name(who), one.kind),
            format!("in {room}, at home in {}", one.home),
            format!("by {}", home.rule.as_deref().unwrap_or("a call")),
        ];
        if let (Some(vitals), Some(stats)) = (vitals, stats) {
            lines.push(format!(
                "determination {} of {}",
                vitals.dp(),
                stats.max_dp()
            ));
            let each = stats
                .iter()
                .map(|(stat, value)| format!("{} {value}", stat.word()));
            lines.push(each.collect::<Vec<_>>().join(", "));
        }
        lines.join("\n")
    }
}

fn cut(mut lines: Vec<String>, none: &str) -> String {
    let more = lines.len().saturating_sub(LINES_MAX);
    lines.truncate(LINES_MAX);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    match lines.is_empty() {
        true => none.to_owned(),
        false => lines.join("\n"),
    }
}

/// Answers what is only asked.
pub(super) fn answer(
    mut asked: MessageReader<NpcOrder>,
    registry: Registry<'_, '_>,
    rules: Res<SpawnRules>,
    clocks: Query<&SpawnClocks>,
    minds: Query<&Wits>,
    mut answers: MessageWriter<Answer>,
) {
    for one in asked.read() {
        let (order, who) = (one.order, one.but(0));
        let text = match one.verb.as_str() {
            "list" | "zone" => Ok(registry.list(one.first())),
            "population" => {
                let zone = one.first();
                let line = |at: &super::population::RuleAt| {
                    let of = registry
                        .all
                        .iter()
                        .filter(|known| known.3.rule.as_deref() == Some(&at.key));
                    let pending: usize = clocks.iter().map(|clocks| clocks.pending(&at.key)).sum();
                    let (alive, rule) = (of.count(), &at.rule);
                    format!(
                        "{}: {alive} alive, {pending} pending, {} to {}",
                        at.key, rule.min, rule.max
                    )
                };
                let rules = rules.iter().filter(|at| at.key.contains(zone));
                Ok(cut(rules.map(line).collect(), "There are no such rules."))
            }
            "status" => Ok(format!(
                "{} kinds, {} creatures of at most {WORLD_MAX}, {SUB_ZONE_MAX} in a sub-zone; {} rules.",
                registry.bestiary.iter().count(),
                registry.all.iter().count(),
                rules.iter().count(),
            )),
            "stats" => registry
                .find(order.actor, &who)
                .map(|who| registry.stats(who)),
            "behavior" => registry.find(order.actor, &who).map(|who| {
                let wits = minds.get(who).ok();
                let held = wits.and_then(|wits| wits.held.clone());
                let stands = wits.is_some_and(|wits| wits.halted.is_some());
                let held = held.unwrap_or_else(|| "nothing yet".to_owned());
                format!(
                    "{}: {held}{}",
                    registry.name(who),
                    if stands { ", stopped" } else { "" }
                )
            }),
            "create" | "edit" | "delete" => Err(Refusal::new(
                Code::InvalidCommand,
                "Kinds of creatures are content: they come by \"kadath world publish\" or the console.",
            )),
            "spawn" | "despawn" | "move" | "stop" | "react" => continue,
            other => {
                let message = format!("\"npc {other}\" is nothing. Usage: {}", NpcOrder::USAGE);
                Err(Refusal::new(Code::InvalidCommand, message))
            }
        };
        answers.write(match text {
            Ok(text) => Answer::with(order, text),
            Err(refusal) => Answer::refusal(order, refusal),
        });
    }
}

/// What keepers do with creatures.
#[derive(SystemParam)]
pub(super) struct StaffHands<'w> {
    spawns: MessageWriter<'w, SpawnCreature>,
    despawns: MessageWriter<'w, DespawnCreature>,
    moves: MessageWriter<'w, Relocate>,
}

/// Does what is to be done.
pub(super) fn obey(
    mut asked: MessageReader<NpcOrder>,
    registry: Registry<'_, '_>,
    mut reacting: Instincts<'_, '_>,
    mut hands: StaffHands<'_>,
    mut audit: Audit<'_, '_>,
    mut answers: MessageWriter<Answer>,
) {
    for one in asked.read() {
        let order = one.order;
        let done = match one.verb.as_str() {
            "spawn" => spawn(one, &registry, &mut hands),
            "despawn" => registry.find(order.actor, &one.but(0)).map(|creature| {
                let text = None;
                hands.despawns.write(DespawnCreature { creature, text });
                format!("{} is taken away.", registry.name(creature))
            }),
            "move" => registry.find(order.actor, &one.but(1)).and_then(|who| {
                let to = registry.room(order.actor, one.rest.last().map(String::as_str))?;
                hands.moves.write(Relocate::to(who, to));
                Ok(format!("{} is moved.", registry.name(who)))
            }),
            "stop" => registry.find(order.actor, &one.but(0)).map(|who| {
                let until = reacting.clock.now.plus(Duration::from_secs(STOPPED));
                reacting.halt(who, Some(until));
                format!(
                    "{} stands, until \"npc react\" or for ten minutes.",
                    registry.name(who)
                )
            }),
            "react" => react(one, &registry, &mut reacting),
            _ => continue,
        };
        if done.is_ok() {
            audit.record(
                order,
                "npc",
                None,
                &format!("{} {}", one.verb, one.rest.join(" ")),
            );
        }
        answers.write(match done {
            Ok(text) => Answer::with(order, text),
            Err(refusal) => Answer::refusal(order, refusal),
        });
    }
}

fn spawn(
    one: &NpcOrder,
    registry: &Registry<'_, '_>,
    hands: &mut StaffHands<'_>,
) -> Result<String, Refusal> {
    let mut rest = one.rest.clone();
    let room = rest
        .last()
        .filter(|last| registry.rooms.atlas.find(last).is_some())
        .cloned();
    if room.is_some() {
        rest.pop();
    }
    let count = rest.last().and_then(|last| last.parse::<usize>().ok());
    if count.is_some() {
        rest.pop();
    }
    let (count, word) = (count.unwrap_or(1), rest.join(" "));
    if !(1..=10).contains(&count) {
        return Err(Refusal::new(Code::InvalidInput, "1 to 10 at once."));
    }
    let kind = registry.kind(&word).ok_or_else(|| {
        let message = format!("There is no kind of creature \"{word}\".");
        Refusal::new(Code::ResourceNotFound, message)
    })?;
    let room = registry.room(one.order.actor, room.as_deref())?;
    let atlas = &registry.rooms.atlas;
    let here = atlas.room(room).sub_zone;
    let places = registry.all.iter().filter_map(|known| known.4);
    let near = places
        .filter(|place| atlas.room(place.0).sub_zone == here)
        .count();
    let unique = registry.bestiary.get(kind).is_some_and(|kind| kind.unique);
    let lives = registry.all.iter().any(|known| known.2.kind == kind);
    if near + count > SUB_ZONE_MAX || registry.all.iter().count() + count > WORLD_MAX {
        return Err(Refusal::new(
            Code::GameLogicError,
            "There are as many as may be.",
        ));
    }
    if unique && (lives || count > 1) {
        return Err(Refusal::new(
            Code::GameLogicError,
            "There is only one of that kind at a time.",
        ));
    }
    for _ in 0..count {
        hands.spawns.write(SpawnCreature {
            kind: kind.to_owned(),
            room,
            seconds: None,
        });
    }
    Ok(format!("NPC spawned successfully: {count}x {kind}."))
}

fn react(
    one: &NpcOrder,
    registry: &Registry<'_, '_>,
    reacting: &mut Instincts<'_, '_>,
) -> Result<String, Refusal> {
    let events = ["enters", "leaves", "said", "gesture", "hour"];
    let at = one
        .rest
        .iter()
        .position(|word| events.contains(&word.as_str()));
    let at = at.ok_or_else(|| {
        let message = format!("Say to what: {}.", events.join(", "));
        Refusal::new(Code::InvalidInput, message)
    })?;
    let actor = one.order.actor;
    let who = registry.find(actor, &one.rest[..at].join(" "))?;
    let words = one.rest[at + 1..].join(" ");
    let to = match one.rest[at].as_str() {
        "enters" => Happening::Comes(Comer::Player),
        "leaves" => Happening::Goes(Comer::Player),
        "said" => Happening::Says(&words),
        "gesture" => Happening::Gestures(&words),
        _ => Happening::Strikes,
    };
    reacting.halt(who, None);
    let place = registry.all.get(who).ok().and_then(|known| known.4);
    let name = registry.name(who);
    let reacts = place.is_some_and(|place| reacting.react(who, place.0, Some(actor), to));
    Ok(match reacts {
        true => format!("{name} reacts."),
        false => format!("{name} has nothing to do with that now."),
    })
}
