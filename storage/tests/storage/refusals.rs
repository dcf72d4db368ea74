//! Starts that must not succeed, each with a message that says what to do.

use std::fs;
use std::path::Path;

use engine::port::StableId;
use storage::{Left, StorageFault};

use crate::harness::{Backend, Batch, Database, World, on_both, row, until};

on_both!(
    a_second_server_on_the_folder_is_refused,
    a_database_of_another_world_is_refused,
    empty_database_under_old_journal_is_refused,
    a_database_older_than_the_journal_is_refused,
    a_database_newer_than_the_program_is_refused,
    older_journal_copy_yields_to_database,
    superseded_journal_is_refused,
    journal_of_other_node_name_is_refused,
);

fn ann() -> StableId {
    StableId::named("ann")
}

async fn refusal(config: storage::StorageConfig) -> StorageFault {
    match World::open(config).await {
        Ok(_) => panic!("storage opened"),
        Err(fault) => fault,
    }
}

async fn a_second_server_on_the_folder_is_refused(database: Database) {
    let first = World::start(database.config()).await;
    let fault = refusal(database.config()).await;
    assert!(
        matches!(&fault, StorageFault::Locked { pid, .. } if *pid == Some(std::process::id())),
        "{fault}"
    );
    assert!(fault.to_string().contains("data"), "{fault}");
    assert_eq!(first.stop().await, Left::Applied);
    World::start(database.config()).await.crash();
}

async fn a_database_of_another_world_is_refused(database: Database) {
    World::start(database.config()).await.stop().await;
    database
        .execute(
            "UPDATE meta SET value = '7a1c2d3e-0000-4000-8000-000000000000' WHERE key = 'world'",
        )
        .await;
    let fault = refusal(database.config()).await;
    assert!(
        matches!(fault, StorageFault::WorldMismatch { .. }),
        "{fault}"
    );
    assert!(fault.to_string().contains("--database"), "{fault}");
}

async fn empty_database_under_old_journal_is_refused(database: Database) {
    let mut world = World::start(database.config()).await;
    world.apply(Batch::default().put(ann(), "purse", 1)).await;
    world.crash();
    let other = match database.is_postgres() {
        true => Backend::Postgres.fresh().await,
        false => Backend::Sqlite.fresh().await,
    };
    let mut config = database.config();
    config.database.url.clone_from(&other.url);
    // The predecessor may still hold the folder for a moment.
    let fault = loop {
        match refusal(config.clone()).await {
            StorageFault::Locked { .. } => tokio::task::yield_now().await,
            fault => break fault,
        }
    };
    assert!(
        matches!(fault, StorageFault::EmptyDatabase { .. }),
        "{fault}"
    );
}

async fn a_database_older_than_the_journal_is_refused(database: Database) {
    let mut config = database.config();
    config.journal.segment_bytes = 4_096;
    let mut world = World::start(config.clone()).await;
    for _ in 0..5 {
        world
            .apply(Batch::default().put(ann(), "tale", "t".repeat(3_000)))
            .await;
    }
    assert_eq!(world.stop().await, Left::Applied);
    // As a backup from before the first batch would have it.
    database.execute("DELETE FROM applied").await;
    let fault = refusal(config).await;
    assert!(
        matches!(fault, StorageFault::DatabaseBehind { .. }),
        "{fault}"
    );
    assert!(fault.to_string().contains("Restore"), "{fault}");
}

async fn a_database_newer_than_the_program_is_refused(database: Database) {
    World::start(database.config()).await.stop().await;
    let newest = database
        .number("SELECT CAST(max(version) AS BIGINT) FROM _sqlx_migrations")
        .await;
    database
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             SELECT 9999, 'from the future', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
        )
        .await;
    let fault = refusal(database.config()).await;
    assert!(
        matches!(
            fault,
            StorageFault::DatabaseNewer {
                found: 9999,
                known,
                ..
            } if known == newest
        ),
        "{fault}"
    );
    let said = fault.to_string();
    for word in ["migration 9999", "none above", "newer version", "backup"] {
        assert!(said.contains(word), "no `{word}` in: {said}");
    }
}

async fn older_journal_copy_yields_to_database(database: Database) {
    let mut world = World::start(database.config()).await;
    world.apply(Batch::default().put(ann(), "purse", 1)).await;
    assert_eq!(world.stop().await, Left::Applied);
    let backup = database.folder.path().join("backup");
    copy(&database.journal_folder(), &backup);

    let mut world = World::start(database.config()).await;
    let run = world.recovered.run;
    let tick = world.apply(Batch::default().put(ann(), "purse", 2)).await;
    assert_eq!(world.stop().await, Left::Applied);
    fs::remove_dir_all(database.journal_folder()).unwrap();
    copy(&backup, &database.journal_folder());

    let mut world = World::start(database.config()).await;
    // The last batch is one tick behind the one that was watched.
    assert_eq!(world.recovered.before, Some((run, tick + 1)));
    assert_eq!(world.rows(ann()).await, [row(ann(), "purse", 2)]);
    world.apply(Batch::default().put(ann(), "purse", 3)).await;
    world.crash();
    let world = World::start(database.config()).await;
    assert_eq!(world.rows(ann()).await, [row(ann(), "purse", 3)]);
}

/// A journal that is put back after the world went on without it is refused.
async fn superseded_journal_is_refused(database: Database) {
    let mut world = World::start(database.config()).await;
    world.apply(Batch::default().put(ann(), "purse", 1)).await;
    // Durable, but as a restored backup has it not applied.
    let hold = database.hold_writes().await;
    world.save(Batch::default().put(ann(), "purse", 2)).await;
    world.crash();
    hold.release().await;
    let away = database.folder.path().join("journal.away");
    let journal = database.journal_folder();
    wait_for_the_folder(&database).await;
    fs::rename(&journal, &away).unwrap();

    let mut world = World::start(database.config()).await;
    world.apply(Batch::default().put(ann(), "purse", 3)).await;
    assert_eq!(world.stop().await, Left::Applied);
    fs::rename(&journal, database.folder.path().join("newer")).unwrap();
    fs::rename(&away, &journal).unwrap();
    let fault = refusal(database.config()).await;
    assert!(matches!(fault, StorageFault::Superseded { .. }), "{fault}");
    assert!(fault.to_string().contains("move this journal folder away"));

    fs::remove_dir_all(&journal).unwrap();
    fs::rename(database.folder.path().join("newer"), &journal).unwrap();
    let world = World::start(database.config()).await;
    assert_eq!(world.rows(ann()).await, [row(ann(), "purse", 3)]);
}

/// Until a predecessor that was dropped has let go.
async fn wait_for_the_folder(database: &Database) {
    let lock = database.config().data.join("lock");
    until("the folder", || {
        fs::File::open(&lock).unwrap().try_lock().is_ok()
    })
    .await;
}

async fn journal_of_other_node_name_is_refused(database: Database) {
    let mut world = World::start(database.config()).await;
    world.apply(Batch::default().put(ann(), "purse", 1)).await;
    assert_eq!(world.stop().await, Left::Applied);
    let mut config = database.config();
    config.node = "renamed".to_owned();
    let fault = refusal(config).await;
    assert!(
        matches!(&fault, StorageFault::Renamed { was, now } if was == "kadath" && now == "renamed"),
        "{fault}"
    );
    World::start(database.config()).await.crash();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test]
async fn impossible_settings_are_refused_by_name() {
    let database = Backend::Sqlite.fresh().await;
    let mut config = database.config();
    config.database.pool_max = 0;
    config.database.pool_min = 0;
    assert!(
        refusal(config)
            .await
            .to_string()
            .contains("database.pool_max")
    );
    let mut config = database.config();
    config.database.url = "mysql://somewhere/else".to_owned();
    assert!(refusal(config).await.to_string().contains("database.url"));
}

#[tokio::test]
async fn foreign_file_is_refused_as_database() {
    let database = Backend::Sqlite.fresh().await;
    let file = database.folder.path().join("test.db");
    fs::write(
        &file,
        "not a database, but long enough to be looked at twice".repeat(50),
    )
    .unwrap();
    let began = std::time::Instant::now();
    let fault = refusal(database.config()).await;
    assert!(matches!(fault, StorageFault::Refused { .. }), "{fault}");
    assert!(began.elapsed().as_secs() < 3);
}

#[tokio::test]
async fn damaged_key_file_is_refused_unquoted() {
    let database = Backend::Sqlite.fresh().await;
    let data = database.config().data;
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("token.keys"), "{\"keys\": [\"s3cret\"]}").unwrap();
    let fault = refusal(database.config()).await;
    assert!(matches!(fault, StorageFault::TokenKeys { .. }), "{fault}");
    assert!(!format!("{fault} {fault:?}").contains("s3cret"));
}
