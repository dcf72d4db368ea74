//! Reactions: what rooms and their ways do when somebody comes, goes or speaks, or time passes.
//!
//! Reads `[[rooms.reactions]]`, and of exits `requires`, `refusal` and `reactions`. Owns
//! [`LastReactions`]; a reaction is a list of effects. Rooms react in Settle to what has happened,
//! once for each who did it; guards decide in Simulate.

mod exits;

use std::collections::BTreeMap;

use engine::content::{At, Section};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::chat::Said;
use crate::effects::{Carrier, EffectList, EffectTally, Parties, RunEffects};
use crate::place::{InRoom, Moved, Occupancy};
use crate::world::{Atlas, RoomData, RoomIx, RoomMap, room_data};

const SECOND: Duration = Duration::from_secs(1);

/// The reactions plugin. Runs after `place`, and before `effects`.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("place", "rooms react to who has come by then");
    room_data::<Reactions>(reg, "reactions");
    exits::register(reg);
    reg.derived(Timers::of)
        .resource(LastReactions::default())
        .transient::<LastReactions>("last_reactions")
        .carried(|last: &mut LastReactions, to| last.carry(&to.map()))
        .every(SECOND, pass_time)
        .system(Phase::Settle, (come_and_go, hear).chain());
}

/// What a room reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Occasion {
    /// Somebody comes in.
    Enter,
    /// Somebody goes out.
    Leave,
    /// Somebody says something to the room.
    Said,
    /// Time passes while somebody is there.
    Timer,
}

/// What a room does on an occasion.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reaction {
    /// on what
    pub on: Occasion,
    /// of `said`: one of these words or phrases must be in the line, in lower case
    #[serde(default)]
    #[schemars(
        length(max = 12),
        extend("x-bounds" = "at most 12 words in lower case", "x-usual" = "whatever is said")
    )]
    pub words: Vec<String>,
    /// it happens at most once in so many seconds; of `timer`, every so many seconds
    #[serde(default)]
    #[schemars(range(min = 0, max = 86_400))]
    pub every: u32,
    /// what happens
    #[serde(rename = "do")]
    pub effects: EffectList,
}

/// What a room does by itself: `[[rooms.reactions]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Reactions(pub Vec<Reaction>);

impl Section for Reactions {
    fn check(&mut self, _room: &str, at: &At<'_>) {
        at.unless(self.0.len() <= 16, "a room has at most 16 reactions");
        for (index, one) in self.0.iter().enumerate() {
            let at = at.item(index);
            one.effects.check(&at.key("do"));
            let said = one.on == Occasion::Said;
            at.key("words").unless(
                said || one.words.is_empty(),
                "`words` are those of something that is said",
            );
            let plain = |word: &String| !word.trim().is_empty() && word.to_lowercase() == *word;
            at.key("words").unless(
                one.words.iter().all(plain),
                "the words of a reaction are in lower case",
            );
            at.key("every").unless(
                one.on != Occasion::Timer || one.every > 0,
                "a timer says how often: `every`, in seconds",
            );
        }
    }
}

impl Reaction {
    /// Whether a line has what it listens for: whole words, not parts of them.
    fn hears(&self, line: &str) -> bool {
        self.words.is_empty() || has_word(line, &self.words)
    }
}

/// Whether one of these words or phrases is in a line, whole.
pub(crate) fn has_word(line: &str, words: &[String]) -> bool {
    let spaced = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'');
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        format!(" {} ", words.join(" "))
    };
    let line = spaced(&line.to_lowercase());
    words.iter().any(|word| line.contains(&spaced(word)))
}

/// When each reaction with a pace happened last. Transient: after a restart each may happen at once.
/// Bound: one of each reaction that the world's files have.
#[derive(Resource, Clone, Debug, Default, Serialize, Deserialize)]
struct LastReactions(BTreeMap<(RoomIx, u32), WorldTime>);

impl LastReactions {
    /// The same over another atlas.
    fn carry(&mut self, map: &RoomMap) -> bool {
        let rooms = std::mem::take(&mut self.0).into_iter();
        let kept = rooms.filter_map(|((room, n), at)| Some(((map.get(room)?, n), at)));
        self.0 = kept.collect();
        true
    }

    /// Whether a reaction may happen again; then it has.
    fn begin(&mut self, key: (RoomIx, u32), every: u32, now: WorldTime) -> bool {
        let pace = Duration::from_secs(every.into());
        if self.0.get(&key).is_some_and(|last| now.since(*last) < pace) {
            return false;
        }
        if every > 0 {
            self.0.insert(key, now);
        }
        true
    }
}

/// What rooms have to react with.
#[derive(SystemParam)]
struct Reacting<'w> {
    reactions: Res<'w, RoomData<Reactions>>,
    atlas: Res<'w, Atlas>,
    clock: Res<'w, Clock>,
    tally: Res<'w, EffectTally>,
    last: ResMut<'w, LastReactions>,
    runs: MessageWriter<'w, RunEffects>,
}

impl Reacting<'_> {
    /// Lets a room react to what somebody did.
    fn react(&mut self, room: RoomIx, actor: Entity, on: Occasion, line: &str) {
        let Some(Reactions(all)) = self.reactions.get(room) else {
            return;
        };
        for (n, one) in (0..).zip(all) {
            let happens = one.on == on && (on != Occasion::Said || one.hears(line));
            if !happens || !self.last.begin((room, n), one.every, self.clock.now) {
                continue;
            }
            let parties = Parties {
                actor: Some(actor),
                target: None,
                here: Some(room),
                carrier: room_carrier(&self.atlas, room),
                me: None,
            };
            self.runs.write(RunEffects {
                depth: self.tally.depth_of(actor, self.clock.tick),
                ..RunEffects::new(one.effects.clone(), parties)
            });
        }
    }
}

fn room_carrier(atlas: &Atlas, room: RoomIx) -> Carrier {
    let room = atlas.room(room);
    Carrier::of("room", "", &room.id, &room.name)
}

/// Lets rooms react to those who walk out and in; who wakes or leaves the world does neither.
fn come_and_go(
    mut moved: MessageReader<Moved>,
    exits: Res<exits::ExitReactions>,
    mut reacting: Reacting<'_>,
) {
    for Moved {
        actor,
        from,
        to,
        way,
    } in moved.read()
    {
        let (Some(from), Some(to)) = (*from, *to) else {
            continue;
        };
        reacting.react(from, *actor, Occasion::Leave, "");
        if let Some(way) = way
            && let Some(list) = exits.of_way(from, *way)
        {
            let (atlas, clock) = (&reacting.atlas, &reacting.clock);
            let depth = reacting.tally.depth_of(*actor, clock.tick);
            let parties = Parties {
                actor: Some(*actor),
                target: None,
                here: Some(to),
                carrier: exits::carrier(atlas, from, *way),
                me: None,
            };
            reacting.runs.write(RunEffects {
                depth,
                ..RunEffects::new(list.clone(), parties)
            });
        }
        reacting.react(to, *actor, Occasion::Enter, "");
    }
}

/// Lets rooms react to what is said in them.
fn hear(mut said: MessageReader<Said>, speakers: Query<&InRoom>, mut reacting: Reacting<'_>) {
    for (speaker, line) in said.read().filter_map(Said::to_room) {
        if let Ok(InRoom(room)) = speakers.get(speaker) {
            reacting.react(*room, speaker, Occasion::Said, line);
        }
    }
}

/// What happens by the second. Derived from the rooms' reactions.
#[derive(Resource, Debug, Default)]
struct Timers(Vec<RoomTimer>);

#[derive(Debug)]
struct RoomTimer {
    room: RoomIx,
    /// In microseconds.
    period: u64,
    carrier: Carrier,
    list: EffectList,
}

impl Timers {
    fn of(content: &engine::content::Content) -> Self {
        let (atlas, all) = (
            content.get::<Atlas>(),
            content.get::<engine::content::Sections<Reactions>>(),
        );
        let (Some(atlas), Some(all)) = (atlas, all) else {
            return Self::default();
        };
        let rooms = all
            .iter()
            .filter_map(|(id, one)| Some((atlas.find(id)?, one)));
        let timers = rooms.flat_map(|(room, Reactions(all))| {
            let timers = all.iter().filter(|one| one.on == Occasion::Timer);
            timers.map(move |one| RoomTimer {
                room,
                period: u64::from(one.every.max(1)) * 1_000_000,
                carrier: room_carrier(atlas, room),
                list: one.effects.clone(),
            })
        });
        Self(timers.collect())
    }
}

/// Runs the timers that are due in this second, where somebody is: at whole multiples of their period
/// since the epoch, so that neither a late tick nor a restart shifts them.
fn pass_time(
    timers: Res<Timers>,
    occupancy: Res<Occupancy>,
    clock: Res<Clock>,
    mut runs: MessageWriter<RunEffects>,
) {
    for timer in &timers.0 {
        if !clock.now.0.is_multiple_of(timer.period) || occupancy.of(timer.room).is_empty() {
            continue;
        }
        let parties = Parties {
            actor: None,
            target: None,
            here: Some(timer.room),
            carrier: timer.carrier.clone(),
            me: None,
        };
        runs.write(RunEffects {
            moment: Some(clock.now),
            ..RunEffects::new(timer.list.clone(), parties)
        });
    }
}
