//! Streams across cuts and kills: sockets are cut at random while everybody acts, and now and then
//! the server loses its power.
//!
//! Across a cut a client's stream goes on exactly where it was: numbers without gap or repetition,
//! and the same talk as everybody else in the room. Across a kill it begins anew, in the place and
//! with the effects that were durable, each once.

mod bot;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::watch;

use crate::harness::{Lots, Player, Recipe, Server, beside, tree, until, whole};
use crate::hearing::Agreement;
use bot::{Bot, Stage};

/// In one room.
const NEIGHBOURS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_survive_cuts_and_effects_survive_kills() {
    let _beside = beside().await;
    let mut lots = Lots::cast("streams");
    let (count, span, kills) = if whole() {
        (200, Duration::from_secs(60), 3)
    } else {
        (20, Duration::from_secs(8), 1)
    };
    let mut server = in_a_tree(Recipe::with_trades()).await;
    let mut bots = Vec::new();
    while bots.len() < count {
        let first = bots.len();
        let met: Vec<_> = (first..count.min(first + NEIGHBOURS))
            .map(|at| Bot::meet(&server, at / NEIGHBOURS, lots.branch()))
            .collect();
        bots.extend(join_all(met).await);
    }

    let quiet = Arc::new(AtomicUsize::new(0));
    let (stage, told) = watch::channel(Stage::Play(server.url.clone()));
    let playing: Vec<_> = bots
        .into_iter()
        .map(|bot| tokio::spawn(bot.play(told.clone(), Arc::clone(&quiet))))
        .collect();
    for _ in 0..kills {
        tokio::time::sleep(span / (kills + 1)).await;
        server = server.kill9().await.start().await;
        stage.send_replace(Stage::Play(server.url.clone()));
    }
    tokio::time::sleep(span / (kills + 1)).await;
    // When everybody is answered, everything is said; what comes after that, hears the last of it.
    stage.send_replace(Stage::Finish(server.url.clone()));
    until("the last answers", async || {
        (quiet.load(Ordering::Relaxed) == count).then_some(())
    })
    .await;
    stage.send_replace(Stage::Leave(server.url.clone()));
    let bots: Vec<Bot> = join_all(playing)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    judge(&bots, kills as usize);
    compare_places(&bots);
    server.stop().await;
}

/// A server whose world has room for crowds.
async fn in_a_tree(recipe: Recipe) -> Server {
    let world = recipe.folder().join("world");
    tree::write(&world);
    let server = recipe
        .set("server.world", world.display())
        .set("chat.say_per_minute", 0)
        .set("limits.sign_ins_per_minute", 0)
        .start()
        .await;
    server.ready().await;
    server
}

fn judge(bots: &[Bot], kills: usize) {
    let mut rooms: BTreeMap<(&str, &str), Agreement> = BTreeMap::new();
    for bot in bots {
        assert!(bot.cuts > 0, "{} was never cut", bot.name);
        assert_eq!(bot.hearing.before.len(), kills, "{}", bot.name);
        for (run, talk) in &bot.hearing.before {
            let room = rooms.entry((run, &bot.room)).or_default();
            room.add(&bot.name, talk);
        }
        let run = bot.hearing.run.as_str().unwrap();
        let room = rooms.entry((run, &bot.room)).or_default();
        room.add(&bot.name, &bot.hearing.talk);
    }
    for ((run, room), agreement) in &rooms {
        // A line that is sent again is repeated to its sender, not said again.
        let repeated = agreement.repeated();
        assert!(repeated.is_empty(), "twice in {run}, {room}: {repeated:?}");
    }
    for pair in bots.windows(2) {
        if pair[0].room == pair[1].room {
            let last = |bot: &Bot| bot.hearing.talk.last().cloned();
            assert_eq!(last(&pair[0]), last(&pair[1]), "the end is missing");
        }
    }
    for bot in bots {
        assert_eq!(bot.tally, bot.counts(), "{}: effects", bot.name);
    }
    let sum = |of: fn(&Bot) -> usize| bots.iter().map(of).sum::<usize>();
    let lines: usize = rooms.values().map(Agreement::lines).sum();
    println!(
        "streams, {} clients: {} cuts, {} resumes, {} new sessions, {lines} lines heard {} times, {} counts",
        bots.len(),
        sum(|bot| bot.cuts),
        sum(|bot| bot.resumes),
        sum(|bot| bot.hearing.before.len()),
        sum(|bot| bot.heard),
        sum(|bot| bot.counts() as usize),
    );
    assert!(lines > bots.len(), "nobody spoke");
}

/// Each was shown the place that it was in: by the `game_state` after a kill as many as were back
/// by then, at the end everybody, and by `look` the same.
fn compare_places(bots: &[Bot]) {
    for bot in bots {
        let here = bots.iter().filter(|one| one.room == bot.room);
        let here: BTreeSet<String> = here.map(|one| one.name.clone()).collect();
        let who = &bot.name;
        for met in &bot.met {
            assert!(met.contains(who) && met.is_subset(&here), "{who}: {met:?}");
        }
        assert_eq!(bot.here(), here, "{who}: who is here");
        let part = |label: &str| -> BTreeSet<String> {
            let mut lines = bot.view.lines();
            let line = lines.find_map(|line| line.strip_prefix(label));
            // Who has had its last look already has left, and is still waited for.
            let words = line.unwrap_or_default().split(", ");
            words
                .filter(|one| !one.is_empty())
                .map(|one| one.trim_end_matches(" (link lost)").to_owned())
                .collect()
        };
        assert_eq!(part("Ways: "), bot.exits, "{who}: ways, {}", bot.view);
        let mut seen = part("Here: ");
        seen.insert(who.clone());
        assert_eq!(seen, here, "{who}: {}", bot.view);
    }
    // The last to come back after a kill found all the others.
    let all = bots.iter().filter(|bot| bot.met.contains(&bot.here()));
    assert!(all.count() > 0, "nobody was shown a full room");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_is_told_and_key_returns_character() {
    let _beside = beside().await;
    let server = Recipe::new().start().await;
    server.ready().await;
    let token = server.http.guest().await;
    let mut guest = Player::join(&server, &token).await;
    let (way, room) = guest.way_out();
    guest.does_for_good(&way).await;
    let executed = guest.begin("status").await;
    guest.answer(executed).await;
    let key = guest.welcome["session_id"].clone();
    let stopping = tokio::spawn(server.stop());
    let (error, close) = guest.closed().await;
    assert_eq!(error.unwrap()["code"], "system_error");
    assert_eq!(u16::from(close.unwrap().code), 1001);

    // The new process knows no session of the old one, but whose it was is in the token.
    let server = stopping.await.unwrap().start().await;
    let mut guest = Player::connect(&server).await;
    let resume = json!({"session_id": key, "last_sequence": 1});
    guest
        .send(json!({"type": "authenticate", "data": {"token": token, "resume": resume}}))
        .await;
    guest.let_in().await;
    assert_eq!(guest.welcome["resumed"], false);
    assert_eq!(guest.welcome["last_command_id"], executed);
    assert_eq!(guest.room(), room);
    server.stop().await;
}
