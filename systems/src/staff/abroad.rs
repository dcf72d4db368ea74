//! Bans that keepers of other nodes have spoken: they hold here, too, and at once.

use engine::SetBan;
use engine::port::{AccountAct, AccountId, AccountOrder, Banned, Sanction, SanctionAct};
use engine::prelude::*;

use super::barred::{Bar, Barred, send_all_away};
use crate::bus::{Sanctioned, Took, target};
use crate::faces::Faces;

/// Who is known here, in memory or by sight.
#[derive(SystemParam)]
pub(super) struct Known<'w, 's> {
    index: Res<'w, Index>,
    people: Query<'w, 's, &'static Character>,
    faces: Res<'w, Faces>,
}

impl Known<'_, '_> {
    /// The accounts that a ban is about. By the ids of account and character, where the other node
    /// knew them: somebody else may have that name here.
    fn accounts(&self, sanction: &Sanction) -> Vec<AccountId> {
        let face = self.faces.find(&sanction.target_name);
        let here = match target(sanction) {
            Some(id) => {
                let loaded = self.index.get(id).and_then(|one| self.people.get(one).ok());
                let seen = face.filter(|face| face.id == id);
                let loaded = loaded.map(|one| one.account);
                loaded.or_else(|| seen.map(|face| face.account))
            }
            None => face.map(|face| face.account),
        };
        let mut accounts: Vec<AccountId> = sanction.account_id.into_iter().chain(here).collect();
        accounts.dedup();
        accounts
    }
}

/// Shuts accounts out that were banned on other nodes, and lets them in again: tells the account
/// store, ends every session there is of them, and turns away whoever comes before the store
/// knows.
pub(super) fn shut_out(
    mut sanctioned: MessageReader<Sanctioned>,
    known: Known<'_, '_>,
    there: Query<(Entity, &Character), With<Online>>,
    clock: Res<Clock>,
    mut barred: ResMut<Barred>,
    mut recorded: MessageWriter<Recorded>,
    mut set: MessageWriter<SetBan>,
    mut dismiss: MessageWriter<Dismiss>,
    mut took: MessageWriter<Took>,
) {
    for Sanctioned(sanction, ticket) in sanctioned.read() {
        let Sanction { until, reason, .. } = sanction;
        let until = *until;
        let act = match sanction.act {
            SanctionAct::Ban => AccountAct::Ban {
                until,
                reason: reason.clone(),
            },
            SanctionAct::Unban => AccountAct::Unban,
            // Whoever lets lines be heard knows of mutes.
            SanctionAct::Mute | SanctionAct::Unmute => continue,
        };
        let character = target(sanction);
        let accounts = known.accounts(sanction);
        let name = Some(sanction.target_name.to_lowercase()).filter(|_| character.is_none());
        // Where no account is known yet, it comes with the character.
        let none = accounts.is_empty().then_some(None);
        for account in accounts.iter().map(|one| Some(*one)).chain(none) {
            if sanction.act == SanctionAct::Unban {
                barred.lift(account, character, name.as_deref());
                continue;
            }
            barred.add(Bar {
                account,
                character,
                name: name.clone(),
                until,
                told: told(sanction, clock.wall()),
            });
        }
        if sanction.act == SanctionAct::Ban {
            let told = told(sanction, clock.wall());
            send_all_away(&accounts, &there, &told, &mut dismiss);
        }
        for account in &accounts {
            let ban = (sanction.act == SanctionAct::Ban).then(|| Banned {
                account: *account,
                until,
                reason: reason.clone(),
            });
            set.write(SetBan {
                account: *account,
                ban,
            });
        }
        let order = AccountOrder {
            character,
            name: sanction.target_name.clone(),
            by: sanction.by.clone(),
            act,
        };
        recorded.write(Recorded(order.fact(clock.now)));
        took.write(Took(*ticket));
    }
}

fn told(sanction: &Sanction, now: WorldTime) -> String {
    let span = crate::hearing::told(sanction.until, &sanction.reason, now);
    format!("You are banned {span}")
}
