//! What a zone or sub-zone has instead of what its rooms would have.

use std::ops::RangeInclusive;

use serde::Deserialize;
use toml::Spanned;

use super::source::{Problem, Source};

/// A flux in points per Mythos minute: half the scale at once is surely a slip.
pub(crate) const FLUX: RangeInclusive<f64> = -100.0..=100.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpecialRules {
    lucidity_drain_rate: Option<Spanned<f64>>,
}

impl SpecialRules {
    /// The drain rate, if one is written.
    pub(super) fn drain_rate(self, source: &Source, problems: &mut Vec<Problem>) -> Option<f64> {
        let rate = self.lucidity_drain_rate?;
        if !FLUX.contains(rate.as_ref()) {
            let message = format!(
                "a drain rate of {} is not within -100 to 100",
                rate.as_ref()
            );
            problems.push(source.problem(&rate.span(), message));
        }
        Some(rate.into_inner())
    }
}
