//! What creatures do when they have made up their minds.

use engine::prelude::*;

use super::super::carrier;
use super::super::kinds::CreatureKind;
use super::super::wits::{Impulse, Wits};
use super::{CALM, Thinking, WARNING, seconds};
use crate::afflictions::Block;
use crate::chat::Voiced;
use crate::effects::{EffectText, Parties, RunEffects};
use crate::world::RoomIx;

impl Thinking<'_, '_> {
    /// Whom it would attack: of those here, who has been here longest.
    pub(super) fn prey(
        &self,
        kind: &CreatureKind,
        (who, room): (Entity, RoomIx),
        wits: &mut Wits,
    ) -> Option<Entity> {
        let hostile = kind.hostile.as_ref()?;
        let now = self.clock.now;
        for player in self.occupancy.of(room) {
            let Ok((id, vitals, away, _)) = self.players.get(*player) else {
                continue;
            };
            let spared = away || vitals.dp() <= 0 || self.ailing.blocks(*player, Block::Chosen);
            if spared || !wits.calm.may(*id, now) {
                continue;
            }
            let parties = Parties {
                actor: Some(*player),
                target: None,
                here: Some(room),
                carrier: carrier(kind),
                me: Some(who),
            };
            if self.view.holds(hostile, &parties) {
                return Some(*player);
            }
            if hostile.draws() {
                wits.calm.note(*id, now, CALM);
            }
        }
        None
    }

    /// Warns somebody.
    pub(super) fn menace(
        &mut self,
        kind: &CreatureKind,
        room: RoomIx,
        whom: Entity,
        wits: &mut Wits,
    ) {
        let (Ok((id, .., character)), Some(look)) =
            (self.players.get(whom), self.looks.get(&kind.id))
        else {
            return;
        };
        wits.menace = Some((*id, self.clock.now.plus(seconds(WARNING))));
        wits.held = Some("menace".to_owned());
        let name = look.begins();
        let own = format!("{name} has its eye on you.");
        self.told.write(EffectText::to(whom, room, own));
        let others = format!("{name} has its eye on {}.", character.name);
        let others = EffectText::around(room, [Some(whom), None], others);
        self.told.write(others);
    }

    pub(super) fn rule(
        &mut self,
        kind: &CreatureKind,
        (who, room): (Entity, RoomIx),
        n: usize,
        wits: &mut Wits,
    ) {
        let rule = &kind.rules[n];
        wits.rules.note(n as u16, self.clock.now, rule.every);
        wits.held = Some(format!("rule {}", n + 1));
        let parties = Parties {
            actor: None,
            target: None,
            here: Some(room),
            carrier: carrier(kind),
            me: Some(who),
        };
        self.runs.write(RunEffects {
            moment: Some(self.clock.now),
            ..RunEffects::new(rule.effects.clone(), parties)
        });
    }

    pub(super) fn say(
        &mut self,
        kind: &CreatureKind,
        (id, room): (StableId, RoomIx),
        impulse: Impulse,
        wits: &mut Wits,
    ) {
        wits.impulses.retain(|one| *one != impulse);
        let (lines, whom, word) = match impulse {
            Impulse::Greet(whom) => (&kind.greet, whom, "greet"),
            Impulse::Farewell(whom) => (&kind.farewell, whom, "farewell"),
            Impulse::Reply(whom) => (&kind.reply, whom, "reply"),
        };
        let whom = self.index.get(whom);
        let is_here = whom.is_some_and(|whom| self.occupancy.of(room).contains(&whom));
        let leaving = matches!(impulse, Impulse::Farewell(_));
        // Who has gone on is not greeted, and who came back not seen off.
        if is_here == leaving {
            return;
        }
        let which = self.dice.pick(lines.len() as u64, id, word, 0);
        let (Some(text), Some(look)) = (lines.get(which as usize), self.looks.get(&kind.id)) else {
            return;
        };
        wits.spoke = Some(self.clock.now);
        wits.held = Some(word.to_owned());
        if leaving && let Some(whom) = whom {
            let words = format!("{} says behind you: {text}", look.begins());
            self.told.write(EffectText::to(whom, room, words));
        }
        self.voices.write(Voiced {
            room,
            sender: id,
            name: look.begins(),
            text: text.clone(),
            emote: false,
        });
    }
}
