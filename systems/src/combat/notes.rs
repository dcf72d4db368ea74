//! What clients are sent of fights.

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cast::{ANN, FOYER, id};

/// Somebody in a fight as clients see them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct FighterView {
    pub(super) id: StableId,
    pub(super) name: String,
    /// `player` or `npc`.
    pub(super) kind: &'static str,
    /// How they are: `unhurt`, `scratched`, `hurt`, `badly hurt`, `failing`, `down`.
    pub(super) band: &'static str,
    /// Whom they strike, if anybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target_id: Option<StableId>,
    /// Your own points; others' are not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dp: Option<i32>,
    /// Your own most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_dp: Option<i32>,
}

impl FighterView {
    fn shown(name: &str, own: bool) -> Self {
        Self {
            id: id(name),
            name: name.to_owned(),
            kind: if own { "player" } else { "npc" },
            band: "scratched",
            target_id: Some(id(if own { "wharf rat" } else { ANN })),
            dp: own.then_some(17),
            max_dp: own.then_some(20),
        }
    }
}

/// `combat_started`: you are in a fight.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("combat_started", example = Self::shown())]
pub(super) struct CombatStarted {
    pub(super) combat_id: StableId,
    #[note(room)]
    pub(super) room_id: String,
    /// Who is in it, in the order in which they act.
    pub(super) participants: Vec<FighterView>,
    /// Their ids in that order.
    pub(super) turn_order: Vec<StableId>,
    /// How long it is until the next round.
    pub(super) next_round_ms: u64,
}

impl CombatStarted {
    fn shown() -> Self {
        let participants = vec![
            FighterView::shown(ANN, true),
            FighterView::shown("wharf rat", false),
        ];
        Self {
            combat_id: id("fight"),
            room_id: FOYER.to_owned(),
            turn_order: participants.iter().map(|one| one.id).collect(),
            participants,
            next_round_ms: 4_500,
        }
    }
}

/// `combat_ended`: you are in it no longer.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("combat_ended", says = "{message}", ink = Faint, example = Self::shown())]
pub(super) struct CombatEnded {
    pub(super) combat_id: StableId,
    #[note(room)]
    pub(super) room_id: String,
    /// `victory`, `defeat`, `fled`, `separated` or `timeout`.
    pub(super) reason: &'static str,
    pub(super) duration_seconds: u64,
    pub(super) message: &'static str,
}

impl CombatEnded {
    fn shown() -> Self {
        Self {
            combat_id: id("fight"),
            room_id: FOYER.to_owned(),
            reason: "victory",
            duration_seconds: 31,
            message: "The fight is over.",
        }
    }
}

/// `npc_attacked`, to whoever strikes a creature, and `player_attacked`, to the player who is struck.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("npc_attacked", "player_attacked", by = strikes, prose = Self::told, examples = Self::shown)]
pub(super) struct Attacked {
    pub(super) attacker_id: StableId,
    pub(super) attacker_name: String,
    pub(super) target_id: StableId,
    pub(super) target_name: String,
    #[note(room)]
    pub(super) room_id: String,
    pub(super) damage: i32,
    /// `hit`, `miss`, `critical` or `fumble`.
    pub(super) outcome: &'static str,
    pub(super) damage_kind: String,
    /// What armor kept off.
    pub(super) absorbed: i32,
    pub(super) target_current_dp: i32,
    pub(super) target_max_dp: i32,
    pub(super) message: String,
    #[serde(skip)]
    pub(super) strikes: bool,
    /// Whether text clients read it.
    #[serde(skip)]
    pub(super) silent: bool,
}

impl Attacked {
    fn told(&self) -> Option<Prose> {
        let ink = if self.strikes { Ink::Plain } else { Ink::Loss };
        (!self.silent).then(|| Prose::of(ink, self.message.clone()))
    }

    fn shown() -> Vec<Self> {
        let blow = |strikes: bool| {
            let (one, other) = if strikes {
                (ANN, "wharf rat")
            } else {
                ("wharf rat", ANN)
            };
            Self {
                attacker_id: id(one),
                attacker_name: one.to_owned(),
                target_id: id(other),
                target_name: other.to_owned(),
                room_id: FOYER.to_owned(),
                damage: 3,
                outcome: "hit",
                damage_kind: "blunt".to_owned(),
                absorbed: 0,
                target_current_dp: 5,
                target_max_dp: 8,
                message: "Your fist finds the wharf rat.".to_owned(),
                strikes,
                silent: false,
            }
        };
        vec![blow(true), blow(false)]
    }
}

/// `npc_died`: a creature in the room is dead.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("npc_died", example = Self::shown())]
pub(super) struct NpcDied {
    pub(super) npc_id: StableId,
    pub(super) npc_name: String,
    #[note(room)]
    pub(super) room_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) killer_name: Option<String>,
    /// What you have learned by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) xp_reward: Option<u32>,
    pub(super) message: String,
}

impl NpcDied {
    fn shown() -> Self {
        Self {
            npc_id: id("wharf rat"),
            npc_name: "wharf rat".to_owned(),
            room_id: FOYER.to_owned(),
            killer_name: Some(ANN.to_owned()),
            xp_reward: Some(6),
            message: "The wharf rat is dead.".to_owned(),
        }
    }
}

/// `combat_target_switch`: somebody turns on another.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("combat_target_switch", says = "{message}", example = Self::shown())]
pub(super) struct TargetSwitch {
    pub(super) combat_id: StableId,
    #[note(room)]
    pub(super) room_id: String,
    pub(super) npc_name: String,
    pub(super) new_target_name: String,
    pub(super) message: String,
}

impl TargetSwitch {
    fn shown() -> Self {
        Self {
            combat_id: id("fight"),
            room_id: FOYER.to_owned(),
            npc_name: "wharf rat".to_owned(),
            new_target_name: ANN.to_owned(),
            message: format!("The wharf rat turns on {ANN}."),
        }
    }
}

/// What a round was for you.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
pub(super) struct OwnRound {
    /// Points that you took.
    pub(super) dealt: i32,
    /// Points that you lost.
    pub(super) taken: i32,
    /// Blows of yours that landed.
    pub(super) hits: u32,
    /// And that did not.
    pub(super) misses: u32,
}

/// `combat_round`: a round is over.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("combat_round", prose = Self::told, example = Self::shown())]
pub(super) struct CombatRound {
    pub(super) combat_id: StableId,
    #[note(room)]
    pub(super) room_id: String,
    /// Which it was, from 1.
    pub(super) combat_round: u32,
    pub(super) participants: Vec<FighterView>,
    pub(super) you: OwnRound,
    /// What you do at your next turn: `attack`, `flee`, `defend`, `taunt` or `aid`.
    pub(super) intent: &'static str,
    /// The round in one line.
    pub(super) summary: String,
    /// How long it is until the next one.
    pub(super) next_round_ms: u64,
    /// Whether text clients read it.
    #[serde(skip)]
    pub(super) silent: bool,
}

impl CombatRound {
    fn told(&self) -> Option<Prose> {
        (!self.silent).then(|| Prose::of(Ink::Plain, self.summary.clone()))
    }

    fn shown() -> Self {
        Self {
            combat_id: id("fight"),
            room_id: FOYER.to_owned(),
            combat_round: 2,
            participants: vec![
                FighterView::shown(ANN, true),
                FighterView::shown("wharf rat", false),
            ],
            you: OwnRound {
                dealt: 3,
                taken: 2,
                hits: 1,
                misses: 0,
            },
            intent: "attack",
            summary: "You lost 2 and have 17 of 20; you took 3. Next you strike the wharf rat."
                .to_owned(),
            next_round_ms: 6_000,
            silent: false,
        }
    }
}
