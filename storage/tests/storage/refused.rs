//! What the database takes neither now nor later is put aside, and everything else goes on.

use engine::port::{AccountAct, AccountOrder, StableId};
use storage::Left;

use crate::harness::{Batch, Database, World, on_both, row};

on_both!(
    a_refused_row_is_put_aside_and_the_rest_goes_on,
    an_order_that_can_not_be_carried_out_stops_nothing,
    a_refused_fact_with_an_endless_name_stops_nothing,
);

fn id(name: &str) -> StableId {
    StableId::named(name)
}

async fn a_refused_row_is_put_aside_and_the_rest_goes_on(database: Database) {
    let mut world = World::start(database.config()).await;
    let huge = "x".repeat(2 * 1024 * 1024);
    let mut batch = Batch::default().put(id("bad"), "tome", huge);
    for n in 0..50 {
        batch = batch.put(id(&format!("good {n}")), "purse", n);
    }
    world
        .apply(
            batch
                .fact("too\0odd", id("bad"), 1)
                .fact("audit", id("bad"), 1),
        )
        .await;

    assert_eq!(
        database.number("SELECT count(*) FROM component_rows").await,
        50
    );
    assert_eq!(database.number("SELECT count(*) FROM facts").await, 1);
    assert_eq!(
        database
            .number("SELECT count(*) FROM quarantined_rows")
            .await,
        2
    );
    let reason = database
        .text("SELECT reason FROM quarantined_rows WHERE kind = 'row'")
        .await;
    assert!(
        reason.contains("check constraint") || reason.contains("CHECK"),
        "{reason}"
    );
    assert_eq!(world.metric("kadath_storage_quarantined_total", None), 2.0);
    let length = database
        .number("SELECT CAST(length(body) AS BIGINT) FROM quarantined_rows WHERE kind = 'row'")
        .await;
    assert_eq!(length, 2 * 1024 * 1024 + 2);
    assert_eq!(world.stop().await, Left::Applied);
}

async fn an_order_that_can_not_be_carried_out_stops_nothing(database: Database) {
    let mut world = World::start(database.config()).await;
    let ban = |name: &str, reason: &str| AccountOrder {
        character: None,
        name: name.to_owned(),
        by: "Ann".to_owned(),
        act: AccountAct::Ban {
            until: None,
            reason: reason.to_owned(),
        },
    };
    // More than the table of facts takes, and what no text of PostgreSQL holds.
    let batch = Batch::default()
        .order(&ban("Bad", &"endless ".repeat(10_000)))
        .order(&ban("Odd", "a reason\0with a NUL"))
        .order(&ban("Good", "shouting"))
        .fact("audit", id("ann"), 1)
        .put(id("ann"), "purse", 1);
    world.apply(batch).await;
    assert_eq!(world.rows(id("ann")).await, [row(id("ann"), "purse", 1)]);
    let kept = database.number("SELECT count(*) FROM facts").await;
    let refused = database
        .number(
            "SELECT count(*) FROM quarantined_rows WHERE kind = 'fact' AND name = 'account_order'",
        )
        .await;
    assert_eq!((kept, refused), (3, 1));
    assert_eq!(world.stop().await, Left::Applied);
}

/// A name too long for the key of the table that it is put into.
async fn a_refused_fact_with_an_endless_name_stops_nothing(database: Database) {
    let mut world = World::start(database.config()).await;
    // Noise, since an index compresses what repeats.
    let name: String = (0..20_000_u32)
        .map(|n| char::from(b'a' + u8::try_from(n.wrapping_mul(2_654_435_761) >> 27).unwrap() % 26))
        .collect();
    let endless: &'static str = Box::leak(name.into_boxed_str());
    world
        .apply(
            Batch::default()
                .fact(endless, id("ann"), 1)
                .put(id("ann"), "purse", 1),
        )
        .await;
    assert_eq!(world.rows(id("ann")).await, [row(id("ann"), "purse", 1)]);
    let length = database
        .number("SELECT CAST(length(name) AS BIGINT) FROM quarantined_rows")
        .await;
    assert_eq!(length, 200);
}
