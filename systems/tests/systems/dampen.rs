//! What becomes of words between minds that are not well.

use engine::prelude::*;
use engine::stage::{SavedRows, Stage};
use systems::lucidity::{Dampened, Dampening, Mind, SpokenLine, Tier, dampen};

use crate::town::{Town, clock};

const LINE: &str = "Come down to the river, Ann, before it is dark; they are waiting!";

/// The dice of a tick.
fn dice() -> Dice {
    let mut stage: Stage = Town::of(&[("here", "outdoors")]).stage(SavedRows::new(), clock(0, 0));
    *stage.engine().world().resource::<Dice>()
}

fn mind(name: &str, tier: Tier) -> Mind {
    Mind {
        id: StableId::named(name),
        tier,
        clarity: 1.0,
    }
}

fn said(n: u32) -> SpokenLine<'static> {
    SpokenLine {
        text: LINE,
        whispered: false,
        n,
    }
}

/// What comes of a thousand lines between the two.
fn thousand(speaker: Mind, hearer: Mind) -> Vec<Dampened<'static>> {
    let (rules, dice) = (Dampening::default(), dice());
    (0..1_000)
        .filter_map(|n| dampen(&rules, &dice, said(n), speaker, hearer))
        .collect()
}

fn about(count: usize, expected: usize) {
    assert!(
        count.abs_diff(expected) < 50,
        "{count} of 1,000, not about {expected}"
    );
}

#[test]
fn clear_minds_hear_every_word() {
    for hearer in [Tier::Lucid, Tier::Uneasy, Tier::Catatonic] {
        assert_eq!(thousand(mind("Ann", Tier::Lucid), mind("Bob", hearer)), []);
    }
    // And everybody hears their own.
    for tier in [Tier::Uneasy, Tier::Fractured, Tier::Deranged] {
        assert_eq!(thousand(mind("Ann", tier), mind("Ann", tier)), []);
    }
}

#[test]
fn uneasy_whisper_is_strained_without_word_loss() {
    let whisper = SpokenLine {
        whispered: true,
        ..said(0)
    };
    let (ann, bob) = (mind("Ann", Tier::Uneasy), mind("Bob", Tier::Lucid));
    let heard = dampen(&Dampening::default(), &dice(), whisper, ann, bob).expect("tagged");
    assert_eq!((&*heard.text, &heard.tags[..]), (LINE, &["strained"][..]));
    assert_eq!(thousand(ann, bob), []);
}

#[test]
fn fractured_speech_marks_one_line_in_five() {
    let ann = mind("Ann", Tier::Fractured);
    let bob = thousand(ann, mind("Bob", Tier::Lucid));
    about(bob.len(), 200);
    assert!(
        bob.iter()
            .all(|one| one.text.starts_with(LINE) && one.text.chars().count() == LINE.len() + 2)
    );
    assert_eq!(bob, thousand(ann, mind("Cleo", Tier::Uneasy)));
}

#[test]
fn fractured_hearing_drops_stops_in_three_of_ten() {
    let heard = thousand(mind("Ann", Tier::Lucid), mind("Bob", Tier::Fractured));
    about(heard.len(), 300);
    for one in heard {
        assert_eq!(
            one.text,
            "Come down to the river Ann before it is dark they are waiting"
        );
        assert_eq!(one.tags, ["muffled"]);
    }
}

#[test]
fn deranged_hearing_swaps_words_in_one_of_ten() {
    let heard = thousand(mind("Ann", Tier::Lucid), mind("Bob", Tier::Deranged));
    about(heard.len(), 100);
    let sorted = |text: &str| {
        let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        words.sort();
        words
    };
    for one in heard {
        assert_eq!(sorted(&one.text), sorted(LINE));
        let moved = one
            .text
            .split(' ')
            .zip(LINE.split(' '))
            .filter(|(a, b)| a != b);
        assert!(moved.count() <= 6, "{}", one.text);
        assert_eq!(one.tags, ["scrambled"]);
    }
}

#[test]
fn a_murmuring_chorus_drowns_one_word_in_four() {
    let bob = Mind {
        clarity: 0.75,
        ..mind("Bob", Tier::Lucid)
    };
    let heard = thousand(mind("Ann", Tier::Lucid), bob);
    let lost: usize = heard
        .iter()
        .map(|one| one.text.matches('\u{2026}').count())
        .sum();
    let words = LINE.split(' ').count() * 1_000;
    assert!(
        (words * 23 / 100..words * 27 / 100).contains(&lost),
        "{lost} of {words}"
    );
    assert!(heard.iter().all(|one| one.tags == ["murmured"]));
}
