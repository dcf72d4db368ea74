//! Texts with names, and mistakes with places.

use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;

/// One file of a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path within the world's folder, with `/`: `zones/arkhamcity/northside.toml`.
    pub path: String,
    /// What it says.
    pub text: String,
}

impl Source {
    /// Reads the text as TOML; a mistake becomes a problem with its line.
    pub fn read<T: DeserializeOwned>(&self, problems: &mut Vec<Problem>) -> Option<T> {
        match toml::from_str(&self.text) {
            Ok(value) => Some(value),
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                problems.push(self.problem(&span, error.message()));
                None
            }
        }
    }

    /// A problem at a byte range of this file.
    #[must_use]
    pub fn problem(&self, span: &Range<usize>, message: impl Into<String>) -> Problem {
        Problem {
            file: self.path.clone(),
            line: line_of(&self.text, span.start),
            message: message.into(),
        }
    }
}

/// A mistake in a world's files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, as [`Source::path`].
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, naming the thing.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
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
