//! What clients get wrong: each has its code, and hurts nobody.

use engine::port::LaneLimits;
use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::client::Client;
use crate::server::{Server, config};

#[tokio::test]
async fn bad_frame_is_answered_and_socket_kept() {
    let mut server = Server::start(config()).await;
    let (mut client, _) = Client::play(&mut server, "ann").await;
    let deep = format!("{}1{}", "[".repeat(11), "]".repeat(11));
    let table = [
        ("{", "invalid_format", Value::Null),
        ("null", "invalid_format", Value::Null),
        (deep.as_str(), "invalid_format", Value::Null),
        ("{}", "missing_required_field", json!("type")),
        (r#"{"type":1}"#, "validation_error", json!("type")),
        (r#"{"type":"dance"}"#, "invalid_input", json!("type")),
        (
            r#"{"type":"command"}"#,
            "missing_required_field",
            json!("data"),
        ),
        (
            r#"{"type":"command","data":{}}"#,
            "missing_required_field",
            json!("line"),
        ),
        (
            r#"{"type":"command","id":"x","data":{"line":"look"}}"#,
            "validation_error",
            json!("id"),
        ),
        (
            r#"{"type":"authenticate","data":{"token":"t"}}"#,
            "resource_conflict",
            Value::Null,
        ),
    ];
    let mut number = 2;
    for (frame, code, field) in table {
        client.ws.send(Message::text(frame)).await.unwrap();
        let error = client.error(code).await;
        number += 1;
        assert_eq!(error["sequence_number"], number);
        assert_eq!(error["data"]["field"], field, "{frame}");
        assert!(!error["data"]["message"].as_str().unwrap().is_empty());
    }
    client.ws.send(Message::binary(vec![1, 2])).await.unwrap();
    client.error("invalid_format").await;
    client.ping().await;
    client.event("pong").await;
    server.stop().await;
}

#[tokio::test]
async fn bad_line_is_answered_and_consumes_id() {
    let mut server = Server::start(config()).await;
    let (mut client, _) = Client::play(&mut server, "ann").await;
    let long = "x".repeat(1_001);
    let table = [
        (41, "   ", "invalid_input"),
        (42, "say \u{7}", "invalid_input"),
        (43, long.as_str(), "validation_error"),
    ];
    for (id, line, code) in table {
        client.command(id, line).await;
        let answer = client.event("command_response").await;
        assert_eq!(answer["data"]["id"], id);
        assert_eq!(answer["data"]["ok"], false);
        assert_eq!(answer["data"]["error"]["code"], code);
        assert_eq!(answer["data"]["repeated"], Value::Null);
    }
    // The id is gone, even for a line that is fine.
    client.command(42, "look").await;
    let answer = client.event("command_response").await;
    assert_eq!(answer["data"]["repeated"], true);
    assert_eq!(answer["data"]["error"]["code"], "invalid_input");
    assert!(server.world.is_silent());

    // A command whose data is wrong is answered under its id, too.
    client
        .send(json!({"type": "command", "id": 44, "data": {"line": 7}}))
        .await;
    let answer = client.event("command_response").await;
    assert_eq!(answer["data"]["id"], 44);
    assert_eq!(answer["data"]["error"]["code"], "validation_error");
    server.stop().await;
}

#[tokio::test]
async fn full_world_refuses_line_and_remembers_refusal() {
    let lane = LaneLimits {
        inbound: 1,
        ..LaneLimits::default()
    };
    let (mut server, ports) = Server::start_apart(config(), lane, None).await;
    let mut client = Client::connect(server.address).await;
    client.authenticate("ann").await;
    crate::server::eventually("an arrival", || ports.inbound.len() == 1).await;
    let Ok(engine::port::Inbound::Arrive(arrival)) = ports.inbound.try_recv() else {
        panic!("not an arrival");
    };
    let said = crate::server::admitted(arrival.session, arrival.character, false);
    server.world.say(vec![said]).await;
    client.event("welcome").await;

    client.command(1, "look").await;
    crate::server::eventually("a line", || ports.inbound.len() == 1).await;
    for repeated in [Value::Null, json!(true)] {
        client.command(2, "look").await;
        let answer = client.event("command_response").await;
        assert_eq!(answer["data"]["error"]["code"], "server_busy");
        assert_eq!(answer["data"]["repeated"], repeated);
    }
    assert_eq!(ports.inbound.len(), 1);
    drop(ports);
    server.stop().await;
}

#[tokio::test]
async fn action_before_sign_in_closes_1008() {
    let server = Server::start(config()).await;
    let mut client = Client::connect(server.address).await;
    client.command(1, "look").await;
    let error = client.error("authentication_failed").await;
    assert_eq!(error["sequence_number"], 0);
    assert_eq!(client.closed().await.0, 1008);
    server.stop().await;
}

#[tokio::test]
async fn message_over_10_kib_closes_1009() {
    let mut server = Server::start(config()).await;
    let (mut client, _) = Client::play(&mut server, "ann").await;
    let fits = "x".repeat(10 * 1024);
    client.ws.send(Message::text(fits.clone())).await.unwrap();
    client.error("invalid_format").await;
    client.ws.send(Message::text(fits + "x")).await.unwrap();
    client.error("validation_error").await;
    assert_eq!(client.closed().await.0, 1009);

    // In fragments it is as big.
    let (mut client, _) = Client::play(&mut server, "bob").await;
    for n in 0..3_u8 {
        let kind = if n == 0 { Data::Text } else { Data::Continue };
        let frame = Frame::message(vec![b'x'; 5_000], OpCode::Data(kind), n == 2);
        client.ws.send(Message::Frame(frame)).await.unwrap();
    }
    client.error("validation_error").await;
    assert_eq!(client.closed().await.0, 1009);
    server.stop().await;
}

#[tokio::test]
async fn invalid_utf8_closes_1007_broken_frame_1002() {
    let mut server = Server::start(config()).await;
    let (mut client, _) = Client::play(&mut server, "ann").await;
    let frame = Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true);
    client.ws.send(Message::Frame(frame)).await.unwrap();
    client.error("invalid_format").await;
    assert_eq!(client.closed().await.0, 1007);

    let (mut client, _) = Client::play(&mut server, "bob").await;
    // Reserved bits set.
    let raw = [0xf1, 0x80, 0, 0, 0, 0];
    client.ws.get_mut().write_all(&raw).await.unwrap();
    client.error("websocket_error").await;
    assert_eq!(client.closed().await.0, 1002);
    server.stop().await;
}

#[tokio::test]
async fn an_endless_message_of_empty_fragments_is_ended() {
    let mut server = Server::start(config()).await;
    let (mut client, _) = Client::play(&mut server, "ann").await;
    let mut raw = vec![0x01, 0x80, 0, 0, 0, 0];
    for _ in 0..20_000 {
        raw.extend([0x00, 0x80, 0, 0, 0, 0]);
    }
    // The server may hang up before all of it is written.
    drop(client.ws.get_mut().write_all(&raw).await);
    client.error("rate_limit_exceeded").await;
    assert_eq!(client.closed().await.0, 1008);
    server.stop().await;
}
