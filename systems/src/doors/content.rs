//! What is written of doors, and what it comes to.

use std::collections::{BTreeMap, BTreeSet};

use engine::content::{At, Content, Section, Sections};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::place::HiddenWays;
use crate::things::Latch;
use crate::world::{Atlas, Direction, RoomIx};

macro_rules! of_exit {
    ($(#[$meta:meta])* $name:ident($of:ty)) => {
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
        #[serde(transparent)]
        $(#[$meta])*
        pub(super) struct $name($of);
    };
}

of_exit! {
    /// what the door in a way is called: `oak door`
    #[schemars(extend("x-bounds" = "1 to 120 characters"))]
    DoorName(String)
}
of_exit! {
    /// it is closed until somebody opens it
    Closed(bool)
}
of_exit! {
    /// it is locked until somebody unlocks it with what `opens` this lock
    #[schemars(extend("x-bounds" = "1 to 64 characters"))]
    LockedBy(String)
}
of_exit! {
    /// what is added to the chance of picking its lock
    #[schemars(extend("minimum" = -99, "maximum" = 99))]
    PickModifier(i32)
}
of_exit! {
    /// it has to be found
    HiddenWay(bool)
}
of_exit! {
    /// what is added to the chance of finding it
    #[schemars(extend("minimum" = -99, "maximum" = 99))]
    SearchModifier(i32)
}
of_exit! {
    /// it is as it was, so long after it was opened
    #[schemars(extend("minimum" = 10, "maximum" = 86_400))]
    Relock(u32)
}

impl Section for DoorName {
    fn check(&mut self, _exit: &str, at: &At<'_>) {
        let length = self.0.trim().chars().count();
        let fits = (1..=120).contains(&length);
        at.unless(fits, "the name of a door has 1 to 120 characters");
    }
}

impl Section for Closed {
    fn check(&mut self, exit: &str, at: &At<'_>) {
        at.unless(has::<DoorName>(exit, at), "what is closed has a `door`");
    }
}

impl Section for LockedBy {
    fn check(&mut self, exit: &str, at: &At<'_>) {
        at.unless(has::<DoorName>(exit, at), "what is locked has a `door`");
        let fits = (1..=64).contains(&self.0.len());
        at.unless(fits, "the word of a lock has 1 to 64 characters");
    }
}

impl Section for PickModifier {
    fn check(&mut self, exit: &str, at: &At<'_>) {
        at.unless(has::<LockedBy>(exit, at), "what is picked is `locked`");
    }
}

impl Section for HiddenWay {}

impl Section for SearchModifier {
    fn check(&mut self, exit: &str, at: &At<'_>) {
        at.unless(
            has::<HiddenWay>(exit, at),
            "what is searched for is `hidden`",
        );
    }
}

impl Section for Relock {
    fn check(&mut self, exit: &str, at: &At<'_>) {
        at.unless(
            has::<DoorName>(exit, at),
            "what is locked again has a `door`",
        );
    }
}

/// Whether something else was written of an exit.
fn has<T: Send + Sync + 'static>(exit: &str, at: &At<'_>) -> bool {
    let all = at.content::<Sections<T>>();
    all.is_none_or(|all| all.get(exit).is_some())
}

pub(super) fn sections(reg: &mut Registrar<'_>) {
    reg.section::<DoorName>(&["exit"], "door")
        .section::<Closed>(&["exit"], "closed")
        .section::<LockedBy>(&["exit"], "locked")
        .section::<PickModifier>(&["exit"], "pick")
        .section::<HiddenWay>(&["exit"], "hidden")
        .section::<SearchModifier>(&["exit"], "search")
        .section::<Relock>(&["exit"], "relock_seconds");
}

/// A way with a door, or one that has to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// What the door is called; `None`: there is none, the way has only to be found.
    pub name: Option<String>,
    /// The lock that keeps it closed.
    pub lock: Option<String>,
    /// How it is as it was made.
    pub latch: Latch,
    /// What is added to the chance of picking its lock.
    pub pick: i32,
    /// It has to be found, by a search with so much added to its chance.
    pub hidden: Option<i32>,
    /// After how long it is as it was.
    pub relock: Option<Duration>,
    /// The id of the state that both its sides share.
    pub state: StableId,
}

/// Every door and hidden way. Derived.
#[derive(Resource, Clone, Debug, Default)]
pub struct Doors(BTreeMap<(RoomIx, Direction), Door>);

impl Doors {
    /// What the files say.
    #[must_use]
    pub fn of(content: &Content) -> Self {
        let Some(atlas) = content.get::<Atlas>() else {
            return Self::default();
        };
        let names = each::<DoorName>(content, atlas);
        let closed = each::<Closed>(content, atlas);
        let locks = each::<LockedBy>(content, atlas);
        let picks = each::<PickModifier>(content, atlas);
        let hidden = each::<HiddenWay>(content, atlas);
        let searches = each::<SearchModifier>(content, atlas);
        let relocks = each::<Relock>(content, atlas);
        let found = hidden.iter().filter(|(_, one)| one.0).map(|(key, _)| *key);
        let ways: BTreeSet<_> = names.keys().copied().chain(found).collect();
        let door = |(room, way): (RoomIx, Direction)| {
            let key = (room, way);
            let lock = locks.get(&key).map(|one| one.0.clone());
            let latch = match (&lock, closed.get(&key)) {
                (Some(_), _) => Latch::Locked,
                (None, Some(Closed(true))) => Latch::Closed,
                _ => Latch::Open,
            };
            let is_hidden = hidden.get(&key).is_some_and(|one| one.0);
            let search = searches.get(&key).map_or(0, |one| one.0);
            Door {
                name: names.get(&key).map(|one| one.0.clone()),
                lock,
                latch,
                pick: picks.get(&key).map_or(0, |one| one.0),
                hidden: is_hidden.then_some(search),
                relock: relocks
                    .get(&key)
                    .map(|one| Duration::from_secs(one.0.into())),
                state: state_id(atlas, room, way),
            }
        };
        Self(ways.into_iter().map(|key| (key, door(key))).collect())
    }

    /// The door in a way.
    #[must_use]
    pub fn get(&self, room: RoomIx, way: Direction) -> Option<&Door> {
        self.0.get(&(room, way))
    }

    /// All of them, by room and way.
    pub fn iter(&self) -> impl Iterator<Item = ((RoomIx, Direction), &Door)> {
        self.0.iter().map(|(key, door)| (*key, door))
    }

    /// The ways that have to be found.
    pub(super) fn hidden(&self) -> HiddenWays {
        let hidden = self.iter().filter(|(_, door)| door.hidden.is_some());
        HiddenWays::new(hidden.map(|(key, _)| key).collect())
    }
}

/// The id that both sides of a way share.
fn state_id(atlas: &Atlas, room: RoomIx, way: Direction) -> StableId {
    let side = |room: RoomIx, way: Direction| format!("{} {}", atlas.room(room).id, way.word());
    let here = side(room, way);
    let back = atlas.room(room).exit(way).and_then(|exit| {
        let back = atlas.room(exit.to).exit(way.opposite())?;
        (back.to == room).then(|| side(exit.to, back.way))
    });
    let back = back.unwrap_or_else(|| here.clone());
    let (one, other) = if here <= back {
        (here, back)
    } else {
        (back, here)
    };
    StableId::named(&format!("door {one} and {other}"))
}

/// What was written of exits under a key: their subjects are `ROOM WAY`.
fn each<T: Clone + Send + Sync + 'static>(
    content: &Content,
    atlas: &Atlas,
) -> BTreeMap<(RoomIx, Direction), T> {
    let all = content.get::<Sections<T>>();
    let all = all.into_iter().flat_map(Sections::iter);
    all.filter_map(|(subject, one)| {
        let (room, way) = subject.rsplit_once(' ')?;
        let key = (atlas.find(room)?, Direction::from_word(way)?);
        Some((key, one.clone()))
    })
    .collect()
}
