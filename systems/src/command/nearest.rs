//! The word that was meant by a mistyped one.

/// The one of `known` closest to a mistyped word, if any is close: one slip away, or two from six
/// letters on. A short word that begins otherwise is another word and no slip.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let begins_alike = |known: &str| word.bytes().next() == known.bytes().next();
    let close = known.filter_map(|known| {
        let slips = slips(&word, known)?;
        let distance = strsim::osa_distance(&word, known);
        (distance <= slips).then_some((distance, !begins_alike(known), known))
    });
    close.min().map(|(_, _, known)| known)
}

/// How many slips may lie between a word and a known one; `None`: they are too different for any
/// number, which costs next to nothing to see. A typo must not cost more than what was meant.
fn slips(word: &str, known: &str) -> Option<usize> {
    let (shorter, longer) = (word.len().min(known.len()), word.len().max(known.len()));
    let slips = if shorter < 6 { 1 } else { 2 };
    if shorter < 2 || longer - shorter > slips {
        return None;
    }
    let first = |word: &str| word.as_bytes()[0];
    let swapped = word.as_bytes()[..2].iter().rev().eq(&known.as_bytes()[..2]);
    if shorter < 6 && first(word) != first(known) && !swapped {
        return None;
    }
    // A slip puts one letter for another at most.
    let letters = |word: &str| word.bytes().fold(0_u32, |set, byte| set | 1 << (byte & 31));
    let unlike = (letters(word) ^ letters(known)).count_ones() as usize;
    (unlike <= 2 * slips).then_some(slips)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of the shipped world's gestures, and those of some verbs.
    fn known() -> Vec<&'static str> {
        let gestures = include_str!("../../../world/rules/emotes.toml").lines();
        let gestures = gestures.filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
        let verbs = "look l examine go north n east e south s west w up down say local global \
            whisper tell reply who quit logout status score whoami help commands time map sit \
            stand lie rest respawn pray meditate group_solace therapy folk_tonic debrief ward \
            ground rescue awaken cry mute unmute mutes channel history recall emote me pose alias \
            unalias";
        gestures.chain(verbs.split_whitespace()).collect()
    }

    #[test]
    fn suggestion_is_a_slip_away_or_none() {
        for (typed, meant) in [
            ("lokk", Some("look")),
            ("olok", Some("look")),
            ("wisper", Some("whisper")),
            ("qhisper", Some("whisper")),
            ("whsiepr", Some("whisper")),
            ("nroth", Some("north")),
            ("globl", Some("global")),
            ("meditaet", Some("meditate")),
            ("grond", Some("ground")),
            ("sa", Some("say")),
        ] {
            assert_eq!(nearest(typed, known().into_iter()), meant, "{typed}");
        }
        for typed in [
            "kick", "run", "drink", "sleep", "read", "give", "ring", "get", "dance", "exit", "out",
            "shout", "cast", "hit", "kill", "brief", "ask", "buy", "attack", "x", "", "\u{e9}",
        ] {
            assert_eq!(nearest(typed, known().into_iter()), None, "{typed}");
        }
    }

    #[test]
    fn unknown_words_are_compared_with_few() {
        let compared = |word: &str| {
            let known = known();
            assert!(known.len() > 90);
            known
                .iter()
                .filter(|known| slips(word, known).is_some())
                .count()
        };
        assert_eq!(compared(&"x".repeat(990)), 0);
        for word in [
            "xyzzyplugh",
            "lokk",
            "wisper",
            "medtate",
            "strangers",
            "aeiou",
            "sstt",
        ] {
            assert!(compared(word) <= 6, "{word}: {}", compared(word));
        }
        assert!(compared("wisper") > 0);
    }
}
