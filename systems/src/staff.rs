//! Staff: what those do who keep the world. Each of their orders is in the chronicle and in the
//! log, under the correlation id of the connection it came by.
//!
//! To everybody else these verbs do not exist.

mod abroad;
mod barred;
mod closing;
mod desk;
mod door;
mod herald;
mod orders;
mod paths;
mod plugins;
mod roles;
mod rules;

pub use closing::Closing;
pub use rules::Rules;

use engine::prelude::*;

use crate::command::verb;

/// The staff plugin. Runs after `place`, `presence` and `lucidity`.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("place", "what admins ask is how things stand by then")
        .after("presence", "whoever is put out has been let in before")
        .after("lucidity", "what admins ask is how things stand by then");
    reg.rules::<Rules>("staff")
        .resource(Closing::default())
        .resource(barred::Barred::default())
        .transient::<Closing>("closing")
        .transient::<barred::Barred>("barred")
        .message::<orders::Obeyed>()
        .message::<paths::Journey>()
        .message::<desk::Correction>();
    verb::<paths::Teleport>(reg);
    verb::<paths::Goto>(reg);
    verb::<desk::Admin>(reg);
    verb::<roles::AddAdmin>(reg);
    verb::<roles::Revoke>(reg);
    verb::<door::Eject>(reg);
    verb::<door::Ban>(reg);
    verb::<door::Unban>(reg);
    verb::<closing::Shutdown>(reg);
    verb::<orders::GiveOrder>(reg);
    verb::<herald::Herald>(reg);
    verb::<plugins::PluginVerb>(reg);
    reg.system(
        Phase::Ingest,
        (barred::turn_away, roles::follow, roles::own_up).chain(),
    )
    .system(Phase::Simulate, paths::travel)
    .system(Phase::Simulate, desk::work)
    .system(Phase::Simulate, (plugins::turn, plugins::tell).chain())
    .system(
        Phase::Simulate,
        (door::eject, door::ban, roles::add_admin, roles::revoke).chain(),
    )
    .system(
        Phase::Simulate,
        (closing::decide, closing::count_down).chain(),
    )
    .system(Phase::Simulate, (orders::give, herald::send).chain())
    .system(
        Phase::Settle,
        (
            abroad::shut_out,
            orders::obey,
            herald::tell,
            paths::arrive,
            desk::confirm,
        )
            .chain(),
    )
    .system(Phase::Emit, orders::report);
}
