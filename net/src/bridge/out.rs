//! From the world's lane to the connections: each tick's messages leave in one flush.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use bytes::Bytes;
use engine::port::{
    Awake, Body, BridgeIn, DeliveryId, Mark, Parcel, Parcels, Tick, Topic, WorldTime,
};
use tokio::sync::{mpsc, watch};

use super::class::Class;
use super::dead_letters::DeadLetter;
use super::link::BusPacket;
use super::metrics::Way;
use super::shared::Shared;
use super::subject::class_of;

/// A message that must arrive.
#[derive(Clone, Debug)]
pub(super) struct DurableMessage {
    pub(super) mark: Mark,
    /// It leaves once this tick is durable: before, a crash could take back what it tells.
    pub(super) tick: Tick,
    pub(super) class: Class,
    pub(super) subject: String,
    pub(super) id: String,
    pub(super) bytes: Bytes,
}

/// Where the parts of a tick's parcels go.
#[derive(Debug)]
pub(super) struct Outlets {
    pub(super) links: Vec<mpsc::Sender<Vec<BusPacket>>>,
    pub(super) durable: mpsc::Sender<DurableMessage>,
    pub(super) processed: mpsc::Sender<(Tick, Vec<DeliveryId>)>,
    pub(super) awake: watch::Sender<Vec<Arc<Awake>>>,
}

/// Encodes and sorts until `stop`, or until the world has ended.
pub(super) async fn run(
    mut parcels: mpsc::Receiver<Parcels>,
    outlets: Outlets,
    shared: Arc<Shared>,
) {
    let stop = shared.stop.clone();
    while let Some(Some(tick)) = stop.run_until_cancelled(parcels.recv()).await {
        let Parcels {
            tick,
            wall,
            sent,
            processed,
            awake,
            unheard,
        } = tick;
        if unheard > 0 {
            shared.metrics.dropped_many(Way::In, Class::Chat, unheard);
        }
        if let Some(players) = awake {
            // The world says it again from time to time.
            outlets.awake.send_if_modified(|known| {
                let news = *known != players;
                *known = players;
                news
            });
        }
        // What does not fit is delivered again and answered again.
        if !processed.is_empty() && outlets.processed.try_send((tick, processed)).is_err() {
            tracing::debug!(tick, "acknowledgements of the bus wait for a redelivery");
        }
        send(sent, (tick, wall), &outlets, &shared);
    }
}

fn send(sent: Vec<Parcel>, (tick, wall): (Tick, WorldTime), outlets: &Outlets, shared: &Shared) {
    let mut batches: Vec<Vec<BusPacket>> = outlets.links.iter().map(|_| Vec::new()).collect();
    for (ordinal, parcel) in sent.into_iter().enumerate() {
        let class = class_of(&parcel.topic);
        let sealed = shared
            .grammar
            .topic(&parcel.topic)
            .map_err(|fault| fault.to_string())
            .and_then(|subject| {
                let bytes = shared.sender.seal(&parcel, tick, wall, ordinal);
                bytes
                    .map(|bytes| (subject, Bytes::from(bytes)))
                    .map_err(|fault| fault.to_string())
            });
        let (subject, bytes) = match sealed {
            Ok(sealed) => sealed,
            Err(fault) => {
                refuse(parcel, class, fault, shared);
                continue;
            }
        };
        match parcel.mark {
            Some(mark) => {
                let durable = DurableMessage {
                    id: super::envelope::stored_id(&mark),
                    mark,
                    tick,
                    class,
                    subject,
                    bytes,
                };
                // The world keeps it and offers it again: nothing is lost here.
                if outlets.durable.try_send(durable).is_err() {
                    tracing::debug!(tick, "message of the bus waits to be offered again");
                }
            }
            None => {
                let link = lane_of(&parcel.topic, batches.len());
                batches[link].push(BusPacket {
                    class,
                    subject,
                    bytes,
                });
            }
        }
    }
    for (batch, link) in batches.into_iter().zip(&outlets.links) {
        if batch.is_empty() {
            continue;
        }
        if let Err(refused) = link.try_send(batch) {
            for packet in refused.into_inner() {
                shared.metrics.dropped(Way::Out, packet.class);
            }
        }
    }
}

/// What can't be put into words for others can't be sent, now or later: it is counted, and the
/// world need not keep it. What should have arrived is kept for people to read.
fn refuse(parcel: Parcel, class: Class, fault: String, shared: &Shared) {
    let Some(mark) = parcel.mark else {
        shared.metrics.dropped(Way::Out, class);
        tracing::warn!(class = class.word(), fault, "message can't be sent");
        return;
    };
    // A full lane: it is offered again, and refused then.
    if shared.lane.try_send(BridgeIn::Confirmed(mark)).is_err() {
        return;
    }
    shared.metrics.dropped(Way::Out, class);
    let content = match &parcel.body {
        Body::Content(content) => serde_json::to_vec(content).unwrap_or_default(),
        Body::Note(_) => Vec::new(),
    };
    let what = format!("{:?}", parcel.topic);
    shared.bury(DeadLetter::new(&what, "unsent", fault, 0, &content));
}

/// The connection of a topic: the same for everything that must keep its order.
fn lane_of(topic: &Topic, links: usize) -> usize {
    let key = match topic {
        Topic::Say(room) | Topic::Emote(room) | Topic::Pose(room) => room.as_ref(),
        Topic::Event { room, .. } | Topic::Combat { place: room, .. } => room.as_ref(),
        Topic::Local(sub_zone) => sub_zone.as_ref(),
        // Few, and in one order for everybody.
        _ => "",
    };
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    usize::try_from(hasher.finish() % links.max(1) as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_traffic_uses_one_connection() {
        let room: Arc<str> = "library".into();
        let of = |topic| lane_of(&topic, 7);
        let entered = Topic::Event {
            name: "player_entered".into(),
            room: Arc::clone(&room),
        };
        assert_eq!(of(Topic::Say(Arc::clone(&room))), of(entered));
        assert_eq!(of(Topic::Global), of(Topic::Admin));
        let used: std::collections::BTreeSet<usize> = (0..200)
            .map(|n| of(Topic::Say(format!("room {n}").into())))
            .collect();
        assert_eq!(used.len(), 7, "all are used");
    }
}
