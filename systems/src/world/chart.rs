//! Where each room is on the map.

use std::collections::VecDeque;

use super::atlas::{Room, RoomIx};

/// Gives every room coordinates by walking from `origin`, breadth first; rooms that can't be
/// reached start charts of their own, far to the east of all before.
pub(super) fn chart(rooms: &mut [Room], origin: RoomIx) {
    let mut placed = vec![false; rooms.len()];
    let mut starts = vec![origin.index()];
    starts.extend(0..rooms.len());
    let mut eastmost = 0;
    for start in starts {
        if rooms.is_empty() || placed[start] {
            continue;
        }
        rooms[start].at = if start == origin.index() {
            (0, 0, 0)
        } else {
            (eastmost + 100, 0, 0)
        };
        placed[start] = true;
        let mut queue = VecDeque::from([start]);
        while let Some(here) = queue.pop_front() {
            let (x, y, z) = rooms[here].at;
            eastmost = eastmost.max(x);
            for (to, (dx, dy, dz)) in rooms[here]
                .exits
                .iter()
                .map(|exit| (exit.to.index(), exit.way.step()))
                .collect::<Vec<_>>()
            {
                if !placed[to] {
                    placed[to] = true;
                    rooms[to].at = (x + dx, y + dy, z + dz);
                    queue.push_back(to);
                }
            }
        }
    }
}
