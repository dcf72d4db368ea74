//! The owners' doors: what each effect says to the plugin that decides.

use engine::prelude::*;

use super::after::Postponed;
use super::refused::RefusedEffect;
use super::tell::EffectText;
use super::view::Scene;
use crate::afflictions::ConditionChange;
use crate::body::{AdjustVitals, TakePosture};
use crate::character::Earn;
use crate::chat::Voiced;
use crate::doors::DoorDeed;
use crate::fight::{Attack, Provoke, RunAway};
use crate::flags::SetFlag;
use crate::lucidity::{AdjustLucidity, Confronted};
use crate::place::{DespawnCreature, Relocate, SpawnCreature};
use crate::things::ThingDeed;

/// What is written to whom.
#[derive(SystemParam)]
pub(super) struct OwnerDoors<'w> {
    pub(super) bodies: MessageWriter<'w, AdjustVitals>,
    pub(super) postures: MessageWriter<'w, TakePosture>,
    pub(super) minds: MessageWriter<'w, AdjustLucidity>,
    pub(super) confronted: MessageWriter<'w, Confronted>,
    pub(super) moves: MessageWriter<'w, Relocate>,
    pub(super) learning: MessageWriter<'w, Earn>,
    pub(super) flags: MessageWriter<'w, SetFlag>,
    pub(super) conditions: MessageWriter<'w, ConditionChange>,
    pub(super) attacks: MessageWriter<'w, Attack>,
    pub(super) flights: MessageWriter<'w, RunAway>,
    pub(super) provoked: MessageWriter<'w, Provoke>,
    pub(super) spawns: MessageWriter<'w, SpawnCreature>,
    pub(super) despawns: MessageWriter<'w, DespawnCreature>,
    pub(super) voices: MessageWriter<'w, Voiced>,
    pub(super) things: MessageWriter<'w, ThingDeed>,
    pub(super) doors: MessageWriter<'w, DoorDeed>,
    pub(super) later: MessageWriter<'w, Postponed>,
    pub(super) told: MessageWriter<'w, EffectText>,
}

impl OwnerDoors<'_> {
    /// Tells the actor why an effect was not done.
    pub(super) fn tell_refusal(&mut self, scene: &Scene<'_, '_, '_>, refused: &RefusedEffect) {
        tracing::debug!(
            cause = scene.parties.carrier.cause(),
            code = refused.code.word(),
            "effect refused"
        );
        if let (Some(actor), Some(room)) = (scene.parties.actor, scene.here()) {
            let text = refused.words.to_owned();
            self.told.write(EffectText::to(actor, room, text));
        }
    }
}
