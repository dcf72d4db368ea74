//! Clients of one server: all on this thread, each with a task that reads.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::task::{JoinHandle, spawn_local};

use crate::kadath::Kadath;
use crate::latency::Latency;
use crate::tree;
use crate::wire::{self, Frame};

/// Clients that find their place at once: few, so that the hall is never full.
pub(crate) const DOOR: usize = 24;
/// What one look at a socket takes, at most.
const READ_BYTES: usize = 256 * 1024;
/// Stands before and behind a line's stamp: when it was due, and how late it was sent.
const MARK: u8 = b'@';
/// Fills a line to 64 bytes.
const TIDE: &str = "the tide is out, and the boats lie dry here";
/// Microseconds since the crowd's epoch: eleven days.
const DUE_DIGITS: usize = 12;
/// Microseconds; who is later than a second is late by a second.
const LATE_DIGITS: usize = 6;
const LATE_MAX: u128 = 999_999;

const PONG: [u8; 6] = [0x8a, 0x80, 0, 0, 0, 0];

/// Everybody who hears one server.
pub(crate) struct Crowd {
    clients: Vec<Rc<Client>>,
    readers: Vec<JoinHandle<()>>,
    pub(crate) rooms_of: usize,
    pub(crate) tally: Rc<Tally>,
    numbered: bool,
    speaks: Speaks,
}

/// What the server understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    Kadath,
    Lines,
}

struct Client {
    write: OwnedWriteHalf,
    last_id: Cell<u64>,
}

/// What the whole crowd has heard.
pub(crate) struct Tally {
    epoch: Instant,
    buffer: RefCell<Box<[u8]>>,
    pub(crate) deliveries: Cell<u64>,
    pub(crate) frames: Cell<u64>,
    pub(crate) bytes: Cell<u64>,
    pub(crate) gaps: Cell<u64>,
    /// Sockets that ended.
    pub(crate) ended: Cell<u64>,
    /// Lines that the socket did not take at once.
    pub(crate) blocked: Cell<u64>,
    /// From the moment when a line was given to its socket to the one when it was read.
    pub(crate) latency: RefCell<Latency>,
    /// The same from the moment when the line was due.
    pub(crate) since_due: RefCell<Latency>,
}

impl Crowd {
    /// One client per token, so many in a room.
    pub(crate) async fn of_kadath(server: &Kadath, rooms_of: usize, numbered: bool) -> Self {
        let rooms = server.tokens.len().div_ceil(rooms_of);
        assert!(rooms <= tree::ROOMS, "no room for so many");
        let address = &server.process.address;
        let came = server.tokens.iter().enumerate();
        let came = came.map(|(at, token)| settle(address, token, at / rooms_of));
        Self::gather(came, rooms_of, numbered, Speaks::Kadath).await
    }

    /// So many clients, so many in a room.
    pub(crate) async fn of_baseline(address: &str, clients: usize, rooms_of: usize) -> Self {
        let came = (0..clients).map(|at| enter(address, at / rooms_of));
        Self::gather(came, rooms_of, false, Speaks::Lines).await
    }

    async fn gather(
        came: impl Iterator<Item = impl Future<Output = Placed>>,
        rooms_of: usize,
        numbered: bool,
        speaks: Speaks,
    ) -> Self {
        let tally = Rc::new(Tally {
            epoch: Instant::now(),
            buffer: RefCell::new(vec![0; READ_BYTES].into()),
            deliveries: Cell::new(0),
            frames: Cell::new(0),
            bytes: Cell::new(0),
            gaps: Cell::new(0),
            ended: Cell::new(0),
            blocked: Cell::new(0),
            latency: RefCell::new(Latency::new()),
            since_due: RefCell::new(Latency::new()),
        });
        let mut crowd = Self {
            clients: Vec::new(),
            readers: Vec::new(),
            rooms_of,
            tally: Rc::clone(&tally),
            numbered,
            speaks,
        };
        let mut came = futures_util::stream::iter(came).buffered(DOOR);
        while let Some(placed) = came.next().await {
            let (read, write) = placed.stream.into_split();
            let client = Rc::new(Client {
                write,
                last_id: Cell::new(placed.last_id),
            });
            crowd.clients.push(Rc::clone(&client));
            let read = listen(read, placed.rest, placed.heard, client, Rc::clone(&tally));
            crowd.readers.push(spawn_local(read));
        }
        crowd
    }

    pub(crate) fn len(&self) -> usize {
        self.clients.len()
    }

    /// A client says something that was due `at`.
    pub(crate) fn say(&self, client: usize, at: Instant) {
        let client = &self.clients[client];
        let due = at.saturating_duration_since(self.tally.epoch).as_micros();
        let late = at.elapsed().as_micros().min(LATE_MAX);
        let mut payload = Vec::with_capacity(128);
        let words = format!("@{due:0DUE_DIGITS$}{late:0LATE_DIGITS$}@ {TIDE}");
        match self.speaks {
            Speaks::Lines => payload.extend_from_slice(words.as_bytes()),
            Speaks::Kadath if self.numbered => {
                let id = client.last_id.get() + 1;
                client.last_id.set(id);
                payload.extend_from_slice(
                    format!(r#"{{"type":"command","id":{id},"data":{{"line":"say {words}"}}}}"#)
                        .as_bytes(),
                );
            }
            Speaks::Kadath => payload.extend_from_slice(
                format!(r#"{{"type":"command","data":{{"line":"say {words}"}}}}"#).as_bytes(),
            ),
        }
        let mut frame = Vec::with_capacity(160);
        wire::text(&mut frame, &payload);
        if client.write.try_write(&frame).ok() != Some(frame.len()) {
            self.tally.blocked.set(self.tally.blocked.get() + 1);
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for reader in &self.readers {
            reader.abort();
        }
    }
}

/// Somebody who stands where it should.
pub(crate) struct Placed {
    pub(crate) stream: TcpStream,
    /// Read and not yet looked at.
    rest: Vec<u8>,
    /// The number of the last frame.
    heard: u64,
    pub(crate) last_id: u64,
}

/// Signs in and walks to a room.
pub(crate) async fn settle(address: &str, token: &str, room: usize) -> Placed {
    let protocols = format!("kadath.v1, bearer, {token}");
    let mut placed = Placed::open(address, "/api/ws", Some(&protocols)).await;
    wait_for(&mut placed, br#""game_state""#).await;
    for way in tree::ways(room) {
        placed.last_id += 1;
        let id = placed.last_id;
        let walk = format!(r#"{{"type":"command","id":{id},"data":{{"line":"{way}"}}}}"#);
        let mut frame = Vec::new();
        wire::text(&mut frame, walk.as_bytes());
        placed.stream.write_all(&frame).await.expect("a line");
        let done = format!(r#"{{"id":{id},"ok":true"#);
        wait_for(&mut placed, done.as_bytes()).await;
    }
    placed
}

/// Enters a room of a baseline, which says when that is done.
async fn enter(address: &str, room: usize) -> Placed {
    let mut placed = Placed::open(address, "/", None).await;
    let mut frame = Vec::new();
    wire::text(&mut frame, room.to_string().as_bytes());
    placed.stream.write_all(&frame).await.expect("a line");
    wait_for(&mut placed, b"").await;
    placed.heard = 0;
    placed
}

impl Placed {
    async fn open(address: &str, path: &str, protocols: Option<&str>) -> Self {
        let opened = wire::open(address, path, protocols).await;
        let (stream, rest) = opened.expect("a websocket");
        Self {
            stream,
            rest,
            heard: 0,
            last_id: 0,
        }
    }
}

/// Reads until a frame holds those words.
async fn wait_for(placed: &mut Placed, words: &[u8]) {
    wait_until(placed, |text| memchr::memmem::find(text, words).is_some()).await;
}

/// Reads until a frame is what is waited for.
pub(crate) async fn wait_until(placed: &mut Placed, mut is_it: impl FnMut(&[u8]) -> bool) {
    let Placed {
        stream,
        rest,
        heard,
        ..
    } = placed;
    let reading = async {
        loop {
            let (mut found, mut pinged) = (false, false);
            let taken = wire::frames(rest, |frame| match frame {
                Frame::Text(text) => {
                    found |= is_it(text);
                    *heard = number_of(text).unwrap_or(*heard);
                }
                Frame::Ping => pinged = true,
                Frame::Close(_) | Frame::Other => {}
            });
            rest.drain(..taken);
            if pinged {
                stream.write_all(&PONG).await.expect("a pong");
            }
            if found {
                return;
            }
            let read = stream.read_buf(rest).await.expect("an answer");
            assert!(read > 0, "closed: {}", String::from_utf8_lossy(rest));
        }
    };
    let patience = Duration::from_secs(30);
    let in_time = tokio::time::timeout(patience, reading).await.is_ok();
    assert!(in_time, "an answer within {patience:?}");
}

/// Reads to the end, counting.
async fn listen(
    mut read: OwnedReadHalf,
    mut rest: Vec<u8>,
    mut heard: u64,
    client: Rc<Client>,
    tally: Rc<Tally>,
) {
    loop {
        let read = std::future::poll_fn(|cx| {
            let mut buffer = tally.buffer.borrow_mut();
            let ahead = rest.len();
            buffer[..ahead].copy_from_slice(&rest);
            let mut room = ReadBuf::new(&mut buffer[ahead..]);
            match Pin::new(&mut read).poll_read(cx, &mut room) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Ok(())) if !room.filled().is_empty() => {
                    let bytes = room.filled().len();
                    let bytes_all = &buffer[..ahead + bytes];
                    let mut pinged = false;
                    let taken = tally.count(bytes_all, &mut heard, &mut pinged);
                    rest.clear();
                    rest.extend_from_slice(&bytes_all[taken..]);
                    if pinged {
                        // Who can't take a pong is closed soon enough.
                        let _ = client.write.try_write(&PONG);
                    }
                    Poll::Ready(bytes)
                }
                Poll::Ready(_) => Poll::Ready(0),
            }
        });
        let bytes = read.await;
        if bytes == 0 {
            tally.ended.set(tally.ended.get() + 1);
            return;
        }
        tally.bytes.set(tally.bytes.get() + bytes as u64);
    }
}

impl Tally {
    fn count(&self, bytes: &[u8], heard: &mut u64, pinged: &mut bool) -> usize {
        let now = self.epoch.elapsed();
        let mut latency = self.latency.borrow_mut();
        let mut since_due = self.since_due.borrow_mut();
        let (mut frames, mut deliveries) = (0, 0);
        let taken = wire::frames(bytes, |frame| match frame {
            Frame::Text(text) => {
                frames += 1;
                if let Some(number) = number_of(text) {
                    self.gaps
                        .set(self.gaps.get() + u64::from(number != *heard + 1));
                    *heard = number;
                }
                if let Some((due, late)) = stamp(text) {
                    deliveries += 1;
                    since_due.note(now.saturating_sub(due));
                    latency.note(now.saturating_sub(due + late));
                }
            }
            Frame::Ping => *pinged = true,
            Frame::Close(why) => println!("closed: {}", String::from_utf8_lossy(why)),
            Frame::Other => {}
        });
        self.frames.set(self.frames.get() + frames);
        self.deliveries.set(self.deliveries.get() + deliveries);
        taken
    }
}

/// When the line of a frame was due, since the crowd's epoch, and how much later it was sent.
fn stamp(text: &[u8]) -> Option<(Duration, Duration)> {
    let at = memchr::memchr(MARK, text)? + 1;
    let stamp = text.get(at..at + DUE_DIGITS + LATE_DIGITS)?;
    let (due, late) = stamp.split_at(DUE_DIGITS);
    Some((
        Duration::from_micros(digits(due)?),
        Duration::from_micros(digits(late)?),
    ))
}

/// The number of a frame, where frames have one.
fn number_of(text: &[u8]) -> Option<u64> {
    let behind = text.strip_prefix(br#"{"sequence_number":"#)?;
    let end = behind.iter().position(|byte| !byte.is_ascii_digit())?;
    digits(&behind[..end]).filter(|number| *number > 0)
}

fn digits(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0_u64, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + u64::from(byte - b'0'))
    })
}
