//! Texts with names, and mistakes with places.

use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::DeTable;

/// One file of a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path within the world's folder, with `/`: `zones/arkhamcity/northside.toml`.
    pub path: String,
    /// What it says.
    pub text: String,
}

impl Source {
    /// Reads the text as TOML; each mistake becomes a problem with its place.
    pub fn read<T: DeserializeOwned>(&self, problems: &mut Vec<Problem>) -> Option<T> {
        self.sound(toml::from_str(&self.text), problems)
    }

    /// Reads the text as a table whose values know where they stand.
    pub fn table<'a>(&'a self, problems: &mut Vec<Problem>) -> Option<Spanned<DeTable<'a>>> {
        self.sound(DeTable::parse(&self.text), problems)
    }

    fn sound<T>(&self, read: Result<T, toml::de::Error>, problems: &mut Vec<Problem>) -> Option<T> {
        let mistake = match read {
            Ok(value) => return Some(value),
            Err(mistake) => mistake,
        };
        let mut told = broken_lines(&self.text);
        if told.is_empty() {
            let at = mistake.span().map_or(0, |span| span.start);
            told.push((at, mistake.message().to_owned()));
        }
        let told = told.into_iter();
        problems.extend(told.map(|(at, message)| self.problem(&(at..at), message)));
        None
    }

    /// A problem at a byte range of this file.
    #[must_use]
    pub fn problem(&self, span: &Range<usize>, message: impl Into<String>) -> Problem {
        Problem {
            file: self.path.clone(),
            line: line_of(&self.text, span.start),
            column: column_of(&self.text, span.start),
            message: message.into(),
        }
    }
}

/// A mistake in a world's files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, as [`Source::path`].
    pub file: String,
    /// The line, counted from 1; 0: the file or folder as a whole.
    pub line: usize,
    /// The column, counted from 1.
    pub column: usize,
    /// What is wrong, naming the thing.
    pub message: String,
}

impl Problem {
    /// With its column, where it has a place: `file:line:column: message`.
    #[must_use]
    pub fn placed(&self) -> String {
        let Self {
            file,
            line,
            column,
            message,
        } = self;
        match line {
            0 => self.to_string(),
            _ => format!("{file}:{line}:{column}: {message}"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// Where a text is no TOML: the first mistake of each broken line, by its byte, with what was
/// expected there. The parser gives up at some mistakes, so it reads on without their lines.
#[must_use]
pub fn broken_lines(text: &str) -> Vec<(usize, String)> {
    /// Nobody mends more before the next look.
    const LINES_MAX: usize = 20;
    let mut rest = text.as_bytes().to_vec();
    let mut found: std::collections::BTreeMap<usize, (usize, String)> =
        std::collections::BTreeMap::new();
    while found.len() < LINES_MAX {
        let (_, mistakes) =
            toml::de::DeTable::parse_recoverable(std::str::from_utf8(&rest).unwrap_or_default());
        let before = found.len();
        for mistake in mistakes {
            let at = mistake.span().map_or(0, |span| span.start).min(text.len());
            let begins = text.as_bytes()[..at]
                .iter()
                .rposition(|byte| *byte == b'\n');
            let begins = begins.map_or(0, |newline| newline + 1);
            let told = (at, mistake.message().to_owned());
            found.entry(begins).or_insert(told);
        }
        if found.len() == before {
            break;
        }
        for begins in found.keys() {
            let line = rest[*begins..].iter_mut();
            line.take_while(|byte| **byte != b'\n')
                .for_each(|byte| *byte = b' ');
        }
    }
    found.into_values().collect()
}

/// The line, counted from 1, that byte `offset` of `text` is in.
#[must_use]
pub fn line_of(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}

/// The column, counted from 1 in characters, that byte `offset` of `text` is in.
#[must_use]
pub fn column_of(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let begins = before.iter().rposition(|byte| *byte == b'\n');
    let line = String::from_utf8_lossy(&before[begins.map_or(0, |at| at + 1)..]);
    line.chars().count() + 1
}
