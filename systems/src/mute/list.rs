//! How a character's own mutes change.

use engine::prelude::*;

use super::Rules;
use crate::hearing::{Mute, Mutes};
use crate::speech::Channel;

/// Mute or unmute somebody or something for a character: the one way in which [`Mutes`] change.
#[derive(Message, Clone, Debug)]
pub enum SetMute {
    /// A person.
    Person {
        /// Whose list.
        owner: Entity,
        /// Who.
        id: StableId,
        /// Their name.
        name: String,
        /// `None`: they are heard again.
        mute: Option<Mute>,
    },
    /// A channel.
    Channel {
        /// Whose list.
        owner: Entity,
        /// Which.
        channel: Channel,
        /// `None`: it is heard again.
        mute: Option<Mute>,
    },
}

/// Keeps the lists, and takes what is over off those that are touched.
pub(super) fn settle(
    mut wanted: MessageReader<SetMute>,
    mut lists: Query<&mut Mutes>,
    rules: Res<Rules>,
    clock: Res<Clock>,
) {
    for one in wanted.read() {
        let (SetMute::Person { owner, .. } | SetMute::Channel { owner, .. }) = one;
        let Ok(mut list) = lists.get_mut(*owner) else {
            continue;
        };
        list.forget_over(clock.wall());
        match one.clone() {
            SetMute::Person { id, name, mute, .. } => {
                list.set_person((id, name), mute, rules.people);
            }
            SetMute::Channel { channel, mute, .. } => list.set_channel(channel, mute),
        }
    }
}
