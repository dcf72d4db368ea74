//! What an account may do and whether it may come in, as the operator and the world decide.

use engine::port::{
    AccountAct, AccountId, AccountOrder, Banned, Code, Role, StableId, Standings, StoreAsk,
    StoreReply, Unheeded, WorldTime,
};
use storage::AccountRefusal;

use crate::accounts::held;
use crate::harness::{Batch, Database, World, now_micros, on_both, until};

on_both!(
    roles_are_granted_by_name,
    admin_is_not_demoted_by_designer_orders,
    ban_from_world_keeps_account_out,
    role_from_world_holds_at_next_sign_in,
    order_after_a_wrong_clock_still_counts,
    futile_order_is_told,
    admin_is_not_banned_by_an_order,
    banned_account_uses_no_token,
    operator_decisions_reach_the_world_and_the_record,
);

const PASSWORD: &str = "the king in yellow";

fn code<T: std::fmt::Debug>(answer: Result<T, AccountRefusal>) -> Code {
    answer.unwrap_err().refusal.code
}

async fn roles_are_granted_by_name(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let id = accounts
        .create_account("Keziah", PASSWORD, Role::Player)
        .await
        .unwrap()
        .id;
    accounts.create_character(id, "Keziah", None).await.unwrap();
    accounts.grant("KEZIAH", Role::Admin).await.unwrap();
    assert_eq!(accounts.me(id).await.unwrap().role, Role::Admin);
    assert_eq!(
        accounts.admit(held(id), None).await.unwrap().role,
        Role::Admin
    );
    let unknown = accounts.grant("Nahab", Role::Admin).await;
    assert_eq!(code(unknown), Code::ResourceNotFound);
    let unknown = accounts.admit(held(id), Some(StableId::named("x"))).await;
    assert_eq!(code(unknown), Code::InvalidToken);
}

async fn admin_is_not_demoted_by_designer_orders(database: Database) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let made = accounts.create_account("Keziah", PASSWORD, Role::Admin);
    let id = made.await.unwrap().id;
    let why = |answer: Result<(), AccountRefusal>| {
        let refused = answer.unwrap_err().refusal;
        assert_eq!(refused.code, Code::ResourceConflict, "{refused:?}");
        refused.message
    };
    let told = why(accounts.revoke("Keziah", Role::Designer).await);
    assert!(told.contains("no designer"), "{told}");
    let told = why(accounts.grant("Keziah", Role::Designer).await);
    assert!(told.contains("is an admin"), "{told}");
    assert_eq!(accounts.me(id).await.unwrap().role, Role::Admin);
    accounts.revoke("KEZIAH", Role::Admin).await.unwrap();
    assert_eq!(accounts.me(id).await.unwrap().role, Role::Player);
    accounts.grant("Keziah", Role::Designer).await.unwrap();
    let told = why(accounts.revoke("Keziah", Role::Admin).await);
    assert!(told.contains("no admin"), "{told}");
    accounts.revoke("Keziah", Role::Designer).await.unwrap();
    assert_eq!(accounts.me(id).await.unwrap().role, Role::Player);
    let nobody = accounts.revoke("Nahab", Role::Admin).await;
    assert_eq!(code(nobody), Code::ResourceNotFound);
    // What was refused is no decision, and not recorded as one.
    let recorded = "SELECT count(*) FROM facts WHERE kind = 'moderation'";
    assert_eq!(database.number(recorded).await, 3);
}

fn order(character: Option<StableId>, name: &str, act: AccountAct) -> Batch {
    Batch::default().order(&AccountOrder {
        character,
        name: name.to_owned(),
        by: "Ann".to_owned(),
        act,
    })
}

fn ban(until: Option<WorldTime>) -> AccountAct {
    AccountAct::Ban {
        until,
        reason: "shouting in the library".to_owned(),
    }
}

async fn ban_from_world_keeps_account_out(database: Database) {
    let mut world = World::start(database.config()).await;
    let accounts = world.accounts().clone();
    let zadok = accounts.register("Zadok", PASSWORD, None).await.unwrap();
    let wilbur = accounts.register("Wilbur", PASSWORD, None).await.unwrap();
    let mine = accounts
        .create_character(zadok.account.id, "Allen", None)
        .await
        .unwrap();
    accounts
        .create_character(wilbur.account.id, "Whateley", None)
        .await
        .unwrap();

    world.apply(order(Some(mine.id), "", ban(None))).await;
    let refused = accounts.login("zadok", PASSWORD).await.unwrap_err();
    assert_eq!(refused.refusal.code, Code::AuthorizationDenied);
    let message = &refused.refusal.message;
    assert!(
        message.contains("for good: shouting in the library"),
        "{message}"
    );
    assert_eq!(
        code(accounts.login("zadok", "not the password").await),
        Code::AuthenticationFailed,
        "a stranger does not learn of the ban"
    );
    assert_eq!(
        code(accounts.admit(held(zadok.account.id), None).await),
        Code::AuthorizationDenied,
        "nor does a token of before help"
    );
    assert!(accounts.login("wilbur", PASSWORD).await.is_ok());

    // A crash forgets nothing, and by name it works for whoever is far away.
    world.crash();
    let mut world = World::start(database.config()).await;
    let accounts = world.accounts().clone();
    assert!(accounts.login("zadok", PASSWORD).await.is_err());
    world.apply(order(None, "ALLen", AccountAct::Unban)).await;
    assert!(accounts.login("zadok", PASSWORD).await.is_ok());

    let soon = WorldTime(now_micros() + 30_000_000);
    world.apply(order(Some(mine.id), "", ban(Some(soon)))).await;
    let refused = accounts.login("zadok", PASSWORD).await.unwrap_err();
    assert!(refused.refusal.message.contains("for another 1 min"));
    let past = WorldTime(now_micros() - 1);
    world.apply(order(Some(mine.id), "", ban(Some(past)))).await;
    assert!(accounts.login("zadok", PASSWORD).await.is_ok());
}

async fn role_from_world_holds_at_next_sign_in(database: Database) {
    let mut world = World::start(database.config()).await;
    let accounts = world.accounts().clone();
    let zadok = accounts.register("Zadok", PASSWORD, None).await.unwrap();
    let character = accounts
        .create_character(zadok.account.id, "Allen", None)
        .await
        .unwrap();
    let grant = AccountAct::Grant { role: Role::Admin };
    world.apply(order(Some(character.id), "", grant)).await;
    let admitted = accounts.admit(held(zadok.account.id), None).await.unwrap();
    assert_eq!(admitted.role, Role::Admin);
    let again = accounts.login("zadok", PASSWORD).await.unwrap();
    assert_eq!(again.account.role, Role::Admin);
}

/// A world with Zadok and his character Allen, and what is needed to order something about him.
async fn with_allen(database: &Database) -> (World, AccountId, StableId) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts();
    let zadok = accounts.register("Zadok", PASSWORD, None).await.unwrap();
    let account = zadok.account.id;
    let allen = accounts.create_character(account, "Allen", None).await;
    (world, account, allen.unwrap().id)
}

/// What the world is told when it asks who is set apart.
pub(crate) async fn standings(world: &World) -> (Vec<(AccountOrder, Unheeded)>, Standings) {
    let ask = StoreAsk::Standings { asked: 7 };
    world.ports.asks.send(ask).await.unwrap();
    let (mut unheeded, mut standings) = (Vec::new(), None);
    until("who is set apart", || {
        match world.ports.replies.try_recv() {
            Ok(StoreReply::Unheeded { order, why }) => unheeded.push((order, why)),
            Ok(StoreReply::Standings(said)) => standings = Some(said),
            _ => {}
        }
        standings.is_some()
    })
    .await;
    (unheeded, standings.unwrap())
}

async fn order_after_a_wrong_clock_still_counts(database: Database) {
    let (mut world, account, allen) = with_allen(&database).await;
    let grant = |role| order(Some(allen), "", AccountAct::Grant { role });
    // A clock that was 400 days ahead, by another's hand and by this journal's.
    let ahead = now_micros() + 400 * 86_400_000_000;
    let stamp = format!("UPDATE accounts SET role_at = {ahead}, ban_at = {ahead}");
    database.execute(&stamp).await;
    world.apply(grant(Role::Admin)).await;
    let accounts = world.accounts().clone();
    assert_eq!(accounts.me(account).await.unwrap().role, Role::Admin);
    let stamped = "SELECT role_at FROM accounts";
    assert!(database.number(stamped).await <= i64::try_from(now_micros()).unwrap());
    accounts.grant("zadok", Role::Player).await.unwrap();
    world.apply(order(Some(allen), "", ban(None))).await;
    assert!(accounts.login("zadok", PASSWORD).await.is_err());
}

async fn futile_order_is_told(database: Database) {
    let (mut world, account, allen) = with_allen(&database).await;
    let nobody = order(None, "Nahab", ban(None));
    world.apply(nobody).await;
    // Somebody else has decided since, by the same clock.
    world.accounts().grant("zadok", Role::Admin).await.unwrap();
    let old = Batch::default().order_at(
        now_micros() - 60_000_000,
        &AccountOrder {
            character: Some(allen),
            name: "Allen".to_owned(),
            by: "Ann".to_owned(),
            act: AccountAct::Grant { role: Role::Player },
        },
    );
    world.apply(old).await;
    let (unheeded, standings) = standings(&world).await;
    let why: Vec<_> = unheeded
        .iter()
        .map(|(order, why)| (order.name.as_str(), *why))
        .collect();
    assert_eq!(
        why,
        [("Nahab", Unheeded::Nobody), ("Allen", Unheeded::Older)]
    );
    assert_eq!((standings.asked, standings.admins), (7, vec![account]));
    assert_eq!(self::standings(&world).await.0, [], "told once");
}

async fn admin_is_not_banned_by_an_order(database: Database) {
    let (mut world, account, allen) = with_allen(&database).await;
    world.accounts().grant("zadok", Role::Admin).await.unwrap();
    world.apply(order(Some(allen), "Allen", ban(None))).await;
    world.apply(order(None, "allen", ban(None))).await;
    assert!(world.accounts().login("zadok", PASSWORD).await.is_ok());
    let (unheeded, _) = standings(&world).await;
    assert!(
        unheeded.iter().all(|(_, why)| *why == Unheeded::Admin),
        "{unheeded:?}"
    );
    assert_eq!(unheeded.len(), 2);
    let refused = world.accounts().ban("zadok", None, "").await;
    assert_eq!(code(refused), Code::AuthorizationDenied);
    let demoted = AccountAct::Grant { role: Role::Player };
    world.apply(order(Some(allen), "Allen", demoted)).await;
    world.apply(order(Some(allen), "Allen", ban(None))).await;
    let (unheeded, standings) = standings(&world).await;
    assert_eq!(unheeded, []);
    assert_eq!(standings.admins, []);
    let banned: Vec<_> = standings.banned.iter().map(|ban| ban.account).collect();
    assert_eq!(banned, [account]);
}

async fn banned_account_uses_no_token(database: Database) {
    let (mut world, account, allen) = with_allen(&database).await;
    let accounts = world.accounts().clone();
    let token = accounts.login("zadok", PASSWORD).await.unwrap().token;
    assert_eq!(accounts.holder(&token, false).await.unwrap(), account);
    assert_eq!(
        accounts.standing(account, allen).await.unwrap(),
        Role::Player
    );
    world.apply(order(Some(allen), "", ban(None))).await;
    for refused in [
        accounts.holder(&token, false).await.map(|_| ()),
        accounts.holder(&token, true).await.map(|_| ()),
        accounts.standing(account, allen).await.map(|_| ()),
    ] {
        let refused = refused.unwrap_err().refusal;
        assert_eq!(refused.code, Code::AuthorizationDenied);
        assert!(refused.message.contains("shouting in the library"));
    }
    world.apply(order(Some(allen), "", AccountAct::Unban)).await;
    assert!(accounts.holder(&token, false).await.is_ok());
    accounts.delete_character(account, allen).await.unwrap();
    assert_eq!(
        code(accounts.standing(account, allen).await),
        Code::InvalidToken
    );
}

async fn operator_decisions_reach_the_world_and_the_record(database: Database) {
    let (world, account, _) = with_allen(&database).await;
    let accounts = world.accounts();
    accounts.grant("zadok", Role::Admin).await.unwrap();
    assert_eq!(standings(&world).await.1.admins, [account]);
    accounts.grant("zadok", Role::Player).await.unwrap();
    let until = WorldTime(now_micros() + 60_000_000);
    accounts.ban("ZADOK", Some(until), "noise").await.unwrap();
    let (_, said) = standings(&world).await;
    assert_eq!(said.admins, []);
    let ban = Banned {
        account,
        until: Some(until),
        reason: "noise".to_owned(),
    };
    assert_eq!(said.banned, [ban]);
    accounts.unban("zadok").await.unwrap();
    assert_eq!(standings(&world).await.1.banned, []);
    for unknown in ["nobody", "zad\0ok"] {
        assert_eq!(code(accounts.unban(unknown).await), Code::ResourceNotFound);
        let granted = accounts.grant(unknown, Role::Admin).await;
        assert_eq!(code(granted), Code::ResourceNotFound);
    }
    let recorded = "SELECT count(*) FROM facts WHERE kind = 'moderation'";
    assert_eq!(database.number(recorded).await, 4);
}
