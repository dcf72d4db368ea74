//! What the Stage saves and what comes back from it.

use std::collections::HashMap;

use engine::Seed;
use engine::port::{Owner, Row};
use engine::prelude::*;
use engine::stage::{STAGE_START, SavedRows, Stage};
use serde::{Deserialize, Serialize};

use crate::kit::{Coins, game};

fn well() -> StableId {
    StableId::named("well")
}

#[test]
fn stage_faults_value_that_fails_round_trip() {
    #[derive(Component, Serialize, Deserialize, Clone)]
    struct Depth(f64);
    #[derive(Component, Serialize, Deserialize, Clone)]
    struct Chart(HashMap<(i32, i32), u8>);
    fn abyss(reg: &mut Registrar<'_>) {
        reg.persist::<Depth>("depth")
            .persist::<Chart>("chart")
            .persist::<Coins>("coins")
            .singleton("sea", || Depth(f64::NAN))
            .singleton("map", || Chart(HashMap::from([((1, 2), 3)])))
            .singleton("chest", || Coins(7));
    }
    let mut stage = Stage::new(abyss).unwrap();
    stage.tick();
    let faults: Vec<_> = stage.faults().iter().map(|fault| &fault.what).collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
    for name in ["`depth`", "`chart`"] {
        assert!(faults.iter().any(|what| what.contains(name)), "{faults:?}");
    }
    let saved: Vec<_> = stage
        .saved()
        .keys()
        .map(|(_, name)| name.as_str())
        .collect();
    assert!(
        saved.contains(&"coins") && !saved.contains(&"chart"),
        "{saved:?}"
    );
}

#[test]
fn retired_component_is_removed_and_unknown_kept() {
    let row = |component: &str| {
        let row = Row {
            id: well(),
            component: component.to_owned(),
            version: 1,
            owner: Owner::World,
            body: "7".to_owned(),
        };
        ((well(), component.to_owned()), row)
    };
    let saved = SavedRows::from([row("coins"), row("unknown"), row("rust")]);
    let plugin = |reg: &mut Registrar<'_>| {
        game(reg);
        reg.retire("rust");
    };
    let mut stage = Stage::restored(plugin, Seed(1), saved, STAGE_START).unwrap();
    stage.tick();
    let left: Vec<_> = stage
        .saved()
        .keys()
        .map(|(_, name)| name.as_str())
        .collect();
    assert_eq!(left, ["coins", "unknown"]);
}

/// Sparse sets have no tables whose ticks could be read as a slice.
#[test]
fn sparse_component_change_is_saved() {
    #[derive(Component, Serialize, Deserialize, Clone)]
    #[component(storage = "SparseSet")]
    struct Fuse(u32);
    fn bomb(reg: &mut Registrar<'_>) {
        reg.persist::<Fuse>("fuse")
            .singleton("bomb", || Fuse(2))
            .every(Duration::from_secs(1), |mut fuses: Query<&mut Fuse>| {
                for mut fuse in &mut fuses {
                    fuse.0 = fuse.0.saturating_sub(1);
                }
            });
    }
    let mut stage = Stage::new(bomb).unwrap();
    stage.pass(Duration::from_secs(1));
    stage.tick();
    let key = (StableId::named("bomb"), "fuse".to_owned());
    assert_eq!(stage.saved()[&key].body, "1");
}
