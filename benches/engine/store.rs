//! A store that is never late.

use engine::port::{Inbound, Row, SessionId, StableId, StoreAsk, StoreReply, WorldTime};
use engine::{Save, TickInput, TickOutput};

/// What one tick saves is durable by the next, and what it asks for is there.
#[derive(Default)]
pub(crate) struct Store {
    durable: u64,
    stored: Vec<StoreReply>,
}

impl Store {
    /// The next tick's input.
    pub(crate) fn input(&mut self, now: WorldTime, heard: Vec<Inbound>) -> TickInput {
        let mut input = TickInput {
            now,
            heard,
            stored: std::mem::take(&mut self.stored),
            ..TickInput::default()
        };
        input.storage.durable_tick = self.durable;
        input
    }

    /// Saves what a tick has saved, and answers what it asks; `rows` are those of a character.
    pub(crate) fn serve(
        &mut self,
        output: &TickOutput,
        rows: impl Fn(StableId, SessionId) -> Vec<Row>,
    ) {
        if let Save::Batch(batch) = &output.save {
            self.durable = batch.tick;
        }
        for ask in &output.asks {
            let StoreAsk::Load { character, session } = ask else {
                continue;
            };
            self.stored.push(StoreReply::Loaded {
                character: *character,
                session: *session,
                rows: rows(*character, *session),
            });
        }
    }
}
