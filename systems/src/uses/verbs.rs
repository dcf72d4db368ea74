//! Using things: what it takes, what it uses up, and what comes of it (game.md §1.4).

use engine::prelude::*;

use super::hooks::carrier;
use super::{Cooldowns, ThingUses, Use, UsedOn};
use crate::command::{Usage, Verb, Words};
use crate::effects::{Parties, RunEffects, View};
use crate::place::{InRoom, Noun, Rooms};
use crate::things::{Near, ThingDeed, ThingFlag};

/// `use kit on Ann`, `eat pie`
#[derive(Message, Debug)]
pub(super) struct UseVerb {
    order: Order,
    what: String,
    whom: Option<String>,
}

impl Verb for UseVerb {
    const WORDS: &'static [&'static str] = &["use", "eat", "drink", "apply"];
    const WHOLE: bool = true;
    const USAGE: &'static str = "use <thing> [on <name>]";
    const HELP: &'static str =
        "Does with a thing what it is for: \"eat pie\", \"use bandage on Ann\".";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let rest = words.rest().trim();
        if rest.is_empty() {
            return Err(Usage::Show);
        }
        let at = rest.to_ascii_lowercase().rfind(" on ");
        let (what, whom) = match at {
            Some(at) => (&rest[..at], Some(rest[at + 4..].trim().to_owned())),
            None => (rest, None),
        };
        let what = what.trim().to_owned();
        Ok(Self { order, what, whom })
    }
}

/// What is read of those who use things.
#[derive(SystemParam)]
pub(super) struct Users<'w, 's> {
    places: Query<'w, 's, &'static InRoom>,
    cooldowns: Query<'w, 's, &'static Cooldowns>,
    rooms: Rooms<'w, 's>,
    near: Near<'w, 's>,
    uses: Res<'w, ThingUses>,
    clock: Res<'w, Clock>,
    view: View<'w, 's>,
}

/// A use that everything was found for.
struct BegunUse<'a> {
    thing: Entity,
    sort: &'a str,
    usage: &'a Use,
    target: Option<Entity>,
    parties: Parties,
    /// How often it can be used after this; `None`: it is not counted.
    left: Option<u16>,
    consumed: bool,
}

impl Users<'_, '_> {
    fn begin(&self, verb: &UseVerb) -> Result<BegunUse<'_>, Refusal> {
        let UseVerb { order, what, whom } = verb;
        let rule = |words: String| Refusal::new(Code::GameLogicError, words);
        let lacks = || Refusal::new(Code::ResourceNotFound, format!("You have no \"{what}\"."));
        let actor = order.actor;
        let place = self.places.get(actor);
        let room = place.map_err(|_| rule("You are nowhere.".to_owned()))?.0;
        let mut near = self.near.on_person(actor);
        near.extend(self.rooms.lying(room));
        let thing = Noun::read(what).first(near).ok_or_else(lacks)?;
        let name = self.near.name(thing);
        let (sort, id) = self.near.sort(thing).ok_or_else(lacks)?;
        let nothing = || rule(format!("You find no use for the {name}."));
        let usage = self.uses.uses.get(sort).ok_or_else(nothing)?;
        let kind = self.near.prototype(thing).ok_or_else(nothing)?;
        let held = self.near.is_held_by(thing, actor);
        if !held && !kind.is(ThingFlag::Fixed) {
            return Err(rule(format!("You would have to take the {name} first.")));
        }
        let target = match (whom.as_deref(), usage.on) {
            (None, UsedOn::None) => None,
            (None, _) => Some(actor),
            (Some(whom), UsedOn::Other) => {
                let nobody = format!("You see no \"{whom}\" here.");
                let thing = || {
                    let near = self.near.on_person(actor).into_iter();
                    Noun::read(whom).first(near.filter(|one| one.thing != thing))
                };
                match self.rooms.find_for(actor, room, whom) {
                    Ok(found) => Some(found),
                    Err(missed) => Some(thing().ok_or_else(|| missed.refusal(nobody))?),
                }
            }
            (Some(_), _) => {
                return Err(rule(format!(
                    "You can't {} the {name} on others.",
                    usage.verb
                )));
            }
        };
        let parties = Parties {
            actor: Some(actor),
            target,
            here: Some(room),
            carrier: carrier(sort, id, name),
            me: None,
        };
        let mine = Parties {
            target: None,
            ..parties.clone()
        };
        let asked = self.uses.requires.get(sort);
        if asked.is_some_and(|asked| !self.view.holds(&asked.0, &mine)) {
            return Err(rule(format!("The {name} is not for you.")));
        }
        let cooling = self.cooldowns.get(actor).ok();
        if let Some(wait) = cooling.and_then(|one| one.wait(sort, self.clock.now)) {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let words = format!("Not yet: wait {seconds} more seconds.");
            return Err(Refusal::new(Code::RateLimitExceeded, words));
        }
        let left = usage
            .charges
            .map(|most| self.near.charges(thing).unwrap_or(most));
        if left == Some(0) {
            return Err(rule(format!("There is nothing left of the {name}.")));
        }
        if self.near.is_broken(thing) {
            return Err(rule(format!("The {name} is broken.")));
        }
        Ok(BegunUse {
            thing,
            sort,
            usage,
            target,
            parties,
            left: left.map(|left| left - 1),
            consumed: kind.is(ThingFlag::Consumable),
        })
    }
}

/// Uses things: the count goes down before the list is run, in the same tick.
pub(super) fn use_thing(
    mut asked: MessageReader<UseVerb>,
    users: Users<'_, '_>,
    mut deeds: MessageWriter<ThingDeed>,
    mut runs: MessageWriter<RunEffects>,
    mut answers: MessageWriter<Answer>,
    mut commands: Commands<'_, '_>,
) {
    // Whoever uses two in one tick has the second only when the first is settled.
    let mut used = std::collections::BTreeSet::new();
    for verb in asked.read() {
        let order = verb.order;
        let begun = match users.begin(verb) {
            Ok(begun) if used.insert(begun.thing) => begun,
            Ok(_) => {
                let words = "One thing at a time.";
                answers.write(Answer::refused(order, Code::RateLimitExceeded, words));
                continue;
            }
            Err(refusal) => {
                answers.write(Answer::refusal(order, refusal));
                continue;
            }
        };
        let BegunUse { thing, .. } = begun;
        match begun.left {
            Some(0) if begun.consumed => {
                deeds.write(ThingDeed::Consume { thing, count: 1 });
            }
            Some(left) => {
                deeds.write(ThingDeed::Charges { thing, left });
            }
            None if begun.consumed => {
                deeds.write(ThingDeed::Consume { thing, count: 1 });
            }
            None => {}
        }
        let now = users.clock.now;
        if begun.usage.cooldown_seconds > 0 {
            let span = Duration::from_secs(begun.usage.cooldown_seconds.into());
            let had = users
                .cooldowns
                .get(order.actor)
                .cloned()
                .unwrap_or_default();
            let cooldowns = had.with(begun.sort, now.plus(span), now);
            commands.entity(order.actor).try_insert(cooldowns);
        }
        let name = users.near.name(thing);
        let whom = begun.target.filter(|target| *target != order.actor);
        let whom = whom.map_or(String::new(), |one| match users.rooms.name(one) {
            Some(name) => format!(" on {name}"),
            None => format!(" on the {}", users.near.name(one)),
        });
        let words = format!("You {} the {name}{whom}.", begun.usage.verb);
        answers.write(Answer::with(order, words));
        runs.write(RunEffects::new(begun.usage.effects.clone(), begun.parties));
    }
}
