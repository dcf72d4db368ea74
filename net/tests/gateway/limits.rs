//! How much anyone may do, and what it costs others when they try more.

use std::time::Duration;

use engine::port::Inbound;
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, Dial};
use crate::gate::token;
use crate::server::{PATIENCE, Server, config};

#[tokio::test]
async fn flood_delays_no_other_client() {
    let mut config = config();
    config.limits.frames_per_minute = 100;
    config.timeouts.flood = Duration::from_millis(500);
    let mut server = Server::start(config).await;
    let (flood, _) = Client::play(&mut server, "flood").await;
    let (mut calm, _) = Client::play(&mut server, "calm").await;
    let (mut sink, mut stream) = flood.ws.split();
    let sending = tokio::spawn(async move {
        let frame = Message::text(r#"{"type":"ping"}"#);
        // Until it is closed over it.
        while sink.feed(frame.clone()).await.is_ok() {}
    });
    let listening = tokio::spawn(async move {
        let (mut pongs, mut errors) = (0, 0);
        while let Some(Ok(message)) = stream.next().await {
            let Message::Text(text) = message else {
                continue;
            };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if frame["event_type"] == "pong" {
                pongs += 1;
            } else {
                errors += 1;
                assert_eq!(frame["data"]["code"], "rate_limit_exceeded");
                assert!(frame["data"]["retry_after_ms"].as_u64().unwrap() > 0);
            }
        }
        (pongs, errors)
    });
    // Answered in the middle of it.
    calm.ping().await;
    calm.event("pong").await;
    sending.await.unwrap();
    // The sign-in was the hundredth. Told when it was too much, and when it was closed.
    assert_eq!(listening.await.unwrap(), (99, 2));
    server.stop().await;
}

#[tokio::test]
async fn account_concurrent_characters_are_limited() {
    let mut config = config();
    config.limits.connections_per_account = 2;
    let mut server = Server::start(config).await;
    let mut connected = Vec::new();
    for name in ["ann/one", "ann/two"] {
        connected.push(Client::play(&mut server, name).await);
    }
    let mut third = Client::connect(server.address).await;
    third.authenticate("ann/three").await;
    third.error("too_many_requests").await;
    assert_eq!(third.closed().await.0, 1008);
    // The same character again is no third one, and another account is another matter.
    connected.push(Client::play(&mut server, "ann/two").await);
    connected.push(Client::play(&mut server, "bob/one").await);
    // Who has left makes room.
    connected.remove(0).0.cut();
    assert!(matches!(server.world.next().await, Inbound::Lost { .. }));
    Client::play(&mut server, "ann/three").await;
    server.stop().await;
}

#[tokio::test]
async fn excess_handshakes_of_address_leave_only_resumes() {
    let mut config = config();
    config.trust_proxy = true;
    config.limits.connection_attempts_per_minute = 2;
    let mut server = Server::start(config).await;
    let from = |address: &'static str| Dial {
        protocols: &["kadath.v1"],
        headers: Box::leak(Box::new([("x-forwarded-for", address)])),
        ..Dial::default()
    };
    let mut first = Client::dial(server.address, from("192.0.2.1"))
        .await
        .unwrap();
    first.authenticate("ann").await;
    let session = first.let_in(&mut server.world).await;
    first.cut();
    assert!(matches!(server.world.next().await, Inbound::Lost { .. }));
    Client::dial(server.address, from("192.0.2.1"))
        .await
        .unwrap();

    let mut third = Client::dial(server.address, from("192.0.2.1"))
        .await
        .unwrap();
    third.authenticate("ann").await;
    let error = third.error("rate_limit_exceeded").await;
    assert!(error["data"]["retry_after_ms"].as_u64().unwrap() > 0);
    assert_eq!(third.closed().await.0, 1008);
    // A resume is always welcome, and so is anybody else.
    for _ in 0..20 {
        let mut again = Client::dial(server.address, from("192.0.2.1"))
            .await
            .unwrap();
        again.resume(&token("ann"), &session, 2).await;
        server.world.let_back(session.character).await;
        assert_eq!(again.event("welcome").await["data"]["resumed"], true);
    }
    let mut other = Client::dial(server.address, from("192.0.2.2"))
        .await
        .unwrap();
    other.authenticate("bob").await;
    while !matches!(server.world.next().await, Inbound::Arrive(_)) {}
    server.stop().await;
}

#[tokio::test]
async fn failed_logins_lock_account_for_a_while() {
    let mut config = config();
    config.limits.failed_logins_per_minute = 3;
    let server = Server::start(config).await;
    let mut answers = Vec::new();
    for password in ["a", "b", "c", "right"] {
        let body = json!({"username": "ann", "password": password}).to_string();
        let request = reqwest::Client::new().post(server.url("/auth/login"));
        let response = request.body(body).send().await.unwrap();
        answers.push(response.status().as_u16());
        if response.status() == 429 {
            assert!(response.headers().contains_key(header::RETRY_AFTER));
        }
    }
    assert_eq!(answers, [401, 401, 401, 429]);
    server.stop().await;
}

#[tokio::test]
async fn trickling_http_head_is_not_awaited() {
    let mut config = config();
    config.timeouts.request = Duration::from_millis(100);
    let server = Server::start(config).await;
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(b"GET /api/ws HTTP/1.1\r\nHost: localhost\r\nX-")
        .await
        .unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, slow.read_to_end(&mut rest)).await;
    ended.expect("the server waits").unwrap();

    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
        .await
        .unwrap();
    let mut answer = vec![0; 12];
    slow.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 408");
    server.stop().await;
}

#[tokio::test]
async fn beyond_the_last_place_connections_are_turned_away() {
    let mut config = config();
    config.limits.sockets = 2;
    let server = Server::start(config).await;
    let mut places = Vec::new();
    for _ in 0..2 {
        places.push(Client::connect(server.address).await);
    }
    let mut extra = TcpStream::connect(server.address).await.unwrap();
    let mut answer = String::new();
    extra.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    // A place that gets free is there for the next one.
    places.remove(0).cut();
    crate::server::eventually("a free place", || {
        let alive = server.tasks.alive();
        alive.contains(&"socket")
    })
    .await;
    let found = tokio::time::timeout(PATIENCE, async {
        loop {
            let dial = Dial::default();
            if let Ok(client) = Client::dial(server.address, dial).await {
                return client;
            }
        }
    });
    found.await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn ping_flood_of_non_reader_is_ended() {
    let mut config = config();
    config.limits.frames_per_minute = 0;
    config.sessions.send_buffer_bytes = 4 * 1024;
    let mut server = Server::start(config).await;
    let dial = Dial {
        protocols: &["kadath.v1"],
        receive_bytes: Some(4 * 1024),
        ..Dial::default()
    };
    let mut client = Client::dial(server.address, dial).await.unwrap();
    client.authenticate("ann").await;
    client.let_in(&mut server.world).await;
    let payload = vec![7_u8; 125];
    let flooding = async {
        while client
            .ws
            .send(Message::Ping(payload.clone().into()))
            .await
            .is_ok()
        {}
    };
    let ended = tokio::time::timeout(PATIENCE, async {
        tokio::select! {
            () = flooding => {}
            lost = server.world.next() => assert!(matches!(lost, Inbound::Lost { .. })),
        }
    });
    ended.await.expect("the flood goes on");
    server.stop().await;
}
