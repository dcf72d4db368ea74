//! One room full of people: what arrivals and a restless guest cost on the wire, and who still
//! gets in.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::harness::{Player, Recipe, Server, alone, until, whole};

/// In which the guests arrive, one after another.
const ARRIVALS: Duration = Duration::from_secs(10);
/// For what each is shown on arrival: two lists of fifty people, 13 KB, the room, the map, the
/// character.
const BYTES_PER_GUEST: u64 = 16_000;
/// For what all hear of all, by the square: a guest hears of half the others in the mean, 115 bytes
/// each, and the frames around them. So a thousand guests may cost 150 MB, 16 of them their own.
const BYTES_PER_PAIR: u64 = 134;
/// How long the restless one goes on, and between two of its commands.
const SPAN: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(100);
/// Sign-ins of the test's own that are under way at once.
const DOOR: usize = 20;

/// What one client has heard.
#[derive(Debug, Default)]
struct Heard {
    /// On the wire: messages and their heads.
    bytes: AtomicU64,
    /// Frames about the people in the room.
    lists: AtomicU64,
    /// Lines about what somebody does.
    lines: AtomicU64,
    /// How many people it was last told there are.
    count: AtomicU64,
}

impl Heard {
    fn note(&self, text: &str) {
        let head = match text.len() {
            0..126 => 2,
            126..65_536 => 4,
            _ => 10,
        };
        let add = |to: &AtomicU64, by: u64| to.fetch_add(by, Ordering::Relaxed);
        add(&self.bytes, text.len() as u64 + head);
        let is = |event: &str| text.contains(&format!(r#""event_type":"{event}""#));
        let about_people = is("room_occupants") || is("room_occupants_changed");
        add(&self.lists, u64::from(about_people));
        add(&self.lines, u64::from(is("room_message") || is("system")));
        if about_people || is("game_state") {
            let (_, count) = text.rsplit_once(r#""count":"#).unwrap();
            let end = count.find(|c: char| !c.is_ascii_digit()).unwrap();
            let count = count[..end].parse().unwrap();
            self.count.store(count, Ordering::Relaxed);
        }
    }
}

/// A guest in the room who reads everything and says nothing.
#[derive(Debug)]
struct Listener {
    heard: Arc<Heard>,
    task: JoinHandle<String>,
}

impl Listener {
    /// Signs in; the task ends when the server closes, with what it said last.
    fn join(address: &str, token: String) -> Self {
        let heard = Arc::new(Heard::default());
        let mut request = format!("ws://{address}/api/ws")
            .into_client_request()
            .unwrap();
        let protocol = HeaderValue::from_static("kadath.v1");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        let task = tokio::spawn({
            let heard = Arc::clone(&heard);
            async move {
                let (mut socket, _) = connect_async(request).await.unwrap();
                let hello = json!({"type": "authenticate", "data": {"token": token}});
                socket.send(Message::text(hello.to_string())).await.unwrap();
                let mut last = String::new();
                while let Some(Ok(message)) = socket.next().await {
                    if let Message::Text(text) = message {
                        heard.note(&text);
                        last = text.to_string();
                    }
                }
                last
            }
        });
        Self { heard, task }
    }
}

/// Lets guests in, one after another within [`ARRIVALS`].
async fn arrive(server: &Server, crowd: &mut Vec<Listener>, guests: usize) {
    let mut tokens = Vec::new();
    while tokens.len() < guests {
        let few = DOOR.min(guests - tokens.len());
        tokens.extend(join_all((0..few).map(|_| server.http.guest())).await);
    }
    let mut pace = tokio::time::interval(ARRIVALS / guests as u32);
    for token in tokens {
        pace.tick().await;
        crowd.push(Listener::join(server.address(), token));
    }
    let all = crowd.len() as u64;
    until("everybody to know how many there are", async || {
        still_there(crowd);
        let knows = |one: &Listener| one.heard.count.load(Ordering::Relaxed) == all;
        crowd.iter().all(knows).then_some(())
    })
    .await;
}

/// Nobody who reads is closed.
fn still_there(crowd: &[Listener]) {
    let gone = crowd.iter().filter(|one| one.task.is_finished()).count();
    assert_eq!(gone, 0, "closed, though they read");
}

fn sum(crowd: &[Listener], of: fn(&Heard) -> &AtomicU64) -> Vec<u64> {
    crowd
        .iter()
        .map(|one| of(&one.heard).load(Ordering::Relaxed))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crowded_room_lets_newcomers_in_and_stays_cheap() {
    let _alone = alone().await;
    let (guests, more) = if whole() { (1_000, 1_000) } else { (200, 0) };
    let server = Recipe::new()
        .quiet()
        .set("limits.sign_ins_per_minute", 0)
        .start()
        .await;
    server.ready().await;
    let mut crowd = Vec::new();
    arrive(&server, &mut crowd, guests).await;
    let bytes: u64 = sum(&crowd, |heard| &heard.bytes).iter().sum();
    let bound = guests as u64 * (BYTES_PER_GUEST + BYTES_PER_PAIR * guests as u64);
    println!("crowds, {guests} arrivals: {bytes} bytes on the wire, the bound is {bound}");
    assert!(bytes <= bound, "{bytes} bytes, the bound is {bound}");
    if more > 0 {
        arrive(&server, &mut crowd, more).await;
    }

    let token = server.http.guest().await;
    let mut zoe = Player::join(&server, &token).await;
    let all = crowd.len() as u64 + 1;
    assert_eq!(zoe.state["count"], all);
    for key in ["occupants", "players"] {
        assert_eq!(zoe.state[key].as_array().unwrap().len(), 50, "{key}");
    }
    let own = zoe.state["player"]["name"].clone();
    assert!(zoe.state["occupants"].as_array().unwrap().contains(&own));
    until("everybody to know of the newcomer", async || {
        let counts = sum(&crowd, |heard| &heard.count);
        counts.iter().all(|count| *count == all).then_some(())
    })
    .await;

    let before = (
        sum(&crowd, |heard| &heard.lists),
        sum(&crowd, |heard| &heard.lines),
    );
    let bytes: u64 = sum(&crowd, |heard| &heard.bytes).iter().sum();
    let began = Instant::now();
    let mut turns = 0;
    while began.elapsed() < SPAN {
        let line = if turns % 2 == 0 { "sit" } else { "stand" };
        zoe.does(line).await;
        zoe.forget();
        turns += 1;
        tokio::time::sleep(PAUSE).await;
    }
    let took = began.elapsed();
    let after = (
        sum(&crowd, |heard| &heard.lists),
        sum(&crowd, |heard| &heard.lines),
    );
    let most = after.0.iter().zip(&before.0).map(|(now, then)| now - then);
    let most = most.max().unwrap();
    let bytes = sum(&crowd, |heard| &heard.bytes).iter().sum::<u64>() - bytes;
    println!(
        "crowds, {turns} postures among {all} in {took:?}: {most} frames at most for a hearer, {} bytes a second to all",
        bytes / took.as_secs().max(1)
    );
    assert!(most <= took.as_secs() + 1, "{most} frames in {took:?}");
    assert_eq!(before.1, after.1, "a line about a posture");
    still_there(&crowd);

    page_through(&server, &token, zoe.room(), all as usize).await;
    drop(zoe);
    drop(crowd);
    server.stop().await;
}

/// Everybody in the room comes by HTTP once, in order; whoever is elsewhere is told nothing.
async fn page_through(server: &Server, token: &str, room: &str, all: usize) {
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/rooms/{room}/occupants?limit=200&after={after}");
        let (status, page) = server.http.get_as(&path, token).await;
        assert_eq!(status, 200, "{page}");
        assert_eq!(page["count"], all);
        let names_here = page["occupants"].as_array().unwrap();
        names.extend(
            names_here
                .iter()
                .map(|one| one.as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => break,
        }
    }
    assert_eq!(names.len(), all);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), all, "twice");
    let sorted = |pair: &[String]| pair[0].to_lowercase() < pair[1].to_lowercase();
    assert!(names.windows(2).all(sorted), "{names:?}");

    let nobody = server.http.guest().await;
    let path = format!("/api/rooms/{room}/occupants");
    let (status, page) = server.http.get_as(&path, &nobody).await;
    assert_eq!(
        (status, &page["error"]["code"]),
        (403, &json!("authorization_denied"))
    );
}
