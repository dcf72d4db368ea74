//! What `world.toml` says of the world as a whole: its name, and how it shows itself.

use bevy_ecs::resource::Resource;
use engine::content::{At, Reading};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The largest icon, in bytes: it is loaded with every first visit.
const ICON_BYTES_MAX: usize = 64 * 1024;

/// What a world is called and how it greets.
#[derive(Resource, Debug, Clone, Default, PartialEq, Eq)]
pub struct WorldHeader {
    /// The world's name, shown on arrival.
    pub name: String,
    /// A few lines shown on arrival.
    pub motd: String,
    /// How the world shows itself to those who are not in it yet.
    pub branding: Branding,
    /// Plugins that this world does without, by name.
    pub plugins_off: Vec<String>,
}

/// What stands on the page before anybody has come in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Branding {
    /// What the world is, in a sentence; may be empty.
    pub tagline: String,
    /// The color of buttons and headings, as red, green and blue.
    pub accent: Option<[u8; 3]>,
    /// The icon, an SVG document.
    pub icon: Option<String>,
}

/// `world.toml`.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WorldKeys {
    /// the world's name
    #[schemars(length(min = 1, max = 100))]
    pub(super) name: String,
    /// the message of the day: a few lines shown on arrival
    #[schemars(length(max = 2000))]
    pub(super) motd: String,
    /// where newcomers arrive, and those whom the world has spat out
    #[schemars(extend("x-bounds" = "the id of a room"))]
    pub(super) default_room: String,
    /// where the dead wake; else in `default_room`
    #[schemars(extend("x-bounds" = "the id of a room"))]
    pub(super) respawn_room: Option<String>,
    /// where the dead wait; without it they stay where they fell
    #[schemars(extend("x-bounds" = "the id of a room"))]
    pub(super) limbo_room: Option<String>,
    /// a sentence below the name on the page, also for search engines and link previews
    #[schemars(length(max = 160))]
    pub(super) tagline: Option<String>,
    /// the color of buttons, headings and marks; where it could not be read on light or on dark paper, it is made darker or lighter there
    #[schemars(extend("x-bounds" = "a color like `\"#d2ac62\"`", "x-usual" = "the client's brass"))]
    pub(super) accent: Option<String>,
    /// the page's icon
    #[schemars(extend("x-bounds" = "the path of an `.svg` file in the world's folder, at most 65536 bytes", "x-usual" = "the client's own"))]
    pub(super) icon: Option<String>,
    #[serde(default)]
    plugins: PluginsKeys,
}

/// `[plugins]` in `world.toml`.
#[derive(Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PluginsKeys {
    /// plugins that this world does without: none of their verbs and events is there, and what was saved of them stays
    #[schemars(extend("x-bounds" = "names of plugins; the log names all at the start"))]
    off: Vec<String>,
}

/// What the others stand on.
const CORE: [&str; 5] = ["command", "faces", "place", "presence", "sheet"];

impl PluginsKeys {
    fn check(&self, plugins: &[&str], at: &At<'_>) {
        for (index, name) in self.off.iter().enumerate() {
            let at = at.key("off").item(index);
            if CORE.contains(&name.as_str()) {
                at.problem(format!("`{name}` can't be off: all others stand on it"));
            } else if !plugins.contains(&name.as_str()) {
                at.problem(format!("there is no plugin `{name}`"));
            }
        }
    }
}

impl WorldKeys {
    /// What the keys say; the reading has the icon.
    pub(super) fn header(&self, reading: &Reading<'_>, at: &At<'_>) -> WorldHeader {
        let accent = self.accent.as_ref().and_then(|accent| {
            let color = color(accent);
            let message = format!("`accent` is `{accent}`, not like `#d2ac62`");
            at.key("accent").unless(color.is_some(), message);
            color
        });
        let icon = self.icon.as_ref().and_then(|icon| {
            let fits = |text: &str| text.contains("<svg") && text.len() <= ICON_BYTES_MAX;
            let message = match reading.source(icon) {
                Some(source) if fits(&source.text) => return Some(source.text.clone()),
                Some(_) => {
                    format!("`icon` is `{icon}`, not an SVG of at most {ICON_BYTES_MAX} bytes")
                }
                None => format!("`icon` is `{icon}`, no .svg file of this folder"),
            };
            at.key("icon").problem(message);
            None
        });
        self.plugins.check(reading.plugins(), &at.key("plugins"));
        WorldHeader {
            plugins_off: self.plugins.off.clone(),
            name: self.name.clone(),
            motd: self.motd.clone(),
            branding: Branding {
                tagline: self.tagline.clone().unwrap_or_default(),
                accent,
                icon,
            },
        }
    }
}

/// A color as web pages write it: `#d2ac62`.
fn color(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#')?;
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    Some([red, green, blue])
}

#[cfg(test)]
mod tests {
    use engine::content::{ContentTypes, Source};

    use super::*;
    use crate::world::Geography;

    const ICON: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";

    fn read(text: &str) -> Result<Branding, Vec<String>> {
        let source = |path: &str, text: &str| Source {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let large = format!("<svg>{}</svg>", " ".repeat(ICON_BYTES_MAX));
        let needed = "name = \"Rain\"\nmotd = \"\"\ndefault_room = \"here\"\n";
        let sources = [
            source("world.toml", &format!("{text}{needed}")),
            source(
                "environments.toml",
                "[environments.outdoors]\nsummary = \"\"\n",
            ),
            source(
                "zones/a/zone.toml",
                "id = \"a\"\nplane = \"earth\"\nname = \"A\"\n",
            ),
            source(
                "zones/a/b.toml",
                "id = \"b\"\nname = \"B\"\n[[rooms]]\nid = \"here\"\nname = \"Here\"\ndescription = \"A room of the test.\"\n",
            ),
            source("moon.svg", ICON),
            source("large.svg", &large),
        ];
        let types = ContentTypes::of(|reg: &mut engine::Registrar<'_>| {
            reg.reads(Geography);
        });
        match types.load(&sources) {
            Ok(content) => Ok(content.get::<WorldHeader>().unwrap().branding.clone()),
            Err(problems) => Err(problems.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn branding_is_read_as_written() {
        let text = "tagline = \"Rain.\"\naccent = \"#0aF010\"\nicon = \"moon.svg\"\n";
        let expected = Branding {
            tagline: "Rain.".to_owned(),
            accent: Some([0x0a, 0xf0, 0x10]),
            icon: Some(ICON.to_owned()),
        };
        assert_eq!(read(text), Ok(expected));
        assert_eq!(read(""), Ok(Branding::default()));
    }

    #[test]
    fn branding_mistake_is_named_with_line() {
        let long = format!("\ntagline = \"{}\"\n", "x".repeat(161));
        for (text, message) in [
            (
                long.as_str(),
                "world.toml:2: `tagline` has 161 characters, not 0 to 160",
            ),
            ("accent = \"red\"\n", "world.toml:1: `accent` is `red`"),
            ("accent = \"#12345\"\n", "world.toml:1: `accent`"),
            ("accent = \"#+12345\"\n", "world.toml:1: `accent`"),
            (
                "\nicon = \"sun.svg\"\n",
                "world.toml:2: `icon` is `sun.svg`, no",
            ),
            (
                "icon = \"large.svg\"\n",
                "world.toml:1: `icon` is `large.svg`, not",
            ),
            ("icon = \"world.toml\"\n", "world.toml:1: `icon`"),
        ] {
            let problems = read(text).unwrap_err();
            assert!(
                problems.len() == 1 && problems[0].starts_with(message),
                "{problems:?}"
            );
        }
    }
}
