//! Plugins that a world does without.

use super::Registrar;

/// What is gone with a plugin that is off. Its components, messages, resources and rules are there
/// all the same, so that others need not know; but nothing runs, and nobody writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PluginOff {
    /// Types of event that clients never get.
    pub events: Vec<&'static str>,
    /// Words that players can't use.
    pub verbs: Vec<&'static str>,
}

impl Registrar<'_> {
    /// Turns off plugins that are added from now on, by name.
    pub fn turn_off<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) -> &mut Self {
        let names = names.into_iter().map(str::to_owned);
        let off = names.map(|name| (name, PluginOff::default()));
        self.register.off.extend(off);
        self
    }

    /// Whether this plugin is off: whatever it registers that would run does not.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.register.off.contains_key(self.plugin_name())
    }

    /// Says of a plugin that is off that players miss these words.
    pub(super) fn without_verb(&mut self, words: &[&'static str]) -> &mut Self {
        let name = self.plugin_name();
        if let Some(off) = self.register.off.get_mut(name) {
            off.verbs.extend(words);
        }
        self
    }
}
