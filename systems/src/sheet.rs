//! The character sheet: what clients show of the player, gathered from the plugins that own it.
//!
//! Owns nothing; reads everybody's components. Fields whose system does not exist are absent.

mod example;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::Vitals;
use crate::calendar::{Daylight, MythosTime};
use crate::character::{self, Experience, Profession, Professions, Stats};
use crate::command::{Needs, Usage, Verb, Words, verb};
use crate::lucidity::{self, Lucidity, Psyche, Tier};
use crate::place::{Drops, InRoom, Listing, Posture, RoomView, Rooms};
use crate::wall_time::rfc3339;

/// The sheet plugin.
pub fn plugin(reg: &mut Registrar<'_>) {
    verb::<Status>(reg);
    verb::<Whoami>(reg);
    reg.note::<GameState>()
        .emit_resource(Unshown::default())
        .transient::<Unshown>("unshown")
        .system(Phase::Simulate, status)
        .system(Phase::Simulate, whoami)
        .system(Phase::Emit, show);
}

/// A player as its own client sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Sheet {
    id: StableId,
    user_id: String,
    name: String,
    current_room_id: String,
    experience_points: u32,
    /// The same once more, under the name that older clients know.
    xp: u32,
    level: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    profession_id: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profession_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profession_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profession_flavor_text: Option<String>,
    position: Posture,
    stats: BTreeMap<&'static str, i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lucidity_tier: Option<Tier>,
    /// What shocks have left, each with its stacks.
    liabilities: Vec<String>,
    created_at: String,
    /// When the character was active last: now, because it has just come.
    last_active: String,
    is_admin: bool,
    is_guest: bool,
}

/// `game_state`: everything a client needs to begin.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GameState {
    player: Sheet,
    room: Arc<RoomView>,
    #[serde(flatten)]
    people: Listing,
    #[serde(flatten)]
    drops: Drops,
}

impl Note for GameState {
    fn event_type(&self) -> &'static str {
        "game_state"
    }
    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }
    fn prose(&self) -> Option<Prose> {
        Some(
            self.room
                .prose(&self.people, &self.drops, &self.player.name),
        )
    }
    fn gmcp(&self) -> Vec<Gmcp> {
        let name = serde_json::json!({ "name": self.player.name, "fullname": self.player.name });
        let vitals = serde_json::json!(self.player.stats);
        vec![
            Gmcp {
                package: "Char.Name",
                data: name,
            },
            Gmcp {
                package: "Char.Vitals",
                data: vitals,
            },
            self.room.gmcp(),
        ]
    }
    fn room_id(&self) -> Option<&str> {
        Some(&self.room.id)
    }
    fn player_id(&self) -> Option<StableId> {
        Some(self.player.id)
    }
}

/// Everything that is known of a character, whoever owns it.
#[derive(SystemParam)]
struct SheetQuery<'w, 's> {
    people: Query<'w, 's, (&'static StableId, &'static Character, &'static InRoom)>,
    minds: Query<'w, 's, &'static Lucidity>,
    bodies: Query<
        'w,
        's,
        (
            &'static Stats,
            &'static Vitals,
            &'static Posture,
            &'static Experience,
        ),
    >,
    characters: Res<'w, character::Rules>,
    professions: Res<'w, Professions>,
    psyches: Query<'w, 's, &'static Psyche>,
    rules: Res<'w, lucidity::Rules>,
}

impl SheetQuery<'_, '_> {
    fn stats(&self, actor: Entity) -> BTreeMap<&'static str, i64> {
        let mut stats = BTreeMap::new();
        if let Ok((born, vitals, ..)) = self.bodies.get(actor) {
            stats.extend(
                born.iter()
                    .map(|(stat, value)| (stat.word(), i64::from(value))),
            );
            stats.insert("current_dp", i64::from(vitals.dp()));
            stats.insert("max_dp", i64::from(born.max_dp()));
            stats.insert("magic_points", i64::from(vitals.mp()));
            stats.insert("max_magic_points", i64::from(born.max_mp()));
        }
        if let Ok(mind) = self.minds.get(actor) {
            stats.insert("lucidity", i64::from(mind.points()));
            stats.insert("max_lucidity", i64::from(Lucidity::CAP));
        }
        stats
    }

    fn posture(&self, actor: Entity) -> Posture {
        self.bodies
            .get(actor)
            .map_or_else(|_| Posture::default(), |(_, _, posture, _)| *posture)
    }

    fn experience(&self, actor: Entity) -> Experience {
        self.bodies
            .get(actor)
            .map_or_else(|_| Experience::default(), |(.., experience)| *experience)
    }

    /// The profession, where the world still has it.
    fn profession(&self, character: &Character) -> Option<&Profession> {
        self.professions.find(character.profession.as_deref()?)
    }

    fn liabilities(&self, actor: Entity) -> Vec<String> {
        let psyche = self.psyches.get(actor);
        psyche.map_or_else(|_| Vec::new(), |psyche| psyche.liabilities().listed())
    }

    fn tier(&self, actor: Entity) -> Option<Tier> {
        let mind = self.minds.get(actor).ok()?;
        Some(self.rules.tier(*mind))
    }
}

/// Who came and is not in a room yet. Transient: after a restart everybody comes anew.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
struct Unshown(BTreeMap<StableId, Entity>);

/// Shows those who came where and who they are, as soon as they are somewhere.
fn show(
    mut newcomers: Newcomers<'_, '_>,
    mut unshown: ResMut<Unshown>,
    known: SheetQuery<'_, '_>,
    rooms: Rooms<'_, '_>,
    clock: Res<Clock>,
    daylight: Res<Daylight>,
    mut outbox: ResMut<Outbox>,
) {
    let night = daylight.is_night(MythosTime::at(clock.wall()));
    unshown.0.extend(newcomers.read());
    let waiting = unshown.0.extract_if(.., |_, actor| {
        rooms.session(*actor).is_none() || known.people.contains(*actor)
    });
    for (id, actor) in waiting {
        let person = known.people.get(actor).ok().zip(rooms.session(actor));
        let Some(((_, character, InRoom(room)), session)) = person else {
            continue;
        };
        let profession = known.profession(character);
        let experience = known.experience(actor);
        let state = GameState {
            player: Sheet {
                id,
                user_id: character.account.to_string(),
                name: character.name.clone(),
                current_room_id: rooms.atlas.room(*room).id.clone(),
                experience_points: experience.points(),
                xp: experience.points(),
                level: known.characters.levels.level(experience),
                profession_id: profession.map(|one| one.number),
                profession_name: profession
                    .map(|one| one.name.clone())
                    .or_else(|| character.profession.clone()),
                profession_description: profession.map(|one| one.description.clone()),
                profession_flavor_text: profession.map(|one| one.flavor_text.clone()),
                position: known.posture(actor),
                stats: known.stats(actor),
                lucidity_tier: known.tier(actor),
                liabilities: known.liabilities(actor),
                created_at: rfc3339(character.created_at),
                last_active: rfc3339(clock.wall()),
                is_admin: character.role == Role::Admin,
                is_guest: character.guest,
            },
            room: rooms.view(*room, night),
            people: rooms.listing_for(*room, actor),
            drops: rooms.drops(*room),
        };
        outbox.tell_one(session, state);
    }
}

/// `status`
#[derive(Message, Debug)]
struct Status {
    order: Order,
}

impl Verb for Status {
    const WORDS: &'static [&'static str] = &["status", "score"];
    const USAGE: &'static str = "status";
    const HELP: &'static str =
        "Tells who you are and where, what you were born with, and how body and mind stand.";
    const NEEDS: Needs = Needs::NOTHING;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self { order })
    }
}

fn status(
    mut asked: MessageReader<Status>,
    known: SheetQuery<'_, '_>,
    rooms: Rooms<'_, '_>,
    mut answers: MessageWriter<Answer>,
) {
    for Status { order } in asked.read() {
        let Ok((_, character, InRoom(room))) = known.people.get(order.actor) else {
            answers.write(Answer::refused(
                *order,
                Code::GameLogicError,
                "You are nowhere.",
            ));
            continue;
        };
        let place = rooms.atlas.room(*room);
        let experience = known.experience(order.actor);
        let level = known.characters.levels.level(experience);
        let mut text = format!(
            "{}\nPlace: {}, {}\nLevel: {level} ({} experience",
            called(character),
            place.name,
            rooms.atlas.sub_zone(*room).name,
            experience.points(),
        );
        text.push_str(&match known.characters.levels.next(level) {
            Some(next) => format!(", the next at {next})"),
            None => ")".to_owned(),
        });
        if let Ok((stats, vitals, posture, _)) = known.bodies.get(order.actor) {
            text.push_str(&format!(
                "\nBody: {} of {} determination, {} of {} magic, {}",
                vitals.dp(),
                stats.max_dp(),
                vitals.mp(),
                stats.max_mp(),
                posture.word(),
            ));
            let each: Vec<String> = stats
                .iter()
                .map(|(stat, value)| format!("{} {value}", stat.word()))
                .collect();
            text.push_str(&format!("\nStats: {}", each.join(", ")));
        }
        if let (Ok(mind), Some(tier)) = (known.minds.get(order.actor), known.tier(order.actor)) {
            text.push_str(&format!(
                "\nMind: {} ({} of {})",
                tier.word(),
                mind.points(),
                Lucidity::CAP
            ));
        }
        let marks = known.liabilities(order.actor);
        if !marks.is_empty() {
            let marks = marks.join(", ").replace('_', " ");
            text.push_str(&format!("\nMarks: {marks}"));
        }
        answers.write(Answer::with(*order, text));
    }
}

/// The name, and what people take one for.
fn called(character: &Character) -> String {
    match (&character.profession, character.guest) {
        (Some(profession), _) => format!("{}, {profession}", character.name),
        (None, true) => format!("{}, a stranger to the town", character.name),
        (None, false) => character.name.clone(),
    }
}

/// `whoami`
#[derive(Message, Debug)]
struct Whoami(Order);

impl Verb for Whoami {
    const WORDS: &'static [&'static str] = &["whoami"];
    const USAGE: &'static str = "whoami";
    const HELP: &'static str =
        "Tells your name and what people take you for. For the rest there is \"status\".";
    const NEEDS: Needs = Needs::MIND;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self(order))
    }
}

fn whoami(
    mut asked: MessageReader<Whoami>,
    people: Query<&Character>,
    mut answers: MessageWriter<Answer>,
) {
    for Whoami(order) in asked.read() {
        if let Ok(character) = people.get(order.actor) {
            answers.write(Answer::with(
                *order,
                format!("You are {}.", called(character)),
            ));
        }
    }
}
