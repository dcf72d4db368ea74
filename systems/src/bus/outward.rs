//! What this node tells others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::port::{
    Awake, Body, BridgeIn, ChatLine, Content, Correlation, Parcel, Sanction, SanctionAct, Topic,
};
use engine::prelude::*;
use engine::{Bridge, Bridged};
use serde::{Deserialize, Serialize};

use super::BusSettings;
use super::afar::Afar;
use super::book::Book;
use crate::chat::{Channel, ChatMessage};
use crate::place::{InRoom, Moved};
use crate::presence::Roster;
use crate::world::Atlas;

/// A message that is not confirmed is offered again after so long: the lane may have been full.
const OFFERED_AGAIN: Duration = Duration::from_secs(15);
/// The list of who is awake is told at most this often.
const TOLD: Duration = Duration::from_millis(500);

/// Something that must arrive on other nodes.
#[derive(Message, Debug, Clone)]
pub struct Post {
    /// Where it goes.
    pub topic: Topic,
    /// What it is.
    pub content: Content,
}

impl Post {
    /// A ban, or the end of one, that holds on every node.
    #[must_use]
    pub fn sanction(
        act: SanctionAct,
        (id, name): (Option<StableId>, &str),
        by: &str,
        reason: &str,
        until: Option<WorldTime>,
    ) -> Self {
        Self {
            topic: Topic::Moderation,
            content: Content::Sanction(Sanction {
                act,
                target_id: id.unwrap_or_else(|| nobody(name)),
                target_name: name.to_owned(),
                by: by.to_owned(),
                reason: reason.to_owned(),
                until,
            }),
        }
    }
}

/// The id that stands for somebody of whom only the name is known.
fn nobody(name: &str) -> StableId {
    StableId::named(&format!("character {}", name.to_lowercase()))
}

/// The character that a sanction is about; `None`: only its name is known.
pub(super) fn target(sanction: &Sanction) -> Option<StableId> {
    let id = sanction.target_id;
    (id != nobody(&sanction.target_name)).then_some(id)
}

/// A message that must arrive, until the broker has stored it.
#[derive(Component, Clone, Debug, Serialize, Deserialize)]
pub(super) struct Outgoing {
    /// Who sends it: nodes that share a database see each other's.
    node: String,
    seq: u64,
    topic: Topic,
    content: Content,
}

/// When what was offered last.
#[derive(Resource, Default, Debug)]
pub(super) struct Offered {
    at: BTreeMap<u64, WorldTime>,
    told: Option<WorldTime>,
    pulse: u64,
}

/// Copies a line for other nodes and services; nobody here waits for it.
pub fn say_afar(bridge: &mut Bridge, line: &ChatMessage, sub_zone: Option<&str>) {
    let room = || line.room.as_deref().unwrap_or_default().into();
    let topic = match line.channel {
        Channel::Say => Topic::Say(room()),
        Channel::Emote => Topic::Emote(room()),
        Channel::Pose => Topic::Pose(room()),
        Channel::System => Topic::System,
        Channel::Admin => Topic::Admin,
        Channel::Local => Topic::Local(sub_zone.unwrap_or_default().into()),
        Channel::Global => Topic::Global,
        // Between two people; where one is elsewhere, it is posted.
        Channel::Whisper => return,
    };
    bridge.send(Parcel {
        topic,
        seq: None,
        correlation: Correlation::default(),
        body: Body::Content(Content::Chat(ChatLine {
            channel: line.channel.word().to_owned(),
            message_id: line.message_id.clone(),
            sender_id: line.sender_id,
            sender_name: line.player_name.clone(),
            text: line.original_content.clone(),
            room_id: line.room.clone(),
            target_id: None,
            target_name: None,
        })),
    });
}

/// Saves what must arrive under the next number.
pub(super) fn post(
    mut posts: MessageReader<Post>,
    mut books: Query<&mut Book>,
    settings: Res<BusSettings>,
    mut commands: Commands<'_, '_>,
) {
    if posts.is_empty() {
        return;
    }
    let Some(mut book) = books.iter_mut().find(|book| book.node == settings.node) else {
        return;
    };
    for Post { topic, content } in posts.read() {
        let (node, seq) = (settings.node.clone(), book.next);
        book.next += 1;
        let id = StableId::named(&format!("bus message {seq} of {node}"));
        commands.spawn((
            id,
            Outgoing {
                node,
                seq,
                topic: topic.clone(),
                content: content.clone(),
            },
        ));
    }
}

/// Forgets what the broker has stored.
pub(super) fn confirm(
    mut came: MessageReader<Bridged>,
    settings: Res<BusSettings>,
    index: Res<Index>,
    clock: Res<Clock>,
    mut offered: ResMut<Offered>,
    mut destroy: MessageWriter<Destroy>,
) {
    for Bridged(came) in came.read() {
        if let BridgeIn::Confirmed { seq } = came {
            // Until it is gone, at the end of this tick, it is not to be offered.
            offered.at.insert(*seq, clock.now);
            let id = StableId::named(&format!("bus message {seq} of {}", settings.node));
            if let Some(entity) = index.get(id) {
                destroy.write(Destroy(entity));
            }
        }
    }
}

/// Counts what waits, for whoever would add to it.
pub(super) fn count(outgoing: Query<(), With<Outgoing>>, mut afar: ResMut<Afar>) {
    let waiting = outgoing.iter().len();
    if afar.waiting() != waiting {
        afar.set_waiting(waiting);
    }
}

/// Offers what must arrive: what is new at once, the rest again after a while.
pub(super) fn offer(
    outgoing: Query<&Outgoing>,
    settings: Res<BusSettings>,
    clock: Res<Clock>,
    mut offered: ResMut<Offered>,
    mut bridge: ResMut<Bridge>,
) {
    if offered.at.len() > outgoing.iter().len() {
        let waiting: BTreeSet<u64> = outgoing.iter().map(|one| one.seq).collect();
        offered.at.retain(|seq, _| waiting.contains(seq));
    }
    let due = |seq: u64, offered: &Offered| {
        let at = offered.at.get(&seq);
        at.is_none_or(|at| clock.now.since(*at) >= OFFERED_AGAIN)
    };
    let mut ready: Vec<&Outgoing> = outgoing
        .iter()
        .filter(|one| one.node == settings.node && due(one.seq, &offered))
        .collect();
    ready.sort_unstable_by_key(|one| one.seq);
    for one in ready {
        offered.at.insert(one.seq, clock.now);
        bridge.send(Parcel {
            topic: one.topic.clone(),
            seq: Some(one.seq),
            correlation: Correlation::default(),
            body: Body::Content(one.content.clone()),
        });
    }
}

/// Tells who is awake here, when that has changed.
pub(super) fn tell_awake(
    roster: Res<Roster>,
    people: Query<(&StableId, &Character, Option<&InRoom>)>,
    moved: MessageReader<Moved>,
    atlas: Res<Atlas>,
    clock: Res<Clock>,
    mut offered: ResMut<Offered>,
    mut pending: Local<bool>,
    mut bridge: ResMut<Bridge>,
) {
    *pending |= roster.is_changed() || !moved.is_empty();
    let lately = offered
        .told
        .is_some_and(|told| clock.now.since(told) < TOLD);
    if !*pending || lately {
        return;
    }
    *pending = false;
    offered.told = Some(clock.now);
    let awake = people.iter_many(roster.everybody()).matched();
    bridge.awake(
        awake
            .map(|(id, character, place)| Awake {
                id: *id,
                name: character.name.clone(),
                place: place.map_or_else(String::new, |place| atlas.sub_zone(place.0).name.clone()),
                admin: character.role == Role::Admin,
            })
            .collect(),
    );
}

/// Somebody came to a room or left it, as other services see it.
#[derive(Debug, Serialize)]
struct CameOrWent {
    player_id: StableId,
    player_name: String,
    room_id: String,
    #[serde(skip)]
    came: bool,
}

impl Note for CameOrWent {
    fn event_type(&self) -> &'static str {
        if self.came {
            "player_entered"
        } else {
            "player_left"
        }
    }
    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }
}

/// `game_tick`: the world is alive.
#[derive(Debug, Serialize)]
struct Pulse {
    tick: u64,
}

impl Note for Pulse {
    fn event_type(&self) -> &'static str {
        "game_tick"
    }
    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }
}

/// Tells other services who comes and goes in which room, and once a second that time passes.
pub(super) fn tell_events(
    mut moved: MessageReader<Moved>,
    people: Query<(&StableId, &Character)>,
    atlas: Res<Atlas>,
    clock: Res<Clock>,
    mut offered: ResMut<Offered>,
    mut bridge: ResMut<Bridge>,
) {
    let event = |topic, note: Arc<dyn Note>| Parcel {
        topic,
        seq: None,
        correlation: Correlation::default(),
        body: Body::Note(note),
    };
    for Moved {
        actor, from, to, ..
    } in moved.read()
    {
        let Ok((id, character)) = people.get(*actor) else {
            continue;
        };
        for (room, came) in [(from, false), (to, true)] {
            let Some(room) = room else { continue };
            let note = CameOrWent {
                player_id: *id,
                player_name: character.name.clone(),
                room_id: atlas.room(*room).id.clone(),
                came,
            };
            let topic = Topic::Event {
                name: note.event_type().into(),
                room: note.room_id.as_str().into(),
            };
            bridge.send(event(topic, Arc::new(note)));
        }
    }
    let second = clock.now.millis() / 1_000;
    if offered.pulse != second {
        offered.pulse = second;
        bridge.send(event(Topic::GameTick, Arc::new(Pulse { tick: clock.tick })));
    }
}
