//! Other nodes: who is awake there, what they say, and what must arrive there or here.
//!
//! A message that must arrive is an entity of its own, saved with the tick that caused it and kept
//! until the broker has stored it. One that comes in has its effect with whoever owns what it
//! changes; their word for it ([`Took`]) is taken down in the [`book::Book`] in the same tick, so
//! that a second delivery is recognised whatever happens in between, and an effect that failed is
//! never taken for one that happened.
//! Without a bus this plugin only holds an empty [`Afar`].

mod afar;
mod book;
mod inbox;
mod inward;
mod ledger;
mod outbox;
mod outward;

pub use afar::Afar;
pub use inbox::{DeliveryTicket, Took};
pub use inward::{Crossed, HeardAfar, Ordered, Sanctioned, ToldAfar};
pub use outbox::Post;
pub(crate) use outbox::target;
pub use outward::{say_afar, show};

use engine::prelude::*;
use serde::{Deserialize, Serialize};

/// What the bus needs to know.
#[derive(Resource, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusSettings {
    /// This node's name.
    pub node: String,
    /// This world's name.
    pub world: String,
    /// The node and this start of it: who numbers what must arrive from now on. Never used before,
    /// so that a world restored from an older save gives no number twice.
    pub origin: String,
    /// Messages that must arrive and are not stored by the broker yet; beyond, no more are taken.
    pub outbox_max: usize,
    /// After so long nothing comes again: not from the stream, and not from a dead letter.
    pub forget_after: Duration,
}

/// The bus plugin; `None`: there is no bus.
pub fn plugin(settings: Option<BusSettings>) -> impl Plugin {
    BusPlugin { settings }
}

struct BusPlugin {
    settings: Option<BusSettings>,
}

impl Plugin for BusPlugin {
    fn name(&self) -> &'static str {
        "bus"
    }

    fn build(&self, reg: &mut Registrar<'_>) {
        reg.message::<HeardAfar>()
            .message::<Sanctioned>()
            .message::<Ordered>()
            .message::<Crossed>()
            .message::<ToldAfar>()
            .persist_own_versioned::<book::Book>("bus_heard", 2, book::migrate)
            .persist::<ledger::SanctionRecord>("bus_sanction")
            .persist_own::<outbox::Outgoing>("bus_posted");
        let Some(settings) = self.settings.clone() else {
            // Written by whoever has something for other nodes, of which there are none.
            reg.resource(Afar::default())
                .transient::<Afar>("afar")
                .fact::<Took>()
                .fact::<Post>();
            return;
        };
        let (node, own) = (settings.node.clone(), settings.node.clone());
        reg.message::<Took>()
            .message::<Post>()
            .resource(Afar::open(&settings))
            .resource(settings)
            .resource(inbox::Inbox::default())
            .emit_resource(inward::Unheard::default())
            .resource(ledger::Sanctions::default())
            .emit_resource(outbox::BusOutbox::default())
            .emit_resource(outward::LastTold::default())
            .resource(inward::Patience::default())
            .scratch::<inward::Unheard>()
            .transient::<Afar>("afar")
            .transient::<inbox::Inbox>("inbox")
            .transient::<ledger::Sanctions>("ledger_of_sanctions")
            .transient::<outbox::BusOutbox>("outbox")
            .transient::<outward::LastTold>("told_afar")
            .transient::<inward::Patience>("patience")
            .startup(move |world| book::open(world, &node))
            .startup(move |world| outbox::remember(world, &own))
            .startup(ledger::remember)
            .recover((outbox::hope, outward::look_again).chain())
            .every(Duration::from_secs(3_600), ledger::tidy)
            .system(Phase::Ingest, (inbox::hear, inward::hear).chain())
            .system(Phase::Settle, (outbox::post, outbox::confirm).chain())
            .system(Phase::Settle, (inbox::take, inbox::take_down).chain())
            .system(
                Phase::Emit,
                (
                    inbox::answer,
                    inward::count,
                    outbox::offer,
                    outward::tell_awake,
                    outward::tell_events,
                )
                    .chain(),
            );
    }
}
