//! A websocket client's half, reduced to what a crowd needs: it must cost less than any server.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const OPCODE: u8 = 0x0f;
const TEXT: u8 = 0x01;
const CLOSE: u8 = 0x08;
const PING: u8 = 0x09;

/// Opens a websocket; answers what came behind the handshake.
pub(crate) async fn open(
    address: &str,
    path: &str,
    protocols: Option<&str>,
) -> io::Result<(TcpStream, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let protocols = protocols.map_or(String::new(), |names| {
        format!("Sec-WebSocket-Protocol: {names}\r\n")
    });
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         {protocols}\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::with_capacity(1_024);
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(end) = memchr::memmem::find(&answer, b"\r\n\r\n") {
            if !answer.starts_with(b"HTTP/1.1 101") {
                let said = String::from_utf8_lossy(&answer).into_owned();
                return Err(io::Error::other(said));
            }
            answer.drain(..end + 4);
            return Ok((stream, answer));
        }
    }
}

/// Writes a TEXT frame into `out`. The mask is all zeros: legal, and free.
pub(crate) fn text(out: &mut Vec<u8>, payload: &[u8]) {
    out.push(0x80 | TEXT);
    if payload.len() < 126 {
        out.push(0x80 | payload.len() as u8);
    } else {
        out.push(0x80 | 126);
        out.extend_from_slice(&(payload.len() as u16).to_be_bytes());
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
}

/// What a server sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    Text(&'a [u8]),
    Ping,
    Close(&'a [u8]),
    Other,
}

/// Sees every whole frame in `bytes`; answers how many bytes they take.
pub(crate) fn frames(bytes: &[u8], mut see: impl FnMut(Frame<'_>)) -> usize {
    let mut at = 0;
    while let Some((frame, length)) = first(&bytes[at..]) {
        see(frame);
        at += length;
    }
    at
}

fn first(bytes: &[u8]) -> Option<(Frame<'_>, usize)> {
    let [flags, short, rest @ ..] = bytes else {
        return None;
    };
    let (length, head) = match short {
        126 => {
            let long = rest.first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*long)), 4)
        }
        127 => {
            let long = rest.first_chunk::<8>()?;
            (usize::try_from(u64::from_be_bytes(*long)).ok()?, 10)
        }
        short => (usize::from(*short), 2),
    };
    let payload = bytes.get(head..head + length)?;
    let frame = match flags & OPCODE {
        TEXT => Frame::Text(payload),
        PING => Frame::Ping,
        CLOSE => Frame::Close(payload),
        _ => Frame::Other,
    };
    Some((frame, head + length))
}
