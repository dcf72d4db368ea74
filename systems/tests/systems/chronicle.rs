//! Actions that write to the chronicle, while it has no room.

use engine::port::{Code, Fact};
use engine::prelude::*;
use engine::stage::{STAGE_START, SavedRows, Stage};
use systems::command::{Usage, Verb, Words, verb};

use crate::town::Town;

/// `testify`
#[derive(Message)]
struct Testify(Order);

impl Verb for Testify {
    const WORDS: &'static [&'static str] = &["testify"];
    const USAGE: &'static str = "testify";
    const HELP: &'static str = "Puts something on record.";
    const FACTS: u32 = 1;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self(order))
    }
}

fn testify(
    mut said: MessageReader<Testify>,
    mut records: MessageWriter<Recorded>,
    mut answers: MessageWriter<Answer>,
    ids: Query<&StableId>,
    clock: Res<Clock>,
) {
    for Testify(order) in said.read() {
        let Ok(subject) = ids.get(order.actor) else {
            continue;
        };
        records.write(Recorded(Fact {
            kind: "testimony".into(),
            subject: *subject,
            at: clock.now,
            count: 1,
            sum: 0,
            detail: "{}".into(),
            merges: false,
        }));
        answers.write(Answer::with(*order, "It is on record."));
    }
}

fn court() -> Stage {
    let more = |reg: &mut Registrar<'_>| {
        verb::<Testify>(reg);
        reg.system(Phase::Simulate, testify);
    };
    Town::of(&[("court", "indoors")]).stage_with(more, SavedRows::new(), STAGE_START)
}

/// How each testimony of the last tick ended.
fn outcomes(stage: &mut Stage, name: &str) -> Vec<Result<(), Code>> {
    let ended = stage.ears(name).outcomes.into_iter();
    ended
        .map(|outcome| match outcome.result {
            Ok(_) => Ok(()),
            Err(refusal) => {
                assert!(
                    refusal.retry_after_ms.is_some(),
                    "it says when to try again"
                );
                Err(refusal.code)
            }
        })
        .collect()
}

fn testifies(stage: &mut Stage, name: &str) -> Vec<Result<(), Code>> {
    stage.says(name, "testify");
    stage.tick();
    outcomes(stage, name)
}

fn testimonies(stage: &Stage) -> usize {
    let facts = stage.facts().iter();
    facts.filter(|fact| fact.kind == "testimony").count()
}

#[test]
fn full_audit_log_refuses_writers_until_drained() {
    let mut stage = court();
    stage.enter("ann");
    stage.set_facts_max(3);
    stage.hold_saves(true);
    for _ in 0..3 {
        assert_eq!(testifies(&mut stage, "ann"), [Ok(())]);
    }
    for _ in 0..2 {
        let full = testifies(&mut stage, "ann");
        assert_eq!(full, [Err(Code::StorageUnavailable)]);
    }
    stage.says("ann", "look");
    stage.tick();
    assert_eq!(outcomes(&mut stage, "ann"), [Ok(())], "the rest goes on");

    stage.hold_saves(false);
    stage.tick();
    stage.tick();
    assert_eq!(testifies(&mut stage, "ann"), [Ok(())]);
    stage.tick();
    assert_eq!(
        testimonies(&stage),
        4,
        "none refused was written, none lost"
    );
}

#[test]
fn same_tick_audit_writers_share_remaining_room() {
    let mut stage = court();
    let crowd = ["ann", "ben", "cid"];
    for name in crowd {
        stage.enter(name);
    }
    stage.set_facts_max(2);
    stage.hold_saves(true);
    for name in crowd {
        stage.says(name, "testify");
    }
    stage.tick();
    let ended: Vec<_> = crowd
        .iter()
        .flat_map(|name| outcomes(&mut stage, name))
        .collect();
    assert_eq!(ended, [Ok(()), Ok(()), Err(Code::StorageUnavailable)]);
    stage.hold_saves(false);
    stage.tick();
    assert_eq!(testimonies(&stage), 2);
}
