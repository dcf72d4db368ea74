//! When it is day: the one place that says so, for the mind, the eye and whatever comes by night.

use engine::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MythosTime;

/// The hours of the Mythos clock that are day, as `daylight` in `calendar.toml`.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Daylight {
    /// the first hour of the day
    #[schemars(range(min = 0, max = 23))]
    pub starts: u8,
    /// the first hour that is night again
    #[schemars(range(min = 1, max = 24))]
    pub ends: u8,
}

impl Default for Daylight {
    fn default() -> Self {
        Self {
            starts: 6,
            ends: 18,
        }
    }
}

impl Daylight {
    /// Whether the sun is up.
    #[must_use]
    pub const fn is_day(self, time: MythosTime) -> bool {
        self.lights(time.hour())
    }

    /// Whether the sun is down.
    #[must_use]
    pub const fn is_night(self, time: MythosTime) -> bool {
        !self.is_day(time)
    }

    /// Whether the sun is down in an hour, as [`MythosTime::hours`].
    pub(crate) const fn is_night_at(self, hour: i64) -> bool {
        !self.lights(hour.rem_euclid(24) as u8)
    }

    pub(super) fn mistake(self) -> Option<&'static str> {
        let holds = self.starts < self.ends && self.ends <= 24;
        (!holds).then_some("the day does not end after it starts, by 24 at the latest")
    }

    const fn lights(self, hour: u8) -> bool {
        self.starts <= hour && hour < self.ends
    }
}

#[cfg(test)]
mod tests {
    use crate::calendar::Observances;
    use crate::world::alone;

    #[test]
    fn endless_day_is_mistake_with_line() {
        for (text, sound) in [
            ("daylight = { starts = 0, ends = 24 }", true),
            ("daylight = { starts = 18, ends = 6 }", false),
            ("daylight = { starts = 6, ends = 25 }", false),
        ] {
            let file = format!("# By the Mythos clock.\n{text}\n");
            let told = alone::<Observances>("calendar.toml", &file).err();
            assert_eq!(told.is_none(), sound, "{text}");
        }
    }
}
