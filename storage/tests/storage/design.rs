//! Designers whose grant has limits, on both databases.

use engine::port::{AccountAct, AccountId, AccountOrder, Role, StableId, WorldTime};
use storage::{Accounts, DesignLimits, DesignReach};

use crate::accounts::held;
use crate::harness::{Batch, Database, World, now_micros, on_both};
use crate::roles::standings;

on_both!(
    limits_are_kept_and_shown_until_revoked,
    another_grant_replaces_the_limits,
    grant_that_is_over_leaves_a_player,
);

const PASSWORD: &str = "the king in yellow";

async fn with_keziah(database: &Database) -> (World, Accounts, AccountId, StableId) {
    let world = World::start(database.config()).await;
    let accounts = world.accounts().clone();
    let made = accounts.register("Keziah", PASSWORD, None).await.unwrap();
    let id = made.account.id;
    let character = accounts.create_character(id, "Nahab", None).await.unwrap();
    (world, accounts, id, character.id)
}

fn within(zones: &[&str], until: Option<u64>) -> DesignLimits {
    DesignLimits {
        until: until.map(WorldTime),
        zones: Some(zones.iter().map(ToString::to_string).collect()),
    }
}

async fn shown(accounts: &Accounts) -> Option<DesignLimits> {
    let (one, _) = accounts.show("keziah").await.unwrap();
    let listed = accounts.list("", false).await.unwrap();
    assert_eq!(listed[0].design, one.design);
    one.design
}

async fn limits_are_kept_and_shown_until_revoked(database: Database) {
    let (world, accounts, id, character) = with_keziah(&database).await;
    let reach = async || world.storage.revisions().reach(character).await.unwrap();
    assert_eq!(shown(&accounts).await, None);
    assert_eq!(reach().await, DesignReach::Nothing);
    let limits = within(&["arkhamcity", "uplands"], Some(now_micros() + 60_000_000));
    accounts.grant_design("KEZIAH", &limits).await.unwrap();
    assert_eq!(shown(&accounts).await, Some(limits.clone()));
    assert_eq!(accounts.me(id).await.unwrap().role, Role::Designer);
    assert_eq!(standings(&world).await.1.designers, [id]);
    let zones = limits.zones.unwrap();
    assert_eq!(reach().await, DesignReach::Zones(zones));
    let detail = database
        .text("SELECT detail FROM facts WHERE kind = 'moderation'")
        .await;
    let detail: serde_json::Value = serde_json::from_str(&detail).unwrap();
    assert_eq!(
        detail["zones"],
        serde_json::json!(["arkhamcity", "uplands"])
    );
    assert_eq!(detail["until"], limits.until.unwrap().0);
    accounts.revoke("keziah", Role::Designer).await.unwrap();
    assert_eq!(shown(&accounts).await, None);
    assert_eq!(reach().await, DesignReach::Nothing);
    let left = "SELECT count(*) FROM accounts
        WHERE design_until IS NOT NULL OR design_zones IS NOT NULL";
    assert_eq!(database.number(left).await, 0);
    let nobody = world.storage.revisions().reach(StableId::named("x")).await;
    assert_eq!(nobody.unwrap(), DesignReach::Nothing);
}

async fn another_grant_replaces_the_limits(database: Database) {
    let (mut world, accounts, _, character) = with_keziah(&database).await;
    let limit = async || {
        let limits = within(&["uplands"], Some(now_micros() + 60_000_000));
        accounts.grant_design("keziah", &limits).await.unwrap();
    };
    limit().await;
    let zones = within(&["arkhamcity"], None);
    accounts.grant_design("keziah", &zones).await.unwrap();
    assert_eq!(shown(&accounts).await, Some(zones));
    accounts.grant("keziah", Role::Designer).await.unwrap();
    assert_eq!(shown(&accounts).await, Some(DesignLimits::default()));
    let reach = world.storage.revisions().reach(character).await;
    assert_eq!(reach.unwrap(), DesignReach::All);
    limit().await;
    accounts.grant("keziah", Role::Admin).await.unwrap();
    let none = "SELECT count(*) FROM accounts
        WHERE design_until IS NULL AND design_zones IS NULL";
    assert_eq!(database.number(none).await, 1);
    let reach = world.storage.revisions().reach(character).await;
    assert_eq!(reach.unwrap(), DesignReach::All);
    // So does one from the world.
    accounts.revoke("keziah", Role::Admin).await.unwrap();
    limit().await;
    let order = Batch::default().order(&AccountOrder {
        character: Some(character),
        name: "Nahab".to_owned(),
        by: "Ann".to_owned(),
        act: AccountAct::Grant { role: Role::Admin },
    });
    world.apply(order).await;
    assert_eq!(database.number(none).await, 1);
}

async fn grant_that_is_over_leaves_a_player(database: Database) {
    let (world, accounts, id, character) = with_keziah(&database).await;
    let over = within(&["uplands"], Some(now_micros() - 1));
    accounts.grant_design("keziah", &over).await.unwrap();
    assert_eq!(standings(&world).await.1.designers, []);
    let reach = world.storage.revisions().reach(character).await;
    assert_eq!(reach.unwrap(), DesignReach::Nothing);
    let signed = accounts.login("keziah", PASSWORD).await.unwrap();
    let refresh = accounts.refresh_token(&signed.token).await.unwrap();
    let (renewed, _) = accounts.refresh(&refresh).await.unwrap();
    let roles = [
        signed.account.role,
        renewed.account.role,
        accounts.me(id).await.unwrap().role,
        accounts.admit(held(id), None).await.unwrap().role,
        accounts.standing(id, character).await.unwrap(),
        accounts.show("keziah").await.unwrap().0.role(),
    ];
    assert_eq!(roles, [Role::Player; 6]);
    // The operator still sees what it was.
    assert_eq!(shown(&accounts).await, Some(over));
}
