//! What must arrive on other nodes: saved, offered, and kept until the broker has stored it.

use std::collections::{BTreeMap, BTreeSet};

use engine::port::{
    AccountId, Body, BridgeIn, Content, Correlation, Mark, Parcel, Sanction, SanctionAct, Topic,
};
use engine::prelude::*;
use engine::{Bridge, Bridged};
use serde::{Deserialize, Serialize};

use super::BusSettings;
use super::afar::Afar;
use super::ledger::{Keeper, Stamp};

/// A message that is not confirmed is offered again after so long: the lane may have been full.
const OFFERED_AGAIN: Duration = Duration::from_secs(15);
/// Messages offered in one tick: at 20 Hz 5,000 a second, and the copies cost less than 0.1 ms.
const OFFERED_PER_TICK: usize = 256;

/// Something that must arrive on other nodes.
#[derive(Message, Debug, Clone)]
pub struct Post {
    /// Where it goes.
    pub topic: Topic,
    /// What it is.
    pub content: Content,
    /// The connection whose command caused it.
    pub correlation: Correlation,
}

impl Post {
    /// A mute or a ban, or the end of one, that holds on every node.
    #[must_use]
    pub fn sanction(
        act: SanctionAct,
        (order, by): (Order, &str),
        (id, name): (Option<StableId>, &str),
        reason: &str,
        until: Option<WorldTime>,
    ) -> Self {
        // Whom this node has never seen is known elsewhere by the name.
        let target_id = id.unwrap_or_else(|| nobody(name));
        Self {
            topic: topic_of(act, target_id),
            content: Content::Sanction(Sanction {
                act,
                target_id,
                account_id: None,
                target_name: name.to_owned(),
                by: by.to_owned(),
                reason: reason.to_owned(),
                until,
                at: WorldTime::default(),
            }),
            correlation: order.correlation,
        }
    }

    /// The same, where the account is known that it is about.
    #[must_use]
    pub fn of_account(mut self, account: Option<AccountId>) -> Self {
        if let Content::Sanction(sanction) = &mut self.content {
            sanction.account_id = account;
        }
        self
    }
}

/// The id that stands for somebody of whom only the name is known.
fn nobody(name: &str) -> StableId {
    StableId::named(&format!("character {}", name.to_lowercase()))
}

/// The character that a sanction is about; `None`: only its name is known.
pub(crate) fn target(sanction: &Sanction) -> Option<StableId> {
    let id = sanction.target_id;
    (id != nobody(&sanction.target_name)).then_some(id)
}

pub(super) const fn topic_of(act: SanctionAct, target: StableId) -> Topic {
    match act {
        SanctionAct::Mute | SanctionAct::Unmute => Topic::Mute(target),
        SanctionAct::Ban | SanctionAct::Unban => Topic::Ban(target),
    }
}

/// A message that must arrive, until the broker has stored it.
#[derive(Component, Clone, Debug, Serialize, Deserialize)]
#[component(summary_tick)]
pub(super) struct Outgoing {
    /// Who sends it: nodes that share a database see each other's.
    node: String,
    /// What it is called for ever.
    mark: Mark,
    topic: Topic,
    content: Content,
    #[serde(default)]
    correlation: Correlation,
}

/// What waits for the broker, and when each is to be offered.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub(super) struct BusOutbox {
    waiting: BTreeMap<Mark, (Entity, WorldTime)>,
    due: BTreeSet<(WorldTime, Mark)>,
    /// Numbers given since this start.
    given: u64,
    down: bool,
}

impl BusOutbox {
    fn add(&mut self, mark: Mark, entity: Entity, due: WorldTime) {
        self.due.insert((due, mark.clone()));
        self.waiting.insert(mark, (entity, due));
    }

    fn remove(&mut self, mark: &Mark) -> Option<Entity> {
        let (entity, due) = self.waiting.remove(mark)?;
        self.due.remove(&(due, mark.clone()));
        Some(entity)
    }

    /// The oldest that are due, which are due again after a while.
    fn offered(&mut self, now: WorldTime) -> Vec<Entity> {
        let mut ready = Vec::new();
        while ready.len() < OFFERED_PER_TICK
            && self.due.first().is_some_and(|(due, _)| *due <= now)
            && let Some((_, mark)) = self.due.pop_first()
        {
            let again = now.plus(OFFERED_AGAIN);
            if let Some((entity, due)) = self.waiting.get_mut(&mark) {
                *due = again;
                ready.push(*entity);
                self.due.insert((again, mark));
            }
        }
        ready
    }
}

/// Finds what was saved and not stored by the broker, once. It keeps its marks: others may have
/// had it already.
pub(super) fn remember(world: &mut World, node: &str) {
    let mut saved = world.query::<(Entity, &Outgoing)>();
    let saved: Vec<(Entity, Mark)> = saved
        .iter(world)
        .filter(|(_, one)| one.node == node)
        .map(|(entity, one)| (entity, one.mark.clone()))
        .collect();
    let waiting = saved.len();
    let mut outbox = world.resource_mut::<BusOutbox>();
    for (entity, mark) in saved {
        outbox.add(mark, entity, WorldTime::default());
    }
    world.resource_mut::<Afar>().set_waiting(waiting);
}

/// Saves what must arrive under the next number.
pub(super) fn post(
    mut posts: MessageReader<Post>,
    settings: Res<BusSettings>,
    clock: Res<Clock>,
    mut keeper: Keeper<'_, '_>,
    mut outbox: ResMut<BusOutbox>,
    mut afar: ResMut<Afar>,
    mut commands: Commands<'_, '_>,
) {
    if posts.is_empty() {
        return;
    }
    for Post {
        topic,
        content,
        correlation,
    } in posts.read()
    {
        outbox.given += 1;
        let mark = Mark {
            origin: settings.origin.as_str().into(),
            seq: outbox.given,
        };
        let mut content = content.clone();
        if let Content::Sanction(sanction) = &mut content {
            // One that is sent again, because another node's older word came later, keeps its time.
            if sanction.at == WorldTime::default() {
                sanction.at = keeper.next(sanction, clock.wall());
                let stamp = Stamp::of(sanction.at, &mark.origin, mark.seq);
                if keeper.learn(sanction, &stamp).is_ok() {
                    keeper.write(sanction, stamp);
                }
            }
        }
        let Mark { origin, seq } = &mark;
        let id = StableId::named(&format!("bus message {seq} of {origin}"));
        let entity = commands.spawn((
            id,
            Outgoing {
                node: settings.node.clone(),
                mark: mark.clone(),
                topic: topic.clone(),
                content,
                correlation: *correlation,
            },
        ));
        let entity = entity.id();
        outbox.add(mark, entity, clock.now);
    }
    afar.set_waiting(outbox.waiting.len());
}

/// Takes the broker to answer: that it does is not said again, and where it doesn't, what is offered
/// is offered again later.
pub(super) fn hope(mut outbox: ResMut<BusOutbox>) {
    outbox.down = false;
}

/// Forgets what the broker has stored.
pub(super) fn confirm(
    mut came: MessageReader<Bridged>,
    mut outbox: ResMut<BusOutbox>,
    mut afar: ResMut<Afar>,
    mut destroy: MessageWriter<Destroy>,
) {
    for Bridged(came) in came.read() {
        match came {
            BridgeIn::Confirmed(mark) => {
                if let Some(entity) = outbox.remove(mark) {
                    destroy.write(Destroy(entity));
                    afar.set_waiting(outbox.waiting.len());
                }
            }
            BridgeIn::Link { up } => outbox.down = !up,
            _ => {}
        }
    }
}

/// Offers what must arrive while the broker answers: what is new at once, the rest again after a
/// while.
pub(super) fn offer(
    outgoing: Query<&Outgoing>,
    clock: Res<Clock>,
    mut outbox: ResMut<BusOutbox>,
    mut bridge: ResMut<Bridge>,
) {
    if outbox.down || outbox.due.is_empty() {
        return;
    }
    for one in outbox.offered(clock.now) {
        let Ok(one) = outgoing.get(one) else { continue };
        bridge.send(Parcel {
            topic: one.topic.clone(),
            mark: Some(one.mark.clone()),
            correlation: one.correlation,
            body: Body::Content(one.content.clone()),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outbox_offers_oldest_within_tick_budget() {
        let mut outbox = BusOutbox::default();
        let mark = |seq| Mark {
            origin: "north.1".into(),
            seq,
        };
        let now = WorldTime(5);
        let entity = |seq: u64| Entity::from_raw_u32(u32::try_from(seq).unwrap()).unwrap();
        for seq in 1..=600 {
            outbox.add(mark(seq), entity(seq), now);
        }
        let all: Vec<Entity> = (0..3).flat_map(|_| outbox.offered(now)).collect();
        assert_eq!(all, (1..=600).map(entity).collect::<Vec<_>>());
        assert!(outbox.offered(now).is_empty(), "not all the time");
        assert_eq!(outbox.remove(&mark(1)), Some(entity(1)));
        let later = now.plus(OFFERED_AGAIN);
        let again = outbox.offered(later);
        assert_eq!(again.len(), OFFERED_PER_TICK);
        assert_eq!(again[0], entity(2), "what is confirmed is not offered");
    }
}
