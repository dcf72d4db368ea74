//! In which order the plugins of the game stand, and why.

use engine::stage::SavedRows;

use crate::town::{Town, clock};

#[test]
fn plugin_order_is_declared_with_reasons() {
    let town = Town::of(&[("here", "indoors")]);
    let nothing = |_: &mut engine::Registrar<'_>| {};
    let mut stage = town.stage_with(nothing, SavedRows::new(), clock(12, 0));
    let plugins = stage.engine().plugins();
    let at = |name: &str| plugins.iter().position(|one| *one == name).unwrap();
    let order: Vec<_> = stage.engine().order().collect();
    for (plugin, after, why) in &order {
        let told = format!("{plugin} after {after}: {why}");
        assert!(at(after) < at(plugin) && !why.is_empty(), "{told}");
    }
    for one in [("place", "sheet"), ("chat", "mute"), ("body", "character")] {
        assert!(
            order
                .iter()
                .any(|(plugin, after, _)| (*plugin, *after) == one)
        );
    }
}
