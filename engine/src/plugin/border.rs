//! The border of a plugin around what others call of it in the middle of their own work: an
//! observer, or a closure that it has registered with another plugin.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bevy_ecs::resource::Resource;

use super::Registrar;
use crate::fault;
use crate::meter::Beacon;

/// Which plugins are left out just now. For whoever calls what is another's, and for observers: no
/// schedule holds either back.
#[derive(Resource, Debug, Default)]
pub struct LeftOut(pub(crate) Vec<bool>);

impl LeftOut {
    /// Whether the plugin behind this border is left out.
    #[must_use]
    pub fn is_behind(&self, border: &Border) -> bool {
        self.has(border.plugin)
    }

    pub(super) fn has(&self, plugin: usize) -> bool {
        self.0.get(plugin).copied().unwrap_or(false)
    }
}

/// A plugin's border. What is called across it has its faults counted where they belong.
#[derive(Clone, Debug)]
pub struct Border {
    plugin: usize,
    beacon: Beacon,
}

impl Registrar<'_> {
    /// The border of this plugin, for what it registers with others to be called by them.
    #[must_use]
    pub fn border(&self) -> Border {
        Border {
            plugin: self.plugin,
            beacon: self.register.beacon.clone(),
        }
    }
}

impl Border {
    pub(super) const fn of(plugin: usize, beacon: Beacon) -> Self {
        Self { plugin, beacon }
    }

    /// Calls what belongs to this plugin. A panic in it is this plugin's fault, under the name `of`;
    /// the caller goes on with `None`.
    pub fn call<T>(&self, of: &str, work: impl FnOnce() -> T) -> Option<T> {
        let outer = fault::running();
        let shown = self.beacon.instead(self.plugin);
        fault::enter(self.plugin);
        let ended = catch_unwind(AssertUnwindSafe(work));
        fault::resume(outer);
        self.beacon.back(shown);
        match ended {
            Ok(value) => Some(value),
            Err(payload) => {
                self.blame(of, fault::panic_words(payload.as_ref()));
                None
            }
        }
    }

    pub(super) fn blame(&self, of: &str, what: String) {
        fault::note_of(self.plugin, of.to_owned(), what);
    }
}
