//! What is wrong with a configuration, and where it was set.

use std::fmt;
use std::path::PathBuf;

/// Where a key was set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SettingOrigin {
    /// Nowhere: it has its default.
    Default,
    /// In a file, at a line and column, both counted from 1; 0 where the file is meant as a whole.
    File(PathBuf, usize, usize),
    /// By an environment variable.
    Variable(String),
    /// By a flag.
    Flag(&'static str),
}

impl fmt::Display for SettingOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("by default"),
            Self::File(path, 0, _) => write!(f, "in {}", path.display()),
            Self::File(path, line, column) => write!(f, "in {}:{line}:{column}", path.display()),
            Self::Variable(name) => write!(f, "by the environment variable {name}"),
            Self::Flag(name) => write!(f, "by the flag {name}"),
        }
    }
}

/// A mistake of configuration. It never shows a value, which might be a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigFault {
    /// Where it was made.
    pub origin: SettingOrigin,
    /// The key; empty where the file as a whole is meant.
    pub key: String,
    /// What is wrong.
    pub reason: String,
    /// There is no such key.
    pub unknown: bool,
}

impl ConfigFault {
    /// A value that makes no sense, wherever it was set.
    pub(crate) fn of(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            origin: SettingOrigin::Default,
            key: key.into(),
            reason: reason.into(),
            unknown: false,
        }
    }

    pub(super) fn at(self, origin: SettingOrigin) -> Self {
        Self { origin, ..self }
    }

    /// As `kadath check` says it: `file:line:column: message`. What was set in no file stands at
    /// `configuration:0`.
    #[must_use]
    pub fn placed(&self) -> String {
        match &self.origin {
            SettingOrigin::File(path, 0, _) => format!("{}:0: {}", path.display(), self.words("")),
            SettingOrigin::File(path, line, column) => {
                format!("{}:{line}:{column}: {}", path.display(), self.words(""))
            }
            _ => format!("configuration:0: {self}"),
        }
    }

    fn words(&self, place: &str) -> String {
        let Self { key, reason, .. } = self;
        match (self.unknown, key.is_empty()) {
            (true, _) if reason.is_empty() => format!("unknown configuration key {key}{place}"),
            (true, _) => format!("unknown configuration key {key}{place}; {reason}"),
            (false, true) if place.is_empty() => reason.clone(),
            (false, true) => format!("configuration{place}: {reason}"),
            (false, false) => format!("configuration key {key}{place}: {reason}"),
        }
    }
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match &self.origin {
            SettingOrigin::Default => String::new(),
            origin => format!(", set {origin}"),
        };
        f.write_str(&self.words(&place))
    }
}

impl std::error::Error for ConfigFault {}

/// Every mistake of a configuration, none twice, in the order of their places.
#[derive(Debug)]
pub struct ConfigFaults {
    /// The mistakes; at least one.
    pub faults: Vec<ConfigFault>,
    /// Whether what could be read asks for a log in JSON.
    pub json: bool,
    /// The world's folder, where that could be read.
    pub world: Option<PathBuf>,
}

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<String> = self.faults.iter().map(ToString::to_string).collect();
        f.write_str(&faults.join("; "))
    }
}

impl std::error::Error for ConfigFaults {}
