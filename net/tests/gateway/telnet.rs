//! Telnet: terminals that know nothing, and clients that negotiate.

use engine::port::{Leaving, Outbound};
use futures_util::SinkExt as _;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, Dial};
use crate::server::{Fact, PATIENCE, Server, config};
use crate::telnet_client::*;

#[tokio::test]
async fn terminal_without_negotiation_plays_by_lines() {
    let mut server = Server::start(config()).await;
    let mut client = Telnet::connect(&server).await;
    client.line("create Ann right").await;
    let arrival = server.world.let_in().await;
    assert_eq!(arrival.name, "Ann");
    client.reads("Welcome, Ann.\r\n> ").await;

    client.send(b"lo\x08\x08look\r\nsay h\xe9llo\r\n").await;
    let (session, id, line) = server.world.line().await;
    assert_eq!((id, line.as_str()), (None, "look"));
    assert_eq!(server.world.line().await.2, "say héllo");
    server
        .world
        .answer(session, None, "A room.\nWith a door.")
        .await;
    // No prompt ends in bytes that a terminal would show.
    client.reads("A room.\r\nWith a door.\r\n> ").await;
    assert_eq!(server.figure("kadath_sessions"), 1.0);

    // Somebody speaks while the prompt stands: the line begins on its own.
    server.world.tell(session, vec![Fact::word("hello")]).await;
    assert_eq!(client.reads("hello\r\n> ").await, "\r\n");
    server.stop().await;
}

#[tokio::test]
async fn password_is_asked_for_without_echo() {
    let mut server = Server::start(config()).await;
    let mut client = Telnet::connect(&server).await;
    client.send(&[IAC, WONT, TTYPE, IAC, WONT, NAWS]).await;
    client.line("connect Ann").await;
    client.until(&[IAC, WILL, ECHO]).await;
    client.reads("Your password?").await;
    client.send(&[IAC, DO, ECHO]).await;
    client.line("wrong").await;
    client.until(&[IAC, WONT, ECHO, b'\r', b'\n']).await;
    client.send(&[IAC, DONT, ECHO]).await;
    client.reads("Sign-in failed.").await;
    client.line("connect Ann").await;
    client.until(&[IAC, WILL, ECHO]).await;
    client.line("right").await;
    assert_eq!(server.world.let_in().await.name, "Ann");
    client.reads("Welcome").await;
    server.stop().await;
}

#[tokio::test]
async fn prompt_ends_as_the_client_can_tell() {
    let mut server = Server::start(config()).await;
    for (said, end) in [
        (vec![IAC, DO, END_OF_RECORD], vec![IAC, EOR]),
        (vec![IAC, DONT, END_OF_RECORD], vec![IAC, GA]),
        (
            vec![IAC, DO, SGA, IAC, DO, TIMING_MARK],
            vec![IAC, WILL, TIMING_MARK],
        ),
    ] {
        let mut client = Telnet::connect(&server).await;
        client.send(&said).await;
        // An empty line asks for the prompt again.
        client.send(b"\r\n").await;
        let before = client.until(&end).await;
        let prompts = before.windows(2).filter(|part| part == b"> ").count();
        assert!(prompts >= 1, "{before:?}");
        let gone_ahead = before.ends_with(&[IAC, GA]);
        assert!(!gone_ahead, "{before:?}");
    }
    let (mut client, arrival) = Telnet::guest(&mut server).await;
    client.send(&[IAC, DO, END_OF_RECORD, b'\r', b'\n']).await;
    client.until(&[b'>', b' ', IAC, EOR]).await;
    server
        .world
        .tell(arrival.session, vec![Fact::word("hello")])
        .await;
    // Who knows where the prompt ends begins the next line without help.
    assert_eq!(client.until(b"hello\r\n> \xff\xef").await, b"");
    server.stop().await;
}

#[tokio::test]
async fn text_is_wrapped_and_colored_for_the_terminal() {
    let mut server = Server::start(config()).await;
    let mut client = Telnet::connect(&server).await;
    client.send(&[IAC, WILL, TTYPE, IAC, WILL, NAWS]).await;
    client.send(&sub(NAWS, &[0, 24, 0, 50])).await;
    client.until(&sub(TTYPE, &[1])).await;
    client.send(&sub(TTYPE, b"\0TINTIN++")).await;
    client.until(&sub(TTYPE, &[1])).await;
    client.send(&sub(TTYPE, b"\0XTERM-256COLOR")).await;
    client.until(&sub(TTYPE, &[1])).await;
    client.send(&sub(TTYPE, b"\0MTTS 13")).await;
    client.line("guest").await;
    let arrival = server.world.let_in().await;
    client.reads("Welcome").await;
    let word = Fact::word("the sea is grey, and nobody comes");
    server.world.tell(arrival.session, vec![word.clone()]).await;
    client
        .reads("\x1b[38;5;108mthe sea is grey, and\r\nnobody comes\x1b[0m\r\n")
        .await;

    // A window that changes is heeded at once, and so is a wish.
    client.send(&sub(NAWS, &[0, 200, 0, 50])).await;
    client.line("/colour off").await;
    client.reads("Colours are off.").await;
    server.world.tell(arrival.session, vec![word]).await;
    client.reads("the sea is grey, and nobody comes\r\n").await;
    client.line("/colour on").await;
    client.reads("Colours are on.").await;
    server.stop().await;
}

#[tokio::test]
async fn quit_and_kick_close_the_stream() {
    let mut server = Server::start(config()).await;
    let mut client = Telnet::connect(&server).await;
    client.line("quit").await;
    client.rest().await;

    let (mut client, arrival) = Telnet::guest(&mut server).await;
    let over = Outbound::Close {
        session: arrival.session,
        why: Leaving::Kicked,
        told: None,
    };
    server.world.say(vec![over]).await;
    let rest = client.rest().await;
    assert!(String::from_utf8_lossy(&rest).contains("You were sent away."));
    server
        .until("kadath_sessions", |sessions| sessions == 0.0)
        .await;
    server.stop().await;
}

#[tokio::test]
async fn telnet_port_answers_http_and_tls_clearly() {
    let server = Server::start(config()).await;
    let answer = reqwest::get(format!("http://{}/", server.telnet)).await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(
        answer
            .text()
            .await
            .unwrap()
            .contains("speaks telnet, not HTTP")
    );

    let mut stream = TcpStream::connect(server.telnet).await.unwrap();
    stream.write_all(&[0x16, 3, 1, 2, 0, 1]).await.unwrap();
    let rest = Telnet::over(stream).rest().await;
    assert_eq!(rest, b"This port speaks telnet without TLS.\r\n");

    // Late, after the greeting.
    let mut client = Telnet::connect(&server).await;
    client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let rest = client.rest().await;
    assert!(String::from_utf8_lossy(&rest).contains("speaks telnet, not HTTP"));
    server.stop().await;
}

#[tokio::test]
async fn gmcp_flows_both_ways_once_agreed_on() {
    let mut server = Server::start(config()).await;
    let mut client = Telnet::connect(&server).await;
    client.send(&[IAC, DO, GMCP]).await;
    client
        .send(&sub(GMCP, br#"Core.Supports.Set ["Room 1"]"#))
        .await;
    client
        .send(&sub(
            GMCP,
            br#"Char.Login.Credentials {"account":"Ann","password":"right"}"#,
        ))
        .await;
    let arrival = server.world.let_in().await;
    assert_eq!(arrival.name, "Ann");
    client.reads("Welcome").await;
    let notes = vec![
        Fact::new("vitals", json!({"hp": 3})).with_gmcp("Char.Vitals"),
        Fact::new("room_update", json!({"name": "Attic"})).with_gmcp("Room.Info"),
    ];
    server.world.tell(arrival.session, notes).await;
    let before = client
        .until(&sub(GMCP, br#"Room.Info {"name":"Attic"}"#))
        .await;
    assert!(
        !String::from_utf8_lossy(&before).contains("hp"),
        "{before:?}"
    );
    client.send(&sub(GMCP, b"Core.Ping")).await;
    client.until(&sub(GMCP, b"Core.Ping")).await;
    server.stop().await;
}

#[tokio::test]
async fn silent_telnets_outlive_the_idle_timeout() {
    let mut quick = config();
    quick.timeouts.ping = std::time::Duration::from_millis(20);
    quick.timeouts.idle = std::time::Duration::from_millis(40);
    let mut server = Server::start(quick).await;
    let (mut terminal, first) = Telnet::guest(&mut server).await;
    let (mut speaks, second) = Telnet::guest(&mut server).await;
    speaks.send(&[IAC, DO, END_OF_RECORD]).await;
    // Somebody else's life passes meanwhile.
    for _ in 0..40 {
        let mut other = Telnet::connect(&server).await;
        other.line("quit").await;
        other.rest().await;
    }
    for (client, arrival) in [(&mut terminal, first), (&mut speaks, second)] {
        server
            .world
            .tell(arrival.session, vec![Fact::word("still here")])
            .await;
        client.reads("still here").await;
    }
    server.stop().await;
}

#[tokio::test]
async fn reader_mode_has_no_prompt() {
    let mut server = Server::start(config()).await;
    let mut client = Telnet::connect(&server).await;
    client.line("reader on").await;
    client.reads("Reader mode is on").await;
    client.line("guest").await;
    let arrival = server.world.let_in().await;
    client.reads("Welcome").await;
    for word in ["first", "second"] {
        let word = Fact::word(word);
        server.world.tell(arrival.session, vec![word]).await;
    }
    client.reads("first\r\nsecond\r\n").await;
    client.line("reader off").await;
    client.reads("Reader mode is off.\r\n> ").await;
    server.stop().await;
}

#[tokio::test]
async fn telnet_within_websocket_is_the_same_stream() {
    let mut server = Server::start(config()).await;
    let dial = Dial {
        protocols: &["telnet.mudstandards.org"],
        ..Dial::default()
    };
    let mut client = Client::dial(server.address, dial).await.unwrap();
    assert_eq!(client.protocol.as_deref(), Some("telnet.mudstandards.org"));
    // A stream, wherever its messages are cut.
    for piece in [&b"gu"[..], b"est\r", b"\n\xff", b"\xfd\xc9"] {
        client
            .ws
            .send(Message::binary(piece.to_vec()))
            .await
            .unwrap();
    }
    let arrival = server.world.let_in().await;
    let vitals = Fact::new("vitals", json!({"hp": 3})).with_gmcp("Char.Vitals");
    server
        .world
        .tell(arrival.session, vec![vitals, Fact::word("hello")])
        .await;
    let mut heard = Vec::new();
    let wanted = sub(GMCP, br#"Char.Vitals {"hp":3}"#);
    let has = |heard: &[u8], wanted: &[u8]| heard.windows(wanted.len()).any(|part| part == wanted);
    while !has(&heard, &wanted) || !has(&heard, b"hello\r\n") {
        let Ok(Message::Binary(piece)) = client.message().await else {
            panic!("not a piece of the stream: {heard:?}");
        };
        heard.extend_from_slice(&piece);
    }
    assert!(heard.starts_with(&[IAC, DO, TTYPE]), "{heard:?}");
    assert_eq!(server.figure("kadath_sessions"), 1.0);
    server.stop().await;
}

#[tokio::test]
async fn telnet_at_the_http_port_is_told() {
    let server = Server::start(config()).await;
    for said in [&b"connect Ann right\r\n"[..], &[IAC, WILL, TTYPE]] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(said).await.unwrap();
        let rest = Telnet::over(stream).rest().await;
        let rest = String::from_utf8_lossy(&rest).into_owned();
        assert!(
            rest.starts_with("HTTP/1.1 400") && rest.contains("not telnet"),
            "{rest}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn status_names_ports_players_and_rooms() {
    let server = Server::start(config()).await;
    let mut client = Telnet::connect(&server).await;
    client.send(&[IAC, DO, MSSP]).await;
    client.until(&[IAC, SB, MSSP]).await;
    let status = client.until(&[IAC, SE]).await;
    let status = String::from_utf8_lossy(&status).into_owned();
    let port = format!("\x01PORT\x02{}", server.telnet.port());
    for variable in [
        "\x01NAME\x02The <Other> \"Shore\"",
        "\x01PLAYERS\x020",
        "\x01ROOMS\x023",
        &port,
    ] {
        assert!(status.contains(variable), "{status:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn compressed_streams_are_capped_in_number() {
    let mut few = config();
    few.limits.compressed = 1;
    let server = Server::start(few).await;
    let mut first = Telnet::connect(&server).await;
    let mut second = Telnet::connect(&server).await;
    first.send(&[IAC, DO, MCCP2]).await;
    first.until(&sub(MCCP2, &[])).await;
    second.send(&[IAC, DO, MCCP2]).await;
    second.until(&[IAC, WONT, MCCP2]).await;
    // Whoever leaves makes room, and who comes then is offered it.
    drop(first);
    let offered = async {
        loop {
            let stream = TcpStream::connect(server.telnet).await.unwrap();
            let greeting = Telnet::over(stream).until(b"quit").await;
            if greeting.windows(3).any(|part| part == [IAC, WILL, MCCP2]) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, offered).await.unwrap();
    server.stop().await;
}
