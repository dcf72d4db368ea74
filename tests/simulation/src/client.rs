//! A client: signs in, acts as its kind does, is cut, comes back, and sends again what is open.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, WriteHalf};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::book::{Book, Wish};
use crate::laws::{Court, Law};
use crate::place::Place;

/// As many commands are open at most: fewer than what a character remembers.
const OPEN_MAX: usize = 12;

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
        let number = number as u64;
        Self {
            dice: StdRng::seed_from_u64(place.plan.seed ^ (number << 32) ^ 0x9e37),
            book: Book::new(name.clone()),
            name,
            kind,
            number,
            place,
            court,
            session: None,
            run: String::new(),
            deeds: 0,
        }
    }

    /// Plays until the night is over.
    pub(crate) async fn play(mut self) {
        let first = self.wait(10, 1_500);
        sleep(first).await;
        while !self.place.is_over() {
            if let Some(wire) = self.place.connect(self.number) {
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

    async fn converse(&mut self, wire: DuplexStream) -> End {
        let mut life = self.place.life();
        let (read, mut write) = tokio::io::split(wire);
        let mut lines = BufReader::new(read).lines();
        if self.send(&mut write, &self.greeting()).await.is_err() {
            return End::Cut;
        }
        let mut entered = false;
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
                            sleep(self.place.latency()).await;
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
                    if entered && !calm && self.act(&mut write).await.is_err() {
                        return End::Cut;
                    }
                }
                () = sleep_until(cut_at), if !self.place.is_calm() => return End::Cut,
            }
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
            (Kind::Trader | Kind::Sleeper, 3..=7) => {
                let coin = self.number * 1_000_000 + self.dice.random_range(1..=self.deeds);
                other_deed(format!("give {coin} {other}"))
            }
            (Kind::Walker, 0..=2) => other_deed(format!("go {}", self.dice.random_range(0..2))),
            (Kind::Admin, 0) if other != self.name => {
                (Wish::Ban(other.clone()), format!("ban {other}"))
            }
            (Kind::Admin, 1..=4) => other_deed(format!("unban {other}")),
            (_, 8) => other_deed("who".to_owned()),
            _ => (Wish::Mark(own), format!("mark {own}")),
        }
    }

    /// Takes in a frame and holds it against the laws.
    fn hear(&mut self, line: &str) -> Heard {
        let Ok(frame) = serde_json::from_str::<Value>(line) else {
            self.court
                .broken(Law::GaplessStream, format!("{} reads {line}", self.name));
            return Heard::Nothing;
        };
        let number = frame["sequence_number"].as_u64().unwrap_or(0);
        let kind = frame["event_type"].as_str().unwrap_or_default();
        let tick = frame["tick"].as_u64().unwrap_or(0);
        let data = &frame["data"];
        let mut shown = data.clone();
        if let Some(shown) = shown.as_object_mut() {
            shown.remove("session_id");
        }
        self.court.note(format!(
            "{} hears {number} {kind} in {tick}: {shown}",
            self.name
        ));
        if kind == "welcome" {
            return self.welcomed(number, data);
        }
        if number > 0
            && let Some((_, last)) = &mut self.session
        {
            if number != *last + 1 {
                let how = format!("{} heard {number} after {last}: {kind}", self.name);
                self.court.broken(Law::GaplessStream, how);
            }
            *last = number;
        }
        match kind {
            "command_response" => {
                let run = self.run.clone();
                self.book.answered((&run, tick), data, &self.court);
            }
            "durable" => {
                let run = data["run"].as_str().unwrap_or_default();
                let through = data["through_tick"].as_u64().unwrap_or(0);
                self.book.durable(run, through, &self.court);
            }
            "spoken" => {
                let speaker = data["speaker"].as_str().unwrap_or_default();
                if self.book.mutes(speaker).is_some_and(|since| tick > since) {
                    let how = format!("{} hears {speaker}, muted before tick {tick}", self.name);
                    self.court.broken(Law::MutedUnheard, how);
                }
            }
            "error" => self.refused(data),
            _ => {}
        }
        Heard::Nothing
    }

    fn welcomed(&mut self, number: u64, data: &Value) -> Heard {
        let key = data["session_id"].as_str().unwrap_or_default().to_owned();
        let resumed = data["resumed"].as_bool() == Some(true);
        match (&self.session, resumed) {
            (Some((known, last)), true) if *known == key && *last == number => {}
            (_, true) => {
                let how = format!("{} resumed at {number} what it did not have so", self.name);
                self.court.broken(Law::GaplessStream, how);
            }
            (_, false) if number != 1 => {
                let how = format!("{}'s new session begins with {number}", self.name);
                self.court.broken(Law::GaplessStream, how);
            }
            (_, false) => {}
        }
        self.session = Some((key, number));
        if let Some(run) = data["recovered"]["run"].as_str() {
            let through = data["recovered"]["tick"].as_u64().unwrap_or(0);
            self.book.durable(run, through, &self.court);
        }
        let run = data["run"].as_str().unwrap_or_default().to_owned();
        self.book.begins(&run);
        self.book.durable(
            &run,
            data["durable_tick"].as_u64().unwrap_or(0),
            &self.court,
        );
        self.run = run;
        Heard::Entered
    }

    /// Closed, or told no: for a reason that is none of ours.
    fn refused(&mut self, data: &Value) {
        let code = data["code"].as_str().unwrap_or_default();
        const MAY_BE: [&str; 9] = [
            "authorization_denied",
            "database_connection_error",
            "timeout_error",
            "system_error",
            "session_taken_over",
            "storage_unavailable",
            "server_busy",
            "slow_client",
            "resource_not_found",
        ];
        if !MAY_BE.contains(&code) {
            let how = format!("{} is told {data}", self.name);
            self.court.broken(Law::RuleKeepersStay, how);
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

enum Heard {
    Nothing,
    Entered,
}

/// The name of a client.
pub(crate) fn name_of(number: usize) -> String {
    format!("c{number}")
}
