//! What a segment holds: framed records.

use engine::port::{RunId, Tick, WorldTime};
use serde::{Deserialize, Serialize};

mod unowned;

use crate::batch::EncodedBatch;
pub(crate) use unowned::UnownedBatch;

/// Length and checksum before each payload, 4 bytes each, little-endian.
pub(crate) const FRAME_BYTES: usize = 8;

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Record {
    /// A run writes from here on. Every segment begins with one, so that older segments can go.
    Started {
        /// The run.
        run: RunId,
        /// Its first tick.
        first_tick: Tick,
        /// The wall clock when it began.
        at: WorldTime,
        /// The tick of its last durable batch so far; `first_tick - 1` if none.
        reached: Tick,
    },
    /// A batch of the world, as it was written before things had owners; never met outside of this
    /// module.
    Unowned(UnownedBatch),
    /// Nothing changed for a while, but ticks went on: they must not be reused after a crash.
    Beat {
        /// The run.
        run: RunId,
        /// The last tick it had executed.
        tick: Tick,
    },
    /// A batch of the world.
    Batch(EncodedBatch),
}

/// A record, framed. The checksum covers the length, so that a damaged length is noticed too.
pub(crate) fn frame(record: &Record) -> Result<Vec<u8>, postcard::Error> {
    let mut bytes = postcard::to_extend(record, vec![0; FRAME_BYTES])?;
    let length = u32::try_from(bytes.len() - FRAME_BYTES)
        .map_err(|_| postcard::Error::SerializeBufferFull)?
        .to_le_bytes();
    let checksum = checksum(length, &bytes[FRAME_BYTES..]).to_le_bytes();
    bytes[..4].copy_from_slice(&length);
    bytes[4..FRAME_BYTES].copy_from_slice(&checksum);
    Ok(bytes)
}

/// Why no record could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damage(pub(crate) &'static str);

/// Reads the record at the beginning of `bytes`; answers it and how many bytes it took. A batch that
/// an older server wrote is answered as one of today.
pub(crate) fn read(bytes: &[u8]) -> Result<(Record, usize), Damage> {
    let payload = payload(bytes)?;
    let record = match postcard::from_bytes(payload) {
        Ok(Record::Unowned(batch)) => Record::Batch(batch.into()),
        Ok(record) => record,
        Err(_) => return Err(Damage("it can't be decoded")),
    };
    Ok((record, FRAME_BYTES + payload.len()))
}

/// What a look at one place of a damaged file came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordProbe {
    /// A whole record with a good checksum begins there.
    pub(crate) is_whole: bool,
    /// How many bytes that took to tell.
    #[cfg_attr(not(test), expect(dead_code, reason = "the measure of a proof"))]
    pub(crate) cost: usize,
}

/// Looks whether a record begins at any place whatever. A length is found in all noise, and a
/// checksum over so much of it at every place would cost the square of it, or more. So the payload
/// is decoded first: what is no record of ours fails within a few bytes, or ends elsewhere than its
/// length says.
pub(crate) fn probe(bytes: &[u8]) -> RecordProbe {
    let none = |cost| RecordProbe {
        is_whole: false,
        cost,
    };
    let Ok(payload) = framed(bytes) else {
        return none(FRAME_BYTES);
    };
    let mut decoder = postcard::Deserializer::from_bytes(payload);
    let decoded = Record::deserialize(&mut decoder).is_ok();
    let rest = decoder.finalize().map_or(0, <[u8]>::len);
    let cost = FRAME_BYTES + payload.len() - rest;
    if !decoded || rest > 0 {
        return none(cost);
    }
    RecordProbe {
        is_whole: self::payload(bytes).is_ok(),
        cost: cost + payload.len(),
    }
}

fn payload(bytes: &[u8]) -> Result<&[u8], Damage> {
    let payload = framed(bytes)?;
    let (Some(length), Some(sum)) = (word(bytes, 0), word(bytes, 4)) else {
        return Err(Damage("it is cut short"));
    };
    if checksum(length, payload) != u32::from_le_bytes(sum) {
        return Err(Damage("its checksum does not match"));
    }
    Ok(payload)
}

/// As many bytes as the frame says, whatever they are.
fn framed(bytes: &[u8]) -> Result<&[u8], Damage> {
    let (Some(length), Some(_)) = (word(bytes, 0), word(bytes, 4)) else {
        return Err(Damage("it is cut short"));
    };
    if length == [0; 4] {
        return Err(Damage("its length is zero"));
    }
    let end = FRAME_BYTES + u32::from_le_bytes(length) as usize;
    bytes.get(FRAME_BYTES..end).ok_or(Damage("it is cut short"))
}

fn word(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..at + 4)?.try_into().ok()
}

fn checksum(length: [u8; 4], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(payload);
    hasher.finalize()
}
