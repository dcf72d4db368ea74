//! `mute`, `unmute`, `mutes`, and for admins `mute_global` and `unmute_global`.

use engine::port::SanctionAct;
use engine::prelude::*;

use super::{Muted, Rules, SetMute, SetSilence, Term, list};
use crate::audit::Audit;
use crate::bus::{Afar, Post};
use crate::command::{Needs, Usage, Verb, Words};
use crate::faces::People;
use crate::hearing::{Mutes, Silences};

/// `mute Bob 5 too loud`
#[derive(Message, Debug)]
pub(super) struct MuteOne {
    order: Order,
    who: String,
    term: Term,
}

impl Verb for MuteOne {
    const WORDS: &'static [&'static str] = &["mute"];
    const WHOLE: bool = true;
    const USAGE: &'static str = "mute <name> [minutes] [reason]";
    const HELP: &'static str = "Hears no more of somebody, on any channel, for so many minutes (or 30m, 1h30m, 2d) or until you unmute them. They are not told. The words of keepers are always heard.";
    const NEEDS: Needs = Needs::MIND;
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let (who, rest) = named(words)?;
        let term = Term::read(rest.rest())?;
        Ok(Self { order, who, term })
    }
}

/// `unmute Bob`
#[derive(Message, Debug)]
pub(super) struct UnmuteOne {
    order: Order,
    who: String,
}

impl Verb for UnmuteOne {
    const WORDS: &'static [&'static str] = &["unmute"];
    const WHOLE: bool = true;
    const USAGE: &'static str = "unmute <name>";
    const HELP: &'static str = "Hears somebody again whom you had muted.";
    const NEEDS: Needs = Needs::MIND;
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let (who, _) = named(words)?;
        Ok(Self { order, who })
    }
}

/// `mutes`
#[derive(Message, Debug)]
pub(super) struct ListMutes {
    order: Order,
}

impl Verb for ListMutes {
    const WORDS: &'static [&'static str] = &["mutes"];
    const USAGE: &'static str = "mutes";
    const HELP: &'static str =
        "Lists whom and which channels you have muted, for how long and why.";
    const NEEDS: Needs = Needs::MIND;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self { order })
    }
}

/// `mute_global Bob 60 shouting`
#[derive(Message, Debug)]
pub(super) struct MuteGlobal {
    order: Order,
    who: String,
    term: Term,
}

impl Verb for MuteGlobal {
    const WORDS: &'static [&'static str] = &["mute_global"];
    const USAGE: &'static str = "mute_global [name] [minutes] [reason]";
    const HELP: &'static str = "Lets somebody speak on no channel, for so many minutes (or 30m, 1h30m, 2d) or until unmute_global. They may still whisper to a keeper. Without a name it lists who may not speak.";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;
    const FACTS: u32 = 1;
    const ADMIN: bool = true;

    fn asks(words: Words<'_>) -> bool {
        words.rest().is_empty()
    }

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let (who, rest) = words.first();
        Ok(Self {
            order,
            who: who.to_owned(),
            term: Term::read(rest.rest())?,
        })
    }
}

/// `unmute_global Bob`
#[derive(Message, Debug)]
pub(super) struct UnmuteGlobal {
    order: Order,
    who: String,
}

impl Verb for UnmuteGlobal {
    const WORDS: &'static [&'static str] = &["unmute_global"];
    const USAGE: &'static str = "unmute_global <name>";
    const HELP: &'static str = "Lets somebody speak again.";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;
    const FACTS: u32 = 1;
    const ADMIN: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let (who, _) = named(words)?;
        Ok(Self { order, who })
    }
}

fn named(words: Words<'_>) -> Result<(String, Words<'_>), Usage> {
    match words.first() {
        ("", _) => Err(Usage::Show),
        (who, rest) => Ok((who.to_owned(), rest)),
    }
}

/// Mutes and unmutes people for one character.
pub(super) fn mute(
    mut mutes: MessageReader<MuteOne>,
    mut unmutes: MessageReader<UnmuteOne>,
    lists: Query<(&Mutes, &Character)>,
    people: People<'_, '_>,
    afar: Res<Afar>,
    rules: Res<Rules>,
    clock: Res<Clock>,
    mut set: MessageWriter<SetMute>,
    mut answers: MessageWriter<Answer>,
) {
    let now = clock.wall();
    for MuteOne { order, who, term } in mutes.read() {
        let done = (|| {
            rules.allow(term)?;
            let (list, me) = lists
                .get(order.actor)
                .map_err(|_| Refusal::of(Code::InternalError))?;
            let who = &*people.named_by(order.actor, who);
            let (entity, id, name, admin) = heard_of(who, &people, &afar)?;
            if entity == Some(order.actor) {
                let message = "You can't help hearing yourself.";
                return Err(Refusal::new(Code::InvalidInput, message));
            }
            if admin {
                let message = format!("{name} keeps the world, and is always heard.");
                return Err(Refusal::new(Code::AuthorizationDenied, message));
            }
            if !list.has_room(rules.people, now) && !list.hides(id, now) {
                return Err(list::full());
            }
            let mute = term.mute(&me.name, now);
            let told = format!("You hear nothing of {name} {}.", mute.told(now));
            set.write(SetMute {
                order: *order,
                told,
                what: Muted::Person(id, name),
                mute: Some(mute),
            });
            Ok(())
        })();
        answers.write_batch(done.err().map(|refusal| Answer::refusal(*order, refusal)));
    }
    for UnmuteOne { order, who } in unmutes.read() {
        let muted = lists
            .get(order.actor)
            .ok()
            .map(|(list, _)| list.meant(who, now));
        let refusal = match muted {
            Some(Ok((id, name))) => {
                set.write(SetMute {
                    order: *order,
                    told: format!("You hear {name} again."),
                    what: Muted::Person(id, name.to_owned()),
                    mute: None,
                });
                continue;
            }
            Some(Err(missed)) => missed.refusal(format!("You have muted nobody called \"{who}\".")),
            None => Refusal::of(Code::InternalError),
        };
        answers.write(Answer::refusal(*order, refusal));
    }
}

/// Whoever is meant by a name: a whole one here or on another node, else the beginning of one
/// here. Answers entity, id, name, and whether they keep the world.
fn heard_of(
    who: &str,
    people: &People<'_, '_>,
    afar: &Afar,
) -> Result<(Option<Entity>, StableId, String, bool), Refusal> {
    let here = match (people.called(who), afar.find(who)) {
        (Err(_), Some(one)) => return Ok((None, one.id, one.name.clone(), one.admin)),
        (Err(_), None) => people.known(who),
        (here, _) => here,
    };
    here.map(|(entity, face)| (entity, face.id, face.name, face.role == Role::Admin))
}

/// Lists a character's mutes.
pub(super) fn list(
    mut asked: MessageReader<ListMutes>,
    lists: Query<(&StableId, &Mutes)>,
    silences: Res<Silences>,
    clock: Res<Clock>,
    mut answers: MessageWriter<Answer>,
) {
    let now = clock.wall();
    for ListMutes { order } in asked.read() {
        let Ok((id, list)) = lists.get(order.actor) else {
            continue;
        };
        let mut lines = Vec::new();
        if let Some(silence) = silences.of(*id, now) {
            lines.push(format!("You may not speak {}.", silence.mute.told(now)));
        }
        for (name, told) in list.people(now) {
            lines.push(format!("{name} {told}"));
        }
        for (channel, told) in list.channels(now) {
            lines.push(format!("the channel {} {told}", channel.word()));
        }
        let text = if lines.is_empty() {
            "You have muted nobody and no channel.".to_owned()
        } else {
            format!("Muted:\n  {}", lines.join("\n  "))
        };
        answers.write(Answer::with(*order, text));
    }
}

/// Silences people for everybody, and lets them speak again.
pub(super) fn mute_global(
    mut mutes: MessageReader<MuteGlobal>,
    mut unmutes: MessageReader<UnmuteGlobal>,
    silences: Res<Silences>,
    people: People<'_, '_>,
    rules: Res<Rules>,
    clock: Res<Clock>,
    afar: Res<Afar>,
    mut posts: MessageWriter<Post>,
    mut audit: Audit<'_, '_>,
    mut set: MessageWriter<SetSilence>,
    mut answers: MessageWriter<Answer>,
) {
    let now = clock.wall();
    for MuteGlobal { order, who, term } in mutes.read() {
        if who.is_empty() {
            answers.write(Answer::with(*order, listed(&silences, now)));
            continue;
        }
        if let Err(refusal) = rules.allow(term) {
            answers.write(Answer::refusal(*order, refusal));
            continue;
        }
        let who = people.named_by(order.actor, who);
        let done = meant(&people, &afar, &who).and_then(|(id, name, admin)| {
            if admin {
                let message = format!("{name} keeps the world, and can't be silenced.");
                return Err(Refusal::new(Code::AuthorizationDenied, message));
            }
            afar.room_for_sanction()?;
            let by = audit.name(*order);
            let mute = term.mute(&by, now);
            let told = format!("{name} is silenced {}.", mute.told(now));
            audit.record(*order, "mute_global", Some((id, &name)), &mute.told(now));
            if afar.is_open() {
                let (act, target) = (SanctionAct::Mute, (Some(id), name.as_str()));
                let by = (*order, by.as_str());
                posts.write(Post::sanction(act, by, target, term.reason(), mute.until));
            }
            set.write(SetSilence {
                target: id,
                name,
                mute: Some(mute),
            });
            Ok(told)
        });
        answers.write(answered(*order, done));
    }
    for UnmuteGlobal { order, who } in unmutes.read() {
        if let Err(busy) = afar.room_for_sanction() {
            answers.write(Answer::refusal(*order, busy));
            continue;
        }
        answers.write(match silences.named(who, now) {
            Some(silence) => {
                let of = (silence.target, silence.name.as_str());
                audit.record(*order, "unmute_global", Some(of), "");
                if afar.is_open() {
                    let (act, target) = (SanctionAct::Unmute, (Some(of.0), of.1));
                    let by = audit.name(*order);
                    posts.write(Post::sanction(act, (*order, &by), target, "", None));
                }
                set.write(SetSilence {
                    target: silence.target,
                    name: silence.name.clone(),
                    mute: None,
                });
                Answer::with(*order, format!("{} may speak again.", silence.name))
            }
            None => Answer::refused(
                *order,
                Code::ResourceNotFound,
                format!("Nobody called \"{who}\" is silenced."),
            ),
        });
    }
}

/// Who may not speak, for admins to read.
fn listed(silences: &Silences, now: WorldTime) -> String {
    let mut lines: Vec<String> = silences
        .all(now)
        .map(|one| format!("{} {} (by {})", one.name, one.mute.told(now), one.mute.by))
        .collect();
    if lines.is_empty() {
        return "Everybody may speak.".to_owned();
    }
    lines.sort_unstable();
    format!("Silenced:\n  {}", lines.join("\n  "))
}

/// The id and name of whoever is meant, and whether they are an admin: somebody of this node
/// first, else somebody awake on another one.
///
/// # Errors
/// Nobody is meant, or it is not clear who.
fn meant(
    people: &People<'_, '_>,
    afar: &Afar,
    who: &str,
) -> Result<(StableId, String, bool), Refusal> {
    let here = people
        .called(who)
        .map(|(_, face)| (face.id, face.name, face.role == Role::Admin));
    match (here, afar.find(who)) {
        (Err(refusal), Some(one)) if refusal.code == Code::ResourceNotFound => {
            Ok((one.id, one.name.clone(), one.admin))
        }
        (here, _) => here,
    }
}

fn answered(order: Order, done: Result<String, Refusal>) -> Answer {
    match done {
        Ok(told) => Answer::with(order, told),
        Err(refusal) => Answer::refusal(order, refusal),
    }
}
