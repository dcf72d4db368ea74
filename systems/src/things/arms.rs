//! What somebody fights with, and what keeps blows off them: for whoever counts blows.

use engine::prelude::*;

use super::near::Near;
use super::parts::{Armor, Weapon};
use super::prototype::Slot;

/// What people fight with. A broken thing gives nothing.
#[derive(SystemParam)]
pub struct Arms<'w, 's> {
    near: Near<'w, 's>,
}

impl Arms<'_, '_> {
    /// The weapon in somebody's right hand, or else in their left.
    #[must_use]
    pub fn weapon(&self, who: Entity) -> Option<(Entity, &Weapon)> {
        let worn = self.near.worn_views(who).into_iter();
        let mut held = worn.filter(|(slot, one)| {
            matches!(slot, Slot::MainHand | Slot::OffHand) && !one.is_broken()
        });
        held.find_map(|(_, one)| Some((one.entity, one.prototype?.weapon.as_ref()?)))
    }

    /// What everything that somebody wears takes off each kind of harm, together.
    #[must_use]
    pub fn armor(&self, who: Entity) -> Armor {
        let mut sum = Armor::default();
        for (_, one) in self.near.worn_views(who) {
            if let Some(prototype) = one.prototype.filter(|_| !one.is_broken()) {
                sum.add(&prototype.armour);
            }
        }
        sum
    }

    /// The pieces that somebody wears as armor, in the order of their slots.
    #[must_use]
    pub fn pieces(&self, who: Entity) -> Vec<Entity> {
        let worn = self.near.worn_views(who).into_iter();
        let armor = worn.filter(|(_, one)| {
            let kind = one.prototype;
            kind.is_some_and(|kind| !kind.armour.is_empty()) && !one.is_broken()
        });
        armor.map(|(_, one)| one.entity).collect()
    }

    /// The stacks with a tag that somebody carries, such as rounds, the oldest first.
    #[must_use]
    pub fn tagged(&self, who: Entity, tag: &str) -> Vec<Entity> {
        let held = self.near.held(who).into_iter();
        let tagged = held.filter(|one| {
            let tags = one.prototype.map_or(&[][..], |kind| &kind.tags);
            tags.iter().any(|known| known == tag)
        });
        tagged.map(|one| one.entity).collect()
    }
}
