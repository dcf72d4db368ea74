//! Bounds: how deep, how many, how many that wait.

use std::time::Duration;

use systems::effects::{DroppedEffects, WAITING_EACH_MAX};
use systems::place::Whereabouts;

use super::{lucidity, open, ring, scene, town};

#[test]
fn lists_without_end_are_dropped_and_counted() {
    let mut there_and_back = town(
        r#"{ do = "move", to = "yard" }"#,
        r#"reactions = [{ on = "enter", do = [{ do = "count", key = "in" }, { do = "move", to = "yard" }] }]"#,
    );
    there_and_back.rooms[1].more =
        r#"reactions = [{ on = "enter", do = [{ do = "count", key = "in" }, { do = "move", to = "hall" }] }]"#.to_owned();
    let mut stage = open(&there_and_back);
    stage.says("Ann", "ring bell");
    for _ in 0..10 {
        stage.tick();
    }
    let dropped = *stage.engine().world().resource::<DroppedEffects>();
    assert_eq!(dropped.too_deep, 1);
    // The list of the bell, and seven that it led to.
    assert_eq!(stage.component::<Whereabouts>("Ann").room, "hall");
    assert_eq!(stage.faults(), []);
}

#[test]
fn actor_has_256_effects_a_tick() {
    let deep = r#"{ do = "lucidity", amount = -1 },"#.repeat(31);
    let list = format!(r#"{{ do = "chance", of = 1, then = [{deep}] }},"#).repeat(10);
    let mut stage = scene(&list, "");
    ring(&mut stage);
    // 8 branches of 31 effects are 256, so the ninth is dropped with all that comes after.
    assert_eq!(lucidity(&mut stage, "Ann"), 1);
    let dropped = *stage.engine().world().resource::<DroppedEffects>();
    assert_eq!(dropped.too_many, 1);
    assert_eq!(stage.faults(), []);
}

#[test]
fn sixteen_lists_wait_on_one_actor() {
    let list = r#"{ do = "after", seconds = 1, then = [{ do = "count", key = "late" }, { do = "when", if = { count = { key = "late", from = 16 } }, then = [{ do = "tell", actor = "All." }] }] },"#
        .repeat(20);
    let mut stage = scene(&list, "");
    ring(&mut stage);
    let dropped = *stage.engine().world().resource::<DroppedEffects>();
    assert_eq!(dropped.too_many_later as usize, 20 - WAITING_EACH_MAX);
    stage.pass(Duration::from_millis(1_100));
    assert_eq!(stage.heard("Ann").matches("All.").count(), 1);
    assert_eq!(stage.faults(), []);
}
