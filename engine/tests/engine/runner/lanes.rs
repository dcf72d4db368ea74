//! What goes out and comes in by the lanes, also when nobody takes it.

use super::*;

/// Tells session 1 the number of each tick.
fn herald(reg: &mut Registrar<'_>) {
    reg.note::<Words>().system(
        Phase::Emit,
        |clock: Res<Clock>, mut outbox: ResMut<Outbox>| {
            let note = Words(clock.tick.to_string());
            outbox.tell(Audience::One(SessionId(1)), note);
        },
    );
}

fn one_place() -> LaneLimits {
    LaneLimits {
        emissions: 1,
        ..LaneLimits::default()
    }
}

/// The ticks that were told, and which of them were torn.
fn take(net: &mut NetPorts, into: &mut Vec<(u64, bool)>) {
    while let Ok(Emission {
        tick, torn, said, ..
    }) = net.emissions.try_recv()
    {
        assert!(matches!(said[..], [Outbound::Note { .. }]));
        into.push((tick, torn));
    }
}

#[test]
fn untaken_output_is_held_in_order() {
    let mut live = Live::with(herald, one_place(), |_| {});
    until("output is held", || {
        live.figure(r#"kadath_lane_depth{lane="emissions"}"#) >= 20.0
    });
    let mut told = Vec::new();
    until("50 ticks were told", || {
        take(&mut live.net, &mut told);
        told.len() >= 50
    });
    let expected: Vec<(u64, bool)> = (1..=told.len() as u64).map(|tick| (tick, false)).collect();
    assert_eq!(told, expected);
    assert_eq!(
        live.figure(r#"kadath_lane_refusals_total{lane="emissions"}"#),
        0.0
    );
}

#[test]
fn excess_output_is_dropped_and_sessions_torn() {
    let mut live = Live::with(herald, one_place(), |_| {});
    let refusals = r#"kadath_lane_refusals_total{lane="emissions"}"#;
    until("output is dropped", || live.figure(refusals) > 0.0);
    let dropped = live.figure(refusals) as u64;
    assert_eq!(dropped, 201, "200 ticks are held, no more");
    let mut told = Vec::new();
    until("output flows again", || {
        take(&mut live.net, &mut told);
        told.len() >= 10
    });
    // The first was in the lane already; what follows the gap says that there was one, once.
    let (before, after) = told.split_at(1);
    assert_eq!(before, [(1, false)]);
    let expected: Vec<(u64, bool)> = (0..after.len() as u64)
        .map(|n| (dropped + 2 + n, n == 0))
        .collect();
    assert_eq!(after, expected);
}

#[test]
fn line_in_gives_outcome_out() {
    let mut live = Live::new(game);
    let mut outcome = None;
    live.net.inbound.try_send(arrival(1, "ann")).unwrap();
    until("storage is asked", || live.storage.asks.try_recv().is_ok());
    let loaded = engine::port::StoreReply::Loaded {
        character: StableId::named("ann"),
        session: SessionId(1),
        rows: Vec::new(),
    };
    live.storage.replies.try_send(loaded).unwrap();
    let mut admitted = false;
    until("ann is admitted, and her line answered", || {
        while let Ok(emission) = live.net.emissions.try_recv() {
            for said in emission.said {
                match said {
                    Outbound::Admitted { .. } => {
                        admitted = true;
                        let line = line(1, Some(1), "earn");
                        live.net.inbound.try_send(line).unwrap();
                    }
                    Outbound::Outcome { outcome: one, .. } => outcome = Some(one),
                    _ => {}
                }
            }
        }
        outcome.is_some()
    });
    assert!(admitted);
    assert_eq!(outcome.unwrap().result, Ok(Some("earned".to_owned())));
    until("one player is counted", || {
        live.figure("kadath_players_online") == 1.0
    });
}

#[test]
fn full_inbound_lane_returns_and_counts_line() {
    let limits = LaneLimits {
        inbound: 2,
        ..LaneLimits::default()
    };
    let registry = Registry::new();
    let lanes = lanes(limits, &registry).unwrap();
    let send = || lanes.net.inbound.try_send(line(1, Some(1), "hello"));
    assert!(send().is_ok() && send().is_ok());
    assert!(send().is_err() && send().is_err());
    let text = TextEncoder::new()
        .encode_to_string(&registry.gather())
        .unwrap();
    assert!(
        text.contains("kadath_lane_refusals_total{lane=\"inbound\"} 2"),
        "{text}"
    );
    assert!(
        text.contains("kadath_lane_depth{lane=\"inbound\"} 2"),
        "{text}"
    );
}
