//! Framing, control frames, reserved bits, opcodes, fragments, limits.

use super::{ASK, BAD, Case, GOOD, ask, check};
use crate::raw::{BINARY, PING, PONG, TEXT, frame, head};

/// A frame that is not the last of its message.
const OPEN: u8 = 0x7f;
/// A continuation, and the last one.
const MORE: u8 = 0x00;
const LAST: u8 = 0x80;
/// The longest message.
const MOST: usize = 10 * 1_024;

#[tokio::test]
async fn messages_of_each_length_are_read() {
    let mut cases = vec![
        Case::stays("empty text", vec![frame(TEXT, b"")], &[BAD]),
        Case::stays("empty binary", vec![frame(BINARY, b"")], &[BAD]),
        Case::stays("text in drops", vec![frame(TEXT, &ask(400))], &[GOOD]).in_drops(),
    ];
    for length in [25, 125, 126, 127, 128, 1_000, MOST] {
        let text = frame(TEXT, &ask(length));
        cases.push(Case::stays(
            format!("text of {length}"),
            vec![text],
            &[GOOD],
        ));
        let binary = frame(BINARY, &vec![0xfe; length]);
        cases.push(Case::stays(
            format!("binary of {length}"),
            vec![binary],
            &[BAD],
        ));
    }
    // A length may be written longer than need be by nobody, but the library takes it.
    let many: Vec<u8> = frame(TEXT, ASK).repeat(40);
    cases.push(Case::stays("forty at once", vec![many], &[GOOD; 40]));
    check(cases).await;
}

#[tokio::test]
async fn messages_over_the_limit_are_closed_1009() {
    let fragment = |first, length| frame(first, &vec![b' '; length]);
    check(vec![
        Case::fails("a byte too long", vec![frame(TEXT, &ask(MOST + 1))], 1009),
        Case::fails("binary", vec![frame(BINARY, &vec![0; MOST + 1])], 1009),
        Case::fails("64 KiB announced", vec![head(TEXT, 0x1_0000)], 1009),
        Case::fails("2^62 announced", vec![head(TEXT, 1 << 62)], 1009),
        Case::fails("2^64 - 1 announced", vec![head(BINARY, u64::MAX)], 1009),
        Case::fails(
            "in fragments",
            vec![
                fragment(TEXT & OPEN, MOST),
                fragment(MORE, 0),
                fragment(LAST, 1),
            ],
            1009,
        ),
        Case::stays(
            "as long as may be, in fragments",
            vec![
                frame(TEXT & OPEN, &ask(MOST / 2)),
                fragment(MORE, MOST / 4),
                fragment(LAST, MOST / 4),
            ],
            &[GOOD],
        ),
    ])
    .await;
}

#[tokio::test]
async fn pings_are_answered_and_pongs_taken() {
    let longest = [0xfe; 125];
    let numbered: Vec<Vec<u8>> = (0..10).map(|n| format!("ping {n}").into_bytes()).collect();
    let each: Vec<&[u8]> = numbered.iter().map(Vec::as_slice).collect();
    let ten = || numbered.iter().map(|payload| frame(PING, payload));
    let cases = vec![
        Case::stays("empty", vec![frame(PING, b"")], &[]).pongs(&[b""]),
        Case::stays("text", vec![frame(PING, b"hello")], &[]).pongs(&[b"hello"]),
        Case::stays("binary", vec![frame(PING, &[0, 255, 254, 253])], &[])
            .pongs(&[&[0, 255, 254, 253]]),
        Case::stays("longest", vec![frame(PING, &longest)], &[]).pongs(&[&longest]),
        Case::fails("ping too long", vec![frame(PING, &[0xfe; 126])], 1002),
        Case::fails("pong too long", vec![frame(PONG, &[0xfe; 126])], 1002),
        Case::stays("pong unasked", vec![frame(PONG, b"")], &[]),
        Case::stays("pong unasked, text", vec![frame(PONG, b"hello")], &[]),
        Case::stays(
            "pong unasked, then ping",
            vec![frame(PONG, b"hello"), frame(PING, b"you")],
            &[],
        )
        .pongs(&[b"you"]),
        Case::stays("ten", ten().collect(), &[]).pongs(&each),
        Case::stays("ten at once", vec![ten().collect::<Vec<_>>().concat()], &[]).pongs(&each),
    ];
    let drops: Vec<Case> = [3, 10].map(|at: usize| cases[at].in_drops()).into();
    check(cases.into_iter().chain(drops).collect()).await;
}

#[tokio::test]
async fn reserved_bits_and_opcodes_are_closed_1002() {
    let mut cases = Vec::new();
    for bits in 1..8_u8 {
        for first in [TEXT, BINARY, PING, PONG, 0x88] {
            let bad = frame(first | bits << 4, b"");
            let name = format!("bits {bits} on {first:x}");
            cases.push(Case::fails(name, vec![bad], 1002));
        }
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15_u8] {
        for payload in [&b""[..], b"reserved"] {
            let name = format!("opcode {opcode}, {} bytes", payload.len());
            let bad = frame(0x80 | opcode, payload);
            cases.push(Case::fails(name.clone(), vec![bad.clone()], 1002));
            // After something that was fine.
            cases.push(Case::fails(name, vec![frame(TEXT, ASK), bad], 1002));
        }
    }
    let mut unmasked = vec![TEXT, ASK.len() as u8];
    unmasked.extend(ASK);
    cases.push(Case::fails("no mask", vec![unmasked], 1002));
    check(cases).await;
}

#[tokio::test]
async fn fragments_are_joined_with_control_frames_between() {
    let (front, back) = ASK.split_at(9);
    let two = || vec![frame(TEXT & OPEN, front), frame(LAST, back)];
    let between = || {
        vec![
            frame(TEXT & OPEN, front),
            frame(PING, b"between"),
            frame(LAST, back),
        ]
    };
    let mut five = vec![frame(TEXT & OPEN, &ASK[..5])];
    for (at, byte) in ASK[5..].iter().enumerate() {
        let last = at == ASK.len() - 6;
        five.push(frame(PING, b"x"));
        five.push(frame(if last { LAST } else { MORE }, &[*byte]));
    }
    let pings = vec![&b"x"[..]; ASK.len() - 5];
    let cases = vec![
        Case::stays("two", two(), &[GOOD]),
        Case::stays("two in one write", vec![two().concat()], &[GOOD]),
        Case::stays("a ping between", between(), &[GOOD]).pongs(&[b"between"]),
        Case::stays("a ping between, at once", vec![between().concat()], &[GOOD])
            .pongs(&[b"between"]),
        Case::stays("a ping before each", five, &[GOOD]).pongs(&pings),
        Case::stays(
            "empty ones around",
            vec![
                frame(TEXT & OPEN, b""),
                frame(MORE, ASK),
                frame(MORE, b""),
                frame(LAST, b""),
            ],
            &[GOOD],
        ),
        Case::stays(
            "all empty",
            vec![frame(TEXT & OPEN, b""), frame(MORE, b""), frame(LAST, b"")],
            &[BAD],
        ),
        Case::stays(
            "binary",
            vec![frame(BINARY & OPEN, front), frame(LAST, back)],
            &[BAD],
        ),
    ];
    let drops: Vec<Case> = cases[..4].iter().map(Case::in_drops).collect();
    check(cases.into_iter().chain(drops).collect()).await;
}

#[tokio::test]
async fn fragments_out_of_turn_are_closed_1002() {
    let whole = || vec![frame(TEXT & OPEN, &ASK[..9]), frame(LAST, &ASK[9..])];
    let after = |first| {
        let mut writes = whole();
        writes.push(frame(first, b"nothing to go on with"));
        writes
    };
    let within = |first| {
        vec![
            frame(TEXT & OPEN, b"a fragment"),
            frame(first, b"a message of its own"),
        ]
    };
    check(vec![
        Case::fails("ping in fragments", vec![frame(PING & OPEN, b"")], 1002),
        Case::fails("pong in fragments", vec![frame(PONG & OPEN, b"")], 1002),
        Case::fails("close in fragments", vec![frame(0x08, b"")], 1002),
        Case::fails("the last of nothing", vec![frame(LAST, b"x")], 1002),
        Case::fails("more of nothing", vec![frame(MORE, b"x")], 1002),
        Case::fails("the last, after a message", after(LAST), 1002),
        Case::fails("more, after a message", after(MORE), 1002),
        Case::fails(
            "the last of nothing, then text",
            vec![[frame(LAST, b"x"), frame(TEXT, ASK)].concat()],
            1002,
        ),
        Case::fails("text within text", within(TEXT), 1002),
        Case::fails("binary within text", within(BINARY), 1002),
        Case::fails("a beginning within text", within(TEXT & OPEN), 1002),
    ])
    .await;
}
