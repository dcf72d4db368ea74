//! What other nodes say and order.

use engine::port::{
    BridgeIn, ChatLine, Content, Correlation, Crossing, LettersTold, NodeOrder, Sanction,
};
use engine::prelude::*;
use engine::{Bridge, Bridged};
use serde::{Deserialize, Serialize};

use super::afar::Afar;
use super::inbox::DeliveryTicket;

/// A line of talk from another node: it is heard here as if it were said here.
#[derive(Message, Debug, Clone)]
pub struct HeardAfar {
    /// The node.
    pub node: String,
    /// What was said.
    pub line: ChatLine,
    /// The connection there by which it was said.
    pub correlation: Correlation,
    /// Where it must be heard: whoever lets it be heard answers [`Took`](super::Took).
    pub ticket: Option<DeliveryTicket>,
}

/// A mute or a ban, or the end of one, was spoken on another node and holds here, too.
/// Whoever lets it hold answers [`Took`](super::Took).
#[derive(Message, Debug, Clone)]
pub struct Sanctioned(pub Sanction, pub DeliveryTicket);

/// An admin of another node orders something here. Whoever does it, or finds that it can't be done,
/// answers [`Took`](super::Took).
#[derive(Message, Debug, Clone)]
pub struct Ordered {
    /// What is ordered, and by whom.
    pub order: NodeOrder,
    /// The admin's node.
    pub node: String,
    /// The connection there by which it came.
    pub correlation: Correlation,
    /// To be answered.
    pub ticket: DeliveryTicket,
}

/// Something of another world is to be told to the players here. Whoever tells it answers
/// [`Took`](super::Took).
#[derive(Message, Debug, Clone)]
pub struct Crossed(pub Crossing, pub DeliveryTicket);

/// Letters were told on another node. Whoever forgets them answers
/// [`Took`](super::Took).
#[derive(Message, Debug, Clone)]
pub struct ToldAfar(pub LettersTold, pub DeliveryTicket);

/// How much other nodes may say in a second, and at once. A line costs a copy for each who hears
/// it, so a flood would cost this node's players their ticks.
const LINES_PER_SECOND: u64 = 5_000;
const LINES_AT_ONCE: u64 = 500;

/// What may still be heard now.
#[derive(Debug, Default, Clone, Serialize, Deserialize, Resource)]
pub(super) struct Patience {
    /// In lines times a second, so that nothing is lost to rounding at any tick rate.
    saved: u64,
    since: WorldTime,
}

impl Patience {
    const ONE: u64 = 1_000_000;

    fn pass_to(&mut self, now: WorldTime) {
        let passed = u64::try_from(now.since(self.since).as_micros()).unwrap_or(u64::MAX);
        let more = passed.saturating_mul(LINES_PER_SECOND);
        self.saved = self
            .saved
            .saturating_add(more)
            .min(LINES_AT_ONCE * Self::ONE);
        self.since = now;
    }

    const fn spend(&mut self) -> bool {
        let enough = self.saved >= Self::ONE;
        if enough {
            self.saved -= Self::ONE;
        }
        enough
    }
}

/// Lines that were too many in this tick.
#[derive(Resource, Default, Debug)]
pub(super) struct Unheard(u64);

/// Takes down who is awake elsewhere, and lets lines without a promise be heard, as many as this
/// node's players can bear.
pub(super) fn hear(
    mut came: MessageReader<Bridged>,
    clock: Res<Clock>,
    mut patience: ResMut<Patience>,
    mut afar: ResMut<Afar>,
    mut unheard: ResMut<Unheard>,
    mut heard: MessageWriter<HeardAfar>,
) {
    if came.is_empty() {
        return;
    }
    patience.pass_to(clock.now);
    for Bridged(came) in came.read() {
        match came {
            BridgeIn::Awake { node, players } => afar.learn(node, players),
            BridgeIn::Gone { node } => afar.forget(node),
            BridgeIn::Heard {
                node,
                correlation,
                content: Content::Chat(line),
            } => {
                if !patience.spend() {
                    unheard.0 += 1;
                    continue;
                }
                heard.write(HeardAfar {
                    node: node.clone(),
                    line: line.clone(),
                    correlation: *correlation,
                    ticket: None,
                });
            }
            _ => {}
        }
    }
}

/// Counts what was not heard.
pub(super) fn count(mut unheard: ResMut<Unheard>, mut bridge: ResMut<Bridge>) {
    if unheard.0 > 0 {
        bridge.unheard(std::mem::take(&mut unheard.0));
    }
}
