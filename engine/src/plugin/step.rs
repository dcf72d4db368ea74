//! What a plugin registers, as the engine runs it.

use std::time::Duration;

use bevy_ecs::prelude::IntoScheduleConfigs;
use bevy_ecs::schedule::{
    LogLevel, Schedule, ScheduleBuildSettings, ScheduleLabel, SingleThreadedExecutor,
};
use bevy_ecs::system::ScheduleSystem;

use crate::fault;

#[derive(ScheduleLabel, Debug, Clone, PartialEq, Eq, Hash)]
struct Unit;

/// One call of `system`, `every` or `recover`: a small schedule.
pub(crate) struct Step {
    pub(crate) schedule: Schedule,
    /// `None`: runs every tick.
    pub(crate) period: Option<Duration>,
    /// What its systems are asked to be given, by the names of types.
    pub(crate) parameters: &'static str,
    /// One of its systems gives commands.
    pub(crate) commands: bool,
    /// One of its systems destroys entities.
    pub(crate) destroys: bool,
    /// Runs only after a tick that the plugin has missed.
    pub(crate) recovers: bool,
}

impl Step {
    pub(crate) fn of<M>(systems: impl IntoScheduleConfigs<ScheduleSystem, M>) -> Self {
        let mut schedule = Schedule::new(Unit);
        schedule.set_executor(SingleThreadedExecutor::new());
        schedule.set_build_settings(ScheduleBuildSettings {
            ambiguity_detection: LogLevel::Error,
            ..Default::default()
        });
        schedule.add_systems(systems.distributive_run_if(fault::sound));
        Self {
            schedule,
            parameters: std::any::type_name::<M>(),
            period: None,
            // Known when the schedule is built, which the guard does.
            commands: true,
            destroys: false,
            recovers: false,
        }
    }

    /// The systems of this step that may have given commands, where one of them did something by
    /// `Commands` that it may not: bevy does not say which.
    pub(crate) fn commanding(&self) -> String {
        let names = self.schedule.systems().into_iter().flatten();
        let names = names.filter(|(_, system)| system.has_deferred());
        let names: Vec<String> = names.map(|(_, one)| one.name().to_string()).collect();
        names.join(", ")
    }
}
