//! Effects as types: what data can do (game.md §V).

use std::sync::Arc;

use super::EffectList;
use super::predicate::Predicate;
use crate::afflictions::WhichCondition;
use crate::amount::Amount;
use crate::character::Stat;
use crate::fight::Hatred;
use crate::lucidity::Horror;
use crate::place::Posture;
use crate::things::Latch;
use crate::world::Direction;

/// One effect of a list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Effect {
    pub(super) act: EffectAct,
    /// On whom; without: the target if there is one, else the actor.
    pub(super) to: Option<Whom>,
    /// Where it is refused, its list ends.
    pub(super) must: bool,
    /// Where it is refused, the actor is told.
    pub(super) told: bool,
}

/// Who is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whom {
    /// Whoever began it.
    Actor,
    /// Whom it is aimed at.
    Target,
    /// What carries the list, where it lives.
    Carrier,
    /// Who fights the actor, or is fought by them.
    Foes,
    /// All in the room, by stable id.
    Occupants,
    /// The same without the actor.
    Others,
}

/// Whose a flag is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FlagPlace {
    Actor,
    Here,
    Carrier,
    World,
}

/// Where somebody is moved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whither {
    Room(String),
    Way(Direction),
    /// Where newcomers begin.
    Home,
    /// Where the dead wake.
    Respawn,
    /// By any open way.
    Flee,
    /// Where the list began.
    Origin,
}

/// How hard a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Difficulty {
    Regular,
    Hard,
    Extreme,
}

/// What is checked of somebody, and what comes of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StatCheck {
    pub(super) stat: Stat,
    pub(super) difficulty: Difficulty,
    pub(super) modifier: i32,
    pub(super) pass: Arc<[Effect]>,
    pub(super) fail: Arc<[Effect]>,
    /// Without it, `pass`.
    pub(super) critical: Option<Arc<[Effect]>>,
    /// Without it, `fail`.
    pub(super) fumble: Option<Arc<[Effect]>>,
}

/// What is done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum EffectAct {
    Damage {
        amount: Amount,
        lethal: bool,
        /// Percent of what was truly lost that heals the actor.
        drain: i32,
    },
    Heal {
        amount: Amount,
        /// It may raise one who has no points left.
        down: bool,
    },
    Magic(Amount),
    Lucidity {
        amount: Amount,
        cause: Option<String>,
    },
    Confront {
        archetype: Arc<str>,
        horror: Horror,
        text: Option<Arc<str>>,
    },
    Move {
        to: Whither,
        walk: bool,
    },
    Posture(Posture),
    Xp(Amount),
    Condition {
        id: String,
        seconds: Option<u32>,
        intensity: u8,
        chance: f64,
        /// A check that keeps it off.
        resist: Option<Stat>,
    },
    Threat(Hatred),
    /// What carries the list attacks somebody.
    Attack,
    Flee,
    Cure {
        which: WhichCondition,
        count: usize,
        intensity_max: u8,
    },
    Spawn {
        kind: String,
        count: u32,
        seconds: Option<u32>,
    },
    /// Creatures of a kind in the room; without one, what carries the list.
    Despawn {
        kind: Option<String>,
        text: Option<String>,
    },
    Say {
        name: Option<String>,
        text: String,
        emote: bool,
    },
    Tell(Texts),
    Flag {
        key: String,
        value: bool,
        on: FlagPlace,
        seconds: Option<u32>,
    },
    Count {
        key: String,
        by: i64,
        on: FlagPlace,
        seconds: Option<u32>,
    },
    Check(Box<StatCheck>),
    Chance {
        of: f64,
        then: Arc<[Effect]>,
        otherwise: Arc<[Effect]>,
    },
    When {
        asked: Predicate,
        then: Arc<[Effect]>,
        otherwise: Arc<[Effect]>,
    },
    /// Each with its weight.
    OneOf(Vec<(u64, Arc<[Effect]>)>),
    After {
        seconds: u32,
        list: EffectList,
    },
    /// Things out of nothing.
    Create {
        thing: String,
        count: u32,
        at: CreatedAt,
        bound: bool,
    },
    /// Things used up.
    Destroy {
        thing: UsedThing,
        count: u32,
    },
    /// The thing that carries the list.
    WearOut(u16),
    /// A thing that gives light: the one that carries the list, or what it is aimed at.
    Light {
        lit: Option<bool>,
        fuel: u32,
    },
    /// A way.
    Exit {
        /// Where; without it, here.
        room: Option<String>,
        /// Which; without it, all.
        way: Option<Direction>,
        is: WayState,
        seconds: Option<u32>,
    },
    /// A lock of something that stands in a room, or of what carries the list.
    Lock {
        container: Option<String>,
        latch: Latch,
    },
    Stop,
}

/// How a way is from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WayState {
    Latch(Latch),
    /// The actor knows it.
    Found,
}

/// Where what is made is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CreatedAt {
    Carried,
    Worn,
    Floor,
}

/// What is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UsedThing {
    /// What carries the list.
    Carrier,
    /// Of a prototype.
    Of(String),
}

/// What each is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Texts {
    pub(super) actor: Option<String>,
    pub(super) target: Option<String>,
    pub(super) room: Option<String>,
}

/// Which things are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ThingAsked {
    Prototype(String),
    Tag(String),
}
