//! The border of an observer: it runs in the middle of other plugins' work, and what goes wrong in
//! it is its own plugin's.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Adapt, AdapterSystem, Res, RunSystemError, System, SystemIn, SystemInput};

use crate::fault;
use crate::meter::Beacon;

/// Which plugins are left out just now, for observers, which no schedule holds back.
#[derive(Resource, Default)]
pub(crate) struct LeftOut(pub(crate) Vec<bool>);

pub(super) fn is_not_left_out(
    plugin: usize,
) -> impl Fn(Res<LeftOut>) -> bool + Send + Sync + 'static {
    move |out: Res<LeftOut>| !out.0.get(plugin).copied().unwrap_or(false)
}

pub(super) struct Contained {
    plugin: usize,
    name: String,
    beacon: Beacon,
}

impl Contained {
    pub(super) const fn of(plugin: usize, name: String, beacon: Beacon) -> Self {
        Self {
            plugin,
            name,
            beacon,
        }
    }
}

pub(super) fn contained<S: System<Out = ()>>(
    fence: Contained,
    system: S,
) -> AdapterSystem<Contained, S> {
    let name = system.name();
    AdapterSystem::new(fence, system, name)
}

impl<S: System<Out = ()>> Adapt<S> for Contained {
    type In = S::In;
    type Out = ();

    fn adapt(
        &mut self,
        input: <Self::In as SystemInput>::Inner<'_>,
        run_system: impl FnOnce(SystemIn<'_, S>) -> Result<(), RunSystemError>,
    ) -> Result<(), RunSystemError> {
        let outer = fault::running();
        let shown = self.beacon.instead(self.plugin);
        fault::enter(self.plugin);
        let ended = catch_unwind(AssertUnwindSafe(|| run_system(input)));
        fault::resume(outer);
        self.beacon.back(shown);
        let what = match ended {
            Ok(Err(RunSystemError::Failed(error))) => error.to_string().trim_end().to_owned(),
            Ok(other) => return other,
            Err(payload) => fault::panic_words(payload.as_ref()),
        };
        fault::note_of(self.plugin, self.name.clone(), what);
        Ok(())
    }
}
