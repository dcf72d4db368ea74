//! Presence: who is in the world, who came and went, whose connection is lost, and how long it is
//! waited for.

mod afk;
mod links;
mod notes;
mod roster;
mod say;
mod verbs;

pub use afk::Afk;
pub use notes::System;
pub use roster::Roster;
pub use say::Say;

use engine::prelude::*;

use crate::command::verb;
use crate::describe;

/// What presence needs to know.
#[derive(Resource, Clone, Debug)]
pub struct PresenceSettings {
    /// How long a character stays in the world after its connection was lost.
    pub linkdead_grace: Duration,
    /// How long a connection is away before those around are told.
    pub link_notice: Duration,
}

impl Default for PresenceSettings {
    fn default() -> Self {
        Self {
            linkdead_grace: Duration::from_secs(30),
            link_notice: Duration::from_secs(5),
        }
    }
}

/// The presence plugin.
pub fn plugin(settings: PresenceSettings) -> impl Plugin {
    PresencePlugin { settings }
}

struct PresencePlugin {
    settings: PresenceSettings,
}

impl Plugin for PresencePlugin {
    fn name(&self) -> &'static str {
        "presence"
    }

    fn build(&self, reg: &mut Registrar<'_>) {
        reg.after("place", "a room is shown before who comes and goes in it");
        reg.resource(self.settings.clone())
            .resource(Roster::default())
            .resource(links::Away::default())
            .transient::<Roster>("roster")
            .transient::<links::Away>("away")
            .transient::<Afk>("afk")
            .recover(roster::recount)
            .every(Duration::from_secs(1), give_up)
            .note::<notes::System>()
            .note::<notes::CameOrWent>()
            .command_result::<verbs::Awake>()
            .command_result::<crate::place::Page>()
            .system(Phase::Settle, roster::keep)
            .system(Phase::Emit, notes::tell)
            .message::<links::LinkTold>()
            .message::<Say>()
            .system(Phase::Simulate, links::watch)
            .system(Phase::Emit, links::tell)
            .system(Phase::Emit, say::tell);
        verb::<verbs::Who>(reg);
        verb::<verbs::Quit>(reg);
        verb::<afk::AfkVerb>(reg);
        verb::<verbs::Password>(reg);
        reg.system(Phase::Simulate, verbs::who).system(
            Phase::Simulate,
            (verbs::quit, verbs::password, afk::follow).chain(),
        );
        describe::mark::<Afk>(reg, 90, |_| Some("away from the keyboard".to_owned()));
    }
}

/// Lets those go whose connection stayed away too long.
fn give_up(
    away: Query<(&StableId, Entity, &Linkdead)>,
    clock: Res<Clock>,
    settings: Res<PresenceSettings>,
    mut dismiss: MessageWriter<Dismiss>,
) {
    let gone = away
        .iter()
        .filter(|(_, _, linkdead)| clock.now.since(linkdead.since) >= settings.linkdead_grace);
    let mut gone: Vec<(StableId, Entity)> = gone.map(|(id, actor, _)| (*id, actor)).collect();
    // In no order of memory: it would be heard.
    gone.sort_unstable();
    let why = Leaving::LinkDead;
    let told = None;
    dismiss.write_batch(gone.into_iter().map(|(_, actor)| Dismiss {
        actor,
        why,
        told: told.clone(),
    }));
}
