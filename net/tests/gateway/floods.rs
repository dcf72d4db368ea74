//! Sockets that send more than they may, or take nothing: what each may cost.

use std::time::{Duration, Instant};

use engine::port::{Inbound, LaneLimits};
use net::NetConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::client::Client;
use crate::gate::token;
use crate::raw::{BINARY, CLOSE, PING, PONG, Raw, TEXT, frame};
use crate::server::{Fact, PATIENCE, Server, config, eventually};

const TERMINAL: &str = "terminal.mudstandards.org";

fn limited(frames: u32) -> NetConfig {
    let mut config = config();
    config.limits.frames_per_minute = frames;
    config.timeouts.flood = Duration::from_millis(500);
    config
}

/// Writes until the server takes no more for a while, or hangs up; answers how many bytes it took.
async fn press(stream: &mut TcpStream, bytes: &[u8]) -> usize {
    let mut taken = 0;
    while let Ok(Ok(())) = timeout(Duration::from_millis(300), stream.write_all(bytes)).await {
        taken += bytes.len();
        assert!(taken < 256 * 1_024 * 1_024, "it is read without end");
    }
    taken
}

/// Whatever is sent, of a socket over its limit the kernel's buffers are filled and no more.
#[tokio::test]
async fn socket_over_limit_is_not_read() {
    let mut config = limited(100);
    config.timeouts.flood = PATIENCE;
    let mut server = Server::start(config).await;
    for name in [None, Some("ann")] {
        for (first, payload) in [
            (PING, &b"x"[..]),
            (PONG, b""),
            (TEXT, br#"{"type":"ping"}"#),
            (BINARY, b""),
        ] {
            let mut client = Raw::connect(&server, "kadath.v1", name).await;
            if name.is_some() {
                server.world.let_in().await;
            }
            let burst = frame(first, payload).repeat(1_000);
            let taken = press(&mut client.stream, &burst).await;
            assert!(taken < 16 * 1_024 * 1_024, "{first:x} {name:?}: {taken}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn flood_is_told_held_back_and_closed() {
    for name in [None, Some("ann")] {
        let mut server = Server::start(limited(100)).await;
        let mut client = Raw::connect(&server, "kadath.v1", name).await;
        if name.is_some() {
            server.world.let_in().await;
            client.next().await.unwrap();
            client.next().await.unwrap();
        }
        let began = Instant::now();
        client
            .write(&frame(TEXT, br#"{"type":"ping"}"#).repeat(150))
            .await;
        // Those that it may send are answered, one more is refused.
        for _ in 0..100 {
            let said = client.next().await.unwrap();
            assert!(
                String::from_utf8_lossy(&said.payload).contains("pong"),
                "{said:?}"
            );
        }
        for _ in 0..2 {
            let said = client.next().await.unwrap();
            let text = String::from_utf8_lossy(&said.payload);
            assert!(text.contains("rate_limit_exceeded"), "{text}");
            assert!(text.contains("retry_after_ms"), "{text}");
            // Whoever goes on is told again, and closed.
            drop(
                client
                    .stream
                    .write_all(&frame(PONG, b"").repeat(20_000))
                    .await,
            );
        }
        let close = client.next().await.unwrap();
        assert_eq!(close.close_code(), 1008);
        assert_eq!(&close.payload[2..], b"rate_limit_exceeded");
        assert!(began.elapsed() >= Duration::from_millis(500));
        server.stop().await;
    }
}

/// With `KADATH_PROOF=full` it also waits as long as it was told to, a minute, and goes on.
#[tokio::test]
async fn quiet_client_over_limit_is_kept() {
    let mut config = limited(20);
    config.timeouts.flood = Duration::from_millis(100);
    let mut server = Server::start(config).await;
    let (mut client, session) = Client::play(&mut server, "ann").await;
    for _ in 0..20 {
        client.ping().await;
    }
    for _ in 0..19 {
        client.event("pong").await;
    }
    let error = client.error("rate_limit_exceeded").await;
    let wait = error["data"]["retry_after_ms"].as_u64().unwrap();
    assert!((55_000..=61_000).contains(&wait), "{wait}");
    // Beyond the patience with those who are not quiet.
    tokio::time::sleep(Duration::from_millis(500)).await;
    server
        .world
        .tell(session.id, vec![Fact::word("hello")])
        .await;
    client.event("chat_message").await;
    if std::env::var("KADATH_PROOF").is_ok_and(|proof| proof == "full") {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        client.ping().await;
        client.event("pong").await;
    }
    // Not read, and yet it is seen to go.
    client.cut();
    assert!(matches!(server.world.next().await, Inbound::Lost { .. }));
    server.stop().await;
}

/// One message may hold sixteen lines, and each is one.
#[tokio::test]
async fn lines_of_one_message_count_each() {
    let mut server = Server::start(limited(20)).await;
    let mut client = Raw::connect(&server, TERMINAL, Some("ann")).await;
    server.world.let_in().await;
    client.next().await.unwrap();
    for _ in 0..2 {
        client
            .write(&frame(BINARY, "look\r\n".repeat(16).as_bytes()))
            .await;
    }
    for _ in 0..20 {
        assert_eq!(server.world.line().await.2, "look");
    }
    let said = client.next().await.unwrap();
    let text = String::from_utf8_lossy(&said.payload);
    assert!(text.contains("Too fast"), "{text}");
    assert!(server.world.is_silent());
    server.stop().await;
}

#[tokio::test]
async fn resume_and_takeover_keep_the_window() {
    let mut server = Server::start(limited(20)).await;
    let (mut client, session) = Client::play(&mut server, "ann").await;
    // The sign-in was the first.
    for id in 41..60 {
        client.command(id, "look").await;
        assert_eq!(server.world.line().await.1, Some(id));
    }
    client.cut();
    assert!(matches!(server.world.next().await, Inbound::Lost { .. }));
    for round in 0..3_u64 {
        let mut again = Client::connect(server.address).await;
        again.resume(&token("ann"), &session, 2).await;
        // Sent ahead of the welcome: it counts all the same.
        let early = 60 + 2 * round;
        again.command(early, "look").await;
        server.world.let_back(session.character).await;
        assert_eq!(again.event("welcome").await["data"]["resumed"], true);
        // As a command that was held, or as a message: it depends on when it was read.
        let answer = again.frame().await;
        assert!(
            answer.to_string().contains("rate_limit_exceeded"),
            "{answer}"
        );
        again.command(early + 1, "look").await;
        again.cut();
        assert!(matches!(server.world.next().await, Inbound::Lost { .. }));
    }
    // Whoever signs in anew takes the session over, and its window.
    let mut other = Client::connect(server.address).await;
    other.authenticate("ann").await;
    other.let_in(&mut server.world).await;
    other.command(99, "look").await;
    other.error("rate_limit_exceeded").await;
    assert!(server.world.is_silent());
    server.stop().await;
}

/// The lane is everybody's: while the world is away, one session fills its share of it.
#[tokio::test]
async fn one_session_has_a_share_of_the_lane() {
    let mut config = limited(0);
    config.timeouts.arrival = PATIENCE;
    let (mut server, ports) = Server::start_apart(config, LaneLimits::default(), None).await;
    let mut client = Raw::connect(&server, TERMINAL, Some("ann")).await;
    eventually("an arrival", || ports.inbound.len() == 1).await;
    let Ok(Inbound::Arrive(arrival)) = ports.inbound.try_recv() else {
        panic!("not an arrival");
    };
    let said = crate::server::admitted(arrival.session, arrival.character, false);
    server.world.say(vec![said]).await;
    client.next().await.unwrap();
    let message = frame(BINARY, "look\r\n".repeat(16).as_bytes());
    client.write(&message.repeat(20)).await;
    eventually("a full share", || ports.inbound.len() == 64).await;
    // Others have room, and the rest comes when the world has taken what stands there.
    let mut taken = 0;
    eventually("all lines", || {
        assert!(ports.inbound.len() <= 64, "{}", ports.inbound.len());
        taken += ports.inbound.try_iter().count();
        taken >= 20 * 16
    })
    .await;
    assert_eq!(taken, 20 * 16);
    drop(ports);
    server.stop().await;
}

/// Over the limit of frames or not, before signing in or after: pongs that nobody takes end it.
#[tokio::test]
async fn pings_of_one_that_reads_nothing_are_bounded() {
    for limit in [0, 1_200] {
        let mut config = limited(limit);
        config.sessions.send_buffer_bytes = 4 * 1_024;
        config.timeouts.write = Duration::from_secs(4);
        let mut server = Server::start(config).await;
        for name in [None, Some("ann")] {
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_recv_buffer_size(4 * 1_024).unwrap();
            let stream = socket.connect(server.address).await.unwrap();
            let mut client = Raw::upgrade(stream, "kadath.v1", name).await.unwrap();
            if name.is_some() {
                server.world.let_in().await;
            }
            // More than uses up the limit. It has no answer that anybody would have to wait for.
            client.write(&frame(PONG, b"").repeat(1_250)).await;
            let pings = frame(PING, &[7; 125]).repeat(100);
            let taken = press(&mut client.stream, &pings).await;
            assert!(taken < 8 * 1_024 * 1_024, "{limit} {name:?}: {taken}");
            eventually("its end", || !server.tasks.alive().contains(&"socket")).await;
        }
        server.stop().await;
    }
}

/// A peer that asks and asks and takes no answer.
#[tokio::test]
async fn untaken_http_answers_end_connection() {
    let mut config = config();
    config.sessions.send_buffer_bytes = 4 * 1_024;
    config.timeouts.write = Duration::from_millis(500);
    let server = Server::start(config).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1_024).unwrap();
    let mut stream = socket.connect(server.address).await.unwrap();
    let asks = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
    press(&mut stream, &asks).await;
    eventually("its end", || !server.tasks.alive().contains(&"connection")).await;
    server.stop().await;
}

/// Also one that takes them byte by byte.
#[tokio::test]
async fn http_answers_that_are_sipped_end_the_connection() {
    let mut config = config();
    config.sessions.send_buffer_bytes = 4 * 1_024;
    config.timeouts.write = Duration::from_millis(500);
    let server = Server::start(config).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1_024).unwrap();
    let mut stream = socket.connect(server.address).await.unwrap();
    let asks = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
    press(&mut stream, &asks).await;
    let sipping = timeout(PATIENCE, async {
        while server.tasks.alive().contains(&"connection") {
            let mut sip = [0; 16];
            let _ = timeout(Duration::from_millis(50), stream.read(&mut sip)).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    sipping.await.expect("it is waited for");
    server.stop().await;
}

/// A close comes through whatever was sent before it, up to the limit.
#[tokio::test]
async fn close_behind_a_burst_is_answered() {
    let server = Server::start(limited(100)).await;
    let mut client = Raw::connect(&server, "kadath.v1", None).await;
    let mut bytes = frame(PONG, b"").repeat(100);
    bytes.extend(frame(CLOSE, b""));
    client.write(&bytes).await;
    let said = client.until_closed().await;
    assert_eq!(said.payload, b"");
    assert_eq!(client.next().await, None);
    server.stop().await;
}
