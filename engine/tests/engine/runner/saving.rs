//! What the store gets of a running world, and of one that stops.

use super::*;

/// A durable thing that changes in every tick.
fn clockwork(reg: &mut Registrar<'_>) {
    reg.persist::<Coins>("coins")
        .singleton("clockwork", || Coins(0))
        .system(Phase::Simulate, |mut all: Query<&mut Coins>| {
            for mut coins in &mut all {
                coins.0 += 1;
            }
        });
}

#[test]
fn slow_store_delays_no_tick_and_batches_singly() {
    let live = Live::new(clockwork);
    until("100 ticks have passed", || live.tick() >= 100);
    let first = live.storage.saves.try_recv().unwrap();
    assert_eq!(first.tick, 1);
    assert!(live.storage.saves.is_empty());
    assert_eq!(
        live.net.gauge.durable_tick(),
        0,
        "nothing is called durable that is not"
    );
    live.storage.gauge.set_durable(first.tick);
    let second = live.storage.saves.recv_timeout(Duration::from_secs(20));
    assert!(second.unwrap().tick > 100);
}

#[test]
fn idle_world_is_durable() {
    let live = Live::new(|_: &mut Registrar<'_>| {});
    until("the watermark follows the ticks", || {
        live.net.gauge.durable_tick() >= 20
    });
    assert!(live.storage.saves.is_empty());
}

#[test]
fn stop_waits_for_lane_and_hands_last_batch() {
    let mut live = Live::new(clockwork);
    until("more has changed", || live.tick() >= 10);
    let running = live.running.take().unwrap();
    let stopping = std::thread::spawn(move || running.stop().unwrap());
    // A batch is still in the lane: the end must wait for it, and ticks meanwhile.
    let tick = live.tick();
    until("it ticks on", || live.tick() > tick + 1);
    assert!(!stopping.is_finished());
    let next = || {
        let saves = &live.storage.saves;
        saves.recv_timeout(Duration::from_secs(20)).unwrap()
    };
    assert_eq!(next().tick, 1);
    // Taken, but not durable: that may take longer than a stop has patience.
    let last = next();
    let ended = stopping.join().unwrap();
    assert_eq!(live.storage.gauge.durable_tick(), 0);
    assert!(last.last && ended.handed_over);
    assert_eq!(last.tick, ended.last_tick);
    assert_eq!(
        values(&last)[0].2,
        ended.last_tick.to_string(),
        "all that ever changed"
    );
    assert!(
        live.storage.saves.recv().is_err(),
        "the lane is closed behind it"
    );
}

#[test]
fn stop_gives_up_on_silent_store() {
    let mut live = Live::with(clockwork, LaneLimits::default(), |config| {
        config.patience = Duration::from_millis(100);
    });
    until("a batch is under way", || live.tick() >= 2);
    assert!(!live.stop().handed_over);
}
