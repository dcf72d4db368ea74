//! The client's side of the wire: HTTP calls and a `kadath.v1` websocket.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::fault::LoadFault;

/// What one socket reads at a time: thousands of them share a machine with the server.
const READ_BUFFER: usize = 8 * 1_024;
/// How long a connection may take to stand.
const CONNECT_MAX: Duration = Duration::from_secs(20);

/// How long one address of a target may take to say that it lives.
const TARGET_MAX: Duration = Duration::from_secs(5);

/// Where a server is.
#[derive(Clone, Debug)]
pub enum Dial {
    /// At an address.
    Tcp(SocketAddr),
    /// In this process, for proofs with a clock of their own: it is handed the other end.
    Memory(mpsc::Sender<DuplexStream>),
}

trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

impl Dial {
    /// Understands `http://HOST:PORT`, and finds the address of it that answers `/healthz`.
    pub(crate) async fn target(url: &str) -> Result<Self, LoadFault> {
        let fault = |why: &str| LoadFault::Target(format!("{url:?} {why}"));
        let host = url
            .strip_prefix("http://")
            .ok_or_else(|| fault("does not begin with http://"))?
            .trim_end_matches('/');
        let found = tokio::net::lookup_host(host)
            .await
            .map_err(|error| fault(&format!("is not HOST:PORT: {error}")))?;
        let mut why = "has no address".to_owned();
        for address in found {
            let dial = Self::Tcp(address);
            let calling = dial.call("GET", "/healthz", None, None);
            why = match timeout(TARGET_MAX, calling).await {
                Ok(Ok((200, _))) => return Ok(dial),
                Ok(Ok((status, _))) => format!("is no server for players: /healthz gives {status}"),
                Ok(Err(LoadFault::Http { why, .. })) => format!("can't be reached: {why}"),
                Ok(Err(why)) => format!("can't be reached: {why}"),
                Err(_) => "can't be reached: no answer".to_owned(),
            };
        }
        Err(fault(&why))
    }

    async fn stream(&self) -> std::io::Result<Box<dyn Stream>> {
        match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            Self::Memory(door) => {
                let (ours, theirs) = tokio::io::duplex(1024 * 1024);
                let closed = |_| std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
                door.send(theirs).await.map_err(closed)?;
                Ok(Box::new(ours))
            }
        }
    }

    fn host(&self) -> String {
        match self {
            Self::Tcp(address) => address.to_string(),
            Self::Memory(_) => "memory".to_owned(),
        }
    }

    /// One HTTP call on a connection of its own; answers the status and the body.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Result<(u16, Bytes), LoadFault> {
        let fault = |why: String| LoadFault::Http {
            call: format!("{method} {path}"),
            why,
        };
        let calling = async {
            let stream = self.stream().await.map_err(|error| error.to_string())?;
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream))
                    .await
                    .map_err(|error| error.to_string())?;
            let body = body.map(Value::to_string).unwrap_or_default();
            let mut request = Request::builder()
                .method(method)
                .uri(path)
                .header("host", self.host());
            if let Some(token) = token {
                request = request.header("authorization", format!("Bearer {token}"));
            }
            let request = request
                .body(Full::new(Bytes::from(body)))
                .map_err(|error| error.to_string())?;
            let answering = async {
                let answer = sender.send_request(request).await?;
                let status = answer.status().as_u16();
                let body = answer.into_body().collect().await?.to_bytes();
                Ok::<_, hyper::Error>((status, body))
            };
            // It ends with the answer; its own end is of no interest.
            let connection = tokio::task::spawn_local(connection);
            let answer = answering.await.map_err(|error| error.to_string());
            connection.abort();
            answer
        };
        match timeout(Duration::from_secs(300), calling).await {
            Ok(answer) => answer.map_err(fault),
            Err(_) => Err(fault("no answer".to_owned())),
        }
    }
}

/// An open websocket.
pub(crate) struct Connection {
    socket: WebSocketStream<Box<dyn Stream>>,
}

/// A frame's envelope, its data still unread.
#[derive(Debug, Deserialize)]
pub(crate) struct ReceivedFrame<'a> {
    pub(crate) sequence_number: u64,
    #[serde(borrow)]
    pub(crate) event_type: Cow<'a, str>,
    pub(crate) tick: u64,
    #[serde(borrow)]
    pub(crate) data: &'a RawValue,
}

impl Connection {
    pub(crate) async fn connect(dial: &Dial) -> Result<Self, String> {
        let connecting = async {
            let stream = dial.stream().await.map_err(|error| error.to_string())?;
            let url = format!("ws://{}/api/ws", dial.host());
            let mut request = url
                .into_client_request()
                .map_err(|error| error.to_string())?;
            let protocol = HeaderValue::from_static("kadath.v1");
            request
                .headers_mut()
                .insert("sec-websocket-protocol", protocol);
            let config = WebSocketConfig::default()
                .read_buffer_size(READ_BUFFER)
                .write_buffer_size(0);
            let (socket, _) =
                tokio_tungstenite::client_async_with_config(request, stream, Some(config))
                    .await
                    .map_err(|error| error.to_string())?;
            Ok(Self { socket })
        };
        let late = |_| "the handshake took too long".to_owned();
        timeout(CONNECT_MAX, connecting).await.map_err(late)?
    }

    /// Its two directions, which don't wait for each other.
    pub(crate) fn split(self) -> (FrameSender, FrameReceiver) {
        let (sink, stream) = self.socket.split();
        let sender = FrameSender {
            sink,
            waiting: VecDeque::new(),
            is_flushed: true,
        };
        (sender, FrameReceiver { stream })
    }
}

/// What is said to a server, in order.
pub(crate) struct FrameSender {
    sink: SplitSink<WebSocketStream<Box<dyn Stream>>, Message>,
    /// As many as its bot has due at once.
    waiting: VecDeque<String>,
    is_flushed: bool,
}

impl FrameSender {
    pub(crate) fn queue(&mut self, frames: Vec<String>) {
        self.waiting.extend(frames);
    }

    /// Everything has left.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.is_flushed
    }

    /// Sends what waits; can be dropped and called again at any time.
    pub(crate) async fn send(&mut self) -> Result<(), String> {
        let fault = |error: tokio_tungstenite::tungstenite::Error| error.to_string();
        while !self.waiting.is_empty() {
            poll_fn(|task| self.sink.poll_ready_unpin(task))
                .await
                .map_err(fault)?;
            if let Some(frame) = self.waiting.pop_front() {
                self.is_flushed = false;
                let taken = self.sink.start_send_unpin(Message::text(frame));
                taken.map_err(fault)?;
            }
        }
        self.sink.flush().await.map_err(fault)?;
        self.is_flushed = true;
        Ok(())
    }
}

/// What a server says.
pub(crate) struct FrameReceiver {
    stream: SplitStream<WebSocketStream<Box<dyn Stream>>>,
}

impl FrameReceiver {
    /// The next text; an error is the end of the connection and says why.
    pub(crate) async fn next(&mut self) -> Result<Text, String> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => return Ok(Text(text.into())),
                Some(Ok(Message::Close(frame))) => {
                    let reason = frame.map(|frame| frame.reason.to_string());
                    return Err(reason.unwrap_or_else(|| "closed".to_owned()));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.to_string()),
                None => return Err("the connection ended".to_owned()),
            }
        }
    }
}

/// A frame as it came.
pub(crate) struct Text(Bytes);

impl Text {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn frame(&self) -> Result<ReceivedFrame<'_>, String> {
        serde_json::from_slice(&self.0).map_err(|error| error.to_string())
    }
}
