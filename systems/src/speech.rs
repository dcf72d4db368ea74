//! What is said, as plain types: the channels, the note of a line, the wish for a gesture.
//!
//! `chat` makes lines of what people type and delivers them; whoever else has something to say or
//! to ask about talk names these types and not `chat`.

mod channel;
mod emote;
mod message;

pub use channel::Channel;
pub(crate) use emote::Emote;
pub use message::ChatMessage;
pub(crate) use message::whole;
