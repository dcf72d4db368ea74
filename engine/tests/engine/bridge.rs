//! What goes to the bus and comes from it.

use engine::port::{
    Body, BridgeIn, Content, Correlation, DeliveryId, NodeOrder, OrderAct, Parcel, Topic, WorldTime,
};
use engine::prelude::*;
use engine::stage::Stage;
use engine::{Bridge, Bridged};

fn order() -> Content {
    Content::Order(NodeOrder {
        by: "Ann".into(),
        act: OrderAct::CancelShutdown,
        until: WorldTime(1),
    })
}

/// Sends back whatever is delivered.
fn echo(mut came: MessageReader<Bridged>, mut bridge: ResMut<Bridge>) {
    for Bridged(came) in came.read() {
        if let BridgeIn::Delivered {
            delivery, content, ..
        } = came
        {
            bridge.processed(*delivery);
            bridge.send(Parcel {
                topic: Topic::Global,
                mark: None,
                correlation: Default::default(),
                body: Body::Content(content.clone()),
            });
        }
    }
}

#[test]
fn bus_message_is_heard_and_answered_same_tick() {
    let mut stage = Stage::new(|reg: &mut Registrar<'_>| {
        reg.system(Phase::Emit, echo);
    })
    .unwrap();
    stage.tick();
    assert!(stage.parcels().is_empty());
    for n in [1, 2] {
        stage.bridged(BridgeIn::Delivered {
            delivery: DeliveryId(n),
            stream: "kadath_durable".into(),
            origin: "elsewhere".into(),
            seq: n,
            correlation: Correlation(7),
            content: order(),
        });
    }
    stage.tick();
    let parcels = stage.parcels();
    assert_eq!(parcels.len(), 1, "one hand-over a tick");
    assert_eq!(parcels[0].processed, [DeliveryId(1), DeliveryId(2)]);
    assert_eq!(parcels[0].sent.len(), 2);
    assert!(matches!(&parcels[0].sent[0].body, Body::Content(content) if *content == order()));
    stage.tick();
    assert!(stage.parcels().is_empty(), "said once");
}

#[test]
fn parcels_are_refused_outside_emit() {
    fn early(mut bridge: ResMut<Bridge>) {
        bridge.processed(DeliveryId(1));
    }
    let fault = Stage::new(|reg: &mut Registrar<'_>| {
        reg.system(Phase::Simulate, early);
    })
    .unwrap_err();
    assert!(fault.to_string().contains("made in emit"), "{fault}");
}
