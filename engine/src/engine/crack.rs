//! A plugin that breaks when a test wants it to.

use bevy_ecs::error::Result;

use super::Engine;
use crate::phase::Phase;
use crate::plugin::Step;

impl Engine {
    /// From now on a system of this plugin fails before all its others in `phase`; answers whether
    /// there is such a plugin.
    pub(crate) fn crack(&mut self, plugin: &str, phase: Phase) -> bool {
        let broken = || -> Result { Err("cracked by the test".into()) };
        self.steps(plugin, phase).is_some_and(|steps| {
            steps.insert(0, Step::of(broken));
            true
        })
    }

    /// Takes back what [`crack`](Self::crack) did.
    pub(crate) fn mend(&mut self, plugin: &str, phase: Phase) {
        if let Some(steps) = self.steps(plugin, phase) {
            steps.remove(0);
        }
    }

    fn steps(&mut self, plugin: &str, phase: Phase) -> Option<&mut Vec<Step>> {
        let mut plugins = self.register.plugins.iter_mut();
        let plugin = plugins.find(|one| one.name == plugin)?;
        Some(&mut plugin.steps[phase.index()])
    }
}
