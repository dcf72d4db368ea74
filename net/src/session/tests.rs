//! A session against a client that loses its socket at random.

use std::sync::Arc;
use std::time::Instant;

use engine::port::{
    AccountId, Admission, Arrival, Code, Correlation, Leaving, Refusal, Role, RunId, SessionId,
    StableId, WorldTime,
};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{
    Ending, Next, NoResume, Press, Proof, SentItem, Session, SessionKey, SessionStage, last_error,
};
use crate::config::SessionBounds;
use crate::format::{EncodedFrame, EncodedNote, Encoder, Format, Head};
use crate::limit::Intake;
use crate::payload::{CommandResponse, Durable, Pong};

fn session(bounds: SessionBounds) -> Session {
    let arrival = Arrival {
        session: SessionId(0),
        correlation: Correlation(0),
        account: AccountId(Uuid::nil()),
        character: StableId::named("ann"),
        name: "ann".to_owned(),
        profession: None,
        seed: None,
        role: Role::Player,
        guest: false,
        created_at: WorldTime(0),
    };
    let stage = SessionStage::Authenticating;
    let encoder = Encoder::new(Format::Kadath);
    let waker = Arc::new(Notify::new());
    let names = (SessionId(1), SessionKey::sealed(|nonce| nonce));
    let intake = Arc::new(Intake::new(0, Instant::now()));
    Session::new(
        arrival,
        names,
        stage,
        encoder,
        bounds,
        1,
        waker,
        Proof::default(),
        intake,
    )
    .unwrap()
}

fn admission(returned: bool) -> Admission {
    Admission {
        player: StableId::named("ann"),
        run: RunId(1),
        last_command_id: 0,
        durable_tick: 0,
        recovered: None,
        returned,
    }
}

fn word(number: u64) -> CommandResponse {
    CommandResponse::refused(Some(number), Refusal::of(Code::ServerBusy), false)
}

/// What a socket is given.
#[derive(Clone, Debug)]
enum Got {
    Frame(u64, String),
    /// A ping that asks for the proof of that tick.
    Ping(u64),
    /// What that tick asked for is proven already.
    Proven(u64),
}

fn take_all(session: &Session, socket: u64, budget: usize) -> (Vec<Got>, Next) {
    let mut taken = Vec::new();
    let next = session.take(socket, Instant::now(), budget, |sent| {
        taken.push(match sent {
            SentItem::Proof(tick) => Got::Ping(tick),
            SentItem::Proven(tick) => Got::Proven(tick),
            SentItem::Frame(number, EncodedFrame::Numbered(tail)) => {
                let frame = [Head::new(number).as_bytes(), &tail[..]].concat();
                Got::Frame(number, String::from_utf8(frame).unwrap())
            }
            SentItem::Frame(..) => panic!("not a numbered frame"),
        });
    });
    (taken, next)
}

fn take(session: &Session, socket: u64, budget: usize) -> (Vec<(u64, String)>, Next) {
    let (taken, next) = take_all(session, socket, budget);
    let frames = taken.into_iter().filter_map(|got| match got {
        Got::Frame(number, frame) => Some((number, frame)),
        Got::Ping(_) | Got::Proven(_) => None,
    });
    (frames.collect(), next)
}

/// Says words, asks for receipts, takes them in pieces, cuts the socket with some of what was taken
/// on its way, and resumes. Answers the words that the client has heard, in order.
fn play(seed: u64) -> (u64, Vec<u64>) {
    let mut dice = StdRng::seed_from_u64(seed);
    let session = session(SessionBounds::default());
    session.admit(&admission(false), 1, "then");
    let (mut socket, mut last) = (1, 0);
    let (mut said, mut heard) = (0, Vec::new());
    // How much had been said when a tick asked for a receipt; the last one proven.
    let (mut asked, mut proven) = (Vec::new(), None);
    let mut hear = |got: &[Got], socket, last: &mut u64, asked: &[(u64, u64)]| {
        for one in got {
            let (number, frame) = match one {
                Got::Frame(number, frame) => (number, frame),
                Got::Ping(tick) => {
                    if session.prove(socket, *tick) {
                        proven = Some(*tick);
                        let (_, said) = asked.iter().find(|(at, _)| at == tick).unwrap();
                        assert!(heard.len() as u64 >= *said, "unread at seed {seed}");
                    }
                    continue;
                }
                Got::Proven(tick) => {
                    proven = Some(*tick);
                    continue;
                }
            };
            let frame: serde_json::Value = serde_json::from_str(frame).unwrap();
            assert_eq!(frame["sequence_number"], *number);
            if frame["data"]["resumed"] == true {
                assert_eq!(number, last, "seed {seed}");
                continue;
            }
            *last += 1;
            assert_eq!(number, last, "seed {seed}");
            heard.extend(frame["data"]["id"].as_u64());
        }
    };
    for _ in 0..200 {
        match dice.random_range(0..6) {
            0..3 => {
                for _ in 0..dice.random_range(1..5) {
                    said += 1;
                    session.queue(&EncodedNote::new(&word(said), said, "then"));
                }
            }
            3 => {
                let tick = 1_000 + asked.len() as u64;
                session.ask_receipt(tick);
                asked.push((tick, said));
            }
            4 => {
                let (got, _) = take_all(&session, socket, dice.random_range(1..2_000));
                hear(&got, socket, &mut last, &asked);
            }
            _ => {
                // Of what was taken last, only a part arrives.
                let (got, _) = take_all(&session, socket, dice.random_range(1..2_000));
                let arrived = dice.random_range(0..=got.len());
                hear(&got[..arrived], socket, &mut last, &asked);
                // What needs no proof by the client is told whatever is cut.
                let mut rest = got[arrived..].to_vec();
                rest.retain(|got| matches!(got, Got::Proven(_)));
                hear(&rest, socket, &mut last, &asked);
                if dice.random() {
                    session.detach(socket, drop);
                }
                socket += 1;
                let waker = Arc::new(Notify::new());
                session
                    .claim(last, socket, waker, drop, || true)
                    .unwrap_or_else(|why| panic!("{why:?} at seed {seed}"));
                session.admit(&admission(true), 1, "then");
            }
        }
    }
    loop {
        let (got, next) = take_all(&session, socket, 10_000);
        hear(&got, socket, &mut last, &asked);
        if matches!(next, Next::Rest { .. }) {
            assert_eq!(proven, asked.last().map(|(tick, _)| *tick), "seed {seed}");
            return (said, heard);
        }
    }
}

#[test]
fn any_cut_delivers_each_word_once_in_order() {
    for seed in 0..300 {
        let (said, heard) = play(seed);
        assert_eq!(heard, (1..=said).collect::<Vec<_>>(), "seed {seed}");
    }
}

#[test]
fn a_newer_watermark_replaces_one_that_waits() {
    let session = session(SessionBounds::default());
    session.admit(&admission(false), 1, "then");
    session.owe(3);
    session.owe(5);
    let pay = |through| {
        let note = Durable {
            run: RunId(1).to_string(),
            through_tick: through,
        };
        session.pay(through, &EncodedNote::new(&note, 5, "then")).1
    };
    assert!(pay(2));
    assert!(pay(3));
    assert!(!pay(9));
    let (frames, _) = take(&session, 1, 10_000);
    assert_eq!(frames.len(), 2);
    assert!(frames[1].1.contains(r#""through_tick":9"#));
}

#[test]
fn return_to_full_world_leaves_session_resumable() {
    let session = session(SessionBounds::default());
    session.admit(&admission(false), 1, "then");
    take(&session, 1, 10_000);
    session.detach(1, drop);
    let waker = || Arc::new(Notify::new());
    let busy = session.claim(1, 2, waker(), drop, || false);
    assert_eq!(busy, Err(NoResume::Busy));
    assert_eq!(session.claim(1, 3, waker(), drop, || true), Ok(()));
}

#[test]
fn close_wakes_a_task_that_was_woken_before() {
    let session = session(SessionBounds::default());
    assert!(session.admit(&admission(false), 1, "then").is_some());
    assert!(
        session
            .queue(&EncodedNote::new(&Pong {}, 1, "then"))
            .is_none()
    );
    assert!(session.close(None).is_some());
    assert_eq!(session.press(1), Some(Press::Hurry));
    let (frames, next) = take(&session, 1, 10_000);
    assert_eq!(frames.len(), 2);
    assert!(matches!(next, Next::Close(Ending::Quit)));
}

#[test]
fn nothing_leaves_before_the_welcome() {
    let session = session(SessionBounds::default());
    session.queue(&EncodedNote::new(&Pong {}, 1, "then"));
    let (frames, next) = take(&session, 1, 10_000);
    assert!(frames.is_empty());
    assert!(matches!(next, Next::Rest { playing: false }));
    session.admit(&admission(false), 1, "then");
    let (frames, _) = take(&session, 1, 10_000);
    assert_eq!(frames.len(), 1);
    assert!(frames[0].1.contains("welcome"));
}

#[test]
fn queue_and_ring_stay_within_bounds() {
    let bounds = SessionBounds {
        queue_bytes: 4_000,
        replay_bytes: 4_000,
        ..SessionBounds::default()
    };
    let session = session(bounds);
    session.admit(&admission(false), 1, "then");
    for number in 0..10_000 {
        session.queue(&EncodedNote::new(&word(number), number, "then"));
        if number % 3 == 0 {
            take(&session, 1, 1);
        }
        let inner = session.lock();
        // One note more than the bound may be in either, and what was not taken at the end of it.
        let left = bounds.left_over_max();
        let most = 2 * left + bounds.queue_bytes + bounds.replay_bytes + 1_000;
        assert!(inner.outbox.bytes() + inner.ring.bytes() <= most);
    }
    assert!(session.lock().torn);
}

#[test]
fn burst_of_one_tick_is_no_slowness() {
    let session = session(SessionBounds::default());
    session.admit(&admission(false), 1, "then");
    for number in 1..=10_000 {
        session.queue(&EncodedNote::new(&word(number), 2, "then"));
    }
    assert!(session.waiting() > 4 * SessionBounds::default().queue_bytes);
    let mut heard = 0;
    loop {
        let (frames, next) = take(&session, 1, 10_000);
        heard += frames.len();
        match next {
            Next::More => {}
            Next::Rest { .. } => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(heard, 10_001);
}

#[test]
fn earlier_output_beyond_ceiling_is_slowness() {
    let bounds = SessionBounds {
        queue_bytes: 4_000,
        replay_bytes: 4_000,
        ..SessionBounds::default()
    };
    let session = session(bounds);
    session.admit(&admission(false), 1, "then");
    for tick in 2.. {
        let before = session.waiting();
        session.queue(&EncodedNote::new(&word(tick), tick, "then"));
        if session.lock().slow {
            assert!(before > bounds.left_over_max());
            break;
        }
        assert!(before <= bounds.left_over_max());
    }
    // Cut, it keeps what it had not taken, and what is said meanwhile.
    session.detach(1, drop);
    session.queue(&EncodedNote::new(&word(1_000), 1_000, "then"));
    assert!(!session.lock().torn);
}

#[test]
fn unread_comings_and_goings_stay_bounded() {
    let bounds = SessionBounds {
        queue_bytes: 4_000,
        replay_bytes: 4_000,
        ..SessionBounds::default()
    };
    let session = session(bounds);
    session.admit(&admission(false), 1, "then");
    take(&session, 1, 1);
    let most = 3 * bounds.left_over_max() + bounds.queue_bytes + bounds.replay_bytes;
    for round in 2..200 {
        for number in 0..20 {
            session.queue(&EncodedNote::new(
                &word(number),
                100 * round + number,
                "then",
            ));
        }
        assert!(
            session.waiting() <= most,
            "{} in round {round}",
            session.waiting()
        );
        session.detach(round - 1, drop);
        for number in 20..40 {
            session.queue(&EncodedNote::new(
                &word(number),
                100 * round + number,
                "then",
            ));
        }
        let waker = Arc::new(Notify::new());
        if session.claim(1, round, waker, drop, || true).is_err() {
            return;
        }
        session.admit(&admission(true), 1, "then");
    }
    panic!("it may be resumed for ever");
}

#[test]
fn takeover_before_welcome_is_told() {
    let session = session(SessionBounds::default());
    let error = last_error(Leaving::TakenOver, None).unwrap();
    let encoded = EncodedNote::new(&error, 1, "then");
    session.close(Some((error.code, &encoded)));
    let (frames, next) = take(&session, 1, 10_000);
    assert!(frames.is_empty());
    let Next::Refused(verdict) = next else {
        panic!("not refused: {next:?}");
    };
    assert_eq!(verdict.refusal.code, Code::SessionTakenOver);
}

#[test]
fn departed_text_client_gathers_no_output() {
    let mut session = session(SessionBounds::default());
    session.format = Format::Terminal;
    session.inner.get_mut().unwrap().encoder = Encoder::new(Format::Terminal);
    session.admit(&admission(false), 1, "then");
    session.queue(&EncodedNote::new(&word(1), 1, "then"));
    session.detach(1, drop);
    session.queue(&EncodedNote::new(&word(2), 1, "then"));
    assert_eq!(session.lock().outbox.bytes(), 0);
}
