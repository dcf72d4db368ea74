//! The record of what admins do: a fact in the audit log and a line in the log, with one
//! correlation id.

use engine::port::{AccountOrder, Correlation};
use engine::prelude::*;
use serde::Serialize;

/// The kind of these facts.
const FACT: &str = "moderation";

/// Writes what an admin did.
#[derive(SystemParam)]
pub struct Audit<'w, 's> {
    people: Query<'w, 's, (&'static StableId, &'static Character)>,
    clock: Res<'w, Clock>,
    recorded: MessageWriter<'w, Recorded>,
}

#[derive(Serialize)]
struct Detail<'a> {
    verb: &'a str,
    by: &'a str,
    by_id: Option<StableId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
    correlation_id: String,
}

impl Audit<'_, '_> {
    /// The name of whoever gave the order.
    #[must_use]
    pub fn name(&self, order: Order) -> String {
        self.people
            .get(order.actor)
            .map_or_else(|_| String::new(), |(_, character)| character.name.clone())
    }

    /// Gives an order about an account. It is a fact of its own.
    pub(crate) fn give(&mut self, order: &AccountOrder) {
        self.recorded.write(Recorded(order.fact(self.clock.now)));
    }

    /// Records that `order` did `verb` to somebody, or to the world. Each makes one fact, which
    /// the verb must announce by its `FACTS`, unless it must work while nothing can be saved.
    pub fn record(
        &mut self,
        order: Order,
        verb: &'static str,
        target: Option<(StableId, &str)>,
        detail: &str,
    ) {
        self.write(order, verb, target, detail, false);
    }

    /// Records something of which there may be much, or which must be possible while the audit log
    /// is full, too: while they wait, those of one connection, verb and target are one fact, and no
    /// verb need announce them.
    pub fn note(&mut self, order: Order, verb: &'static str, target: Option<(StableId, &str)>) {
        self.write(order, verb, target, "", true);
    }

    /// Records what was decided outside the world. It costs no verb room in the audit log: while they
    /// wait, those that are alike are one.
    pub(crate) fn heard(&mut self, verb: &'static str, target: (StableId, &str), detail: &str) {
        Self::put(
            &mut self.recorded,
            self.clock.now,
            (None, "", Correlation::default()),
            (verb, Some(target), detail),
            true,
        );
    }

    /// Records what an admin of another node had done here, under the connection there.
    pub(crate) fn obeyed(
        &mut self,
        (by, correlation): (&str, Correlation),
        verb: &'static str,
        target: Option<(StableId, &str)>,
        detail: &str,
    ) {
        Self::put(
            &mut self.recorded,
            self.clock.now,
            (None, by, correlation),
            (verb, target, detail),
            false,
        );
    }

    fn write(
        &mut self,
        order: Order,
        verb: &'static str,
        target: Option<(StableId, &str)>,
        detail: &str,
        merges: bool,
    ) {
        let (by_id, by) = match self.people.get(order.actor) {
            Ok((id, character)) => (Some(*id), character.name.as_str()),
            Err(_) => (None, ""),
        };
        Self::put(
            &mut self.recorded,
            self.clock.now,
            (by_id, by, order.correlation),
            (verb, target, detail),
            merges,
        );
    }

    fn put(
        recorded: &mut MessageWriter<'_, Recorded>,
        at: WorldTime,
        (by_id, by, correlation): (Option<StableId>, &str, Correlation),
        (verb, target, detail): (&'static str, Option<(StableId, &str)>, &str),
        merges: bool,
    ) {
        let correlation_id = correlation.to_string();
        let name = target.map(|(_, name)| name);
        tracing::info!(correlation_id, verb, by, target = name, "moderation");
        let told = Detail {
            verb,
            by,
            by_id,
            target: name,
            detail,
            correlation_id,
        };
        let subject = target.map(|(id, _)| id).or(by_id);
        recorded.write(Recorded(Fact {
            kind: FACT.into(),
            subject: subject.unwrap_or_else(|| StableId::named("world")),
            at,
            count: 1,
            sum: 0,
            detail: serde_json::to_string(&told).unwrap_or_default().into(),
            merges,
        }));
    }
}
