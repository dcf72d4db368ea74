//! A note: one fact on its way to an audience, not yet in anybody's wire format.

use std::fmt;

use super::Prose;

pub use engine_derive::Note;
pub use erased_serde::Serialize as Serializable;

/// Something a client is told. The world makes it once; the gateway encodes it once per wire
/// format, however many hear it. The tick thread never serialises.
pub trait Note: fmt::Debug + Send + Sync + 'static {
    /// The `event_type` on the wire, a stable name.
    fn event_type(&self) -> &'static str;

    /// The `data` object of the frame.
    fn data(&self) -> &dyn erased_serde::Serialize;

    /// What a text client reads; `None` if there is nothing to read.
    fn prose(&self) -> Option<Prose> {
        None
    }

    /// What a GMCP client gets beside the text.
    fn gmcp(&self) -> Vec<Gmcp> {
        Vec::new()
    }

    /// Notes of equal key replace each other while they wait for a slow client: only the newest
    /// is worth sending. `None`: must be delivered, in order.
    fn coalesce(&self) -> Option<&'static str> {
        None
    }

    /// The envelope's `room_id`, where the note belongs to a room.
    fn room_id(&self) -> Option<&str> {
        None
    }

    /// The envelope's `player_id`, where the note belongs to a character.
    fn player_id(&self) -> Option<super::StableId> {
        None
    }
}

/// One GMCP message: `Package.Name` and its JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Gmcp {
    /// `Char.Vitals`, `Room.Info`, …
    pub package: &'static str,
    /// The payload.
    pub data: serde_json::Value,
}
