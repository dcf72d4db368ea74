//! Fights: rounds, blows, hatred, flight, and what is earned by them.
//!
//! Reads `rules/combat.toml`. Owns who fights whom ([`Brawls`](crate::fight::Brawls)), which ends with
//! the process, and of players how much they want to read of fights and when they struck last. Points
//! are `body`'s: each blow is one message to it. **Invariant:** one fight in a room, everybody in it is
//! there; nobody acts twice in a round, or when they are down; no player is harmed by a player.

mod arena;
mod join;
mod notes;
mod prefers;
mod rounds;
mod rules;
mod strike;
mod tell;
mod verbs;

pub use rules::CombatRules;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::afflictions::{Afflict, Ailing, ConditionChange};
use crate::body::{VitalsCause, VitalsChanged};
use crate::command::{gate, verb};
use crate::fight::{Attack, BlowStruck, Brawls, Engaged, Provoke, RunAway};

/// The combat plugin. Runs after `creatures`, `effects` and `conditions`, and before `body`.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("creatures", "a creature that has died has died by then");
    reg.rules::<CombatRules>("combat")
        .persist::<Prefers>("combat_prefers")
        .character::<Prefers>()
        .persist::<Swung>("swung")
        .character::<Swung>()
        .transient::<Aided>("aided")
        .character::<Aided>()
        .transient::<Engaged>("engaged")
        .resource(Brawls::default())
        .transient::<Brawls>("brawls")
        .carried(|brawls: &mut Brawls, to| brawls.carry(&to.map()))
        .emit_resource(tell::RoundTold::default())
        .transient::<tell::RoundTold>("round_told")
        .message::<Attack>()
        .message::<RunAway>()
        .message::<Provoke>()
        .fact::<BlowStruck>()
        .message::<tell::FightNews>()
        .note::<notes::CombatStarted>()
        .note::<notes::CombatEnded>()
        .note::<notes::Attacked>()
        .note::<notes::NpcDied>()
        .note::<notes::TargetSwitch>()
        .note::<notes::CombatRound>();
    verb::<verbs::AttackVerb>(reg);
    verb::<verbs::FleeVerb>(reg);
    verb::<verbs::TauntVerb>(reg);
    verb::<verbs::ConsiderVerb>(reg);
    verb::<verbs::AidVerb>(reg);
    verb::<verbs::DefendVerb>(reg);
    verb::<prefers::CombatVerb>(reg);
    verb::<prefers::Wimpy>(reg);
    gate::<Engaged>(reg, |_, verb| {
        let busy = ["go", "rest", "quit"].contains(&verb.words[0].as_ref());
        busy.then(|| {
            Refusal::new(
                Code::GameLogicError,
                "Not in the middle of a fight. Type \"flee\" to run.",
            )
        })
    });
    reg.system(
        Phase::Simulate,
        (verbs::obey, prefers::prefer, rounds::rounds).chain(),
    )
    .system(
        Phase::Settle,
        (join::engage, join::provoke, join::part, mend, ward).chain(),
    )
    .system(Phase::Emit, (tell::resume, tell::tell).chain());
}

/// How much somebody is told of fights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FightDetail {
    /// Every blow.
    Full,
    /// What concerns them, and who falls.
    #[default]
    Brief,
    /// One line a round.
    Summary,
}

impl FightDetail {
    fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Full, Self::Brief, Self::Summary];
        all.into_iter().find(|one| one.word() == word)
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Brief => "brief",
            Self::Summary => "summary",
        }
    }
}

/// How somebody wants fights.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
struct Prefers {
    detail: FightDetail,
    /// With fewer percent of their points they run by themselves.
    wimpy: u8,
}

impl Prefers {
    const fn wimpy(self) -> u8 {
        self.wimpy
    }
}

/// When somebody struck last outside of their turn. Saved: leaving and coming back gains nothing.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
struct Swung(WorldTime);

/// When somebody's wounds were seen to last. Transient.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Aided(WorldTime);

/// Lets those be weak for a while who come back from the dead.
fn mend(mut changed: MessageReader<VitalsChanged>, mut conditions: MessageWriter<ConditionChange>) {
    for one in changed
        .read()
        .filter(|one| one.cause == VitalsCause::RESPAWN)
    {
        let weak = Afflict::with(one.body, "weakened", "respawn");
        conditions.write(ConditionChange::Afflict(weak));
    }
}

/// Keeps those from being chosen for a moment who have just come into the world.
fn ward(
    mut arrived: MessageReader<Arrived>,
    ailing: Ailing<'_, '_>,
    mut conditions: MessageWriter<ConditionChange>,
) {
    for one in arrived.read().filter(|one| one.how != Arrives::Returned) {
        if !ailing.has(one.actor, "login_warded") {
            let ward = Afflict::with(one.actor, "login_warded", "arrival");
            conditions.write(ConditionChange::Afflict(ward));
        }
    }
}
