//! Who plays whom, on all nodes together.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::port::StableId;
use storage::simulation::SimulatedDatabase;
use tokio::time::Instant;

use super::node::BoxNode;
use crate::laws::{Court, Law};

/// So long after its lease a node of which nothing is wrong may have a character: a beat, the
/// closing of its session, and what was under way.
const CLOSING_MAX: Duration = Duration::from_secs(6);

/// Characters that a node plays though another has their leases, and since when.
#[derive(Debug, Default)]
pub(super) struct Holders(BTreeMap<(usize, StableId), Instant>);

impl Holders {
    /// Looks on every node, and remembers whom it has without a lease.
    pub(super) fn look(
        &mut self,
        nodes: &mut [BoxNode],
        database: &SimulatedDatabase,
        court: &Court,
    ) {
        let now = Instant::now();
        let before = std::mem::take(&mut self.0);
        for node in nodes {
            let (number, name) = (node.number, node.name());
            let well = node.troubles.is_empty() && node.stalled == 0;
            let Some(process) = node.process.as_mut().filter(|_| well) else {
                continue;
            };
            for (id, who) in process.played() {
                if database.lessee(id).as_deref() == Some(name.as_str()) {
                    continue;
                }
                let since = before.get(&(number, id)).copied().unwrap_or(now);
                self.0.insert((number, id), since);
                if now >= since + CLOSING_MAX {
                    let how =
                        format!("{who} is played on {name}, which lost it {CLOSING_MAX:?} ago");
                    court.broken(Law::OneSession, how);
                }
            }
        }
    }
}
