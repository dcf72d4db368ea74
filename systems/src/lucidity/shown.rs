//! What is seen of a mind: by its owner in `status` and on the sheet, by everybody in the lists.

use engine::prelude::*;

use super::rules::Rules;
use super::{Lucidity, Psyche};
use crate::describe;

/// Says all of it.
pub(super) fn describe_minds(reg: &mut Registrar<'_>) {
    describe::mark::<Psyche>(reg, 15, |psyche| {
        let gone = psyche.catatonic_since.is_some();
        gone.then(|| "catatonic".to_owned())
    });
    describe::status::<(Lucidity,)>(reg, 40, |(mind,), revision| {
        let tier = revision.get::<Rules>()?.tier(*mind).word();
        let (points, cap) = (mind.points(), Lucidity::CAP);
        Some(format!("Mind: {tier} ({points} of {cap})"))
    });
    describe::status::<(Psyche,)>(reg, 50, |(psyche,), _| {
        let marks = psyche.liabilities.listed().join(", ").replace('_', " ");
        (!marks.is_empty()).then(|| format!("Marks: {marks}"))
    });
    describe::stats::<(Lucidity,)>(reg, |(mind,), _| {
        let (points, cap) = (mind.points(), Lucidity::CAP);
        vec![("lucidity", points.into()), ("max_lucidity", cap.into())]
    });
    describe::field::<(Lucidity,), _>(reg, "lucidity_tier", |(mind,), revision| {
        Some(revision.get::<Rules>()?.tier(*mind))
    });
    describe::field::<(Psyche,), _>(reg, "liabilities", |(psyche,), _| {
        Some(psyche.liabilities.listed())
    });
}
