//! What people type in and about fights.

use engine::prelude::*;

use super::arena::{Arena, PointLedger};
use super::rounds;
use crate::afflictions::Block;
use crate::command::{Needs, Usage, Verb, Words, means_self};
use crate::fight::{Attack, Intent};
use crate::place::Rooms;
use crate::world::{Atlas, Direction};

/// Seconds between two looks at the same wounds.
const AID_PAUSE: u64 = 30;

/// What is done in a fight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FightDeed {
    Attack,
    Flee,
    Taunt,
    Consider,
    Aid,
    Defend,
}

/// `attack rat`, `flee north`
#[derive(Message, Debug)]
pub(super) struct FightOrder {
    order: Order,
    deed: FightDeed,
    whom: String,
}

macro_rules! fight_verb {
    ($name:ident, $deed:expr, $words:expr, $usage:literal, $help:literal, $needs:expr) => {
        #[doc = concat!("`", $usage, "`")]
        #[derive(Message, Debug)]
        pub(super) struct $name(pub(super) FightOrder);

        impl Verb for $name {
            const WORDS: &'static [&'static str] = $words;
            const WHOLE: bool = true;
            const USAGE: &'static str = $usage;
            const HELP: &'static str = $help;
            const LASTS: bool = true;
            const NEEDS: Needs = $needs;

            fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
                // A guard is nobody's in particular.
                let whom = match $deed {
                    FightDeed::Defend => String::new(),
                    _ => words.rest().to_owned(),
                };
                Ok(Self(FightOrder {
                    order,
                    deed: $deed,
                    whom,
                }))
            }
        }
    };
}

fight_verb!(
    AttackVerb,
    FightDeed::Attack,
    &[
        "attack", "kill", "hit", "punch", "kick", "strike", "smack", "thump"
    ],
    "attack [name]",
    "Attacks a creature: \"attack rat\", \"attack 2.rat\". Without a name, whom you fight, or the only one here that can be fought.",
    Needs::LIFE
);
fight_verb!(
    FleeVerb,
    FightDeed::Flee,
    &["flee"],
    "flee [direction]",
    "Runs from a fight at your turn. Should it fail, each who strikes at you has a free blow.",
    Needs::BODY
);
fight_verb!(
    TauntVerb,
    FightDeed::Taunt,
    &["taunt"],
    "taunt <name>",
    "Draws the anger of somebody you fight, at your turn.",
    Needs::LIFE
);
fight_verb!(
    ConsiderVerb,
    FightDeed::Consider,
    &["consider", "con"],
    "consider <name>",
    "Says how a fight would go.",
    Needs::MIND
);
fight_verb!(
    AidVerb,
    FightDeed::Aid,
    &["aid"],
    "aid [name]",
    "Sees to wounds: at your turn in a fight, at once outside of one.",
    Needs::LIFE
);
fight_verb!(
    DefendVerb,
    FightDeed::Defend,
    &["defend"],
    "defend",
    "Looks to your guard instead of striking, until your next turn.",
    Needs::LIFE
);

/// All of them, in the order of their kinds.
#[derive(SystemParam)]
pub(super) struct FightOrders<'w, 's> {
    attacks: MessageReader<'w, 's, AttackVerb>,
    flights: MessageReader<'w, 's, FleeVerb>,
    taunts: MessageReader<'w, 's, TauntVerb>,
    considered: MessageReader<'w, 's, ConsiderVerb>,
    aids: MessageReader<'w, 's, AidVerb>,
    defenses: MessageReader<'w, 's, DefendVerb>,
}

impl FightOrders<'_, '_> {
    fn all(&mut self) -> Vec<(Order, FightDeed, String)> {
        let all = self.attacks.read().map(|one| &one.0);
        let all = all.chain(self.flights.read().map(|one| &one.0));
        let all = all.chain(self.taunts.read().map(|one| &one.0));
        let all = all.chain(self.considered.read().map(|one| &one.0));
        let all = all.chain(self.aids.read().map(|one| &one.0));
        let all = all.chain(self.defenses.read().map(|one| &one.0));
        all.map(|one| (one.order, one.deed.clone(), one.whom.clone()))
            .collect()
    }
}

/// Does what is asked, or says why not.
pub(super) fn obey(
    mut orders: FightOrders<'_, '_>,
    rooms: Rooms<'_, '_>,
    atlas: Res<Atlas>,
    mut attack: MessageWriter<Attack>,
    mut aided: Query<&mut super::Aided>,
    mut arena: Arena<'_, '_>,
    mut answers: MessageWriter<Answer>,
) {
    for (order, deed, whom) in orders.all() {
        let done = match deed {
            FightDeed::Attack => begin(&arena, &rooms, order.actor, &whom).map(|foe| {
                attack.write(Attack {
                    who: order.actor,
                    whom: foe,
                });
                // The blow itself is told.
                String::new()
            }),
            FightDeed::Consider => {
                foe(&arena, &rooms, order.actor, &whom).map(|foe| judge(&arena, order.actor, foe))
            }
            FightDeed::Flee => flee(&arena, &atlas, order.actor, &whom).and_then(|way| {
                intend(
                    &mut arena,
                    order.actor,
                    Intent::Flee(way),
                    "You look for a way out.",
                )
            }),
            FightDeed::Defend => intend(
                &mut arena,
                order.actor,
                Intent::Defend,
                "You look to your guard.",
            ),
            FightDeed::Taunt => foe(&arena, &rooms, order.actor, &whom).and_then(|foe| {
                let both = arena.brawls.of.get(&foe) == arena.brawls.of.get(&order.actor);
                let id = arena
                    .id(foe)
                    .filter(|_| both && arena.brawls.is_fighting(foe));
                let id = id.ok_or_else(|| rule("You are not in one fight."))?;
                intend(
                    &mut arena,
                    order.actor,
                    Intent::Taunt(id),
                    "You think of something to say.",
                )
            }),
            FightDeed::Aid => aid(&mut arena, &rooms, &mut aided, order.actor, &whom),
        };
        answers.write(match done {
            Ok(text) if text.is_empty() => Answer::done(order),
            Ok(text) => Answer::with(order, text),
            Err(refusal) => Answer::refusal(order, refusal),
        });
    }
}

fn rule(words: impl Into<String>) -> Refusal {
    Refusal::new(Code::GameLogicError, words)
}

/// The creature that is meant.
fn foe(
    arena: &Arena<'_, '_>,
    rooms: &Rooms<'_, '_>,
    who: Entity,
    whom: &str,
) -> Result<Entity, Refusal> {
    let room = arena.room(who).ok_or_else(|| rule("You are nowhere."))?;
    if whom.is_empty() {
        if let Some(foe) = arena
            .brawls
            .target_of(who)
            .or_else(|| arena.brawls.foes(who).first().copied())
        {
            return Ok(foe);
        }
        let here = rooms.creatures(room);
        let mut open = here.iter().filter(|(.., look)| !look.spared);
        return match (open.next(), open.next()) {
            (Some((_, foe, _)), None) => Ok(*foe),
            (None, _) => Err(Refusal::new(
                Code::ResourceNotFound,
                "There is nobody here to fight.",
            )),
            _ => Err(Refusal::new(Code::InvalidInput, "Say whom you mean.")),
        };
    }
    if let Some((foe, _)) = rooms.creature_near(room, whom) {
        return Ok(foe);
    }
    let other = rooms.find_for(who, room, whom);
    match other {
        Ok(_) => Err(rule("You can't bring yourself to harm them.")),
        Err(missed) => Err(missed.refusal(format!("You see no \"{whom}\" here."))),
    }
}

fn begin(
    arena: &Arena<'_, '_>,
    rooms: &Rooms<'_, '_>,
    who: Entity,
    whom: &str,
) -> Result<Entity, Refusal> {
    let foe = foe(arena, rooms, who, whom)?;
    if arena.kind(foe).is_none_or(|kind| !kind.attackable) {
        return Err(rule("You can't bring yourself to harm them."));
    }
    if !arena.can_strike(who, foe, &PointLedger::default()) {
        return Err(rule("That is past being fought."));
    }
    if arena.ailing.is_warded(foe) {
        return Err(rule("Something stands between you and that."));
    }
    Ok(foe)
}

/// Sets what somebody does at their turn.
fn intend(
    arena: &mut Arena<'_, '_>,
    who: Entity,
    intent: Intent,
    words: &str,
) -> Result<String, Refusal> {
    let id = arena.id(who);
    let room = arena
        .brawls
        .of
        .get(&who)
        .copied()
        .ok_or_else(|| rule("You are in no fight."))?;
    let fight = arena.brawls.fights.get_mut(&room);
    let fighter = fight
        .zip(id)
        .and_then(|(fight, id)| fight.fighters.get_mut(&id));
    let fighter = fighter.ok_or_else(|| rule("You are in no fight."))?;
    fighter.intent = intent;
    Ok(words.to_owned())
}

fn flee(
    arena: &Arena<'_, '_>,
    atlas: &Atlas,
    who: Entity,
    way: &str,
) -> Result<Option<Direction>, Refusal> {
    if !arena.brawls.is_fighting(who) {
        return Err(rule("You are in no fight."));
    }
    if arena.ailing.blocks(who, Block::Flee) || arena.ailing.blocks(who, Block::Move) {
        return Err(rule("Something has hold of you."));
    }
    let exits = arena
        .room(who)
        .map_or(&[][..], |room| atlas.room(room).exits.as_slice());
    let none = || Refusal::new(Code::InvalidMovement, "There is no way out there.");
    if exits.is_empty() {
        return Err(none());
    }
    if way.is_empty() {
        return Ok(None);
    }
    let way = Direction::from_word(way).ok_or_else(none)?;
    let open = exits.iter().any(|exit| exit.way == way);
    if open { Ok(Some(way)) } else { Err(none()) }
}

fn aid(
    arena: &mut Arena<'_, '_>,
    rooms: &Rooms<'_, '_>,
    aided: &mut Query<&mut super::Aided>,
    who: Entity,
    whom: &str,
) -> Result<String, Refusal> {
    let room = arena.room(who).ok_or_else(|| rule("You are nowhere."))?;
    let patient = match whom {
        "" => who,
        whom if means_self(whom) => who,
        whom => rooms
            .find_for(who, room, whom)
            .map_err(|missed| missed.refusal(format!("You see no \"{whom}\" here.")))?,
    };
    let (points, most) = arena.points(patient, &PointLedger::default());
    if points >= most && !arena.ailing.has(patient, "bleeding") {
        return Err(rule("There is nothing to be seen to."));
    }
    let now = arena.clock.now;
    if let Ok(mut seen) = aided.get_mut(patient) {
        let until = seen.0.plus(Duration::from_secs(AID_PAUSE));
        if seen.0 > WorldTime::default() && now < until {
            let wait = until.since(now).as_millis();
            let refusal = Refusal::new(Code::RateLimitExceeded, "That was seen to just now.");
            return Err(refusal.after_ms(u64::try_from(wait).unwrap_or(0)));
        }
        seen.0 = now;
    }
    if let (true, Some(id)) = (arena.brawls.is_fighting(who), arena.id(patient)) {
        return intend(
            arena,
            who,
            Intent::Aid(id),
            "You look for something to bind it with.",
        );
    }
    rounds::aid(arena, who, patient);
    Ok("You see to the wounds.".to_owned())
}

/// How a fight would go, in a few words.
fn judge(arena: &Arena<'_, '_>, who: Entity, foe: Entity) -> String {
    let rounds = |by: Entity, at: Entity| {
        let means = arena.means(by);
        let defense = arena.defense(at, means.kind);
        let hit = arena.rules.hit;
        let chance = (hit.base + (means.by.skill - defense.dodge) / 2).clamp(hit.least, hit.most);
        let mean = (means.by.damage.roll(|sides| sides / 2) - defense.armour).max(1);
        let mean = mean * (100 - defense.kept_off).max(0) / 100;
        let (points, _) = arena.points(at, &PointLedger::default());
        f64::from(points.max(1)) * 100.0 / f64::from((mean * chance).max(1))
    };
    let share = rounds(foe, who) / rounds(who, foe);
    let words = match share {
        share if share > 4.0 => "It would hardly notice you winning.",
        share if share > 1.8 => "You should have the better of it.",
        share if share > 1.1 => "You would have a little luck on your side.",
        share if share > 0.8 => "It could go either way.",
        share if share > 0.4 => "It would have the better of you.",
        _ => "It would be the end of you.",
    };
    let rounds = rounds(who, foe).ceil();
    format!(
        "{}: {words} It would take you some {rounds} rounds.",
        arena.name(foe)
    )
}
