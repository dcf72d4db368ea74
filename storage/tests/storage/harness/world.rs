//! The world's side of the lanes.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use engine::port::{
    AccountOrder, Column, CommandMark, Correlation, EnginePorts, Fact, LaneLimits, Owner, Registry,
    Row, RowRef, SaveBatch, SessionId, StableId, StoreAsk, StoreReply, Tasks, Tick, Tombstone,
    Transfer, WorldTime, lanes,
};
use serde_json::Value;
use storage::{Accounts, Left, RecoveredState, Storage, StorageConfig, StorageFault};

use super::{PATIENCE, until};

/// A storage that runs, and the world's ends of its lanes.
pub(crate) struct World {
    pub(crate) storage: Storage,
    pub(crate) recovered: RecoveredState,
    pub(crate) registry: Registry,
    pub(crate) ports: EnginePorts,
    tasks: Tasks,
    tick: Tick,
}

impl World {
    pub(crate) async fn open(config: StorageConfig) -> Result<Self, StorageFault> {
        let registry = Registry::new();
        let tasks = Tasks::new(&registry).unwrap();
        let (storage, recovered) = Storage::open(config, &registry, &tasks).await?;
        let lanes = lanes(LaneLimits::default(), &registry).unwrap();
        storage.run(lanes.storage).unwrap();
        Ok(Self {
            tick: recovered.first_tick - 1,
            storage,
            recovered,
            registry,
            ports: lanes.engine,
            tasks,
        })
    }

    /// Opens what must open, waiting for a predecessor that still lets go.
    pub(crate) async fn start(config: StorageConfig) -> Self {
        let began = std::time::Instant::now();
        loop {
            match Self::open(config.clone()).await {
                Ok(world) => return world,
                Err(StorageFault::Locked { .. } | StorageFault::DatabaseLocked { .. })
                    if began.elapsed() < PATIENCE =>
                {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(fault) => panic!("storage does not open: {fault}"),
            }
        }
    }

    pub(crate) fn accounts(&self) -> &Accounts {
        self.storage.accounts()
    }

    /// Hands a batch over as of the next tick; answers the tick.
    pub(crate) async fn send(&mut self, batch: Batch) -> Tick {
        self.tick += 1;
        let tick = self.tick;
        self.ports.gauge.set_current(tick);
        let mut batch = batch.of(tick);
        let began = std::time::Instant::now();
        while let Err(full) = self.ports.saves.try_send(batch) {
            assert!(began.elapsed() < PATIENCE, "the journal takes no batch");
            batch = full.into_inner();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tick
    }

    /// Hands a batch over and waits until it is durable.
    pub(crate) async fn save(&mut self, batch: Batch) -> Tick {
        let tick = self.send(batch).await;
        self.durable(tick).await;
        tick
    }

    /// Hands a batch over and waits until the database has it.
    pub(crate) async fn apply(&mut self, batch: Batch) -> Tick {
        let tick = self.save(batch).await;
        self.applied(tick).await;
        tick
    }

    pub(crate) async fn durable(&self, tick: Tick) {
        until("a durable tick", || self.ports.gauge.durable_tick() >= tick).await;
    }

    pub(crate) async fn applied(&self, tick: Tick) {
        until("an applied tick", || {
            self.ports.gauge.applied_tick() >= tick
        })
        .await;
    }

    /// Asks for a character's rows.
    pub(crate) async fn load(&self, character: StableId) -> StoreReply {
        let session = SessionId(7);
        let ask = StoreAsk::Load { character, session };
        self.ports.asks.send(ask).await.unwrap();
        let replies = self.ports.replies.clone();
        let mut reply = None;
        until("a reply", || {
            reply = replies.try_recv().ok();
            reply.is_some()
        })
        .await;
        reply.unwrap()
    }

    /// A character's rows, which must be there to be had.
    pub(crate) async fn rows(&self, character: StableId) -> Vec<Row> {
        match self.load(character).await {
            StoreReply::Loaded { rows, .. } => rows,
            other => panic!("not loaded: {other:?}"),
        }
    }

    /// Stops as a server does: a last batch, then the lanes close.
    pub(crate) async fn stop(mut self) -> Left {
        let last = Batch {
            last: true,
            ..Batch::default()
        };
        self.send(last).await;
        let Self {
            storage,
            ports,
            tasks,
            ..
        } = self;
        drop(ports);
        let left = storage.shutdown(PATIENCE).await;
        drop(storage);
        assert_eq!(tasks.join(PATIENCE).await, Vec::<&str>::new(), "tasks left");
        left
    }

    /// Dies without a word.
    pub(crate) fn crash(self) {}

    /// How many statements the database was sent.
    pub(crate) fn statements(&self) -> f64 {
        self.metric("kadath_db_statements_total", None)
    }

    /// Waits until the upkeep at start, which has statements of its own, has ended.
    pub(crate) async fn upkeep_done(&self) {
        let mut seen = self.statements();
        let mut calm = std::time::Instant::now();
        until("the upkeep to end", || {
            if self.statements() != seen {
                seen = self.statements();
                calm = std::time::Instant::now();
            }
            calm.elapsed() > Duration::from_millis(200)
        })
        .await;
    }

    /// The value of a metric without labels, or of the one with this label value.
    pub(crate) fn metric(&self, name: &str, label: Option<&str>) -> f64 {
        for family in self.registry.gather() {
            if family.name() != name {
                continue;
            }
            for metric in family.get_metric() {
                let labels: Vec<_> = metric.get_label().iter().map(|pair| pair.value()).collect();
                if label.is_none_or(|label| labels.contains(&label)) {
                    return metric.get_counter().get_value() + metric.get_gauge().get_value();
                }
            }
        }
        panic!("no metric {name}");
    }
}

/// A batch in the making.
#[derive(Default)]
pub(crate) struct Batch {
    rows: Vec<(StableId, &'static str, Owner, Value)>,
    transfers: Vec<Transfer>,
    tombstones: Vec<Tombstone>,
    facts: Vec<Fact>,
    pub(crate) last: bool,
}

impl Batch {
    pub(crate) fn put(
        self,
        id: StableId,
        component: &'static str,
        value: impl Into<Value>,
    ) -> Self {
        self.put_in(Owner::Character(id), id, component, value)
    }

    pub(crate) fn put_in(
        mut self,
        owner: Owner,
        id: StableId,
        component: &'static str,
        value: impl Into<Value>,
    ) -> Self {
        self.rows.push((id, component, owner, value.into()));
        self
    }

    pub(crate) fn remove(mut self, id: StableId, component: &'static str) -> Self {
        self.tombstones.push(Tombstone {
            id,
            component: Some(component.into()),
            owner: Owner::Character(id),
        });
        self
    }

    pub(crate) fn wipe(self, id: StableId) -> Self {
        self.wipe_in(Owner::Character(id), id)
    }

    pub(crate) fn wipe_in(mut self, owner: Owner, id: StableId) -> Self {
        self.tombstones.push(Tombstone {
            id,
            component: None,
            owner,
        });
        self
    }

    /// Something is new, or goes from one owner to another.
    pub(crate) fn hand(mut self, id: StableId, from: Option<Owner>, to: Owner) -> Self {
        self.transfers.push(Transfer {
            id,
            from,
            to,
            through: Vec::new(),
        });
        self
    }

    pub(crate) fn fact(mut self, kind: &'static str, subject: StableId, sum: i64) -> Self {
        self.facts.push(Fact {
            kind: kind.into(),
            subject,
            at: WorldTime(now_micros()),
            count: 1,
            sum,
            detail: "{}".into(),
            merges: false,
        });
        self
    }

    /// A small thing that happens all the time.
    pub(crate) fn passing_fact(mut self, kind: &'static str, subject: StableId, sum: i64) -> Self {
        self = self.fact(kind, subject, sum);
        if let Some(fact) = self.facts.last_mut() {
            fact.merges = true;
        }
        self
    }

    pub(crate) fn order(self, order: &AccountOrder) -> Self {
        self.order_at(now_micros(), order)
    }

    /// An order that was given then.
    pub(crate) fn order_at(mut self, micros: u64, order: &AccountOrder) -> Self {
        self.facts.push(order.fact(WorldTime(micros)));
        self
    }

    fn of(self, tick: Tick) -> SaveBatch {
        SaveBatch {
            tick,
            now: WorldTime(now_micros()),
            columns: self
                .rows
                .into_iter()
                .map(|(id, component, owner, value)| {
                    Arc::new(One {
                        id,
                        component,
                        owner,
                        value,
                    }) as Arc<dyn Column>
                })
                .collect(),
            transfers: self.transfers,
            tombstones: self.tombstones,
            facts: self.facts,
            commands: vec![CommandMark {
                correlation: Correlation(1),
                command_id: tick,
                tick,
            }],
            last: self.last,
        }
    }
}

pub(crate) fn now_micros() -> u64 {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_micros()).unwrap()
}

/// What [`Batch::put`] must come back as.
pub(crate) fn row(id: StableId, component: &str, value: impl Into<Value>) -> Row {
    Row {
        id,
        component: component.to_owned(),
        version: 3,
        owner: Owner::Character(id),
        body: value.into().to_string(),
    }
}

struct One {
    id: StableId,
    component: &'static str,
    owner: Owner,
    value: Value,
}

impl fmt::Debug for One {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.component)
    }
}

impl Column for One {
    fn component(&self) -> &'static str {
        self.component
    }

    fn version(&self) -> u32 {
        3
    }

    fn len(&self) -> usize {
        1
    }

    fn visit(&self, see: &mut dyn FnMut(RowRef<'_>)) {
        see(RowRef {
            id: self.id,
            owner: self.owner,
            body: &self.value,
        });
    }
}
