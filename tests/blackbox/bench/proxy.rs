//! A hand in the wire between the real driver and a real server: it drops, doubles or swaps one line
//! of chat for one of the players, and numbers the frames anew, so that only what was said and heard
//! can tell.

use std::cell::Cell;
use std::rc::Rc;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional, join, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{LocalSet, spawn_local};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

use super::{Played, bench_text};
use crate::harness::Server;

/// The line of chat that is tampered with, counted from 1, of the second player to come.
const WHICH: usize = 6;
const TALK: &str = "objectives = [\"delivered = 100%\", \"lost = 0\", \"duplicated = 0\", \"reordered = 0\", \"gaps = 0\"]\n[[stages]]\nspike = \"5s\"\nbots = 3\n[roles.talker.steps.say]\ndo = \"say\"\nthink = \"500ms\"\n";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hand {
    Still,
    Drops,
    Doubles,
    Swaps,
}

/// What comes from the server for one player.
struct Wire {
    hand: Hand,
    chats: usize,
    number: u64,
    held: Option<Value>,
}

impl Wire {
    /// What goes through to the player.
    fn passes(&mut self, text: &str) -> Vec<String> {
        let frame: Value = serde_json::from_str(text).unwrap();
        // Townspeople talk, too; lines of bots are numbered.
        let words = frame["data"]["original_content"].as_str();
        let is_bots = words.is_some_and(|words| words.contains(|one: char| one.is_ascii_digit()));
        let is_chat = frame["event_type"] == "chat_message" && is_bots;
        self.chats += usize::from(is_chat);
        let mut through = vec![frame];
        if is_chat && self.chats == WHICH {
            match self.hand {
                Hand::Still => {}
                Hand::Drops => through.clear(),
                Hand::Doubles => through.push(through[0].clone()),
                Hand::Swaps => self.held = through.pop(),
            }
        } else if is_chat {
            through.extend(self.held.take());
        }
        for frame in &mut through {
            if frame["sequence_number"] != 0 {
                self.number += 1;
                frame["sequence_number"] = self.number.into();
            }
        }
        through.iter().map(Value::to_string).collect()
    }
}

/// Serves between the driver and the server at `to`; answers where.
async fn proxy(to: String, hand: Hand) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let players = Rc::new(Cell::new(0));
    spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            spawn_local(relay(stream, to.clone(), hand, Rc::clone(&players)));
        }
    });
    url
}

async fn relay(mut stream: TcpStream, to: String, hand: Hand, players: Rc<Cell<usize>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else {
            return;
        };
        head.push(byte);
    }
    let Ok(mut server) = TcpStream::connect(&to).await else {
        return;
    };
    if !head.starts_with(b"GET /api/ws") {
        if server.write_all(&head).await.is_ok() {
            let _ = copy_bidirectional(&mut stream, &mut server).await;
        }
        return;
    }
    players.set(players.get() + 1);
    let hand = if players.get() == 2 {
        hand
    } else {
        Hand::Still
    };
    let (read, write) = split(stream);
    let stream = join(std::io::Cursor::new(head).chain(read), write);
    let value = || "kadath.v1".parse().unwrap();
    #[expect(clippy::result_large_err, reason = "the library's own type")]
    let agree = |_: &Request, mut answer: Response| {
        let headers = answer.headers_mut();
        headers.insert("sec-websocket-protocol", value());
        Ok(answer)
    };
    let accepted = tokio_tungstenite::accept_hdr_async(stream, agree).await;
    let (mut to_player, mut from_player) = accepted.unwrap().split();
    let mut request = format!("ws://{to}/api/ws").into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", value());
    let (socket, _) = tokio_tungstenite::client_async(request, server)
        .await
        .unwrap();
    let (mut to_server, mut from_server) = socket.split();
    let mut wire = Wire {
        hand,
        chats: 0,
        number: 0,
        held: None,
    };
    let down = async {
        while let Some(Ok(message)) = from_server.next().await {
            let Message::Text(text) = message else {
                continue;
            };
            for text in wire.passes(&text) {
                if to_player.send(Message::text(text)).await.is_err() {
                    return;
                }
            }
        }
    };
    let up = async {
        while let Some(Ok(message)) = from_player.next().await {
            if to_server.send(message).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = down => {}
        () = up => {}
    }
}

async fn talk(hand: Hand) -> Played {
    let talking = async {
        let server = Server::start().await;
        let to = server.url.strip_prefix("http://").unwrap().to_owned();
        let url = proxy(to, hand).await;
        let played = bench_text(TALK, &["--target", &url]).await;
        server.stop().await;
        played
    };
    LocalSet::new().run_until(talking).await
}

async fn check(hand: Hand, figure: &str, named: &str) {
    let played = talk(hand).await;
    played.ends_with(99);
    let out = &played.stdout;
    assert!(played.figure(figure) >= 1.0, "{figure}\n{out}");
    // The numbers of the frames hide it.
    assert_eq!(played.figure("gaps"), 0.0, "{out}");
    assert!(out.contains(named), "{named} is not in\n{out}");
}

#[tokio::test]
async fn untouched_proxy_traffic_is_delivered_whole() {
    talk(Hand::Still).await.ends_with(0);
}

#[tokio::test]
async fn proxy_dropped_delivery_is_found_and_named() {
    check(Hand::Drops, "lost", "never heard by bot").await;
}

#[tokio::test]
async fn proxy_doubled_delivery_is_found_and_named() {
    check(Hand::Doubles, "duplicated", "heard again by bot").await;
}

#[tokio::test]
async fn proxy_swapped_deliveries_are_found_and_named() {
    check(Hand::Swaps, "reordered", "by bot").await;
}
