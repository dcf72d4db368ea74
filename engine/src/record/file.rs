//! The format: a file is a magic and frames, each with length and checksum.
//!
//! Whatever follows the last whole frame is ignored: the process may have been killed while it
//! wrote. A frame that is damaged is not.

use serde::{Deserialize, Serialize};

use super::WorldState;
use super::trace::TickTrace;
use crate::content::RevisionMark;
use crate::dice::Seed;
use crate::port::{BridgeIn, Inbound, Row, RunId, StorageState, StoreReply, Tick, WorldTime};
use crate::{PluginOrder, Setup};

/// What a file begins with. The last byte is the format's version: a recording of another is
/// refused, for it is worth something only to a program that plays the same game.
pub(super) const MAGIC: [u8; 8] = *b"KADREC\0\x04";
/// Length and checksum before each payload, 4 bytes each, little-endian.
const FRAME_BYTES: usize = 8;
/// The longest payload: a checkpoint of a world of 100,000 characters in memory at 4 KiB each.
const PAYLOAD_BYTES_MAX: usize = 512 << 20;

/// What a recording is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingHeader {
    /// The program's version.
    pub program: String,
    /// The process start.
    pub run: RunId,
    /// What all chance grows from.
    pub seed: u64,
    /// The tick before the run's first.
    pub last_tick: Tick,
    /// World time of that tick, where the world went on without a gap.
    pub last_now: Option<WorldTime>,
    /// The run before, and the last tick of it that survived.
    pub recovered: Option<(RunId, Tick)>,
    /// There was a bus.
    pub bridge: bool,
    /// Plugins that started in quarantine.
    pub quarantined: Vec<String>,
    /// Every plugin, in order.
    pub plugins: Vec<String>,
    /// The world's content at the beginning, which lies beside the recording.
    pub revision: RevisionMark,
    /// Settings that decide outcomes, in whoever builds the plugins' own words.
    pub settings: String,
}

/// Where ticks can be played from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The tick after which the world was so.
    pub tick: Tick,
    /// At the beginning of a run: the saved rows that the world was built from.
    pub rows: Vec<Row>,
    /// Later: all of it.
    pub state: Option<WorldState>,
}

/// Consecutive ticks.
#[derive(Debug)]
pub struct Ticks {
    /// The first.
    pub first: Tick,
    pub(super) entries: Vec<Entry>,
}

impl Ticks {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// One tick. Times are what changed against the tick before, so that they are short.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    /// How much longer this tick's span is than that of the one before, in microseconds.
    pub(super) span_change: i64,
    pub(super) offset_change: i64,
    pub(super) heard: Vec<Inbound>,
    pub(super) stored: Vec<StoreReply>,
    /// As JSON: messages of the bus are tagged and carry free JSON.
    pub(super) bridged: Vec<String>,
    pub(super) orders: Vec<PluginOrder>,
    /// The content from here on, where it is another than in the tick before.
    pub(super) revision: Option<RevisionMark>,
    /// Where it is another than in the tick before.
    pub(super) storage: Option<StorageState>,
    pub(super) stopping: bool,
    pub(super) trace: TickTrace,
}

impl Entry {
    pub(super) fn bridged(&self) -> Result<Vec<BridgeIn>, RecordFault> {
        let read = |one: &String| serde_json::from_str(one).map_err(|_| RecordFault::Undecodable);
        self.bridged.iter().map(read).collect()
    }
}

/// The input of the tick before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Before {
    pub(super) now: WorldTime,
    pub(super) span: i64,
    pub(super) wall_offset: i64,
    pub(super) storage: Option<StorageState>,
}

/// A part of a file.
#[derive(Debug)]
pub enum Frame {
    /// The first of a file.
    Header(Box<RecordingHeader>),
    /// The second of a file.
    Checkpoint(Checkpoint),
    /// Ticks that follow those before.
    Ticks(Ticks),
    /// Ticks are missing from here on: the recorder could not keep up, or could not write.
    Gap,
    /// The world ended with the tick before.
    End,
}

/// As it is written.
#[derive(Serialize, Deserialize)]
enum FrameBody {
    Header(RecordingHeader),
    /// Packed.
    Checkpoint(Vec<u8>),
    Ticks {
        first: Tick,
        /// Packed entries.
        packed: Vec<u8>,
    },
    Gap,
    End,
}

/// A recording can't be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// The file is another's, or of another version.
    #[error("it is no recording of this version of the program")]
    Foreign,
    /// A frame's checksum does not match.
    #[error("it is damaged at byte {0}")]
    Damaged(usize),
    /// A frame holds what it can't hold.
    #[error("it holds what can't be decoded")]
    Undecodable,
    /// A content that a tick brings is not there, by its digest.
    #[error("the content {0} can't be had: {1}")]
    Content(String, String),
    /// What was copied of the world.
    #[error(transparent)]
    State(#[from] crate::checkpoint::StateFault),
    /// A frame can't be written.
    #[error("a part of it can't be encoded")]
    Unencodable,
}

impl RecordingHeader {
    /// What an engine is built from to play the recording again.
    #[must_use]
    pub fn setup(&self, checkpoint: Checkpoint) -> Setup {
        let Checkpoint { rows, state, .. } = checkpoint;
        let (last_tick, last_now) = match &state {
            None => (self.last_tick, self.last_now),
            Some(state) => (state.tick, Some(state.now)),
        };
        Setup {
            seed: Seed(self.seed),
            last_tick,
            last_now,
            run: self.run,
            recovered: self.recovered,
            rows,
            state,
            revision: self.revision.clone(),
            bridge: self.bridge,
            quarantined: self.quarantined.clone(),
            strict: false,
            stopwatch: None,
        }
    }

    /// The beginning of a file.
    ///
    /// # Errors
    /// When it is too long.
    pub fn begin(&self, checkpoint: &Checkpoint) -> Result<Vec<u8>, RecordFault> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(framed(&FrameBody::Header(self.clone()))?);
        bytes.extend(framed(&FrameBody::Checkpoint(pack(checkpoint)?))?);
        Ok(bytes)
    }
}

impl Frame {
    /// The mark of missing ticks, or of the end.
    ///
    /// # Errors
    /// Never, in fact.
    pub fn mark(gap: bool) -> Result<Vec<u8>, RecordFault> {
        framed(if gap {
            &FrameBody::Gap
        } else {
            &FrameBody::End
        })
    }
}

pub(super) fn ticks(first: Tick, entries: &[Entry]) -> Result<Vec<u8>, RecordFault> {
    let packed = pack(entries)?;
    framed(&FrameBody::Ticks { first, packed })
}

pub(super) fn pack<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, RecordFault> {
    let bytes = postcard::to_stdvec(value).map_err(|_| RecordFault::Unencodable)?;
    Ok(lz4_flex::compress_prepend_size(&bytes))
}

pub(super) fn unpack<T: for<'de> Deserialize<'de>>(packed: &[u8]) -> Result<T, RecordFault> {
    let (length, _) =
        lz4_flex::block::uncompressed_size(packed).map_err(|_| RecordFault::Undecodable)?;
    if length > PAYLOAD_BYTES_MAX {
        return Err(RecordFault::Undecodable);
    }
    let bytes =
        lz4_flex::decompress_size_prepended(packed).map_err(|_| RecordFault::Undecodable)?;
    postcard::from_bytes(&bytes).map_err(|_| RecordFault::Undecodable)
}

fn framed(payload: &FrameBody) -> Result<Vec<u8>, RecordFault> {
    let mut bytes =
        postcard::to_extend(payload, vec![0; FRAME_BYTES]).map_err(|_| RecordFault::Unencodable)?;
    let length = bytes.len() - FRAME_BYTES;
    if length > PAYLOAD_BYTES_MAX {
        return Err(RecordFault::Unencodable);
    }
    let length = u32::try_from(length).map_err(|_| RecordFault::Unencodable)?;
    let checksum = crc32fast::hash(&bytes[FRAME_BYTES..]);
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes[4..FRAME_BYTES].copy_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

/// The frames of a file, in order.
///
/// # Errors
/// When it is no recording of this version.
pub fn frames(
    bytes: &[u8],
) -> Result<impl Iterator<Item = Result<Frame, RecordFault>>, RecordFault> {
    let mut at = MAGIC.len();
    if bytes.get(..at) != Some(&MAGIC) {
        return Err(RecordFault::Foreign);
    }
    let mut sound = true;
    Ok(std::iter::from_fn(move || {
        let word = |at: usize| -> Option<u32> {
            Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
        };
        if !sound {
            return None;
        }
        let (length, checksum) = (word(at)? as usize, word(at + 4)?);
        let end = at.checked_add(FRAME_BYTES)?.checked_add(length)?;
        let payload = bytes.get(at + FRAME_BYTES..end)?;
        let read = if crc32fast::hash(payload) == checksum {
            decoded(payload)
        } else {
            Err(RecordFault::Damaged(at))
        };
        sound = read.is_ok();
        at = end;
        Some(read)
    }))
}

fn decoded(payload: &[u8]) -> Result<Frame, RecordFault> {
    let payload = postcard::from_bytes(payload).map_err(|_| RecordFault::Undecodable)?;
    Ok(match payload {
        FrameBody::Header(header) => Frame::Header(Box::new(header)),
        FrameBody::Checkpoint(packed) => Frame::Checkpoint(unpack(&packed)?),
        FrameBody::Ticks { first, packed } => Frame::Ticks(Ticks {
            first,
            entries: unpack(&packed)?,
        }),
        FrameBody::Gap => Frame::Gap,
        FrameBody::End => Frame::End,
    })
}
