//! Which thing a player means. Persons are asked for, things are not: of several that fit, the first is
//! taken (game.md §1.3).

use engine::prelude::*;

/// The most things that one command does something to.
const AT_ONCE_MAX: usize = 50;

/// Something that may be meant.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// What it is called.
    pub name: &'a str,
    /// More words by which it is known.
    pub more: &'a str,
    /// How many of it there are.
    pub quantity: u32,
    /// What it is.
    pub thing: Entity,
}

/// A stack, or some of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portion {
    /// The stack.
    pub thing: Entity,
    /// How many of it; `None`: all.
    pub count: Option<u32>,
}

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
    /// So many of those that fit.
    Count(u32),
    /// So many of a stack; of single things the n-th.
    Trailing(u32),
}

impl Noun {
    /// Reads `lamp`, `hurricane lamp`, `2.lamp`, `lamp-2`, `lamp 2`, `3`, `3 candles`, `candle 3`, `all`,
    /// `all.lamp`, `all lamp`; an article in front means nothing.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let lower = text.trim().to_lowercase();
        let (which, rest) = which(&lower);
        // `clasp-knife` is two words, as in the thing's name.
        let words = rest.split(parts_words).filter(|word| !word.is_empty());
        let words: Vec<String> = words
            .map(str::to_owned)
            .skip_while(|word| ["a", "an", "the"].contains(&word.as_str()))
            .collect();
        Self { words, which }
    }

    /// Whether several may be meant.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.which == Which::All
    }

    /// Whether it has no words: a bare number, or all.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.words.is_empty()
    }

    /// Those among `things` that are meant, in their order, and how many of each.
    #[must_use]
    pub fn pick<'a>(&self, things: impl IntoIterator<Item = Candidate<'a>>) -> Vec<Portion> {
        let mut fits = things.into_iter().filter(|one| self.fits(one)).peekable();
        let whole = |one: Candidate<'_>| Portion {
            thing: one.thing,
            count: None,
        };
        match self.which {
            Which::All => fits.take(AT_ONCE_MAX).map(whole).collect(),
            Which::Nth(n) => fits.skip(n - 1).take(1).map(whole).collect(),
            Which::Count(count) => some(count, fits.take(AT_ONCE_MAX)),
            Which::Trailing(n) => match fits.peek().is_some_and(|one| one.quantity > 1) {
                true => some(n, fits.take(1)),
                false => fits.skip(n as usize - 1).take(1).map(whole).collect(),
            },
        }
    }

    /// The first that is meant.
    #[must_use]
    pub fn first<'a>(&self, things: impl IntoIterator<Item = Candidate<'a>>) -> Option<Entity> {
        self.pick(things).first().map(|one| one.thing)
    }

    fn fits(&self, one: &Candidate<'_>) -> bool {
        let known = format!("{} {}", one.name, one.more).to_lowercase();
        let begins = |word: &String| {
            let mut of = known.split(parts_words);
            of.any(|one| one.starts_with(word.as_str()))
        };
        self.words.iter().all(begins)
    }
}

fn parts_words(letter: char) -> bool {
    !letter.is_alphanumeric() && letter != '\''
}

/// As many of these as are wanted, the first first.
fn some<'a>(wanted: u32, things: impl Iterator<Item = Candidate<'a>>) -> Vec<Portion> {
    let mut left = wanted;
    let mut portions = Vec::new();
    for one in things {
        if left == 0 {
            break;
        }
        let count = left.min(one.quantity);
        left -= count;
        portions.push(Portion {
            thing: one.thing,
            count: Some(count),
        });
    }
    portions
}

fn which(text: &str) -> (Which, &str) {
    let whole = |digits: &str| digits.parse().ok().filter(|n: &u32| *n > 0);
    let nth = |digits: &str| whole(digits).map(|n| Which::Nth(n as usize));
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
    if let Some((digits, rest)) = text.split_once(' ')
        && let Some(count) = whole(digits)
    {
        return (Which::Count(count), rest);
    }
    if let Some((rest, digits)) = text.rsplit_once('-')
        && let Some(n) = nth(digits)
    {
        return (n, rest);
    }
    if let Some((rest, digits)) = text.rsplit_once(' ')
        && let Some(n) = whole(digits)
    {
        return (Which::Trailing(n), rest);
    }
    (Which::Nth(1), text)
}

/// What `target` means among the things near somebody: what they hold, then what lies there.
pub(super) fn near<'a>(
    target: &str,
    things: impl IntoIterator<Item = Candidate<'a>>,
) -> Option<Entity> {
    let noun = Noun::read(target);
    if noun.is_all() || noun.is_bare() {
        return None;
    }
    noun.first(things)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOR: [(&str, u32); 5] = [
        ("hurricane lamp", 1),
        ("brass lamp", 1),
        ("stone", 1),
        ("tallyman's ledger", 1),
        ("tallow candle", 5),
    ];

    /// The places in the list that are meant, and how many of each; 0: all.
    fn pick(text: &str) -> Vec<(usize, u32)> {
        let entity = |n: usize| Entity::from_raw_u32(n as u32).unwrap();
        let all = FLOOR
            .iter()
            .enumerate()
            .map(|(n, (name, quantity))| Candidate {
                name,
                more: if *quantity > 1 { "candles dip" } else { "" },
                quantity: *quantity,
                thing: entity(n),
            });
        let picked = Noun::read(text).pick(all);
        let place = |one: Portion| (0..FLOOR.len()).find(|n| entity(*n) == one.thing);
        let picked = picked.into_iter();
        picked
            .map(|one| (place(one).unwrap(), one.count.unwrap_or(0)))
            .collect()
    }

    #[test]
    fn noun_means_the_first_that_fits() {
        let all: [(&str, &[(usize, u32)]); 20] = [
            ("lamp", &[(0, 0)]),
            ("BRASS LAMP", &[(1, 0)]),
            ("the bra la", &[(1, 0)]),
            ("2.lamp", &[(1, 0)]),
            ("lamp-2", &[(1, 0)]),
            ("lamp 2", &[(1, 0)]),
            ("lamp 3", &[]),
            ("3", &[(2, 0)]),
            ("0", &[]),
            ("all.lamp", &[(0, 0), (1, 0)]),
            ("all lamp", &[(0, 0), (1, 0)]),
            ("all", &[(0, 0), (1, 0), (2, 0), (3, 0), (4, 0)]),
            ("tallyman's", &[(3, 0)]),
            ("amp", &[]),
            ("dip", &[(4, 0)]),
            ("3 candles", &[(4, 3)]),
            ("candle 3", &[(4, 3)]),
            ("9 candles", &[(4, 5)]),
            ("2 lamps", &[]),
            ("2 lamp", &[(0, 1), (1, 1)]),
        ];
        for (text, meant) in all {
            assert_eq!(pick(text), meant, "{text}");
        }
    }
}
