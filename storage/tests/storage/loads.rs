//! What it costs to load a character.

use engine::port::StableId;

use crate::harness::{Batch, Database, World, on_both};

on_both!(character_load_is_one_statement);

/// Components of the larger character.
const MANY: [&str; 8] = [
    "purse", "hat", "coat", "tale", "oil", "map", "debts", "badge",
];

async fn character_load_is_one_statement(database: Database) {
    let mut world = World::start(database.quiet_config()).await;
    let (few, many) = (StableId::named("ann"), StableId::named("bob"));
    let mut batch = Batch::default().put(few, "purse", 1);
    for component in MANY {
        batch = batch.put(many, component, 1);
    }
    world.apply(batch).await;
    world.upkeep_done().await;
    for (who, rows) in [(few, 1), (many, MANY.len())] {
        let before = world.statements();
        assert_eq!(world.rows(who).await.len(), rows);
        assert_eq!(world.statements() - before, 1.0, "{rows} rows");
    }

    // Also while the database lags behind what was saved.
    let held = database.hold_writes().await;
    world.save(Batch::default().put(few, "purse", 2)).await;
    let lagging = world.statements();
    assert_eq!(world.rows(few).await[0].body, "2");
    let cost = world.statements() - lagging;
    // The applier tries its own statements meanwhile: begin, commit and the one that waits.
    assert!((1.0..=4.0).contains(&cost), "{cost} statements");
    held.release().await;
    world.crash();
}
