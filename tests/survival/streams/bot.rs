//! A client that is cut all the time, and always wants to know exactly what it has missed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::harness::{Lots, PATIENCE, Player, Server, tree};
use crate::hearing::Hearing;

/// Commands under way at once; below the 64 whose outcomes are remembered.
const WINDOW: usize = 6;

/// What changes among the people in a room is told at most so much later.
const TOLD_WITHIN: Duration = Duration::from_millis(1_500);

/// What the clients are to do, and where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Play(String),
    /// No new wishes and no more cuts.
    Finish(String),
    /// One last look, and away.
    Leave(String),
}

impl Stage {
    fn url(&self) -> &str {
        match self {
            Self::Play(url) | Self::Finish(url) | Self::Leave(url) => url,
        }
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// One client.
#[derive(Debug)]
pub(super) struct Bot {
    pub(super) name: String,
    pub(super) room: String,
    pub(super) hearing: Hearing,
    pub(super) cuts: usize,
    pub(super) resumes: usize,
    pub(super) heard: usize,
    /// What the character had counted to at the end.
    pub(super) tally: u64,
    /// Who is in the room, by id, as the frames of the last session told.
    occupants: BTreeMap<String, String>,
    /// Who was there by the `game_state` of each session.
    pub(super) met: Vec<BTreeSet<String>>,
    /// The ways out by every `game_state`.
    pub(super) exits: BTreeSet<String>,
    /// What a last `look` said.
    pub(super) view: String,
    token: String,
    lots: Lots,
    /// Every line sent; the first has the id after `base`.
    lines: Vec<String>,
    base: u64,
    waiting: BTreeSet<u64>,
    /// The answered, with the tick of the answer in this run.
    answered: BTreeMap<u64, u64>,
    durable: u64,
    quiet: bool,
    /// A socket that was left without a word.
    left: Option<Socket>,
}

/// How a connection ended.
enum End {
    Cut,
    Done,
}

impl Bot {
    /// Makes a guest and walks it to its room, for good.
    pub(super) async fn meet(server: &Server, room: usize, lots: Lots) -> Self {
        let token = server.http.guest().await;
        let mut player = Player::join(server, &token).await;
        let name = player.state["player"]["name"].as_str().unwrap().to_owned();
        let mut base = 0;
        for way in tree::ways(room) {
            player.does_for_good(way).await;
            base += 1;
        }
        Self {
            name,
            room: String::new(),
            hearing: Hearing::default(),
            cuts: 0,
            resumes: 0,
            heard: 0,
            tally: 0,
            occupants: BTreeMap::new(),
            met: Vec::new(),
            exits: BTreeSet::new(),
            view: String::new(),
            token,
            lots,
            lines: Vec::new(),
            base,
            waiting: BTreeSet::new(),
            answered: BTreeMap::new(),
            durable: 0,
            quiet: false,
            left: None,
        }
    }

    /// Who is in the room, by name.
    pub(super) fn here(&self) -> BTreeSet<String> {
        self.occupants.values().cloned().collect()
    }

    /// How often it has asked to count.
    pub(super) fn counts(&self) -> u64 {
        self.lines.iter().filter(|line| *line == "count").count() as u64
    }

    /// Plays as told; counts itself in `quiet` when everything it wished is answered and durable.
    pub(super) async fn play(
        mut self,
        mut told: watch::Receiver<Stage>,
        quiet: Arc<AtomicUsize>,
    ) -> Self {
        let mut since = Instant::now();
        loop {
            let stage = told.borrow_and_update().clone();
            let sessions = self.cuts + self.resumes + self.hearing.before.len();
            match self.sit(stage, &mut told, &quiet).await {
                Ok(End::Done) => return self,
                Ok(End::Cut) => self.cuts += 1,
                // The server is being killed, or is not there yet.
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
            if self.cuts + self.resumes + self.hearing.before.len() > sessions {
                since = Instant::now();
            }
            assert!(since.elapsed() < PATIENCE, "{} is not let in", self.name);
        }
    }

    /// One connection, up to its end.
    async fn sit(
        &mut self,
        mut stage: Stage,
        told: &mut watch::Receiver<Stage>,
        quiet: &AtomicUsize,
    ) -> Result<End, Error> {
        let mut socket = self.sign_in(stage.url()).await?;
        self.left = None;
        let now = Instant::now();
        let mut wish_at = now;
        let cut_at = now + Duration::from_millis(200 + self.lots.below(2_000));
        let mut last_look = None;
        let mut leave_at = None;
        loop {
            let plays = matches!(stage, Stage::Play(_));
            if !plays && !self.quiet && self.is_answered() {
                self.quiet = true;
                quiet.fetch_add(1, Ordering::Relaxed);
            }
            if last_look.is_none() && matches!(stage, Stage::Leave(_)) {
                self.wish(&mut socket, "look".to_owned()).await?;
                last_look = Some(self.wish(&mut socket, "holdings".to_owned()).await?);
            }
            tokio::select! {
                frame = next(&mut socket) => {
                    let frame = frame?;
                    self.hearing.note(&frame);
                    self.take(&frame);
                    if let Some(id) = last_look && frame["data"]["id"] == id - 1 {
                        frame["data"]["result"].as_str().unwrap().clone_into(&mut self.view);
                    }
                    if let Some(id) = last_look && frame["data"]["id"] == id {
                        let holdings = frame["data"]["result"].as_str().unwrap();
                        self.tally = holdings.split(' ').next().unwrap().parse().unwrap();
                        leave_at = Some(Instant::now() + TOLD_WITHIN);
                    }
                }
                () = sleep_until(leave_at.unwrap_or(now)), if leave_at.is_some() => {
                    return Ok(End::Done);
                }
                () = sleep_until(wish_at), if plays && self.waiting.len() < WINDOW => {
                    let line = match self.lots.below(3) {
                        0 => "count".to_owned(),
                        _ => format!("say {} {}", self.name, self.lines.len()),
                    };
                    self.wish(&mut socket, line).await?;
                    wish_at = Instant::now() + Duration::from_millis(100 + self.lots.below(400));
                }
                () = sleep_until(cut_at), if plays => {
                    self.cut(socket).await;
                    return Ok(End::Cut);
                }
                changed = told.changed() => {
                    changed.expect("the proof goes on");
                    let now = told.borrow_and_update().clone();
                    if now.url() != stage.url() {
                        return Err(Error::ConnectionClosed);
                    }
                    stage = now;
                }
            }
        }
    }

    /// Leaves the socket in one of the ways sockets are left.
    async fn cut(&mut self, socket: Socket) {
        match self.lots.below(3) {
            0 => drop(socket),
            1 => {
                // What comes meanwhile is lost with it.
                sleep(Duration::from_millis(self.lots.below(400))).await;
                drop(socket);
            }
            // The server believes in it until the resume.
            _ => self.left = Some(socket),
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
        let mut data = json!({"token": self.token});
        if !self.hearing.key.is_empty() {
            data["resume"] =
                json!({"session_id": self.hearing.key, "last_sequence": self.hearing.last});
        }
        let frame = json!({"type": "authenticate", "data": data});
        socket.send(Message::text(frame.to_string())).await?;
        let welcome = next(&mut socket).await?;
        if welcome["event_type"] != "welcome" {
            // Busy, or going down.
            assert_eq!(welcome["event_type"], "error", "{welcome}");
            return Err(Error::ConnectionClosed);
        }
        let run = self.hearing.run.clone();
        let resumed = self.hearing.welcome(&welcome);
        if resumed {
            self.resumes += 1;
        } else {
            assert_ne!(self.hearing.run, run, "a cut lost the stream: {welcome}");
            self.begin_anew(&run, &welcome["data"]);
        }
        let again: Vec<u64> = self.waiting.iter().copied().collect();
        for id in again {
            self.send(&mut socket, id).await?;
        }
        Ok(socket)
    }

    /// Another run of the server: what it does not know any more is asked for again.
    fn begin_anew(&mut self, before: &Value, welcome: &Value) {
        let executed = welcome["last_command_id"].as_u64().unwrap();
        let recovered = &welcome["recovered"];
        if !before.is_null() && recovered["run"] == *before {
            let through = recovered["tick"].as_u64().unwrap();
            assert!(self.durable <= through, "durable, and gone: {welcome}");
            for (id, tick) in &self.answered {
                assert!(
                    *tick > through || *id <= executed,
                    "{id} of tick {tick} is gone: {welcome}"
                );
            }
        }
        self.waiting.extend(executed + 1..self.next_id());
        self.answered.clear();
        self.durable = 0;
    }

    fn take(&mut self, frame: &Value) {
        let data = &frame["data"];
        match frame["event_type"].as_str().unwrap() {
            "chat_message" => self.heard += 1,
            "command_response" => {
                assert_eq!(data["ok"], true, "{}: {frame}", self.name);
                let id = data["id"].as_u64().unwrap();
                self.waiting.remove(&id);
                self.answered.insert(id, frame["tick"].as_u64().unwrap());
            }
            "durable" => {
                assert_eq!(data["run"], self.hearing.run);
                self.durable = data["through_tick"].as_u64().unwrap();
            }
            "game_state" => {
                let room = data["room"]["id"].as_str().unwrap();
                assert_eq!(data["player"]["name"], self.name.as_str());
                if self.room.is_empty() {
                    room.clone_into(&mut self.room);
                }
                assert_eq!(self.room, room, "{} is elsewhere", self.name);
                let exits = data["room"]["exits"].as_object().unwrap();
                let exits: BTreeSet<String> = exits.keys().cloned().collect();
                if self.exits.is_empty() {
                    self.exits.clone_from(&exits);
                }
                assert_eq!(self.exits, exits, "{}: other ways", self.name);
                self.occupants = people(&data["players"]);
                self.met.push(self.here());
            }
            "room_occupants" => self.occupants = people(&data["players"]),
            "room_occupants_changed" => {
                self.occupants.extend(people(&data["joined"]));
                for id in data["left"].as_array().unwrap() {
                    self.occupants.remove(id.as_str().unwrap());
                }
                assert_eq!(
                    data["count"],
                    self.occupants.len(),
                    "{}: {frame}",
                    self.name
                );
            }
            "error" => panic!("{}: {frame}", self.name),
            _ => {}
        }
    }

    fn is_answered(&self) -> bool {
        let newest = self.answered.values().max().copied().unwrap_or_default();
        self.waiting.is_empty() && self.durable >= newest
    }

    fn next_id(&self) -> u64 {
        self.base + self.lines.len() as u64 + 1
    }

    async fn wish(&mut self, socket: &mut Socket, line: String) -> Result<u64, Error> {
        let id = self.next_id();
        self.lines.push(line);
        self.waiting.insert(id);
        self.send(socket, id).await?;
        Ok(id)
    }

    async fn send(&self, socket: &mut Socket, id: u64) -> Result<(), Error> {
        let line = &self.lines[(id - self.base - 1) as usize];
        let command = json!({"type": "command", "id": id, "data": {"line": line}});
        socket.send(Message::text(command.to_string())).await
    }
}

/// Players by id.
fn people(listed: &Value) -> BTreeMap<String, String> {
    let word = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let listed = listed.as_array().unwrap().iter();
    listed
        .map(|one| (word(one, "id"), word(one, "name")))
        .collect()
}

/// The next frame. Closes and errors of a server that goes down are ends like any other.
async fn next(socket: &mut Socket) -> Result<Value, Error> {
    loop {
        let heard = timeout(PATIENCE, socket.next()).await;
        match heard.expect("the server says nothing any more") {
            Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(_))) | None => return Err(Error::ConnectionClosed),
            Some(Ok(_)) => {}
            Some(Err(fault)) => return Err(fault),
        }
    }
}
