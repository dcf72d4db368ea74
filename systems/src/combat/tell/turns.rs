//! What is told of the lesser things in a fight: who turns, runs, taunts, helps, and that it is over.

use engine::prelude::*;

use super::super::notes::{CombatEnded, TargetSwitch};
use super::{FightFaces, FightNews, ending};
use crate::world::{Direction, RoomIx};

pub(super) fn ended(faces: &FightFaces<'_, '_>, news: &FightNews, outbox: &mut Outbox) {
    let FightNews::Ended {
        room,
        id,
        who,
        reason,
        seconds,
    } = news
    else {
        return;
    };
    for session in who.iter().filter_map(|who| faces.rooms.session(*who)) {
        let note = CombatEnded {
            combat_id: *id,
            room_id: faces.rooms.atlas.room(*room).id.clone(),
            reason,
            duration_seconds: *seconds,
            message: ending(reason),
        };
        outbox.tell_one(session, note);
    }
}

pub(super) fn turns(faces: &FightFaces<'_, '_>, news: &FightNews, outbox: &mut Outbox) {
    let FightNews::Turns {
        room,
        id,
        who,
        whom,
    } = news
    else {
        return;
    };
    let message = format!("{} turns on {}.", faces.begins(*who), faces.name(*whom));
    let all = faces.bystanders(*room, [*who, *who], false);
    if !all.is_empty() {
        let note = TargetSwitch {
            combat_id: *id,
            room_id: faces.rooms.atlas.room(*room).id.clone(),
            npc_name: faces.name(*who),
            new_target_name: faces.name(*whom),
            message,
        };
        outbox.tell(Audience::Many(all.into()), note);
    }
}

pub(super) fn flees(
    faces: &FightFaces<'_, '_>,
    room: RoomIx,
    who: Entity,
    way: Option<Direction>,
    outbox: &mut Outbox,
) {
    let begins = faces.begins(who);
    let text = match way {
        Some(way) => format!("{begins} runs {way}."),
        None => format!("{begins} looks for a way out, and finds none."),
    };
    let others = faces.bystanders(room, [who, who], false);
    faces.line(room, others, &text, outbox);
    if let (Some(session), None) = (faces.rooms.session(who), way) {
        let text = "You look for a way out, and find none.";
        faces.line(room, vec![session], text, outbox);
    }
}

pub(super) fn taunts(faces: &FightFaces<'_, '_>, news: &FightNews, outbox: &mut Outbox) {
    let FightNews::Taunts {
        room,
        who,
        whom,
        passes,
    } = news
    else {
        return;
    };
    let does = if *passes { "listens" } else { "pays no heed" };
    let (begins, name) = (faces.begins(*who), faces.name(*whom));
    let text = format!("{begins} taunts {name}, who {does}.");
    let others = faces.bystanders(*room, [*whom, *whom], false);
    faces.line(*room, others, &text, outbox);
}

pub(super) fn aids(faces: &FightFaces<'_, '_>, news: &FightNews, outbox: &mut Outbox) {
    let FightNews::Aids {
        room,
        who,
        whom,
        passes,
    } = news
    else {
        return;
    };
    let how = if *passes {
        "and it holds"
    } else {
        "and it does not hold"
    };
    let whose = if who == whom {
        "a wound".to_owned()
    } else {
        format!("{}'s wounds", faces.name(*whom))
    };
    let text = format!("{} binds {whose}, {how}.", faces.begins(*who));
    let others = faces.bystanders(*room, [*who, *who], false);
    faces.line(*room, others, &text, outbox);
    if let Some(session) = faces.rooms.session(*who) {
        let text = format!("You bind the place, {how}.");
        faces.line(*room, vec![session], &text, outbox);
    }
}
