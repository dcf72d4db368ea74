//! Letters between nodes.

use engine::port::{BridgeIn, Content, Correlation, DeliveryId, LettersTold, StableId, Topic};
use engine::stage::{STAGE_START, SavedRows, Stage};

use super::{node, posted, processed, whisper};

/// Another node has told Ann what Bob whispered.
fn told_elsewhere(seq: u64) -> BridgeIn {
    BridgeIn::Delivered {
        delivery: DeliveryId(seq),
        stream: "kadath_durable".into(),
        origin: "west.1".into(),
        seq,
        correlation: Correlation(0xc0ffee),
        content: Content::LettersTold(LettersTold {
            target_id: StableId::named("Ann"),
            ids: vec!["1".into()],
        }),
    }
}

fn topics(stage: &mut Stage) -> Vec<Topic> {
    posted(stage).into_iter().map(|one| one.topic).collect()
}

fn mailboxes(stage: &Stage) -> usize {
    let rows = stage.saved().keys();
    rows.filter(|(_, name)| name == "mailbox").count()
}

/// A whisper to somebody awake on no node; once it is told, all other nodes hear so.
#[test]
fn mail_for_absent_waits_and_delivery_is_announced() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.bridged(whisper(1, 5));
    stage.tick();
    assert_eq!(processed(&mut stage), [5]);
    assert_eq!(mailboxes(&stage), 1, "saved");
    stage.enter("Ann");
    let heard = stage.heard("Ann");
    assert_eq!(heard.matches("Bob whispered: word 1").count(), 1, "{heard}");
    assert_eq!(topics(&mut stage), [], "not read yet");
    stage.tick();
    let ann = StableId::named("Ann");
    assert_eq!(topics(&mut stage), [Topic::LettersTold(ann)]);
    stage.tick();
    assert_eq!(mailboxes(&stage), 0);
}

#[test]
fn mail_told_elsewhere_is_dropped_in_any_order() {
    for told_first in [false, true] {
        let mut stage = node(SavedRows::new(), STAGE_START, 10);
        let mut came = vec![whisper(1, 5), told_elsewhere(1)];
        if told_first {
            came.reverse();
        }
        for one in came {
            stage.bridged(one);
            stage.tick();
        }
        stage.enter("Ann");
        let heard = stage.heard("Ann");
        assert!(!heard.contains("word 1"), "{heard}");
    }
}

/// Another node does not keep it as mail.
#[test]
fn whisper_heard_here_is_stored_on_no_node() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter("Ann");
    stage.bridged(whisper(1, 5));
    stage.tick();
    assert!(stage.heard("Ann").contains("Bob whispers: word 1"));
    let ann = StableId::named("Ann");
    assert_eq!(topics(&mut stage), [Topic::LettersTold(ann)]);
}

#[test]
fn mailbox_holds_sixty_four_letters() {
    let mut stage = node(SavedRows::new(), STAGE_START, 1_000);
    for seq in 1..=80 {
        let BridgeIn::Delivered {
            delivery,
            origin,
            content: Content::Chat(mut line),
            ..
        } = whisper(seq, seq)
        else {
            panic!("it is one")
        };
        line.message_id = seq.to_string();
        stage.bridged(BridgeIn::Delivered {
            delivery,
            stream: "kadath_durable".into(),
            origin,
            seq,
            correlation: Correlation(0xc0ffee),
            content: Content::Chat(line),
        });
    }
    stage.tick();
    assert_eq!(processed(&mut stage).len(), 80);
    stage.enter("Ann");
    // They come in portions.
    stage.tick();
    assert_eq!(stage.heard("Ann").matches("Bob whispered").count(), 64);
}
