//! Who is an admin: `add_admin`, `revoke`, and what the account store says of it.
//!
//! A role that is given or taken away holds from the end of its tick, in every session and for whoever
//! signs in before the store knows. Nodes that share a database are told at once; for all others the
//! world hears of it when it asks the store.

use engine::port::{
    AccountAct, AccountId, AccountOrder, Content, NodeOrder, OrderAct, Topic, Unheeded,
};
use engine::prelude::*;
use engine::{Excluded, OrderUnheeded, RoleChanged, SetBan};

use super::barred::{Barred, send_away};
use super::door::{answered, sanction};
use super::orders::HOLDS;
use crate::audit::Audit;
use crate::bus::{Afar, Post};
use crate::command::{Needs, Usage, Verb, Words};
use crate::faces::{Face, People};
use crate::mute::{Rules, Term};
use crate::presence::{Roster, Say};

sanction!(
    /// `add_admin Bob`
    AddAdmin, "add_admin", "add_admin <name> [reason]", "Makes somebody who is awake a keeper of the world, until revoke.", true, 2
);
sanction!(
    /// `revoke Bob`
    Revoke, "revoke" | "remove_admin", "revoke <name> [reason]", "Takes the rights of a keeper from the account that owns a character, at once and wherever it plays.", true, 2
);

/// What a role that comes or goes is told with.
const NOW: &str = "You are a keeper of this world now. \"help\" tells what that means.";
const DESIGNS: &str = "You are a designer of this world now. \"help world\" tells what that means.";
pub(super) const NO_MORE: &str = "You are no keeper of this world any more.";

/// Makes admins.
pub(super) fn add_admin(
    mut asked: MessageReader<AddAdmin>,
    people: People<'_, '_>,
    guests: Query<&Character>,
    rules: Res<Rules>,
    mut audit: Audit<'_, '_>,
    mut grants: MessageWriter<Grant>,
    mut tell: MessageWriter<Say>,
    mut answers: MessageWriter<Answer>,
) {
    for AddAdmin { order, who, term } in asked.read() {
        let done = people
            .awake_called(&people.named_by(order.actor, who))
            .and_then(|(target, face)| {
                rules.allow(term)?;
                if face.role == Role::Admin {
                    let message = format!("{} is a keeper already.", face.name);
                    return Err(Refusal::new(Code::ResourceConflict, message));
                }
                if guests.get(target).is_ok_and(|character| character.guest) {
                    let message = format!("{} is a guest; a keeper needs an account.", face.name);
                    return Err(Refusal::new(Code::GameLogicError, message));
                }
                let (account, role) = (face.account, Role::Admin);
                let act = AccountAct::Grant { role };
                audit.order(*order, "add_admin", (Some(&face), who), term.reason(), act);
                grants.write(Grant { account, role });
                let (to, text) = (Some(target), NOW.to_owned());
                tell.write(Say { to, text });
                Ok(format!("{} is a keeper of the world now.", face.name))
            });
        answers.write(answered(*order, done));
    }
}

/// Takes an admin's rights away.
pub(super) fn revoke(
    mut asked: MessageReader<Revoke>,
    people: People<'_, '_>,
    awake: Awake<'_, '_>,
    (rules, clock): (Res<Rules>, Res<Clock>),
    afar: Res<Afar>,
    mut audit: Audit<'_, '_>,
    mut grants: MessageWriter<Grant>,
    mut posts: MessageWriter<Post>,
    mut tell: MessageWriter<Say>,
    mut answers: MessageWriter<Answer>,
) {
    for Revoke { order, who, term } in asked.read() {
        let who = &*people.named_by(order.actor, who);
        let done = rules.allow(term).and_then(|()| {
            afar.room_for_sanction()?;
            let known = people.called(who).ok();
            if let Some((target, _)) = &known
                && *target == Some(order.actor)
            {
                return Err(Refusal::new(Code::InvalidInput, "Not to yourself."));
            }
            let face = known.map(|(_, face)| face);
            let role = Role::Player;
            let act = AccountAct::Grant { role };
            audit.order(*order, "revoke", (face.as_ref(), who), term.reason(), act);
            let Some(face) = face else {
                let hint = people.hint(who);
                return Ok(format!(
                    "Nobody called \"{who}\" has been seen in this world.{hint} If there is one, the account is no keeper's any more."
                ));
            };
            let account = face.account;
            grants.write(Grant { account, role });
            awake.tell(account, &mut tell);
            let by = audit.name(*order);
            for node in afar.nodes() {
                posts.write(elsewhere(*order, node, &face, &by, clock.wall()));
            }
            Ok(format!("{} is no keeper of the world any more.", face.name))
        });
        answers.write(answered(*order, done));
    }
}

/// The same for another node, on which the account may play another character.
fn elsewhere(order: Order, node: &str, face: &Face, by: &str, now: WorldTime) -> Post {
    let act = OrderAct::Revoke {
        character_id: face.id,
        name: face.name.clone(),
        account_id: face.account,
    };
    Post {
        topic: Topic::Order(node.into()),
        content: Content::Order(NodeOrder {
            by: by.to_owned(),
            act,
            until: now.plus(HOLDS),
        }),
        correlation: order.correlation,
    }
}

/// The characters of an account that are played.
#[derive(SystemParam)]
pub(super) struct Awake<'w, 's> {
    roster: Res<'w, Roster>,
    people: Query<'w, 's, &'static Character>,
}

impl Awake<'_, '_> {
    /// Tells all of them that they are no keepers any more, in the order of the roster.
    pub(super) fn tell(&self, account: AccountId, tell: &mut MessageWriter<'_, Say>) {
        for actor in self.roster.everybody() {
            let character = self.people.get(actor).ok();
            if character.is_some_and(|one| one.account == account && one.role == Role::Admin) {
                let (to, text) = (Some(actor), NO_MORE.to_owned());
                tell.write(Say { to, text });
            }
        }
    }
}

/// Tells those whose role the account store has changed, and sends those away whom it keeps out.
pub(super) fn follow(
    mut changed: MessageReader<RoleChanged>,
    mut excluded: MessageReader<Excluded>,
    people: People<'_, '_>,
    clock: Res<Clock>,
    mut audit: Audit<'_, '_>,
    mut tell: MessageWriter<Say>,
    mut dismiss: MessageWriter<Dismiss>,
) {
    for RoleChanged { actor, role } in changed.read() {
        let Some(face) = people.face(*actor) else {
            continue;
        };
        let (verb, text) = match role {
            Role::Admin => ("grant", NOW),
            Role::Designer => ("grant", DESIGNS),
            Role::Player => ("revoke", NO_MORE),
        };
        audit.heard(verb, (face.id, &face.name), "by the account store");
        let (to, text) = (Some(*actor), text.to_owned());
        tell.write(Say { to, text });
    }
    for Excluded { actor, ban } in excluded.read() {
        let Some(face) = people.face(*actor) else {
            continue;
        };
        let span = crate::hearing::told(ban.until, &ban.reason, clock.wall());
        audit.heard("ban", (face.id, &face.name), "by the account store");
        let told = format!("You are banned {span}");
        send_away(*actor, &told, &mut dismiss);
    }
}

/// Tells admins which of their orders changed nothing, and takes back what was done meanwhile.
pub(super) fn own_up(
    mut unheeded: MessageReader<OrderUnheeded>,
    people: People<'_, '_>,
    mut barred: ResMut<Barred>,
    mut audit: Audit<'_, '_>,
    mut set: MessageWriter<SetBan>,
    mut tell: MessageWriter<Say>,
) {
    for OrderUnheeded { order, why } in unheeded.read() {
        let AccountOrder {
            character,
            name,
            by,
            act,
        } = order;
        let face = people.called(name).ok().map(|(_, face)| face);
        let account = face.as_ref().map(|face| face.account);
        let what = match act {
            AccountAct::Grant { role: Role::Admin } => "a keeper's rights for",
            AccountAct::Grant {
                role: Role::Designer,
            } => "a designer's rights for",
            AccountAct::Grant { role: Role::Player } => "the end of a keeper's rights for",
            AccountAct::Ban { .. } => {
                barred.lift(account, *character, Some(name));
                set.write_batch(account.map(|account| SetBan { account, ban: None }));
                "the ban of"
            }
            AccountAct::Unban => "the end of the ban of",
        };
        let because = match why {
            Unheeded::Nobody => "there is nobody of that name",
            Unheeded::Admin => "that is a keeper, too",
            Unheeded::Older => "a later order stands",
        };
        let subject = character.unwrap_or_else(|| StableId::named(&format!("character {name}")));
        audit.heard("order unheeded", (subject, name), because);
        if let Ok((to, _)) = people.awake_called(by) {
            let text = format!("Nothing came of {what} {name}: {because}.");
            tell.write(Say { to: Some(to), text });
        }
    }
}
