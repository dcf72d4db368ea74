//! Bounds: how deep, how many, how many that wait.

use std::time::Duration;

use systems::effects::{DroppedEffects, WAITING_EACH_MAX};
use systems::place::Whereabouts;

use super::{open, ring, scene, town};

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
    let deep = r#"{ do = "count", key = "done" },"#.repeat(31);
    let list = format!(r#"{{ do = "chance", of = 1, then = [{deep}] }},"#).repeat(10);
    let mut stage = scene(
        &list,
        r#"reactions = [{ on = "said", words = ["how many"], do = [{ do = "when", if = { count = { key = "done", from = 248, below = 249 } }, then = [{ do = "tell", actor = "So many." }] }] }]"#,
    );
    ring(&mut stage);
    // 8 branches of 31 effects are 256, so the ninth is dropped with all that comes after.
    stage.says("Ann", "say how many?");
    stage.tick();
    assert!(stage.heard("Ann").contains("So many."));
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

#[test]
fn carriers_without_actor_share_no_bound() {
    let deep = r#"{ do = "count", key = "done", on = "self" },"#.repeat(31);
    let busy = format!(r#"{{ do = "chance", of = 1, then = [{deep}] }},"#).repeat(10);
    let mut two = town(r#"{ do = "stop" }"#, "");
    for (room, text) in [(0, "Hall."), (1, "Yard.")] {
        two.rooms[room].more += &format!(
            r#"reactions = [{{ on = "timer", every = 1, do = [{{ do = "tell", room = "{text}" }}, {busy}] }}]"#
        );
    }
    let mut stage = open(&two);
    stage.says("Bea", "go east");
    stage.tick();
    stage.pass(Duration::from_millis(1_100));
    assert!(stage.heard("Ann").contains("Hall."));
    assert!(stage.heard("Bea").contains("Yard."));
}

#[test]
fn sixty_four_flags_are_kept_each() {
    let flags = |from: usize| {
        let all =
            (from..from + 25).map(|n| format!(r#"{{ do = "flag", key = "k{n}", told = true }},"#));
        let all: String = all.collect();
        format!(r#"{{ do = "chance", of = 1, then = [{all}] }},"#)
    };
    let list: String = [0, 25, 50].map(flags).concat();
    let asked = |key: &str| {
        format!(
            r#"{{ on = "said", words = ["{key}"], do = [{{ do = "when", if = {{ flag = {{ key = "{key}" }} }}, then = [{{ do = "tell", actor = "{key} is up." }}] }}] }},"#
        )
    };
    let mut stage = scene(
        &list,
        &format!("reactions = [{}{}]", asked("k63"), asked("k64")),
    );
    let heard = ring(&mut stage);
    assert_eq!(
        heard.matches("Too much is remembered").count(),
        75 - 64,
        "{heard}"
    );
    for line in ["say k63", "say k64"] {
        stage.says("Ann", line);
        stage.tick();
    }
    let heard = stage.heard("Ann");
    assert!(heard.contains("k63 is up."), "{heard}");
    assert!(!heard.contains("k64 is up."), "{heard}");
}
