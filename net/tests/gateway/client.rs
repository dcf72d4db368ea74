//! A websocket client that a test can hold.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::gate::token;
use crate::server::{PATIENCE, Server, World};

/// One client.
pub(crate) struct Client {
    pub(crate) ws: WebSocketStream<TcpStream>,
    /// The subprotocol that the server has selected.
    pub(crate) protocol: Option<String>,
}

/// How to connect.
#[derive(Debug, Default, Clone)]
pub(crate) struct Dial<'a> {
    pub(crate) protocols: &'a [&'a str],
    pub(crate) headers: &'a [(&'static str, &'a str)],
    /// The kernel's receive buffer; `None`: as usual.
    pub(crate) receive_bytes: Option<u32>,
}

impl Client {
    /// Connects as `kadath.v1`.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let dial = Dial {
            protocols: &["kadath.v1"],
            ..Dial::default()
        };
        Self::dial(address, dial).await.unwrap()
    }

    pub(crate) async fn dial(address: SocketAddr, dial: Dial<'_>) -> Result<Self, Error> {
        let mut request = format!("ws://{address}/api/ws").into_client_request()?;
        let headers = request.headers_mut();
        if !dial.protocols.is_empty() {
            let offers = HeaderValue::from_str(&dial.protocols.join(", ")).unwrap();
            headers.insert("sec-websocket-protocol", offers);
        }
        for (name, value) in dial.headers {
            headers.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(bytes) = dial.receive_bytes {
            socket.set_recv_buffer_size(bytes).unwrap();
        }
        let stream = socket.connect(address).await.unwrap();
        let (ws, response) = client_async(request, stream).await?;
        let selected = response.headers().get("sec-websocket-protocol");
        let protocol = selected.map(|value| value.to_str().unwrap().to_owned());
        Ok(Self { ws, protocol })
    }

    /// Connects, signs in as `name`, and is let in. Answers the welcome, too.
    pub(crate) async fn play(server: &mut Server, name: &str) -> (Self, Session) {
        let mut client = Self::connect(server.address).await;
        client.authenticate(name).await;
        let session = client.let_in(&mut server.world).await;
        (client, session)
    }

    /// Waits until the world has let it in and the `game_state` is there.
    pub(crate) async fn let_in(&mut self, world: &mut World) -> Session {
        let arrival = world.let_in().await;
        let welcome = self.event("welcome").await;
        self.event("game_state").await;
        Session {
            id: arrival.session,
            character: arrival.character,
            key: welcome["data"]["session_id"].as_str().unwrap().to_owned(),
            welcome,
        }
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.ws
            .send(Message::text(frame.to_string()))
            .await
            .unwrap();
    }

    pub(crate) async fn authenticate(&mut self, name: &str) {
        let data = json!({"token": token(name)});
        self.send(json!({"type": "authenticate", "data": data}))
            .await;
    }

    pub(crate) async fn resume(&mut self, token: &str, session: &Session, last: u64) {
        let resume = json!({"session_id": session.key, "last_sequence": last});
        let data = json!({"token": token, "resume": resume});
        self.send(json!({"type": "authenticate", "data": data}))
            .await;
    }

    pub(crate) async fn command(&mut self, id: u64, line: &str) {
        self.send(json!({"type": "command", "id": id, "data": {"line": line}}))
            .await;
    }

    pub(crate) async fn ping(&mut self) {
        self.send(json!({"type": "ping", "data": {}})).await;
    }

    pub(crate) async fn line(&mut self, line: &str) {
        self.ws
            .send(Message::binary(line.as_bytes().to_vec()))
            .await
            .unwrap();
    }

    /// The next message that is not a ping.
    pub(crate) async fn message(&mut self) -> Result<Message, Error> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.ws.next()).await;
            match next.expect("the server says nothing") {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(message) => return message,
                None => return Err(Error::ConnectionClosed),
            }
        }
    }

    /// The next frame.
    pub(crate) async fn frame(&mut self) -> Value {
        match self.message().await.unwrap() {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("not a frame: {other:?}"),
        }
    }

    /// The next frame, which must be of that type.
    pub(crate) async fn event(&mut self, event: &str) -> Value {
        let frame = self.frame().await;
        assert_eq!(frame["event_type"], event, "{frame}");
        frame
    }

    /// The next frame, which must be an error of that code.
    pub(crate) async fn error(&mut self, code: &str) -> Value {
        let frame = self.event("error").await;
        assert_eq!(frame["data"]["code"], code, "{frame}");
        frame
    }

    /// What a text client reads next.
    pub(crate) async fn text(&mut self) -> String {
        match self.message().await.unwrap() {
            Message::Binary(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            other => panic!("not text: {other:?}"),
        }
    }

    /// The close, which must come next.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        match self.message().await.unwrap() {
            Message::Close(Some(CloseFrame { code, reason })) => {
                (code.into(), reason.as_str().to_owned())
            }
            other => panic!("not a close: {other:?}"),
        }
    }

    /// Cuts the socket, without a word.
    pub(crate) fn cut(self) {
        drop(self.ws);
    }
}

/// A session as its client knows it.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) id: engine::port::SessionId,
    pub(crate) character: engine::port::StableId,
    pub(crate) key: String,
    pub(crate) welcome: Value,
}
