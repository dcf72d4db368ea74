//! What the gateway knows of the world: how it shows itself, and who is welcome.

use std::fmt;

/// How a world shows itself to those who are not in it yet.
pub struct WorldInfo {
    /// Its name.
    pub name: String,
    /// What it is, in a sentence; may be empty.
    pub tagline: String,
    /// The color of buttons and headings, as red, green and blue.
    pub accent: Option<[u8; 3]>,
    /// Its icon, an SVG document; without one, the client's own.
    pub icon: Option<String>,
    /// Whether guests may play.
    pub guests: bool,
    /// What time it is there, in a sentence; asked whenever somebody looks.
    pub time: Box<dyn Fn() -> String + Send + Sync>,
    /// How large it is: names of MSSP (`ROOMS`, `AREAS`) with their counts; asked by crawlers.
    pub size: Box<dyn Fn() -> Vec<(&'static str, String)> + Send + Sync>,
}

impl WorldInfo {
    /// Its name, and below it what it is.
    pub(crate) fn title(&self) -> String {
        match self.tagline.as_str() {
            "" => self.name.clone(),
            tagline => format!("{}\n{tagline}", self.name),
        }
    }
}

impl fmt::Debug for WorldInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorldInfo")
            .field("name", &self.name)
            .field("guests", &self.guests)
            .finish_non_exhaustive()
    }
}
