//! Registering and signing in, and what it costs, on both databases.

use engine::port::{AccountId, Code};
use storage::Left;
use uuid::Uuid;

use crate::accounts::{PASSWORD, code};
use crate::harness::{Database, World, on_both};

on_both!(
    registering_signs_in_and_a_login_comes_back,
    wrong_password_and_unknown_name_answer_alike,
    too_many_waiting_hashes_are_refused,
    sign_in_renews_hash_of_other_cost,
    account_with_character_is_made_whole,
    unknown_name_is_refused_as_slowly,
);

async fn registering_signs_in_and_a_login_comes_back(database: Database) {
    let world = World::start(database.config()).await;
    let signed = world
        .accounts()
        .register("Zadok", PASSWORD, None)
        .await
        .unwrap();
    assert_eq!(signed.account.username, "Zadok");
    assert!(!signed.account.guest && signed.characters.is_empty());
    let claims = world.accounts().verify(&signed.token).unwrap();
    assert_eq!(
        (claims.account, claims.expires_at),
        (signed.account.id, signed.expires_at)
    );
    let ann = world
        .accounts()
        .create_character(signed.account.id, "Ann", Some("Professor"))
        .await
        .unwrap();
    assert_eq!(world.stop().await, Left::Applied);

    let world = World::start(database.config()).await;
    let again = world.accounts().login("zadok", PASSWORD).await.unwrap();
    assert_eq!(again.account, signed.account);
    assert_eq!(again.characters, [ann]);
    assert_eq!(again.characters[0].profession.as_deref(), Some("Professor"));
    assert_eq!(
        world.accounts().me(again.account.id).await.unwrap(),
        signed.account
    );
    assert!(
        world.accounts().verify(&signed.token).is_ok(),
        "the key survived the restart"
    );
    // The hash is what the configuration asks for, and nothing else is stored.
    let hash = database.text("SELECT password_hash FROM accounts").await;
    assert!(hash.starts_with("$argon2id$v=19$m=1024,t=1,p=1$"), "{hash}");
    let nobody = AccountId(Uuid::from_u128(5));
    assert_eq!(
        code(world.accounts().me(nobody).await).0,
        Code::InvalidToken
    );
}

async fn wrong_password_and_unknown_name_answer_alike(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    accounts.register("Zadok", PASSWORD, None).await.unwrap();
    let guest = accounts.guest().await.unwrap();
    let wrong = accounts
        .login("Zadok", "the king in blue")
        .await
        .unwrap_err();
    let unknown = accounts.login("Dagon", PASSWORD).await.unwrap_err();
    let passwordless = accounts
        .login(&guest.account.username, PASSWORD)
        .await
        .unwrap_err();
    assert_eq!(wrong.refusal.code, Code::AuthenticationFailed);
    assert_eq!(wrong, unknown);
    assert_eq!(wrong, passwordless);
}

async fn too_many_waiting_hashes_are_refused(database: Database) {
    let mut config = database.config();
    config.accounts.hash_workers = 1;
    config.accounts.hash_queue_max = 2;
    config.accounts.argon2.memory_kib = 16_384;
    let world = World::start(config).await;
    let mut crowd = tokio::task::JoinSet::new();
    for n in 0..30 {
        let accounts = world.accounts().clone();
        crowd.spawn(async move {
            accounts
                .register(&format!("player{n}"), PASSWORD, None)
                .await
        });
    }
    let answers = crowd.join_all().await;
    let busy = answers
        .iter()
        .filter_map(|answer| answer.as_ref().err())
        .inspect(|denied| assert_eq!(denied.refusal.code, Code::ServerBusy))
        .inspect(|denied| assert!(denied.refusal.retry_after_ms.is_some()))
        .count();
    assert!((1..=27).contains(&busy), "{busy} of 30 refused");
}

async fn sign_in_renews_hash_of_other_cost(database: Database) {
    let hash = "SELECT password_hash FROM accounts";
    let world = World::start(database.config()).await;
    world
        .accounts()
        .register("Zadok", PASSWORD, None)
        .await
        .unwrap();
    world.stop().await;

    let mut config = database.config();
    config.accounts.argon2.memory_kib = 2_048;
    let world = World::start(config).await;
    let wrong = world.accounts().login("Zadok", "not the password").await;
    assert_eq!(code(wrong).0, Code::AuthenticationFailed);
    let kept = database.text(hash).await;
    assert!(kept.starts_with("$argon2id$v=19$m=1024,"), "{kept}");
    world.accounts().login("Zadok", PASSWORD).await.unwrap();
    let renewed = database.text(hash).await;
    assert!(renewed.starts_with("$argon2id$v=19$m=2048,"), "{renewed}");
    world.accounts().login("Zadok", PASSWORD).await.unwrap();
    assert_eq!(database.text(hash).await, renewed, "once is enough");
}

/// An account that is made to play comes with its character, or not at all.
async fn account_with_character_is_made_whole(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let made = accounts
        .register_to_play("Zadok", PASSWORD, None)
        .await
        .unwrap();
    assert_eq!(made.characters.len(), 1);
    assert_eq!(made.characters[0].name, "Zadok");
    let id = made.account.id;
    accounts.create_character(id, "Obed", None).await.unwrap();
    accounts
        .create_character(id, "Ephraim", None)
        .await
        .unwrap();
    let fourth = accounts.create_character(id, "Asenath", None).await;
    assert_eq!(code(fourth).0, Code::ResourceConflict, "it is counted");

    for (name, why) in [
        ("zadok2", Code::ValidationError),
        ("Obed", Code::ResourceAlreadyExists),
    ] {
        let refused = accounts.register_to_play(name, PASSWORD, None).await;
        assert_eq!(code(refused), (why, Some("name")), "{name}");
        let login = accounts.login(name, PASSWORD).await;
        assert_eq!(code(login).0, Code::AuthenticationFailed, "{name}");
    }
}

/// A wrong password takes as long: time does not tell which names there are.
async fn unknown_name_is_refused_as_slowly(database: Database) {
    let mut config = database.config();
    // Dear enough to stand out against the database.
    config.accounts.argon2.memory_kib = 32_768;
    let world = World::start(config).await;
    let accounts = world.accounts();
    accounts.register("Zadok", PASSWORD, None).await.unwrap();
    let mut spent = [0.0, 0.0];
    for _ in 0..5 {
        for (name, spent) in ["Zadok", "Dagon"].into_iter().zip(&mut spent) {
            let began = std::time::Instant::now();
            assert!(accounts.login(name, "the king in blue").await.is_err());
            *spent += began.elapsed().as_secs_f64();
        }
    }
    let ratio = spent[0] / spent[1];
    // Without the hash for nobody it would be tens of times as fast.
    assert!((0.2..5.0).contains(&ratio), "{spent:?}");
}
