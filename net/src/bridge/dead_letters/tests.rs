use super::*;

fn dead_letters(most: usize) -> (tempfile::TempDir, DeadLetters) {
    let folder = tempfile::tempdir().unwrap();
    let dead_letters = DeadLetters::below(folder.path(), most, Duration::from_secs(3600));
    (folder, dead_letters)
}

fn letter(payload: &[u8]) -> DeadLetter {
    DeadLetter::new("w.chat.global", "chat", "no".into(), 3, payload)
}

#[test]
fn dead_letter_keeps_payload_bytes_as_received() {
    let (_folder, dead_letters) = dead_letters(10);
    for payload in [&b"{\"a\": 1}"[..], b"\xff\x00\x7f", b""] {
        let letter = letter(payload);
        dead_letters.keep(&letter).unwrap();
        let read = dead_letters.read(&letter.id).unwrap();
        assert_eq!(read, letter);
        assert_eq!(read.bytes(), payload);
    }
}

#[test]
fn letters_belong_to_owner_alone() {
    use std::os::unix::fs::MetadataExt as _;
    let (folder, dead_letters) = dead_letters(10);
    let (kept, sent) = (letter(b"said"), letter(b"sent"));
    dead_letters.keep(&kept).unwrap();
    dead_letters.keep(&sent).unwrap();
    dead_letters.mark_replayed(&sent.id).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    let below = folder.path().join("dead-letters");
    assert_eq!(mode(&below), 0o700);
    assert_eq!(mode(&below.join(REPLAYED)), 0o700);
    assert_eq!(mode(&dead_letters.path(&kept.id)), 0o600);
    assert_eq!(mode(&dead_letters.replayed(&sent.id)), 0o600);
}

#[test]
fn simultaneous_dead_letters_have_distinct_names() {
    let names: std::collections::HashSet<String> = (0..1_000).map(|_| letter(b"").id).collect();
    assert_eq!(names.len(), 1_000);
}

#[test]
fn the_oldest_make_room() {
    let (_folder, dead_letters) = dead_letters(3);
    let mut kept = Vec::new();
    for n in 0..5 {
        let mut letter = letter(b"");
        letter.id = format!("2025010{n}");
        dead_letters.keep(&letter).unwrap();
        kept.push(letter.id);
    }
    assert_eq!(dead_letters.ids().unwrap(), kept[2..]);
    assert_eq!(dead_letters.count(), 3);
}

#[test]
fn replayed_dead_letter_cannot_be_replayed_again() {
    let (_folder, dead_letters) = dead_letters(3);
    let letter = letter(b"x");
    dead_letters.keep(&letter).unwrap();
    dead_letters.mark_replayed(&letter.id).unwrap();
    assert!(matches!(
        dead_letters.read(&letter.id),
        Err(DeadLetterFault::Replayed(_))
    ));
    assert_eq!(dead_letters.count(), 0);
}

#[test]
fn purge_takes_only_older_dead_letters() {
    let (_folder, dead_letters) = dead_letters(3);
    dead_letters.keep(&letter(b"x")).unwrap();
    assert_eq!(dead_letters.purge(Duration::from_secs(60)).unwrap(), 0);
    assert_eq!(dead_letters.purge(Duration::ZERO).unwrap(), 1);
    assert_eq!(dead_letters.count(), 0);
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let (_folder, dead_letters) = dead_letters(3);
    for id in ["../../etc/passwd", "", "a/b", "a.b"] {
        assert!(matches!(
            dead_letters.read(id),
            Err(DeadLetterFault::Unknown(_))
        ));
    }
}
