//! The character sheet: what clients show of the player, gathered from the plugins that own it.
//!
//! Owns nothing; reads everybody's components. Fields whose system does not exist are absent.

mod example;
mod verbs;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::Vitals;
use crate::calendar::{Daylight, MythosTime};
use crate::character::{self, Experience, Profession, Professions, Stats};
use crate::command::verb;
use crate::lucidity::{self, Lucidity, Psyche, Tier};
use crate::place::{Drops, InRoom, Listing, Posture, RoomView, Rooms};
use crate::wall_time::rfc3339;
use crate::world::RoomIx;

/// The sheet plugin.
pub fn plugin(reg: &mut Registrar<'_>) {
    verb::<verbs::Status>(reg);
    verb::<verbs::Whoami>(reg);
    reg.note::<GameState>()
        .command_result::<verbs::Standing>()
        .emit_resource(Unshown::default())
        .transient::<Unshown>("unshown")
        .system(Phase::Simulate, verbs::status)
        .system(Phase::Simulate, verbs::whoami)
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
struct Known<'w, 's> {
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

impl Known<'_, '_> {
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

    /// The sheet of somebody in a room.
    fn sheet(
        &self,
        id: StableId,
        actor: Entity,
        character: &Character,
        room: RoomIx,
        rooms: &Rooms<'_, '_>,
        clock: &Clock,
    ) -> Sheet {
        let profession = self.profession(character);
        let experience = self.experience(actor);
        Sheet {
            id,
            user_id: character.account.to_string(),
            name: character.name.clone(),
            current_room_id: rooms.atlas.room(room).id.clone(),
            experience_points: experience.points(),
            xp: experience.points(),
            level: self.characters.levels.level(experience),
            profession_id: profession.map(|one| one.number),
            profession_name: profession
                .map(|one| one.name.clone())
                .or_else(|| character.profession.clone()),
            profession_description: profession.map(|one| one.description.clone()),
            profession_flavor_text: profession.map(|one| one.flavor_text.clone()),
            position: self.posture(actor),
            stats: self.stats(actor),
            lucidity_tier: self.tier(actor),
            liabilities: self.liabilities(actor),
            created_at: rfc3339(character.created_at),
            last_active: rfc3339(clock.wall()),
            is_admin: character.role == Role::Admin,
            is_guest: character.guest,
        }
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
    known: Known<'_, '_>,
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
        let state = GameState {
            player: known.sheet(id, actor, character, *room, &rooms, &clock),
            room: rooms.view(*room, night),
            people: rooms.listing_for(*room, actor),
            drops: rooms.drops(*room),
        };
        outbox.tell_one(session, state);
    }
}
