//! Sockets come and go, sessions stay.

use std::time::Duration;

use engine::port::{Code, Inbound, Leaving, Outbound, Refusal, SessionId, StableId};
use serde_json::{Value, json};

use crate::client::Client;
use crate::gate::token;
use crate::server::{Fact, Server, config};

/// The numbers and words of the next `count` frames.
async fn words(client: &mut Client, count: usize) -> Vec<(u64, String)> {
    let mut heard = Vec::new();
    for _ in 0..count {
        let frame = client.event("chat_message").await;
        heard.push((
            frame["sequence_number"].as_u64().unwrap(),
            frame["data"]["message"].as_str().unwrap().to_owned(),
        ));
    }
    heard
}

fn said(from: u64, to: u64) -> Vec<Fact> {
    (from..=to).map(|n| Fact::word(&format!("{n}"))).collect()
}

fn expected(from: u64, to: u64) -> Vec<(u64, String)> {
    (from..=to).map(|n| (n, n.to_string())).collect()
}

async fn lost(server: &mut Server) {
    assert!(matches!(server.world.next().await, Inbound::Lost { .. }));
}

#[tokio::test]
async fn resume_repeats_exactly_missed_frames_with_numbers() {
    let mut server = Server::start(config()).await;
    let (mut client, session) = Client::play(&mut server, "ann").await;
    server.world.tell(session.id, said(3, 6)).await;
    assert_eq!(words(&mut client, 4).await, expected(3, 6));
    client.cut();
    lost(&mut server).await;
    // Said while nobody listens.
    server.world.tell(session.id, said(7, 9)).await;

    let admissions = *server.gate.admissions.lock().unwrap();
    let mut again = Client::connect(server.address).await;
    // Frames 5 and 6 were sent and, as it says, never came.
    again.resume(&token("ann"), &session, 4).await;
    assert_eq!(server.world.let_back(session.character).await, session.id);
    let welcome = again.event("welcome").await;
    assert_eq!(welcome["sequence_number"], 4);
    assert_eq!(welcome["data"]["resumed"], true);
    assert_eq!(welcome["data"]["session_id"], session.key);
    assert_eq!(words(&mut again, 5).await, expected(5, 9));
    server.world.tell(session.id, said(10, 10)).await;
    assert_eq!(words(&mut again, 1).await, expected(10, 10));
    // The token is the one it signed in with: nobody had to be asked.
    assert_eq!(*server.gate.admissions.lock().unwrap(), admissions);
    server.stop().await;
}

#[tokio::test]
async fn resume_takes_session_from_live_socket() {
    let mut server = Server::start(config()).await;
    let (mut old, session) = Client::play(&mut server, "ann").await;
    let mut new = Client::connect(server.address).await;
    new.resume(&token("ann"), &session, 2).await;
    // The old socket's word is outside of the stream, which goes on in the new one.
    assert_eq!(old.error("session_taken_over").await["sequence_number"], 0);
    assert_eq!(old.closed().await, (1000, "session_taken_over".to_owned()));
    server.world.let_back(session.character).await;
    assert_eq!(new.event("welcome").await["data"]["resumed"], true);
    server.world.tell(session.id, said(3, 3)).await;
    assert_eq!(words(&mut new, 1).await, expected(3, 3));
    server.stop().await;
}

/// Resumes and expects a new session instead; answers its welcome.
async fn begins_anew(server: &mut Server, key: &crate::client::Session, last: u64) -> Value {
    let mut client = Client::connect(server.address).await;
    client.resume(&token("ann"), key, last).await;
    let arrival = loop {
        match server.world.next().await {
            Inbound::Lost { .. } => {}
            Inbound::Arrive(arrival) => break arrival,
            other => panic!("not an arrival: {other:?}"),
        }
    };
    assert_eq!(arrival.character, key.character);
    assert_ne!(arrival.session, key.id);
    let admitted = crate::server::admitted(arrival.session, arrival.character, false);
    server.world.say(vec![admitted]).await;
    let welcome = client.event("welcome").await;
    assert_eq!(welcome["sequence_number"], 1);
    assert_eq!(welcome["data"]["resumed"], false);
    assert_ne!(welcome["data"]["session_id"], key.key);
    client.cut();
    while !matches!(server.world.next().await, Inbound::Lost { session } if session == arrival.session)
    {
    }
    welcome
}

#[tokio::test]
async fn impossible_resume_begins_new_session() {
    let mut config = config();
    config.sessions.replay_bytes = 1_000;
    let mut server = Server::start(config).await;

    let (mut client, session) = Client::play(&mut server, "ann").await;
    server.world.tell(session.id, said(3, 40)).await;
    words(&mut client, 38).await;
    client.cut();
    lost(&mut server).await;
    // Pushed out of the ring.
    begins_anew(&mut server, &session, 3).await;
    // Never sent.
    begins_anew(&mut server, &session, 41).await;
    // Of no session at all.
    let unknown = crate::client::Session {
        key: "0".repeat(32),
        ..session
    };
    begins_anew(&mut server, &unknown, 3).await;
    server.stop().await;
}

#[tokio::test]
async fn after_lost_output_every_session_begins_anew() {
    let mut server = Server::start(config()).await;
    let (mut client, session) = Client::play(&mut server, "ann").await;
    let notes = vec![Fact::word("3").to(session.id)];
    server.world.emit(notes, true).await;
    // Who is connected goes on.
    assert_eq!(words(&mut client, 1).await, expected(3, 3));
    client.cut();
    lost(&mut server).await;
    begins_anew(&mut server, &session, 3).await;
    server.stop().await;
}

#[tokio::test]
async fn refused_return_becomes_arrival() {
    let mut server = Server::start(config()).await;
    let (client, session) = Client::play(&mut server, "ann").await;
    client.cut();
    lost(&mut server).await;
    let mut again = Client::connect(server.address).await;
    again.resume(&token("ann"), &session, 2).await;
    assert!(matches!(server.world.next().await, Inbound::Return { .. }));
    let refused = Outbound::Refused {
        session: session.id,
        refusal: Refusal::of(Code::ResourceNotFound),
    };
    server.world.say(vec![refused]).await;
    let new = again.let_in(&mut server.world).await;
    assert_ne!(new.id, session.id);
    assert_eq!(new.welcome["sequence_number"], 1);
    assert_eq!(new.welcome["data"]["resumed"], false);
    server.stop().await;
}

#[tokio::test]
async fn resume_key_admits_expired_token_during_grace_only() {
    let mut config = config();
    config.timeouts.grace = Duration::ZERO;
    let mut server = Server::start(config).await;
    let (client, session) = Client::play(&mut server, "ann").await;
    client.cut();
    lost(&mut server).await;

    let mut forged = Client::connect(server.address).await;
    forged.resume("forged", &session, 2).await;
    forged.error("invalid_token").await;
    let mut other = Client::connect(server.address).await;
    other.resume(&token("eve"), &session, 2).await;
    other.error("invalid_token").await;

    let mut late = Client::connect(server.address).await;
    late.resume("expired-ann", &session, 2).await;
    server.world.let_back(session.character).await;
    assert_eq!(late.event("welcome").await["data"]["resumed"], true);
    late.cut();
    lost(&mut server).await;

    let over = Outbound::Close {
        session: session.id,
        why: Leaving::LinkDead,
        told: None,
    };
    server.world.say(vec![over]).await;
    server.until("kadath_sessions", |n| n == 0.0).await;
    let mut later = Client::connect(server.address).await;
    later.resume("expired-ann", &session, 2).await;
    later.error("token_expired").await;
    server.stop().await;
}

#[tokio::test]
async fn refused_ids_are_remembered_across_a_resume() {
    let mut server = Server::start(config()).await;
    let (mut client, session) = Client::play(&mut server, "ann").await;
    client.command(50, "\u{1}").await;
    client.event("command_response").await;
    client.cut();
    lost(&mut server).await;
    let mut again = Client::connect(server.address).await;
    again.resume(&token("ann"), &session, 3).await;
    server.world.let_back(session.character).await;
    again.event("welcome").await;
    again.command(50, "look").await;
    let answer = again.event("command_response").await;
    assert_eq!(answer["data"]["repeated"], true);
    assert_eq!(answer["sequence_number"], 4);
    server.stop().await;
}

#[tokio::test]
async fn cut_before_welcome_leaves_nothing() {
    let mut server = Server::start(config()).await;
    let mut client = Client::connect(server.address).await;
    client.authenticate("ann").await;
    let Inbound::Arrive(arrival) = server.world.next().await else {
        panic!("not an arrival");
    };
    client.cut();
    let left = server.world.next().await;
    assert!(matches!(left, Inbound::Leave { session, .. } if session == arrival.session));
    server.until("kadath_sessions", |n| n == 0.0).await;
    // The world's late answer finds nobody, and nobody is hurt.
    let late = crate::server::admitted(arrival.session, arrival.character, false);
    server.world.say(vec![late]).await;
    let (mut next, _) = Client::play(&mut server, "ann").await;
    next.ping().await;
    next.event("pong").await;
    server.stop().await;
}

#[tokio::test]
async fn a_silent_socket_is_pinged_and_given_up() {
    let mut config = config();
    config.timeouts.ping = std::time::Duration::from_millis(20);
    config.timeouts.idle = std::time::Duration::from_millis(300);
    let mut server = Server::start(config).await;
    let (client, session) = Client::play(&mut server, "ann").await;
    // It does not even read, so it answers no ping.
    lost(&mut server).await;
    let mut client = client;
    client.error("timeout_error").await;
    assert_eq!(client.closed().await.0, 1008);
    let mut again = Client::connect(server.address).await;
    again.resume(&token("ann"), &session, 3).await;
    server.world.let_back(session.character).await;
    assert_eq!(again.event("welcome").await["data"]["resumed"], true);
    again.send(json!({"type": "ping"})).await;
    again.event("pong").await;
    server.stop().await;
}

/// The key of a session that an earlier process had of a character.
fn forgotten(character: &str) -> crate::client::Session {
    let character = StableId::named(character);
    let nonce = 0x0123_4567_89ab_cdef;
    let seal = crate::gate::seal(character, nonce);
    crate::client::Session {
        id: SessionId(0),
        character,
        key: format!("{nonce:016x}{seal:016x}"),
        welcome: Value::Null,
    }
}

async fn arrives_as(server: &mut Server, token: &str, character: &str) {
    let key = forgotten(character);
    let mut client = Client::connect(server.address).await;
    client.resume(token, &key, 7).await;
    let session = client.let_in(&mut server.world).await;
    assert_eq!(session.character, key.character);
    assert_eq!(session.welcome["data"]["resumed"], false);
    client.cut();
    lost(server).await;
}

#[tokio::test]
async fn key_from_before_restart_returns_own_character() {
    let mut server = Server::start(config()).await;
    arrives_as(&mut server, &token("ann"), "other").await;
    arrives_as(&mut server, &token("ann"), "ann").await;
    // Expired while the server was away.
    arrives_as(&mut server, "expired-ann", "other").await;
    server.stop().await;
}

#[tokio::test]
async fn unknown_key_takes_no_character() {
    let mut server = Server::start(config()).await;
    let (mut playing, _) = Client::play(&mut server, "ann").await;
    let mut stranger = Client::connect(server.address).await;
    stranger.resume(&token("ann"), &forgotten("eve"), 7).await;
    stranger.error("resource_conflict").await;
    playing.ping().await;
    playing.event("pong").await;
    server.stop().await;
}

#[tokio::test]
async fn resume_counts_toward_connections_per_account() {
    let mut config = config();
    config.limits.connections_per_account = 1;
    let mut server = Server::start(config).await;
    let (first, session) = Client::play(&mut server, "ann/one").await;
    first.cut();
    lost(&mut server).await;
    let (second, _) = Client::play(&mut server, "ann/two").await;
    let mut again = Client::connect(server.address).await;
    again.resume(&token("ann/one"), &session, 2).await;
    again.error("too_many_requests").await;
    second.cut();
    lost(&mut server).await;
    let mut again = Client::connect(server.address).await;
    again.resume(&token("ann/one"), &session, 2).await;
    server.world.let_back(session.character).await;
    assert_eq!(again.event("welcome").await["data"]["resumed"], true);
    server.stop().await;
}

#[tokio::test]
async fn takeover_before_welcome_is_announced() {
    let mut server = Server::start(config()).await;
    let mut older = Client::connect(server.address).await;
    older.authenticate("ann").await;
    let Inbound::Arrive(arrival) = server.world.next().await else {
        panic!("not an arrival");
    };
    let over = Outbound::Close {
        session: arrival.session,
        why: Leaving::TakenOver,
        told: None,
    };
    server.world.say(vec![over]).await;
    older.error("session_taken_over").await;
    assert_eq!(
        older.closed().await,
        (1000, "session_taken_over".to_owned())
    );
    server.stop().await;
}
