//! What servers of before have written: a journal and a database of each shape that was ever released
//! is kept in `fixtures`, named after its last migration, and read for ever.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use engine::port::{Owner, StableId};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};

use crate::harness::{Batch, Database, World, on_both, row};

on_both!(old_database_and_journal_are_read);

fn id(name: &str) -> StableId {
    StableId::named(name)
}

/// Makes the database what it was, and gives the server the journal that goes with it.
async fn restore(database: &Database, release: &Path) {
    let kind = if database.is_postgres() {
        "postgres"
    } else {
        "sqlite"
    };
    let folder = release.join(kind);
    let sql = fs::read_to_string(folder.join("kadath.sql")).unwrap();
    if database.is_postgres() {
        database.execute(&sql).await;
    } else {
        let options = SqliteConnectOptions::from_str(&database.url).unwrap();
        let mut db: SqliteConnection = options.create_if_missing(true).connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut db)
            .await
            .unwrap();
    }
    fs::create_dir_all(database.journal_folder()).unwrap();
    for file in fs::read_dir(folder.join("journal")).unwrap() {
        let file = file.unwrap();
        fs::copy(
            file.path(),
            database.journal_folder().join(file.file_name()),
        )
        .unwrap();
    }
}

/// Each was written by the server of its time: rows of characters, of the world and of the node in
/// the database, and behind them, in the journal only, changes, removals, wipes and facts.
async fn old_database_and_journal_are_read(database: Database) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let releases: Vec<PathBuf> = fs::read_dir(fixtures)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(releases.len(), 1, "a test for each");
    restore(&database, &releases[0]).await;

    let mut world = World::start(database.config()).await;
    assert_eq!(world.rows(id("ann")).await, [row(id("ann"), "purse", 2)]);
    assert_eq!(world.rows(id("bob")).await, []);
    assert_eq!(world.rows(id("cat")).await, [row(id("cat"), "purse", 9)]);
    assert_eq!(world.rows(id("dan")).await, [row(id("dan"), "purse", 4)]);
    let mut kept: Vec<(Owner, &str, &str)> = world
        .recovered
        .world_rows
        .iter()
        .map(|row| (row.owner, row.component.as_str(), row.body.as_str()))
        .collect();
    kept.sort_unstable();
    assert_eq!(
        kept,
        [(Owner::World, "calendar", "10"), (Owner::Node, "book", "8")]
    );
    let facts = "SELECT CAST(sum(sum) AS BIGINT) FROM facts WHERE kind = 'step'";
    world
        .apply(Batch::default().put(id("cat"), "purse", 10))
        .await;
    assert_eq!(database.number(facts).await, 3);
    // Rows of before have owners now, too.
    let owned = "SELECT count(*) FROM component_rows WHERE owner = entity";
    assert_eq!(database.number(owned).await, 3);
}
