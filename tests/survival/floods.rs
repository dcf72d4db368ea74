//! Rude clients, all at once, with the shipped limits: each gets what its manners deserve, and two
//! who talk among them notice nothing.

mod rude;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::task::JoinSet;

use crate::harness::{Player, Recipe, Server, alone, whole};
use crate::never_waits::span::{figure, resident};

/// How long the rude go on, and how long it is quiet before.
const SPAN: Duration = Duration::from_secs(5);
const QUIET: Duration = Duration::from_secs(3);
/// Between two lines of one who talks.
const PAUSE: Duration = Duration::from_millis(150);
/// What memory may grow by: the allocator's and the runtime's own, and for each rude connection
/// what one may hold.
const GROWTH_ANYWAY: u64 = 32 * 1_024 * 1_024;
const GROWTH_PER_SOCKET: u64 = 256 * 1_024;
/// Of a hundred slots, that many may be skipped: two busy processors, and the rude share them.
const LATE_MAX: f64 = 0.15;
/// An answer that waited for somebody else's flood would take as long as the flood.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// What the rude may add to the median answer: two ticks, for a machine that they load, too.
const ADDED_MAX: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_and_garbage_hurt_only_senders() {
    let _alone = alone().await;
    let crowd = if whole() { 200 } else { 20 };
    let server = Recipe::new()
        .set("limits.frames_per_minute", 1_200)
        .set("limits.commands_per_second", 10)
        .set("limits.sign_ins_per_minute", 0)
        .set("chat.say_per_minute", 0)
        .start()
        .await;
    server.ready().await;
    let mut ann = join(&server).await;
    let mut bob = join(&server).await;
    let tokens = join_all((0..7).map(|_| server.http.guest())).await;
    let mut quiet = Vec::new();
    let began = Instant::now();
    while began.elapsed() < QUIET {
        quiet.push(talk(&mut ann, &mut bob, &format!("quiet {}", quiet.len())).await);
        tokio::time::sleep(PAUSE).await;
    }
    let before = server.http.figures().await;
    let memory = resident(&server);

    let address = server.address().to_owned();
    let mut rude = JoinSet::new();
    rude.spawn(rude::flood(address.clone(), tokens[0].clone(), SPAN));
    rude.spawn(rude::pings(address.clone(), tokens[1].clone(), SPAN));
    rude.spawn(rude::too_big(address.clone(), tokens[2].clone()));
    rude.spawn(rude::not_utf8(address.clone(), tokens[3].clone()));
    rude.spawn(rude::fragments(address.clone(), tokens[4].clone()));
    rude.spawn(rude::garbage(address.clone(), tokens[5].clone()));
    rude.spawn(rude::commands(address.clone(), tokens[6].clone(), SPAN));
    for _ in 0..crowd {
        rude.spawn(rude::trickle(address.clone()));
        rude.spawn(rude::half_open(address.clone()));
        rude.spawn(rude::silent(address.clone()));
    }

    // Meanwhile two talk. Which answers come and how soon is what the rude must not change.
    let began = Instant::now();
    let (mut took, mut grown) = (Vec::new(), 0);
    let mut ended = BTreeSet::new();
    while began.elapsed() < SPAN {
        took.push(talk(&mut ann, &mut bob, &format!("line {}", took.len())).await);
        grown = grown.max(resident(&server).saturating_sub(memory));
        tokio::time::sleep(PAUSE).await;
        while let Some(done) = rude.try_join_next() {
            ended.insert(done.unwrap());
        }
    }
    // Who never says what it wants is sent away in its own time.
    while let Some(done) = rude.join_next().await {
        ended.insert(done.unwrap());
    }
    for end in &ended {
        println!("floods: {end}");
    }
    let after = server.http.figures().await;
    let passed = |name| figure(&after, name) - figure(&before, name);
    let ticks = passed("kadath_ticks_total");
    let late = passed("kadath_tick_overruns_total");
    let lines = took.len();
    let (calm, rushed) = (median(&mut quiet), median(&mut took));
    let slowest = took.last().copied().unwrap_or_default();
    println!(
        "floods, {} rude connections: {lines} lines, heard after {rushed:?} in the median ({calm:?} before), the slowest after {slowest:?}; {ticks} ticks, {late} late; memory +{} KiB",
        3 * crowd + 7,
        grown / 1_024
    );
    assert!(slowest < ANSWER_MAX, "{slowest:?}");
    assert!(rushed <= calm + ADDED_MAX, "{rushed:?}, {calm:?} before");
    assert!(late <= LATE_MAX * (ticks + late), "{late} of {ticks} late");
    let bound = GROWTH_ANYWAY + (3 * crowd as u64 + 7) * GROWTH_PER_SOCKET;
    assert!(grown <= bound, "{grown} bytes, the bound is {bound}");
    ann.does("look").await;
    server.stop().await;
}

async fn join(server: &Server) -> Player {
    let token = server.http.guest().await;
    Player::join(server, &token).await
}

/// One says something; answers how long it took until it was answered and the other had heard it.
async fn talk(one: &mut Player, other: &mut Player, words: &str) -> Duration {
    let asked = Instant::now();
    one.does(&format!("say {words}")).await;
    let is_it = |data: &serde_json::Value| data["original_content"] == words;
    other.find("chat_message", is_it).await;
    asked.elapsed()
}

/// The middle of what is sorted by this.
fn median(took: &mut [Duration]) -> Duration {
    took.sort_unstable();
    took[took.len() / 2]
}
