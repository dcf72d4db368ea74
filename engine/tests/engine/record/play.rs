//! A world that is played by a script and recorded as the server does it.

use std::collections::BTreeMap;
use std::ops::Range;

use engine::port::{BridgeIn, Inbound, Row, SaveBatch, StableId, StoreAsk, StoreReply};
use engine::prelude::*;
use engine::record::{
    Checkpoint, ChunkWriter, Frame, RecordingHeader, Shadow, TickEffects, TickRecord, WorldState,
};
use engine::{Engine, PluginOrder, Save, TickInput};

use super::header;
use crate::kit::input;

/// What a world is told, and when it is copied.
#[derive(Clone)]
pub(super) struct Script {
    pub(super) ticks: u64,
    pub(super) heard: fn(u64) -> Vec<Inbound>,
    pub(super) orders: fn(u64) -> Vec<PluginOrder>,
    /// World time of a tick, in milliseconds.
    pub(super) at: fn(u64) -> u64,
    /// Nothing becomes durable in these ticks.
    pub(super) away: Range<u64>,
    /// Checkpoints are made of these ticks, or of the first after each that leaves nothing dirty.
    pub(super) copied: &'static [u64],
}

/// Copies are taken ahead in so many ticks before each checkpoint.
const AHEAD_TICKS: u64 = 30;

/// What came of it.
pub(super) struct Recorded {
    pub(super) bytes: Vec<u8>,
    /// As the recorder makes them: from rows, and from what no row has.
    pub(super) checkpoints: Vec<Checkpoint>,
    /// The same ticks, copied whole.
    pub(super) copies: Vec<WorldState>,
    /// Ticks in which a plugin was left out.
    pub(super) left_out: Vec<u64>,
    pub(super) shadow: Shadow,
    pub(super) engine: Engine,
}

/// Keeps what is saved, as a database does: written in its own way.
#[derive(Default)]
struct Store(BTreeMap<(StableId, String), Row>);

impl Store {
    fn keep(&mut self, batch: &SaveBatch) {
        for stone in &batch.tombstones {
            self.0.retain(|(id, component), _| {
                let whole = stone.component.is_none();
                *id != stone.id || !(whole || stone.component.as_deref() == Some(component))
            });
        }
        for column in &batch.columns {
            column.visit(&mut |row| {
                let body = serde_json::to_value(row.body).unwrap();
                let kept = Row {
                    id: row.id,
                    component: column.component().to_owned(),
                    version: column.version(),
                    owner: row.owner,
                    body: serde_json::to_string_pretty(&body).unwrap(),
                };
                self.0.insert((row.id, kept.component.clone()), kept);
            });
        }
    }

    fn rows(&self, character: StableId) -> Vec<Row> {
        let rows = self.0.values();
        let rows = rows.filter(|row| row.owner.character() == Some(character));
        rows.cloned().collect()
    }
}

impl Script {
    pub(super) fn record(&self, plugin: impl Plugin) -> Recorded {
        let header: RecordingHeader = header();
        let mut engine = Engine::build(header.setup(Checkpoint::default()), plugin).unwrap();
        let mut bytes = header.begin(&Checkpoint::default()).unwrap();
        let (mut chunk, mut shadow) = (ChunkWriter::default(), Shadow::default());
        let (mut checkpoints, mut copies, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        let mut wanted = self.copied.iter().peekable();
        let (mut durable, mut replies, mut store) = (0, Vec::new(), Store::default());
        for n in 1..=self.ticks {
            let input = TickInput {
                heard: (self.heard)(n),
                stored: std::mem::take(&mut replies),
                bridged: (n == 50)
                    .then_some(BridgeIn::Link { up: false })
                    .into_iter()
                    .collect(),
                orders: (self.orders)(n),
                wall_offset: (n * 7_919 % 500).cast_signed(),
                stopping: n == self.ticks,
                ..input((self.at)(n), durable)
            };
            let mut said = Vec::new();
            let output = engine.tick_aloud(input.clone(), |emission| said = emission.said);
            if engine.quarantined().any(|out| out) {
                left_out.push(n);
            }
            let record = TickRecord {
                tick: n,
                input,
                effects: TickEffects::of(said, &output),
            };
            chunk.push(record, &mut shadow);
            // As the runner does, with time for every kind before the checkpoint is due.
            if wanted
                .peek()
                .is_some_and(|wanted| n + AHEAD_TICKS > **wanted)
            {
                engine.copy_ahead();
            }
            if wanted.peek().is_some_and(|wanted| **wanted <= n)
                && matches!(output.save, Save::Batch(_) | Save::Clean)
            {
                wanted.next();
                checkpoints.push(Checkpoint {
                    tick: n,
                    rows: Vec::new(),
                    state: Some(shadow.complete(&engine.unsaved()).unwrap()),
                });
                copies.push(engine.checkpoint().encode().unwrap());
            }
            if let Save::Batch(batch) = &output.save {
                store.keep(batch);
                if !self.away.contains(&n) {
                    durable = batch.tick;
                }
            }
            if n == self.away.end {
                durable = n - 1;
            }
            for ask in &output.asks {
                if let StoreAsk::Load { character, session } = *ask {
                    replies.push(StoreReply::Loaded {
                        character,
                        session,
                        rows: store.rows(character),
                    });
                }
            }
            if n.is_multiple_of(20) {
                bytes.extend(chunk.take().unwrap().unwrap());
            }
        }
        bytes.extend(chunk.take().unwrap().unwrap_or_default());
        bytes.extend(Frame::mark(false).unwrap());
        Recorded {
            bytes,
            checkpoints,
            copies,
            left_out,
            shadow,
            engine,
        }
    }
}
