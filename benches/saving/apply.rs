//! How fast rows reach the database, against a bare loop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::port::{
    Column, LaneLimits, Owner, Registry, RowRef, SaveBatch, StableId, Tasks, WorldTime, lanes,
};
use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, query};
use storage::{Storage, StorageConfig};
use tempfile::TempDir;
use uuid::Uuid;

use crate::postgres::Cluster;
use crate::{judge, quantile};

const ROWS: usize = 10_000;
const ROUNDS: usize = 15;
/// Of the bare loop's speed.
const GOAL: f64 = 0.8;
/// What the applier rests from the beginning of one transaction to that of the next, and a little
/// more: how fast rows are written is the figure, not how seldom.
const REST: Duration = Duration::from_millis(1_050);
/// Whose own a row is: nobody's.
const NODE: Option<&str> = None;
const PATIENCE: Duration = Duration::from_secs(60);

/// A value of a common size, about 100 bytes of JSON.
#[derive(Clone, Debug, Serialize)]
struct Sheet {
    room: String,
    points: usize,
    note: String,
}

fn id(n: usize) -> StableId {
    StableId::named(&format!("player {n}"))
}

fn sheet(n: usize, round: usize) -> Sheet {
    Sheet {
        room: format!("arkham_northside_room_{n:04}"),
        points: n + round,
        note: "saw a light in the upper windows of the Witch House".to_owned(),
    }
}

#[derive(Debug)]
struct Sheets(Vec<(StableId, Sheet)>);

impl Column for Sheets {
    fn component(&self) -> &'static str {
        "sheet"
    }
    fn version(&self) -> u32 {
        1
    }
    fn len(&self) -> usize {
        self.0.len()
    }
    fn visit(&self, see: &mut dyn FnMut(RowRef<'_>)) {
        for (id, sheet) in &self.0 {
            see(RowRef {
                id: *id,
                owner: Owner::Character(*id),
                body: sheet,
            });
        }
    }
}

/// Both figures.
pub(crate) async fn run() -> bool {
    let folder = TempDir::new().expect("a folder");
    let cluster = Cluster::started().await;
    let (applied, bare) = (cluster.make("applied").await, cluster.make("bare").await);
    let postgres = race("PostgreSQL", &folder, applied, bare).await;
    let file = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
    let sqlite = race("SQLite", &folder, file("applied.db"), file("bare.db")).await;
    postgres && sqlite
}

/// Storage and bare loop in turns, each on a database of its own with the same tables.
async fn race(name: &str, folder: &TempDir, ours: String, bare: String) -> bool {
    let data = folder.path().join(format!("{name}-bare"));
    Saver::start(data, bare.clone()).await.stop().await;
    let mut bare = Bare::connect(&bare).await;
    let data = folder.path().join(format!("{name}-applied"));
    let mut saver = Saver::start(data, ours).await;
    let (mut applied, mut looped) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let one = saver.apply(round).await;
        // As long as the other has rested: a database that has just worked is quicker.
        tokio::time::sleep(REST / 2).await;
        let other = bare.write(round).await;
        tokio::time::sleep(REST / 2).await;
        // The first round inserts, the others write over it, as a server does nearly always.
        if round > 0 {
            applied.push(one);
            looped.push(other);
        }
    }
    saver.stop().await;
    let (applied, looped) = (quantile(&mut applied, 0.5), quantile(&mut looped, 0.5));
    let speed = |took: Duration| ROWS as f64 / took.as_secs_f64();
    let ratio = speed(applied) / speed(looped);
    println!(
        "apply to {name}: {:.0} rows/s against {:.0} of the bare loop, {ratio:.2} times ({applied:?}, {looped:?})",
        speed(applied),
        speed(looped)
    );
    judge(
        &format!("apply to {name} at least {GOAL} of the loop"),
        ratio >= GOAL,
    )
}

/// The real storage, without a world.
struct Saver {
    storage: Storage,
    ports: engine::port::EnginePorts,
    tick: u64,
    /// When the applier's rest is over.
    rested: Instant,
}

impl Saver {
    async fn start(data: std::path::PathBuf, url: String) -> Self {
        let registry = Registry::new();
        let tasks = Tasks::new(&registry).unwrap();
        let mut config = StorageConfig::in_folder(data);
        config.database.url = url;
        let (storage, recovered) = Storage::open(config, &registry, &tasks).await.unwrap();
        let lanes = lanes(LaneLimits::default(), &registry).unwrap();
        storage.run(lanes.storage).unwrap();
        Self {
            storage,
            ports: lanes.engine,
            tick: recovered.first_tick,
            rested: Instant::now(),
        }
    }

    /// How long 10,000 durable rows take into the database.
    async fn apply(&mut self, round: usize) -> Duration {
        let rows = (0..ROWS).map(|n| (id(n), sheet(n, round))).collect();
        tokio::time::sleep_until(self.rested.into()).await;
        let tick = self.send(vec![Arc::new(Sheets(rows))], false);
        let gauge = std::sync::Arc::clone(&self.ports.gauge);
        let watching = tokio::task::spawn_blocking(move || {
            let deadline = Instant::now() + PATIENCE;
            let wait = |done: &dyn Fn() -> bool| {
                while !done() {
                    assert!(Instant::now() < deadline, "storage does not go on");
                    std::thread::sleep(Duration::from_micros(50));
                }
                Instant::now()
            };
            let durable = wait(&|| gauge.durable_tick() >= tick);
            (durable, wait(&|| gauge.applied_tick() >= tick) - durable)
        });
        let (durable, took) = watching.await.unwrap();
        self.rested = durable + REST;
        took
    }

    fn send(&mut self, columns: Vec<Arc<dyn Column>>, last: bool) -> u64 {
        self.tick += 1;
        let batch = SaveBatch {
            tick: self.tick,
            now: WorldTime(self.tick),
            columns,
            last,
            ..SaveBatch::default()
        };
        assert!(self.ports.saves.try_send(batch).is_ok(), "the lane is busy");
        self.tick
    }

    async fn stop(mut self) {
        self.send(Vec::new(), true);
        drop(self.ports);
        self.storage.shutdown(PATIENCE).await;
    }
}

/// `sqlx` and the statement, nothing else.
enum Bare {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Bare {
    async fn connect(url: &str) -> Self {
        if let Some(file) = url.strip_prefix("sqlite://") {
            // As storage opens it.
            let options = SqliteConnectOptions::new()
                .filename(file)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full);
            Self::Sqlite(options.connect().await.unwrap())
        } else {
            Self::Postgres(PgConnection::connect(url).await.unwrap())
        }
    }

    async fn write(&mut self, round: usize) -> Duration {
        let mut rows: Vec<(Uuid, String)> = (0..ROWS)
            .map(|n| {
                let body = serde_json::to_string(&sheet(n, round)).unwrap();
                (id(n).uuid(), body)
            })
            .collect();
        rows.sort_unstable();
        let sequence = i64::try_from(round).unwrap();
        let began = Instant::now();
        match self {
            Self::Postgres(connection) => {
                let mut tx = connection.begin().await.unwrap();
                let (ids, bodies): (Vec<Uuid>, Vec<String>) = rows.into_iter().unzip();
                query(
                    "INSERT INTO component_rows (entity, component, version, scope, node, body, sequence)
                     SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::bigint[], $4::smallint[],
                                          $5::text[], $6::text[], $7::bigint[])
                     ON CONFLICT (entity, component) DO UPDATE SET
                         version = excluded.version, scope = excluded.scope, node = excluded.node,
                         body = excluded.body, sequence = excluded.sequence",
                )
                .bind(ids)
                .bind(vec!["sheet"; ROWS])
                .bind(vec![1_i64; ROWS])
                .bind(vec![1_i16; ROWS])
                .bind(vec![NODE; ROWS])
                .bind(bodies)
                .bind(vec![sequence; ROWS])
                .execute(&mut *tx)
                .await
                .unwrap();
                tx.commit().await.unwrap();
            }
            Self::Sqlite(connection) => {
                let mut tx = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
                let values: Vec<_> = rows
                    .iter()
                    .map(|(id, body)| {
                        (id.simple().to_string(), "sheet", 1, 1, NODE, body, sequence)
                    })
                    .collect();
                query(
                    "INSERT INTO component_rows (entity, component, version, scope, node, body, sequence)
                     SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4,
                            value ->> 5, value ->> 6
                     FROM json_each($1) WHERE true
                     ON CONFLICT (entity, component) DO UPDATE SET
                         version = excluded.version, scope = excluded.scope, node = excluded.node,
                         body = excluded.body, sequence = excluded.sequence",
                )
                .bind(serde_json::to_string(&values).unwrap())
                .execute(&mut *tx)
                .await
                .unwrap();
                tx.commit().await.unwrap();
            }
        }
        began.elapsed()
    }
}
