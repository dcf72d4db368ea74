//! What can be wrong with the numbers of shocks, rituals, rescues and visions.

use super::super::{
    Burdens, Dampening, Encounters, Fall, Hallucinations, Recovery, Rescue, Ritual, Shock, Visions,
};
use crate::lucidity::Lucidity;

/// The longest span: a year.
const SPAN_SECONDS_MAX: f64 = 365.0 * 24.0 * 3_600.0;
/// The longest text of a vision, in characters.
const VISION_CHARS_MAX: usize = 300;

/// A section that can be checked by itself.
pub(super) trait Sound {
    /// What is wrong, if anything.
    fn wrong(&self) -> Option<&'static str>;
}

fn span(seconds: f64) -> bool {
    (0.0..=SPAN_SECONDS_MAX).contains(&seconds)
}

fn part(share: f64) -> bool {
    (0.0..=1.0).contains(&share)
}

fn points(points: i16) -> bool {
    (Lucidity::FLOOR..=Lucidity::CAP).contains(&points)
}

fn loss(delta: i16) -> bool {
    (2 * Lucidity::FLOOR..=0).contains(&delta)
}

fn unless(holds: bool, wrong: &'static str) -> Option<&'static str> {
    (!holds).then_some(wrong)
}

impl Sound for Encounters {
    fn wrong(&self) -> Option<&'static str> {
        let shocks = [self.disturbing, self.horrific, self.cosmic];
        let sound = |Shock { first, repeat }: Shock| loss(first) && loss(repeat) && first <= repeat;
        unless(
            shocks.into_iter().all(sound) && span(self.again_after_seconds),
            "an encounter gives points, or takes more when repeated, or its span is not within a year",
        )
    }
}

impl Sound for Recovery {
    fn wrong(&self) -> Option<&'static str> {
        let Self {
            pray,
            meditate,
            group_solace,
            therapy,
            folk_tonic,
        } = *self;
        let sound = |one: Ritual| {
            (0..=2 * Lucidity::CAP).contains(&one.gain)
                && span(one.cooldown_seconds)
                && span(one.magic_seconds)
        };
        unless(
            [pray, meditate, group_solace, therapy, folk_tonic]
                .into_iter()
                .all(sound),
            "a ritual takes points, or gives more than 200, or a span of it is not within a year",
        )
    }
}

impl Sound for Rescue {
    fn wrong(&self) -> Option<&'static str> {
        let spans = [
            self.channel_seconds,
            self.cooldown_seconds,
            self.shelter_seconds,
        ];
        unless(
            spans.into_iter().all(span) && points(self.lifts_to) && loss(self.failure),
            "a rescue lifts off the scale, or its failure gives points, or a span is not within a year",
        )
    }
}

impl Sound for Fall {
    fn wrong(&self) -> Option<&'static str> {
        unless(
            points(self.delirium)
                && span(self.awaken_after_seconds)
                && span(self.cry_again_after_seconds)
                && self.delirium > Lucidity::FLOOR
                && self.delirium_wakes_with > self.delirium
                && points(self.delirium_wakes_with)
                && self.sanitarium_wakes_with > self.delirium
                && points(self.sanitarium_wakes_with),
            "delirium does not begin on the scale and above its end, or one wakes from a fall no higher than where it begins, or a span is not within a year",
        )
    }
}

impl Sound for Burdens {
    fn wrong(&self) -> Option<&'static str> {
        unless(
            loss(self.shock)
                && loss(self.unwarded)
                && self.stacks_max > 0
                && part(self.clarity_lost)
                && part(self.recovery_lost)
                && (0.0..=10.0).contains(&self.night_hazard)
                && (0.0..=10.0).contains(&self.cold_hazard),
            "a liability's loss gives points, its stacks are none, or its share is out of bounds",
        )
    }
}

impl Sound for Dampening {
    fn wrong(&self) -> Option<&'static str> {
        unless(
            [self.glyph, self.muffle, self.scramble]
                .into_iter()
                .all(part)
                && self.scramble_words > 0,
            "a probability of dampening is not within 0 to 1, or the words of a scramble are none",
        )
    }
}

impl Sound for Hallucinations {
    fn wrong(&self) -> Option<&'static str> {
        let often = |one: Visions| part(one.chance) && span(one.pause_seconds);
        let kinds = [&self.phantoms, &self.voices, &self.tells, &self.overlays];
        let said = |text: &String| (1..=VISION_CHARS_MAX).contains(&text.trim().chars().count());
        unless(
            [self.uneasy, self.fractured, self.deranged]
                .into_iter()
                .all(often)
                && part(self.phantom)
                && part(self.tell),
            "a probability of hallucinations is not within 0 to 1, or a pause not within a year",
        )
        .or_else(|| {
            unless(
                kinds.into_iter().flatten().all(said),
                "a text of the hallucinations is not 1 to 300 characters long",
            )
        })
        .or_else(|| {
            unless(
                self.voices.is_empty() == self.tells.is_empty(),
                "voices need something to tell, and what is told a voice",
            )
        })
    }
}
