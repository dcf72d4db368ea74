//! What plugins say of people and rooms for everybody to see, kept for the lists.

use std::collections::BTreeMap;

use engine::prelude::*;

use crate::describe::{Marked, Marks, Retell, RoomLines, RoomLinesTold};

/// Somebody has other marks than before.
#[derive(Message, Clone, Copy, Debug)]
pub(super) struct MarksChanged(pub(super) Entity);

/// What was said while this plugin was left out is gone.
pub(super) fn retell(mut retell: ResMut<Retell>) {
    retell.set_changed();
}

/// Keeps marks with those who have them.
pub(super) fn keep_marks(
    mut marked: MessageReader<Marked>,
    mut people: Query<Option<&mut Marks>, With<Online>>,
    mut changed: MessageWriter<MarksChanged>,
    mut commands: Commands<'_, '_>,
) {
    // Whoever has none yet gets them when this system is over.
    let mut first: BTreeMap<Entity, Marks> = BTreeMap::new();
    for one in marked.read() {
        let Ok(marks) = people.get_mut(one.who) else {
            continue;
        };
        match marks {
            None => first.entry(one.who).or_default().put(one),
            Some(mut marks) => {
                let mut now = marks.clone();
                now.put(one);
                if marks.set_if_neq(now) {
                    changed.write(MarksChanged(one.who));
                }
            }
        }
    }
    for (who, marks) in first.into_iter().filter(|(_, marks)| !marks.is_empty()) {
        commands.entity(who).try_insert(marks);
        changed.write(MarksChanged(who));
    }
}

/// Keeps the lines of rooms.
pub(super) fn keep_lines(mut told: MessageReader<RoomLinesTold>, mut lines: ResMut<RoomLines>) {
    for one in told.read() {
        lines.put(one);
    }
}
