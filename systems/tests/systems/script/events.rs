//! What scripts listen to.

use std::time::Duration;

use engine::stage::{STAGE_START, SavedRows};

use super::heard;
use crate::town::Town;

#[test]
fn script_hears_of_deeds_and_of_publishing() {
    let script = r#"
on("touched", |e| tell(e.who, `touched ${e.text}`));
on("read", |e| tell(e.who, `read ${e.text}`));
on("rung", |e| tell(e.who, `rung ${e.text} in ${e.room}`));
on("published", |e| { for who in people() { tell(who, `revision ${e.revision}`); } });
"#;
    let mut town = Town::of(&[("hall", "sanctuary"), ("yard", "sanctuary")]);
    town.rooms[0].more =
        "details = [{ words = [\"bell\", \"brass\"], text = \"A bell.\", on_ring = [{ do = \"tell\", actor = \"Dong.\" }] }]\n".to_owned();
    town.files
        .insert("scripts/bell.rhai".to_owned(), script.to_owned());
    let mut stage = town.stage(SavedRows::new(), STAGE_START);
    stage.enter("Ann");
    stage.tick();
    for line in ["touch brass", "read bell", "ring bell"] {
        stage.says("Ann", line);
        stage.tick();
    }
    stage.tick();
    let told = heard(&mut stage, "Ann");
    for line in ["touched bell", "read bell", "rung bell in hall"] {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert!(!told.contains("revision"), "{told}");
    stage.revise(town.sources(), town.load().unwrap());
    stage.pass(Duration::from_secs(1));
    let told = heard(&mut stage, "Ann");
    assert_eq!(told.matches("revision ").count(), 1, "{told}");
    assert_eq!(stage.faults(), []);
}
