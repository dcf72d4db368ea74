//! A client: signs in, acts as its kind does, is cut, comes back, and sends again what is open.

mod hearing;

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use crate::book::{Book, Wish};
use crate::laws::Court;
use crate::place::Place;
use hearing::Heard;

/// As many commands are open at most: fewer than what a character remembers.
const OPEN_MAX: usize = 12;

type WireLines = Lines<BufReader<ReadHalf<DuplexStream>>>;

/// With so many open some lose patience with a node.
const WEARY: usize = 3;

/// What a client does most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Walker,
    Talker,
    Trader,
    Admin,
    Sleeper,
}

/// One client.
pub(crate) struct Client {
    name: String,
    kind: Kind,
    number: u64,
    dice: StdRng,
    place: Arc<Place>,
    court: Court,
    book: Book,
    /// The session that can be resumed, and the last frame that came by it.
    session: Option<(String, u64)>,
    run: String,
    /// The node that it is connected with, or was.
    node: usize,
    deeds: u64,
}

/// Why a connection is over.
#[derive(Debug)]
enum End {
    Cut,
    Dead,
    Over,
}

impl Client {
    pub(crate) fn new(number: usize, place: Arc<Place>, court: Court) -> Self {
        let name = name_of(number);
        let kind = match number % 5 {
            _ if number == 0 => Kind::Admin,
            0 | 1 => Kind::Trader,
            2 => Kind::Talker,
            3 => Kind::Sleeper,
            _ => Kind::Walker,
        };
        let seed = place.plan.seed ^ ((number as u64) << 32) ^ 0x9e37;
        Self {
            dice: StdRng::seed_from_u64(seed),
            book: Book::new(name.clone()),
            name,
            kind,
            number: number as u64,
            court,
            session: None,
            run: String::new(),
            node: number % place.plan.nodes,
            place,
            deeds: 0,
        }
    }

    /// Plays until the night is over.
    pub(crate) async fn play(mut self) {
        let first = self.wait(10, 1_500);
        sleep(first).await;
        while !self.place.is_over() {
            self.choose_node();
            if let Some(wire) = self.place.connect(self.node, self.number) {
                let end = self.converse(wire).await;
                self.court.note(format!("{} ends: {end:?}", self.name));
                if matches!(end, End::Over) {
                    return;
                }
            }
            let pause = match self.kind {
                Kind::Sleeper if !self.place.is_calm() => self.wait(500, 9_000),
                _ => self.wait(20, 900),
            };
            sleep(pause).await;
        }
    }

    /// Where there are several nodes people come back to another now and then; an admin is faithful,
    /// since whom it keeps out only its own node's world knows at once.
    fn choose_node(&mut self) {
        let nodes = self.place.plan.nodes;
        if nodes > 1 && self.kind != Kind::Admin && self.dice.random_bool(0.4) {
            self.node = self.dice.random_range(0..nodes);
        }
    }

    /// Whether it tries its luck elsewhere: much of what it asked for is not durable yet.
    fn is_weary(&mut self) -> bool {
        let waits = self.place.plan.nodes > 1 && self.book.open().count() >= WEARY;
        waits && self.dice.random_bool(0.2)
    }

    async fn converse(&mut self, wire: DuplexStream) -> End {
        let mut life = self.place.life(self.node);
        let (read, mut write) = tokio::io::split(wire);
        let mut lines = BufReader::new(read).lines();
        if self.send(&mut write, &self.greeting()).await.is_err() {
            return End::Cut;
        }
        let mut entered = false;
        // What came by another connection overtakes it.
        let lag = self.wait(0, 60);
        let mut awake = Instant::now() - Duration::from_millis(1);
        let mut act_at = Instant::now() + self.wait(50, 400);
        let cut_at = match self.kind {
            Kind::Sleeper => Instant::now() + self.wait(500, 6_000),
            _ => Instant::now() + self.wait(2_000, 60_000),
        };
        let mut cuts = self.place.cuts();
        loop {
            tokio::select! {
                biased;
                _ = life.recv() => return End::Dead,
                _ = cuts.recv() => return End::Cut,
                read = lines.next_line() => match read {
                    Ok(Some(line)) => {
                        // What comes together is on its way together.
                        if Instant::now() > awake {
                            sleep(self.place.latency() + lag).await;
                            awake = Instant::now();
                        }
                        match self.hear(&line) {
                            Heard::Nothing => {}
                            Heard::Entered => {
                                entered = true;
                                if self.send_open(&mut write).await.is_err() {
                                    return End::Cut;
                                }
                            }
                        }
                        if self.place.is_calm() {
                            self.place.settled(self.number, entered && self.book.is_settled());
                        }
                    }
                    _ => return End::Cut,
                },
                () = sleep_until(act_at) => {
                    act_at = Instant::now() + self.wait(30, self.rest());
                    if self.place.is_over() {
                        return End::Over;
                    }
                    let calm = self.place.is_calm();
                    if calm {
                        self.place.settled(self.number, entered && self.book.is_settled());
                    }
                    if entered && !calm && (self.is_weary() || self.act(&mut write).await.is_err()) {
                        return End::Cut;
                    }
                }
                () = sleep_until(cut_at), if !self.place.is_calm() => {
                    if self.dice.random_bool(0.3) {
                        self.half_close(&mut lines, &mut write).await;
                    }
                    return End::Cut;
                }
            }
        }
    }

    /// Says nothing more, and hears the rest for a while.
    async fn half_close(&mut self, lines: &mut WireLines, wire: &mut WriteHalf<DuplexStream>) {
        if wire.shutdown().await.is_err() {
            return;
        }
        let patience = Instant::now() + self.wait(100, 1_500);
        while let Ok(Ok(Some(line))) = timeout_at(patience, lines.next_line()).await {
            self.hear(&line);
        }
    }

    fn greeting(&self) -> Value {
        let mut data = json!({ "token": format!("token-{}", self.name) });
        if let Some((key, last)) = &self.session {
            data["resume"] = json!({ "session_id": key, "last_sequence": last });
        }
        json!({ "type": "authenticate", "data": data })
    }

    async fn send(&self, wire: &mut WriteHalf<DuplexStream>, frame: &Value) -> Result<(), End> {
        let mut text = frame.to_string();
        text.push('\n');
        match timeout(Duration::from_secs(2), wire.write_all(text.as_bytes())).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Cut),
        }
    }

    async fn send_open(&self, wire: &mut WriteHalf<DuplexStream>) -> Result<(), End> {
        for (id, line) in self.book.open() {
            self.command(wire, id, line).await?;
        }
        Ok(())
    }

    async fn command(
        &self,
        wire: &mut WriteHalf<DuplexStream>,
        id: u64,
        line: &str,
    ) -> Result<(), End> {
        self.court.note(format!("{} sends {id}: {line}", self.name));
        let frame = json!({ "type": "command", "id": id, "data": { "line": line } });
        self.send(wire, &frame).await
    }

    /// Does what its kind does next.
    async fn act(&mut self, wire: &mut WriteHalf<DuplexStream>) -> Result<(), End> {
        let burst = if self.dice.random_bool(0.1) { 4 } else { 1 };
        for _ in 0..burst {
            if self.book.open().count() >= OPEN_MAX {
                return Ok(());
            }
            let (wish, line) = self.deed();
            let id = self.book.ask(wish, line.clone(), &self.court);
            self.command(wire, id, &line).await?;
        }
        Ok(())
    }

    fn deed(&mut self) -> (Wish, String) {
        self.deeds += 1;
        let own = self.number * 1_000_000 + self.deeds;
        let other = name_of(self.dice.random_range(0..self.place.plan.clients));
        let dice = self.dice.random_range(0..10);
        let other_deed = |line: String| (Wish::Other, line);
        match (self.kind, dice) {
            (Kind::Talker, 0..=5) => other_deed(format!("say {own}")),
            (Kind::Talker, 6) | (Kind::Walker, 6) => {
                (Wish::Mute(other.clone()), format!("mute {other}"))
            }
            (Kind::Talker | Kind::Walker, 7) => {
                (Wish::Unmute(other.clone()), format!("unmute {other}"))
            }
            (Kind::Trader, 0..=2) => (Wish::Mint(own), format!("mint {own}")),
            (Kind::Trader | Kind::Sleeper, 3..=7) => self.trade(other),
            (Kind::Walker, 0..=2) => other_deed(format!("go {}", self.dice.random_range(0..2))),
            (Kind::Admin, 0) if other != self.name => {
                (Wish::Ban(other.clone()), format!("ban {other}"))
            }
            (Kind::Admin, 1..=4) => other_deed(format!("unban {other}")),
            (_, 8) => other_deed("who".to_owned()),
            _ => (Wish::Mark(own), format!("mark {own}")),
        }
    }

    /// Moves a coin that may be its own.
    fn trade(&mut self, other: String) -> (Wish, String) {
        let whose = match self.dice.random_range(0..3) {
            0 => self.dice.random_range(0..self.place.plan.clients as u64),
            _ => self.number,
        };
        let coin = whose * 1_000_000 + self.dice.random_range(1..=self.deeds);
        let (me, ground) = (self.name.clone(), String::new());
        match self.dice.random_range(0..6) {
            0 => (Wish::Move(coin, me, ground), format!("drop {coin}")),
            1 => (Wish::Move(coin, ground, me), format!("take {coin}")),
            _ => {
                let line = format!("give {coin} {other}");
                (Wish::Move(coin, me, other), line)
            }
        }
    }

    fn rest(&self) -> u64 {
        u64::try_from(self.place.plan.rest.as_millis())
            .unwrap_or(1_000)
            .max(40)
    }

    fn wait(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(self.dice.random_range(from..=to))
    }
}

/// The name of a client.
pub(crate) fn name_of(number: usize) -> String {
    format!("c{number}")
}
