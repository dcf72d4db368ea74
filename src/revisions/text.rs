//! Revisions in words: what differs, who did what when.

use std::collections::{BTreeMap, BTreeSet};

use engine::content::{Source, digest};
use engine::port::WorldTime;
use storage::PublishedRevision;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::acts::Undone;

/// The longest message and the longest name of an author, in characters; as in the world.
const WORDS_MAX: usize = 200;
/// The most lines of one file that are told to differ.
const LINES_MAX: usize = 200;

/// What somebody says of a revision, fit for a line of the history; too much is refused.
pub(super) fn words(what: &str, text: &str) -> Result<String, Undone> {
    if text.chars().count() > WORDS_MAX {
        let most = format!("{what} has at most {WORDS_MAX} characters; nothing was published");
        return Err(Undone::refused(most));
    }
    Ok(text.replace(char::is_control, " ").trim().to_owned())
}

/// A revision on a line.
pub(super) fn line(one: &PublishedRevision) -> String {
    let mut line = format!("{}  {}  {}", one.number, when(one.at), one.author);
    if let Some(earlier) = one.reverts {
        line.push_str(&format!("  reverts to {earlier}"));
    }
    if !one.message.is_empty() {
        line.push_str(&format!("  {}", one.message));
    }
    line
}

/// A moment, RFC 3339.
fn when(at: WorldTime) -> String {
    let seconds = i64::try_from(at.0 / 1_000_000).unwrap_or_default();
    let when = OffsetDateTime::from_unix_timestamp(seconds).ok();
    when.and_then(|when| when.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// The files in which one content differs from another in what counts.
pub(super) fn differing(was: &[Source], now: &[Source]) -> BTreeSet<String> {
    let by_path = |all: &[Source]| -> BTreeMap<String, String> {
        let all = all.iter();
        all.map(|one| (one.path.clone(), digest(std::slice::from_ref(one))))
            .collect()
    };
    let (was, now) = (by_path(was), by_path(now));
    let paths = was.keys().chain(now.keys());
    paths
        .filter(|path| was.get(*path) != now.get(*path))
        .cloned()
        .collect()
}

/// How one content differs from another, by file; empty: in nothing that counts.
pub(super) fn difference(was: &[Source], now: &[Source]) -> String {
    let by_path = |all: &[Source]| -> BTreeMap<String, Source> {
        let all = all.iter();
        all.map(|one| (one.path.clone(), one.clone())).collect()
    };
    let (was, now) = (by_path(was), by_path(now));
    let mut told = Vec::new();
    for (path, before) in &was {
        match now.get(path) {
            None => told.push(format!("removed {path}")),
            Some(after) => {
                let same = |one: &Source| digest(std::slice::from_ref(one));
                if same(before) != same(after) {
                    told.push(format!("changed {path}"));
                    told.push(lines(&before.text, &after.text));
                }
            }
        }
    }
    for path in now.keys().filter(|path| !was.contains_key(*path)) {
        told.push(format!("added {path}"));
    }
    told.join("\n")
}

/// What stands between the lines that both begin with and those that both end with.
fn lines(was: &str, now: &str) -> String {
    let (was, now): (Vec<&str>, Vec<&str>) = (was.lines().collect(), now.lines().collect());
    let alike = was.iter().zip(&now).take_while(|(was, now)| was == now);
    let begin = alike.count();
    let rest = was.len().min(now.len()) - begin;
    let (was_back, now_back) = (was.iter().rev(), now.iter().rev());
    let alike = was_back.zip(now_back).take(rest);
    let end = alike.take_while(|(was, now)| was == now).count();
    let mut told = vec![format!("  line {}", begin + 1)];
    let gone = was[begin..was.len() - end]
        .iter()
        .map(|line| format!("  - {line}"));
    let came = now[begin..now.len() - end]
        .iter()
        .map(|line| format!("  + {line}"));
    let more = gone.len().saturating_sub(LINES_MAX) + came.len().saturating_sub(LINES_MAX);
    told.extend(gone.take(LINES_MAX));
    told.extend(came.take(LINES_MAX));
    if more > 0 {
        told.push(format!("  … ({more} more lines)"));
    }
    told.join("\n")
}

/// What is written of a room, wherever it is.
pub(super) fn room(sources: &[Source], id: &str) -> Option<toml::Value> {
    let zones = sources.iter().filter(|one| one.path.ends_with(".toml"));
    for source in zones.filter(|one| one.text.contains(id)) {
        let table = source.text.parse::<toml::Table>().ok();
        let rooms = table
            .as_ref()
            .and_then(|table| table.get("rooms")?.as_array());
        let found = rooms.into_iter().flatten().find(|room| {
            let its = room.get("id").and_then(toml::Value::as_str);
            its == Some(id)
        });
        if let Some(found) = found {
            return Some(found.clone());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        let (path, text) = (path.to_owned(), text.to_owned());
        Source { path, text }
    }

    #[test]
    fn difference_names_files_and_changed_lines() {
        let was = [
            source("a.toml", "x = 1\ny = 2\nz = 3\n"),
            source("b.toml", ""),
        ];
        let now = [
            source("a.toml", "x = 1\ny = 4\nz = 3\n"),
            source("c.toml", ""),
        ];
        assert_eq!(
            difference(&was, &now),
            "changed a.toml\n  line 2\n  - y = 2\n  + y = 4\nremoved b.toml\nadded c.toml"
        );
        let spelt = [
            source("a.toml", "z = 3\n# a word\ny = 2\nx = 1\n"),
            source("b.toml", ""),
        ];
        assert_eq!(difference(&was, &spelt), "");
        let paths: Vec<String> = differing(&was, &now).into_iter().collect();
        assert_eq!(paths, ["a.toml", "b.toml", "c.toml"]);
        assert!(differing(&was, &spelt).is_empty());
    }

    #[test]
    fn long_difference_says_how_much_is_left_out() {
        let lines = |count: usize, word: &str| {
            let lines = (0..count).map(|at| format!("{word}{at} = 1\n"));
            [source("a.toml", &lines.collect::<String>())]
        };
        let (was, now) = (lines(LINES_MAX + 3, "x"), lines(LINES_MAX + 4, "y"));
        let told = difference(&was, &now);
        assert!(told.ends_with("\n  … (7 more lines)"), "{told}");
        let whole = difference(&lines(LINES_MAX, "x"), &lines(LINES_MAX, "y"));
        assert!(!whole.contains('…'), "{whole}");
    }

    #[test]
    fn words_of_authors_stay_on_one_line() {
        assert_eq!(
            words("a", "x\n9  bob\u{7}").ok().as_deref(),
            Some("x 9  bob")
        );
        assert!(words("a", &"ü".repeat(WORDS_MAX)).is_ok());
        assert!(words("a", &"x".repeat(WORDS_MAX + 1)).is_err());
    }
}
