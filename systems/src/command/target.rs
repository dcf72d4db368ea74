//! Whom a player means by a few letters.

use std::fmt;

use engine::port::{Code, Refusal};

/// How many are named when several could be meant.
const NAMED_MAX: usize = 8;

/// Why nobody was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missed {
    /// Nobody is called so.
    Nobody {
        /// What was asked for.
        wanted: String,
    },
    /// The words could mean several; they are listed with the words that mean just one.
    Several {
        /// What was asked for.
        wanted: String,
        /// The names of the first few in the order of their ordinals, the first being 1.
        names: Vec<String>,
        /// How many more there are.
        more: usize,
    },
}

impl Missed {
    /// Nobody is called so.
    #[must_use]
    pub fn nobody(wanted: &str) -> Self {
        Self::Nobody {
            wanted: wanted.trim().to_owned(),
        }
    }

    /// As a refusal of the command, with what to say where nobody is meant.
    #[must_use]
    pub fn refusal(&self, nobody: impl Into<String>) -> Refusal {
        match self {
            Self::Nobody { .. } => Refusal::new(Code::ResourceNotFound, nobody),
            Self::Several { .. } => Refusal::new(Code::InvalidInput, self.to_string()),
        }
    }
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody { wanted } => write!(f, "There is nobody called \"{wanted}\"."),
            Self::Several {
                wanted,
                names,
                more,
            } => {
                write!(f, "Whom do you mean?")?;
                for (n, name) in (1..).zip(names) {
                    write!(f, " {wanted}-{n}: {name}.")?;
                }
                match more {
                    0 => Ok(()),
                    more => write!(f, " And {more} more."),
                }
            }
        }
    }
}

/// Whether whoever types that speaks of themselves.
#[must_use]
pub fn means_self(wanted: &str) -> bool {
    let wanted = wanted.trim();
    ["me", "self", "myself"]
        .iter()
        .any(|word| word.eq_ignore_ascii_case(wanted))
}

/// The one among `candidates` that `wanted` means, in any case: the whole name, else the only name
/// that begins so. `ann-2` and `2.ann` mean the second of those, counted in the order of
/// their ids.
///
/// # Errors
/// When nobody is meant, or more than one could be.
pub fn resolve<'a, Id: Ord, T>(
    wanted: &str,
    candidates: impl IntoIterator<Item = (Id, &'a str, T)>,
) -> Result<T, Missed> {
    let lower = wanted.trim().to_lowercase();
    let (stem, ordinal) = ordinal(&lower);
    let mut begun = Vec::new();
    for (id, name, who) in candidates {
        // A whole name wins over any reading of it as an ordinal.
        if beyond(name, &lower) == Some(0) {
            return Ok(who);
        }
        if beyond(name, stem).is_some() {
            begun.push((id, name, who));
        }
    }
    let nobody = || Missed::nobody(wanted);
    if stem.is_empty() {
        return Err(nobody());
    }
    // A whole crowd may begin alike: only those are sorted who are named.
    let first = ordinal.unwrap_or(NAMED_MAX);
    let all = begun.len();
    let by_id = |one: &(Id, _, _), other: &(Id, _, _)| one.0.cmp(&other.0);
    if first < all {
        begun.select_nth_unstable_by(first - 1, by_id);
        begun.truncate(first);
    }
    begun.sort_unstable_by(by_id);
    match ordinal {
        Some(ordinal) => begun.into_iter().nth(ordinal - 1).ok_or_else(nobody),
        None if all > 1 => Err(Missed::Several {
            wanted: stem.to_owned(),
            more: all - begun.len(),
            names: begun
                .iter()
                .map(|(_, name, _)| (*name).to_owned())
                .collect(),
        }),
        None => begun.into_iter().next().ok_or_else(nobody),
    }
    .map(|(_, _, who)| who)
}

/// How names begin that `wanted` could mean, in small letters.
pub(crate) fn stem(wanted: &str) -> String {
    ordinal(&wanted.trim().to_lowercase()).0.to_owned()
}

/// How much of a name there is beyond these small letters; `None`: it does not begin so. Asked of a
/// whole crowd for a line, so the usual name is not copied.
fn beyond(name: &str, letters: &str) -> Option<usize> {
    if !name.is_ascii() {
        return name.to_lowercase().strip_prefix(letters).map(str::len);
    }
    let (head, rest) = name.as_bytes().split_at_checked(letters.len())?;
    head.eq_ignore_ascii_case(letters.as_bytes())
        .then_some(rest.len())
}

/// `ann-2` and `2.ann` are the stem `ann` and the ordinal 2.
fn ordinal(wanted: &str) -> (&str, Option<usize>) {
    let counted = |digits: &str| digits.parse().ok().filter(|n| *n > 0);
    if let Some((stem, digits)) = wanted.rsplit_once('-')
        && let Some(n) = counted(digits)
    {
        return (stem, Some(n));
    }
    if let Some((digits, stem)) = wanted.split_once('.')
        && let Some(n) = counted(digits)
    {
        return (stem, Some(n));
    }
    (wanted, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(wanted: &str, names: &[&'static str]) -> Result<&'static str, Missed> {
        let candidates = names.iter().zip(1..).map(|(name, id)| (id, *name, *name));
        resolve(wanted, candidates)
    }

    #[test]
    fn target_is_exact_name_or_unique_prefix() {
        let names = ["Anna", "Ann", "Bob"];
        assert_eq!(find("ANN", &names), Ok("Ann"));
        assert_eq!(find("b", &names), Ok("Bob"));
        assert_eq!(
            find("an", &names).unwrap_err().to_string(),
            "Whom do you mean? an-1: Anna. an-2: Ann."
        );
        assert!(find("", &names).is_err());
        assert!(find("carla", &names).is_err());
    }

    #[test]
    fn an_ordinal_counts_those_who_could_be_meant() {
        let names = ["Anna", "Ann", "Bob"];
        assert_eq!(find("an-2", &names), Ok("Ann"));
        assert_eq!(find("1.an", &names), Ok("Anna"));
        assert!(find("an-3", &names).is_err());
        assert!(find("an-0", &names).is_err());
        assert!(find("-1", &names).is_err());
    }

    #[test]
    fn name_beyond_ascii_is_found_in_any_case() {
        let names = ["\u{c4}gir", "\u{212a}aren", "Agnes"];
        assert_eq!(find("\u{e4}g", &names), Ok("\u{c4}gir"));
        assert_eq!(find("kar", &names), Ok("\u{212a}aren"));
        assert_eq!(find("\u{c4}GIR", &names), Ok("\u{c4}gir"));
    }

    #[test]
    fn ordinal_in_a_crowd_counts_by_id() {
        let names: Vec<String> = (0..1_000).map(|n| format!("Ann{n:03}")).collect();
        // Later names have lower ids.
        let ids = || (0..1_000_u32).rev().zip(&names);
        let seek = |wanted| resolve(wanted, ids().map(|(id, name)| (id, name.as_str(), id)));
        assert_eq!(seek("ann-1"), Ok(0));
        assert_eq!(seek("ann-700"), Ok(699));
        assert_eq!(seek("ann-1000"), Ok(999));
        assert!(seek("ann-1001").is_err());
        let said = seek("ann").unwrap_err().to_string();
        assert!(said.contains("? ann-1: Ann999. ann-2: Ann998."), "{said}");
        assert!(said.ends_with("And 992 more."), "{said}");
    }

    #[test]
    fn a_crowd_is_not_listed_whole() {
        let names = ["Aa", "Ab", "Ac", "Ad", "Ae", "Af", "Ag", "Ah", "Ai", "Aj"];
        let said = find("a", &names).unwrap_err().to_string();
        assert!(said.ends_with("And 2 more."), "{said}");
    }
}
