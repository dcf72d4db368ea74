//! Other nodes: who is awake there, what they say, and what must arrive there or here.
//!
//! A message that must arrive is an entity of its own, saved with the tick that caused it and kept
//! until the broker has stored it. One that comes in is taken down in the [`book::Book`] in the
//! same tick as its effect, so that a second delivery is recognised whatever happens in between.
//! Without a bus this plugin only holds an empty [`Afar`].

mod afar;
mod book;
mod inward;
mod outward;

pub use afar::Afar;
pub use inward::{HeardAfar, Sanctioned};
pub use outward::{Post, say_afar};

use engine::prelude::*;

/// What the bus needs to know.
#[derive(Resource, Clone, Debug, PartialEq, Eq)]
pub struct BusSettings {
    /// This node's name.
    pub node: String,
    /// Messages that must arrive and are not stored by the broker yet; beyond, no more are taken.
    pub outbox_max: usize,
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
            .message::<Post>()
            .persist_own::<book::Book>("bus_book")
            .persist_own::<outward::Outgoing>("bus_outgoing");
        let Some(settings) = self.settings.clone() else {
            reg.resource(Afar::default());
            return;
        };
        let node = settings.node.clone();
        reg.resource(Afar::open(settings.outbox_max))
            .resource(settings)
            .resource(outward::Offered::default())
            .startup(move |world| book::open(world, &node))
            .system(Phase::Ingest, inward::hear)
            .system(Phase::Settle, (inward::take, inward::sanction).chain())
            .system(Phase::Settle, (outward::post, outward::confirm).chain())
            .system(Phase::Settle, outward::count)
            .system(
                Phase::Emit,
                (
                    inward::answer,
                    outward::offer,
                    outward::tell_awake,
                    outward::tell_events,
                )
                    .chain(),
            );
    }
}
