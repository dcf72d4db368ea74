//! Moments of the wall clock as clients read them.

use engine::prelude::*;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment as RFC 3339, whole seconds.
pub(crate) fn rfc3339(wall: WorldTime) -> String {
    let seconds = i64::try_from(wall.millis() / 1_000).unwrap_or(0);
    let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    moment.format(&Rfc3339).unwrap_or_default()
}
