//! What must take effect here, once: it waits its turn in the order in which it came, its owner
//! lets it take effect, and the book says so in the same tick.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use engine::port::{BridgeIn, Content, Correlation, DeliveryId, Sanction};
use engine::prelude::*;
use engine::{Bridge, Bridged};
use serde::{Deserialize, Serialize};

use super::BusSettings;
use super::book::Book;
use super::inward::{Crossed, HeardAfar, Ordered, Sanctioned, ToldAfar};
use super::ledger::{Keeper, Stamp};
use super::outbox::{Post, topic_of};

/// Deliveries that wait for their turn: two seconds of 10,000 messages each. More is not in the
/// air: the broker lets 8,192 be unacknowledged. Whatever found no place comes again.
const WAITING_MAX: usize = 20_000;
/// Messages that take effect in one tick: at 20 Hz 20,000 a second.
const PER_TICK: u32 = 1_024;
/// Facts that one message may cost: its own in the audit log, and an order about an account.
const FACTS_EACH: u32 = 2;

/// Tells a delivery from the others of its tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveryTicket(usize);

/// A delivery has had its effect: the word of whoever owns what it changes, spoken in Settle after
/// the change. Without it the delivery is not in the book, and comes again.
#[derive(Message, Clone, Copy, Debug)]
pub struct Took(pub DeliveryTicket);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct WaitingMessage {
    delivery: DeliveryId,
    stream: Arc<str>,
    origin: String,
    seq: u64,
    correlation: Correlation,
    #[serde(with = "engine::record::json")]
    content: Content,
}

/// A message whose effect is asked for in this tick.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct EffectRequest {
    stream: Arc<str>,
    origin: String,
    seq: u64,
    correlation: Correlation,
    #[serde(with = "engine::record::json")]
    content: Content,
    deliveries: Vec<DeliveryId>,
    took: bool,
}

/// What waits, and what this tick does about it.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub(super) struct Inbox {
    waiting: VecDeque<WaitingMessage>,
    /// The deliveries among them.
    queued: BTreeSet<DeliveryId>,
    asked: Vec<EffectRequest>,
    by_mark: BTreeMap<(Arc<str>, String, u64), usize>,
    /// Deliveries of what had its effect before.
    known: Vec<DeliveryId>,
    room: u32,
}

/// The node in the name of one of its starts.
fn node_of(origin: &str) -> &str {
    origin.split('.').next().unwrap_or(origin)
}

/// Queues what came.
pub(super) fn hear(
    mut came: MessageReader<Bridged>,
    books: Query<&Book>,
    settings: Res<BusSettings>,
    storage: Res<StorageView>,
    mut inbox: ResMut<Inbox>,
) {
    if came.is_empty() && inbox.waiting.is_empty() && inbox.asked.is_empty() {
        return;
    }
    let inbox = &mut *inbox;
    inbox.asked.clear();
    inbox.by_mark.clear();
    inbox.known.clear();
    inbox.room = 0;
    let Some(book) = books.iter().find(|book| book.node == settings.node) else {
        return;
    };
    // What can't be saved is not taken: it waits.
    if storage.accepting {
        inbox.room = (storage.facts_room / FACTS_EACH).min(PER_TICK);
    }
    for Bridged(came) in came.read() {
        let BridgeIn::Delivered {
            delivery,
            stream,
            origin,
            seq,
            correlation,
            content,
        } = came
        else {
            continue;
        };
        if book.knows(stream, origin, *seq) {
            inbox.known.push(*delivery);
        } else if inbox.waiting.len() < WAITING_MAX && inbox.queued.insert(*delivery) {
            inbox.waiting.push_back(WaitingMessage {
                delivery: *delivery,
                stream: Arc::clone(stream),
                origin: origin.clone(),
                seq: *seq,
                correlation: *correlation,
                content: content.clone(),
            });
        }
    }
}

/// The owners of effects, who are asked for them.
#[derive(SystemParam)]
pub(super) struct EffectOwners<'w, 's> {
    keeper: Keeper<'w, 's>,
    heard: MessageWriter<'w, HeardAfar>,
    sanctioned: MessageWriter<'w, Sanctioned>,
    ordered: MessageWriter<'w, Ordered>,
    crossed: MessageWriter<'w, Crossed>,
    told: MessageWriter<'w, ToldAfar>,
    posts: MessageWriter<'w, Post>,
    took: MessageWriter<'w, Took>,
}

/// Where a message comes from, and which delivery of this tick it is.
struct Delivered<'a> {
    /// This node.
    node: &'a str,
    origin: &'a str,
    seq: u64,
    correlation: Correlation,
    ticket: DeliveryTicket,
}

impl EffectOwners<'_, '_> {
    fn ask(&mut self, content: &Content, from: &Delivered<'_>) {
        let Delivered {
            origin,
            correlation,
            ticket,
            ..
        } = *from;
        match content {
            Content::Chat(line) => {
                self.heard.write(HeardAfar {
                    node: origin.to_owned(),
                    line: line.clone(),
                    correlation,
                    ticket: Some(ticket),
                });
            }
            Content::Sanction(sanction) => self.sanction(sanction, from),
            Content::LettersTold(letters) => {
                self.told.write(ToldAfar(letters.clone(), ticket));
            }
            Content::Order(order) => {
                self.ordered.write(Ordered {
                    order: order.clone(),
                    node: node_of(origin).to_owned(),
                    correlation,
                    ticket,
                });
            }
            Content::Crossing(one) => {
                self.crossed.write(Crossed(one.clone(), ticket));
            }
            // No effect here; the audit log tells that it came.
            Content::Event(_) => {
                self.took.write(Took(ticket));
            }
        }
    }

    fn sanction(&mut self, sanction: &Sanction, from: &Delivered<'_>) {
        let stamp = Stamp::of(sanction.at, from.origin, from.seq);
        let Err(later) = self.keeper.learn(sanction, &stamp) else {
            let sanctioned = Sanctioned(sanction.clone(), from.ticket);
            self.sanctioned.write(sanctioned);
            return;
        };
        // Overtaken. Where the later word is ours, the stream must end with it.
        if later.is_of(from.node)
            && let Some(last) = self.keeper.last(sanction)
        {
            self.posts.write(Post {
                topic: topic_of(last.act, last.target_id),
                content: Content::Sanction(last.clone()),
                correlation: from.correlation,
            });
        }
        self.took.write(Took(from.ticket));
    }
}

/// Asks the owners for the effects of what waits, as far as it can be saved.
pub(super) fn take(
    books: Query<&Book>,
    settings: Res<BusSettings>,
    mut inbox: ResMut<Inbox>,
    mut owners: EffectOwners<'_, '_>,
) {
    if inbox.room == 0 || inbox.waiting.is_empty() {
        return;
    }
    let Some(book) = books.iter().find(|book| book.node == settings.node) else {
        return;
    };
    let inbox = &mut *inbox;
    // Strictly in order: what is behind one that finds no room waits, too.
    while inbox.room > 0
        && let Some(next) = inbox.waiting.pop_front()
    {
        let WaitingMessage {
            delivery,
            stream,
            origin,
            seq,
            correlation,
            content,
        } = next;
        inbox.queued.remove(&delivery);
        let mark = (Arc::clone(&stream), origin.clone(), seq);
        if let Some(there) = inbox.by_mark.get(&mark) {
            inbox.asked[*there].deliveries.push(delivery);
            continue;
        }
        if book.knows(&stream, &origin, seq) {
            inbox.known.push(delivery);
            continue;
        }
        inbox.room -= 1;
        let ticket = DeliveryTicket(inbox.asked.len());
        let from = Delivered {
            node: &settings.node,
            origin: &origin,
            seq,
            correlation,
            ticket,
        };
        owners.ask(&content, &from);
        inbox.by_mark.insert(mark, ticket.0);
        inbox.asked.push(EffectRequest {
            stream,
            origin,
            seq,
            correlation,
            content,
            deliveries: vec![delivery],
            took: false,
        });
    }
}

/// Takes down what has had its effect.
pub(super) fn take_down(
    mut took: MessageReader<Took>,
    settings: Res<BusSettings>,
    clock: Res<Clock>,
    mut books: Query<&mut Book>,
    mut keeper: Keeper<'_, '_>,
    mut inbox: ResMut<Inbox>,
    mut recorded: MessageWriter<Recorded>,
) {
    if took.is_empty() {
        return;
    }
    let Some(mut book) = books.iter_mut().find(|book| book.node == settings.node) else {
        return;
    };
    for Took(ticket) in took.read() {
        let Some(asked) = inbox.asked.get_mut(ticket.0).filter(|asked| !asked.took) else {
            continue;
        };
        asked.took = true;
        let EffectRequest {
            stream,
            origin,
            seq,
            ..
        } = &*asked;
        book.take_down(stream, origin, *seq, clock.now, settings.forget_after);
        let (kind, subject) = match &asked.content {
            Content::Chat(line) => ("chat", line.target_id.unwrap_or(line.sender_id)),
            Content::Sanction(sanction) => {
                let stamp = Stamp::of(sanction.at, &asked.origin, asked.seq);
                keeper.write(sanction, stamp);
                ("sanction", sanction.target_id)
            }
            Content::LettersTold(told) => ("letters_told", told.target_id),
            Content::Order(_) => ("order", StableId::named(&asked.origin)),
            Content::Crossing(_) => ("crossing", StableId::named(&asked.origin)),
            Content::Event(_) => ("event", StableId::named(&asked.origin)),
        };
        let (origin, seq) = (&asked.origin, asked.seq);
        let correlation_id = asked.correlation.to_string();
        tracing::debug!(correlation_id, origin, seq, kind, "received by the bus");
        let detail = serde_json::json!({
            "origin": origin, "seq": seq, "kind": kind, "correlation_id": correlation_id,
        });
        recorded.write(Recorded(Fact {
            kind: "bus_received".into(),
            subject,
            at: clock.now,
            count: 1,
            sum: 0,
            detail: detail.to_string().into(),
            merges: false,
        }));
    }
}

/// Says which deliveries have taken effect, now or before.
pub(super) fn answer(inbox: Res<Inbox>, mut bridge: ResMut<Bridge>) {
    for delivery in &inbox.known {
        bridge.processed(*delivery);
    }
    for asked in inbox.asked.iter().filter(|asked| asked.took) {
        for delivery in &asked.deliveries {
            bridge.processed(*delivery);
        }
    }
}
