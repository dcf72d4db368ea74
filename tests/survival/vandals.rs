//! A plugin that reaches for what is another's, over real sockets: the world afterwards, and what
//! comes back after a restart.

use std::hint::black_box;

use engine::prelude::*;
use systems::command::{Usage, Verb, Words, verb};
use systems::place::{InRoom, Occupancy};
use systems::world::Atlas;

use crate::harness::{Player, Recipe, beside};

/// The plugin.
pub(crate) fn vandal(reg: &mut Registrar<'_>) {
    verb::<Deed>(reg);
    reg.resource(Armed(false))
        .scratch::<Armed>()
        .observer(|_: On<Insert<InRoom>>, armed: Res<Armed>| {
            assert!(!armed.0, "the trap springs");
        })
        .system(Phase::Simulate, wreck);
}

/// The observer breaks from now on.
#[derive(Resource)]
struct Armed(bool);

/// `vandal move|strip|empty|slay|arm|fall`
#[derive(Message)]
struct Deed {
    order: Order,
    what: String,
}

impl Verb for Deed {
    const WORDS: &'static [&'static str] = &["vandal"];
    const USAGE: &'static str = "vandal move|strip|empty|slay|arm|fall";
    const HELP: &'static str = "Does harm.";

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let what = words.rest().to_owned();
        Ok(Self { order, what })
    }
}

fn wreck(
    mut deeds: MessageReader<Deed>,
    places: Query<&InRoom>,
    atlas: Res<Atlas>,
    mut armed: ResMut<Armed>,
    mut answers: MessageWriter<Answer>,
    mut commands: Commands<'_, '_>,
) {
    for Deed { order, what } in deeds.read() {
        let mut whom = commands.entity(order.actor);
        match what.as_str() {
            "move" => {
                let here = places.get(order.actor).map(|InRoom(room)| *room).ok();
                let mut rooms = atlas.rooms().map(|(room, _)| room);
                if let Some(room) = rooms.find(|room| Some(*room) != here) {
                    whom.insert(InRoom(room));
                }
            }
            "strip" => _ = whom.remove::<InRoom>(),
            "slay" => whom.despawn(),
            "empty" => commands.remove_resource::<Occupancy>(),
            "arm" => armed.0 = true,
            "fall" => _ = fall(0),
            _ => {}
        }
        answers.write(Answer::done(*order));
    }
}

/// Falls until the stack ends.
#[expect(unconditional_recursion, reason = "what it is for")]
fn fall(depth: u64) -> u64 {
    let room = black_box([depth; 64]);
    fall(depth + 1) + black_box(room)[0]
}

/// Ann says something, and Bob beside her hears it.
async fn hears(ann: &mut Player, bob: &mut Player, words: &str) {
    ann.does(&format!("say {words}")).await;
    bob.find("chat_message", |data| {
        data["message"]
            .as_str()
            .is_some_and(|one| one.contains(words))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vandal_in_the_server_hurts_no_player() {
    let _beside = beside().await;
    let server = Recipe::with_trades().start().await;
    server.ready().await;
    let tokens = [server.http.guest().await, server.http.guest().await];
    let mut ann = Player::join(&server, &tokens[0]).await;
    let mut bob = Player::join(&server, &tokens[1]).await;
    assert_eq!(ann.room(), bob.room());
    for _ in 0..3 {
        bob.does_for_good("count").await;
    }
    for (deed, words) in [("move", "one"), ("strip", "two"), ("empty", "three")] {
        bob.does(&format!("vandal {deed}")).await;
        hears(&mut ann, &mut bob, words).await;
        let seen = bob.does("look").await.to_string();
        let listed = ann.does("look").await.to_string();
        let [ann, bob] = [&ann, &bob].map(|one| one.state["player"]["name"].as_str().unwrap());
        assert!(seen.contains(ann), "{deed}: {seen}");
        assert!(listed.contains(bob), "{deed}: {listed}");
    }
    bob.begin("vandal slay").await;
    bob.closed().await;
    let mut bob = Player::join(&server, &tokens[1]).await;
    assert_eq!(counted(&mut bob).await, 3);
    hears(&mut ann, &mut bob, "four").await;

    // Whoever comes in springs the trap; whoever is there notices nothing.
    bob.does("vandal arm").await;
    for n in 0..6 {
        let token = server.http.guest().await;
        let mut guest = Player::join(&server, &token).await;
        hears(&mut ann, &mut guest, &format!("welcome {n}")).await;
        guest.does("look").await;
    }
    let said = server.recipe.stderr();
    for words in [
        "inserts `systems::place::InRoom`",
        "removes `systems::place::InRoom`",
        "Occupancy`, which belongs to another plugin",
        "the trap springs",
        "plugin left out",
    ] {
        assert!(said.contains(words), "no {words:?} in: {said}");
    }
    let faults = said
        .lines()
        .filter(|line| line.contains("plugin fault contained"));
    for fault in faults {
        assert!(fault.contains("vandal"), "{fault}");
    }

    // And what is in the database is whole.
    let recipe = server.stop().await;
    let server = recipe.start().await;
    let mut bob = Player::join(&server, &tokens[1]).await;
    assert_eq!(counted(&mut bob).await, 3);
    server.stop().await;
}

/// How often somebody has counted so far.
async fn counted(player: &mut Player) -> i64 {
    let answer = player.does("holdings").await;
    let text = answer["data"]["result"].as_str().unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overflowed_stack_quarantines_plugin_at_next_start() {
    let _beside = beside().await;
    let server = Recipe::with_trades().start().await;
    server.ready().await;
    let token = server.http.guest().await;
    let mut bob = Player::join(&server, &token).await;
    bob.does_for_good("count").await;
    bob.begin("vandal fall").await;
    let (recipe, status) = server.died().await;
    assert_eq!(status.code(), None, "a signal ends it: {status:?}");
    let listed = std::fs::read_to_string(recipe.data().join("quarantine")).unwrap();
    let listed: Vec<&str> = listed.split_whitespace().collect();
    assert_eq!(listed, ["vandal"]);

    let server = recipe.start().await;
    server.ready().await;
    let said = server.recipe.stderr();
    let warned = said
        .lines()
        .any(|line| line.contains("starts in quarantine") && line.contains("vandal"));
    assert!(warned, "{said}");
    let mut bob = Player::join(&server, &token).await;
    assert_eq!(counted(&mut bob).await, 1);
    bob.fails("vandal fall").await;
    bob.does_for_good("count").await;
    assert_eq!(counted(&mut bob).await, 2);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn startup_panic_names_plugin_and_ends_start() {
    let recipe = Recipe::with_trades().env(crate::trades::STARTUP_PANIC, "1");
    let code = recipe.refused().await;
    let said = recipe.stderr();
    assert_eq!(code, Some(1), "{said}");
    let words = "plugin `careless` panics in its startup: the map is missing";
    assert!(said.contains(words), "{said}");
}
