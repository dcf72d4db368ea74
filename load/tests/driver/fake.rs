//! A server in miniature: everybody is in one room, and what it does wrong it was told to do.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use load::Dial;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, join, split};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

/// Frames that may wait for one client.
const QUEUE: usize = 4_096;

/// What it does wrong.
#[derive(Default)]
pub(crate) struct Habits {
    /// Every third answer of a client comes so much later.
    pub(crate) third: Duration,
    /// From when to when, since the start, it answers nothing.
    pub(crate) asleep: Option<(Duration, Duration)>,
    /// Frames beside each answer.
    pub(crate) frames: usize,
    /// Guests that get in; those who come later hear nothing.
    pub(crate) door: Option<usize>,
    /// It takes sockets and says nothing.
    pub(crate) silent: bool,
    /// It reads nothing after the first frame.
    pub(crate) unreading: bool,
    /// It says that answers are durable, until so long after the start.
    pub(crate) saves_until: Option<Duration>,
    /// Whoever comes back goes on where the connection was cut.
    pub(crate) resumes: bool,
    /// A look at its metrics never ends.
    pub(crate) metrics_hang: bool,
    /// What a hand in the wire of client 1 does to the chat frame of this number, counted from 1.
    pub(crate) hand: Option<(usize, Hand)>,
}

/// What a hand in the wire does to a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hand {
    Drops,
    Doubles,
    /// Lets the next one pass first.
    Swaps,
}

pub(crate) struct Fake {
    habits: Habits,
    began: Instant,
    clients: RefCell<Vec<mpsc::Sender<(u64, Value)>>>,
    tick: Cell<u64>,
    guests: Cell<usize>,
}

impl Fake {
    fn new(habits: Habits) -> Rc<Self> {
        Rc::new(Self {
            habits,
            began: Instant::now(),
            clients: RefCell::default(),
            tick: Cell::new(1),
            guests: Cell::new(0),
        })
    }

    /// Served within this process, by the clock of the test.
    pub(crate) fn in_memory(habits: Habits) -> (Rc<Self>, Dial) {
        let fake = Self::new(habits);
        let (door, mut visitors) = mpsc::channel(16);
        let serving = Rc::clone(&fake);
        spawn_local(async move {
            while let Some(stream) = visitors.recv().await {
                spawn_local(Rc::clone(&serving).greet(stream));
            }
        });
        (fake, Dial::Memory(door))
    }

    /// Served over sockets of the loopback.
    pub(crate) async fn over_sockets(habits: Habits) -> (Rc<Self>, Dial) {
        let fake = Self::new(habits);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = Rc::clone(&fake);
        spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                spawn_local(Rc::clone(&serving).greet(stream));
            }
        });
        (fake, Dial::Tcp(address))
    }

    async fn greet(self: Rc<Self>, mut stream: impl AsyncRead + AsyncWrite + Unpin + 'static) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else {
                return;
            };
            head.push(byte);
        }
        if !head.starts_with(b"GET /api/ws") {
            let is_guest = head.starts_with(b"POST /auth/guest");
            self.guests.set(self.guests.get() + usize::from(is_guest));
            let is_shut = self
                .habits
                .door
                .is_some_and(|door| self.guests.get() > door);
            let hangs = self.habits.metrics_hang && head.starts_with(b"GET /metrics");
            if (is_guest && is_shut) || hangs {
                std::future::pending::<()>().await;
            }
            let (status, body) = if head.starts_with(b"POST /auth/guest") {
                ("200 OK", r#"{"access_token":"t"}"#)
            } else {
                ("404 Not Found", "{}")
            };
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
            let _ = stream.write_all(answer.as_bytes()).await;
            return;
        }
        let (read, write) = split(stream);
        let stream = join(std::io::Cursor::new(head).chain(read), write);
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        let protocol = |_: &Request, mut answer: Response| {
            let value = "kadath.v1".parse().unwrap();
            answer.headers_mut().insert("sec-websocket-protocol", value);
            Ok(answer)
        };
        let Ok(socket) = tokio_tungstenite::accept_hdr_async(stream, protocol).await else {
            return;
        };
        let (mut sink, mut heard) = socket.split();
        let (queue, mut frames) = mpsc::channel::<(u64, Value)>(QUEUE);
        let index = self.clients.borrow().len();
        self.clients.borrow_mut().push(queue.clone());
        let hand = self.habits.hand.filter(|_| index == 1);
        spawn_local(async move {
            let (mut number, mut chats) = (0, 0);
            let mut held = None;
            while let Some((tick, mut frame)) = frames.recv().await {
                number += 1;
                frame["sequence_number"] = number.into();
                frame["tick"] = tick.into();
                let is_chat = frame["event_type"] == "chat_message";
                chats += usize::from(is_chat);
                let text = frame.to_string();
                let mut through = vec![text.clone()];
                match hand {
                    Some((which, hand)) if is_chat && which == chats => match hand {
                        Hand::Drops => through.clear(),
                        Hand::Doubles => through.push(text),
                        Hand::Swaps => held = through.pop(),
                    },
                    _ if is_chat => through.extend(held.take()),
                    _ => {}
                }
                for text in through {
                    if sink.send(Message::text(text)).await.is_err() {
                        return;
                    }
                }
            }
        });
        let mut answers = 0;
        while let Some(Ok(message)) = heard.next().await {
            let Ok(frame) = serde_json::from_slice::<Value>(&message.into_data()) else {
                continue;
            };
            answers += usize::from(frame["type"] == "command");
            if self.habits.silent {
                continue;
            }
            self.answer(index, &queue, &frame, answers).await;
            if self.habits.unreading {
                std::future::pending::<()>().await;
            }
        }
    }

    async fn answer(
        self: &Rc<Self>,
        index: usize,
        queue: &mpsc::Sender<(u64, Value)>,
        frame: &Value,
        answers: usize,
    ) {
        let tick = self.tick.get();
        match frame["type"].as_str() {
            Some("authenticate") => {
                let resumed = self.habits.resumes && frame["data"]["resume"].is_object();
                let welcome = json!({"session_id": format!("s{index}"), "resumed": resumed,
                    "last_command_id": 0, "run": "r1"});
                let room = json!({"id": "here", "sub_zone": "row", "exits": {}});
                let name = format!("Bot{index}");
                let state = json!({"player": {"name": name}, "room": room, "occupants": []});
                let welcome = json!({"event_type": "welcome", "data": welcome});
                let state = json!({"event_type": "game_state", "data": state});
                queue.send((tick, welcome)).await.unwrap();
                if !resumed {
                    queue.send((tick, state)).await.unwrap();
                }
            }
            Some("ping") => {
                let pong = json!({"event_type": "pong", "data": {}});
                let _ = queue.send((tick + 1, pong)).await;
            }
            Some("command") => {
                let (fake, queue, frame) = (Rc::clone(self), queue.clone(), frame.clone());
                spawn_local(async move { fake.obey(&queue, &frame, answers).await });
            }
            _ => {}
        }
    }

    async fn obey(&self, queue: &mpsc::Sender<(u64, Value)>, frame: &Value, answers: usize) {
        if let Some((from, to)) = self.habits.asleep
            && (from..to).contains(&self.began.elapsed())
        {
            sleep_until(self.began + to).await;
        }
        if answers.is_multiple_of(3) && !self.habits.third.is_zero() {
            sleep(self.habits.third).await;
        }
        let tick = self.tick.get() + 1;
        self.tick.set(tick);
        let line = frame["data"]["line"].as_str().unwrap_or_default();
        if let Some(words) = line.strip_prefix("say ") {
            let chat = json!({"original_content": words});
            let chat = json!({"event_type": "chat_message", "data": chat});
            for client in self.clients.borrow().iter() {
                client.try_send((tick, chat.clone())).unwrap();
            }
        }
        for _ in 0..self.habits.frames {
            let more = json!({"event_type": "system", "data": {"message": "as always"}});
            queue.try_send((tick, more)).unwrap();
        }
        let data = json!({"id": frame["id"], "ok": true});
        let answer = json!({"event_type": "command_response", "data": data});
        let _ = queue.try_send((tick, answer));
        if self
            .habits
            .saves_until
            .is_some_and(|until| self.began.elapsed() < until)
        {
            let data = json!({"run": "r1", "through_tick": tick});
            let _ = queue.try_send((tick, json!({"event_type": "durable", "data": data})));
        }
    }
}
