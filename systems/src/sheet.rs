//! The character sheet: what clients show of the player, as plugins describe it.
//!
//! Owns nothing. Who somebody is and where, it says itself; the rest is said by whoever owns it (see
//! [`describe`](crate::describe)), so that nothing is said of a plugin that is off.

mod example;
mod prompt;
mod verbs;

use std::collections::BTreeMap;
use std::sync::Arc;

use bevy_ecs::system::{ParamBuilder, SystemParamBuilder};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::{Daylight, MythosTime};
use crate::character::{self, Experience, Profession, Professions};
use crate::command::{turn, verb};
use crate::conditions::StatusEffect;
use crate::describe::{Beheld, SheetFields, beheld};
use crate::lucidity;
use crate::place::{Drops, InRoom, Listing, Posture, RoomView, Rooms};
use crate::things::ThingStack;
use crate::wall_time::rfc3339;
use crate::world::RoomIx;

/// The sheet plugin.
pub fn plugin(reg: &mut Registrar<'_>) {
    verb::<verbs::Status>(reg);
    verb::<verbs::Whoami>(reg);
    verb::<prompt::PromptVerb>(reg);
    // Built when they first run, after the last plugin has said what it adds.
    let status = (
        ParamBuilder,
        ParamBuilder,
        ParamBuilder,
        beheld(),
        ParamBuilder,
        ParamBuilder,
    );
    let show = (
        ParamBuilder,
        ParamBuilder,
        ParamBuilder,
        beheld(),
        ParamBuilder,
        ParamBuilder,
        ParamBuilder,
        ParamBuilder,
    );
    let prompted = (
        ParamBuilder,
        ParamBuilder,
        beheld(),
        ParamBuilder,
        ParamBuilder,
    );
    reg.note::<GameState>()
        .persist::<prompt::WantsPrompt>("wants_prompt")
        .emit_resource(prompt::PromptsDue::default())
        .transient::<prompt::PromptsDue>("prompts_due")
        .command_result::<verbs::StatusData>()
        .emit_resource(Unshown::default())
        .transient::<Unshown>("unshown")
        .system(Phase::Simulate, status.build_system(verbs::status))
        .system(
            Phase::Simulate,
            (verbs::whoami, turn::<prompt::PromptVerb>).chain(),
        )
        .system(Phase::Emit, prompted.build_system(prompt::tell))
        .system(Phase::Emit, show.build_system(self::show));
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
    #[serde(flatten)]
    #[schemars(with = "SheetExtras")]
    fields: SheetFields,
    created_at: String,
    /// When the character was active last: now, because it has just come.
    last_active: String,
    is_admin: bool,
    is_guest: bool,
}

/// What plugins of the shipped game add to a sheet. Each is absent where its plugin is off.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is looked at")]
struct SheetExtras {
    lucidity_tier: Option<lucidity::Tier>,
    /// What shocks have left, each with its stacks.
    liabilities: Option<Vec<String>>,
    /// What they carry, what they have longest first.
    inventory: Option<Vec<ThingStack>>,
    /// What they wear and hold, by slot.
    equipped: Option<BTreeMap<String, ThingStack>>,
    /// How many slots of what they carry are taken, and how many there are.
    slots_used: Option<usize>,
    slots_total: Option<usize>,
    /// What all of it weighs, in tenths of a pound, and what they can bear.
    weight: Option<u32>,
    weight_max: Option<u32>,
    /// What befalls them, the oldest first.
    status_effects: Option<Vec<StatusEffect>>,
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
        let status = serde_json::json!({
            "name": self.player.name, "level": self.player.level, "xp": self.player.xp,
            "profession": self.player.profession_name, "position": self.player.position,
        });
        let captions = serde_json::json!({
            "name": "Name", "level": "Level", "xp": "Experience",
            "profession": "Profession", "position": "Position",
        });
        vec![
            Gmcp {
                package: "Char.Name",
                data: name,
            },
            Gmcp {
                package: "Char.Vitals",
                data: vitals,
            },
            Gmcp {
                package: "Char.StatusVars",
                data: captions,
            },
            Gmcp {
                package: "Char.Status",
                data: status,
            },
            self.room.gmcp(),
            self.people.packet(&self.player.name),
            self.drops.packet(),
        ]
    }
    fn room_id(&self) -> Option<&str> {
        Some(&self.room.id)
    }
    fn player_id(&self) -> Option<StableId> {
        Some(self.player.id)
    }
}

/// What every sheet says, whatever plugins add.
#[derive(SystemParam)]
struct SheetQuery<'w, 's> {
    people: Query<'w, 's, (&'static StableId, &'static Character, &'static InRoom)>,
    postures: Query<'w, 's, &'static Posture>,
    learnt: Query<'w, 's, &'static Experience>,
    characters: Res<'w, character::Rules>,
    professions: Res<'w, Professions>,
}

impl SheetQuery<'_, '_> {
    fn posture(&self, actor: Entity) -> Posture {
        self.postures.get(actor).copied().unwrap_or_default()
    }

    fn experience(&self, actor: Entity) -> Experience {
        self.learnt.get(actor).copied().unwrap_or_default()
    }

    /// The sheet of somebody in a room.
    fn sheet(
        &self,
        id: StableId,
        actor: Entity,
        character: &Character,
        (room, rooms): (RoomIx, &Rooms<'_, '_>),
        beheld: &Beheld<'_, '_>,
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
            stats: beheld.stats(actor).collect(),
            fields: beheld.fields(actor),
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
}

/// Who came and is not in a room yet. Transient: after a restart everybody comes anew.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
struct Unshown(BTreeMap<StableId, Entity>);

/// Shows those who came where and who they are, as soon as they are somewhere.
fn show(
    mut newcomers: Newcomers<'_, '_>,
    mut unshown: ResMut<Unshown>,
    known: SheetQuery<'_, '_>,
    beheld: Beheld<'_, '_>,
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
            player: known.sheet(id, actor, character, (*room, &rooms), &beheld, &clock),
            room: rooms.view_for(*room, night, actor),
            people: rooms.listing_for(*room, actor),
            drops: rooms.drops(*room),
        };
        outbox.tell_one(session, state);
    }
}
