//! Who spoke last, and where.

use engine::prelude::*;

use super::Channel;
use super::speak::Said;
use crate::place::{InRoom, LastSpoke};

/// Notes who spoke where.
pub(super) fn mark(
    mut said: MessageReader<Said>,
    mut speakers: Query<(&InRoom, &mut LastSpoke)>,
    clock: Res<Clock>,
) {
    for one in said.read() {
        let around = matches!(one.channel, Channel::Say | Channel::Emote | Channel::Local);
        if around && let Ok((InRoom(room), mut last)) = speakers.get_mut(one.speaker) {
            *last = LastSpoke::at(*room, clock.now);
        }
    }
}
