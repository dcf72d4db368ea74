//! `chat_message`: the one shape of everything said.

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::Channel;
use crate::cast::{ANN, BOB, FOYER, id};

/// Something said. Who and when are said once: many hear it.
#[derive(Debug, Serialize, JsonSchema, Note)]
#[note("chat_message", prose = Self::told, gmcp = Self::packages, examples = Self::shown)]
pub struct ChatMessage {
    /// Who said it.
    pub sender_id: StableId,
    /// Their name.
    pub player_name: String,
    /// The speaker is an admin; absent where not. A name can be made to look like another's, this
    /// can't.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub admin: bool,
    /// On which channel.
    pub channel: Channel,
    /// What is read: "Ann says: hello".
    pub message: String,
    /// The bare words.
    pub original_content: String,
    /// What a mind that is not well did to the words, the speaker's or the hearer's: `strained`,
    /// `muffled`, `scrambled`, `murmured`; absent where nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<&'static str>,
    /// This line's own id.
    pub message_id: String,
    /// When it was said, by the wall clock, RFC 3339; absent where that is when the frame was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// To whom, where to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_id: Option<StableId>,
    /// Their name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_name: Option<String>,
    /// The room it was said in.
    #[serde(skip)]
    #[note(room)]
    pub room: Option<String>,
}

impl ChatMessage {
    /// What a text client reads.
    fn told(&self) -> Option<Prose> {
        Some(Prose::of(self.channel.ink(), self.message.clone()))
    }

    /// What a GMCP client gets beside the text.
    fn packages(&self) -> Vec<Gmcp> {
        let data = serde_json::json!({
            "channel": self.channel, "talker": self.player_name, "text": self.message,
        });
        vec![Gmcp {
            package: "Comm.Channel.Text",
            data,
        }]
    }
}

impl ChatMessage {
    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        let one = |channel: Channel, text: &str, target: Option<&str>| Self {
            sender_id: id(BOB),
            player_name: BOB.to_owned(),
            admin: false,
            channel,
            message: channel.format(BOB, text),
            original_content: text.to_owned(),
            tags: Vec::new(),
            message_id: "eb1af47a41176e3d".to_owned(),
            timestamp: None,
            target_id: target.map(id),
            target_name: target.map(str::to_owned),
            room: Some(FOYER.to_owned()),
        };
        vec![
            one(Channel::Say, "hello", None),
            Self {
                tags: vec!["strained"],
                ..one(Channel::Whisper, "not so loud", Some(ANN))
            },
            Self {
                admin: true,
                ..one(Channel::Say, "hush", None)
            },
        ]
    }
}

/// What waits its turn, in checkpoints: with every field, also what clients are not sent.
pub(crate) mod whole {
    use std::sync::Arc;

    use engine::prelude::*;
    use engine::record::word;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Channel, ChatMessage};

    type Lines = Vec<(Audience, Arc<ChatMessage>)>;

    #[derive(Serialize, Deserialize)]
    struct SavedLine {
        sender_id: StableId,
        player_name: String,
        admin: bool,
        channel: Channel,
        message: String,
        original_content: String,
        tags: Vec<String>,
        message_id: String,
        timestamp: Option<String>,
        target_id: Option<StableId>,
        target_name: Option<String>,
        room: Option<String>,
    }

    pub(crate) fn serialize<S: Serializer>(lines: &Lines, to: S) -> Result<S::Ok, S::Error> {
        let whole = lines.iter().map(|(audience, line)| {
            let line = SavedLine {
                sender_id: line.sender_id,
                player_name: line.player_name.clone(),
                admin: line.admin,
                channel: line.channel,
                message: line.message.clone(),
                original_content: line.original_content.clone(),
                tags: line.tags.iter().map(|&tag| tag.to_owned()).collect(),
                message_id: line.message_id.clone(),
                timestamp: line.timestamp.clone(),
                target_id: line.target_id,
                target_name: line.target_name.clone(),
                room: line.room.clone(),
            };
            (audience, line)
        });
        to.collect_seq(whole)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Lines, D::Error> {
        let whole = Vec::<(Audience, SavedLine)>::deserialize(from)?;
        let lines = whole.into_iter().map(|(audience, line)| {
            let line = ChatMessage {
                sender_id: line.sender_id,
                player_name: line.player_name,
                admin: line.admin,
                channel: line.channel,
                message: line.message,
                original_content: line.original_content,
                tags: line.tags.iter().map(|tag| word::known(tag)).collect(),
                message_id: line.message_id,
                timestamp: line.timestamp,
                target_id: line.target_id,
                target_name: line.target_name,
                room: line.room,
            };
            (audience, Arc::new(line))
        });
        Ok(lines.collect())
    }
}
