//! How a character's own mutes change.

use engine::prelude::*;

use super::Rules;
use crate::audit::Audit;
use crate::hearing::{Mute, Mutes};
use crate::speech::Channel;

/// Mute or unmute somebody or something for a character: the one way in which [`Mutes`] change.
#[derive(Message, Clone, Debug)]
pub struct SetMute {
    /// By which command, and so on whose list. It is answered when the list is changed.
    pub order: Order,
    /// What its actor is told then.
    pub told: String,
    /// Whom or what.
    pub what: Muted,
    /// `None`: they are heard again.
    pub mute: Option<Mute>,
}

/// Somebody or something that is muted.
#[derive(Clone, Debug)]
pub enum Muted {
    /// A person, by id and name.
    Person(StableId, String),
    /// A channel.
    Channel(Channel),
}

/// Keeps the lists, takes what is over off those that are touched, and answers.
pub(super) fn settle(
    mut wanted: MessageReader<SetMute>,
    mut lists: Query<&mut Mutes>,
    rules: Res<Rules>,
    clock: Res<Clock>,
    mut audit: Audit<'_, '_>,
    mut answers: MessageWriter<Answer>,
) {
    for one in wanted.read() {
        let (order, mute) = (one.order, one.mute.clone());
        let Ok(mut list) = lists.get_mut(order.actor) else {
            continue;
        };
        list.forget_over(clock.wall());
        let verb = if mute.is_some() { "mute" } else { "unmute" };
        let done = match &one.what {
            Muted::Person(id, name) => {
                let done = list.set_person((*id, name.clone()), mute, rules.people);
                if done {
                    audit.note(order, verb, Some((*id, name)));
                }
                done
            }
            Muted::Channel(channel) => {
                list.set_channel(*channel, mute);
                true
            }
        };
        answers.write(match done {
            true => Answer::with(order, one.told.clone()),
            false => Answer::refusal(order, full()),
        });
    }
}

/// Why nobody more can be muted.
pub(super) fn full() -> Refusal {
    let message = "Your list of muted people is full.";
    Refusal::new(Code::GameLogicError, message)
}
