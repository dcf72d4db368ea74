//! The text subprotocols: people who type, and clients that speak GMCP.

use engine::port::Outbound;
use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, Dial};
use crate::server::{Fact, Server, config};

async fn terminal(server: &Server) -> Client {
    speaking(server, "terminal.mudstandards.org").await
}

async fn speaking(server: &Server, protocol: &str) -> Client {
    let dial = Dial {
        protocols: &[protocol],
        ..Dial::default()
    };
    let mut client = Client::dial(server.address, dial).await.unwrap();
    assert!(client.text().await.contains("|_|"), "no banner");
    assert!(client.text().await.contains("connect NAME PASSWORD"));
    client
}

#[tokio::test]
async fn a_terminal_signs_in_by_typing_and_plays() {
    let mut server = Server::start(config()).await;
    let mut client = terminal(&server).await;
    client.line("colour off\r\n").await;
    assert_eq!(client.text().await, "Colours are off.\r\n");
    client.line("create Ann right\r\n").await;
    let arrival = server.world.let_in().await;
    assert_eq!(arrival.name, "Ann");
    assert_eq!(client.text().await, "Welcome, Ann.\r\n");

    client.line("look\r\nsay hello\r\n").await;
    let (session, id, line) = server.world.line().await;
    assert_eq!((id, line.as_str()), (None, "look"));
    assert_eq!(server.world.line().await.2, "say hello");
    server
        .world
        .answer(session, None, "A room.\nWith a door.")
        .await;
    assert_eq!(client.text().await, "A room.\r\nWith a door.\r\n");

    client.line("/colour on").await;
    assert!(client.text().await.contains("Colours are on."));
    server.world.tell(session, vec![Fact::word("hello")]).await;
    assert_eq!(client.text().await, "\x1b[32mhello\x1b[0m\r\n");
    server.stop().await;
}

#[tokio::test]
async fn account_with_unsuitable_name_gets_other_character_name() {
    let mut server = Server::start(config()).await;
    let mut client = terminal(&server).await;
    client.line("create Ann7 right\r\n").await;
    assert!(client.text().await.contains("Here they call you"));
    server.world.let_in().await;
    let mine = reqwest::Client::new()
        .get(server.url("/api/players/characters"))
        .bearer_auth("token-Ann7");
    let mine = mine.send().await.unwrap().text().await.unwrap();
    assert!(mine.contains("\"name\":\"Ann\""), "{mine}");
    server.stop().await;
}

#[tokio::test]
async fn taken_near_names_yield_farther_name_or_notice() {
    let mut server = Server::start(config()).await;
    *server.gate.taken.lock().unwrap() = 12;
    let mut client = terminal(&server).await;
    client.line("create Ann7 right\r\n").await;
    assert!(client.text().await.contains("Here they call you"));
    server.world.let_in().await;

    *server.gate.taken.lock().unwrap() = 20;
    let mut client = terminal(&server).await;
    client.line("create Ben7 right\r\n").await;
    let told = client.text().await;
    assert!(told.contains("Your account is there"), "{told}");
    *server.gate.taken.lock().unwrap() = 0;
    client.line("connect Ben7 right\r\n").await;
    assert!(client.text().await.contains("Here they call you"));
    server.world.let_in().await;
    server.stop().await;
}

#[tokio::test]
async fn invite_code_is_last_typed_word() {
    let mut server = Server::start(config()).await;
    *server.gate.invites.lock().unwrap() = true;
    let dial = Dial {
        protocols: &["terminal.mudstandards.org"],
        ..Dial::default()
    };
    let mut client = Client::dial(server.address, dial).await.unwrap();
    client.text().await;
    assert!(client.text().await.contains("create NAME PASSWORD CODE"));
    client.line("create Ann yellow king").await;
    assert!(client.text().await.contains("not invited"));
    client.line("create Ann yellow king INVITED").await;
    assert_eq!(server.world.let_in().await.name, "Ann");
    server.stop().await;
}

#[tokio::test]
async fn wrong_password_is_not_echoed_and_retryable() {
    let mut server = Server::start(config()).await;
    let mut client = terminal(&server).await;
    client.line("connect Ann hunter2").await;
    let refused = client.text().await;
    assert!(refused.contains("Sign-in failed."));
    assert!(!refused.contains("hunter2"));
    client.line("look").await;
    assert!(client.text().await.contains("connect NAME"));
    client.line("connect Ann right").await;
    server.world.let_in().await;
    assert!(client.text().await.contains("Welcome"));
    server.stop().await;
}

#[tokio::test]
async fn who_keeps_guessing_is_closed() {
    let server = Server::start(config()).await;
    let mut client = terminal(&server).await;
    for _ in 0..5 {
        client.line("connect Ann wrong").await;
        assert!(client.text().await.contains("failed"));
    }
    client.text().await;
    assert_eq!(client.closed().await.0, 1008);
    server.stop().await;
}

#[tokio::test]
async fn quitting_at_the_prompt_is_a_normal_close() {
    let server = Server::start(config()).await;
    let mut client = terminal(&server).await;
    client.line("quit").await;
    assert_eq!(client.closed().await.0, 1000);
    server.stop().await;
}

#[tokio::test]
async fn text_session_gets_requested_gmcp_only() {
    let mut server = Server::start(config()).await;
    let mut client = speaking(&server, "gmcp.mudstandards.org").await;
    let hello = r#"Core.Hello {"client":"test","version":"1"}"#;
    client.ws.send(Message::text(hello)).await.unwrap();
    let supports = r#"Core.Supports.Set ["Room 1", "Comm.Channel 1"]"#;
    client.ws.send(Message::text(supports)).await.unwrap();
    client.line("guest").await;
    let arrival = server.world.let_in().await;
    assert!(client.text().await.contains("Welcome"));

    let notes = vec![
        Fact::new("room_update", json!({"name": "Attic"})).with_gmcp("Room.Info"),
        Fact::new("vitals", json!({"hp": 3})).with_gmcp("Char.Vitals"),
        Fact::word("hello").with_gmcp("Comm.Channel.Text"),
    ];
    server.world.tell(arrival.session, notes).await;
    let Message::Text(room) = client.message().await.unwrap() else {
        panic!("not a packet");
    };
    assert_eq!(room.as_str(), r#"Room.Info {"name":"Attic"}"#);
    assert!(client.text().await.contains("hello"));
    let Message::Text(channel) = client.message().await.unwrap() else {
        panic!("not a packet");
    };
    assert_eq!(channel.as_str(), r#"Comm.Channel.Text {"message":"hello"}"#);

    client.ws.send(Message::text("Core.Ping")).await.unwrap();
    let Message::Text(pong) = client.message().await.unwrap() else {
        panic!("not a packet");
    };
    assert_eq!(pong.as_str(), "Core.Ping");
    server.stop().await;
}

#[tokio::test]
async fn json_subprotocol_wraps_gmcp_and_accepts_login() {
    let mut server = Server::start(config()).await;
    let mut client = speaking(&server, "json.mudstandards.org").await;
    let credentials = json!({"account": "Ann", "password": "right"}).to_string();
    let login = json!({"proto": "gmcp", "id": "Char.Login.Credentials", "data": credentials});
    client
        .ws
        .send(Message::text(login.to_string()))
        .await
        .unwrap();
    let arrival = server.world.let_in().await;
    assert!(client.text().await.contains("Welcome"));
    let vitals = Fact::new("vitals", json!({"name": "Ann"})).with_gmcp("Char.Vitals");
    server.world.tell(arrival.session, vec![vitals]).await;
    let Message::Text(name) = client.message().await.unwrap() else {
        panic!("not a packet");
    };
    let name: Value = serde_json::from_str(&name).unwrap();
    assert_eq!(
        (&name["proto"], &name["id"]),
        (&json!("gmcp"), &json!("Char.Vitals"))
    );
    let data: Value = serde_json::from_str(name["data"].as_str().unwrap()).unwrap();
    assert_eq!(data["name"], "Ann");

    let nonsense = Message::text("{\"proto\":");
    client.ws.send(nonsense).await.unwrap();
    assert!(client.text().await.contains("not valid JSON"));
    client.line("look").await;
    assert_eq!(server.world.line().await.2, "look");
    let over = Outbound::Close {
        session: arrival.session,
        why: engine::port::Leaving::Quit,
        told: None,
    };
    server.world.say(vec![over]).await;
    assert_eq!(client.closed().await.0, 1000);
    server.stop().await;
}

#[tokio::test]
async fn one_note_is_heard_in_every_tongue() {
    let mut server = Server::start(config()).await;
    let (mut browser, ann) = Client::play(&mut server, "ann").await;
    let mut text = terminal(&server).await;
    text.line("guest").await;
    let guest = server.world.let_in().await;
    text.text().await;
    let room = [ann.id, guest.session];
    server
        .world
        .say(vec![Fact::word("hello").heard_by(&room)])
        .await;
    assert_eq!(
        browser.event("chat_message").await["data"]["message"],
        "hello"
    );
    assert!(text.text().await.contains("hello"));
    assert_eq!(server.figure("kadath_sessions"), 2.0);
    server.stop().await;
}
