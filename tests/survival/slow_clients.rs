//! A fifth of the clients read a kilobyte a second or nothing at all, and the others must not notice.
//!
//! Who speaks is fast; each line is long. The slow send commands, whose answers must come. When
//! the slow read at last as fast as they can, whatever was closed over their heads is resumed, and
//! they have heard the same talk as their neighbours, every line, in order.

mod throttle;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::harness::{PATIENCE, Player, Recipe, Server, alone, tree, until, whole};
use crate::hearing::{Agreement, Hearing};
use crate::never_waits::span::resident;
use throttle::Throttle;

/// In one room, and how many of them are slow.
const NEIGHBOURS: usize = 10;
const SLOW: usize = 2;
/// Between two lines of one fast client: a room hears 24 KB/s.
const PAUSE: Duration = Duration::from_millis(330);
/// Of a line; a frame holds it twice.
const WORDS: usize = 390;
/// What may wait for a client, and what is kept for its return.
const QUEUE_BYTES: u64 = 32 * 1_024;
const REPLAY_BYTES: u64 = 512 * 1_024;
/// The id of the last command, and of the first that a slow one sends; talk has none.
const LOOK: u64 = 1_000;
const ASKS: u64 = 100;
/// Between two commands of a slow one.
const ASK_PAUSE: Duration = Duration::from_secs(1);
/// Of one slow client, beyond its queue and its ring: the batch that its socket does not take.
const BATCH_BYTES: u64 = 64 * 1_024;
/// The allocator's and the runtime's own.
const GROWTH_ANYWAY: u64 = 32 * 1_024 * 1_024;
/// Of the fast clients' p99, with slow ones and without.
const P99_MAX: f64 = 1.3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_lose_no_word_and_slow_none() {
    let _alone = alone().await;
    let count = if whole() { 1_000 } else { 100 };
    let span = Duration::from_secs(10);
    let recipe = Recipe::new();
    let world = recipe.folder().join("world");
    tree::write(&world);
    let server = recipe
        .set("server.world", world.display())
        .set("chat.say_per_minute", 0)
        .set("limits.sign_ins_per_minute", 0)
        .set("sessions.queue_bytes", QUEUE_BYTES)
        .set("sessions.slow_seconds", 1)
        .set("sessions.replay_bytes", REPLAY_BYTES)
        // What a slow one had before it was slow need not be kept: what comes while it is away must.
        .set("sessions.replay_seconds", 8)
        .start()
        .await;
    server.ready().await;

    let slowly = Arc::new(AtomicBool::new(false));
    let progress = Arc::new(Progress::default());
    let (leave, left) = watch::channel(Stage::Speak);
    let mut crowd: Vec<JoinHandle<Report>> = Vec::new();
    while crowd.len() < count {
        let room = crowd.len() / NEIGHBOURS;
        let met = (0..NEIGHBOURS).map(|_| meet(&server, room));
        for (at, token) in join_all(met).await.into_iter().enumerate() {
            let client = Client {
                address: server.address().to_owned(),
                token,
                room,
                slowly: (at < SLOW).then(|| Arc::clone(&slowly)),
                still: at == 0,
                progress: Arc::clone(&progress),
            };
            crowd.push(tokio::spawn(client.play(left.clone())));
        }
    }

    // Everybody reads: what the same crowd costs without slow ones.
    everybody(&progress.warm, count).await;
    leave.send_replace(Stage::Measure(0));
    tokio::time::sleep(span).await;
    let memory = resident(&server);
    slowly.store(true, Ordering::Relaxed);
    leave.send_replace(Stage::Measure(1));
    tokio::time::sleep(span).await;
    let grown = resident(&server).saturating_sub(memory);
    slowly.store(false, Ordering::Relaxed);
    leave.send_replace(Stage::Listen);
    // Whoever spoke has heard it: then it is under way to all, and a look is answered after it.
    everybody(&progress.quiet, count).await;
    leave.send_replace(Stage::Leave);
    let reports: Vec<Report> = join_all(crowd)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();

    let closed = server.http.figure("kadath_slow_clients_total").await;
    let mut agreements: Vec<Agreement> = Vec::new();
    agreements.resize_with(count / NEIGHBOURS, Agreement::default);
    for report in &reports {
        let who = if report.slow {
            "a slow one"
        } else {
            "a fast one"
        };
        agreements[report.room].add(who, &report.hearing.talk);
        assert!(report.slow || report.resumes == 0, "a fast one was cut");
        assert!(report.waiting.is_empty(), "unanswered: {report:?}");
        assert_eq!(report.slow, report.answers > 0, "nothing was asked");
        // Whoever read nothing reads afterwards why it was closed.
        assert!(!report.still || report.told == report.resumes, "{report:?}");
    }
    let told = reports.iter().filter(|report| report.still);
    let told: usize = told.map(|report| report.told).sum();
    assert!(told > 0, "nobody who read nothing was told so");
    for pair in reports.windows(2) {
        if pair[0].room == pair[1].room {
            let last = |report: &Report| report.hearing.talk.last().cloned();
            assert_eq!(last(&pair[0]), last(&pair[1]), "the end is missing");
        }
    }
    let resumes: usize = reports.iter().map(|report| report.resumes).sum();
    let p99 = [0, 1].map(|span| {
        let mut took: Vec<Duration> = reports
            .iter()
            .filter(|report| !report.slow)
            .flat_map(|report| report.took[span].iter().copied())
            .collect();
        took.sort_unstable();
        took[took.len() * 99 / 100].as_secs_f64() * 1e3
    });
    let slow = (count / NEIGHBOURS * SLOW) as u64;
    println!(
        "slow clients, {slow} among {count}: {closed} closed, {resumes} resumes, memory +{} KiB, p99 of the others {:.1} ms without and {:.1} ms with",
        grown / 1_024,
        p99[0],
        p99[1]
    );
    assert!(closed > 0.0, "nobody was slow enough");
    assert_eq!(resumes as f64, closed, "closed, and not resumed");
    let bound = GROWTH_ANYWAY + slow * (QUEUE_BYTES + REPLAY_BYTES + BATCH_BYTES);
    assert!(grown <= bound, "{grown} bytes, the bound is {bound}");
    if whole() {
        assert!(p99[1] <= P99_MAX * p99[0], "{p99:?}");
    } else {
        // Ten lines a tick are no load: only waiting for a slow one would look like this.
        assert!(p99[1] <= 2_000.0, "{p99:?}");
    }
    server.stop().await;
}

/// Of how many in the crowd it is true.
#[derive(Debug, Default)]
struct Progress {
    /// They have heard others.
    warm: AtomicUsize,
    /// They speak no more, and have heard their own last words.
    quiet: AtomicUsize,
}

async fn everybody(how_many: &AtomicUsize, count: usize) {
    until("everybody", async || {
        (how_many.load(Ordering::Relaxed) == count).then_some(())
    })
    .await;
}

/// What the crowd does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The fast speak.
    Speak,
    /// And note in which span how long a line took.
    Measure(usize),
    Listen,
    /// One last look, and away.
    Leave,
}

/// Somebody who is to listen.
struct Client {
    address: String,
    token: String,
    room: usize,
    /// Of a slow one: whether it is slow now.
    slowly: Option<Arc<AtomicBool>>,
    /// It is so slow that it reads nothing then.
    still: bool,
    progress: Arc<Progress>,
}

/// What became of a client.
#[derive(Debug)]
struct Report {
    slow: bool,
    still: bool,
    /// How often it has read that it is slow.
    told: usize,
    /// Commands without an answer yet, and how many have one.
    waiting: BTreeSet<u64>,
    answers: usize,
    room: usize,
    hearing: Hearing,
    resumes: usize,
    /// How long lines were under way, in each span.
    took: [Vec<Duration>; 2],
}

type Socket = WebSocketStream<Throttle>;

/// Makes a guest and walks it to its room.
async fn meet(server: &Server, room: usize) -> String {
    let token = server.http.guest().await;
    let mut player = Player::join(server, &token).await;
    for way in tree::ways(room) {
        player.does(way).await;
    }
    token
}

impl Client {
    async fn play(self, mut stage: watch::Receiver<Stage>) -> Report {
        let slow = self.slowly.is_some();
        let mut report = Report {
            slow,
            still: self.still,
            told: 0,
            waiting: BTreeSet::new(),
            answers: 0,
            room: self.room,
            hearing: Hearing::default(),
            resumes: 0,
            took: [Vec::new(), Vec::new()],
        };
        let mut socket = self.sign_in(&mut report).await;
        let mut speak = tokio::time::interval(PAUSE);
        let mut ask = tokio::time::interval(ASK_PAUSE);
        let mut next = ASKS;
        let mut looked = false;
        let (mut warm, mut quiet, mut unheard) = (false, false, None);
        loop {
            let now = *stage.borrow_and_update();
            if !warm && report.hearing.talk.len() >= NEIGHBOURS {
                warm = true;
                self.progress.warm.fetch_add(1, Ordering::Relaxed);
            }
            if !quiet && now == Stage::Listen && unheard.is_none() {
                quiet = true;
                self.progress.quiet.fetch_add(1, Ordering::Relaxed);
            }
            if now == Stage::Leave && !looked {
                looked = true;
                // Its answer comes after everything that was said.
                if socket.send(command(LOOK, "look")).await.is_err() {
                    looked = false;
                    socket = self.sign_in(&mut report).await;
                    continue;
                }
            }
            let acts = !matches!(now, Stage::Listen | Stage::Leave);
            tokio::select! {
                heard = socket.next() => match heard {
                    Some(Ok(Message::Text(text))) => {
                        let frame: Value = serde_json::from_str(&text).unwrap();
                        report.hearing.note(&frame);
                        if let Stage::Measure(span) = now && let Some(sent) = sent(&frame) {
                            report.took[span].push(since_start().saturating_sub(sent));
                        }
                        if unheard.is_some() && sent(&frame) == unheard {
                            unheard = None;
                        }
                        let answered = frame["data"]["id"].as_u64();
                        if let Some(id) = answered && report.waiting.remove(&id) {
                            assert_eq!(frame["data"]["ok"], true, "{frame}");
                            report.answers += 1;
                        }
                        if looked && answered == Some(LOOK) {
                            return report;
                        }
                    }
                    Some(Ok(Message::Close(why))) => {
                        let why = why.expect("a reason");
                        assert_eq!(u16::from(why.code), 1013, "{why:?}");
                        assert_eq!(why.reason.as_str(), "slow_client");
                        report.told += 1;
                    }
                    Some(Ok(_)) => {}
                    // What the socket did not take of the close can't be seen.
                    Some(Err(_)) | None => {
                        assert!(slow, "a fast one was cut");
                        looked = false;
                        socket = self.sign_in(&mut report).await;
                    }
                },
                _ = speak.tick(), if acts && !slow => {
                    let micros = since_start().as_micros();
                    unheard = Some(Duration::from_micros(micros as u64));
                    let words = format!("{micros} {}", "la ".repeat(WORDS / 3));
                    let line = json!({"type": "command", "data": {"line": format!("say {words}")}});
                    socket.send(text(&line)).await.unwrap();
                }
                _ = ask.tick(), if acts && slow => {
                    report.waiting.insert(next);
                    // Where that fails, it is sent again on the next socket.
                    drop(socket.send(command(next, "status")).await);
                    next += 1;
                }
                changed = stage.changed() => changed.expect("the proof goes on"),
            }
        }
    }

    /// Begins, or goes on where it was.
    async fn sign_in(&self, report: &mut Report) -> Socket {
        let socket = TcpSocket::new_v4().unwrap();
        if report.slow {
            socket.set_recv_buffer_size(4 * 1_024).unwrap();
        }
        let stream = socket.connect(self.address.parse().unwrap()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let stream = Throttle::new(stream, self.slowly.clone(), self.still);
        let url = format!("ws://{}/api/ws", self.address);
        let mut request = url.into_client_request().unwrap();
        let protocol = HeaderValue::from_static("kadath.v1");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        let (mut socket, _) = client_async(request, stream).await.unwrap();
        let hearing = &mut report.hearing;
        let mut data = json!({"token": self.token});
        let resumes = !hearing.key.is_empty();
        if resumes {
            data["resume"] = json!({"session_id": hearing.key, "last_sequence": hearing.last});
        }
        let frame = json!({"type": "authenticate", "data": data});
        socket.send(text(&frame)).await.unwrap();
        let heard = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap();
        let Some(Ok(Message::Text(heard))) = heard else {
            panic!("no welcome: {heard:?}");
        };
        let welcome: Value = serde_json::from_str(&heard).unwrap();
        assert_eq!(welcome["event_type"], "welcome", "{welcome}");
        assert_eq!(hearing.welcome(&welcome), resumes, "not resumed: {welcome}");
        report.resumes += usize::from(resumes);
        for id in &report.waiting {
            socket.send(command(*id, "status")).await.unwrap();
        }
        socket
    }
}

fn text(frame: &Value) -> Message {
    Message::text(frame.to_string())
}

fn command(id: u64, line: &str) -> Message {
    text(&json!({"type": "command", "id": id, "data": {"line": line}}))
}

/// When a line of talk was sent.
fn sent(frame: &Value) -> Option<Duration> {
    let words = frame["data"]["original_content"].as_str()?;
    let micros = words.split(' ').next()?.parse().ok()?;
    Some(Duration::from_micros(micros))
}

/// Time since the first who asked.
fn since_start() -> Duration {
    use std::sync::OnceLock;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}
