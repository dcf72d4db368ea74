//! From what happened in fights to what each is told of it.

mod each;
mod turns;

use each::{began, blow, died, ending, joins, over};
use turns::{aids, ended, flees, taunts, turns};

use std::collections::BTreeMap;

use engine::port::SessionId;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::notes::FighterView;
use super::rules::{BlowTexts, CombatRules};
use super::strike::Blow;
use super::{FightDetail, Prefers};
use crate::body::{RoomMessage, Vitals};
use crate::character::Stats;
use crate::creatures::Bestiary;
use crate::fight::Brawls;
use crate::place::{Creature, CreatureLooks, Rooms};
use crate::things::DamageKind;
use crate::world::RoomIx;

/// Something that happened in a fight, in the order in which it did.
#[derive(Message, Clone, Debug)]
pub(super) enum FightNews {
    Began {
        room: RoomIx,
        id: StableId,
        who: Entity,
        whom: Entity,
    },
    Ended {
        room: RoomIx,
        id: StableId,
        who: Vec<Entity>,
        reason: &'static str,
        seconds: u64,
    },
    Blow {
        room: RoomIx,
        who: Entity,
        whom: Entity,
        blow: Blow,
        kind: DamageKind,
        verb: String,
        telling: &'static str,
        left: i32,
        most: i32,
    },
    Turns {
        room: RoomIx,
        id: StableId,
        who: Entity,
        whom: Entity,
    },
    Flees {
        room: RoomIx,
        who: Entity,
        way: Option<crate::world::Direction>,
    },
    Taunts {
        room: RoomIx,
        who: Entity,
        whom: Entity,
        passes: bool,
    },
    Aids {
        room: RoomIx,
        who: Entity,
        whom: Entity,
        passes: bool,
    },
    Died {
        room: RoomIx,
        creature: Entity,
        by: Option<Entity>,
        paid: Vec<(Entity, u32)>,
    },
    Round {
        room: RoomIx,
        id: StableId,
        round: u32,
    },
}

/// What was told of a round so far, for those who read it in one line. No rule hangs on it.
#[derive(Resource, Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct RoundTold(BTreeMap<Entity, [i32; 4]>);

/// Who is who, and what they want to read.
#[derive(SystemParam)]
pub(super) struct FightFaces<'w, 's> {
    people: Query<
        'w,
        's,
        (
            &'static StableId,
            AnyOf<(&'static Character, &'static Creature)>,
            &'static Stats,
            &'static Vitals,
        ),
    >,
    prefers: Query<'w, 's, &'static Prefers>,
    looks: Res<'w, CreatureLooks>,
    bestiary: Res<'w, Bestiary>,
    rooms: Rooms<'w, 's>,
    brawls: Res<'w, Brawls>,
    rules: Res<'w, CombatRules>,
    dice: Res<'w, Dice>,
    clock: Res<'w, Clock>,
}

impl FightFaces<'_, '_> {
    fn id(&self, who: Entity) -> StableId {
        self.people
            .get(who)
            .map_or_else(|_| StableId::named(""), |one| *one.0)
    }

    fn name(&self, who: Entity) -> String {
        match self.people.get(who).map(|one| one.1) {
            Ok((Some(character), _)) => character.name.clone(),
            Ok((_, Some(one))) => self
                .looks
                .get(&one.kind)
                .map_or_else(|| "it".to_owned(), |look| look.named()),
            _ => "somebody".to_owned(),
        }
    }

    fn begins(&self, who: Entity) -> String {
        let name = self.name(who);
        let mut letters = name.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect()
    }

    fn detail(&self, who: Entity) -> FightDetail {
        self.prefers
            .get(who)
            .map_or(FightDetail::default(), |one| one.detail)
    }

    fn view(&self, who: Entity, me: Entity) -> Option<FighterView> {
        let (id, (character, _), stats, vitals) = self.people.get(who).ok()?;
        let (dp, most) = (i32::from(vitals.dp()), i32::from(stats.max_dp()));
        Some(FighterView {
            id: *id,
            name: self.name(who),
            kind: if character.is_some() { "player" } else { "npc" },
            band: band(dp, most),
            target_id: self.brawls.target_of(who).map(|one| self.id(one)),
            dp: (who == me).then_some(dp),
            max_dp: (who == me).then_some(most),
        })
    }

    /// How long it is until the next round of the fight in a room.
    fn until_next(&self, room: RoomIx) -> u64 {
        let next = self.brawls.fights.get(&room).map(|fight| fight.next);
        let left = next.map_or(0, |next| next.since(self.clock.now).as_millis());
        u64::try_from(left).unwrap_or(u64::MAX)
    }

    /// Those in a room who read a line about others' blows, but for two.
    fn bystanders(&self, room: RoomIx, apart: [Entity; 2], blows: bool) -> Vec<SessionId> {
        let here = self.rooms.occupants(room).iter();
        let here = here.filter(|one| !apart.contains(one));
        let reads = |one: &&Entity| !blows || self.detail(**one) == FightDetail::Full;
        here.filter(reads)
            .filter_map(|one| self.rooms.session(*one))
            .collect()
    }

    fn line(&self, room: RoomIx, to: Vec<SessionId>, text: &str, outbox: &mut Outbox) {
        if !to.is_empty() {
            let note = RoomMessage::line(&self.rooms.atlas.room(room).id, text);
            outbox.tell(Audience::Many(to.into()), note);
        }
    }

    /// The texts of a blow: of its kind, or of any; drawn among several.
    fn texts(&self, kind: &str, telling: &str, who: Entity, n: u32) -> Option<&BlowTexts> {
        let of = |kind: &str| self.rules.messages.get(kind)?.get(telling);
        let all = of(kind).or_else(|| of("any"))?;
        let at = self
            .dice
            .pick(all.len() as u64, self.id(who), "blow text", n);
        all.get(at as usize)
    }
}

fn band(dp: i32, most: i32) -> &'static str {
    match dp * 100 / most.max(1) {
        _ if dp <= 0 => "down",
        100.. => "unhurt",
        80.. => "scratched",
        50.. => "hurt",
        25.. => "badly hurt",
        _ => "failing",
    }
}

/// Shows those their fight who come back into it in another session.
pub(super) fn resume(
    mut arrived: MessageReader<Arrived>,
    faces: FightFaces<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for Arrived { actor, .. } in arrived.read() {
        if let Some((room, fight)) = faces.brawls.fight_of(*actor) {
            let all: Vec<Entity> = fight.fighters.values().map(|one| one.entity).collect();
            joins(&faces, (room, fight.id), &all, *actor, &mut outbox);
        }
    }
}

/// Tells it.
pub(super) fn tell(
    mut news: MessageReader<FightNews>,
    faces: FightFaces<'_, '_>,
    mut rounds: ResMut<RoundTold>,
    mut outbox: ResMut<Outbox>,
) {
    for (n, one) in (0..).zip(news.read()) {
        match one {
            FightNews::Began {
                room,
                id,
                who,
                whom,
            } => began(&faces, (*room, *id), [*who, *whom], &mut outbox),
            FightNews::Ended { who, .. } => {
                for who in who {
                    rounds.0.remove(who);
                }
                ended(&faces, one, &mut outbox);
            }
            FightNews::Blow { .. } => blow(&faces, one, n, &mut rounds, &mut outbox),
            FightNews::Turns { .. } => turns(&faces, one, &mut outbox),
            FightNews::Flees { room, who, way } => {
                flees(&faces, *room, *who, *way, &mut outbox);
            }
            FightNews::Taunts { .. } => taunts(&faces, one, &mut outbox),
            FightNews::Aids { .. } => aids(&faces, one, &mut outbox),
            FightNews::Died { .. } => died(&faces, one, &mut outbox),
            FightNews::Round { room, id, round } => {
                over(&faces, (*room, *id, *round), &mut rounds, &mut outbox);
            }
        }
    }
}
