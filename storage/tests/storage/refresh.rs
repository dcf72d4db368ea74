//! Refresh tokens, passwords that change and accounts that are deleted, on both databases.

use engine::port::{Code, Role};
use storage::{Accounts, SignIn};

use crate::accounts::{PASSWORD, code, held};
use crate::harness::{Batch, Database, World, on_both, row, until};

on_both!(
    refresh_token_works_once_and_rotates,
    refresh_token_reuse_ends_family,
    concurrent_refreshes_have_one_winner,
    refresh_token_is_never_stored_in_clear,
    sign_out_ends_own_family_only,
    ban_revokes_refresh_for_good,
    refresh_expires_but_never_for_guests,
    account_keeps_newest_families,
    password_change_ends_all_older_tokens,
    password_change_needs_the_old_one,
    password_reset_reaches_a_running_server,
    deleted_account_frees_names,
    deleted_account_goes_whole_with_late_rows,
);

async fn refreshable(accounts: &Accounts, signed: &SignIn) -> String {
    accounts.refresh_token(&signed.token).await.unwrap()
}

async fn zadok(accounts: &Accounts) -> SignIn {
    accounts.register("Zadok", PASSWORD, None).await.unwrap()
}

async fn refresh_token_works_once_and_rotates(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let guest = accounts.guest().await.unwrap();
    let mut token = refreshable(accounts, &guest).await;
    for _ in 0..3 {
        let (signed, next) = accounts.refresh(&token).await.unwrap();
        assert_eq!(signed.account, guest.account);
        assert_eq!(signed.characters, guest.characters);
        assert_ne!(signed.token, guest.token);
        let holder = accounts.holder(&signed.token, false).await.unwrap();
        assert_eq!(holder, guest.account.id);
        assert_ne!(next, token);
        token = next;
    }
    assert_eq!(world.stop().await, storage::Left::Applied);
    // A restart forgets none.
    let world = World::start(database.config()).await;
    let (signed, _) = world.accounts().refresh(&token).await.unwrap();
    assert_eq!(signed.account.id, guest.account.id);
    for wrong in ["", ".", "x.y", "\0", &token[..40], &token.replace('.', "")] {
        let answer = world.accounts().refresh(wrong).await;
        assert_eq!(code(answer).0, Code::InvalidToken, "{wrong}");
    }
}

async fn refresh_token_reuse_ends_family(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let signed = zadok(accounts).await;
    let elsewhere = accounts.login("Zadok", PASSWORD).await.unwrap();
    let other = refreshable(accounts, &elsewhere).await;
    let first = refreshable(accounts, &signed).await;
    let (newer, second) = accounts.refresh(&first).await.unwrap();
    let again = accounts.refresh(&first).await;
    assert_eq!(code(again).0, Code::InvalidToken);
    let newest = accounts.refresh(&second).await;
    assert_eq!(code(newest).0, Code::InvalidToken, "the thief has it, too");
    for token in [&signed.token, &newer.token] {
        let holder = accounts.holder(token, false).await;
        assert_eq!(code(holder).0, Code::InvalidToken);
    }
    // Another device of the account is another matter.
    accounts.refresh(&other).await.unwrap();
    accounts.holder(&elsewhere.token, false).await.unwrap();
}

async fn concurrent_refreshes_have_one_winner(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let guest = accounts.guest().await.unwrap();
    let token = refreshable(accounts, &guest).await;
    let all = std::iter::repeat_with(|| {
        let (accounts, token) = (accounts.clone(), token.clone());
        tokio::spawn(async move { accounts.refresh(&token).await })
    });
    let mut won = 0;
    for one in all.take(8).collect::<Vec<_>>() {
        match one.await.unwrap() {
            Ok(_) => won += 1,
            Err(denied) => assert_eq!(denied.refusal.code, Code::InvalidToken),
        }
    }
    assert!(won <= 1, "{won} have used one token");
    let families = "SELECT count(*) FROM refresh_tokens";
    assert_eq!(database.number(families).await, 0, "used again, so over");
}

async fn refresh_token_is_never_stored_in_clear(database: Database) {
    let world = World::start(database.config()).await;
    let guest = world.accounts().guest().await.unwrap();
    let token = refreshable(world.accounts(), &guest).await;
    let (_, secret) = token.split_once('.').unwrap();
    assert_eq!(secret.len(), 64);
    let stored = database
        .text("SELECT secret_hash FROM refresh_tokens")
        .await;
    assert_eq!(stored.len(), 64);
    assert_ne!(stored, secret);
}

async fn sign_out_ends_own_family_only(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let here = zadok(accounts).await;
    let there = accounts.login("Zadok", PASSWORD).await.unwrap();
    let (mine, other) = (
        refreshable(accounts, &here).await,
        refreshable(accounts, &there).await,
    );
    // The token that is shown is a later one of the same sign-in.
    let (later, next) = accounts.refresh(&mine).await.unwrap();
    accounts.logout(&later.token).await.unwrap();
    assert_eq!(code(accounts.refresh(&next).await).0, Code::InvalidToken);
    assert!(accounts.is_signed_out(&here.token), "the earlier one, too");
    accounts.refresh(&other).await.unwrap();
    assert_eq!(world.stop().await, storage::Left::Applied);
    let world = World::start(database.config()).await;
    let after = world.accounts().refresh(&next).await;
    assert_eq!(code(after).0, Code::InvalidToken);
}

async fn ban_revokes_refresh_for_good(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let signed = zadok(accounts).await;
    let (shown, kept) = (
        refreshable(accounts, &signed).await,
        refreshable(accounts, &accounts.login("Zadok", PASSWORD).await.unwrap()).await,
    );
    accounts.ban("Zadok", None, "").await.unwrap();
    let answer = accounts.refresh(&shown).await;
    assert_eq!(code(answer).0, Code::AuthorizationDenied);
    accounts.unban("Zadok").await.unwrap();
    for token in [shown, kept] {
        let answer = accounts.refresh(&token).await;
        assert_eq!(code(answer).0, Code::InvalidToken);
    }
    let again = accounts.login("Zadok", PASSWORD).await.unwrap();
    let token = refreshable(accounts, &again).await;
    accounts.refresh(&token).await.unwrap();
}

async fn refresh_expires_but_never_for_guests(database: Database) {
    let world = World::start(database.config()).await;
    world.upkeep_done().await;
    let accounts = world.accounts();
    let signed = zadok(accounts).await;
    let old = refreshable(accounts, &signed).await;
    let guest = accounts.guest().await.unwrap();
    let guests = refreshable(accounts, &guest).await;
    let later = "UPDATE refresh_tokens SET expires_at = expires_at - 31 * 86400000000";
    database.execute(later).await;
    assert_eq!(code(accounts.refresh(&old).await).0, Code::TokenExpired);
    let (_, guests) = accounts.refresh(&guests).await.unwrap();
    // Claimed, it is a guest's no longer.
    let claimed = accounts
        .claim(guest.account.id, "Obed", PASSWORD, None)
        .await
        .unwrap();
    assert_eq!(code(accounts.refresh(&guests).await).0, Code::InvalidToken);
    refreshable(accounts, &claimed).await;
    database.execute(later).await;
    assert_eq!(world.stop().await, storage::Left::Applied);
    // What nobody can use goes at the next start.
    let world = World::start(database.config()).await;
    world.upkeep_done().await;
    let left = database.number("SELECT count(*) FROM refresh_tokens").await;
    assert_eq!(left, 0);
}

async fn account_keeps_newest_families(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let guest = accounts.guest().await.unwrap();
    let first = refreshable(accounts, &guest).await;
    let mut last = String::new();
    let mut shown = first.clone();
    for _ in 0..20 {
        let signed = accounts.refresh(&shown).await.unwrap();
        shown = signed.1;
    }
    zadok(accounts).await;
    for _ in 0..20 {
        let signed = accounts.login("Zadok", PASSWORD).await.unwrap();
        last = refreshable(accounts, &signed).await;
    }
    let count = "SELECT count(*) FROM refresh_tokens";
    assert_eq!(database.number(count).await, 16 + 1);
    accounts.refresh(&last).await.unwrap();
}

async fn password_change_ends_all_older_tokens(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let signed = zadok(accounts).await;
    let ann = accounts
        .create_character(signed.account.id, "Ann", None)
        .await
        .unwrap();
    let refresh = refreshable(accounts, &signed).await;
    let elsewhere = accounts.login("Zadok", PASSWORD).await.unwrap();
    let ended = accounts.ended();
    let fresh = accounts
        .change_password(signed.account.id, PASSWORD, "the king in blue")
        .await
        .unwrap();
    for old in [&signed.token, &elsewhere.token] {
        let holder = accounts.holder(old, false).await;
        assert_eq!(code(holder).0, Code::InvalidToken);
        let claims = accounts.verify(old).unwrap();
        let admitted = accounts.admit(claims, Some(ann.id)).await;
        assert_eq!(code(admitted).0, Code::InvalidToken);
    }
    let played = "SELECT count(*) FROM characters WHERE last_played_at IS NOT NULL";
    assert_eq!(database.number(played).await, 0);
    assert_eq!(code(accounts.refresh(&refresh).await).0, Code::InvalidToken);
    let told = ended.borrow().clone();
    assert_eq!((told.len(), told[0].0), (1, signed.account.id));
    let claims = accounts.verify(&fresh.token).unwrap();
    assert_eq!(claims.generation, told[0].1);
    accounts.admit(claims, None).await.unwrap();
    let old = accounts.login("Zadok", PASSWORD).await;
    assert_eq!(code(old).0, Code::AuthenticationFailed);
    accounts.login("Zadok", "the king in blue").await.unwrap();
}

async fn password_change_needs_the_old_one(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let signed = zadok(accounts).await;
    let id = signed.account.id;
    let wrong = accounts.change_password(id, "not the one", PASSWORD).await;
    assert_eq!(code(wrong), (Code::AuthenticationFailed, Some("old")));
    let short = accounts.change_password(id, PASSWORD, "short").await;
    assert_eq!(code(short), (Code::ValidationError, Some("new")));
    let guest = accounts.guest().await.unwrap().account.id;
    let none = accounts.change_password(guest, PASSWORD, PASSWORD).await;
    assert_eq!(code(none).0, Code::ResourceConflict);
    accounts.ban("Zadok", None, "").await.unwrap();
    let banned = accounts.change_password(id, PASSWORD, "another one").await;
    assert_eq!(code(banned).0, Code::AuthorizationDenied);
    accounts.unban("Zadok").await.unwrap();
    accounts.holder(&signed.token, false).await.unwrap();
}

async fn password_reset_reaches_a_running_server(database: Database) {
    let world = World::start(database.config()).await;
    let signed = zadok(world.accounts()).await;
    let refresh = refreshable(world.accounts(), &signed).await;
    // Beside the server, as the command does.
    let (registry, tasks) = beside();
    let beside = Accounts::connect(&database.config(), &registry, &tasks)
        .await
        .unwrap();
    beside
        .reset_password("zadok", "the king in blue")
        .await
        .unwrap();
    let nobody = beside.reset_password("Dagon", "the king in blue").await;
    assert_eq!(code(nobody).0, Code::ResourceNotFound);
    beside.close().await;
    let accounts = world.accounts();
    let holder = accounts.holder(&signed.token, false).await;
    assert_eq!(code(holder).0, Code::InvalidToken);
    assert_eq!(code(accounts.refresh(&refresh).await).0, Code::InvalidToken);
    accounts.login("Zadok", "the king in blue").await.unwrap();
    // Whoever keeps sessions hears it when the world asks.
    let ended = accounts.ended();
    let ask = engine::port::StoreAsk::Standings { asked: 7 };
    world.ports.asks.send(ask).await.unwrap();
    until("the word of ended tokens", || {
        let told = ended.borrow();
        told.contains(&(signed.account.id, 1))
    })
    .await;
    let records = "SELECT count(*) FROM facts WHERE kind = 'moderation'";
    assert_eq!(database.number(records).await, 1);
}

fn beside() -> (engine::port::Registry, engine::port::Tasks) {
    let registry = engine::port::Registry::new();
    let tasks = engine::port::Tasks::new(&registry).unwrap();
    (registry, tasks)
}

async fn deleted_account_frees_names(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let signed = accounts
        .register_to_play("Zadok", PASSWORD, None)
        .await
        .unwrap();
    let refresh = refreshable(accounts, &signed).await;
    let guest = accounts.guest().await.unwrap();
    assert_eq!(accounts.list("", false).await.unwrap().len(), 1);
    assert_eq!(accounts.list("", true).await.unwrap().len(), 2);
    let (shown, sign_ins) = accounts.show("ZADOK").await.unwrap();
    assert_eq!((shown.account, sign_ins.count), (signed.account.clone(), 1));
    assert_eq!(accounts.delete("zadok").await.unwrap(), 1);
    let again = accounts.delete("Zadok").await;
    assert_eq!(code(again).0, Code::ResourceNotFound);
    let shown = accounts.show("Zadok").await;
    assert_eq!(code(shown).0, Code::ResourceNotFound);
    let login = accounts.login("Zadok", PASSWORD).await;
    assert_eq!(code(login).0, Code::AuthenticationFailed);
    let holder = accounts.holder(&signed.token, true).await;
    assert_eq!(code(holder).0, Code::InvalidToken);
    assert_eq!(code(accounts.refresh(&refresh).await).0, Code::InvalidToken);
    let standing = accounts
        .standing(signed.account.id, signed.characters[0].id)
        .await;
    assert_eq!(code(standing).0, Code::InvalidToken);
    let newcomer = accounts
        .register_to_play("Zadok", PASSWORD, None)
        .await
        .unwrap();
    assert_eq!(newcomer.account.role, Role::Player);
    let named = &guest.account.username;
    assert_eq!(accounts.delete(named).await.unwrap(), 1);
    assert_eq!(accounts.list("", true).await.unwrap().len(), 1);
}

async fn deleted_account_goes_whole_with_late_rows(database: Database) {
    let mut world = World::start(database.config()).await;
    let accounts = world.accounts().clone();
    let signed = accounts
        .register_to_play("Zadok", PASSWORD, None)
        .await
        .unwrap();
    let stays = accounts.guest().await.unwrap().characters[0].id;
    let zadok = signed.characters[0].id;
    let both = |n: i64| {
        Batch::default()
            .put(zadok, "purse", n)
            .put(stays, "purse", n)
    };
    world.apply(both(1)).await;
    accounts.delete("Zadok").await.unwrap();
    assert_eq!(world.rows(zadok).await, []);
    // A character that was online is saved once more when it leaves.
    world.apply(both(2)).await;
    assert_eq!(world.stop().await, storage::Left::Applied);
    let closed = "SELECT count(*) FROM accounts WHERE closed_at IS NOT NULL";
    let world = World::start(database.config()).await;
    world.upkeep_done().await;
    assert_eq!(database.number(closed).await, 1, "too early");
    assert_eq!(world.stop().await, storage::Left::Applied);
    database
        .execute("UPDATE accounts SET closed_at = closed_at - 2 * 86400000000")
        .await;
    let world = World::start(database.config()).await;
    world.upkeep_done().await;
    assert_eq!(database.number(closed).await, 0);
    assert_eq!(world.rows(zadok).await, []);
    assert_eq!(world.rows(stays).await, [row(stays, "purse", 2)]);
    let held = held(signed.account.id);
    let gone = world.accounts().admit(held, None).await;
    assert_eq!(code(gone).0, Code::InvalidToken);
}
