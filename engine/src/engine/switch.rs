//! Plugins that are left out and taken back, by their faults or by whoever runs the server.

use std::time::Duration;

use bevy_ecs::message::{Message, Messages};
use bevy_ecs::resource::Resource;

use super::Engine;
use crate::PluginOrder;
use crate::clock::Clock;
use crate::health::HELD_UP;
use crate::phase::Phase;
use crate::plugin::LeftOut;
use crate::port::WorldTime;

/// How every plugin stands, in their order; for those who show it.
#[derive(Resource, Clone, Debug, Default)]
pub struct PluginStates(pub Vec<PluginState>);

/// How a plugin stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PluginState {
    /// Its name.
    pub name: &'static str,
    /// Faults of the last minute, before it was left out or since it came back.
    pub faults: usize,
    /// It is left out.
    pub pause: Option<PluginPause>,
}

/// For how long a plugin is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PluginPause {
    /// Until then.
    Until(WorldTime),
    /// Until somebody turns it on.
    UntilTurnedOn,
}

impl PluginPause {
    fn of(until: Option<WorldTime>) -> Option<Self> {
        Some(match until? {
            WorldTime(u64::MAX) => Self::UntilTurnedOn,
            until => Self::Until(until),
        })
    }
}

/// Leave a plugin out from the next tick on, or take it back. What does not exist is ignored.
#[derive(Message, Clone, Debug)]
pub struct SwitchPlugin {
    /// Its name.
    pub name: String,
    /// Taken back.
    pub on: bool,
}

/// A plugin is left out, or back. Said at the beginning of the tick that follows.
#[derive(Message, Clone, Debug)]
pub struct PluginNews {
    /// Its name.
    pub name: &'static str,
    /// How many faults led to it.
    pub faults: usize,
    /// `None`: it is back.
    pub pause: Option<PluginPause>,
    /// How long it is left out, in whole seconds.
    pub lasts: Option<Duration>,
}

impl Engine {
    pub(super) fn count_fault(&mut self, index: usize) {
        let now = self.world.resource::<Clock>().now;
        if self.health[index].blame(now) {
            let plugin = self.register.plugins[index].name;
            let health = &self.health[index];
            let seconds = health.until.map_or(0, |until| until.since(now).as_secs());
            tracing::warn!(plugin, faults = health.faults(), seconds, "plugin left out");
            self.show_left_out();
        }
    }

    /// A tick begins: those come back whose time is over.
    pub(super) fn take_back(&mut self, now: WorldTime) {
        let mut back = false;
        for (health, plugin) in self.health.iter_mut().zip(&self.register.plugins) {
            if health.begin(now) {
                tracing::info!(plugin = plugin.name, "plugin is back");
                back = true;
            }
        }
        if back {
            self.show_left_out();
        }
    }

    /// What was measured outside counts like what goes wrong inside. None of this tick has passed
    /// without the plugin, so only what comes too often leaves it out.
    pub(super) fn obey(&mut self, orders: Vec<PluginOrder>) {
        for order in orders {
            let Some(index) = self.called(order.plugin()) else {
                tracing::warn!("order about no plugin");
                continue;
            };
            let what = match order {
                PluginOrder::HeldUp { .. } => {
                    format!("holds up the world for {} ms", HELD_UP.as_millis())
                }
                PluginOrder::OverTime { micros, .. } => {
                    format!("took {} ms of a tick", micros / 1_000)
                }
                PluginOrder::Off { .. } => {
                    self.turn(index, false);
                    continue;
                }
                PluginOrder::On { .. } => {
                    self.turn(index, true);
                    continue;
                }
            };
            self.report(index, Phase::Ingest, String::new(), what);
            self.count_fault(index);
        }
    }

    /// Does what was asked for in the world.
    pub(super) fn switch(&mut self) {
        let mut asked = self.world.resource_mut::<Messages<SwitchPlugin>>();
        let asked: Vec<SwitchPlugin> = asked.drain().collect();
        for SwitchPlugin { name, on } in asked {
            if let Some(index) = self.called(&name) {
                self.turn(index, on);
            }
        }
    }

    fn turn(&mut self, index: usize, on: bool) {
        let now = self.world.resource::<Clock>().now;
        let plugin = self.register.plugins[index].name;
        let health = &mut self.health[index];
        if on {
            health.turn_on(now);
            tracing::info!(plugin, "plugin turned on");
        } else {
            health.turn_off();
            tracing::warn!(plugin, "plugin turned off");
        }
        self.show_left_out();
    }

    fn called(&self, name: &str) -> Option<usize> {
        let mut plugins = self.register.plugins.iter();
        plugins.position(|one| one.name == name)
    }

    /// Says in the world who is left out and who is back since this was last said.
    pub(super) fn tell_news(&mut self) {
        let now = self.world.resource::<Clock>().now;
        for (health, plugin) in self.health.iter_mut().zip(&self.register.plugins) {
            if health.news().is_none() {
                continue;
            }
            let pause = PluginPause::of(health.until);
            let lasts = match pause {
                Some(PluginPause::Until(until)) => {
                    let millis = until.since(now).as_millis() as u64;
                    Some(Duration::from_secs(millis.div_ceil(1_000)))
                }
                _ => None,
            };
            self.world.write_message(PluginNews {
                name: plugin.name,
                faults: health.faults(),
                pause,
                lasts,
            });
        }
    }

    /// Observers ask there, because no schedule holds them back; and whoever shows it.
    pub(super) fn show_left_out(&mut self) {
        let out = self.quarantined().collect();
        self.world.insert_resource(LeftOut(out));
        let states = self.health.iter().zip(&self.register.plugins);
        let states = states.map(|(health, plugin)| PluginState {
            name: plugin.name,
            faults: health.faults(),
            pause: PluginPause::of(health.until),
        });
        let states = PluginStates(states.collect());
        self.world.insert_resource(states);
    }
}
