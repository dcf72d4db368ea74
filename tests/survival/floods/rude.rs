//! Bad manners, each with the end it must come to. Every one answers what it has seen.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{interval, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::harness::PATIENCE;

type Socket = WebSocketStream<TcpStream>;

/// Frames a second of a flood, and how many go in one write.
const FLOOD: usize = 50_000;
const BURST: usize = FLOOD / 100;
/// How long the server lets somebody press on over the limit, and some time for it to say so.
const HELD_BACK: Duration = Duration::from_secs(8);
/// A mask of zeros.
const MASK: [u8; 4] = [0; 4];

/// One client sends far more than it may. It is told so, with a wait, is read no more, and closed
/// when it presses on.
pub(super) async fn flood(address: String, token: String, span: Duration) -> String {
    let frame = br#"{"type":"ping","data":{}}"#;
    let began = Instant::now();
    let socket = sign_in(&address, &token).await;
    let (sent, heard) = pour(socket, frame, span.max(HELD_BACK)).await;
    assert!(sent.is_none(), "it goes on: {sent:?}");
    let told = told(&heard);
    assert_eq!(
        told, 2,
        "when it was too much, and when it was closed: {heard}"
    );
    assert!(heard.contains("retry_after_ms"), "no wait: {heard}");
    format!("flood: closed after {:.1?}", began.elapsed())
}

/// The same with commands, each of which has an answer.
pub(super) async fn commands(address: String, token: String, span: Duration) -> String {
    let frame = br#"{"type":"command","data":{"line":"look"}}"#;
    let (sent, heard) = pour(sign_in(&address, &token).await, frame, span).await;
    assert!(told(&heard) > 0, "never told: {heard}");
    match sent {
        Some((sent, took)) => format!("commands: {sent} in {took:?}"),
        None => "commands: closed".to_owned(),
    }
}

fn told(heard: &str) -> usize {
    heard.matches(r#""code":"rate_limit_exceeded""#).count()
}

/// Pings without end from one that reads nothing. Beyond its limit they count like any frame.
pub(super) async fn pings(address: String, token: String, span: Duration) -> String {
    let mut raw = sign_in(&address, &token).await.into_inner();
    let mut frame = vec![0x89, 0x80 | 125];
    frame.extend(MASK);
    frame.extend([7; 125]);
    let frames = frame.repeat(BURST);
    let began = Instant::now();
    let mut sent = 0;
    while began.elapsed() < span {
        // Pongs that nobody reads fill both sockets: the server closes, or takes no more.
        match timeout(Duration::from_millis(500), raw.write_all(&frames)).await {
            Ok(Ok(())) => sent += BURST,
            Ok(Err(_)) | Err(_) => break,
        }
    }
    format!("pings: {sent} in {:?}", began.elapsed())
}

/// 10 KiB and a byte.
pub(super) async fn too_big(address: String, token: String) -> String {
    let mut socket = sign_in(&address, &token).await;
    let message = Message::text("x".repeat(10 * 1_024 + 1));
    socket.send(message).await.unwrap();
    ends(socket, "validation_error", 1009).await
}

/// Text that is none.
pub(super) async fn not_utf8(address: String, token: String) -> String {
    let mut socket = sign_in(&address, &token).await;
    let mut frame = vec![0x81, 0x82];
    frame.extend(MASK);
    frame.extend([0xff, 0xfe]);
    socket.get_mut().write_all(&frame).await.unwrap();
    ends(socket, "invalid_format", 1007).await
}

/// A message that never ends, in fragments of nothing.
pub(super) async fn fragments(address: String, token: String) -> String {
    let mut socket = sign_in(&address, &token).await;
    let mut frames = vec![0x01, 0x80];
    frames.extend(MASK);
    for _ in 0..50_000 {
        frames.extend([0x00, 0x80]);
        frames.extend(MASK);
    }
    // The server may hang up before all of it is written.
    let _ = socket.get_mut().write_all(&frames).await;
    ends(socket, "rate_limit_exceeded", 1008).await
}

/// What no decoder understands is answered, each with its code, and the socket kept.
pub(super) async fn garbage(address: String, token: String) -> String {
    let mut socket = sign_in(&address, &token).await;
    let deep = "[".repeat(5_000);
    let frames = [
        "{",
        "null",
        "{\"type\":7}",
        "{\"type\":\"command\"}",
        &deep,
        "\u{0}\u{202e}",
    ];
    for frame in frames {
        socket.send(Message::text(frame)).await.unwrap();
        let answer = event(&mut socket, "error").await;
        assert!(answer["data"]["code"].is_string(), "{answer}");
    }
    let ping = json!({"type": "ping", "data": {}});
    socket.send(Message::text(ping.to_string())).await.unwrap();
    event(&mut socket, "pong").await;
    format!("garbage: {} answers, and still there", frames.len())
}

/// A request that trickles in. It is not waited for.
pub(super) async fn trickle(address: String) -> String {
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let began = Instant::now();
    let head = b"GET /api/ws HTTP/1.1\r\nX-Slow: ";
    let trickling = async {
        for byte in head.iter().chain(std::iter::repeat(&b'x')) {
            if stream.write_all(&[*byte]).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(200)).await;
        }
    };
    timeout(PATIENCE, trickling)
        .await
        .expect("it is waited for");
    format!("trickle: gone after {} s", began.elapsed().as_secs())
}

/// A websocket that never says who it is.
pub(super) async fn half_open(address: String) -> String {
    let socket = open(&address).await;
    ends(socket, "authentication_failed", 1008).await
}

/// A connection that says nothing at all.
pub(super) async fn silent(address: String) -> String {
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let began = Instant::now();
    let mut nothing = Vec::new();
    let ended = timeout(PATIENCE, stream.read_to_end(&mut nothing)).await;
    // Ended or reset: either is an end.
    drop(ended.expect("it is waited for"));
    format!("silent: gone after {} s", began.elapsed().as_secs())
}

/// Writes frames at the flood's pace while it reads; answers how many in what time, unless the peer
/// hung up, and everything heard.
async fn pour(socket: Socket, text: &[u8], span: Duration) -> (Option<(usize, Duration)>, String) {
    let mut raw = socket.into_inner();
    let mut frame = vec![0x81, 0x80 | text.len() as u8];
    frame.extend(MASK);
    frame.extend(text);
    let frames = frame.repeat(BURST);
    let (mut read, mut write) = raw.split();
    let began = Instant::now();
    let writing = async {
        let mut pace = interval(Duration::from_secs(1) * BURST as u32 / FLOOD as u32);
        let mut sent = 0;
        while began.elapsed() < span {
            pace.tick().await;
            write.write_all(&frames).await.ok()?;
            sent += BURST;
        }
        Some((sent, began.elapsed()))
    };
    let mut heard = Vec::new();
    let reading = async { while read.read_buf(&mut heard).await.is_ok_and(|read| read > 0) {} };
    // Read to the end also when the writing has failed: the reason is behind what came before.
    let reading = async {
        // A peer that keeps the socket has no end to read.
        drop(timeout(span + Duration::from_secs(2), reading).await);
    };
    let (sent, ()) = tokio::join!(writing, reading);
    (sent, String::from_utf8_lossy(&heard).into_owned())
}

async fn open(address: &str) -> Socket {
    let stream = TcpStream::connect(address).await.unwrap();
    let url = format!("ws://{address}/api/ws");
    let mut request = url.into_client_request().unwrap();
    let protocol = HeaderValue::from_static("kadath.v1");
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    client_async(request, stream).await.unwrap().0
}

async fn sign_in(address: &str, token: &str) -> Socket {
    let mut socket = open(address).await;
    let frame = json!({"type": "authenticate", "data": {"token": token}});
    socket.send(Message::text(frame.to_string())).await.unwrap();
    event(&mut socket, "game_state").await;
    socket
}

async fn event(socket: &mut Socket, event_type: &str) -> Value {
    loop {
        let heard = timeout(PATIENCE, socket.next()).await;
        match heard.expect("nothing is heard") {
            Some(Ok(Message::Text(text))) => {
                let frame: Value = serde_json::from_str(&text).unwrap();
                if frame["event_type"] == event_type {
                    return frame;
                }
            }
            Some(Ok(_)) => {}
            other => panic!("no {event_type}: {other:?}"),
        }
    }
}

/// Waits for an error of that code and a close of that one.
async fn ends(mut socket: Socket, code: &str, close: u16) -> String {
    let mut error = Value::Null;
    loop {
        let heard = timeout(PATIENCE, socket.next()).await;
        match heard.expect("it is not ended") {
            Some(Ok(Message::Text(text))) => {
                let frame: Value = serde_json::from_str(&text).unwrap();
                if frame["event_type"] == "error" {
                    error = frame["data"]["code"].clone();
                }
            }
            Some(Ok(Message::Close(why))) => {
                let why = why.expect("a reason");
                assert_eq!(error, code, "{why:?}");
                assert_eq!(u16::from(why.code), close, "{why:?}");
                return format!("{code}: closed with {close}");
            }
            Some(Ok(_)) => {}
            other => panic!("no close: {other:?}, error {error}"),
        }
    }
}
