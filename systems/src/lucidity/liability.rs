//! Liabilities: what a shock leaves behind in a mind.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What a mind may have kept from a shock; in the order in which minds come by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Liability {
    /// Slower by night: a hazard is likelier to strike then.
    NightFrayedReflexes,
    /// Voices under every voice: words of others get lost among them.
    MurmuringChorus,
    /// Once a Mythos day a ward must be drawn, or the mind pays.
    RitualCompulsion,
    /// The cold between the stars gets in: a cold hazard takes more.
    EtherealChill,
    /// Nothing will ever be well: good places mend less.
    BleakOutlook,
}

impl Liability {
    /// All of them, in catalogue order.
    pub const ALL: [Self; 5] = [
        Self::NightFrayedReflexes,
        Self::MurmuringChorus,
        Self::RitualCompulsion,
        Self::EtherealChill,
        Self::BleakOutlook,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NightFrayedReflexes => "night_frayed_reflexes",
            Self::MurmuringChorus => "murmuring_chorus",
            Self::RitualCompulsion => "ritual_compulsion",
            Self::EtherealChill => "ethereal_chill",
            Self::BleakOutlook => "bleak_outlook",
        }
    }
}

impl fmt::Display for Liability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The liabilities of one mind, each with its weight in stacks; saved as a map of those there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<Liability, u8>", into = "BTreeMap<Liability, u8>")]
pub struct Liabilities([u8; Liability::ALL.len()]);

impl From<BTreeMap<Liability, u8>> for Liabilities {
    fn from(held: BTreeMap<Liability, u8>) -> Self {
        Self(Liability::ALL.map(|one| held.get(&one).copied().unwrap_or(0)))
    }
}

impl From<Liabilities> for BTreeMap<Liability, u8> {
    fn from(held: Liabilities) -> Self {
        held.held().collect()
    }
}

impl Liabilities {
    /// How heavily one weighs; 0: not held.
    #[must_use]
    pub fn stacks(&self, liability: Liability) -> u8 {
        self.0[liability as usize]
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|stacks| *stacks == 0)
    }

    /// Those there are, in catalogue order.
    fn held(self) -> impl Iterator<Item = (Liability, u8)> {
        let all = Liability::ALL.into_iter().zip(self.0);
        all.filter(|(_, stacks)| *stacks > 0)
    }

    /// Each as clients read it: `bleak_outlook`, `bleak_outlook (x2)`.
    #[must_use]
    pub fn listed(&self) -> Vec<String> {
        let words = self.held().map(|(liability, stacks)| match stacks {
            1 => liability.to_string(),
            stacks => format!("{liability} (x{stacks})"),
        });
        words.collect()
    }

    /// What is left of something of which each stack of `liability` takes `share`: 1 where it is
    /// not held.
    #[must_use]
    pub fn weight(&self, liability: Liability, share: f64) -> f64 {
        (1.0 - share).powi(i32::from(self.stacks(liability)))
    }

    /// How many times as much comes of something to which each stack of `liability` adds `share`:
    /// 1 where it is not held.
    #[must_use]
    pub fn excess(&self, liability: Liability, share: f64) -> f64 {
        share.mul_add(f64::from(self.stacks(liability)), 1.0)
    }

    /// One more: the first of the catalogue that is not held, or else a stack more of the first.
    pub(super) fn worsen(&mut self, most: u8) -> Liability {
        let new = Liability::ALL
            .into_iter()
            .find(|one| self.stacks(*one) == 0);
        let one = new.unwrap_or(Liability::ALL[0]);
        self.add(one, most);
        one
    }

    /// One stack more of each; `otherwise` where there are none.
    pub(super) fn deepen(&mut self, otherwise: Liability, most: u8) {
        if self.is_empty() {
            self.add(otherwise, most);
            return;
        }
        for stacks in self.0.iter_mut().filter(|stacks| **stacks > 0) {
            *stacks = stacks.saturating_add(1).min(most);
        }
    }

    /// One stack less of the heaviest, the first of them in the catalogue; `None`: there is none.
    pub(super) fn relieve(&mut self) -> Option<Liability> {
        let heaviest = self.0.iter().copied().max().filter(|most| *most > 0)?;
        let one = Liability::ALL
            .into_iter()
            .find(|one| self.stacks(*one) == heaviest)?;
        self.0[one as usize] -= 1;
        Some(one)
    }

    /// One stack less of each.
    pub(super) fn lighten(&mut self) {
        for stacks in &mut self.0 {
            *stacks = stacks.saturating_sub(1);
        }
    }

    fn add(&mut self, liability: Liability, most: u8) {
        let stacks = &mut self.0[liability as usize];
        *stacks = stacks.saturating_add(1).min(most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shocks_leave_one_each_before_repeating() {
        let mut held = Liabilities::default();
        let came: Vec<Liability> = (0..7).map(|_| held.worsen(5)).collect();
        assert_eq!(came[..5], Liability::ALL);
        assert_eq!(came[5..], [Liability::ALL[0]; 2]);
        assert_eq!(held.stacks(Liability::NightFrayedReflexes), 3);
        assert_eq!(
            held.listed()[..2],
            ["night_frayed_reflexes (x3)", "murmuring_chorus"]
        );
    }

    #[test]
    fn relief_takes_a_stack_of_the_heaviest() {
        let mut held = Liabilities::default();
        assert_eq!(held.relieve(), None);
        for _ in 0..7 {
            held.worsen(5);
        }
        assert_eq!(held.relieve(), Some(Liability::NightFrayedReflexes));
        assert_eq!(held.stacks(Liability::NightFrayedReflexes), 2);
        held.lighten();
        assert_eq!(held.listed(), ["night_frayed_reflexes"]);
    }

    #[test]
    fn no_liability_weighs_more_than_the_most() {
        let mut held = Liabilities::default();
        held.deepen(Liability::BleakOutlook, 5);
        assert_eq!(held.listed(), ["bleak_outlook"]);
        for _ in 0..9 {
            held.deepen(Liability::MurmuringChorus, 5);
        }
        assert_eq!(held.listed(), ["bleak_outlook (x5)"]);
        assert_eq!(held.weight(Liability::BleakOutlook, 0.5), 0.031_25);
        assert_eq!(held.weight(Liability::MurmuringChorus, 0.25), 1.0);
    }
}
