//! How a world shows itself to those who are not in it yet: read from `world.toml`.

use serde::Deserialize;
use toml::Spanned;

use super::source::{Problem, Source};

/// The longest tagline, in characters: what still fits on a phone in four lines.
const TAGLINE_CHARS_MAX: usize = 160;
/// The largest icon, in bytes: it is loaded with every first visit.
const ICON_BYTES_MAX: usize = 64 * 1024;

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

/// The keys of `world.toml` that say it.
#[derive(Deserialize, Default)]
pub(super) struct BrandingKeys {
    pub(super) tagline: Option<Spanned<String>>,
    pub(super) accent: Option<Spanned<String>>,
    pub(super) icon: Option<Spanned<String>>,
}

impl BrandingKeys {
    /// Checks the keys; `sources` has the icon.
    pub(super) fn read(
        self,
        source: &Source,
        sources: &[Source],
        problems: &mut Vec<Problem>,
    ) -> Branding {
        let mut wrong = |at: &Spanned<String>, message: String| {
            problems.push(source.problem(&at.span(), message));
        };
        if let Some(tagline) = &self.tagline
            && tagline.as_ref().chars().count() > TAGLINE_CHARS_MAX
        {
            let message = format!("`tagline` has more than {TAGLINE_CHARS_MAX} characters");
            wrong(tagline, message);
        }
        let accent = self.accent.as_ref().and_then(|accent| {
            let color = color(accent.as_ref());
            if color.is_none() {
                let message = format!("`accent` is `{}`, not like `#d2ac62`", accent.as_ref());
                wrong(accent, message);
            }
            color
        });
        let icon = self.icon.as_ref().and_then(|icon| {
            let found = sources.iter().find(|source| source.path == *icon.as_ref());
            let fits = |text: &str| text.contains("<svg") && text.len() <= ICON_BYTES_MAX;
            match found.map(|source| &source.text) {
                Some(text) if fits(text) => Some(text.clone()),
                Some(_) => {
                    let message = format!(
                        "`icon` is `{}`, not an SVG of at most {ICON_BYTES_MAX} bytes",
                        icon.as_ref()
                    );
                    wrong(icon, message);
                    None
                }
                None => {
                    let message =
                        format!("`icon` is `{}`, no .svg file of this folder", icon.as_ref());
                    wrong(icon, message);
                    None
                }
            }
        });
        Branding {
            tagline: self.tagline.map(Spanned::into_inner).unwrap_or_default(),
            accent,
            icon,
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
    use super::*;

    const ICON: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";

    fn read(text: &str) -> (Branding, Vec<String>) {
        let source = |path: &str, text: &str| Source {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let large = format!("<svg>{}</svg>", " ".repeat(ICON_BYTES_MAX));
        let sources = [
            source("world.toml", text),
            source("moon.svg", ICON),
            source("large.svg", &large),
        ];
        let mut problems = Vec::new();
        let keys: BrandingKeys = sources[0].read(&mut problems).unwrap_or_default();
        let branding = keys.read(&sources[0], &sources, &mut problems);
        (branding, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn branding_is_read_as_written() {
        let text = "tagline = \"Rain.\"\naccent = \"#0aF010\"\nicon = \"moon.svg\"\n";
        let expected = Branding {
            tagline: "Rain.".to_owned(),
            accent: Some([0x0a, 0xf0, 0x10]),
            icon: Some(ICON.to_owned()),
        };
        assert_eq!(read(text), (expected, Vec::new()));
        assert_eq!(read(""), (Branding::default(), Vec::new()));
    }

    #[test]
    fn branding_mistakes_are_told_with_their_line() {
        let long = format!("\ntagline = \"{}\"\n", "x".repeat(TAGLINE_CHARS_MAX + 1));
        for (text, message) in [
            (long.as_str(), "world.toml:2: `tagline` has more than"),
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
            let (_, problems) = read(text);
            assert!(
                problems.len() == 1 && problems[0].starts_with(message),
                "{problems:?}"
            );
        }
    }
}
