//! A deflate stream (RFC 1950, RFC 1951) for many connections at once: small, and not the best.
//!
//! A compressor of the usual kind holds 140 KiB and more for each stream. This one looks back 4 KiB
//! and uses the code that the format fixes: it holds 10 KiB, and halves the texts of a world.

/// How far back a match may lie.
const WINDOW: usize = 4096;
/// The shortest match that saves something, and the longest that there is a code for.
const MATCH_MIN: usize = 3;
const MATCH_MAX: usize = 258;
const HASH_BITS: u32 = 10;

/// `CMF` says a window of 4 KiB, `FLG` makes both a multiple of 31.
const HEADER: [u8; 2] = [0x48, 0x0d];
/// Ends a block of the fixed code.
const END_OF_BLOCK: usize = 256;

/// One stream.
pub(super) struct Deflater {
    /// What can be looked back on, and behind it the piece at work.
    text: Vec<u8>,
    /// Where three bytes of that hash stood last in `text`, plus one.
    heads: Box<[u16; 1 << HASH_BITS]>,
    begun: bool,
    bits: BitWriter,
    checksum: (u32, u32),
}

/// Bits that don't fill a byte yet.
#[derive(Clone, Copy, Default)]
struct BitWriter {
    bits: u64,
    count: u32,
}

impl BitWriter {
    /// Adds the lowest `count` bits of `bits`, at most 32.
    fn put(&mut self, bits: u32, count: u32, out: &mut Vec<u8>) {
        self.bits |= u64::from(bits) << self.count;
        self.count += count;
        while self.count >= 8 {
            out.push(self.bits as u8);
            self.bits >>= 8;
            self.count -= 8;
        }
    }

    /// Fills the byte that is begun.
    fn align(&mut self, out: &mut Vec<u8>) {
        if self.count > 0 {
            out.push(self.bits as u8);
        }
        *self = Self::default();
    }
}

impl Deflater {
    pub(super) fn new() -> Self {
        Self {
            text: Vec::with_capacity(2 * WINDOW),
            heads: Box::new([0; 1 << HASH_BITS]),
            begun: false,
            bits: BitWriter::default(),
            checksum: (1, 0),
        }
    }

    /// Adds `bytes` to the stream, all of which can be read from what `out` gets.
    pub(super) fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.begin(out);
        if bytes.is_empty() {
            return;
        }
        // A block of the fixed code, not the last.
        self.bits.put(0b010, 3, out);
        for piece in bytes.chunks(WINDOW) {
            self.piece(piece, out);
        }
        self.literal(END_OF_BLOCK, out);
        // An empty block without a code: what stands before it is whole.
        self.bits.put(0, 3, out);
        self.bits.align(out);
        out.extend([0, 0, 0xff, 0xff]);
    }

    /// Ends the stream.
    pub(super) fn finish(mut self, out: &mut Vec<u8>) {
        self.begin(out);
        self.bits.put(0b011, 3, out);
        self.literal(END_OF_BLOCK, out);
        self.bits.align(out);
        let (low, high) = self.checksum;
        out.extend((high << 16 | low).to_be_bytes());
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.begun, true) {
            out.extend(HEADER);
        }
    }

    /// Adds at most a window's worth.
    fn piece(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        self.forget();
        let mut at = self.text.len();
        self.text.extend_from_slice(piece);
        self.sum(piece);
        while at < self.text.len() {
            match self.longest_match(at) {
                Some((length, distance)) => {
                    self.back(length, distance, out);
                    for passed in at..at + length {
                        self.remember(passed);
                    }
                    at += length;
                }
                None => {
                    self.literal(usize::from(self.text[at]), out);
                    self.remember(at);
                    at += 1;
                }
            }
        }
    }

    /// Drops what lies too far back.
    fn forget(&mut self) {
        let over = self.text.len().saturating_sub(WINDOW);
        if over > 0 {
            self.text.drain(..over);
            let over = u16::try_from(over).unwrap_or(u16::MAX);
            for head in self.heads.iter_mut() {
                *head = head.saturating_sub(over);
            }
        }
    }

    fn hash(&self, at: usize) -> Option<usize> {
        let three = self.text.get(at..at + MATCH_MIN)?;
        let three = u32::from_le_bytes([three[0], three[1], three[2], 0]);
        Some((three.wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)) as usize)
    }

    fn remember(&mut self, at: usize) {
        if let Some(hash) = self.hash(at) {
            // Never more than two windows.
            self.heads[hash] = u16::try_from(at + 1).unwrap_or(0);
        }
    }

    fn longest_match(&self, at: usize) -> Option<(usize, usize)> {
        let earlier = usize::from(self.heads[self.hash(at)?]).checked_sub(1)?;
        let distance = at
            .checked_sub(earlier)
            .filter(|far| (1..=WINDOW).contains(far))?;
        let most = MATCH_MAX.min(self.text.len() - at);
        let (now, then) = (&self.text[at..], &self.text[earlier..]);
        let length = (0..most).take_while(|n| now[*n] == then[*n]).count();
        (length >= MATCH_MIN).then_some((length, distance))
    }

    fn sum(&mut self, bytes: &[u8]) {
        let (low, high) = &mut self.checksum;
        for byte in bytes {
            *low = (*low + u32::from(*byte)) % 65_521;
            *high = (*high + *low) % 65_521;
        }
    }

    /// Adds a symbol of the fixed code, whose bits come highest first.
    fn literal(&mut self, symbol: usize, out: &mut Vec<u8>) {
        let symbol = symbol as u32;
        let (code, count) = match symbol {
            0..=143 => (0x30 + symbol, 8),
            144..=255 => (0x190 + symbol - 144, 9),
            256..=279 => (symbol - 256, 7),
            _ => (0xc0 + symbol - 280, 8),
        };
        self.bits
            .put(code.reverse_bits() >> (32 - count), count, out);
    }

    /// Adds a match.
    fn back(&mut self, length: usize, distance: usize, out: &mut Vec<u8>) {
        let (symbol, extra, count) = length_code(length as u32);
        self.literal(symbol, out);
        self.bits.put(extra, count, out);
        let (code, extra, count) = distance_code(distance as u32);
        self.bits.put(code.reverse_bits() >> 27, 5, out);
        self.bits.put(extra, count, out);
    }
}

/// The symbol of a length, the bits behind it, and how many they are.
const fn length_code(length: u32) -> (usize, u32, u32) {
    if length == 258 {
        return (285, 0, 0);
    }
    let over = length - 3;
    if over < 8 {
        return (257 + over as usize, 0, 0);
    }
    // Four codes for each power of two, from eight on.
    let count = over.ilog2() - 2;
    let step = over >> count;
    (
        257 + (count * 4 + step) as usize,
        over & ((1 << count) - 1),
        count,
    )
}

/// The same for a distance.
const fn distance_code(distance: u32) -> (u32, u32, u32) {
    let over = distance - 1;
    if over < 4 {
        return (over, 0, 0);
    }
    // Two codes for each power of two, from four on.
    let count = over.ilog2() - 1;
    let step = over >> count;
    (count * 2 + step, over & ((1 << count) - 1), count)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::ZlibDecoder;
    use flate2::{Decompress, FlushDecompress};
    use proptest::prelude::*;

    use super::*;

    /// What a client reads after each piece, before the next is sent.
    fn read_back(pieces: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let (mut deflater, mut inflater) = (Deflater::new(), Decompress::new(true));
        let mut read = Vec::new();
        for piece in pieces {
            let mut sent = Vec::new();
            deflater.write(piece, &mut sent);
            let mut text = Vec::with_capacity(piece.len() + 64);
            inflater
                .decompress_vec(&sent, &mut text, FlushDecompress::Sync)
                .unwrap();
            read.push(text);
        }
        read
    }

    #[test]
    fn every_length_and_distance_is_read_back() {
        for far in [1, 2, 3, 4, 5, 7, 64, 255, 1_000, 4_000, 4_096, 5_000] {
            for length in [3, 4, 10, 11, 17, 18, 34, 130, 131, 257, 258, 259, 600] {
                let mut text: Vec<u8> = (0..far).map(|n| (n * 31 + n / 7) as u8).collect();
                let again: Vec<u8> = text.iter().copied().cycle().take(length).collect();
                text.extend(again);
                assert_eq!(read_back(&[text.clone()]), [text], "{far} {length}");
            }
        }
    }

    #[test]
    fn texts_of_a_world_become_half() {
        let text = include_str!("../../../../docs/protocol.md").as_bytes();
        let (mut deflater, mut sent) = (Deflater::new(), Vec::new());
        // As they leave: line by line.
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            deflater.write(line, &mut sent);
        }
        assert!(
            sent.len() * 10 < text.len() * 7,
            "{} of {}",
            sent.len(),
            text.len()
        );
        let held = deflater.text.capacity() + size_of_val(&*deflater.heads);
        assert!(held + size_of::<Deflater>() <= 10 * 1024 + 256, "{held}");
        deflater.finish(&mut sent);
        let mut read = Vec::new();
        ZlibDecoder::new(&*sent).read_to_end(&mut read).unwrap();
        assert_eq!(read, text);
    }

    proptest! {
        #[test]
        fn flushed_pieces_are_read_at_once(
            pieces in prop::collection::vec(
                prop_oneof![
                    "[ab ]{0,300}".prop_map(String::into_bytes),
                    prop::collection::vec(any::<u8>(), 0..6_000),
                ],
                0..12,
            ),
        ) {
            prop_assert_eq!(read_back(&pieces), pieces);
        }
    }
}
