//! Tokens: expiry, forgery, rotation, signing out.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use engine::port::{Code, Registry, Tasks};
use storage::{AccountRefusal, Accounts};

use crate::harness::{Backend, World, until};

fn code<T: std::fmt::Debug>(answer: Result<T, AccountRefusal>) -> Code {
    answer.unwrap_err().refusal.code
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_token_differs_from_forgery() {
    let database = Backend::Sqlite.fresh().await;
    let mut config = database.config();
    config.accounts.token_lifetime_seconds = 1;
    let world = World::start(config).await;
    let accounts = world.accounts();
    let signed = accounts.guest().await.unwrap();
    until("the token's end", || {
        accounts.verify(&signed.token).is_err()
    })
    .await;
    assert_eq!(code(accounts.verify(&signed.token)), Code::TokenExpired);
    let claims = accounts.verify_expired_ok(&signed.token).unwrap();
    assert_eq!(claims.account, signed.account.id);

    let (head, signature) = signed.token.rsplit_once('.').unwrap();
    let (header, body) = head.split_once('.').unwrap();
    // {"alg":"none"}
    let unsigned = format!("eyJhbGciOiJub25lIn0.{body}.");
    let last = if signature.ends_with('A') { "B" } else { "A" };
    let forged = format!("{head}.{}{last}", &signature[..signature.len() - 1]);
    let cut = format!("{header}.{body}");
    for token in [unsigned.as_str(), &forged, &cut, "", "a.b.c", "\0", "x"] {
        assert_eq!(code(accounts.verify(token)), Code::InvalidToken, "{token}");
        assert_eq!(
            code(accounts.verify_expired_ok(token)),
            Code::InvalidToken,
            "{token}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_key_signs_and_older_verifies() {
    let database = Backend::Sqlite.fresh().await;
    let world = World::start(database.config()).await;
    let old = world.accounts().guest().await.unwrap().token;
    world.accounts().rotate_keys().unwrap();
    let new = world.accounts().guest().await.unwrap().token;
    assert_ne!(
        old.split('.').next(),
        new.split('.').next(),
        "another key id"
    );
    assert!(world.accounts().verify(&old).is_ok() && world.accounts().verify(&new).is_ok());

    let file = database.config().data.join("token.keys");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    world.stop().await;
    let world = World::start(database.config()).await;
    assert!(world.accounts().verify(&old).is_ok() && world.accounts().verify(&new).is_ok());
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    world.stop().await;

    fs::remove_file(&file).unwrap();
    let world = World::start(database.config()).await;
    assert_eq!(code(world.accounts().verify(&old)), Code::InvalidToken);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_outlives_a_restart() {
    let database = Backend::Sqlite.fresh().await;
    let world = World::start(database.config()).await;
    let gone = world.accounts().guest().await.unwrap().token;
    let kept = world.accounts().guest().await.unwrap().token;
    world.accounts().logout(&gone).await.unwrap();
    assert_eq!(code(world.accounts().verify(&gone)), Code::InvalidToken);
    // Once more is no mistake, what was never a token is one.
    world.accounts().logout(&gone).await.unwrap();
    let never = world.accounts().logout("a.b.c").await;
    assert_eq!(code(never), Code::InvalidToken);
    world.stop().await;

    let world = World::start(database.config()).await;
    assert_eq!(code(world.accounts().verify(&gone)), Code::InvalidToken);
    assert_eq!(
        code(world.accounts().verify_expired_ok(&gone)),
        Code::InvalidToken
    );
    assert!(world.accounts().verify(&kept).is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_alone_work_beside_a_running_server() {
    let database = Backend::Sqlite.fresh().await;
    let world = World::start(database.config()).await;
    let registry = Registry::new();
    let tasks = Tasks::new(&registry).unwrap();
    let tool = Accounts::connect(&database.config(), &registry, &tasks)
        .await
        .unwrap();
    tool.create_account("Keziah", "brown jenkin", engine::port::Role::Admin)
        .await
        .unwrap();
    tool.close().await;
    let signed = world
        .accounts()
        .login("keziah", "brown jenkin")
        .await
        .unwrap();
    assert_eq!(signed.account.role, engine::port::Role::Admin);
    let shown = format!("{signed:?}");
    assert!(!shown.contains(&signed.token), "Debug shows no token");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_out_without_database_outlives_a_crash() {
    let database = Backend::Sqlite.fresh().await;
    let world = World::start(database.config()).await;
    let gone = world.accounts().guest().await.unwrap().token;
    let file = database.config().data.join("signed-out");
    let held = database.hold_writes().await;
    world.accounts().logout(&gone).await.unwrap();
    world.accounts().logout(&gone).await.unwrap();
    assert_eq!(code(world.accounts().verify(&gone)), Code::InvalidToken);
    let written = fs::read_to_string(&file).unwrap();
    assert_eq!(written.lines().count(), 2, "token and sign-in: {written}");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    world.crash();
    held.release().await;

    // A torn line behind it costs nothing.
    fs::write(&file, format!("{written}torn")).unwrap();
    let world = World::start(database.config()).await;
    assert_eq!(code(world.accounts().verify(&gone)), Code::InvalidToken);
    until("the file to go", || !file.exists()).await;
    let saved = "SELECT count(*) FROM revoked_tokens";
    assert_eq!(database.number(saved).await, 2);
}
