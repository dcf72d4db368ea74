//! Wire formats: one fact in, the bytes of each subprotocol out; and the way back.
//!
//! Encoding happens once per note and wire format, however many hear it ([`EncodedNote`]); what differs
//! between clients is only the frame's number. Decoding is a pure function of the bytes.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use engine::port::{Code, Note, Tick};

mod ansi;
mod depth;
mod gmcp;
mod kadath;
mod marks;
mod shape;
mod typed;

pub(crate) use gmcp::{Packet, Supports};
pub(crate) use kadath::{Authenticate, ClientFrame, Command, Defect, Head, Resume};
pub(crate) use marks::pieces;
pub use shape::{ClientMessage, FrameShape, Message, encoded};
pub(crate) use typed::{LINES_MAX, Typed, typed_line};

use kadath::decode;
use typed::decode_typed;

/// The largest message a client may send, in bytes.
pub(crate) const MESSAGE_BYTES_MAX: usize = 10 * 1024;

/// How deep a client's JSON may nest.
pub(crate) const DEPTH_MAX: usize = 10;

pub(crate) use depth::too_deep;

/// A subprotocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// JSON frames with numbers; resumable.
    Kadath,
    /// ANSI text, and GMCP wrapped in JSON.
    MudJson,
    /// ANSI text, and GMCP as words.
    Gmcp,
    /// ANSI text.
    Terminal,
    /// The bytes of a telnet connection: text that its door lays out for the terminal, and GMCP.
    Telnet,
}

impl Format {
    pub(crate) const ALL: [Self; 5] = [
        Self::Kadath,
        Self::MudJson,
        Self::Gmcp,
        Self::Terminal,
        Self::Telnet,
    ];

    /// The name in `Sec-WebSocket-Protocol`.
    pub(crate) const fn subprotocol(self) -> &'static str {
        match self {
            Self::Kadath => "kadath.v1",
            Self::MudJson => "json.mudstandards.org",
            Self::Gmcp => "gmcp.mudstandards.org",
            Self::Terminal => "terminal.mudstandards.org",
            Self::Telnet => "telnet.mudstandards.org",
        }
    }

    /// Its name in metrics and records: telnet is one, whatever carries it.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Telnet => "telnet",
            other => other.subprotocol(),
        }
    }

    pub(crate) fn of(subprotocol: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|format| format.subprotocol() == subprotocol)
    }
}

/// A client's message, not yet understood.
#[derive(Clone, Debug)]
pub(crate) enum FramePayload {
    /// Text as people type it: a line, or several.
    Typed(Bytes),
    /// What a program says: a frame of `kadath.v1`, or GMCP beside the text.
    Data(Bytes),
}

/// A client's message, understood.
#[derive(Clone, Debug)]
pub(crate) enum Incoming {
    /// A frame of `kadath.v1`.
    Frame(ClientFrame),
    /// What a text client sent.
    Typed(Typed),
}

impl Format {
    /// Reads a client's message.
    ///
    /// # Errors
    /// The catalogue code of what is wrong with it.
    pub(crate) fn decode(self, payload: &FramePayload) -> Result<Incoming, Defect> {
        match (self, payload) {
            (Self::Kadath, FramePayload::Data(json)) => decode(json).map(Incoming::Frame),
            (Self::Kadath, FramePayload::Typed(_)) => Err(Defect::new(
                Code::InvalidFormat,
                None,
                "Frames are TEXT here.",
            )),
            (_, FramePayload::Typed(text)) => decode_typed(self, true, text).map(Incoming::Typed),
            (_, FramePayload::Data(data)) => decode_typed(self, false, data).map(Incoming::Typed),
        }
    }
}

/// How notes are encoded for one client: as it wants to be spoken to.
#[derive(Clone, Debug)]
pub(crate) struct Encoder {
    pub(crate) format: Format,
    /// Colours in text.
    pub(crate) colour: bool,
    /// The GMCP packages the client asked for; `None`: all.
    pub(crate) supports: Option<Supports>,
}

impl Encoder {
    pub(crate) const fn new(format: Format) -> Self {
        Self {
            format,
            colour: true,
            supports: None,
        }
    }
}

/// Bytes that all who get them share. Thin: who has heard a crowd holds a thousand of them.
pub(crate) type SharedBytes = Arc<Box<[u8]>>;

/// One message to a client, encoded; shared by all who get it. How it is wrapped is the door's.
#[derive(Clone, Debug)]
pub(crate) enum EncodedFrame {
    /// Data of `kadath.v1` without its head: the number comes when it leaves.
    Numbered(SharedBytes),
    /// Data beside the text: GMCP.
    Data(SharedBytes),
    /// Text to read.
    Text(SharedBytes),
}

impl EncodedFrame {
    /// What it weighs in a queue, in bytes: its content and its place.
    pub(crate) fn weight(&self) -> usize {
        // The place of one entry in a queue; one in the ring is smaller.
        const PLACE: usize = 48;
        match self {
            Self::Numbered(bytes) | Self::Data(bytes) | Self::Text(bytes) => bytes.len() + PLACE,
        }
    }
}

/// From this length on it is worth the time to look for a twin of a frame, in bytes.
const TWIN_FROM: usize = 512;

/// The long frames of one tick, by content: a crowd that comes into a room is shown the same people
/// by a note for each, and keeps one frame.
#[derive(Debug, Default)]
pub(crate) struct Twins(Mutex<HashSet<SharedBytes>>);

impl Twins {
    fn shared(&self, frame: SharedBytes) -> SharedBytes {
        if frame.len() < TWIN_FROM {
            return frame;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(twin) = known.get(&frame) {
            return Arc::clone(twin);
        }
        known.insert(Arc::clone(&frame));
        frame
    }
}

/// A note on its way to many, encoded at most once per wire format, and only when somebody hears it.
pub(crate) struct EncodedNote<'a> {
    note: &'a dyn Note,
    tick: Tick,
    stamp: &'a str,
    twins: Option<&'a Twins>,
    tail: OnceCell<Option<SharedBytes>>,
    colour: OnceCell<Option<SharedBytes>>,
    plain: OnceCell<Option<SharedBytes>>,
    marked: OnceCell<Option<SharedBytes>>,
    words: OnceCell<Vec<Packet>>,
    wrapped: OnceCell<Vec<Packet>>,
}

impl<'a> EncodedNote<'a> {
    /// `note`, as of `tick`; `stamp` is that tick's wall clock as RFC 3339.
    pub(crate) const fn new(note: &'a dyn Note, tick: Tick, stamp: &'a str) -> Self {
        Self {
            note,
            tick,
            stamp,
            twins: None,
            tail: OnceCell::new(),
            colour: OnceCell::new(),
            plain: OnceCell::new(),
            marked: OnceCell::new(),
            words: OnceCell::new(),
            wrapped: OnceCell::new(),
        }
    }

    /// The same, where other notes of the tick may become the same frame.
    pub(crate) fn among(mut self, twins: &'a Twins) -> Self {
        self.twins = Some(twins);
        self
    }

    /// The tick that says it.
    pub(crate) const fn tick(&self) -> Tick {
        self.tick
    }

    /// What the note replaces in a full queue.
    pub(crate) fn coalesce(&self) -> Option<&'static str> {
        self.note.coalesce()
    }

    /// The frames of this note by that encoder, possibly none.
    pub(crate) fn frames(&self, encoder: &Encoder, mut say: impl FnMut(EncodedFrame)) {
        if encoder.format == Format::Kadath {
            let tail = self.tail.get_or_init(|| {
                let tail = kadath::tail(self.note, self.tick, self.stamp)?;
                Some(match self.twins {
                    Some(twins) => twins.shared(tail),
                    None => tail,
                })
            });
            if let Some(tail) = tail {
                say(EncodedFrame::Numbered(Arc::clone(tail)));
            }
            return;
        }

        let text = match (encoder.format, encoder.colour) {
            (Format::Telnet, true) => self.marked.get_or_init(|| marks::text(self.note)),
            (_, true) => self.colour.get_or_init(|| ansi::text(self.note, true)),
            (_, false) => self.plain.get_or_init(|| ansi::text(self.note, false)),
        };
        if let Some(text) = text {
            say(EncodedFrame::Text(Arc::clone(text)));
        }
        let packets = match encoder.format {
            Format::Gmcp | Format::Telnet => self.words.get_or_init(|| gmcp::words(self.note)),
            Format::MudJson => self.wrapped.get_or_init(|| gmcp::wrapped(self.note)),
            Format::Kadath | Format::Terminal => return,
        };
        for packet in packets {
            let wanted = |supports: &Supports| supports.wants(packet.package);
            if encoder.supports.as_ref().is_none_or(wanted) {
                say(EncodedFrame::Data(Arc::clone(&packet.bytes)));
            }
        }
    }
}

/// Whether a client's message of that subprotocol is understood; `None` where there is no such
/// subprotocol. A pure function without other effect, made for fuzzing the decoders.
#[must_use]
pub fn understands(subprotocol: &str, binary: bool, message: &[u8]) -> Option<bool> {
    let format = Format::of(subprotocol)?;
    Some(match format {
        Format::Kadath => !binary && decode(message).is_ok(),
        _ => decode_typed(format, binary, message).is_ok(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use engine::port::{Code, Refusal};

    use super::{EncodedFrame, EncodedNote, Encoder, Format, SharedBytes, Twins};
    use crate::payload::ErrorNote;

    fn frame(words: &str, twins: &Twins) -> SharedBytes {
        let note = ErrorNote::from(Refusal::new(Code::InvalidInput, words));
        let mut frame = None;
        let encoded = EncodedNote::new(&note, 1, "then").among(twins);
        encoded.frames(&Encoder::new(Format::Kadath), |said| frame = Some(said));
        match frame {
            Some(EncodedFrame::Numbered(tail)) => tail,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn long_frames_of_one_content_are_one() {
        let (twins, long) = (Twins::default(), "long ".repeat(200));
        let one = frame(&long, &twins);
        assert!(Arc::ptr_eq(&one, &frame(&long, &twins)));
        assert_ne!(one, frame(&long.to_uppercase(), &twins));
        assert!(!Arc::ptr_eq(&one, &frame(&long, &Twins::default())));
    }
}
