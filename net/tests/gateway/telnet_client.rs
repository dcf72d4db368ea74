//! A telnet client that writes each byte itself and forgets none that it has read.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::server::{PATIENCE, Server};

pub(crate) const IAC: u8 = 255;
pub(crate) const WILL: u8 = 251;
pub(crate) const WONT: u8 = 252;
pub(crate) const DO: u8 = 253;
pub(crate) const DONT: u8 = 254;
pub(crate) const SB: u8 = 250;
pub(crate) const SE: u8 = 240;
pub(crate) const GA: u8 = 249;
pub(crate) const EOR: u8 = 239;

pub(crate) const ECHO: u8 = 1;
pub(crate) const SGA: u8 = 3;
pub(crate) const TIMING_MARK: u8 = 6;
pub(crate) const TTYPE: u8 = 24;
pub(crate) const END_OF_RECORD: u8 = 25;
pub(crate) const NAWS: u8 = 31;
pub(crate) const MSSP: u8 = 70;
pub(crate) const MCCP2: u8 = 86;
pub(crate) const GMCP: u8 = 201;

/// A subnegotiation.
pub(crate) fn sub(option: u8, content: &[u8]) -> Vec<u8> {
    [&[IAC, SB, option], content, &[IAC, SE]].concat()
}

/// One client over any stream.
pub(crate) struct Telnet<S> {
    pub(crate) stream: S,
    read: Vec<u8>,
}

impl Telnet<TcpStream> {
    /// Connects and waits for the greeting.
    pub(crate) async fn connect(server: &Server) -> Self {
        let mut client = Self::over(TcpStream::connect(server.telnet).await.unwrap());
        client.reads("quit").await;
        client
    }

    /// A guest in the world, whose terminal has answered nothing.
    pub(crate) async fn guest(server: &mut Server) -> (Self, engine::port::Arrival) {
        let mut client = Self::connect(server).await;
        client.line("guest").await;
        let arrival = server.world.let_in().await;
        client.reads("Welcome").await;
        (client, arrival)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Telnet<S> {
    pub(crate) const fn over(stream: S) -> Self {
        Self {
            stream,
            read: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    pub(crate) async fn line(&mut self, line: &str) {
        self.send(format!("{line}\r\n").as_bytes()).await;
    }

    /// Reads until those bytes come; answers everything before them.
    pub(crate) async fn until(&mut self, wanted: &[u8]) -> Vec<u8> {
        loop {
            let found = self
                .read
                .windows(wanted.len())
                .position(|part| part == wanted);
            if let Some(at) = found {
                let rest = self.read.split_off(at + wanted.len());
                let mut before = std::mem::replace(&mut self.read, rest);
                before.truncate(at);
                return before;
            }
            assert!(
                self.more().await,
                "ended before {wanted:?}: {:?}",
                self.shown()
            );
        }
    }

    /// Reads until those words come; answers the text before them.
    pub(crate) async fn reads(&mut self, words: &str) -> String {
        let before = self.until(words.as_bytes()).await;
        String::from_utf8_lossy(&before).into_owned()
    }

    /// Everything until the end of the stream.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.read)
    }

    async fn more(&mut self) -> bool {
        let mut room = [0; 4096];
        let read = timeout(PATIENCE, self.stream.read(&mut room)).await;
        let read = read.unwrap_or_else(|_| panic!("no more comes: {:?}", self.shown()));
        let read = read.unwrap_or(0);
        self.read.extend_from_slice(&room[..read]);
        read > 0
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.read).into_owned()
    }
}
