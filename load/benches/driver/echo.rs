//! A server that costs next to nothing: ten frames for each command, on a thread of its own.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, join, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;
use tokio_tungstenite::tungstenite::Message;

/// Frames that come with each answer.
const BESIDE: usize = 9;

/// Starts it; answers where it listens.
pub(crate) fn start() -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime for the echo");
        LocalSet::new().block_on(&runtime, async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            tell.send(listener.local_addr().expect("an address"))
                .expect("somebody listens");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::task::spawn_local(echo(stream));
            }
        });
    });
    told.recv().expect("the echo listens")
}

async fn echo(mut stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else {
            return;
        };
        head.push(byte);
    }
    if !head.starts_with(b"GET /api/ws") {
        let (status, body) = if head.starts_with(b"POST /auth/guest") {
            ("200 OK", r#"{"access_token":"t"}"#)
        } else {
            ("404 Not Found", "{}")
        };
        let length = body.len();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
        let _ = stream.write_all(answer.as_bytes()).await;
        return;
    }
    let (read, write) = split(stream);
    let stream = join(std::io::Cursor::new(head).chain(read), write);
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, agree).await else {
        return;
    };
    let mut number = 0;
    while let Some(Ok(message)) = socket.next().await {
        let text = message.into_data();
        let text = String::from_utf8_lossy(&text);
        let mut frames = Vec::new();
        let mut frame = |event: &str, data: &str| {
            number += 1;
            frames.push(format!(
                r#"{{"sequence_number":{number},"event_type":"{event}","timestamp":"2026-01-01T00:00:00Z","tick":{number},"data":{data}}}"#
            ));
        };
        if text.contains("authenticate") {
            frame(
                "welcome",
                r#"{"session_id":"s","resumed":false,"last_command_id":0,"run":"r"}"#,
            );
            frame(
                "game_state",
                r#"{"player":{"name":"Bot"},"room":{"id":"here","sub_zone":"row","exits":{}},"occupants":[]}"#,
            );
        } else if text.contains("\"ping\"") {
            frame("pong", "{}");
        } else if let Some(id) = text.split("\"id\":").nth(1) {
            let id: String = id.chars().take_while(char::is_ascii_digit).collect();
            for _ in 0..BESIDE {
                frame("room_occupants", OCCUPANTS);
            }
            frame("command_response", &format!(r#"{{"id":{id},"ok":true}}"#));
        }
        for frame in frames {
            if socket.feed(Message::text(frame)).await.is_err() {
                return;
            }
        }
        if socket.flush().await.is_err() {
            return;
        }
    }
}

/// Ten names, as in a room of ten.
const OCCUPANTS: &str = r#"{"occupants":["Ann","Ben","Cat","Dan","Eve","Fay","Gus","Hal","Ida","Joe"],"players":["Ann","Ben","Cat","Dan","Eve","Fay","Gus","Hal","Ida","Joe"],"count":10}"#;

#[expect(clippy::result_large_err, reason = "the library's own type")]
fn agree(
    _: &tokio_tungstenite::tungstenite::handshake::server::Request,
    mut answer: tokio_tungstenite::tungstenite::handshake::server::Response,
) -> Result<
    tokio_tungstenite::tungstenite::handshake::server::Response,
    tokio_tungstenite::tungstenite::handshake::server::ErrorResponse,
> {
    let value = "kadath.v1".parse().expect("a header's value");
    answer.headers_mut().insert("sec-websocket-protocol", value);
    Ok(answer)
}
