//! Text that is UTF-8, and text that is not: at once, in fragments, and before its message is whole.

use super::{BAD, Case, check};
use crate::raw::{TEXT, frame};

const OPEN: u8 = 0x7f;
const MORE: u8 = 0x00;
const LAST: u8 = 0x80;

/// What is UTF-8: the first and last of each length, the neighbours of what is not, noncharacters.
const FINE: [&str; 14] = [
    "\u{3ba}\u{1f79}\u{3c3}\u{3bc}\u{3b5}",
    "Hello-\u{b5}@\u{df}\u{f6}\u{e4}\u{fc}\u{e0}\u{e1}-UTF-8!!",
    "\0",
    "\u{7f}",
    "\u{80}",
    "\u{7ff}",
    "\u{800}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{fffd}",
    "\u{ffff}\u{fffe}\u{fdd0}",
    "\u{10000}",
    "\u{1fffe}\u{8ffff}\u{fffff}",
    "\u{10ffff}",
];

/// What is not.
const BROKEN: [&[u8]; 38] = [
    // Continuations of nothing.
    b"\x80",
    b"\xbf",
    b"\x80\xbf",
    b"\x80\xbf\x80\xbf\x80\xbf",
    // Beginnings of nothing, and of what goes on otherwise.
    b"\xc0 ",
    b"\xdf ",
    b"\xe0 ",
    b"\xef ",
    b"\xf0 ",
    b"\xf7 ",
    b"\xc3",
    b"\xe0\xa0",
    b"\xef\xbf",
    b"\xf0\x90\x80",
    b"\xf4\x8f\xbf",
    b"\xce\xba\xe1\xbd\xb9\xcf",
    // No bytes of it.
    b"\xfe",
    b"\xff",
    b"\xfe\xfe\xff\xff",
    // Longer than need be.
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xf8\x80\x80\x80\xaf",
    b"\xfc\x80\x80\x80\x80\xaf",
    b"\xc1\xbf",
    b"\xe0\x9f\xbf",
    b"\xf0\x8f\xbf\xbf",
    b"\xc0\x80",
    b"\xe0\x80\x80",
    // Surrogates, alone and in pairs.
    b"\xed\xa0\x80",
    b"\xed\xad\xbf",
    b"\xed\xae\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80",
    b"\xed\xaf\xbf\xed\xbf\xbf",
    // Beyond the last.
    b"\xf4\x90\x80\x80",
    b"\xf7\xbf\xbf\xbf",
    b"\xf8\x88\x80\x80\x80",
];

/// One byte a fragment.
fn bytewise(text: &[u8]) -> Vec<Vec<u8>> {
    let mut writes = vec![frame(TEXT & OPEN, b"")];
    writes.extend(text.iter().map(|byte| frame(MORE, &[*byte])));
    writes.push(frame(LAST, b""));
    writes
}

#[tokio::test]
async fn utf8_is_read_across_any_cut() {
    let mut cases = Vec::new();
    for text in FINE {
        let bytes = text.as_bytes();
        let name = format!("{text:?}");
        cases.push(Case::stays(&*name, vec![frame(TEXT, bytes)], &[BAD]));
        cases.push(Case::stays(&*name, bytewise(bytes), &[BAD]));
        cases.push(Case::stays(&*name, vec![frame(TEXT, bytes)], &[BAD]).in_drops());
    }
    check(cases).await;
}

#[tokio::test]
async fn text_that_is_no_utf8_is_closed_1007() {
    let mut cases = Vec::new();
    for bytes in BROKEN {
        let name = format!("{bytes:x?}");
        let mut amid = b"before ".to_vec();
        amid.extend(bytes);
        cases.push(Case::fails(&*name, vec![frame(TEXT, bytes)], 1007));
        cases.push(Case::fails(&*name, vec![frame(TEXT, &amid)], 1007));
        // At once: the server may close before the last fragment is written.
        let whole = bytewise(bytes).concat();
        cases.push(Case::fails(format!("{name}, bytewise"), vec![whole], 1007));
    }
    check(cases).await;
}

/// A message that can't become text is not waited for to its end.
#[tokio::test]
async fn broken_fragment_is_closed_1007_before_the_last() {
    let mut cases = Vec::new();
    for bytes in [&b"\xf4\x90"[..], b"\xed\xa0", b"\xc0", b"\xff", b"\x80"] {
        let mut amid = b"\xce\xba\xe1\xbd\xb9".to_vec();
        amid.extend(bytes);
        let name = format!("{bytes:x?}");
        cases.push(Case::fails(&*name, vec![frame(TEXT & OPEN, &amid)], 1007));
        let later = vec![frame(TEXT & OPEN, b"fine"), frame(MORE, &amid)];
        cases.push(Case::fails(&*name, later, 1007));
    }
    check(cases).await;
}
