//! What a crowd did is played again as it was: from the start of each run, and from each checkpoint.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::RwLock;
use tokio::task::JoinSet;

use crate::harness::{Cluster, Lots, Player, Recipe, Server, beside, until, whole};

/// Sign-ins at once.
const DOOR: usize = 20;
const PAUSE: Duration = Duration::from_millis(200);
/// One line in so many is a new sign-in instead, over the one before.
const SIGN_IN_ONE_IN: u64 = 25;
/// Where `{}` stands, somebody's name.
const LINES: [&str; 34] = [
    "n",
    "s",
    "e",
    "w",
    "u",
    "d",
    "look",
    "who",
    "map",
    "say the stars are right",
    "say is anybody there",
    "local a dog barks",
    "global good evening",
    "emote shivers",
    "pose looks out of the window",
    "whisper {} come here",
    "reply in a moment",
    "mute {}",
    "unmute {}",
    "rest 5",
    "stand",
    "lie",
    "respawn",
    "history",
    "inventory",
    "get all",
    "get stone",
    "drop stone",
    "drop all",
    "give stone to {}",
    "give lamp to {}",
    "ground {}",
    "alias make hello say hello",
    "a line that is no command",
];
/// What an admin does besides.
const ORDERS: [&str; 8] = [
    "summon stone",
    "summon lamp",
    "admin set current_dp {} -2",
    "admin setlucidity {} 12",
    "system the bell tolls",
    "mute_global {}",
    "unmute_global {}",
    "goto {}",
];

/// Who plays, and how long.
#[derive(Clone, Copy)]
struct Size {
    players: usize,
    /// Before and after the outage, each.
    calm: Duration,
    outage: Duration,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn play_of_crowd_replays_equal_over_sqlite() {
    prove(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn play_of_crowd_replays_equal_over_postgresql() {
    prove(Some(Cluster::started().await)).await;
}

async fn prove(cluster: Option<Cluster>) {
    let _beside = beside().await;
    let size = match whole() {
        true => Size {
            players: 500,
            calm: Duration::from_secs(280),
            outage: Duration::from_secs(40),
        },
        false => Size {
            players: 25,
            calm: Duration::from_secs(4),
            outage: Duration::from_secs(2),
        },
    };
    let mut lots = Lots::cast("recordings");
    let checkpoints = if whole() { 30 } else { 2 };
    let mut recipe = Recipe::new()
        .set("limits.sign_ins_per_minute", 0)
        .set("server.linkdead_grace_seconds", 2)
        .set("recorder.verify", false)
        .set("recorder.max_bytes", 0)
        .set("recorder.checkpoint_seconds", checkpoints);
    if let Some(cluster) = &cluster {
        recipe = recipe.set("database.url", cluster.url("postgres"));
    }
    let server = recipe.start().await;
    server.ready().await;
    play(&server, "Ada", cluster.as_ref(), size, &mut lots).await;
    assert_eq!(dropped(&server).await, 0.0, "the recording has a gap");

    // Killed while somebody is there, and gone on with.
    let mut guest = Player::join(&server, &server.http.guest().await).await;
    guest.does_for_good("emote waits").await;
    let server = server.kill9().await.start().await;
    let brief = Size {
        players: size.players / 5,
        calm: size.calm / 4,
        outage: Duration::ZERO,
    };
    play(&server, "Eve", None, brief, &mut lots).await;
    assert_eq!(dropped(&server).await, 0.0, "the recording has a gap");
    let recipe = server.stop().await;
    replays_equal(&recipe).await;
}

/// Everybody plays, through an outage of the database, and all at once they are cut off.
async fn play(
    server: &Server,
    admin: &str,
    cluster: Option<&Cluster>,
    size: Size,
    lots: &mut Lots,
) {
    let username = format!("{admin}account");
    let account = server.http.register(&username, admin).await;
    let grant = ["account", "grant", &username, "admin"];
    server.recipe.tool(&grant).await;
    let mut tokens = vec![(account.token, true)];
    while tokens.len() < size.players {
        tokens.push((server.http.guest().await, false));
    }
    let mut players = Vec::new();
    for few in tokens.chunks(DOOR) {
        let few = few.iter().map(|(token, admin)| async {
            let player = Player::join(server, token).await;
            (player, token.clone(), *admin)
        });
        players.extend(futures_util::future::join_all(few).await);
    }
    let names = players.iter().map(|(player, ..)| {
        let name = player.state["player"]["name"].as_str();
        name.unwrap().to_owned()
    });
    let names: Arc<[String]> = names.collect();
    let until_when = Instant::now() + 2 * size.calm + size.outage;
    let calm = Arc::new(RwLock::new(()));
    let mut crowd = JoinSet::new();
    for (player, token, admin) in players {
        let one = Bot {
            player,
            token,
            admin,
            address: server.address().to_owned(),
            names: Arc::clone(&names),
            calm: Arc::clone(&calm),
            lots: lots.branch(),
        };
        crowd.spawn(one.play(until_when));
    }
    if !size.outage.is_zero() {
        // As long as it takes.
        tokio::time::sleep(size.calm).await;
        let _nobody_signs_in = calm.write().await;
        outage(server, cluster, size.outage).await;
        server.ready().await;
    }
    // Kept until all are done, so that all are cut off together.
    let mut there = Vec::new();
    let (mut done, mut refused) = (0, 0);
    while let Some(ended) = crowd.join_next().await {
        let (player, counts) = ended.unwrap();
        there.push(player);
        done += counts.0;
        refused += counts.1;
    }
    println!(
        "recordings: {} players, {done} commands done, {refused} refused",
        names.len()
    );
    assert!(done > names.len(), "nobody does anything");
    drop(there);
    until("everybody's end", async || {
        (server.http.figure("kadath_players_online").await == 0.0).then_some(())
    })
    .await;
}

/// The database answers nobody for a while.
async fn outage(server: &Server, cluster: Option<&Cluster>, length: Duration) {
    let mut lock = match cluster {
        Some(cluster) => {
            cluster.freeze();
            None
        }
        None => {
            let file = server.recipe.data().join("kadath.db");
            let database = format!("sqlite://{}", file.display());
            let mut lock = SqliteConnection::connect(&database).await.unwrap();
            let begin = sqlx::raw_sql("PRAGMA busy_timeout = 10000; BEGIN EXCLUSIVE");
            begin.execute(&mut lock).await.unwrap();
            Some(lock)
        }
    };
    tokio::time::sleep(length).await;
    if let Some(lock) = &mut lock {
        sqlx::raw_sql("ROLLBACK").execute(lock).await.unwrap();
    }
    if let Some(cluster) = cluster {
        cluster.thaw();
    }
}

async fn dropped(server: &Server) -> f64 {
    server.http.figure("kadath_recorder_dropped_total").await
}

struct Bot {
    player: Player,
    token: String,
    admin: bool,
    address: String,
    names: Arc<[String]>,
    /// Read by those who sign in: without its database a server refuses them.
    calm: Arc<RwLock<()>>,
    lots: Lots,
}

impl Bot {
    /// Does something again and again; answers how much was done and refused.
    async fn play(mut self, until: Instant) -> (Player, (usize, usize)) {
        let (mut done, mut refused) = (0, 0);
        while Instant::now() < until {
            if self.lots.below(SIGN_IN_ONE_IN) == 0
                && let Ok(_calm) = self.calm.try_read()
            {
                self.player = Player::join_at(&self.address, &self.token).await;
            }
            let line = self.line();
            let id = self.player.begin(&line).await;
            let answer = self.player.answer(id).await;
            self.player.forget();
            match answer["data"]["error"]["code"].as_str() {
                None => done += 1,
                Some("internal_error") => panic!("{line}: {answer}"),
                Some(_) => refused += 1,
            }
            self.player.rest(PAUSE).await;
        }
        (self.player, (done, refused))
    }

    fn line(&mut self) -> String {
        let all = LINES.len() + if self.admin { ORDERS.len() } else { 0 };
        let which = self.lots.below(all as u64) as usize;
        let line = LINES.iter().chain(&ORDERS).nth(which).unwrap();
        let whom = self.lots.below(self.names.len() as u64) as usize;
        line.replace("{}", &self.names[whom])
    }
}

/// The whole, and each file by itself.
async fn replays_equal(recipe: &Recipe) {
    let said = recipe.tool(&["replay", "--json"]).await;
    let all: Value = serde_json::from_str(&said).unwrap();
    let mut files: Vec<_> = std::fs::read_dir(recipe.data().join("recordings"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "rec"))
        .collect();
    files.sort();
    assert!(files.len() > 4, "{files:?}");
    let (mut ticks, mut empty) = (0, 0);
    for file in &files {
        let words = ["replay", "--json", file.to_str().unwrap()];
        match recipe.tool_ends(&words).await {
            (Some(0), said) => {
                let told: Value = serde_json::from_str(&said).unwrap();
                ticks += told["ticks"].as_u64().unwrap();
            }
            // The server was killed before it had written any.
            (Some(2), _) => empty += 1,
            (code, said) => panic!("{file:?} ends with {code:?}: {said}"),
        }
    }
    assert!(empty <= 1, "{empty} of {files:?} have no ticks");
    assert_eq!(Some(ticks), all["ticks"].as_u64(), "{all}");
    println!(
        "recordings: {ticks} ticks in {} files replayed equal, {} times as fast as recorded",
        files.len(),
        all["times_as_fast"]
    );
}
