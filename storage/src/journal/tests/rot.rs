//! What a power cut or a bad disk leaves behind.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::journal::record;

/// 200 bytes hold a header and two records or so.
const SMALL: u64 = 200;

#[test]
fn batches_are_read_back_across_segments_and_runs() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), 7, SMALL);
    write(folder.path(), 5, SMALL);
    let (found, batches) = read(folder.path()).unwrap();
    assert_eq!(batches.len(), 12);
    assert!(is_prefix(&batches));
    assert!(found.segments.len() > 3);
    assert_eq!(found.identity, Some(IDENTITY));
    let trace = found.trace.unwrap();
    assert_eq!((trace.survived, trace.clean), (120, false));
}

#[test]
fn journal_cut_anywhere_yields_whole_batches() {
    let whole = TempDir::new().unwrap();
    write(whole.path(), 4, u64::MAX);
    let bytes = fs::read(&files(whole.path())[0]).unwrap();
    let mut lengths = Vec::new();
    for cut in 0..bytes.len() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("0000000000000001.kjl"), &bytes[..cut]).unwrap();
        let (_, batches) = read(folder.path()).unwrap();
        assert!(is_prefix(&batches), "cut at {cut}");
        // Recovery has repaired the folder: a second look sees the same, and writing goes on.
        assert_eq!(read(folder.path()).unwrap().1, batches, "cut at {cut}");
        write(folder.path(), 1, u64::MAX);
        let again = read(folder.path()).unwrap().1;
        assert!(
            is_prefix(&again) && again.len() == batches.len() + 1,
            "cut at {cut}"
        );
        lengths.push(batches.len());
    }
    assert!(lengths.is_sorted());
    assert_eq!((lengths[0], lengths[bytes.len() - 1]), (0, 3));
}

#[test]
fn journal_rotten_anywhere_yields_prefix_or_refusal() {
    let whole = TempDir::new().unwrap();
    write(whole.path(), 4, u64::MAX);
    let bytes = fs::read(&files(whole.path())[0]).unwrap();
    let (mut prefixes, mut refusals) = (0, 0);
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let folder = TempDir::new().unwrap();
            let mut bytes = bytes.clone();
            bytes[at] ^= flip;
            fs::write(folder.path().join("0000000000000001.kjl"), &bytes).unwrap();
            match read(folder.path()) {
                Ok((_, batches)) => {
                    assert!(
                        is_prefix(&batches) && batches.len() == 3,
                        "byte {at} by {flip:#x}"
                    );
                    prefixes += 1;
                }
                Err(StorageFault::BadRecord { .. } | StorageFault::BadSegment { .. }) => {
                    refusals += 1;
                }
                Err(other) => panic!("byte {at} by {flip:#x}: {other}"),
            }
        }
    }
    // Only the last batch may be taken for a torn end.
    assert!(
        prefixes > 0 && refusals > 2 * prefixes,
        "{prefixes} {refusals}"
    );
}

#[test]
fn zeros_behind_last_record_are_torn_end() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), 2, u64::MAX);
    let file = &files(folder.path())[0];
    let mut bytes = fs::read(file).unwrap();
    bytes.extend([0; 5_000]);
    fs::write(file, &bytes).unwrap();
    assert_eq!(read(folder.path()).unwrap().1.len(), 2);
}

#[test]
fn rot_in_older_segment_names_file_and_offset() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), 7, SMALL);
    let oldest = files(folder.path())[0].clone();
    let mut bytes = fs::read(&oldest).unwrap();
    let end = bytes.len() - 1;
    bytes[end] ^= 1;
    fs::write(&oldest, &bytes).unwrap();
    let fault = read(folder.path()).unwrap_err();
    let StorageFault::BadRecord { file, offset, .. } = &fault else {
        panic!("{fault}");
    };
    assert_eq!(*file, oldest);
    assert!(*offset > 56 && *offset < end as u64);
    assert!(fault.to_string().contains(&offset.to_string()), "{fault}");
}

#[test]
fn a_removed_segment_is_refused_as_a_gap() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), 9, SMALL);
    fs::remove_file(&files(folder.path())[1]).unwrap();
    let fault = read(folder.path()).unwrap_err();
    assert!(matches!(fault, StorageFault::Gap { .. }), "{fault}");
}

/// Every byte of every file of a folder of several segments, cut and flipped.
#[test]
fn damaged_segments_yield_prefix_or_refusal() {
    let whole = TempDir::new().unwrap();
    write(whole.path(), 7, SMALL);
    let segments: Vec<_> = files(whole.path())
        .into_iter()
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    assert!(segments.len() > 2);
    let (mut prefixes, mut refusals) = (0, 0);
    let mut probe = |torn: usize, bytes: &[u8], how: &str| {
        let folder = TempDir::new().unwrap();
        for (index, (path, whole)) in segments.iter().enumerate() {
            let bytes = if index == torn { bytes } else { whole };
            fs::write(folder.path().join(path.file_name().unwrap()), bytes).unwrap();
        }
        match read(folder.path()) {
            // It looks as if the oldest had been deleted: the start is refused unless the database
            // has what was in it.
            Ok((found, _)) if found.first_sequence > 1 => refusals += 1,
            Ok((_, batches)) => {
                assert!(is_prefix(&batches), "{how}");
                // Whatever is in later segments was durable: only the last may lose its end.
                assert!(torn + 1 == segments.len() || batches.len() == 7, "{how}");
                prefixes += 1;
            }
            Err(
                StorageFault::BadRecord { .. }
                | StorageFault::BadSegment { .. }
                | StorageFault::Gap { .. },
            ) => refusals += 1,
            Err(other) => panic!("{how}: {other}"),
        }
    };
    for (index, (_, bytes)) in segments.iter().enumerate() {
        for at in 0..bytes.len() {
            probe(index, &bytes[..at], &format!("segment {index} cut at {at}"));
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            probe(index, &flipped, &format!("segment {index} flipped at {at}"));
        }
    }
    assert!(prefixes > 0 && refusals > prefixes, "{prefixes} {refusals}");
}

#[test]
fn a_segment_of_another_world_is_refused() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), 1, u64::MAX);
    let other = TempDir::new().unwrap();
    let foreign = Start {
        identity: Identity {
            world: Uuid::from_u128(77),
            ..IDENTITY
        },
        run: RunId(1),
        first_tick: 1,
        at: WorldTime(0),
        next_sequence: 2,
    };
    Writer::new(
        Box::new(RealDisk),
        other.path(),
        &Found::default(),
        foreign,
        u64::MAX,
        0,
    )
    .start()
    .unwrap();
    fs::copy(
        &files(other.path())[0],
        folder.path().join("0000000000000002.kjl"),
    )
    .unwrap();
    let fault = read(folder.path()).unwrap_err();
    assert!(
        matches!(fault, StorageFault::ForeignSegment { .. }),
        "{fault}"
    );
}

#[test]
fn beat_records_idle_ticks() {
    let folder = TempDir::new().unwrap();
    let mut writer = writer(folder.path(), Box::new(RealDisk), u64::MAX, 0);
    let beat = Record::Beat {
        run: RunId(9),
        tick: 5_000_000,
    };
    writer.append(&frame(&beat).unwrap(), 0).unwrap();
    let (found, batches) = read(folder.path()).unwrap();
    let trace = found.trace.unwrap();
    assert!(batches.is_empty());
    // Seen, so never executed again; but no effect of it survived, so not promised.
    assert_eq!((trace.seen, trace.survived), (5_000_000, 0));
    assert_eq!(crate::identity::first_tick(Some(&trace)), 6_000_000);
}

/// Tails that a bad disk may leave, each of so many bytes, with no whole record in them.
fn noises(length: usize) -> Vec<(&'static str, Vec<u8>)> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let bytes: Vec<u8> = (0..length).map(|_| random() as u8).collect();
    let mut short = bytes.clone();
    for (at, byte) in short.iter_mut().enumerate() {
        // Whatever is read as a length fits.
        if at % 2 == 0 {
            *byte = 0;
        }
    }
    let mut lengths: Vec<u8> = Vec::with_capacity(length);
    while lengths.len() < length {
        let fits = (random() as usize % length) as u32;
        lengths.extend_from_slice(&fits.to_le_bytes());
    }
    let mut spoilt = frame(&Record::Batch(batch(1))).unwrap();
    spoilt[4] ^= 1;
    let records: Vec<u8> = spoilt.iter().copied().cycle().take(length).collect();
    vec![
        ("random bytes", bytes),
        ("random bytes, every other one zero", short),
        ("lengths that fit", lengths),
        ("records with a wrong checksum", records),
        ("the kind of a batch", vec![1; length]),
        ("zeros", vec![0; length]),
    ]
}

#[test]
fn resync_cost_grows_with_tail_only() {
    let cost = |bytes: &[u8]| -> usize {
        let looks = (0..bytes.len()).map(|at| record::probe(&bytes[at..]));
        looks
            .map(|probe| {
                assert!(!probe.is_whole);
                probe.cost
            })
            .sum()
    };
    const TAIL: usize = 128 * 1_024;
    for ((name, tail), (_, double)) in noises(TAIL).into_iter().zip(noises(2 * TAIL)) {
        let (once, twice) = (cost(&tail), cost(&double));
        assert!(twice * 2 <= once * 5, "{name}: {once}, then {twice}");
        assert!(once <= 64 * TAIL, "{name}: {once} for {TAIL} bytes");
    }
}

#[test]
fn whole_record_in_noise_is_found() {
    for (name, noise) in noises(10_000) {
        let mut bytes = noise.clone();
        bytes.extend(frame(&Record::Batch(batch(3))).unwrap());
        bytes.extend(noise);
        let found = (0..bytes.len()).find(|at| record::probe(&bytes[*at..]).is_whole);
        assert_eq!(found, Some(10_000), "{name}");
    }
}
