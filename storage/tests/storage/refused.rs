//! What the database takes neither now nor later is put aside, and everything else goes on.

use engine::port::{AccountAct, AccountOrder, StableId};
use storage::Left;

use crate::harness::{Backend, Batch, Database, World, on_both, row};

on_both!(
    refused_row_is_quarantined_alone,
    impossible_order_stops_nothing,
    refused_fact_with_endless_name_stops_nothing,
);

fn id(name: &str) -> StableId {
    StableId::named(name)
}

async fn refused_row_is_quarantined_alone(database: Database) {
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

async fn impossible_order_stops_nothing(database: Database) {
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
async fn refused_fact_with_endless_name_stops_nothing(database: Database) {
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

/// PostgreSQL says in many ways that it does not like a value, each of which is of that value only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_row_of_any_code_stops_nothing() {
    for (code, table) in [
        ("22P05", "component_rows"),
        ("22021", "component_rows"),
        ("22P02", "component_rows"),
        ("22003", "component_rows"),
        ("23514", "component_rows"),
        ("54000", "component_rows"),
        ("P0001", "component_rows"),
        ("22P05", "facts"),
    ] {
        let database = Backend::Postgres.fresh().await;
        let mut world = World::start(database.config()).await;
        let column = if table == "facts" {
            "kind"
        } else {
            "component"
        };
        for sql in [
            format!(
                "CREATE FUNCTION dislike() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF NEW.{column} = 'tome' THEN
                     RAISE EXCEPTION 'not that' USING ERRCODE = '{code}';
                 END IF; RETURN NEW; END $$"
            ),
            format!(
                "CREATE TRIGGER dislike BEFORE INSERT ON {table}
                 FOR EACH ROW EXECUTE FUNCTION dislike()"
            ),
            // As in an encoding that has no other letters.
            "ALTER TABLE quarantined_rows ADD CHECK (body ~ '^[[:ascii:]]*$')".to_owned(),
        ] {
            database.execute(&sql).await;
        }
        let mut batch = Batch::default().put(id("bad"), "tome", "caf\u{e9} \u{1f600}");
        for n in 0..20 {
            batch = batch.put(id(&format!("good {n}")), "purse", n);
        }
        let batch = batch.fact("tome", id("bad"), 1).fact("audit", id("bad"), 1);
        world.apply(batch).await;
        let (rows, facts) = if table == "facts" { (21, 1) } else { (20, 2) };
        let count = async |table: &str| {
            let sql = format!("SELECT count(*) FROM {table}");
            database.number(&sql).await
        };
        assert_eq!(count("component_rows").await, rows, "{code} in {table}");
        assert_eq!(count("facts").await, facts, "{code} in {table}");
        assert_eq!(count("quarantined_rows").await, 1, "{code} in {table}");
        if table == "component_rows" {
            let body = database.text("SELECT body FROM quarantined_rows").await;
            let body: String = serde_json::from_str(&body).unwrap();
            assert_eq!(body, "caf\u{e9} \u{1f600}");
        }
        assert_eq!(world.stop().await, Left::Applied);
    }
}
