//! `chat_message`: the one shape of everything said.

use engine::prelude::*;
use serde::Serialize;

use super::Channel;

/// Something said.
#[derive(Debug, Serialize)]
pub struct ChatMessage {
    /// Who said it.
    pub sender_id: StableId,
    /// Their name.
    pub player_name: String,
    /// On which channel.
    pub channel: Channel,
    /// What everybody reads: "Ann says: hello".
    pub message: String,
    /// The bare words.
    pub original_content: String,
    /// This line's own id.
    pub message_id: String,
    /// When, by the wall clock, RFC 3339.
    pub timestamp: String,
    /// To whom, where to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_id: Option<StableId>,
    /// Their name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_name: Option<String>,
    /// The room it was said in.
    #[serde(skip)]
    pub room: Option<String>,
}

impl Note for ChatMessage {
    fn event_type(&self) -> &'static str {
        "chat_message"
    }
    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }
    fn prose(&self) -> Option<Prose> {
        Some(Prose::of(self.channel.ink(), self.message.clone()))
    }
    fn gmcp(&self) -> Vec<Gmcp> {
        let data = serde_json::json!({
            "channel": self.channel, "talker": self.player_name, "text": self.message,
        });
        vec![Gmcp {
            package: "Comm.Channel.Text",
            data,
        }]
    }
    fn room_id(&self) -> Option<&str> {
        self.room.as_deref()
    }
    fn player_id(&self) -> Option<StableId> {
        Some(self.sender_id)
    }
}
