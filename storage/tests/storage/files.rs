//! The files of a server: who else may use them, who may read them, and what happens when they are
//! no longer there.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::port::{Registry, Role, StableId, Tasks};
use storage::{Accounts, Left, StorageConfig, StorageFault};

use crate::harness::{Backend, Batch, Database, World, row, until};

/// Within a second, on a machine with other things to do.
const SOON: Duration = Duration::from_secs(5);

fn ann() -> StableId {
    StableId::named("ann")
}

/// A server whose SQLite file lies in its data folder, as it does by default.
async fn at_home() -> (Database, StorageConfig) {
    let database = Backend::Sqlite.fresh().await;
    let mut config = database.config();
    config.database.url.clear();
    (database, config)
}

/// The same file under another path, from another data folder.
fn by_path(database: &Database, path: &Path) -> StorageConfig {
    let mut config = database.config_in("other");
    config.database.url = format!("sqlite://{}", path.display());
    config
}

async fn refusal(config: StorageConfig) -> StorageFault {
    match World::open(config).await {
        Ok(_) => panic!("storage opened"),
        Err(fault) => fault,
    }
}

#[tokio::test]
async fn second_server_on_database_file_is_refused() {
    let (database, config) = at_home().await;
    let first = World::start(config.clone()).await;
    let file = config.data.join("kadath.db");
    let (link, folder) = (
        database.folder.path().join("link.db"),
        database.folder.path().join("folder"),
    );
    symlink(&file, &link).unwrap();
    symlink(&config.data, &folder).unwrap();
    let around = config.data.join("journal/../kadath.db");
    for path in [&file, &link, &folder.join("kadath.db"), &around] {
        let fault = refusal(by_path(&database, path)).await;
        let StorageFault::DatabaseLocked { pid, .. } = &fault else {
            panic!("{}: {fault}", path.display());
        };
        assert_eq!(*pid, Some(std::process::id()));
        let real = fs::canonicalize(&file).unwrap();
        assert!(fault.to_string().contains(&real.display().to_string()));
    }
    assert_eq!(first.stop().await, Left::Applied);
    let second = World::start(by_path(&database, &link)).await;
    assert_eq!(second.stop().await, Left::Applied);
}

#[tokio::test]
async fn database_file_of_two_names_is_refused() {
    let (database, config) = at_home().await;
    let first = World::start(config.clone()).await;
    let other = database.folder.path().join("other.db");
    fs::hard_link(config.data.join("kadath.db"), &other).unwrap();
    let fault = refusal(by_path(&database, &other)).await;
    assert!(
        matches!(fault, StorageFault::SeveralNames { names: 2, .. }),
        "{fault}"
    );
    assert_eq!(first.stop().await, Left::Applied);
    let fault = refusal(config.clone()).await;
    assert!(
        matches!(fault, StorageFault::SeveralNames { .. }),
        "{fault}"
    );
    fs::remove_file(other).unwrap();
    World::start(config).await.crash();
}

#[tokio::test]
async fn account_command_works_beside_a_server() {
    let (_database, config) = at_home().await;
    let world = World::start(config.clone()).await;
    let registry = Registry::new();
    let tasks = Tasks::new(&registry).unwrap();
    let accounts = Accounts::connect(&config, &registry, &tasks).await.unwrap();
    accounts
        .create_account("Beside", "a long pass-phrase 9", Role::Player)
        .await
        .unwrap();
    accounts.close().await;
    let signed_in = world
        .accounts()
        .login("Beside", "a long pass-phrase 9")
        .await;
    assert!(signed_in.is_ok(), "{signed_in:?}");
    assert_eq!(world.stop().await, Left::Applied);
}

/// Everything below a folder, itself included.
fn all_below(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![folder.to_owned()];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(all_below(&path));
        } else {
            all.push(path);
        }
    }
    all
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

#[tokio::test]
async fn new_files_belong_to_owner_alone() {
    let (_database, config) = at_home().await;
    let mut world = World::start(config.clone()).await;
    world.apply(Batch::default().put(ann(), "purse", 1)).await;
    let all = all_below(&config.data);
    let names: Vec<_> = all
        .iter()
        .filter_map(|path| path.file_name()?.to_str())
        .collect();
    for name in ["kadath.db", "kadath.db-wal", "kadath.db-shm", "token.keys"] {
        assert!(names.contains(&name), "no {name} in {names:?}");
    }
    for path in &all {
        let due = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(path), due, "{}", path.display());
    }
    assert_eq!(world.stop().await, Left::Applied);
}

#[tokio::test]
async fn wide_files_close_and_folder_stays_wide() {
    let (_database, config) = at_home().await;
    let mut world = World::start(config.clone()).await;
    world.apply(Batch::default().put(ann(), "purse", 1)).await;
    assert_eq!(world.stop().await, Left::Applied);
    fs::write(config.data.join("address"), "http://127.0.0.1:4000").unwrap();
    for path in all_below(&config.data) {
        let wide = if path.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(&path, Permissions::from_mode(wide)).unwrap();
    }
    let foreign = config.data.join("notes.txt");
    fs::write(&foreign, "an operator's own").unwrap();
    fs::set_permissions(&foreign, Permissions::from_mode(0o644)).unwrap();

    let world = World::start(config.clone()).await;
    for path in all_below(&config.data) {
        let due = if path == config.data {
            0o755
        } else if path == foreign {
            0o644
        } else if path.is_dir() {
            0o700
        } else {
            0o600
        };
        assert_eq!(mode(&path), due, "{}", path.display());
    }
    assert_eq!(world.stop().await, Left::Applied);
}

/// Something happens to the files of a running server, which then must say so and end with less
/// than everything.
async fn notices(what: &str, of_database: bool, happen: impl FnOnce(&Path)) {
    let (_database, config) = at_home().await;
    let mut world = World::start(config.clone()).await;
    world.apply(Batch::default().put(ann(), "purse", 1)).await;
    // Looked at once at least: four times a second, and no look leaves a trace to wait for.
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(world.storage.health(SOON).is_ok(), "{what}: before");

    let began = Instant::now();
    happen(&config.data);
    // A folder goes file by file: a look may fall in between, and the next sees the rest.
    until(what, || {
        let shut = !world.ports.gauge.state().accepting;
        shut && (!of_database || world.storage.health(SOON).store.is_err())
    })
    .await;
    assert!(began.elapsed() < SOON, "{what}: {:?}", began.elapsed());
    let health = world.storage.health(SOON);
    let reason = health.journal.unwrap_err();
    assert!(reason.contains("removed or replaced"), "{what}: {reason}");
    assert_eq!(health.store.is_err(), of_database, "{what}: {health:?}");
    assert_eq!(
        world.accounts().guest().await.is_err(),
        of_database,
        "{what}: guests"
    );

    let durable = world.ports.gauge.durable_tick();
    let tick = world.send(Batch::default().put(ann(), "purse", 2)).await;
    world.ports.gauge.set_clean(tick);
    let gauge = Arc::clone(&world.ports.gauge);
    assert_eq!(world.stop().await, Left::Lost, "{what}");
    assert_eq!(gauge.durable_tick(), durable, "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vanished_folder_is_noticed() {
    notices("a deleted data folder", true, |data| {
        fs::remove_dir_all(data).unwrap();
    })
    .await;
    notices("a moved data folder", true, |data| {
        fs::rename(data, data.with_extension("away")).unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vanished_journal_is_noticed() {
    notices("a deleted journal", false, |data| {
        fs::remove_dir_all(data.join("journal")).unwrap();
    })
    .await;
    notices("a replaced journal", false, |data| {
        fs::rename(data.join("journal"), data.join("away")).unwrap();
        fs::create_dir(data.join("journal")).unwrap();
    })
    .await;
    notices("a deleted segment", false, |data| {
        for entry in fs::read_dir(data.join("journal")).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
    })
    .await;
    notices("a deleted lock", false, |data| {
        fs::remove_file(data.join("lock")).unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vanished_database_file_is_noticed() {
    notices("a deleted database", true, |data| {
        fs::remove_file(data.join("kadath.db")).unwrap();
    })
    .await;
    notices("a replaced database", true, |data| {
        let file = data.join("kadath.db");
        fs::copy(&file, data.join("copy")).unwrap();
        fs::rename(data.join("copy"), file).unwrap();
    })
    .await;
    notices("a deleted write-ahead log", true, |data| {
        fs::remove_file(data.join("kadath.db-wal")).unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn path_of_a_vanished_folder_is_free_again() {
    let (_database, config) = at_home().await;
    let first = World::start(config.clone()).await;
    fs::remove_dir_all(&config.data).unwrap();
    until("the loss", || !first.ports.gauge.state().accepting).await;
    let mut second = World::start(config).await;
    second.apply(Batch::default().put(ann(), "purse", 7)).await;
    // The first one's end takes nothing of the second's along.
    assert_eq!(first.stop().await, Left::Lost);
    second.apply(Batch::default().put(ann(), "purse", 8)).await;
    assert_eq!(second.rows(ann()).await, [row(ann(), "purse", 8)]);
    assert!(second.storage.health(SOON).is_ok());
    assert_eq!(second.stop().await, Left::Applied);
}
