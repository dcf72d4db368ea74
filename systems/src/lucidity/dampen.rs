//! What becomes of words between two minds that are not well.
//!
//! Pure: the same line, tiers and tick give the same words. What the speaker's mind does to them,
//! everybody hears alike; what the hearer's does, only that hearer.

use std::borrow::Cow;

use engine::prelude::*;

use super::rules::{Dampening, Rules};
use super::{Liability, Lucidity, Psyche, Tier};

/// What a fractured mind adds to what it says.
const GLYPHS: [char; 8] = [
    '\u{29d6}', '\u{16c9}', '\u{2e0e}', '\u{16de}', '\u{2a4f}', '\u{238d}', '\u{16e5}', '\u{29f3}',
];
/// What a muffled ear does not catch.
const STOPS: [char; 7] = ['.', ',', '!', '?', ';', ':', '"'];
/// What stands for a word that was lost.
const LOST: &str = "\u{2026}";

/// One line on its way to one hearer.
#[derive(Clone, Copy, Debug)]
pub struct SpokenLine<'a> {
    /// The words.
    pub text: &'a str,
    /// For one ear only.
    pub whispered: bool,
    /// Which line of this tick it is, so that two lines do not suffer alike.
    pub n: u32,
}

/// One end of a line.
#[derive(Clone, Copy, Debug)]
pub struct Mind {
    /// Whose.
    pub id: StableId,
    /// How clear it is.
    pub tier: Tier,
    /// What part of others' words it catches, 0 to 1: less for who hears a murmuring chorus.
    pub clarity: f64,
}

impl Mind {
    /// One of which only the id is known.
    #[must_use]
    pub const fn clear(id: StableId) -> Self {
        Self {
            id,
            tier: Tier::Lucid,
            clarity: 1.0,
        }
    }

    /// Whether what it hears is what was said.
    #[must_use]
    pub fn hears_well(&self) -> bool {
        !matches!(self.tier, Tier::Fractured | Tier::Deranged) && self.clarity >= 1.0
    }

    /// Whether what it says is what it means.
    #[must_use]
    pub const fn speaks_well(&self) -> bool {
        !matches!(self.tier, Tier::Uneasy | Tier::Fractured)
    }
}

/// What is heard instead of what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dampened<'a> {
    /// The words.
    pub text: Cow<'a, str>,
    /// What happened to them, for `chat_message.tags`.
    pub tags: Vec<&'static str>,
}

/// What `hearer` hears of a line of `speaker`; `None`: every word of it. One's own words are
/// always clear.
#[must_use]
pub fn dampen<'a>(
    rules: &Dampening,
    dice: &Dice,
    said: SpokenLine<'a>,
    speaker: Mind,
    hearer: Mind,
) -> Option<Dampened<'a>> {
    let well = speaker.speaks_well() && hearer.hears_well();
    if well || speaker.id == hearer.id {
        return None;
    }
    let n = said.n;
    let mut heard = uttered(rules, dice, said, speaker);
    if hearer.tier == Tier::Fractured && dice.chance(rules.muffle, hearer.id, "muffle", n) {
        heard.alter("muffled", |text| text.replace(STOPS, ""));
    }
    if hearer.tier == Tier::Deranged && dice.chance(rules.scramble, hearer.id, "scramble", n) {
        heard.alter("scrambled", |text| {
            scrambled(text, rules, dice, hearer.id, n)
        });
    }
    if hearer.clarity < 1.0 {
        heard.alter("murmured", |text| murmured(text, dice, hearer, n));
    }
    (heard.text != said.text || !heard.tags.is_empty()).then_some(heard)
}

/// What leaves the speaker.
fn uttered<'a>(
    rules: &Dampening,
    dice: &Dice,
    said: SpokenLine<'a>,
    speaker: Mind,
) -> Dampened<'a> {
    let mut words = Dampened {
        text: Cow::Borrowed(said.text),
        tags: Vec::new(),
    };
    let n = said.n;
    if speaker.tier == Tier::Uneasy && said.whispered {
        words.tags.push("strained");
    }
    if speaker.tier == Tier::Fractured && dice.chance(rules.glyph, speaker.id, "glyph", n) {
        let sign = dice.pick(GLYPHS.len() as u64, speaker.id, "glyph_which", n);
        words.text.to_mut().push(' ');
        words.text.to_mut().extend(GLYPHS.get(sign as usize));
    }
    words
}

impl Dampened<'_> {
    fn alter(&mut self, tag: &'static str, how: impl FnOnce(&str) -> String) {
        let text = how(&self.text);
        if text != self.text {
            self.text = Cow::Owned(text);
            self.tags.push(tag);
        }
    }
}

/// A few neighbouring words change places.
fn scrambled(text: &str, rules: &Dampening, dice: &Dice, hearer: StableId, n: u32) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    // The check of the rules has it above zero; rules made in code may not.
    let pairs = words.len() / rules.scramble_words.max(1);
    for pair in 0..pairs.min(rules.scramble_pairs).min(words.len() - 1) {
        let salt = n.wrapping_mul(4).wrapping_add(pair as u32);
        let places = words.len() as u64 - 1;
        let at = dice.pick(places, hearer, "scramble_where", salt) as usize;
        words.swap(at, at + 1);
    }
    words.join(" ")
}

/// The voices drown a word here and there.
fn murmured(text: &str, dice: &Dice, hearer: Mind, n: u32) -> String {
    let drowned = |index: u32| {
        let salt = n.wrapping_mul(1_024).wrapping_add(index);
        dice.chance(1.0 - hearer.clarity, hearer.id, "murmur", salt)
    };
    let words = text.split(' ').zip(0_u32..);
    let words: Vec<&str> = words
        .map(|(word, index)| if drowned(index) { LOST } else { word })
        .collect();
    words.join(" ")
}

/// Everybody's mind, for whoever carries words between them.
#[derive(SystemParam)]
pub struct Minds<'w, 's> {
    minds: Query<'w, 's, (&'static StableId, &'static Lucidity, &'static Psyche)>,
    rules: Res<'w, Rules>,
    dice: Res<'w, Dice>,
}

impl Minds<'_, '_> {
    /// The mind of a character.
    #[must_use]
    pub fn of(&self, actor: Entity) -> Option<Mind> {
        let (id, lucidity, psyche) = self.minds.get(actor).ok()?;
        Some(Mind {
            id: *id,
            tier: self.rules.tier(*lucidity),
            clarity: psyche.liabilities.weight(
                Liability::MurmuringChorus,
                self.rules.liabilities.clarity_lost,
            ),
        })
    }

    /// The mind of a character who may not hear what was said; `None`: they do.
    #[must_use]
    pub fn dull(&self, actor: Entity) -> Option<Mind> {
        let (_, lucidity, psyche) = self.minds.get(actor).ok()?;
        // Almost everybody, asked for each hearer of each line.
        if lucidity.points() >= self.rules.tiers.uneasy && psyche.liabilities.is_empty() {
            return None;
        }
        self.of(actor).filter(|mind| !mind.hears_well())
    }

    /// What a clear mind hears of a line; `None`: every word.
    #[must_use]
    pub fn uttered<'a>(&self, said: SpokenLine<'a>, speaker: Mind) -> Option<Dampened<'a>> {
        if speaker.speaks_well() {
            return None;
        }
        let words = uttered(&self.rules.dampening, &self.dice, said, speaker);
        (words.text != said.text || !words.tags.is_empty()).then_some(words)
    }

    /// What `hearer` hears of a line, as [`dampen`].
    #[must_use]
    pub fn heard<'a>(
        &self,
        said: SpokenLine<'a>,
        speaker: Mind,
        hearer: Mind,
    ) -> Option<Dampened<'a>> {
        dampen(&self.rules.dampening, &self.dice, said, speaker, hearer)
    }
}
