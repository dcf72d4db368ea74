//! Talk in a full room while the database stands still: the audit's finding 5 over real sockets.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::harness::{Cluster, Player, Recipe, Server, alone, whole};
use crate::never_waits::span::{Figures, figure, p99};

const PEOPLE: usize = 50;
const MUTED: usize = 20;
/// What a line may cost the plugin that delivers it, on the average of all lines.
const LINE_MAX: Duration = Duration::from_millis(1);
/// How long all but a hundredth of the speakers wait for their answer at most. Each of fifty says
/// one line a tick, and 2,500 deliveries take a build without optimisation its time; a line that
/// waited for the database would wait for ever.
const ANSWER_MAX: Duration = Duration::from_millis(500);
/// The share of tick slots that other work of the machine may take away. The everyday run is some
/// two dozen ticks long: a single one is more than a hundredth.
const LATE: f64 = 0.01;
const LATE_OF_FEW: f64 = 0.1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn talk_needs_no_database_and_honors_mutes() {
    let _alone = alone().await;
    let each = if whole() { 200 } else { 20 };
    let cluster = Cluster::started().await;
    let recipe = Recipe::new()
        .quiet()
        .set("database.url", cluster.url("postgres"))
        .set("limits.sign_ins_per_minute", 0)
        .set("chat.say_per_minute", 0);
    let server = recipe.start().await;
    server.ready().await;
    let mut room = Vec::new();
    for _ in 0..PEOPLE {
        let token = server.http.guest().await;
        room.push(Player::join(&server, &token).await);
    }
    let names: Vec<String> = room.iter().map(name).collect();
    let muted = |n: usize| (1..=MUTED).map(move |step| (n + step) % PEOPLE);
    let room = together(room, |n, mut player| {
        let lines: Vec<String> = muted(n).map(|one| format!("mute {}", names[one])).collect();
        async move {
            for line in lines {
                player.does_for_good(&line).await;
            }
            player
        }
    })
    .await;

    cluster.freeze();
    let before = server.http.figures().await;
    let answers: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let room = together(room, |n, mut player| {
        let answers = Arc::clone(&answers);
        async move {
            for line in 0..each {
                let asked = Instant::now();
                player.does(&format!("say line {line} of {n}")).await;
                answers.lock().unwrap().push(asked.elapsed());
            }
            player
        }
    })
    .await;
    let answer = p99(std::mem::take(&mut *answers.lock().unwrap()));
    let hears = each * (PEOPLE - MUTED);
    let room = together(room, |n, mut player| {
        let unheard: Vec<String> = muted(n).map(|one| names[one].clone()).collect();
        async move {
            let mut ids = std::collections::BTreeSet::new();
            for _ in 0..hears {
                let frame = player.event("chat_message").await;
                let by = frame["data"]["player_name"].as_str().unwrap();
                assert!(!unheard.iter().any(|one| one == by), "{n} heard {by}");
                assert!(ids.insert(frame["data"]["message_id"].to_string()), "twice");
            }
            player
        }
    })
    .await;
    let after = server.http.figures().await;
    tell(&server, &before, &after, each * PEOPLE, answer);
    cluster.thaw();
    // And nobody has heard one line more than that: the next one is a newcomer's.
    let token = server.http.guest().await;
    Player::join(&server, &token).await.does("say over").await;
    together(room, |n, mut player| async move {
        let frame = player.event("chat_message").await;
        assert_eq!(frame["data"]["original_content"], "over", "heard by {n}");
        player
    })
    .await;
    server.ready().await;
}

fn name(player: &Player) -> String {
    player.state["player"]["name"].as_str().unwrap().to_owned()
}

/// Lets everybody do something at once.
async fn together<F: Future<Output = Player> + Send + 'static>(
    room: Vec<Player>,
    what: impl Fn(usize, Player) -> F,
) -> Vec<Player> {
    let at_once = room.into_iter().enumerate();
    let tasks: Vec<_> = at_once
        .map(|(n, player)| tokio::spawn(what(n, player)))
        .collect();
    let mut room = Vec::new();
    for task in tasks {
        room.push(task.await.unwrap());
    }
    room
}

/// Prints what the lines cost, and holds it against what they may.
fn tell(server: &Server, before: &Figures, after: &Figures, lines: usize, answer: Duration) {
    let passed = |name: &str| figure(after, name) - figure(before, name);
    let applied = passed("kadath_storage_applied_tick");
    let chat: f64 = ["emit", "settle", "simulate"]
        .iter()
        .map(|phase| {
            passed(&format!(
                "kadath_plugin_seconds{{phase=\"{phase}\",plugin=\"chat\"}}"
            ))
        })
        .sum();
    let line = Duration::from_secs_f64(chat / lines as f64);
    let (ticks, late) = (
        passed("kadath_ticks_total"),
        passed("kadath_tick_overruns_total"),
    );
    println!(
        "talk, database frozen: {lines} lines to {PEOPLE} people in {ticks} ticks, {late} late; {line:?} a line in the plugin; answers p99 {answer:.0?}; {applied} applied ticks"
    );
    assert!(
        line < LINE_MAX,
        "{line:?} a line\n{}",
        server.recipe.stderr()
    );
    let share = if whole() { LATE } else { LATE_OF_FEW };
    assert!(late <= share * (ticks + late), "{late} of {ticks} late");
    assert!(answer <= ANSWER_MAX, "answers p99 {answer:?}");
    // What was under way when it froze may have come through.
    assert!(applied < ticks / 2.0, "not frozen");
}
