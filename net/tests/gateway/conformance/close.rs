//! Closes: their codes and reasons, and what comes after them.

use super::{ASK, Case, End, GOOD, check};
use crate::raw::{CLOSE, PING, PONG, TEXT, close, frame};

fn answers(name: impl Into<String>, writes: Vec<Vec<u8>>, payload: &[u8]) -> Case {
    Case::new(name, writes, End::Answers(payload.to_vec()))
}

#[tokio::test]
async fn close_is_answered_by_itself() {
    let longest = close(1000, &[b'*'; 123]);
    let mut cases = vec![
        answers("empty", vec![frame(CLOSE, b"")], b""),
        answers("longest reason", vec![frame(CLOSE, &longest)], &longest),
        answers(
            "in drops",
            vec![frame(CLOSE, &close(1000, b"bye"))],
            &close(1000, b"bye"),
        )
        .in_drops(),
    ];
    let codes = [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999,
    ];
    for code in codes {
        for reason in ["", "Hello-\u{b5}@\u{df}"] {
            let payload = close(code, reason.as_bytes());
            let name = format!("{code} {reason}");
            cases.push(answers(name, vec![frame(CLOSE, &payload)], &payload));
        }
    }
    check(cases).await;
}

#[tokio::test]
async fn close_that_is_broken_fails_the_connection() {
    let with = |payload: &[u8]| vec![frame(CLOSE, payload)];
    let mut cases = vec![
        Case::fails("a code of one byte", with(b"\x03"), 1002),
        Case::fails("too long", with(&close(1000, &[b'*'; 124])), 1002),
        Case::fails(
            "no UTF-8",
            with(&close(1000, b"\xce\xba\xed\xa0\x80")),
            1007,
        ),
    ];
    let codes = [
        0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
    ];
    for code in codes {
        cases.push(Case::fails(
            format!("{code}"),
            with(&close(code, b"")),
            1002,
        ));
        let said = with(&close(code, b"reason"));
        cases.push(Case::fails(format!("{code} with a reason"), said, 1002));
    }
    check(cases).await;
}

#[tokio::test]
async fn nothing_after_a_close_is_answered() {
    let payload = close(1000, b"");
    let after = |bytes: Vec<u8>| vec![[frame(CLOSE, &payload), bytes].concat()];
    check(vec![
        answers("a ping", after(frame(PING, b"still there?")), &payload),
        answers("a pong", after(frame(PONG, b"")), &payload),
        answers("a message", after(frame(TEXT, ASK)), &payload),
        answers(
            "another close",
            after(frame(CLOSE, &close(1001, b""))),
            &payload,
        ),
        answers("rubbish", after(vec![0xff; 300]), &payload),
        answers(
            "within a message",
            vec![
                frame(TEXT & 0x7f, &ASK[..9]),
                [frame(CLOSE, &payload), frame(0x80, &ASK[9..])].concat(),
            ],
            &payload,
        ),
        // What came before is answered all the same.
        Case::stays("after a message", vec![frame(TEXT, ASK)], &[GOOD]),
    ])
    .await;
}
