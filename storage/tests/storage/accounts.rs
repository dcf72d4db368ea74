//! Accounts, characters, guests and invites, on both databases.

use engine::port::{AccountId, Code, Role};
use storage::{AccountRefusal, Claims, Left};
use uuid::Uuid;

use crate::harness::{Batch, Database, World, on_both, row};

on_both!(
    account_names_ignore_case,
    broken_rules_name_field,
    concurrent_creation_keeps_character_limit,
    deleted_character_frees_name_and_stays_out,
    the_most_recently_played_character_is_the_default,
    claimed_guest_keeps_character,
    unused_guests_go_with_rows,
    guest_purge_deletes_in_portions,
    guest_ceiling_lets_unplayed_go_first,
    invite_works_once_and_survives_failed_registration,
);

pub(crate) const PASSWORD: &str = "the king in yellow";

/// What the first token of an account says.
pub(crate) fn held(account: AccountId) -> Claims {
    Claims {
        account,
        id: Uuid::nil(),
        expires_at: u64::MAX,
        generation: 0,
        family: None,
    }
}

pub(crate) fn code<T: std::fmt::Debug>(
    answer: Result<T, AccountRefusal>,
) -> (Code, Option<&'static str>) {
    let denied = answer.unwrap_err();
    (denied.refusal.code, denied.field)
}

async fn account_names_ignore_case(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    accounts.register("Zadok", PASSWORD, None).await.unwrap();
    let taken = (Code::ResourceAlreadyExists, Some("username"));
    assert_eq!(
        code(accounts.register("zADOK", PASSWORD, None).await),
        taken
    );

    let other = accounts
        .register("Obed", PASSWORD, None)
        .await
        .unwrap()
        .account
        .id;
    accounts.create_character(other, "Ann", None).await.unwrap();
    let taken = (Code::ResourceAlreadyExists, Some("name"));
    assert_eq!(
        code(accounts.create_character(other, "aNN", None).await),
        taken
    );
}

async fn broken_rules_name_field(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let invalid = |field| (Code::ValidationError, Some(field));
    for name in ["ab", "no spaces", "guest-0001", "x".repeat(33).as_str()] {
        assert_eq!(
            code(accounts.register(name, PASSWORD, None).await),
            invalid("username")
        );
    }
    for password in ["short", "x".repeat(1_025).as_str()] {
        assert_eq!(
            code(accounts.register("Zadok", password, None).await),
            invalid("password")
        );
    }
    let id = accounts
        .register("Zadok", PASSWORD, None)
        .await
        .unwrap()
        .account
        .id;
    for name in ["A", "North", "An\0n", "Ann2", "ABCDEFGHIJKLMNOPQRSTU"] {
        assert_eq!(
            code(accounts.create_character(id, name, None).await),
            invalid("name")
        );
    }
    let odd = accounts.create_character(id, "Ann", Some("a\u{7}b")).await;
    assert_eq!(code(odd), invalid("profession"));
}

async fn concurrent_creation_keeps_character_limit(database: Database) {
    let world = World::start(database.config()).await;
    let id = world
        .accounts()
        .register("Zadok", PASSWORD, None)
        .await
        .unwrap()
        .account
        .id;
    let mut crowd = tokio::task::JoinSet::new();
    for name in ["Ann", "Bob", "Cyd", "Dee", "Eve", "Fay"] {
        let accounts = world.accounts().clone();
        crowd.spawn(async move { accounts.create_character(id, name, None).await });
    }
    let answers = crowd.join_all().await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (3, 3));
    for answer in refused {
        assert_eq!(code(answer).0, Code::ResourceConflict);
    }
    assert_eq!(world.accounts().characters(id).await.unwrap().len(), 3);
    // A deleted one makes room for another.
    let gone = world.accounts().characters(id).await.unwrap()[0].id;
    world.accounts().delete_character(id, gone).await.unwrap();
    world
        .accounts()
        .create_character(id, "Gus", None)
        .await
        .unwrap();
    let more = world.accounts().create_character(id, "Hal", None).await;
    assert_eq!(code(more).0, Code::ResourceConflict);
}

async fn deleted_character_frees_name_and_stays_out(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let mine = accounts
        .register("Zadok", PASSWORD, None)
        .await
        .unwrap()
        .account
        .id;
    let other = accounts
        .register("Obed", PASSWORD, None)
        .await
        .unwrap()
        .account
        .id;
    let ann = accounts
        .create_character(mine, "Ann", None)
        .await
        .unwrap()
        .id;
    assert_eq!(
        code(accounts.admit(held(other), Some(ann)).await).0,
        Code::InvalidToken
    );
    assert_eq!(
        code(accounts.delete_character(other, ann).await).0,
        Code::ResourceNotFound
    );
    accounts.delete_character(mine, ann).await.unwrap();
    assert_eq!(
        code(accounts.delete_character(mine, ann).await).0,
        Code::ResourceNotFound
    );
    assert_eq!(
        code(accounts.admit(held(mine), Some(ann)).await).0,
        Code::InvalidToken
    );
    assert_eq!(
        code(accounts.admit(held(mine), None).await).0,
        Code::ResourceNotFound
    );
    let heir = accounts.create_character(other, "ann", None).await.unwrap();
    assert_ne!(heir.id, ann);
}

async fn the_most_recently_played_character_is_the_default(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let id = accounts
        .register("Zadok", PASSWORD, None)
        .await
        .unwrap()
        .account
        .id;
    let ann = accounts.create_character(id, "Ann", None).await.unwrap();
    let bob = accounts.create_character(id, "Bob", None).await.unwrap();
    assert_eq!(
        accounts.admit(held(id), None).await.unwrap().character.id,
        ann.id
    );
    let admitted = accounts.admit(held(id), Some(bob.id)).await.unwrap();
    assert_eq!((admitted.role, admitted.guest), (Role::Player, false));
    assert_eq!(admitted.character.name, "Bob");
    assert!(admitted.character.last_played.is_some());
    assert_eq!(
        accounts.admit(held(id), None).await.unwrap().character.id,
        bob.id
    );
    let listed = accounts.characters(id).await.unwrap();
    assert_eq!(
        listed.iter().map(|c| c.id).collect::<Vec<_>>(),
        [bob.id, ann.id]
    );
}

/// A guest plays at once, and keeps its character when claimed.
async fn claimed_guest_keeps_character(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let guest = accounts.guest().await.unwrap();
    assert!(guest.account.guest);
    let [character] = guest.characters.as_slice() else {
        panic!("a guest has one character: {:?}", guest.characters);
    };
    let admitted = accounts.admit(held(guest.account.id), None).await.unwrap();
    assert_eq!(admitted.character.id, character.id);
    assert!(admitted.guest);

    let claimed = accounts
        .claim(guest.account.id, "Zadok", PASSWORD, None)
        .await
        .unwrap();
    assert!(!claimed.account.guest);
    let again = accounts.login("Zadok", PASSWORD).await.unwrap();
    assert_eq!(again.account.id, guest.account.id);
    assert_eq!(again.characters[0].id, character.id);
    let twice = accounts
        .claim(guest.account.id, "Obed", PASSWORD, None)
        .await;
    assert_eq!(code(twice).0, Code::ResourceConflict);
    let second = accounts.guest().await.unwrap().account.id;
    let taken = (Code::ResourceAlreadyExists, Some("username"));
    assert_eq!(
        code(accounts.claim(second, "ZADOK", PASSWORD, None).await),
        taken
    );
}

async fn unused_guests_go_with_rows(database: Database) {
    let mut world = World::start(database.config()).await;
    let accounts = world.accounts().clone();
    let old = accounts.guest().await.unwrap();
    let active = accounts.guest().await.unwrap();
    let member = accounts.register("Zadok", PASSWORD, None).await.unwrap();
    accounts.admit(held(active.account.id), None).await.unwrap();
    let (old_id, active_id) = (old.characters[0].id, active.characters[0].id);
    world
        .apply(
            Batch::default()
                .put(old_id, "purse", 1)
                .put(active_id, "purse", 2),
        )
        .await;
    assert_eq!(world.stop().await, Left::Applied);
    database
        .execute("UPDATE accounts SET created_at = 1000")
        .await;

    let world = World::start(database.config()).await;
    let began = std::time::Instant::now();
    while database.number("SELECT count(*) FROM accounts").await > 2 {
        assert!(
            began.elapsed() < crate::harness::PATIENCE,
            "the old guest stays"
        );
    }
    assert_eq!(world.rows(old_id).await, []);
    assert_eq!(world.rows(active_id).await, [row(active_id, "purse", 2)]);
    assert_eq!(database.number("SELECT count(*) FROM characters").await, 1);
    let me = world.accounts().me(member.account.id).await.unwrap();
    assert_eq!(me.username, "Zadok");
}

/// Each deletion is written down with its transaction, or in SQLite, which has no number for that,
/// with its time: between two portions the writer is free for a tenth of a second.
async fn guest_purge_deletes_in_portions(database: Database) {
    let world = World::start(database.config()).await;
    world.upkeep_done().await;
    assert_eq!(world.stop().await, Left::Applied);
    let make = if database.is_postgres() {
        "CREATE TABLE gone (at BIGINT NOT NULL);
         CREATE FUNCTION note() RETURNS trigger AS
         'BEGIN INSERT INTO gone VALUES (txid_current()); RETURN NULL; END' LANGUAGE plpgsql;
         CREATE TRIGGER note AFTER DELETE ON accounts FOR EACH ROW EXECUTE FUNCTION note();
         INSERT INTO accounts (id, username, username_key, role, guest, created_at)
         SELECT gen_random_uuid(), 'guest-' || n, 'guest-' || n, 'player', true, n
         FROM generate_series(1, 1050) AS n"
    } else {
        "CREATE TABLE gone (at INTEGER NOT NULL);
         CREATE TRIGGER note AFTER DELETE ON accounts BEGIN
         INSERT INTO gone VALUES (CAST(1000 * unixepoch('subsec') AS INTEGER)); END;
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1050)
         INSERT INTO accounts (id, username, username_key, role, guest, created_at)
         SELECT randomblob(16), 'guest-' || n, 'guest-' || n, 'player', 1, n FROM n"
    };
    database.execute(make).await;
    let world = World::start(database.config()).await;
    world.upkeep_done().await;
    assert_eq!(database.number("SELECT count(*) FROM accounts").await, 0);
    assert_eq!(database.number("SELECT count(*) FROM gone").await, 1_050);
    // A portion begins where nothing was deleted for the tenth of a second before.
    let largest = if database.is_postgres() {
        "SELECT max(n) FROM (SELECT count(*) AS n FROM gone GROUP BY at) AS portions"
    } else {
        "SELECT max(n) FROM (SELECT count(*) AS n FROM
         (SELECT sum(fresh) OVER (ORDER BY id) AS portion FROM
          (SELECT rowid AS id, at - lag(at, 1, 0) OVER (ORDER BY rowid) >= 90 AS fresh FROM gone))
         GROUP BY portion)"
    };
    let largest = database.number(largest).await;
    assert!((1..=200).contains(&largest), "{largest} in one transaction");
}

async fn guest_ceiling_lets_unplayed_go_first(database: Database) {
    let mut config = database.config();
    config.accounts.max_guests = 3;
    let world = World::start(config).await;
    let accounts = world.accounts();
    let mut guests = Vec::new();
    for _ in 0..3 {
        guests.push(accounts.guest().await.unwrap().account.id);
    }
    let full = accounts.guest().await.unwrap_err().refusal;
    assert_eq!(full.code, Code::ServerBusy);
    assert_eq!(full.retry_after_ms, Some(60_000));
    // Registering is open to all.
    accounts.register("Zadok", PASSWORD, None).await.unwrap();
    accounts.admit(held(guests[0]), None).await.unwrap();
    database
        .execute("UPDATE accounts SET created_at = created_at - 700000000")
        .await;
    accounts.guest().await.unwrap();
    accounts.me(guests[0]).await.unwrap();
    for gone in &guests[1..] {
        assert_eq!(code(accounts.me(*gone).await).0, Code::InvalidToken);
    }
}

async fn invite_works_once_and_survives_failed_registration(database: Database) {
    let mut config = database.config();
    config.accounts.invites_required = true;
    let world = World::start(config).await;
    let accounts = world.accounts();
    let needed = (Code::MissingRequiredField, Some("invite_code"));
    assert_eq!(
        code(accounts.register("Zadok", PASSWORD, None).await),
        needed
    );
    let wrong = (Code::ValidationError, Some("invite_code"));
    let unknown = accounts
        .register("Zadok", PASSWORD, Some("NOSUCHCODE12"))
        .await;
    assert_eq!(code(unknown), wrong);

    let invite = accounts.create_invite(None, 30).await.unwrap();
    assert_eq!(invite.code.len(), 12);
    accounts
        .create_account("Obed", PASSWORD, Role::Player)
        .await
        .unwrap();
    let taken = accounts
        .register("Obed", PASSWORD, Some(&invite.code))
        .await;
    assert_eq!(code(taken).0, Code::ResourceAlreadyExists);
    assert_eq!(accounts.invites().await.unwrap()[0].used_at, None);

    // Two at once: one of them.
    let (a, b) = tokio::join!(
        accounts.register("Zadok", PASSWORD, Some(&invite.code)),
        accounts.register("Asenath", PASSWORD, Some(&invite.code)),
    );
    assert_eq!(u8::from(a.is_ok()) + u8::from(b.is_ok()), 1, "{a:?} {b:?}");
    assert!(accounts.invites().await.unwrap()[0].used_at.is_some());
    assert_eq!(database.number("SELECT count(*) FROM accounts").await, 2);

    // A guest is no way around it.
    let guest = accounts.guest().await.unwrap().account.id;
    assert_eq!(
        code(accounts.claim(guest, "Ezra", PASSWORD, None).await),
        needed
    );
    let used = accounts
        .claim(guest, "Ezra", PASSWORD, Some(&invite.code))
        .await;
    assert_eq!(code(used), wrong);
    assert!(accounts.me(guest).await.unwrap().guest);
    let second = accounts.create_invite(None, 30).await.unwrap();
    accounts
        .claim(guest, "Ezra", PASSWORD, Some(&second.code))
        .await
        .unwrap();

    let expired = accounts.create_invite(None, 0).await.unwrap();
    let late = accounts
        .register("Ephraim", PASSWORD, Some(&expired.code))
        .await;
    assert_eq!(code(late), wrong);
}
