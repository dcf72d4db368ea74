//! Which subprotocol is spoken, who is let in, and what the welcome says.

use engine::port::{Code, Inbound, LaneLimits, Leaving, Outbound, Refusal};
use serde_json::json;
use tokio_tungstenite::tungstenite::Error;

use crate::client::{Client, Dial};
use crate::gate::token;
use crate::server::{Server, config};

#[tokio::test]
async fn the_clients_first_known_subprotocol_is_spoken() {
    let server = Server::start(config()).await;
    let table: [(&[&str], Option<&str>); 6] = [
        (&[], None),
        (&["kadath.v1"], Some("kadath.v1")),
        (
            &["soap", "gmcp.mudstandards.org", "kadath.v1"],
            Some("gmcp.mudstandards.org"),
        ),
        (
            &["terminal.mudstandards.org", "json.mudstandards.org"],
            Some("terminal.mudstandards.org"),
        ),
        (&["json.mudstandards.org"], Some("json.mudstandards.org")),
        (&["bearer", "x.y.z"], Some("bearer")),
    ];
    for (protocols, selected) in table {
        let dial = Dial {
            protocols,
            ..Dial::default()
        };
        let client = Client::dial(server.address, dial).await.unwrap();
        assert_eq!(client.protocol.as_deref(), selected, "{protocols:?}");
    }

    let dial = Dial {
        protocols: &["soap", "wamp"],
        ..Dial::default()
    };
    match Client::dial(server.address, dial).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 400),
        other => panic!("let in: {:?}", other.map(|client| client.protocol)),
    }
    server.stop().await;
}

#[tokio::test]
async fn session_numbers_start_at_welcome_without_gap() {
    let mut server = Server::start(config()).await;
    let (mut client, session) = Client::play(&mut server, "ann").await;
    let welcome = &session.welcome;
    assert_eq!(welcome["sequence_number"], 1);
    assert_eq!(welcome["tick"], 1);
    let stamp = welcome["timestamp"].as_str().unwrap();
    assert!(stamp.ends_with('Z') && stamp.len() == 20, "{stamp}");
    assert_eq!(session.key.len(), 32);
    let data = json!({
        "session_id": session.key,
        "player_id": session.character.to_string(),
        "player_name": "ann",
        "run": "000000000000feed",
        "resumed": false,
        "last_command_id": 40,
        "durable_tick": 7,
        "recovered": {"run": "000000000000beef", "tick": 6},
        "protocol": "kadath.v1",
    });
    assert_eq!(welcome["data"], data);

    client.ping().await;
    let pong = client.event("pong").await;
    assert_eq!(pong["sequence_number"], 3);
    assert_eq!(pong["data"], json!({}));

    client.command(41, "say hello").await;
    let (from, id, line) = server.world.line().await;
    assert_eq!(
        (from, id, line.as_str()),
        (session.id, Some(41), "say hello")
    );
    server.world.answer(from, id, "You say: hello").await;
    let response = client.event("command_response").await;
    assert_eq!(response["sequence_number"], 4);
    assert_eq!(
        response["data"],
        json!({"id": 41, "ok": true, "result": "You say: hello"})
    );
    server.stop().await;
}

#[tokio::test]
async fn handshake_token_signs_in_without_frame() {
    let mut server = Server::start(config()).await;
    let bearer = token("ann");
    let dial = Dial {
        protocols: &["bearer", &bearer, "kadath.v1"],
        ..Dial::default()
    };
    let mut client = Client::dial(server.address, dial).await.unwrap();
    // Sent before anybody was asked, so it has to wait.
    client.command(1, "look").await;
    client.let_in(&mut server.world).await;
    assert_eq!(server.world.line().await.2, "look");
    server.stop().await;
}

#[tokio::test]
async fn sixteen_lines_before_welcome_are_held_in_order() {
    let mut server = Server::start(config()).await;
    let mut client = Client::connect(server.address).await;
    client.authenticate("ann").await;
    let Inbound::Arrive(arrival) = server.world.next().await else {
        panic!("not an arrival");
    };
    for id in 1..=17 {
        client.command(id, &format!("say {id}")).await;
    }
    let refused = client.event("command_response").await;
    assert_eq!(refused["sequence_number"], 0);
    assert_eq!(refused["data"]["id"], 17);
    assert_eq!(refused["data"]["error"]["code"], "server_busy");
    assert!(server.world.is_silent());

    let said = crate::server::admitted(arrival.session, arrival.character, false);
    server.world.say(vec![said]).await;
    assert_eq!(client.event("welcome").await["sequence_number"], 1);
    for id in 1..=16 {
        assert_eq!(server.world.line().await.1, Some(id));
    }
    // The refusal has consumed its id.
    client.command(17, "say 17").await;
    let again = client.event("command_response").await;
    assert_eq!(again["data"]["repeated"], true);
    assert_eq!(again["sequence_number"], 2);
    server.stop().await;
}

#[tokio::test]
async fn late_sign_in_is_closed() {
    let mut config = config();
    config.timeouts.sign_in = std::time::Duration::from_millis(50);
    let server = Server::start(config).await;
    let mut client = Client::connect(server.address).await;
    let error = client.error("authentication_failed").await;
    assert_eq!(error["sequence_number"], 0);
    assert_eq!(client.closed().await.0, 1008);
    server.stop().await;
}

#[tokio::test]
async fn bad_tokens_close_1008_with_distinct_reasons() {
    let server = Server::start(config()).await;
    for (token, code) in [
        ("forged", "invalid_token"),
        ("expired-ann", "token_expired"),
    ] {
        let mut client = Client::connect(server.address).await;
        client
            .send(json!({"type": "authenticate", "data": {"token": token}}))
            .await;
        client.error(code).await;
        assert_eq!(client.closed().await, (1008, code.to_owned()));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_character_the_world_refuses_is_told_why() {
    let mut server = Server::start(config()).await;
    let mut client = Client::connect(server.address).await;
    client.authenticate("ann").await;
    let Inbound::Arrive(arrival) = server.world.next().await else {
        panic!("not an arrival");
    };
    let refusal = Refusal::of(Code::DatabaseConnectionError).after_ms(2_000);
    let session = arrival.session;
    server
        .world
        .say(vec![Outbound::Refused { session, refusal }])
        .await;
    let error = client.error("database_connection_error").await;
    assert_eq!(error["data"]["retry_after_ms"], 2_000);
    assert_eq!(client.closed().await.0, 1013);
    server.until("kadath_sessions", |n| n == 0.0).await;
    server.stop().await;
}

#[tokio::test]
async fn a_newer_sign_in_takes_the_character_over() {
    let mut server = Server::start(config()).await;
    let (mut old, first) = Client::play(&mut server, "ann").await;
    let (mut new, second) = Client::play(&mut server, "ann").await;
    assert_ne!(first.key, second.key);
    server
        .world
        .say(vec![Outbound::Close {
            session: first.id,
            why: Leaving::TakenOver,
            told: None,
        }])
        .await;
    assert_eq!(old.error("session_taken_over").await["sequence_number"], 3);
    assert_eq!(old.closed().await, (1000, "session_taken_over".to_owned()));
    new.ping().await;
    new.event("pong").await;
    server.stop().await;
}

#[tokio::test]
async fn close_is_told_in_the_worlds_words() {
    let mut server = Server::start(config()).await;
    let (mut client, session) = Client::play(&mut server, "ann").await;
    let told = Some("A keeper sends you away: be nice".to_owned());
    let close = Outbound::Close {
        session: session.id,
        why: Leaving::Kicked,
        told,
    };
    server.world.say(vec![close]).await;
    let error = client.error("authorization_denied").await;
    assert_eq!(error["data"]["message"], "A keeper sends you away: be nice");
    assert_eq!(
        client.closed().await,
        (1008, "authorization_denied".to_owned())
    );
    server.stop().await;
}

#[tokio::test]
async fn everything_said_before_a_close_comes_first() {
    let mut server = Server::start(config()).await;
    let (mut client, session) = Client::play(&mut server, "ann").await;
    let mut said: Vec<Outbound> = (0..50)
        .map(|n| crate::server::Fact::word(&format!("{n}")).to(session.id))
        .collect();
    said.push(Outbound::Close {
        session: session.id,
        why: Leaving::Quit,
        told: None,
    });
    server.world.say(said).await;
    for n in 0..50 {
        let word = client.event("chat_message").await;
        assert_eq!(word["data"]["message"], format!("{n}"));
    }
    assert_eq!(client.closed().await.0, 1000);
    server.until("kadath_sessions", |n| n == 0.0).await;
    server.stop().await;
}

#[tokio::test]
async fn full_world_is_busy_for_newcomers_only() {
    let lane = LaneLimits {
        inbound: 2,
        ..LaneLimits::default()
    };
    let (server, ports) = Server::start_apart(config(), lane, None).await;
    // Nobody takes anything out of this world.
    let mut waiting = Vec::new();
    for name in ["ann", "bob"] {
        let mut client = Client::connect(server.address).await;
        client.authenticate(name).await;
        waiting.push(client);
    }
    crate::server::eventually("two wait", || ports.inbound.len() == 2).await;
    let mut third = Client::connect(server.address).await;
    third.authenticate("cid").await;
    let error = third.error("server_busy").await;
    assert!(error["data"]["retry_after_ms"].as_u64().unwrap() > 0);
    assert_eq!(third.closed().await.0, 1013);
    assert_eq!(server.figure("kadath_sessions"), 2.0);
    drop(ports);
    server.stop().await;
}

#[tokio::test]
async fn stopping_tells_every_session_and_ends_every_task() {
    let mut server = Server::start(config()).await;
    let (mut ann, _) = Client::play(&mut server, "ann").await;
    let mut nobody = Client::connect(server.address).await;
    nobody.ping().await;
    nobody.event("pong").await;
    let reading = async {
        ann.error("system_error").await;
        assert_eq!(ann.closed().await.0, 1001);
        nobody.error("system_error").await;
        assert_eq!(nobody.closed().await.0, 1001);
    };
    let stopping = server.stop();
    tokio::join!(reading, stopping);
}
