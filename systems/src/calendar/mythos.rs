//! From the wall clock to a Mythos date.

use std::fmt;

use engine::port::WorldTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::macros::datetime;

/// The real moment at which Mythos time shows [`MYTHOS_EPOCH`], in microseconds of the Unix epoch.
const WALL_EPOCH: i128 = datetime!(2025-01-01 00:00 UTC).unix_timestamp() as i128 * 1_000_000;
/// What the Mythos clock showed then.
const MYTHOS_EPOCH: OffsetDateTime = datetime!(1930-01-01 00:00 UTC);
/// Mythos time runs 48/5 = 9.6 times as fast, kept as a fraction so that no hour drifts.
const RATIO: (i128, i128) = (48, 5);
/// The week has six days.
pub(super) const DAYS: [&str; 6] = [
    "Primus", "Secundus", "Tertius", "Quartus", "Quintus", "Sextus",
];

/// A moment of Mythos time, to the microsecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MythosTime(OffsetDateTime);

/// A quarter of the Mythos year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Season {
    /// December to February.
    Winter,
    /// March to May.
    Spring,
    /// June to August.
    Summer,
    /// September to November.
    Autumn,
}

impl MythosTime {
    /// The Mythos time when the wall clock shows `wall`. Stands still at the end of the year 9999.
    #[must_use]
    pub fn at(wall: WorldTime) -> Self {
        let passed = (i128::from(wall.0) - WALL_EPOCH) * RATIO.0;
        let micros = passed.div_euclid(RATIO.1);
        let nanos = MYTHOS_EPOCH.unix_timestamp_nanos() + micros * 1_000;
        Self(
            OffsetDateTime::from_unix_timestamp_nanos(nanos)
                .unwrap_or(datetime!(9999-12-31 23:59:59 UTC)),
        )
    }

    /// Whole Mythos hours since 1930-01-01T00:00; negative before.
    #[must_use]
    pub const fn hours(&self) -> i64 {
        (self.0.unix_timestamp() - MYTHOS_EPOCH.unix_timestamp()).div_euclid(3_600)
    }

    /// Midnight of a date, as [`hours`](Self::hours). A date that does not exist counts as the
    /// first of its year.
    pub(super) fn midnight(year: i32, month: u8, day: u8) -> i64 {
        let date = time::Month::try_from(month)
            .ok()
            .and_then(|month| time::Date::from_calendar_date(year, month, day).ok())
            .or_else(|| time::Date::from_ordinal_date(year, 1).ok());
        date.map_or(i64::MAX, |date| Self(date.midnight().assume_utc()).hours())
    }

    /// The moment a Mythos hour before.
    pub(super) fn an_hour_ago(self) -> Self {
        Self(self.0.saturating_sub(time::Duration::HOUR))
    }

    /// The name of the day before.
    pub(super) fn yesterday(&self) -> &'static str {
        let before = self.0.date().previous_day().unwrap_or(time::Date::MIN);
        DAYS[(usize::from(before.day()) - 1) % DAYS.len()]
    }

    /// The year.
    #[must_use]
    pub const fn year(&self) -> i32 {
        self.0.year()
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(&self) -> u8 {
        self.0.month().into()
    }

    /// The month's name.
    #[must_use]
    pub fn month_name(&self) -> String {
        self.0.month().to_string()
    }

    /// The day of the month, 1 to 31.
    #[must_use]
    pub const fn day(&self) -> u8 {
        self.0.day()
    }

    /// The hour of the day, 0 to 23.
    #[must_use]
    pub const fn hour(&self) -> u8 {
        self.0.hour()
    }

    /// The minute of the hour, 0 to 59.
    #[must_use]
    pub const fn minute(&self) -> u8 {
        self.0.minute()
    }

    /// The name of the day in the six-day week; every month begins with Primus.
    #[must_use]
    pub const fn day_name(&self) -> &'static str {
        DAYS[(self.day() as usize - 1) % DAYS.len()]
    }

    /// The week of the month, counted from 1.
    #[must_use]
    pub const fn week_of_month(&self) -> u8 {
        (self.day() - 1) / 6 + 1
    }

    /// The season.
    #[must_use]
    pub fn season(&self) -> Season {
        match self.month() {
            3..=5 => Season::Spring,
            6..=8 => Season::Summer,
            9..=11 => Season::Autumn,
            _ => Season::Winter,
        }
    }

    /// The clock's label: `HH:MM Mythos`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{:02}:{:02} Mythos", self.hour(), self.minute())
    }
}

/// As ISO 8601, to the second: `1930-01-01T00:00:00Z`.
impl fmt::Display for MythosTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = (self.year(), self.month(), self.day());
        let (hour, minute, second) = self.0.to_hms();
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

impl Season {
    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Winter => "winter",
            Self::Spring => "spring",
            Self::Summer => "summer",
            Self::Autumn => "autumn",
        }
    }
}
