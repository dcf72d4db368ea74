//! Whom the world itself turns away, until the account store knows that they are banned.

use std::collections::VecDeque;

use engine::port::AccountId;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

/// How many bans the world remembers itself. It need only outlive the way to the database.
const BARRED_MAX: usize = 4_096;

/// Whom the world has banned in this run, oldest first.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub(super) struct Barred(VecDeque<Bar>);

/// A ban, as far as it is known whom it is about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Bar {
    pub(super) account: Option<AccountId>,
    pub(super) character: Option<StableId>,
    /// In small letters: as it was typed here. Another node's names are not ours.
    pub(super) name: Option<String>,
    /// By the wall clock.
    pub(super) until: Option<WorldTime>,
    /// What whoever comes is told.
    pub(super) told: String,
}

impl Bar {
    fn is_for(&self, id: StableId, character: &Character) -> bool {
        if self.account.is_some() || self.character.is_some() {
            return self.account == Some(character.account) || self.character == Some(id);
        }
        let name = character.name.to_lowercase();
        self.name.as_deref() == Some(name.as_str())
    }
}

impl Barred {
    pub(super) fn add(&mut self, bar: Bar) {
        self.0.push_back(bar);
        if self.0.len() > BARRED_MAX {
            self.0.pop_front();
        }
    }

    /// Lets in again whoever is meant by any of these.
    pub(super) fn lift(
        &mut self,
        account: Option<AccountId>,
        character: Option<StableId>,
        name: Option<&str>,
    ) {
        let name = name.map(str::to_lowercase);
        self.0.retain(|bar| {
            let meant = bar.account.is_some() && bar.account == account
                || bar.character.is_some() && bar.character == character
                || bar.name.is_some() && bar.name == name;
            !meant
        });
    }
}

/// Turns away those who were banned and whom the account store did not know of yet.
pub(super) fn turn_away(
    mut newcomers: Newcomers<'_, '_>,
    people: Query<&Character>,
    barred: Res<Barred>,
    clock: Res<Clock>,
    mut dismiss: MessageWriter<Dismiss>,
) {
    for (id, actor) in newcomers.read() {
        let Ok(character) = people.get(actor) else {
            continue;
        };
        let bar = barred.0.iter().find(|bar| {
            bar.is_for(id, character) && bar.until.is_none_or(|until| clock.wall() < until)
        });
        if let Some(bar) = bar {
            send_away(actor, &bar.told, &mut dismiss);
        }
    }
}

/// Ends a session, and says why: the reason is the last word, so that it is still there to read
/// when the connection is not.
pub(super) fn send_away(actor: Entity, told: &str, dismiss: &mut MessageWriter<'_, Dismiss>) {
    dismiss.write(Dismiss {
        actor,
        why: Leaving::Kicked,
        told: Some(told.to_owned()),
    });
}

/// Ends every session of these accounts, also such as wait for a lost connection: whoever is in
/// the world is [`Online`] until they leave it.
pub(super) fn send_all_away(
    accounts: &[AccountId],
    there: &Query<'_, '_, (Entity, &Character), With<Online>>,
    told: &str,
    dismiss: &mut MessageWriter<'_, Dismiss>,
) {
    let mut theirs: Vec<(&str, Entity)> = there
        .iter()
        .filter(|(_, character)| accounts.contains(&character.account))
        .map(|(entity, character)| (character.name.as_str(), entity))
        .collect();
    theirs.sort_unstable();
    for (_, entity) in theirs {
        send_away(entity, told, dismiss);
    }
}
