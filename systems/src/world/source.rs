//! Texts with names, and mistakes with places.

use std::fmt;
use std::ops::{Range, RangeInclusive};

use serde::de::DeserializeOwned;
use toml::Spanned;

/// One file of a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path within the world's folder, with `/`: `zones/arkhamcity/northside.toml`.
    pub path: String,
    /// What it says.
    pub text: String,
}

impl Source {
    /// The file of that path among all, with what it says; `None` where there is none, or where it
    /// can't be read, which is a problem then.
    pub(crate) fn find<'a, T: DeserializeOwned>(
        sources: &'a [Self],
        path: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<(&'a Self, T)> {
        let source = sources.iter().find(|source| source.path == path)?;
        Some((source, source.read(problems)?))
    }

    /// What `load` makes of a world of one file, and the problems that it tells.
    #[cfg(test)]
    pub(crate) fn alone<T>(
        path: &str,
        text: &str,
        load: impl FnOnce(&[Self], &mut Vec<Problem>) -> T,
    ) -> (T, Vec<String>) {
        let source = Self {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let mut problems = Vec::new();
        let made = load(&[source], &mut problems);
        (made, problems.iter().map(ToString::to_string).collect())
    }

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

    /// Takes over a number that was written, or says by its key that it is not within bounds. What
    /// was not written stays as it is.
    pub(crate) fn take<T: PartialOrd + fmt::Display>(
        &self,
        key: &str,
        written: Option<Spanned<T>>,
        bounds: RangeInclusive<T>,
        into: &mut T,
        problems: &mut Vec<Problem>,
    ) {
        let Some(written) = written else { return };
        if !bounds.contains(written.as_ref()) {
            let (number, from, to) = (written.as_ref(), bounds.start(), bounds.end());
            let message = format!("`{key}` is {number}, not within {from} to {to}");
            problems.push(self.problem(&written.span(), message));
        }
        *into = written.into_inner();
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
