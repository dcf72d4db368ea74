//! Who may be here: `eject`, `ban`, `unban`.
//!
//! That an account is banned, or an admin's, is known by the account store, which is told by an
//! order in the chronicle ([`AccountOrder`]): durable with its tick, and carried out when the
//! database has it. Until then the world itself turns away whom it has banned, and the gateway lets
//! their tokens do nothing. Times are the wall clock's, as the store and other nodes read it.

use engine::SetBan;
use engine::port::{AccountAct, AccountOrder, Banned, SanctionAct};
use engine::prelude::*;

use super::barred::{Bar, Barred, send_all_away, send_away};
use crate::audit::Audit;
use crate::bus::{Afar, Post};
use crate::command::{Needs, Usage, Verb, Words};
use crate::faces::{Face, People};
use crate::mute::{Rules, Term};

macro_rules! sanction {
    ($(#[$doc:meta])* $name:ident, $($word:literal)|+, $usage:literal, $help:literal, $lasts:literal, $facts:literal) => {
        $(#[$doc])*
        #[derive(Message, Debug)]
        pub(super) struct $name {
            pub(super) order: Order,
            pub(super) who: String,
            pub(super) term: Term,
        }

        impl Verb for $name {
            const WORDS: &'static [&'static str] = &[$($word),+];
            const USAGE: &'static str = $usage;
            const HELP: &'static str = $help;
            const NEEDS: Needs = Needs::NOTHING;
            const LASTS: bool = $lasts;
            const FACTS: u32 = $facts;
            const ADMIN: bool = true;

            fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
                match words.first() {
                    ("", _) => Err(Usage::Show),
                    (who, rest) => Ok(Self {
                        order,
                        who: who.to_owned(),
                        term: if $usage.contains("[minutes]") {
                            Term::read(rest.rest())?
                        } else {
                            Term::because(rest.rest())
                        },
                    }),
                }
            }
        }
    };
}
pub(super) use sanction;

sanction!(
    /// `eject Bob shouting`, and for admins `kick`. Works also while nothing can be saved: peace must be kept then, too.
    Eject, "eject" | "kick", "eject <name> [reason]", "Ends somebody's session. They can sign in again. \"kick\" is an admin's word for it, too; to others it is a blow.", false, 0
);
sanction!(
    /// `ban Bob 60 shouting`
    Ban, "ban", "ban <name> [minutes] [reason]", "Keeps the account that owns a character out, for so many minutes (or 30m, 1h30m, 2d) or until unban, and ends its sessions.", true, 2
);
sanction!(
    /// `unban Bob`
    Unban, "unban", "unban <name> [reason]", "Lets the account that owns a character sign in again.", true, 2
);
pub(super) fn answered(order: Order, done: Result<String, Refusal>) -> Answer {
    match done {
        Ok(told) => Answer::with(order, told),
        Err(refusal) => Answer::refusal(order, refusal),
    }
}

/// Ends sessions.
pub(super) fn eject(
    mut asked: MessageReader<Eject>,
    people: People<'_, '_>,
    rules: Res<Rules>,
    mut audit: Audit<'_, '_>,
    mut dismiss: MessageWriter<Dismiss>,
    mut answers: MessageWriter<Answer>,
) {
    for Eject { order, who, term } in asked.read() {
        let done = people
            .awake_called(&people.named_by(order.actor, who))
            .and_then(|(target, face)| {
                rules.allow(term)?;
                subject(*order, Some(target), &face)?;
                audit.record(*order, "kick", Some((face.id, &face.name)), term.reason());
                send_away(target, &farewell(term.reason()), &mut dismiss);
                Ok(format!("{} is sent away.", face.name))
            });
        answers.write(answered(*order, done));
    }
}

/// What those are told who are sent away.
pub(super) fn farewell(reason: &str) -> String {
    let why = if reason.is_empty() { "" } else { ": " };
    format!("A keeper sends you away{why}{reason}")
}

/// Whether an admin may do such a thing to them.
fn subject(order: Order, target: Option<Entity>, face: &Face) -> Result<(), Refusal> {
    if target == Some(order.actor) {
        return Err(Refusal::new(Code::InvalidInput, "Not to yourself."));
    }
    no_keeper(face)
}

/// Whether such a thing may be done to them by anybody.
pub(super) fn no_keeper(face: &Face) -> Result<(), Refusal> {
    if face.role == Role::Admin {
        let message = format!("{} is a keeper, too.", face.name);
        return Err(Refusal::new(Code::AuthorizationDenied, message));
    }
    Ok(())
}

/// Keeps accounts out, and lets them in again.
pub(super) fn ban(
    mut bans: MessageReader<Ban>,
    mut unbans: MessageReader<Unban>,
    people: People<'_, '_>,
    awake: Query<(Entity, &Character), With<Online>>,
    rules: Res<Rules>,
    clock: Res<Clock>,
    afar: Res<Afar>,
    mut posts: MessageWriter<Post>,
    mut barred: ResMut<Barred>,
    mut audit: Audit<'_, '_>,
    mut set: MessageWriter<SetBan>,
    mut dismiss: MessageWriter<Dismiss>,
    mut answers: MessageWriter<Answer>,
) {
    let now = clock.wall();
    for Ban { order, who, term } in bans.read() {
        let who = &*people.named_by(order.actor, who);
        let known = people.called(who).ok();
        if let Some((target, face)) = &known
            && let Err(refusal) = subject(*order, *target, face)
        {
            answers.write(Answer::refusal(*order, refusal));
            continue;
        }
        if let Err(refusal) = rules.allow(term).and_then(|()| afar.room_for_sanction()) {
            answers.write(Answer::refusal(*order, refusal));
            continue;
        }
        let until = term.until(now);
        let span = crate::hearing::given(until, term.reason(), now);
        let face = known.as_ref().map(|(_, face)| face);
        audit.order(
            *order,
            "ban",
            (face, who),
            &span,
            AccountAct::Ban {
                until,
                reason: term.reason().to_owned(),
            },
        );
        if afar.is_open() {
            let by = awake.get(order.actor).map_or("", |(_, one)| &one.name);
            let target = elsewhere(face, who, &afar);
            let act = SanctionAct::Ban;
            let post = Post::sanction(act, (*order, by), target, term.reason(), until);
            posts.write(post.of_account(face.map(|face| face.account)));
        }
        let told = format!("You are banned {span}");
        if let Some(face) = face {
            // Whom the store still lets in would be turned away, but for those here it is now.
            send_all_away(&[face.account], &awake, &told, &mut dismiss);
            let account = face.account;
            let reason = term.reason().to_owned();
            let ban = Some(Banned {
                account,
                until,
                reason,
            });
            set.write(SetBan { account, ban });
        }
        barred.add(Bar {
            account: face.map(|face| face.account),
            character: None,
            name: Some(who.to_lowercase()),
            until,
            told,
        });
        let text = match face {
            Some(face) => format!("The account of {} is banned {span}", face.name),
            None => format!(
                "Nobody called \"{who}\" has been seen in this world.{} If there is one, the account is banned {span}",
                people.hint(who),
            ),
        };
        answers.write(Answer::with(*order, text));
    }
    for Unban { order, who, term } in unbans.read() {
        if let Err(refusal) = rules.allow(term).and_then(|()| afar.room_for_sanction()) {
            answers.write(Answer::refusal(*order, refusal));
            continue;
        }
        let known = people.called(who).ok().map(|(_, face)| face);
        let account = known.as_ref().map(|face| face.account);
        barred.lift(account, known.as_ref().map(|face| face.id), Some(who));
        set.write_batch(account.map(|account| SetBan { account, ban: None }));
        audit.order(
            *order,
            "unban",
            (known.as_ref(), who),
            term.reason(),
            AccountAct::Unban,
        );
        if afar.is_open() {
            let by = awake.get(order.actor).map_or("", |(_, one)| &one.name);
            let target = elsewhere(known.as_ref(), who, &afar);
            let act = SanctionAct::Unban;
            let post = Post::sanction(act, (*order, by), target, term.reason(), None);
            posts.write(post.of_account(account));
        }
        let text = format!("Whoever owns {who} can sign in again.");
        answers.write(Answer::with(*order, text));
    }
}

/// Whom other nodes are told of: whoever was seen here or is awake there, else only the name.
fn elsewhere<'a>(
    face: Option<&'a Face>,
    who: &'a str,
    afar: &'a Afar,
) -> (Option<StableId>, &'a str) {
    let known = face.map(|face| (face.id, face.name.as_str()));
    let known = known.or_else(|| afar.find(who).map(|one| (one.id, one.name.as_str())));
    known.map_or((None, who), |(id, name)| (Some(id), name))
}

impl Audit<'_, '_> {
    /// Records an order about an account, and gives it: two facts.
    pub(super) fn order(
        &mut self,
        order: Order,
        verb: &'static str,
        (face, who): (Option<&Face>, &str),
        detail: &str,
        act: AccountAct,
    ) {
        let name = face.map_or(who, |face| &face.name);
        let id = face.map(|face| face.id);
        let subject = id.unwrap_or_else(|| StableId::named(&format!("character {name}")));
        self.record(order, verb, Some((subject, name)), detail);
        let order = AccountOrder {
            character: id,
            name: name.to_owned(),
            by: self.name(order),
            act,
        };
        self.give(&order);
    }
}
