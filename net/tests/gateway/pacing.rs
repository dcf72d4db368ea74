//! Bursts, readers that take their time, and proof of what was read.

use std::time::{Duration, Instant};

use engine::port::{Inbound, Outbound, SessionId};
use futures_util::StreamExt as _;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, Dial, Session};
use crate::gate::token;
use crate::server::{Fact, PATIENCE, Server, config};

const SLOW: &str = "kadath_slow_clients_total";

/// Words of 4 KiB that know their number.
fn words(count: usize) -> impl Iterator<Item = Fact> {
    let text = "x".repeat(4 * 1024);
    (0..count).map(move |number| Fact::word(&format!("{number} {text}")))
}

/// Reads that many words; answers whether each was there once and in order.
async fn hears(client: &mut Client, count: usize) -> bool {
    for number in 0..count {
        let frame = client.event("chat_message").await;
        let message = frame["data"]["message"].as_str().unwrap();
        if !message.starts_with(&format!("{number} ")) {
            return false;
        }
    }
    true
}

/// A client whose system takes little on its behalf.
async fn narrow(server: &mut Server, name: &str) -> (Client, Session) {
    let dial = Dial {
        protocols: &["kadath.v1"],
        receive_bytes: Some(4 * 1024),
        ..Dial::default()
    };
    let mut client = Client::dial(server.address, dial).await.unwrap();
    client.authenticate(name).await;
    let session = client.let_in(&mut server.world).await;
    (client, session)
}

fn receipt(session: SessionId) -> Outbound {
    Outbound::Receipt { session }
}

#[tokio::test]
async fn burst_of_one_tick_closes_no_reader() {
    const WORDS: usize = 512;
    let mut config = config();
    config.sessions.queue_bytes = 64 * 1024;
    config.sessions.slow_time = Duration::from_secs(60);
    let mut server = Server::start(config).await;
    let mut clients = Vec::new();
    for n in 0..8 {
        clients.push(Client::play(&mut server, &format!("ann{n}")).await);
    }
    let room: Vec<SessionId> = clients.iter().map(|(_, session)| session.id).collect();
    // 2 MiB in one tick, and one more tick on top.
    let said = words(WORDS).map(|word| word.heard_by(&room)).collect();
    server.world.say(said).await;
    for (client, _) in &mut clients {
        assert!(hears(client, WORDS).await);
    }
    assert_eq!(server.figure(SLOW), 0.0);
    server.stop().await;
}

#[tokio::test]
async fn first_burst_after_welcome_closes_no_client() {
    const WORDS: usize = 256;
    let mut config = config();
    config.sessions.queue_bytes = 16 * 1024;
    let mut server = Server::start(config).await;
    let mut client = Client::connect(server.address).await;
    client.authenticate("ann").await;
    let arrival = match server.world.next().await {
        Inbound::Arrive(arrival) => arrival,
        other => panic!("not an arrival: {other:?}"),
    };
    let mut said = vec![crate::server::admitted(
        arrival.session,
        arrival.character,
        false,
    )];
    said.extend(words(WORDS).map(|word| word.to(arrival.session)));
    server.world.say(said).await;
    client.event("welcome").await;
    assert!(hears(&mut client, WORDS).await);
    assert_eq!(server.figure(SLOW), 0.0);
    server.stop().await;
}

#[tokio::test]
async fn client_that_takes_nothing_is_closed_in_time() {
    let mut config = config();
    config.sessions.queue_bytes = 64 * 1024;
    config.sessions.replay_bytes = 4 * 1024 * 1024;
    config.sessions.send_buffer_bytes = 8 * 1024;
    config.sessions.slow_time = Duration::from_secs(1);
    let mut server = Server::start(config).await;
    let (client, session) = narrow(&mut server, "sloth").await;
    let said = Instant::now();
    server.world.tell(session.id, words(256).collect()).await;
    let lost = server.world.next().await;
    assert!(matches!(lost, Inbound::Lost { session: one } if one == session.id));
    assert!(
        said.elapsed() >= Duration::from_secs(1),
        "{:?}",
        said.elapsed()
    );
    assert_eq!(server.figure(SLOW), 1.0);
    client.cut();
    // All that it has not taken is there when it comes back.
    let mut again = Client::connect(server.address).await;
    again.resume(&token("sloth"), &session, 2).await;
    server.world.let_back(session.character).await;
    assert_eq!(again.event("welcome").await["data"]["resumed"], true);
    for number in 0..256 {
        let mut frame = again.frame().await;
        if frame["event_type"] == "error" {
            frame = again.frame().await;
        }
        let message = frame["data"]["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("{number} ")), "{number}");
    }
    server.stop().await;
}

#[tokio::test]
async fn slow_reader_that_catches_up_is_not_closed() {
    let mut config = config();
    config.sessions.queue_bytes = 16 * 1024;
    config.sessions.send_buffer_bytes = 8 * 1024;
    config.sessions.slow_time = Duration::from_secs(1);
    let mut server = Server::start(config).await;
    let (mut client, session) = narrow(&mut server, "snail").await;
    server.world.tell(session.id, words(200).collect()).await;
    // Four times as long as a client may take nothing.
    for number in 0..200 {
        let frame = client.event("chat_message").await;
        let message = frame["data"]["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("{number} ")));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.figure(SLOW), 0.0);
    server.stop().await;
}

#[tokio::test]
async fn receipt_comes_once_the_client_has_read() {
    let mut server = Server::start(config()).await;
    let (mut client, session) = Client::play(&mut server, "ann").await;
    let said = vec![Fact::word("read this").to(session.id), receipt(session.id)];
    let tick = server.world.say(said).await;
    client.event("chat_message").await;
    client.ping().await;
    client.event("pong").await;
    let received = server.world.next().await;
    assert!(
        matches!(received, Inbound::Received { session: one, through } if one == session.id && through == tick),
        "{received:?}"
    );
    server.stop().await;
}

#[tokio::test]
async fn receipt_of_silence_needs_no_proof() {
    let mut server = Server::start(config()).await;
    let dial = Dial {
        protocols: &["terminal.mudstandards.org"],
        ..Dial::default()
    };
    let mut client = Client::dial(server.address, dial).await.unwrap();
    while !client.text().await.contains("guest") {}
    client.line("guest").await;
    let arrival = server.world.let_in().await;
    server.world.say(vec![receipt(arrival.session)]).await;
    client.text().await;
    let asked = client.ws.next().await;
    assert!(matches!(asked, Some(Ok(Message::Ping(_)))), "{asked:?}");
    client.line("look").await;
    while !matches!(server.world.next().await, Inbound::Received { .. }) {}
    // A terminal is told nothing of a state, so there is nothing to read.
    let said = vec![Fact::state(1).to(arrival.session), receipt(arrival.session)];
    let tick = server.world.say(said).await;
    loop {
        match server.world.next().await {
            Inbound::Received { through, .. } if through == tick => break,
            Inbound::Line { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn receipt_survives_a_lost_socket() {
    let mut config = config();
    config.sessions.send_buffer_bytes = 8 * 1024;
    let mut server = Server::start(config).await;
    let (client, session) = narrow(&mut server, "ann").await;
    let mut said: Vec<Outbound> = words(32).map(|word| word.to(session.id)).collect();
    said.push(receipt(session.id));
    let tick = server.world.say(said).await;
    client.cut();
    let lost = server.world.next().await;
    assert!(matches!(lost, Inbound::Lost { .. }), "{lost:?}");
    let mut again = Client::connect(server.address).await;
    again.resume(&token("ann"), &session, 2).await;
    server.world.let_back(session.character).await;
    assert_eq!(again.event("welcome").await["data"]["resumed"], true);
    assert!(hears(&mut again, 32).await);
    again.ping().await;
    again.event("pong").await;
    let received = tokio::time::timeout(PATIENCE, server.world.next()).await;
    assert!(
        matches!(received, Ok(Inbound::Received { through, .. }) if through == tick),
        "{received:?}"
    );
    server.stop().await;
}
