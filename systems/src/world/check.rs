//! What can be wrong with a world that parses.

use std::collections::{HashMap, HashSet};

use super::draft::{Draft, DraftExit, DraftRoom};
use engine::content::Problem;

pub(super) fn check(draft: &Draft<'_>, problems: &mut Vec<Problem>) {
    let mut by_id: HashMap<&str, &DraftRoom<'_>> = HashMap::new();
    for room in &draft.rooms {
        if by_id.insert(&room.id, room).is_some() {
            problems.push(
                room.at
                    .problem(format!("room id `{}` is used twice", room.id)),
            );
        }
    }
    for room in &draft.rooms {
        id(room, problems);
        environment(draft, room, problems);
        for exit in &room.exits {
            way(room, exit, &by_id, problems);
        }
    }
    match by_id.get(draft.default_room.as_str()) {
        None => problems.push(draft.default_at.problem(format!(
            "default_room `{}` is not a room",
            draft.default_room
        ))),
        Some(room) => reachable(room, &by_id, draft, problems),
    }
    for (key, named) in [
        ("respawn_room", &draft.respawn_room),
        ("limbo_room", &draft.limbo_room),
    ] {
        if let Some((id, at)) = named
            && !by_id.contains_key(id.as_str())
        {
            problems.push(at.problem(format!("{key} `{id}` is not a room")));
        }
    }
}

fn id(room: &DraftRoom<'_>, problems: &mut Vec<Problem>) {
    if room.id.trim().is_empty() || room.id.chars().any(|c| c.is_control() || c.is_whitespace()) {
        problems.push(room.at.problem(format!(
            "room id `{}` is empty or has blanks",
            room.id.escape_debug()
        )));
    }
}

fn environment(draft: &Draft<'_>, room: &DraftRoom<'_>, problems: &mut Vec<Problem>) {
    let key = draft.environment_of(room);
    if !draft.environments.iter().any(|known| known == key) {
        let at = room.environment.as_ref().map_or(&room.at, |(_, at)| at);
        problems.push(at.problem(format!("unknown environment `{key}` in `{}`", room.id)));
    }
}

fn way(
    room: &DraftRoom<'_>,
    exit: &DraftExit<'_>,
    by_id: &HashMap<&str, &DraftRoom<'_>>,
    problems: &mut Vec<Problem>,
) {
    let Some(target) = by_id.get(exit.to.as_str()) else {
        let message = format!(
            "exit {} of `{}` leads to `{}`, which is not a room",
            exit.way, room.id, exit.to
        );
        problems.push(exit.at.problem(message));
        return;
    };
    let back = target
        .exits
        .iter()
        .any(|back| back.way == exit.way.opposite() && back.to == room.id);
    match (back, exit.one_way) {
        (false, false) => problems.push(exit.at.problem(format!(
            "exit {} of `{}` has no way back {} from `{}`: add it, or mark this one `one_way = true`",
            exit.way,
            room.id,
            exit.way.opposite(),
            exit.to,
        ))),
        (true, true) => problems.push(exit.at.problem(format!(
            "exit {} of `{}` is marked one_way, but `{}` leads back {}",
            exit.way,
            room.id,
            exit.to,
            exit.way.opposite(),
        ))),
        _ => {}
    }
}

fn reachable(
    start: &DraftRoom<'_>,
    by_id: &HashMap<&str, &DraftRoom<'_>>,
    draft: &Draft<'_>,
    problems: &mut Vec<Problem>,
) {
    let mut seen: HashSet<&str> = HashSet::from([start.id.as_str()]);
    let mut todo = vec![start];
    // One does not walk to limbo.
    let limbo = draft
        .limbo_room
        .as_ref()
        .and_then(|(id, _)| by_id.get(id.as_str()));
    if let Some(limbo) = limbo
        && seen.insert(&limbo.id)
    {
        todo.push(limbo);
    }
    while let Some(room) = todo.pop() {
        for exit in &room.exits {
            if let Some(next) = by_id.get(exit.to.as_str())
                && seen.insert(&next.id)
            {
                todo.push(next);
            }
        }
    }
    for room in draft
        .rooms
        .iter()
        .filter(|room| !seen.contains(room.id.as_str()))
    {
        problems.push(room.at.problem(format!(
            "nobody can walk from the default room to `{}`",
            room.id
        )));
    }
}
