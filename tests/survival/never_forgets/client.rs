//! A player that never stops: it wishes, keeps its book, and asks again after every cut.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::book::{Book, Wish};
use crate::harness::{Lots, PATIENCE, Player, Server};

/// Commands under way at once; below the 64 whose outcomes are remembered.
const WINDOW: usize = 6;
/// Answered commands asked for again after each crash.
const DOUBTED: usize = 4;

/// When a client may stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Never,
    Now,
    /// It wishes for nothing new, and ends when all its wishes are answered and durable.
    WhenAnswered,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// One character and its player.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) name: String,
    token: String,
    lots: Lots,
    names: Arc<[String]>,
    pub(super) book: Book,
    /// Tally and coins when last looked up.
    pub(super) holdings: (u64, i64),
    run: Value,
}

impl Client {
    /// Makes a guest and learns its name.
    pub(super) async fn meet(server: &Server, lots: Lots) -> Self {
        let token = server.http.guest().await;
        let mut player = Player::join(server, &token).await;
        // Whoever has never done anything may vanish with the first crash, and that is right.
        player.does_for_good("status").await;
        let name = player.state["player"]["name"].as_str().unwrap().to_owned();
        Self {
            name,
            token,
            lots,
            names: Arc::default(),
            book: Book::begin_after(1),
            holdings: (0, 0),
            run: Value::Null,
        }
    }

    /// Tells it who else there is.
    pub(super) fn acquaint(&mut self, names: Arc<[String]>) {
        self.names = names;
    }

    /// Looks up what it holds.
    pub(super) async fn look_up(&mut self, server: &Server) {
        let mut player = Player::join(server, &self.token).await;
        player
            .send(json!({"type": "command", "data": {"line": "holdings"}}))
            .await;
        let answer = player.event("command_response").await;
        let text = answer["data"]["result"].as_str().unwrap();
        let mut numbers = text.split(' ');
        self.holdings = (
            numbers.next().unwrap().parse().unwrap(),
            numbers.next().unwrap().parse().unwrap(),
        );
    }

    /// Plays until the server is gone, or as told.
    pub(super) async fn play(mut self, url: String, told: watch::Receiver<Ending>) -> Self {
        let began = std::time::Instant::now();
        loop {
            // What a dead server had said is still read to its end.
            match self.sit(&url, &told).await {
                Ok(()) => return self,
                Err(_) if *told.borrow() == Ending::Now => return self,
                Err(fault) => assert!(began.elapsed() < PATIENCE, "never let in: {fault}"),
            }
            // A server that is being killed refuses at once.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// One connection, up to its cut. `Ok`: everything is answered.
    async fn sit(&mut self, url: &str, told: &watch::Receiver<Ending>) -> Result<(), Error> {
        let ending = *told.borrow();
        let mut socket = self.sign_in(url).await?;
        let mut again = self.book.answered(DOUBTED);
        again.extend(self.book.unanswered());
        again.sort_unstable();
        for id in &again {
            self.send(&mut socket, *id).await?;
        }
        let mut waiting = again.len();
        let mut durable = 0;
        let mut newest = 0;
        loop {
            while ending == Ending::Never && waiting < WINDOW {
                let wish = self.wish();
                let id = self.book.note(wish);
                waiting += 1;
                self.send(&mut socket, id).await?;
            }
            if ending == Ending::WhenAnswered && waiting == 0 && durable >= newest {
                assert_eq!(self.book.open(), 0);
                return Ok(());
            }
            let frame = next(&mut socket).await?;
            match frame["event_type"].as_str().unwrap() {
                "command_response" => {
                    self.book.answer(&frame, &self.run);
                    newest = newest.max(frame["tick"].as_u64().unwrap());
                    waiting -= 1;
                }
                "durable" => {
                    assert_eq!(frame["data"]["run"], self.run);
                    let through = frame["data"]["through_tick"].as_u64().unwrap();
                    durable = durable.max(through);
                    self.book.durable(&self.run, through);
                }
                "error" => return Err(Error::ConnectionClosed),
                _ => {}
            }
        }
    }

    async fn sign_in(&mut self, url: &str) -> Result<Socket, Error> {
        let url = format!("{}/api/ws", url.replacen("http", "ws", 1));
        let mut request = url.into_client_request()?;
        let protocol = HeaderValue::from_static("kadath.v1");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        let (mut socket, _) = connect_async(request).await?;
        let authenticate = json!({"type": "authenticate", "data": {"token": self.token}});
        socket.send(Message::text(authenticate.to_string())).await?;
        loop {
            let frame = next(&mut socket).await?;
            match frame["event_type"].as_str().unwrap() {
                "welcome" => {
                    self.run = frame["data"]["run"].clone();
                    self.book.welcome(&frame["data"]);
                    return Ok(socket);
                }
                // The database may be slow to let a sign-in through; who kills it must wait.
                "error" => return Err(Error::ConnectionClosed),
                _ => {}
            }
        }
    }

    async fn send(&self, socket: &mut Socket, id: u64) -> Result<(), Error> {
        let line = self.book.wish(id).line();
        let command = json!({"type": "command", "id": id, "data": {"line": line}});
        socket.send(Message::text(command.to_string())).await
    }

    fn wish(&mut self) -> Wish {
        if self.lots.below(2) == 0 {
            return Wish::Count;
        }
        let others = self.names.len() as u64;
        let to = self.names[self.lots.below(others) as usize].clone();
        let coins = 1 + self.lots.below(30) as i64;
        Wish::Give { to, coins }
    }
}

async fn next(socket: &mut Socket) -> Result<Value, Error> {
    loop {
        let heard = tokio::time::timeout(PATIENCE, socket.next()).await;
        match heard.expect("the server says nothing any more") {
            Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(_))) | None => return Err(Error::ConnectionClosed),
            Some(Ok(_)) => {}
            Some(Err(fault)) => return Err(fault),
        }
    }
}
