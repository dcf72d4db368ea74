//! What a hostile socket sends. None of them reads.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep_until, timeout};

use crate::harness::Server;

/// How a socket tries to cost more than its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attack {
    Pings,
    Pongs,
    Texts,
    TinyFrames,
    Fragments,
    Closes,
    HalfOpen,
    Pipeline,
    NeverReads,
}

impl Attack {
    pub(super) const ALL: [Self; 9] = [
        Self::Pings,
        Self::Pongs,
        Self::Texts,
        Self::TinyFrames,
        Self::Fragments,
        Self::Closes,
        Self::HalfOpen,
        Self::Pipeline,
        Self::NeverReads,
    ];

    /// What is sent first, and what is sent from then on.
    fn bytes(self) -> (Vec<u8>, Vec<u8>) {
        let pongs = || frame(0x8a, b"").repeat(1_250);
        let command = br#"{"type":"command","data":{"line":"look"}}"#;
        match self {
            // First what uses up the limit, and has no answer.
            Self::Pings => (pongs(), frame(0x89, &[7; 125]).repeat(500)),
            Self::Pongs => (Vec::new(), pongs()),
            Self::Texts => (Vec::new(), frame(0x81, command).repeat(500)),
            Self::TinyFrames => (Vec::new(), frame(0x81, b"").repeat(5_000)),
            Self::Fragments => (frame(0x01, b""), frame(0x00, b"").repeat(5_000)),
            Self::Closes => (Vec::new(), frame(0x88, &[3, 232]).repeat(5_000)),
            Self::HalfOpen => (frame(0x81, &[b' '; 10_000])[..5_000].to_vec(), Vec::new()),
            Self::Pipeline => (Vec::new(), Vec::new()),
            // As much as it may send, and what is answered at length.
            Self::NeverReads => (frame(0x81, command).repeat(1_000), Vec::new()),
        }
    }
}

/// A frame of a client, masked with zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match u16::try_from(payload.len()) {
        Ok(short @ 0..126) => bytes.push(0x80 | short as u8),
        length => {
            bytes.push(0x80 | 126);
            bytes.extend(length.expect("a short frame").to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// Attacks for that long; signed in where there is a token. Answers how many bytes were taken.
pub(super) async fn attack(
    kind: Attack,
    address: String,
    token: Option<String>,
    span: Duration,
) -> usize {
    let until = tokio::time::Instant::now() + span;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let (first, then) = if kind == Attack::Pipeline {
        (Vec::new(), requests(token.as_deref()))
    } else {
        upgrade(&mut stream, "kadath.v1", token.as_deref()).await;
        kind.bytes()
    };
    let mut taken = 0;
    let pressing = async {
        if stream.write_all(&first).await.is_err() {
            return;
        }
        taken += first.len();
        // Until it is closed over it.
        while !then.is_empty() && stream.write_all(&then).await.is_ok() {
            taken += then.len();
        }
        // What has nothing more to send stays, and so does what was closed.
        std::future::pending::<()>().await;
    };
    drop(timeout(span, pressing).await);
    sleep_until(until).await;
    taken
}

/// Requests whose answers are large, one behind the other.
fn requests(token: Option<&str>) -> Vec<u8> {
    let request = match token {
        None => "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        Some(token) => format!(
            "GET /api/players/characters HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
        ),
    };
    request.into_bytes().repeat(100)
}

async fn upgrade(stream: &mut TcpStream, protocol: &str, token: Option<&str>) {
    let bearer = token.map_or(String::new(), |token| format!(", bearer, {token}"));
    let request = format!(
        "GET /api/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: {protocol}{bearer}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{head:?}");
    if token.is_some() {
        // The first byte of the welcome.
        stream.read_u8().await.unwrap();
    }
}

/// Sockets that have shaken hands and say nothing.
pub(super) async fn wait_at_the_door(
    server: &Server,
    protocol: &str,
    count: usize,
) -> Vec<TcpStream> {
    let mut waiting = Vec::with_capacity(count);
    while waiting.len() < count {
        // A few at a time, so that all stand there before the first has to leave.
        let some = (0..16.min(count - waiting.len())).map(|_| async {
            let mut stream = TcpStream::connect(server.address()).await.unwrap();
            upgrade(&mut stream, protocol, None).await;
            stream
        });
        waiting.extend(join_all(some).await);
    }
    waiting
}
