//! Amounts: dice or whole numbers (game.md, the head).

/// `2d6`, `1d4+1`, `3d6-2`, or a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    count: u8,
    /// 0: no dice, a whole number.
    sides: u8,
    plus: i32,
}

impl Amount {
    /// Just so much.
    #[must_use]
    pub const fn flat(points: i32) -> Self {
        Self {
            count: 0,
            sides: 0,
            plus: points,
        }
    }

    /// Reads dice: `NdS`, `NdS+M` or `NdS-M` with N 0 to 20, S 1 to 100 and M at most 200.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (count, rest) = text.split_once('d')?;
        let at = rest.find(['+', '-']).unwrap_or(rest.len());
        let (sides, plus) = rest.split_at(at);
        let digits = |text: &str| text.bytes().all(|one| one.is_ascii_digit());
        if !digits(count) || !digits(sides) || !digits(plus.get(1..).unwrap_or_default()) {
            return None;
        }
        let plus = match plus {
            "" => 0,
            plus => plus.parse().ok()?,
        };
        let read = Self {
            count: count.parse().ok()?,
            sides: sides.parse().ok()?,
            plus,
        };
        let holds = read.count <= 20 && (1..=100).contains(&read.sides) && read.plus.abs() <= 200;
        holds.then_some(read)
    }

    /// What it comes to; `pick` answers a number below so many sides. Dice never come to less than
    /// nothing; a whole number may.
    #[must_use]
    pub fn roll(self, mut pick: impl FnMut(u64) -> u64) -> i32 {
        if self.sides == 0 {
            return self.plus;
        }
        let die = |_| pick(u64::from(self.sides)) + 1;
        let sum: u64 = (0..self.count).map(die).sum();
        let sum = i32::try_from(sum).unwrap_or(i32::MAX);
        sum.saturating_add(self.plus).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amount_reads_dice_and_nothing_else() {
        for text in ["1d6", "20d100+200", "0d1", "3d6-2"] {
            assert!(Amount::read(text).is_some(), "{text}");
        }
        for text in [
            "d6", "1d", "1d0", "1d101", "21d6", "1d6+201", "1d6+", "6", "1d6*2", "-1d6", "1d+6",
            "1d6--2",
        ] {
            assert_eq!(Amount::read(text), None, "{text}");
        }
        assert_eq!(
            Amount::read("2d6+1").map(|one| one.roll(|sides| sides - 1)),
            Some(13)
        );
        assert_eq!(Amount::read("1d6-9").map(|one| one.roll(|_| 0)), Some(0));
        assert_eq!(Amount::read("0d1-5").map(|one| one.roll(|_| 0)), Some(0));
        assert_eq!(Amount::flat(-5).roll(|_| 0), -5);
    }
}
