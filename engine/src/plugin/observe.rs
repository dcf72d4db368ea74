//! The border of an observer: it runs in the middle of other plugins' work, and what goes wrong in
//! it is its own plugin's.

use bevy_ecs::system::{Adapt, AdapterSystem, Res, RunSystemError, System, SystemIn, SystemInput};

use super::border::{Border, LeftOut};
use crate::meter::Beacon;

pub(super) fn is_not_left_out(
    plugin: usize,
) -> impl Fn(Res<LeftOut>) -> bool + Send + Sync + 'static {
    move |out: Res<LeftOut>| !out.has(plugin)
}

pub(super) struct Contained {
    border: Border,
    name: String,
}

impl Contained {
    pub(super) const fn of(plugin: usize, name: String, beacon: Beacon) -> Self {
        Self {
            border: Border::of(plugin, beacon),
            name,
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
        match self.border.call(&self.name, || run_system(input)) {
            Some(Err(RunSystemError::Failed(error))) => {
                let what = error.to_string().trim_end().to_owned();
                self.border.blame(&self.name, what);
                Ok(())
            }
            Some(other) => other,
            None => Ok(()),
        }
    }
}
