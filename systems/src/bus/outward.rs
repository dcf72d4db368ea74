//! What this node tells others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::Bridge;
use engine::port::{Awake, Body, ChatLine, Content, Correlation, Parcel, Topic};
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::place::{InRoom, Moved};
use crate::speech::{Channel, ChatMessage};
use crate::world::Atlas;

/// The list of who is awake is told at most this often.
const TOLD: Duration = Duration::from_millis(500);
/// And at least this often: the lane may have been full.
const TOLD_AGAIN: Duration = Duration::from_secs(15);

/// What others were told last.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub(super) struct LastTold {
    /// Everybody awake here. Shared with what is told, so that telling a thousand because one went
    /// to another part of the world copies no text.
    awake: BTreeMap<StableId, Arc<Awake>>,
    /// Whose entity is whose: it may be gone when it is to be told that they are.
    entities: BTreeMap<Entity, StableId>,
    /// Who came, went or moved since.
    stirred: BTreeSet<Entity>,
    at: Option<WorldTime>,
    pulse: u64,
}

/// Copies a line for other nodes and services; nobody here waits for it.
pub fn say_afar(
    bridge: &mut Bridge,
    line: &ChatMessage,
    sub_zone: Option<&str>,
    correlation: Correlation,
) {
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
        mark: None,
        correlation,
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

/// Shows other services what clients are told that befell somebody in a room; nobody here waits
/// for it.
pub fn show(bridge: &mut Bridge, room: Option<&str>, note: &(impl Note + Clone)) {
    let Some(room) = room.filter(|_| bridge.open()) else {
        return;
    };
    bridge.send(Parcel {
        topic: Topic::Event {
            name: note.event_type().into(),
            room: room.into(),
        },
        mark: None,
        correlation: Correlation::default(),
        body: Body::Note(Arc::new(note.clone())),
    });
}

/// Looks at everybody again who is awake here, or was told to be.
pub(super) fn look_again(awake: Query<Entity, With<Online>>, mut told: ResMut<LastTold>) {
    let told = &mut *told;
    told.stirred.extend(awake.iter());
    told.stirred.extend(told.entities.keys());
}

/// Tells who is awake here, when that has changed.
pub(super) fn tell_awake(
    mut arrived: MessageReader<Arrived>,
    mut departed: MessageReader<Departed>,
    mut moved: MessageReader<Moved>,
    people: Query<(&StableId, &Character, Option<&InRoom>, Has<Online>)>,
    atlas: Res<Atlas>,
    clock: Res<Clock>,
    mut told: ResMut<LastTold>,
    mut bridge: ResMut<Bridge>,
) {
    let told = &mut *told;
    told.stirred.extend(arrived.read().map(|one| one.actor));
    told.stirred.extend(departed.read().map(|one| one.actor));
    told.stirred.extend(moved.read().map(|one| one.actor));
    let since = told.at.map(|at| clock.now.since(at));
    let again = since.is_some_and(|since| since >= TOLD_AGAIN);
    if !again && (told.stirred.is_empty() || since.is_some_and(|since| since < TOLD)) {
        return;
    }
    let mut news = again;
    let stirred = std::mem::take(&mut told.stirred);
    let is_awake = |actor: &Entity| people.get(*actor).is_ok_and(|(.., online)| online);
    // First those who are gone: one may be back under another entity.
    let (awake, gone): (Vec<Entity>, Vec<Entity>) = stirred.into_iter().partition(is_awake);
    for actor in gone {
        if let Some(id) = told.entities.remove(&actor) {
            news |= told.awake.remove(&id).is_some();
        }
    }
    for actor in awake {
        let Ok((id, character, place, _)) = people.get(actor) else {
            continue;
        };
        let place = place.map_or("", |place| atlas.sub_zone(place.0).name.as_str());
        let admin = character.role == Role::Admin;
        let same = told.awake.get(id).is_some_and(|one| {
            one.place == place && one.admin == admin && one.name == character.name
        });
        if !same {
            news = true;
            let one = Awake {
                id: *id,
                name: character.name.clone(),
                place: place.to_owned(),
                admin,
            };
            told.awake.insert(*id, Arc::new(one));
            told.entities.insert(actor, *id);
        }
    }
    if news {
        told.at = Some(clock.now);
        bridge.awake(told.awake.values().cloned().collect());
    }
}

/// Somebody came to a room or left it, as other services see it.
#[derive(Debug, Serialize)]
struct MovementEvent {
    player_id: StableId,
    player_name: String,
    room_id: String,
    #[serde(skip)]
    came: bool,
}

impl Note for MovementEvent {
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
struct GameTickEvent {
    tick: u64,
}

impl Note for GameTickEvent {
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
    mut told: ResMut<LastTold>,
    mut bridge: ResMut<Bridge>,
) {
    let event = |topic, note: Arc<dyn Note>| Parcel {
        topic,
        mark: None,
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
            let note = MovementEvent {
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
    if told.pulse != second {
        told.pulse = second;
        bridge.send(event(
            Topic::GameTick,
            Arc::new(GameTickEvent { tick: clock.tick }),
        ));
    }
}
