//! Nobody who reads is closed because much was said at once, and nothing that was said is lost: a
//! big map, a full room that speaks, letters that wait.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use futures_util::future::join_all;
use sqlx::{Connection as _, SqliteConnection};

use crate::harness::{Player, Recipe, Server, alone, tree, until, whole};
use crate::never_waits::span::resident;

/// A line of so many characters that takes as many bytes as one may.
fn emoji(of: usize, chars: usize) -> String {
    format!("{of:03} {}", "\u{1f600}".repeat(chars - 4))
}

async fn slow_clients(server: &Server) -> f64 {
    server.http.figure("kadath_slow_clients_total").await
}

/// A row of so many rooms, each east of the one before.
fn write_row(folder: &Path, rooms: usize) {
    let mut text = String::from("id = \"row\"\nname = \"Row\"\n");
    for n in 0..rooms {
        let _ = write!(
            text,
            "[[rooms]]\nid = \"row_{n}\"\nname = \"A place in a very long row\"\ndescription = \"Like all others.\"\n[rooms.exits]\n"
        );
        if n > 0 {
            let _ = writeln!(text, "west = \"row_{}\"", n - 1);
        }
        if n + 1 < rooms {
            let _ = writeln!(text, "east = \"row_{}\"", n + 1);
        }
    }
    let files = [
        (
            "world.toml",
            "name = \"Row\"\nmotd = \"\"\ndefault_room = \"row_0\"\n",
        ),
        (
            "environments.toml",
            include_str!("../../world/environments.toml"),
        ),
        (
            "rules/lucidity.toml",
            include_str!("../../benches/rows-lucidity.toml"),
        ),
        (
            "zones/row/zone.toml",
            "id = \"row\"\nplane = \"earth\"\nname = \"Row\"\nenvironment = \"outdoors\"\n",
        ),
        ("zones/row/row.toml", &text),
    ];
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// Writes into the database of a stopped server that its only character has been everywhere.
async fn has_been_everywhere(recipe: &Recipe, rooms: usize) {
    let ids: Vec<String> = (0..rooms).map(|n| format!("row_{n}")).collect();
    let url = format!("sqlite://{}", recipe.data().join("kadath.db").display());
    let mut database = SqliteConnection::connect(&url).await.unwrap();
    let written = sqlx::query("UPDATE component_rows SET body = $1 WHERE component = 'explored'")
        .bind(serde_json::to_string(&ids).unwrap())
        .execute(&mut database)
        .await
        .unwrap();
    assert_eq!(written.rows_affected(), 1);
    database.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explorer_of_five_thousand_rooms_gets_all() {
    const ROOMS: usize = 5_000;
    let _alone = alone().await;
    let recipe = Recipe::new();
    let world = recipe.folder().join("world");
    write_row(&world, ROOMS);
    let server = recipe.set("server.world", world.display()).start().await;
    server.ready().await;
    let token = server.http.guest().await;
    let mut ann = Player::join(&server, &token).await;
    ann.does_for_good("look").await;
    drop(ann);
    let recipe = server.stop().await;
    has_been_everywhere(&recipe, ROOMS).await;

    let server = recipe.start().await;
    server.ready().await;
    let mut ann = Player::join(&server, &token).await;
    let mut rooms: Vec<String> = Vec::new();
    let mut pages = 0;
    loop {
        let frame = ann.event("explored_map").await;
        pages += 1;
        assert!(frame.to_string().len() <= 16 * 1_024);
        assert_eq!(frame["data"]["page"], pages);
        let page = frame["data"]["rooms"].as_array().unwrap();
        rooms.extend(
            page.iter()
                .map(|room| room["id"].as_str().unwrap().to_owned()),
        );
        if frame["data"]["more"] == false {
            break;
        }
    }
    // She is at the end of the row, so what is nearer has the lower number.
    let all: Vec<String> = (0..ROOMS).map(|n| format!("row_{n}")).collect();
    assert!(
        rooms == all,
        "{} rooms, or not the nearest first",
        rooms.len()
    );
    assert_eq!(slow_clients(&server).await, 0.0);
    println!("a map of {ROOMS} rooms came in {pages} pages");
    ann.does("look").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crowd_that_speaks_at_once_hears_every_line() {
    const PEOPLE: usize = 100;
    let _alone = alone().await;
    let recipe = Recipe::new()
        .quiet()
        .set("limits.sign_ins_per_minute", 0)
        // All of them are heard in one tick, however busy the machine is.
        .set("tick.rate_hz", 2);
    let server = recipe.start().await;
    server.ready().await;
    let mut people = Vec::new();
    for _ in 0..PEOPLE / 10 {
        let joins = (0..10).map(|_| async {
            let token = server.http.guest().await;
            Player::join(&server, &token).await
        });
        people.extend(join_all(joins).await);
    }
    for (channel, chars, hears) in [("global", 980, PEOPLE - 1), ("say", 500, PEOPLE)] {
        let speak = people.iter_mut().enumerate();
        let spoken = speak.map(|(n, player)| async move {
            player
                .begin(&format!("{channel} {}", emoji(n, chars)))
                .await
        });
        let ids = join_all(spoken).await;
        let listen = people.iter_mut().zip(ids).map(|(player, id)| async move {
            let answer = player.answer(id).await;
            assert_eq!(answer["data"]["ok"], true, "{answer}");
            let mut heard = BTreeSet::new();
            for _ in 0..hears {
                let frame = player.event("chat_message").await;
                let line = frame["data"]["original_content"].as_str().unwrap();
                assert!(heard.insert(line.to_owned()), "twice: {}", &line[..3]);
            }
        });
        join_all(listen).await;
        // And no line was heard once more.
        join_all(people.iter_mut().map(|player| player.does("look"))).await;
        let more: usize = people
            .iter()
            .map(|one| one.count("chat_message", |_| true))
            .sum();
        assert_eq!(more, 0, "{channel}");
    }
    assert_eq!(slow_clients(&server).await, 0.0);
    server.stop().await;
}

/// The words that wait for Bob, whispered while he is away.
async fn write_letters(ann: &mut Player, bob: &str) -> BTreeSet<String> {
    let letters: Vec<String> = (0..64).map(|n| emoji(n, 960)).collect();
    for letter in &letters {
        let answer = ann.does(&format!("whisper {bob} {letter}")).await;
        let told = answer["data"]["result"].as_str().unwrap();
        assert!(told.contains("Your words will wait"), "{}", &told[..80]);
    }
    let seen = ann.does("look").await;
    ann.durable(seen["tick"].as_u64().unwrap()).await;
    letters.into_iter().collect()
}

/// Reads so many letters.
async fn read(bob: &mut Player, count: usize) -> Vec<String> {
    let mut letters = Vec::new();
    while letters.len() < count {
        let frame = bob.event("chat_message").await;
        letters.push(
            frame["data"]["original_content"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    letters
}

/// Quits; ends when so many others are in the world and nobody else.
async fn quit(server: &Server, mut player: Player, others: usize) {
    player.begin("quit").await;
    player.closed().await;
    until("the character to be away", async || {
        let online = server.http.figure("kadath_players_online").await;
        (online == others as f64).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_mail_is_read_over_any_cut() {
    let _alone = alone().await;
    let recipe = Recipe::new().quiet().set("chat.whisper_per_minute", 0);
    let server = recipe.start().await;
    server.ready().await;
    let (ann, bob) = (server.http.guest().await, server.http.guest().await);
    let mut writer = Player::join(&server, &ann).await;
    let reader = Player::join(&server, &bob).await;
    let name = reader.state["player"]["name"].as_str().unwrap().to_owned();
    quit(&server, reader, 1).await;

    // Whoever reads hears each of them once, in the order in which they were written.
    let written = write_letters(&mut writer, &name).await;
    let mut reader = Player::join(&server, &bob).await;
    let heard = read(&mut reader, written.len()).await;
    assert!(heard.is_sorted(), "not in order");
    assert_eq!(BTreeSet::from_iter(heard), written);
    no_letter_is_left(&server, &bob, reader, 1).await;

    // Sockets are cut and the power is taken away in the middle, each time a little later.
    let written = write_letters(&mut writer, &name).await;
    let mut heard = BTreeSet::new();
    let mut server = server;
    for count in [0, 3, 9, 20] {
        let mut reader = Player::join(&server, &bob).await;
        heard.extend(read(&mut reader, count).await);
        drop(reader);
        let mut reader = Player::join(&server, &bob).await;
        heard.extend(read(&mut reader, 2).await);
        let recipe = server.kill9().await;
        drop(reader);
        server = recipe.start().await;
        server.ready().await;
    }
    let mut reader = Player::join(&server, &bob).await;
    while heard.len() < written.len() {
        heard.extend(read(&mut reader, 1).await);
    }
    assert_eq!(heard, written);
    no_letter_is_left(&server, &bob, reader, 0).await;
    assert_eq!(slow_clients(&server).await, 0.0);
    server.stop().await;
}

/// All has been read: nothing comes once more, to this session or to the next one.
async fn no_letter_is_left(server: &Server, token: &str, mut reader: Player, others: usize) {
    // The second comes after the proof of what was read.
    reader.does("look").await;
    reader.does("look").await;
    assert_eq!(reader.count("chat_message", |_| true), 0, "once more");
    quit(server, reader, others).await;
    let mut reader = Player::join(server, token).await;
    reader.does("look").await;
    assert_eq!(reader.count("chat_message", |_| true), 0, "told again");
    quit(server, reader, others).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn arrived_players_hold_little_memory() {
    /// What each may hold just after all have come and walked to a room of ten, in KiB. A build
    /// without optimisation, and an allocator that takes its time: an optimised one holds less.
    const KIB_MAX: f64 = 40.0;
    let _alone = alone().await;
    let count = if whole() { 1_000 } else { 200 };
    let recipe = Recipe::new();
    let world = recipe.folder().join("world");
    tree::write(&world);
    let server = recipe
        .set("server.world", world.display())
        .set("limits.sign_ins_per_minute", 0)
        .start()
        .await;
    server.ready().await;
    // What the first ones bring with them is everybody's.
    let mut people = crowd(&server, 900..920).await;
    let before = resident(&server);
    people.extend(crowd(&server, 0..count).await);
    let each = resident(&server).saturating_sub(before) as f64 / 1_024.0 / count as f64;
    println!("{count} players hold {each:.1} KiB each just after their arrival");
    assert!(each <= KIB_MAX, "{each:.1} KiB each");
    drop(people);
    server.stop().await;
}

/// Guests who come ten at a time and walk to a room for ten.
async fn crowd(server: &Server, places: std::ops::Range<usize>) -> Vec<Player> {
    let mut people: Vec<Player> = Vec::new();
    let places: Vec<usize> = places.collect();
    for ten in places.chunks(10) {
        let joins = ten.iter().map(|place| async move {
            let token = server.http.guest().await;
            let mut player = Player::join(server, &token).await;
            for way in tree::ways(place / 10) {
                player.does(way).await;
            }
            player
        });
        people.extend(join_all(joins).await);
        for player in &mut people {
            player.forget();
        }
    }
    people
}
