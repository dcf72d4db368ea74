//! Servers that do nothing but fan out: what a game server is held against.
//!
//! The first message of a client is the number of its room; each one after it goes as one frame to
//! everybody there. One thread, since two cost more per delivery at this size; a queue per client
//! in plain memory, since nothing else is on that thread.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::Write as _;
use std::rc::Rc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{LocalSet, spawn_local};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// Turns this program into a baseline.
pub(crate) const ROLE: &str = "KADATH_FANOUT_ROLE";
/// Bytes of a frame.
pub(crate) const FRAME_BYTES: &str = "KADATH_FANOUT_FRAME_BYTES";

const TICK: Duration = Duration::from_millis(50);

/// When a baseline flushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flush {
    /// After each frame.
    Each,
    /// Once per tick of 50 ms and client.
    Tick,
}

impl Flush {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Each => "flush per delivery",
            Self::Tick => "flush per tick",
        }
    }

    pub(crate) const fn role(self) -> &'static str {
        match self {
            Self::Each => "each",
            Self::Tick => "tick",
        }
    }
}

/// Which baseline this process is to be, if any.
pub(crate) fn role() -> Option<Flush> {
    match std::env::var(ROLE).ok()?.as_str() {
        "each" => Some(Flush::Each),
        "tick" => Some(Flush::Tick),
        _ => None,
    }
}

/// One client's queue.
#[derive(Default)]
struct Hearer {
    queue: RefCell<Vec<Utf8Bytes>>,
    bell: Notify,
    gone: Cell<bool>,
}

type Rooms = Rc<RefCell<HashMap<String, Vec<Rc<Hearer>>>>>;

/// Serves until it is killed.
pub(crate) fn serve(flush: Flush) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    rlimit::increase_nofile_limit(u64::MAX).expect("a limit of open files");
    let frame_bytes = std::env::var(FRAME_BYTES).expect("the size of a frame");
    let frame_bytes = frame_bytes.parse().expect("a number of bytes");
    LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        println!("baseline is listening on http://{address}");
        std::io::stdout().flush().expect("somebody reads");
        let rooms = Rooms::default();
        if flush == Flush::Tick {
            spawn_local(tick(Rc::clone(&rooms)));
        }
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).expect("a socket");
            spawn_local(converse(stream, Rc::clone(&rooms), flush, frame_bytes));
        }
    });
}

async fn tick(rooms: Rooms) {
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
        for hearer in rooms.borrow().values().flatten() {
            if !hearer.queue.borrow().is_empty() {
                hearer.bell.notify_one();
            }
        }
    }
}

async fn converse(stream: TcpStream, rooms: Rooms, flush: Flush, frame_bytes: usize) {
    let Ok(socket) = tokio_tungstenite::accept_async(stream).await else {
        return;
    };
    let (mut sink, mut source) = socket.split();
    let Some(Ok(Message::Text(room))) = source.next().await else {
        return;
    };
    let me = Rc::new(Hearer::default());
    rooms
        .borrow_mut()
        .entry(room.to_string())
        .or_default()
        .push(Rc::clone(&me));
    let joined = Message::Text(Utf8Bytes::from_static("joined"));
    if sink.send(joined).await.is_err() {
        return;
    }
    let hearer = Rc::clone(&me);
    spawn_local(async move {
        while !hearer.gone.get() {
            hearer.bell.notified().await;
            let frames = hearer.queue.take();
            for frame in frames {
                let sent = match flush {
                    Flush::Each => sink.send(Message::Text(frame)).await,
                    Flush::Tick => sink.feed(Message::Text(frame)).await,
                };
                if sent.is_err() {
                    return;
                }
            }
            if sink.flush().await.is_err() {
                return;
            }
        }
    });
    while let Some(Ok(Message::Text(line))) = source.next().await {
        let frame = Utf8Bytes::from(frame(&line, frame_bytes));
        for hearer in &rooms.borrow()[room.as_str()] {
            hearer.queue.borrow_mut().push(frame.clone());
            if flush == Flush::Each {
                hearer.bell.notify_one();
            }
        }
    }
    me.gone.set(true);
    me.bell.notify_one();
    if let Some(here) = rooms.borrow_mut().get_mut(room.as_str()) {
        here.retain(|hearer| !Rc::ptr_eq(hearer, &me));
    }
}

/// A frame of that many bytes around a line.
fn frame(line: &str, bytes: usize) -> String {
    let mut frame = format!(r#"{{"event_type":"chat_message","data":{{"message":"{line}"#);
    while frame.len() + 3 < bytes {
        frame.push('.');
    }
    frame.push_str("\"}}");
    frame
}
