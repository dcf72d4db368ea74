//! Somebody who plays by `kadath.v1`.

use std::collections::VecDeque;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{PATIENCE, Server, frame_unlike_its_schema};

/// A socket and what has been heard from it.
pub(crate) struct Player {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Heard, but not asked for yet.
    heard: VecDeque<Value>,
    /// The number of the last frame.
    last: u64,
    next_id: u64,
    pub(crate) welcome: Value,
    /// The first picture of the world.
    pub(crate) state: Value,
}

impl Player {
    /// Connects without a word.
    pub(crate) async fn connect(server: &Server) -> Self {
        Self::connect_to(server.address()).await
    }

    async fn connect_to(address: &str) -> Self {
        let url = format!("ws://{address}/api/ws");
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert(
            "sec-websocket-protocol",
            HeaderValue::from_static("kadath.v1"),
        );
        let (socket, _) = connect_async(request).await.unwrap();
        Self {
            socket,
            heard: VecDeque::new(),
            last: 0,
            next_id: 1,
            welcome: Value::Null,
            state: Value::Null,
        }
    }

    /// Signs in and waits for the world.
    pub(crate) async fn join(server: &Server, token: &str) -> Self {
        Self::join_at(server.address(), token).await
    }

    /// The same, where a server has no process of its own.
    pub(crate) async fn join_at(address: &str, token: &str) -> Self {
        let mut player = Self::connect_to(address).await;
        player
            .send(json!({"type": "authenticate", "data": {"token": token}}))
            .await;
        player.let_in().await;
        player
    }

    /// Waits for the world.
    pub(crate) async fn let_in(&mut self) {
        self.welcome = self.event("welcome").await["data"].take();
        self.next_id = self.welcome["last_command_id"].as_u64().unwrap() + 1;
        self.state = self.event("game_state").await["data"].take();
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_text(frame.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: String) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub(crate) async fn send_binary(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::binary(bytes)).await.unwrap();
    }

    /// The next frame of this type that was not asked for yet.
    pub(crate) async fn event(&mut self, event_type: &str) -> Value {
        self.find(event_type, |_| true).await
    }

    /// Forgets what was heard and not asked for: what a crowd says adds up.
    #[allow(dead_code, reason = "not everybody who tests stands in a crowd")]
    pub(crate) fn forget(&mut self) {
        self.heard.clear();
    }

    /// The next frame that is meant, however long that takes; what comes before is forgotten.
    #[allow(dead_code, reason = "not everybody who tests listens all the time")]
    pub(crate) async fn overhears(&mut self, mut meant: impl FnMut(&Value) -> bool) -> Value {
        loop {
            match self.next(Instant::now() + PATIENCE * 60).await {
                Ok(frame) if meant(&frame) => return frame,
                Ok(_) => {}
                Err(why) => panic!("listening in vain: {why}"),
            }
        }
    }

    /// Hears and forgets all that is said for a while, looking at the numbers only: to look at every
    /// frame of a crowd costs more than to send it.
    #[allow(dead_code, reason = "not everybody who tests stands in a crowd")]
    pub(crate) async fn rest(&mut self, span: std::time::Duration) {
        #[derive(serde::Deserialize)]
        struct Head {
            sequence_number: u64,
        }
        let end = Instant::now() + span;
        while let Ok(message) = timeout_at(end, self.socket.next()).await {
            match message {
                Some(Ok(Message::Text(text))) => {
                    let head: Head = serde_json::from_str(&text).unwrap();
                    let number = head.sequence_number;
                    assert!(number == 0 || number == self.last + 1, "{text}");
                    self.last = number;
                }
                Some(Ok(Message::Close(why))) => panic!("closed: {why:?}"),
                Some(Ok(_)) => {}
                Some(Err(fault)) => panic!("{fault}"),
                None => panic!("the connection ended"),
            }
        }
    }

    /// How many frames of this type, whose data is meant, were heard and not asked for.
    #[allow(dead_code, reason = "not everybody who tests counts")]
    pub(crate) fn count(&self, event_type: &str, meant: impl Fn(&Value) -> bool) -> usize {
        let heard = self.heard.iter();
        heard
            .filter(|frame| frame["event_type"] == event_type && meant(&frame["data"]))
            .count()
    }

    /// The next frame of this type whose data is meant.
    pub(crate) async fn find(
        &mut self,
        event_type: &str,
        mut meant: impl FnMut(&Value) -> bool,
    ) -> Value {
        let mut is_it = |frame: &Value| frame["event_type"] == event_type && meant(&frame["data"]);
        if let Some(at) = self.heard.iter().position(&mut is_it) {
            return self.heard.remove(at).unwrap();
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.next(deadline).await {
                Ok(frame) if is_it(&frame) => return frame,
                Ok(frame) => self.heard.push_back(frame),
                Err(why) => panic!("no {event_type}: {why}; heard {:#?}", self.heard),
            }
        }
    }

    /// The next frame, whatever it is. Numbers that skip one are a fault.
    async fn next(&mut self, deadline: Instant) -> Result<Value, String> {
        loop {
            let message = timeout_at(deadline, self.socket.next())
                .await
                .map_err(|_| "time is up".to_owned())?;
            match message {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    let number = frame["sequence_number"].as_u64().unwrap();
                    assert!(
                        number == 0 || number == self.last + 1,
                        "frame {number} follows {}: {frame}",
                        self.last
                    );
                    self.last = number;
                    assert_eq!(frame_unlike_its_schema(&frame), None);
                    return Ok(frame);
                }
                Some(Ok(Message::Close(close))) => return Err(format!("closed: {close:?}")),
                Some(Ok(_)) => {}
                Some(Err(fault)) => return Err(fault.to_string()),
                None => return Err("the connection ended".to_owned()),
            }
        }
    }

    /// Waits until the server closes the socket; answers its last `error` and how it closed.
    pub(crate) async fn closed(&mut self) -> (Option<Value>, Option<CloseFrame>) {
        let deadline = Instant::now() + PATIENCE;
        let mut error = None;
        loop {
            match timeout_at(deadline, self.socket.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) => {
                    let mut frame: Value = serde_json::from_str(&text).unwrap();
                    if frame["event_type"] == "error" {
                        error = Some(frame["data"].take());
                    }
                }
                Some(Ok(Message::Close(close))) => return (error, close),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return (error, None),
            }
        }
    }

    /// Sends a line as the next command; answers its id.
    pub(crate) async fn begin(&mut self, line: &str) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.repeat(id, line).await;
        id
    }

    /// Sends a line under an id.
    pub(crate) async fn repeat(&mut self, id: u64, line: &str) {
        self.send(json!({"type": "command", "id": id, "data": {"line": line}}))
            .await;
    }

    /// The whole frame that answers a command.
    pub(crate) async fn answer(&mut self, id: u64) -> Value {
        self.find("command_response", |data| data["id"] == id).await
    }

    /// Does something that must work; answers the whole frame.
    pub(crate) async fn does(&mut self, line: &str) -> Value {
        let id = self.begin(line).await;
        let frame = self.answer(id).await;
        assert_eq!(frame["data"]["ok"], true, "{line}: {frame}");
        frame
    }

    /// Does something that must be refused; answers the error.
    pub(crate) async fn fails(&mut self, line: &str) -> Value {
        let id = self.begin(line).await;
        let mut frame = self.answer(id).await;
        assert_eq!(frame["data"]["ok"], false, "{line}: {frame}");
        frame["data"]["error"].take()
    }

    /// Waits until everything up to a tick of this run is durable.
    pub(crate) async fn durable(&mut self, tick: u64) {
        let run = self.welcome["run"].clone();
        if self.welcome["durable_tick"].as_u64().unwrap() < tick {
            self.find("durable", |data| {
                data["run"] == run && data["through_tick"].as_u64().unwrap() >= tick
            })
            .await;
        }
    }

    /// Does something and waits until it survives a crash.
    pub(crate) async fn does_for_good(&mut self, line: &str) -> Value {
        let frame = self.does(line).await;
        self.durable(frame["tick"].as_u64().unwrap()).await;
        frame
    }

    /// Any way out of the first room.
    pub(crate) fn way_out(&self) -> (String, String) {
        let exits = self.state["room"]["exits"].as_object().unwrap();
        let (way, exit) = exits.iter().next().unwrap();
        (way.clone(), exit["to"].as_str().unwrap().to_owned())
    }

    /// The room that the first picture shows.
    pub(crate) fn room(&self) -> &str {
        self.state["room"]["id"].as_str().unwrap()
    }
}
