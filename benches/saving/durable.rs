//! How long a client waits until what it did survives a crash.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::{judge, quantile};

const CLIENTS: u32 = 100;
const COMMANDS: u32 = 20;
/// Between two commands of one client.
const PAUSE: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(50);
const FSYNCS: usize = 300;
const PATIENCE: Duration = Duration::from_secs(30);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The shipped server, killed when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) async fn run() -> bool {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    let (server, url) = start(&data);
    let http = reqwest::Client::new();
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let answer = http
            .post(format!("{url}/auth/guest"))
            .json(&json!({}))
            .send();
        let body = answer.await.unwrap().bytes().await.unwrap();
        let guest: Value = serde_json::from_slice(&body).unwrap();
        clients.push(enter(&url, guest["access_token"].as_str().unwrap()).await);
    }
    let (bytes, batches) = (journal_bytes(&data), saves(&http, &url).await);
    let mut crowd = JoinSet::new();
    for (number, socket) in (0..).zip(clients) {
        crowd.spawn(play(socket, number));
    }
    let mut waits = Vec::new();
    while let Some(client) = crowd.join_next().await {
        waits.extend(client.unwrap());
    }
    let batches = (saves(&http, &url).await - batches).max(1.0);
    // Nothing, where a segment was deleted meanwhile: the bare fsyncs then write one byte each.
    let size = (journal_bytes(&data).saturating_sub(bytes) as f64 / batches) as usize;
    let mut raw = fsyncs(&data, size.max(1));
    drop(server);
    let samples = waits.len();
    let (median, p99) = (quantile(&mut waits, 0.5), quantile(&mut waits, 0.99));
    let fsync = quantile(&mut raw, 0.99);
    let goal = 2 * TICK + 3 * fsync;
    println!(
        "durable: {samples} commands of {CLIENTS} clients, median {median:?}, p99 {p99:?}; goal {goal:?}: two ticks and three times {fsync:?}, the p99 of {FSYNCS} fsyncs of {size} bytes"
    );
    judge("durable within two ticks and three fsyncs", p99 <= goal)
}

fn start(data: &Path) -> (Server, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kadath"))
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("KADATH_JOURNAL__FSYNC", "always")
        .env("KADATH_LIMITS__COMMANDS_PER_SECOND", "0")
        .env("KADATH_LIMITS__SIGN_INS_PER_MINUTE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts");
    let stdout = BufReader::new(child.stdout.take().expect("its stdout"));
    let server = Server(child);
    let line = stdout.lines().next().expect("an address").unwrap();
    let url = line.rsplit(' ').next().expect("an address").to_owned();
    (server, url)
}

async fn enter(url: &str, token: &str) -> Socket {
    let address = format!("{}/api/ws", url.replacen("http", "ws", 1));
    let (mut socket, _) = connect_async(address).await.unwrap();
    let hello = json!({"type": "authenticate", "data": {"token": token}});
    socket.send(Message::text(hello.to_string())).await.unwrap();
    heard(&mut socket, |frame| frame["event_type"] == "game_state").await;
    socket
}

/// The frame that is waited for.
async fn heard(socket: &mut Socket, mut meant: impl FnMut(&Value) -> bool) -> Value {
    loop {
        let message = timeout(PATIENCE, socket.next()).await;
        let message = message.expect("the server is silent").expect("it hung up");
        if let Message::Text(text) = message.unwrap() {
            let frame: Value = serde_json::from_str(&text).unwrap();
            if meant(&frame) {
                return frame;
            }
        }
    }
}

/// Sends commands one by one; answers how long each took to be durable.
async fn play(mut socket: Socket, number: u32) -> Vec<Duration> {
    // Spread over the pause, so that they don't act in step.
    sleep(PAUSE * number / CLIENTS).await;
    let mut waits = Vec::new();
    for id in 1..=COMMANDS {
        let command = json!({"type": "command", "id": id, "data": {"line": "status"}});
        let began = Instant::now();
        socket
            .send(Message::text(command.to_string()))
            .await
            .unwrap();
        let mut tick = None;
        heard(&mut socket, |frame| {
            let data = &frame["data"];
            if frame["event_type"] == "command_response" && data["id"] == id {
                tick = frame["tick"].as_u64();
            }
            frame["event_type"] == "durable"
                && tick.is_some_and(|tick| data["through_tick"].as_u64() >= Some(tick))
        })
        .await;
        waits.push(began.elapsed());
        sleep(PAUSE.saturating_sub(began.elapsed())).await;
    }
    waits
}

/// How many ticks the world has made: one batch a tick is the most it hands over, and with so
/// many clients nearly every tick has one.
async fn saves(http: &reqwest::Client, url: &str) -> f64 {
    let answer = http.get(format!("{url}/metrics")).send().await.unwrap();
    let text = String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap();
    text.lines()
        .find_map(|line| line.strip_prefix("kadath_ticks_total "))
        .and_then(|ticks| ticks.parse().ok())
        .expect("a count of ticks")
}

fn journal_bytes(data: &Path) -> u64 {
    let files = std::fs::read_dir(data.join("journal")).expect("a journal");
    files
        .map(|file| file.unwrap().metadata().map_or(0, |about| about.len()))
        .sum()
}

/// What the disk itself takes for as many bytes in the same folder.
fn fsyncs(data: &Path, size: usize) -> Vec<Duration> {
    let mut file = File::create(data.join("fsync.bench")).unwrap();
    let bytes = vec![7_u8; size];
    (0..FSYNCS)
        .map(|_| {
            let began = Instant::now();
            file.write_all(&bytes).unwrap();
            file.sync_data().unwrap();
            began.elapsed()
        })
        .collect()
}
