//! What the standards of HTTP and websockets ask of an answer.

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::harness::{PATIENCE, Recipe, Server};

/// Everything that is answered to `words`, after which nothing more is sent.
async fn answer(server: &Server, words: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(words.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    let reading = stream.read_to_string(&mut answer);
    timeout(PATIENCE, reading).await.unwrap().unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn request_with_a_closed_writing_half_is_answered() {
    let server = Server::start().await;
    for _ in 0..20 {
        let health = answer(&server, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert!(health.starts_with("HTTP/1.1 200 "), "{health:?}");
    }
    let post = "POST /auth/guest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}";
    let guest = answer(&server, post).await;
    assert!(guest.starts_with("HTTP/1.1 200 "), "{guest:?}");
    assert!(guest.contains("access_token"), "{guest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn body_that_ends_early_is_a_bad_request() {
    let server = Server::start().await;
    let half = "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{\"user";
    let told = answer(&server, half).await;
    assert!(told.starts_with("HTTP/1.1 400 "), "{told:?}");
    assert!(told.contains("invalid_format"), "{told:?}");
    let long = format!(
        "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000\r\n\r\n{}",
        "x".repeat(20_000)
    );
    let told = answer(&server, &long).await;
    assert!(told.starts_with("HTTP/1.1 413 "), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn upgrade_required_names_protocol() {
    let server = Server::start().await;
    let handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n";
    for headers in ["", handshake] {
        let told = answer(
            &server,
            &format!("GET /api/ws HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"),
        )
        .await;
        let told = told.to_ascii_lowercase();
        assert!(told.starts_with("http/1.1 426 "), "{told:?}");
        for header in [
            "\r\nupgrade: websocket\r\n",
            "\r\nsec-websocket-version: 13\r\n",
            "\r\nconnection: ",
        ] {
            assert!(told.contains(header), "{header:?} {told:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prompt_accepts_stray_blanks() {
    let server = Recipe::new().start().await;
    let mut request = format!("ws://{}/api/ws", server.address())
        .into_client_request()
        .unwrap();
    let protocol = "terminal.mudstandards.org".parse().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = connect_async(request).await.unwrap();
    let mut heard = String::new();
    // The letters of the banner stand above each other.
    while !heard.contains("makes a character") {
        let message = timeout(PATIENCE, socket.next())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        heard.push_str(&String::from_utf8_lossy(&message.into_data()));
    }
    let banner: Vec<&str> = heard.lines().take(2).collect();
    let bare = |line: &str| line.rsplit('m').next().unwrap_or_default().to_owned();
    assert!(bare(banner[0]).starts_with(" _  __  "), "{banner:?}");
    socket
        .send(Message::binary(
            &b"  create   Bob    a long  pass-phrase 9  \r\n"[..],
        ))
        .await
        .unwrap();
    while !heard.contains("Sanitarium") {
        let message = timeout(PATIENCE, socket.next())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        heard.push_str(&String::from_utf8_lossy(&message.into_data()));
    }
    let login = |password: &str| {
        let body = serde_json::json!({"username": "Bob", "password": password});
        server.http.post("/auth/login", body)
    };
    assert_eq!(login("a long  pass-phrase 9").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn untypable_password_is_refused() {
    let server = Server::start().await;
    for password in [
        " leading blank",
        "trailing blank ",
        "two\nlines of it",
        "a\u{0}null in it",
    ] {
        let body = serde_json::json!({"username": "carl", "password": password});
        let (status, body) = server.http.post("/auth/register", body).await;
        assert_eq!(
            (status, body["error"]["field"].as_str()),
            (400, Some("password")),
            "{password:?}"
        );
    }
}
