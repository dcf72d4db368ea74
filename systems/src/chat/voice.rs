//! Words of what is no person: a room, or something in it.

use engine::prelude::*;

use crate::place::Rooms;
use crate::speech::{Channel, ChatMessage};
use crate::world::RoomIx;

/// Let something say or do something, for all in a room.
#[derive(Message, Clone, Debug)]
pub struct Voiced {
    /// Where.
    pub room: RoomIx,
    /// What speaks.
    pub sender: StableId,
    /// What it is called.
    pub name: String,
    /// Its words.
    pub text: String,
    /// It does something, and says nothing.
    pub emote: bool,
}

/// Takes down what a voice is made of.
pub(super) fn register(reg: &mut Registrar<'_>) {
    reg.message::<Voiced>().system(Phase::Emit, deliver);
}

/// Lets those in the room hear it.
fn deliver(
    mut voiced: MessageReader<Voiced>,
    rooms: Rooms<'_, '_>,
    dice: Res<Dice>,
    mut outbox: ResMut<Outbox>,
) {
    for (n, one) in (0..).zip(voiced.read()) {
        let channel = if one.emote {
            Channel::Emote
        } else {
            Channel::Say
        };
        let audience = rooms.audience(one.room);
        if audience.is_empty() {
            continue;
        }
        let note = ChatMessage {
            sender_id: one.sender,
            player_name: one.name.clone(),
            admin: false,
            channel,
            message: channel.format(&one.name, &one.text),
            original_content: one.text.clone(),
            tags: Vec::new(),
            message_id: format!("{:016x}", dice.roll(one.sender, "voice", n)),
            timestamp: None,
            target_id: None,
            target_name: None,
            room: Some(rooms.atlas.room(one.room).id.clone()),
        };
        outbox.tell(Audience::Many(audience), note);
    }
}
