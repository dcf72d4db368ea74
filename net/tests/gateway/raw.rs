//! A websocket client that writes each byte itself, and may get it wrong.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::gate::token;
use crate::server::{PATIENCE, Server};

pub(crate) const TEXT: u8 = 0x81;
pub(crate) const BINARY: u8 = 0x82;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8a;

/// The four subprotocols.
pub(crate) const SUBPROTOCOLS: [&str; 4] = [
    "kadath.v1",
    "json.mudstandards.org",
    "gmcp.mudstandards.org",
    "terminal.mudstandards.org",
];

/// A frame as a client sends it: masked, with zeros.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(first, payload.len() as u64);
    bytes.extend(payload);
    bytes
}

/// The head of a frame of that length, with a mask of zeros.
pub(crate) fn head(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first];
    match length {
        0..126 => bytes.push(0x80 | length as u8),
        126..0x1_0000 => {
            bytes.push(0x80 | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(0x80 | 127);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes
}

/// The payload of a close.
pub(crate) fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend(reason);
    payload
}

/// A frame as the server sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) first: u8,
    pub(crate) payload: Vec<u8>,
}

impl Said {
    /// The code of a close; 0 where it has none.
    pub(crate) fn close_code(&self) -> u16 {
        assert_eq!(self.first, CLOSE, "{self:?}");
        match self.payload[..] {
            [high, low, ..] => u16::from_be_bytes([high, low]),
            _ => 0,
        }
    }
}

/// One client over any stream.
pub(crate) struct Raw<S> {
    pub(crate) stream: S,
}

impl Raw<TcpStream> {
    /// Connects with that subprotocol; signed in where `name` is given, as far as the server can
    /// know: the world has yet to let it in.
    pub(crate) async fn connect(server: &Server, protocol: &str, name: Option<&str>) -> Self {
        let stream = TcpStream::connect(server.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self::upgrade(stream, protocol, name).await.unwrap()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Raw<S> {
    pub(crate) async fn upgrade(
        mut stream: S,
        protocol: &str,
        name: Option<&str>,
    ) -> io::Result<Self> {
        let bearer = name.map_or(String::new(), |name| format!(", bearer, {}", token(name)));
        let request = format!(
            "GET /api/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: {protocol}{bearer}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{head:?}");
        Ok(Self { stream })
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The next frame; `None` at the end of the stream, which is no reset.
    pub(crate) async fn next(&mut self) -> Option<Said> {
        let next = tokio::time::timeout(PATIENCE, self.read());
        next.await.expect("the server says nothing").unwrap()
    }

    async fn read(&mut self) -> io::Result<Option<Said>> {
        let mut first = [0];
        if self.stream.read(&mut first).await? == 0 {
            return Ok(None);
        }
        let length = match self.stream.read_u8().await? {
            126 => usize::from(self.stream.read_u16().await?),
            127 => self.stream.read_u64().await? as usize,
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).await?;
        let first = first[0];
        Ok(Some(Said { first, payload }))
    }

    /// The next close, after whatever comes before it.
    pub(crate) async fn until_closed(&mut self) -> Said {
        loop {
            let said = self.next().await.expect("an end without a close");
            if said.first == CLOSE {
                return said;
            }
        }
    }
}
