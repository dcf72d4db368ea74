//! What each is told of the greater things in a fight.

use engine::prelude::*;

use super::super::FightDetail;
use super::super::notes::{Attacked, CombatRound, CombatStarted, FighterView, NpcDied, OwnRound};
use super::{FightFaces, FightNews, RoundTold};
use crate::fight::Intent;
use crate::world::RoomIx;

pub(super) fn began(
    faces: &FightFaces<'_, '_>,
    (room, id): (RoomIx, StableId),
    who: [Entity; 2],
    outbox: &mut Outbox,
) {
    let fight = faces.brawls.fights.get(&room);
    let all: Vec<Entity> = match fight {
        Some(fight) => fight.fighters.values().map(|one| one.entity).collect(),
        None => who.to_vec(),
    };
    for me in who {
        joins(faces, (room, id), &all, me, outbox);
    }
    let text = format!("{} attacks {}.", faces.begins(who[0]), faces.name(who[1]));
    faces.line(room, faces.bystanders(room, who, false), &text, outbox);
    if let Some(session) = faces.rooms.session(who[1]) {
        let text = format!("{} attacks you.", faces.begins(who[0]));
        faces.line(room, vec![session], &text, outbox);
    }
}

/// Shows somebody the fight that they are in.
pub(super) fn joins(
    faces: &FightFaces<'_, '_>,
    (room, id): (RoomIx, StableId),
    all: &[Entity],
    me: Entity,
    outbox: &mut Outbox,
) {
    let Some(session) = faces.rooms.session(me) else {
        return;
    };
    let participants: Vec<FighterView> =
        all.iter().filter_map(|one| faces.view(*one, me)).collect();
    let note = CombatStarted {
        combat_id: id,
        room_id: faces.rooms.atlas.room(room).id.clone(),
        turn_order: participants.iter().map(|one| one.id).collect(),
        participants,
        next_round_ms: faces.until_next(room),
    };
    outbox.tell_one(session, note);
}

pub(super) fn blow(
    faces: &FightFaces<'_, '_>,
    news: &FightNews,
    n: u32,
    rounds: &mut RoundTold,
    outbox: &mut Outbox,
) {
    let FightNews::Blow {
        room,
        who,
        whom,
        blow,
        kind,
        verb,
        telling,
        left,
        most,
    } = news
    else {
        return;
    };
    let texts = faces.texts(kind.word(), telling, *who, n);
    let plain = || format!("{{actor}} {verb} {{target}}.");
    let fill = |text: &str, actor: &str, target: &str| {
        let text = text.replace("{actor}", actor).replace("{target}", target);
        let text = text.replace("{verb}", verb);
        begun(&text.replace("{damage}", &blow.damage.to_string()))
    };
    let (actor, target) = (faces.begins(*who), faces.name(*whom));
    let named = |mine: bool| match blow.damage {
        0 => String::new(),
        damage => format!(" ({}{damage})", if mine { "" } else { "-" }),
    };
    let own = texts.map_or_else(
        || fill("You strike at {target}.", "You", &target),
        |all| fill(&all.actor, "You", &target),
    );
    let theirs = texts.map_or_else(
        || fill(&plain(), &actor, "you"),
        |all| fill(&all.target, &actor, "you"),
    );
    let others = texts.map_or_else(
        || fill(&plain(), &actor, &target),
        |all| fill(&all.room, &actor, &target),
    );
    let note = |strikes: bool, message: String, silent: bool| Attacked {
        attacker_id: faces.id(*who),
        attacker_name: faces.name(*who),
        target_id: faces.id(*whom),
        target_name: faces.name(*whom),
        room_id: faces.rooms.atlas.room(*room).id.clone(),
        damage: blow.damage,
        outcome: blow.word(),
        damage_kind: kind.word().to_owned(),
        absorbed: blow.absorbed,
        target_current_dp: *left,
        target_max_dp: *most,
        message,
        strikes,
        silent,
    };
    if let Some(session) = faces.rooms.session(*who) {
        let told = rounds.0.entry(*who).or_default();
        told[0] += blow.damage;
        told[if blow.lands { 2 } else { 3 }] += 1;
        let silent = faces.detail(*who) == FightDetail::Summary && *telling != "kill";
        outbox.tell_one(session, note(true, own + named(true).as_str(), silent));
    }
    if let Some(session) = faces.rooms.session(*whom) {
        rounds.0.entry(*whom).or_default()[1] += blow.damage;
        let silent = faces.detail(*whom) == FightDetail::Summary && *left > 0;
        outbox.tell_one(session, note(false, theirs + named(false).as_str(), silent));
    }
    faces.line(
        *room,
        faces.bystanders(*room, [*who, *whom], *telling != "kill"),
        &others,
        outbox,
    );
}

/// A text as a sentence begins: whoever is named first may be without a name of their own.
fn begun(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

pub(super) fn died(faces: &FightFaces<'_, '_>, news: &FightNews, outbox: &mut Outbox) {
    let FightNews::Died {
        room,
        creature,
        by,
        paid,
    } = news
    else {
        return;
    };
    let name = faces
        .people
        .get(*creature)
        .ok()
        .and_then(|(_, (_, one), ..)| Some(faces.bestiary.get(&one?.kind)?.name.clone()));
    for one in faces.rooms.occupants(*room) {
        let Some(session) = faces.rooms.session(*one) else {
            continue;
        };
        let note = NpcDied {
            npc_id: faces.id(*creature),
            npc_name: name.clone().unwrap_or_default(),
            room_id: faces.rooms.atlas.room(*room).id.clone(),
            killer_name: by.map(|by| faces.name(by)),
            xp_reward: paid
                .iter()
                .find(|(who, _)| who == one)
                .map(|(_, points)| *points),
            message: format!("{} is dead.", faces.begins(*creature)),
        };
        outbox.tell_one(session, note);
    }
}

pub(super) fn over(
    faces: &FightFaces<'_, '_>,
    (room, id, round): (RoomIx, StableId, u32),
    rounds: &mut RoundTold,
    outbox: &mut Outbox,
) {
    let Some(fight) = faces.brawls.fights.get(&room) else {
        return;
    };
    for own in fight.fighters.values().filter(|one| one.player) {
        let me = own.entity;
        let [dealt, taken, hits, misses] = rounds.0.remove(&me).unwrap_or_default();
        let (Some(session), Some(view)) = (faces.rooms.session(me), faces.view(me, me)) else {
            continue;
        };
        let all = fight.fighters.values();
        let target = own.target.and_then(|target| fight.fighters.get(&target));
        let target = target.map_or_else(|| "nobody".to_owned(), |one| faces.name(one.entity));
        let (intent, next) = match own.intent {
            Intent::Strike => ("attack", format!("you strike {target}")),
            Intent::Flee(_) => ("flee", "you run".to_owned()),
            Intent::Defend => ("defend", "you look to your guard".to_owned()),
            Intent::Taunt(_) => ("taunt", "you taunt".to_owned()),
            Intent::Aid(_) => ("aid", "you see to wounds".to_owned()),
        };
        let left = view
            .dp
            .zip(view.max_dp)
            .map_or_else(String::new, |(dp, most)| {
                format!(" and have {dp} of {most}")
            });
        let note = CombatRound {
            combat_id: id,
            room_id: faces.rooms.atlas.room(room).id.clone(),
            combat_round: round,
            participants: all.filter_map(|one| faces.view(one.entity, me)).collect(),
            you: OwnRound {
                dealt,
                taken,
                hits: hits.unsigned_abs(),
                misses: misses.unsigned_abs(),
            },
            intent,
            summary: format!("You lost {taken}{left}; you took {dealt}. Next {next}."),
            next_round_ms: faces.until_next(room),
            silent: faces.detail(me) != FightDetail::Summary,
        };
        outbox.tell_one(session, note);
    }
}

pub(super) const fn ending(reason: &str) -> &'static str {
    match reason.as_bytes() {
        b"victory" => "The fight is over, and you stand.",
        b"defeat" => "The fight is over for you.",
        b"fled" => "You are out of it.",
        b"timeout" => "Nobody strikes any more.",
        _ => "You are in no fight any more.",
    }
}
