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
pub use source::{Problem, Source, broken_lines, column_of, line_of};
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

/// The files beside rules and zones.
const FILES: [&str; 3] = ["calendar.toml", "environments.toml", "world.toml"];

/// Reads and checks a world.
///
/// # Errors
/// Every mistake that was found, sorted by file and line.
pub fn load(sources: &[Source]) -> Result<WorldData, Vec<Problem>> {
    let mut problems = Vec::new();
    let data = read(sources, true, &mut problems);
    problems.sort();
    problems.dedup();
    match data {
        Some(data) if problems.is_empty() => Ok(data),
        _ => Err(problems),
    }
}

/// What is wrong with those files of a world that could be read, when some could not: nothing that
/// one of the others might set right.
#[must_use]
pub fn mistakes(sources: &[Source]) -> Vec<Problem> {
    let mut problems = Vec::new();
    read(sources, false, &mut problems);
    problems.sort();
    problems.dedup();
    problems
}

fn read(sources: &[Source], whole: bool, problems: &mut Vec<Problem>) -> Option<WorldData> {
    unread(sources, problems);
    let mut parsed = Vec::new();
    let draft = parse::parse(sources, &mut parsed);
    // Whatever refers to a file that can't be read would seem to dangle.
    let draft = draft.filter(|_| whole && parsed.is_empty());
    problems.extend(parsed);
    let characters = character::Rules::load(sources, problems);
    let body = body::Rules::load(sources, problems);
    let observances = calendar::Observances::load(sources, problems);
    let chat = chat::Rules::load(sources, problems);
    let aliases = AliasRules::load(sources, problems);
    let mutes = mute::Rules::load(sources, problems);
    let staff = staff::Rules::load(sources, problems);
    let emotes = Emotes::load(sources, problems);
    let draft = draft?;
    check::check(&draft, problems);
    let (name, motd) = (draft.name.clone(), draft.motd.clone());
    let branding = draft.branding.clone();
    let atlas = draft.finish();
    Some(WorldData {
        name,
        motd,
        branding,
        lucidity: lucidity::Rules::load(sources, &atlas, problems),
        atlas,
        characters,
        body,
        observances,
        chat,
        aliases,
        mutes,
        staff,
        emotes,
    })
}

/// Names the files that nobody reads: misspelt, they would have no effect and nobody would be told.
fn unread(sources: &[Source], problems: &mut Vec<Problem>) {
    for source in sources {
        let path = source.path.as_str();
        let message = match path.strip_prefix("rules/") {
            Some(name) => {
                let known = name.strip_suffix(".toml");
                if known.is_some_and(|name| RULES.contains(&name)) {
                    continue;
                }
                format!("no such file; in rules/ there are {}", RULES.join(", "))
            }
            None if path.starts_with("zones/") || FILES.contains(&path) => continue,
            // An icon that `world.toml` does not name harms nobody.
            None if path.ends_with(".svg") => continue,
            None => format!(
                "this file is read by nobody; there are {}, rules/ and zones/",
                FILES.join(", ")
            ),
        };
        problems.push(source.problem(&(0..0), message));
    }
}
