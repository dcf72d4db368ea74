use super::*;

/// Three bots in one room, one in another, and a line of bot 0 at tick 10.
fn scene() -> (DeliveryLedger, Instant) {
    let mut deliveries = DeliveryLedger::with(4);
    for bot in 0..4 {
        deliveries.enters(bot, 5, if bot == 3 { "elsewhere" } else { "here" }, "row");
    }
    let now = Instant::now();
    deliveries.says(0, 1, ChatChannel::Say, None, now);
    deliveries.is_answered(0, 1, 10, true);
    (deliveries, now)
}

fn end(mut deliveries: DeliveryLedger, now: Instant) -> (Deliveries, Vec<String>) {
    deliveries.settle(now, true);
    (deliveries.count, deliveries.named)
}

#[tokio::test]
async fn line_heard_by_all_is_delivered() {
    let (mut deliveries, now) = scene();
    for bot in 0..3 {
        deliveries.hears(bot, 10, (0, 1));
    }
    let (count, named) = end(deliveries, now);
    assert_eq!((count.expected, count.heard), (3, 3));
    assert_eq!(named, Vec::<String>::new());
}

/// A missing line is lost to each of those for whom it was meant.
#[tokio::test]
async fn missing_line_counts_as_lost_per_listener() {
    let (mut deliveries, now) = scene();
    deliveries.hears(0, 10, (0, 1));
    deliveries.hears(2, 10, (0, 1));
    let (count, named) = end(deliveries, now);
    assert_eq!((count.expected, count.lost), (3, 1));
    assert_eq!(named, ["line 0.1 of tick 10: never heard by bot 1"]);
}

#[tokio::test]
async fn a_line_heard_elsewhere_is_a_stray() {
    let (mut deliveries, now) = scene();
    for bot in 0..4 {
        deliveries.hears(bot, 10, (0, 1));
    }
    let (count, named) = end(deliveries, now);
    assert_eq!(count.strays, 1);
    assert!(named[0].contains("not for bot 3"), "{named:?}");
}

/// A bot that moves in the tick of a line may hear it or not.
#[tokio::test]
async fn mover_in_lines_tick_may_miss_line() {
    let (mut deliveries, now) = scene();
    deliveries.enters(1, 10, "elsewhere", "row");
    deliveries.hears(0, 10, (0, 1));
    deliveries.hears(2, 10, (0, 1));
    let (count, _) = end(deliveries, now);
    assert_eq!((count.expected, count.lost, count.strays), (2, 0, 0));
}

#[tokio::test]
async fn cut_listener_is_excused_unless_session_resumes() {
    for (resumed, lost) in [(false, 0), (true, 1)] {
        let (mut deliveries, now) = scene();
        deliveries.has_seen(1, 8);
        deliveries.is_cut(1);
        if resumed {
            deliveries.is_resumed(1);
        }
        deliveries.hears(0, 10, (0, 1));
        deliveries.hears(2, 10, (0, 1));
        assert_eq!(end(deliveries, now).0.lost, lost, "resumed: {resumed}");
    }
}

#[tokio::test]
async fn duplicate_and_late_delivery_are_told_apart() {
    let (mut deliveries, now) = scene();
    deliveries.says(0, 2, ChatChannel::Say, None, now);
    deliveries.is_answered(0, 2, 11, true);
    for bot in [0, 2] {
        deliveries.hears(bot, 10, (0, 1));
        deliveries.hears(bot, 11, (0, 2));
    }
    deliveries.hears(1, 11, (0, 2));
    deliveries.hears(1, 10, (0, 1));
    deliveries.hears(2, 11, (0, 2));
    let (count, named) = end(deliveries, now);
    assert_eq!((count.reordered, count.duplicated, count.lost), (1, 1, 0));
    assert!(
        named[0].contains("0.1") && named[0].contains("by bot 1"),
        "{named:?}"
    );
    assert!(
        named[1].contains("0.2") && named[1].contains("by bot 2"),
        "{named:?}"
    );
}

#[tokio::test]
async fn repetition_is_found_after_line_was_judged() {
    let (mut deliveries, now) = scene();
    for bot in 0..3 {
        deliveries.hears(bot, 10, (0, 1));
        deliveries.has_seen(bot, 11);
    }
    deliveries.settle(now + std::time::Duration::from_secs(9), false);
    assert_eq!(deliveries.count.heard, 3);
    deliveries.hears(2, 10, (0, 1));
    let (count, named) = end(deliveries, now);
    assert_eq!((count.duplicated, count.lost), (1, 0));
    assert!(named[0].contains("heard again by bot 2"), "{named:?}");
}

#[tokio::test]
async fn unsaid_words_are_strays() {
    let (mut deliveries, now) = scene();
    for bot in 0..3 {
        deliveries.hears(bot, 10, (0, 1));
    }
    deliveries.hears(1, 12, (0, 7));
    let (count, named) = end(deliveries, now);
    assert_eq!((count.strays, count.lost), (1, 0));
    assert!(named[0].contains("line 0.7"), "{named:?}");
}

/// Words of an earlier tick come too late after those of a later one, also by another speaker.
#[tokio::test]
async fn words_of_earlier_tick_are_out_of_order() {
    let (mut deliveries, now) = scene();
    deliveries.says(1, 1, ChatChannel::Say, None, now);
    deliveries.is_answered(1, 1, 11, true);
    for bot in [0, 1] {
        deliveries.hears(bot, 10, (0, 1));
        deliveries.hears(bot, 11, (1, 1));
    }
    deliveries.hears(2, 11, (1, 1));
    deliveries.hears(2, 10, (0, 1));
    let (count, named) = end(deliveries, now);
    assert_eq!((count.reordered, count.lost), (1, 0));
    assert!(named[0].contains("by bot 2"), "{named:?}");
}

/// All hear two speakers of one tick in the same order.
#[tokio::test]
async fn lines_of_one_tick_keep_one_order() {
    for (swapped, reordered) in [(false, 0), (true, 1)] {
        let (mut deliveries, now) = scene();
        deliveries.says(1, 1, ChatChannel::Say, None, now);
        deliveries.is_answered(1, 1, 10, true);
        for bot in 0..3 {
            let mut row = [(0, 1), (1, 1)];
            if swapped && bot == 2 {
                row.reverse();
            }
            for line in row {
                deliveries.hears(bot, 10, line);
            }
        }
        let (count, named) = end(deliveries, now);
        assert_eq!((count.reordered, count.lost), (reordered, 0), "{named:?}");
        if swapped {
            assert!(named[0].contains("by bot 2"), "{named:?}");
        }
    }
}
