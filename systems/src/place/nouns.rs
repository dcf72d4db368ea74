//! Which thing a player means. Persons are asked for, things are not: of several that fit, the first is
//! taken (game.md §1.3).

use engine::prelude::*;

/// The most things that one command does something to.
const AT_ONCE_MAX: usize = 50;

/// What a player wrote to mean a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noun {
    /// Each begins a word of the name; none: anything.
    words: Vec<String>,
    which: Which,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    /// All that fit.
    All,
    /// The n-th that fits, from 1.
    Nth(usize),
}

impl Noun {
    /// Reads `lamp`, `hurricane lamp`, `2.lamp`, `lamp-2`, `lamp 2`, `3`, `all`, `all.lamp`, `all lamp`;
    /// an article in front means nothing.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let lower = text.trim().to_lowercase();
        let (which, rest) = which(&lower);
        let words = rest.split_whitespace().map(str::to_owned);
        let words: Vec<String> = words
            .skip_while(|word| ["a", "an", "the"].contains(&word.as_str()))
            .collect();
        Self { words, which }
    }

    /// Whether several may be meant.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.which == Which::All
    }

    /// Whether it names nothing, but says which at most.
    pub(super) fn is_bare(&self) -> bool {
        self.words.is_empty()
    }

    /// Those among `things` that are meant, in their order.
    #[must_use]
    pub fn pick<'a, T>(&self, things: impl IntoIterator<Item = (&'a str, T)>) -> Vec<T> {
        let fits = things.into_iter().filter(|(name, _)| self.fits(name));
        let fits = fits.map(|(_, thing)| thing);
        match self.which {
            Which::All => fits.take(AT_ONCE_MAX).collect(),
            Which::Nth(n) => fits.skip(n - 1).take(1).collect(),
        }
    }

    fn fits(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        let begins = |word: &String| {
            let mut of = name.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
            of.any(|one| one.starts_with(word.as_str()))
        };
        self.words.iter().all(begins)
    }
}

fn which(text: &str) -> (Which, &str) {
    let nth = |digits: &str| digits.parse().ok().filter(|n| *n > 0).map(Which::Nth);
    if let Some(rest) = text.strip_prefix("all")
        && (rest.is_empty() || rest.starts_with(['.', ' ']))
    {
        return (Which::All, rest.trim_start_matches(['.', ' ']));
    }
    if let Some(n) = nth(text) {
        return (n, "");
    }
    if let Some((digits, rest)) = text.split_once('.')
        && let Some(n) = nth(digits)
    {
        return (n, rest);
    }
    if let Some((rest, digits)) = text.rsplit_once(['-', ' '])
        && let Some(n) = nth(digits)
    {
        return (n, rest);
    }
    (Which::Nth(1), text)
}

/// What `target` means among the things near somebody: what they hold, then what lies there.
pub(super) fn near<'a>(
    target: &str,
    things: impl IntoIterator<Item = (&'a str, Entity)>,
) -> Option<Entity> {
    let noun = Noun::read(target);
    if noun.is_all() || noun.words.is_empty() {
        return None;
    }
    noun.pick(things).first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOR: [&str; 4] = ["hurricane lamp", "brass lamp", "stone", "tallyman's ledger"];

    fn pick(text: &str) -> Vec<usize> {
        Noun::read(text).pick(FLOOR.iter().copied().zip(0..))
    }

    #[test]
    fn noun_means_the_first_that_fits() {
        let all: [(&str, &[usize]); 14] = [
            ("lamp", &[0]),
            ("BRASS LAMP", &[1]),
            ("the bra la", &[1]),
            ("2.lamp", &[1]),
            ("lamp-2", &[1]),
            ("lamp 2", &[1]),
            ("lamp 3", &[]),
            ("3", &[2]),
            ("0", &[]),
            ("all.lamp", &[0, 1]),
            ("all lamp", &[0, 1]),
            ("all", &[0, 1, 2, 3]),
            ("tallyman's", &[3]),
            ("amp", &[]),
        ];
        for (text, meant) in all {
            assert_eq!(pick(text), meant, "{text}");
        }
    }
}
