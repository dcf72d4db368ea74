//! What an account may do and whether it may come in, as the operator and the world decide.

use engine::port::{AccountAct, AccountOrder, Code, Role, StableId, WorldTime};
use storage::Denied;

use crate::harness::{Batch, Database, World, now_micros, on_both};

on_both!(
    roles_are_granted_by_name,
    a_ban_from_the_world_keeps_an_account_out_until_it_ends,
    a_role_from_the_world_is_there_at_the_next_sign_in,
);

const PASSWORD: &str = "the king in yellow";

fn code<T: std::fmt::Debug>(answer: Result<T, Denied>) -> Code {
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
    assert_eq!(accounts.admit(id, None).await.unwrap().role, Role::Admin);
    let unknown = accounts.grant("Nahab", Role::Admin).await;
    assert_eq!(code(unknown), Code::ResourceNotFound);
    let unknown = accounts.admit(id, Some(StableId::named("x"))).await;
    assert_eq!(code(unknown), Code::InvalidToken);
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

async fn a_ban_from_the_world_keeps_an_account_out_until_it_ends(database: Database) {
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
        code(accounts.admit(zadok.account.id, None).await),
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

async fn a_role_from_the_world_is_there_at_the_next_sign_in(database: Database) {
    let mut world = World::start(database.config()).await;
    let accounts = world.accounts().clone();
    let zadok = accounts.register("Zadok", PASSWORD, None).await.unwrap();
    let character = accounts
        .create_character(zadok.account.id, "Allen", None)
        .await
        .unwrap();
    let grant = AccountAct::Grant { role: Role::Admin };
    world.apply(order(Some(character.id), "", grant)).await;
    let admitted = accounts.admit(zadok.account.id, None).await.unwrap();
    assert_eq!(admitted.role, Role::Admin);
    let again = accounts.login("zadok", PASSWORD).await.unwrap();
    assert_eq!(again.account.role, Role::Admin);
}
