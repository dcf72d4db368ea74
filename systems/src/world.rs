//! The world as data: what is read from `world/`, checked whole, before anybody walks in it.
//!
//! Reading files is the caller's work; here texts become an [`Atlas`] and rules, or a list of
//! problems, each with its file and line.

mod atlas;
mod branding;
mod chart;
mod check;
mod draft;
mod parse;
mod sight;
mod source;
mod special;

use crate::chat::Emotes;
use crate::command::AliasRules;
use crate::{body, calendar, character, chat, lucidity, mute, staff};

pub use atlas::{Atlas, Direction, Environment, Exit, Room, RoomIx, SubZone, Zone};
pub use branding::Branding;
pub use sight::{Horror, Sight};
pub use source::{Problem, Source, line_of};
pub(crate) use special::FLUX;

/// Everything that the files of a world say.
#[derive(Debug, Clone)]
pub struct WorldData {
    /// The world's name, shown on arrival.
    pub name: String,
    /// A few lines shown on arrival.
    pub motd: String,
    /// How the world shows itself to those who are not in it yet.
    pub branding: Branding,
    /// Every room.
    pub atlas: Atlas,
    /// What places and company do to the mind.
    pub lucidity: lucidity::Rules,
    /// How characters are made.
    pub characters: character::Rules,
    /// What bodies can bear.
    pub body: body::Rules,
    /// Holidays, and what is done at which hours.
    pub observances: calendar::Observances,
    /// How long lines may be, and how much of them is remembered.
    pub chat: chat::Rules,
    /// How many aliases there may be, and how long.
    pub aliases: AliasRules,
    /// How long mutes and bans may be, and how many.
    pub mutes: mute::Rules,
    /// How the world ends.
    pub staff: staff::Rules,
    /// Gestures that have a word of their own.
    pub emotes: Emotes,
}

/// The files that rules are read from.
const RULES: [&str; 9] = [
    "body",
    "characters",
    "chat",
    "commands",
    "emotes",
    "lucidity",
    "mutes",
    "professions",
    "staff",
];

/// Reads and checks a world.
///
/// # Errors
/// Every mistake that was found, sorted by file and line.
pub fn load(sources: &[Source]) -> Result<WorldData, Vec<Problem>> {
    let mut problems = Vec::new();
    let draft = parse::parse(sources, &mut problems);
    // Whatever refers to a file that can't be read would seem to dangle.
    let data = draft.filter(|_| problems.is_empty()).map(|draft| {
        check::check(&draft, &mut problems);
        let (name, motd) = (draft.name.clone(), draft.motd.clone());
        let branding = draft.branding.clone();
        let atlas = draft.finish();
        let lucidity = lucidity::Rules::load(sources, &atlas, &mut problems);
        WorldData {
            name,
            motd,
            branding,
            atlas,
            lucidity,
            characters: character::Rules::load(sources, &mut problems),
            body: body::Rules::load(sources, &mut problems),
            observances: calendar::Observances::load(sources, &mut problems),
            chat: chat::Rules::load(sources, &mut problems),
            aliases: AliasRules::load(sources, &mut problems),
            mutes: mute::Rules::load(sources, &mut problems),
            staff: staff::Rules::load(sources, &mut problems),
            emotes: Emotes::load(sources, &mut problems),
        }
    });
    for source in sources {
        // Misspelt, it would have no effect and nobody would be told.
        let name = source.path.strip_prefix("rules/");
        let known = name.and_then(|name| name.strip_suffix(".toml"));
        if name.is_some() && !known.is_some_and(|name| RULES.contains(&name)) {
            let message = format!("no such file; in rules/ there are {}", RULES.join(", "));
            problems.push(source.problem(&(0..0), message));
        }
    }
    problems.sort();
    problems.dedup();
    match data {
        Some(data) if problems.is_empty() => Ok(data),
        _ => Err(problems),
    }
}
