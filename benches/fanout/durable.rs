//! How long an answer takes until it is durable: one command of each client in flight.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::task::spawn_local;

use crate::crowd::{DOOR, Placed, settle, wait_until};
use crate::kadath::Kadath;
use crate::latency::Latency;
use crate::wire;

/// Rounds that find their pace.
const WARM_UP: Duration = Duration::from_secs(1);

/// From sent to durable, over all clients, each of which sends its next command then.
pub(crate) async fn measure(kadath: &Kadath, rooms_of: usize, seconds: u64) -> Latency {
    let address = &kadath.process.address;
    let came = kadath.tokens.iter().enumerate();
    let came = came.map(|(at, token)| settle(address, token, at / rooms_of));
    let placed: Vec<Placed> = futures_util::stream::iter(came)
        .buffered(DOOR)
        .collect()
        .await;
    let latency = Rc::new(RefCell::new(Latency::new()));
    let from = Instant::now() + WARM_UP;
    let until = from + Duration::from_secs(seconds);
    let clients = placed.into_iter().map(|client| {
        let latency = Rc::clone(&latency);
        spawn_local(ask_on(client, from, until, latency))
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.expect("a client to its end");
    }
    latency.replace(Latency::new())
}

async fn ask_on(mut client: Placed, from: Instant, until: Instant, latency: Rc<RefCell<Latency>>) {
    while Instant::now() < until {
        client.last_id += 1;
        let id = client.last_id;
        let asked = Instant::now();
        let mut frame = Vec::new();
        let line = format!(r#"{{"type":"command","id":{id},"data":{{"line":"time"}}}}"#);
        wire::text(&mut frame, line.as_bytes());
        client.stream.write_all(&frame).await.expect("a line");
        let done = format!(r#"{{"id":{id},"ok":true"#);
        let (mut answered, mut durable) = (None, None);
        wait_until(&mut client, |text| {
            if memchr::memmem::find(text, done.as_bytes()).is_some() {
                answered = figure(text, br#""tick":"#);
            }
            durable = figure(text, br#""through_tick":"#).max(durable);
            answered.is_some() && durable >= answered
        })
        .await;
        if asked >= from {
            latency.borrow_mut().note(asked.elapsed());
        }
    }
}

fn figure(text: &[u8], name: &[u8]) -> Option<u64> {
    let at = memchr::memmem::find(text, name)? + name.len();
    let digits = text
        .get(at..)?
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |sum, byte| sum * 10 + u64::from(byte - b'0')))
}
