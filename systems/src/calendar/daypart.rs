//! The parts of the Mythos day: which hours are dawn, dusk and the witching hour.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Daylight, MythosTime};

/// A part of the Mythos day; the hours in which the first three are kept are the world's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Daypart {
    /// 23:00 to 00:59.
    Witching,
    /// 05:00 to 06:59.
    Dawn,
    /// 18:00 to 19:59.
    Dusk,
    /// What else is light.
    Day,
    /// What else is dark.
    Night,
}

impl Daypart {
    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Witching => "witching",
            Self::Dawn => "dawn",
            Self::Day => "day",
            Self::Dusk => "dusk",
            Self::Night => "night",
        }
    }
}

/// Hours of the Mythos clock, from `starts` up to, not including, `ends`; past midnight where that
/// is the smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Hours {
    /// the first hour of it
    #[schemars(range(min = 0, max = 23))]
    starts: u8,
    /// the first hour after it; before `starts`: past midnight
    #[schemars(range(min = 1, max = 24))]
    ends: u8,
}

impl Hours {
    const fn hold(self, hour: u8) -> bool {
        if self.starts < self.ends {
            self.starts <= hour && hour < self.ends
        } else {
            self.starts <= hour || hour < self.ends
        }
    }

    const fn are_some(self) -> bool {
        self.starts != self.ends
    }
}

/// `dayparts` in `calendar.toml`. An hour that two of them claim is the witching hour before dawn,
/// and dawn before dusk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Dayparts {
    witching: Hours,
    dawn: Hours,
    dusk: Hours,
}

impl Default for Dayparts {
    fn default() -> Self {
        let hours = |starts, ends| Hours { starts, ends };
        Self {
            witching: hours(23, 1),
            dawn: hours(5, 7),
            dusk: hours(18, 20),
        }
    }
}

impl Dayparts {
    pub(super) fn mistake(self) -> Option<String> {
        let parts = [
            ("witching", self.witching),
            ("dawn", self.dawn),
            ("dusk", self.dusk),
        ];
        parts
            .iter()
            .find(|(_, hours)| !hours.are_some())
            .map(|(key, _)| format!("`dayparts.{key}` ends at the hour at which it starts"))
    }

    /// The part of the day that a moment belongs to.
    pub(super) fn at(self, time: MythosTime, daylight: Daylight) -> Daypart {
        let hour = time.hour();
        if self.witching.hold(hour) {
            Daypart::Witching
        } else if self.dawn.hold(hour) {
            Daypart::Dawn
        } else if self.dusk.hold(hour) {
            Daypart::Dusk
        } else if daylight.is_day(time) {
            Daypart::Day
        } else {
            Daypart::Night
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Observances;
    use crate::world::alone;
    use engine::port::WorldTime;

    fn load(text: &str) -> Result<Observances, Vec<String>> {
        alone("calendar.toml", text)
    }

    fn parts(all: &Observances) -> Vec<&'static str> {
        // Midnight of the Mythos clock, and 375 seconds to each of its hours.
        let midnight = 1_735_689_600_000_000;
        (0..24)
            .map(|hour| MythosTime::at(WorldTime(midnight + hour * 375_000_000)))
            .map(|time| all.daypart(time).word())
            .collect()
    }

    #[test]
    fn dayparts_follow_world_or_domain_defaults() {
        let usual = parts(&Observances::default());
        let mut expected = vec!["night"; 24];
        expected[7..18].fill("day");
        for (hour, part) in [(0, "witching"), (23, "witching"), (5, "dawn"), (6, "dawn")] {
            expected[hour] = part;
        }
        expected[18..20].fill("dusk");
        assert_eq!(usual, expected);
        let late = load(
            "daylight = { starts = 9, ends = 15 }\n[dayparts]\ndawn = { starts = 8, ends = 9 }\ndusk = { starts = 15, ends = 18 }\n",
        )
        .unwrap();
        let late = parts(&late);
        assert_eq!((late[7], late[8], late[9]), ("night", "dawn", "day"));
        assert_eq!((late[14], late[15], late[18]), ("day", "dusk", "night"));
        assert_eq!(
            (late[22], late[23], late[0]),
            ("night", "witching", "witching")
        );
    }

    #[test]
    fn empty_daypart_is_named_with_line() {
        for (hours, told) in [
            (
                "{ starts = 24, ends = 3 }",
                "3: `dayparts.dusk.starts` is 24",
            ),
            (
                "{ starts = 3, ends = 3 }",
                "2: `dayparts.dusk` ends at the hour",
            ),
            ("{ starts = 3, ends = 25 }", "3: `dayparts.dusk.ends` is 25"),
        ] {
            let problems = load(&format!("# Here.\n[dayparts]\ndusk = {hours}\n")).unwrap_err();
            assert!(
                problems[0].starts_with(&format!("calendar.toml:{told}")),
                "{problems:?}"
            );
        }
    }

    #[test]
    fn holiday_length_and_forecast_follow_world_rules() {
        for (text, told) in [
            (
                "holiday_hours_max = 0\n",
                "calendar.toml:1: `holiday_hours_max` is 0, not within 1 to 168",
            ),
            (
                "\nholidays_ahead = 11\n",
                "calendar.toml:2: `holidays_ahead` is 11, not within 0 to 10",
            ),
        ] {
            assert_eq!(load(text).unwrap_err(), [told]);
        }
        let days = |count: u8| {
            let day = |n| {
                format!(
                    "[[holidays]]\nid = \"d{n}\"\nname = \"D{n}\"\ntradition = \"\"\nmonth = 1\nday = {n}\nduration_hours = 60\nseason = \"winter\"\n"
                )
            };
            (1..=count).map(day).collect::<String>()
        };
        let fourth = MythosTime::at(WorldTime(1_735_689_600_000_000 + 3 * 9_000_000_000));
        let told = |text: &str| {
            let all = load(&format!("{text}{}", days(9))).unwrap();
            (all.active(fourth).count(), all.upcoming(fourth).len())
        };
        assert_eq!(told(""), (2, 3));
        assert_eq!(told("holiday_hours_max = 24\nholidays_ahead = 1\n"), (1, 1));
    }
}
