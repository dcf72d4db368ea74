//! How characters are called, how many are made, and what becomes of those that were deleted.

use std::time::Instant;

use engine::port::{AccountId, Code, StableId};
use storage::AccountRefusal;

use crate::accounts::held;
use crate::harness::{Batch, Database, PATIENCE, World, on_both, row};

on_both!(
    lookalike_names_are_refused,
    old_names_keep_bearers_and_looks,
    account_makes_ten_characters_an_hour,
    deleted_characters_are_swept_in_time,
    control_characters_reach_no_database,
);

const PASSWORD: &str = "the king in yellow";

fn code<T: std::fmt::Debug>(answer: Result<T, AccountRefusal>) -> (Code, Option<&'static str>) {
    let denied = answer.unwrap_err();
    (denied.refusal.code, denied.field)
}

async fn member(world: &World, name: &str) -> AccountId {
    let made = world.accounts().register(name, PASSWORD, None).await;
    made.unwrap().account.id
}

async fn lookalike_names_are_refused(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let mine = member(&world, "Chief_01").await;
    accounts
        .create_character(mine, "Chiefly", None)
        .await
        .unwrap();
    accounts
        .create_character(mine, "Bowman", None)
        .await
        .unwrap();
    let other = member(&world, "Other").await;
    for name in ["ChiefIy", "Bovvman", "Bowrnan"] {
        let refused = accounts
            .create_character(other, name, None)
            .await
            .unwrap_err();
        assert_eq!(refused.refusal.code, Code::ResourceAlreadyExists, "{name}");
        assert_eq!(refused.field, Some("name"));
        let message = refused.refusal.message;
        assert!(message.contains("looks too much like"), "{message}");
    }
    let exact = accounts.create_character(other, "CHIEFLY", None).await;
    assert_eq!(code(exact), (Code::ResourceAlreadyExists, Some("name")));
    for alike in ["Chief_O1", "chief_0l", "ChIef_01"] {
        let refused = accounts.register(alike, PASSWORD, None).await;
        assert_eq!(code(refused).0, Code::ResourceAlreadyExists, "{alike}");
        // To look like a name is not to sign in as it.
        if alike != "ChIef_01" {
            let login = accounts.login(alike, PASSWORD).await;
            assert_eq!(code(login).0, Code::AuthenticationFailed, "{alike}");
        }
    }
    let reserved = accounts.create_character(other, "Adrnin", None).await;
    assert_eq!(code(reserved), (Code::ValidationError, Some("name")));
    // Whoever is deleted looks like nobody any more.
    let chief = accounts.characters(mine).await.unwrap();
    let chief = chief.iter().find(|one| one.name == "Chiefly").unwrap().id;
    accounts.delete_character(mine, chief).await.unwrap();
    accounts
        .create_character(other, "ChiefIy", None)
        .await
        .unwrap();
}

/// The statement of migration 0005 that begins so.
fn statement(begins: &str) -> String {
    let text = include_str!("../../../migrations/sqlite/0005_authority.sql");
    let from = text.find(begins).unwrap();
    text[from..].split(';').next().unwrap().to_owned()
}

async fn old_names_keep_bearers_and_looks(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let names = [
        "BIl1ie_0", "vvarn-10", "rnINI", "Oo0lI1", "WWvvrnm", "Zadok",
    ];
    for name in names {
        member(&world, name).await;
    }
    let looks = "SELECT count(DISTINCT username_look) FROM accounts";
    assert_eq!(database.number(looks).await, names.len() as i64);
    // What a migration makes of old names is what a new name would have.
    database
        .execute("ALTER TABLE accounts ADD COLUMN made TEXT")
        .await;
    database
        .execute("UPDATE accounts SET made = username_look, username_look = NULL")
        .await;
    database
        .execute(&statement("UPDATE accounts SET username_look =\n"))
        .await;
    let equal = "SELECT count(*) FROM accounts WHERE made = username_look";
    assert_eq!(database.number(equal).await, names.len() as i64);

    // Of two old names that look alike the older one has the look; both sign in.
    database
        .execute(
            "UPDATE accounts SET username_look = NULL, created_at = 5 WHERE username = 'Zadok'",
        )
        .await;
    database
        .execute("UPDATE accounts SET username = 'Zad0k', username_key = 'zad0k' WHERE username = 'rnINI'")
        .await;
    database.execute("DROP INDEX accounts_looks").await;
    database
        .execute(&statement("UPDATE accounts SET username_look =\n"))
        .await;
    database
        .execute(&statement("UPDATE accounts SET username_look = NULL"))
        .await;
    let kept = "SELECT username FROM accounts WHERE username_look = 'zadok'";
    assert_eq!(database.text(kept).await, "Zadok");
    for name in ["Zadok", "Zad0k"] {
        assert!(accounts.login(name, PASSWORD).await.is_ok(), "{name}");
    }
}

async fn account_makes_ten_characters_an_hour(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let (mine, other) = (member(&world, "Zadok").await, member(&world, "Obed").await);
    for n in 0..10_u8 {
        let name = format!("Cast{}", char::from(b'a' + n));
        let made = accounts.create_character(mine, &name, None).await.unwrap();
        accounts.delete_character(mine, made.id).await.unwrap();
    }
    let refused = accounts
        .create_character(mine, "Castz", None)
        .await
        .unwrap_err();
    assert_eq!(refused.refusal.code, Code::TooManyRequests);
    assert!(refused.refusal.retry_after_ms.is_some());
    assert!(
        accounts
            .create_character(other, "Castz", None)
            .await
            .is_ok()
    );
    // An hour later.
    database
        .execute("UPDATE characters SET created_at = created_at - 3600000000")
        .await;
    assert!(accounts.create_character(mine, "Casty", None).await.is_ok());
}

async fn deleted_characters_are_swept_in_time(database: Database) {
    let mut world = World::start(database.config()).await;
    let accounts = world.accounts().clone();
    let mine = member(&world, "Zadok").await;
    let mut ids: Vec<StableId> = Vec::new();
    for name in ["Never", "Lately", "Once"] {
        ids.push(
            accounts
                .create_character(mine, name, None)
                .await
                .unwrap()
                .id,
        );
    }
    accounts.admit(held(mine), Some(ids[1])).await.unwrap();
    accounts.admit(held(mine), Some(ids[2])).await.unwrap();
    let rows = ids
        .iter()
        .fold(Batch::default(), |batch, id| batch.put(*id, "purse", 1));
    world.apply(rows).await;
    for id in &ids {
        accounts.delete_character(mine, *id).await.unwrap();
    }
    let kept = accounts
        .create_character(mine, "Kept", None)
        .await
        .unwrap()
        .id;
    world.stop().await;
    let ago =
        |days: i64| format!("UPDATE characters SET deleted_at = deleted_at - {days} * 86400000000");
    database
        .execute(&format!("{} WHERE deleted_at > 0", ago(2)))
        .await;
    database
        .execute(&format!("{} WHERE name = 'Once'", ago(30)))
        .await;

    let world = World::start(database.config()).await;
    let began = Instant::now();
    while database.number("SELECT count(*) FROM characters").await > 2 {
        assert!(began.elapsed() < PATIENCE, "deleted characters stay");
    }
    let left = "SELECT name FROM characters WHERE deleted_at IS NOT NULL";
    assert_eq!(database.text(left).await, "Lately");
    assert_eq!(world.rows(ids[0]).await, []);
    assert_eq!(world.rows(ids[1]).await, [row(ids[1], "purse", 1)]);
    assert_eq!(world.rows(ids[2]).await, []);
    let living = world.accounts().characters(mine).await.unwrap();
    assert_eq!(living.iter().map(|one| one.id).collect::<Vec<_>>(), [kept]);
}

async fn control_characters_reach_no_database(database: Database) {
    let mut config = database.config();
    config.accounts.invites_required = true;
    let world = World::start(config).await;
    let accounts = world.accounts();
    for name in ["zad\0ok", "zad\u{1}ok", "\0"] {
        let login = accounts.login(name, PASSWORD).await;
        assert_eq!(code(login).0, Code::AuthenticationFailed, "{name:?}");
        let made = accounts
            .register(name, PASSWORD, Some("ABCDEFGHIJKL"))
            .await;
        assert_eq!(code(made).0, Code::ValidationError, "{name:?}");
    }
    let invite = accounts.register("Zadok", PASSWORD, Some("A\0B")).await;
    assert_eq!(code(invite), (Code::ValidationError, Some("invite_code")));
    let guest = accounts.guest().await.unwrap().account.id;
    let claimed = accounts.claim(guest, "Zadok", PASSWORD, Some("A\0B")).await;
    assert_eq!(code(claimed), (Code::ValidationError, Some("invite_code")));
    for (name, profession) in [("An\0n", None), ("Ann", Some("sai\0lor"))] {
        let made = accounts.create_character(guest, name, profession).await;
        assert_eq!(code(made).0, Code::ValidationError, "{name:?}");
    }
}
