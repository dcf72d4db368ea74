//! Holidays and schedules: what the year and the day bring, as written in `calendar.toml`.

use engine::content::{self, At, Content};
use engine::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::daypart::Dayparts;
use super::mythos::DAYS;
use super::{Daylight, Daypart, MythosTime, Season};

/// Every holiday and every schedule, and when it is day.
#[derive(Resource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Observances {
    /// When it is day, for flux, descriptions, hazards and sights.
    pub(super) daylight: Daylight,
    /// The parts of the day with a name; of two that claim an hour the first of these counts.
    dayparts: Dayparts,
    /// Mythos hours that a holiday is kept at most, whatever its `duration_hours`
    #[schemars(range(min = 1, max = 168))]
    holiday_hours_max: u16,
    /// how many coming holidays are told
    #[schemars(range(min = 0, max = 10))]
    holidays_ahead: usize,
    /// Days that are kept each year.
    holidays: Vec<Holiday>,
    /// What is done at which hours.
    schedules: Vec<Schedule>,
}

impl Default for Observances {
    fn default() -> Self {
        Self {
            daylight: Daylight::default(),
            dayparts: Dayparts::default(),
            holiday_hours_max: 48,
            holidays_ahead: 3,
            holidays: Vec::new(),
            schedules: Vec::new(),
        }
    }
}

/// A day that is kept each year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// Its word.
    #[schemars(extend("x-bounds" = "a word, once"))]
    pub id: String,
    /// What people call it.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// Whose it is.
    #[schemars(length(max = 200))]
    pub tradition: String,
    /// The month, 1 to 12.
    #[schemars(range(min = 1, max = 12))]
    pub month: u8,
    /// The day of the month.
    #[schemars(range(min = 1, max = 31))]
    pub day: u8,
    /// How many Mythos hours it lasts; it begins at midnight. Above the
    /// world's `holiday_hours_max` (48) counts as that.
    #[schemars(range(min = 1, max = 168))]
    pub duration_hours: u16,
    /// The season it belongs to.
    pub season: Season,
    /// Words that rules can look for.
    #[schemars(extend("x-bounds" = "a list of words", "x-usual" = "none"))]
    #[serde(default)]
    pub bonus_tags: Vec<String>,
}

/// What is done at which hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Its word.
    #[schemars(extend("x-bounds" = "a word, once"))]
    pub id: String,
    /// What people call it.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// What kind of thing it is.
    #[schemars(length(max = 200))]
    pub category: String,
    /// The hour it begins, 0 to 23.
    #[schemars(range(min = 0, max = 23))]
    pub start_hour: u8,
    /// The hour it is over, 1 to 24; before `start_hour`: on the day after.
    #[schemars(range(min = 1, max = 24))]
    pub end_hour: u8,
    /// The days it is kept; none: every day.
    #[schemars(extend("x-bounds" = "`Primus` to `Sextus`", "x-usual" = "every day"))]
    #[serde(default)]
    pub days: Vec<String>,
    /// Whom it concerns.
    #[schemars(extend("x-bounds" = "a list of words", "x-usual" = "none"))]
    #[serde(default)]
    pub applies_to: Vec<String>,
    /// What comes of it.
    #[schemars(extend("x-bounds" = "a list of words", "x-usual" = "none"))]
    #[serde(default)]
    pub effects: Vec<String>,
    /// For those who keep the calendar.
    #[schemars(length(max = 2000))]
    #[serde(default)]
    pub notes: String,
}

impl content::Rules for Observances {
    fn check(&mut self, at: &At<'_>) {
        if let Some(mistake) = self.daylight.mistake() {
            at.key("daylight").problem(mistake);
        }
        if let Some(mistake) = self.dayparts.mistake() {
            at.key("dayparts").problem(mistake);
        }
        for (index, one) in self.holidays.iter().enumerate() {
            let twice = self.holidays[..index]
                .iter()
                .any(|other| other.id == one.id);
            let twice = twice.then_some("its id is another's, too");
            if let Some(mistake) = one.mistake().or(twice) {
                let message = format!("holiday `{}`: {mistake}", one.id);
                at.key("holidays").item(index).problem(message);
            }
        }
        for (index, one) in self.schedules.iter().enumerate() {
            let twice = self.schedules[..index]
                .iter()
                .any(|other| other.id == one.id);
            let twice = twice.then_some("its id is another's, too");
            if let Some(mistake) = one.mistake().or(twice) {
                let message = format!("schedule `{}`: {mistake}", one.id);
                at.key("schedules").item(index).problem(message);
            }
        }
    }
}

impl Observances {
    /// When it is day.
    pub(super) fn daylight(content: &Content) -> Daylight {
        content
            .get::<Self>()
            .map_or_else(Daylight::default, |all| all.daylight)
    }

    /// Whether there is a holiday of this id.
    #[must_use]
    pub fn has_holiday(&self, id: &str) -> bool {
        self.holidays.iter().any(|one| one.id == id)
    }

    /// Whether there is a schedule of this id.
    #[must_use]
    pub fn has_schedule(&self, id: &str) -> bool {
        self.schedules.iter().any(|one| one.id == id)
    }

    /// The part of the day that it is.
    #[must_use]
    pub fn daypart(&self, now: MythosTime) -> Daypart {
        self.dayparts.at(now, self.daylight)
    }

    /// The holidays that are kept now.
    pub fn active(&self, now: MythosTime) -> impl Iterator<Item = &Holiday> {
        self.holidays.iter().filter(move |one| {
            let began = one.began(now);
            now.hours() < began + i64::from(one.duration_hours.min(self.holiday_hours_max))
        })
    }

    /// The holidays that come next, the nearest first; three at most, unless the world says
    /// otherwise.
    #[must_use]
    pub fn upcoming(&self, now: MythosTime) -> Vec<&Holiday> {
        let mut ahead: Vec<(i64, &Holiday)> = self
            .holidays
            .iter()
            .map(|one| (one.begins(now), one))
            .collect();
        ahead.sort_by(|(at, one), (other_at, other)| (at, &one.id).cmp(&(other_at, &other.id)));
        ahead.truncate(self.holidays_ahead);
        ahead.into_iter().map(|(_, one)| one).collect()
    }

    /// The schedules that are kept at this hour.
    pub fn scheduled(&self, now: MythosTime) -> impl Iterator<Item = &Schedule> {
        self.schedules.iter().filter(move |one| one.holds(now))
    }
}

impl Holiday {
    /// The holiday of the examples.
    pub(super) fn example() -> Self {
        Self {
            id: "yule".to_owned(),
            name: "Yule".to_owned(),
            tradition: "church".to_owned(),
            month: 12,
            day: 25,
            duration_hours: 48,
            season: Season::Winter,
            bonus_tags: vec!["light".to_owned()],
        }
    }

    fn mistake(&self) -> Option<&'static str> {
        if self.id.is_empty() || self.name.trim().is_empty() {
            return Some("it has no id or no name");
        }
        // February has 28 days every year; a holiday on the 29th would be kept once in four.
        let longest = match self.month {
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return Some("there are 12 months"),
        };
        if !(1..=longest).contains(&self.day) {
            return Some("its month has no such day in every year");
        }
        (!(1..=168).contains(&self.duration_hours)).then_some("it does not last 1 to 168 hours")
    }

    /// The hour at which it began last, as [`MythosTime::hours`].
    fn began(&self, now: MythosTime) -> i64 {
        let this = MythosTime::midnight(now.year(), self.month, self.day);
        if this <= now.hours() {
            this
        } else {
            MythosTime::midnight(now.year() - 1, self.month, self.day)
        }
    }

    /// The hour at which it begins next.
    fn begins(&self, now: MythosTime) -> i64 {
        let this = MythosTime::midnight(now.year(), self.month, self.day);
        if this > now.hours() {
            this
        } else {
            MythosTime::midnight(now.year() + 1, self.month, self.day)
        }
    }
}

impl Schedule {
    /// The schedule of the examples.
    pub(super) fn example() -> Self {
        Self {
            id: "night_watch".to_owned(),
            name: "the night watch".to_owned(),
            category: "police".to_owned(),
            start_hour: 21,
            end_hour: 5,
            days: Vec::new(),
            applies_to: vec!["downtown".to_owned()],
            effects: vec!["patrols".to_owned()],
            notes: String::new(),
        }
    }

    fn mistake(&self) -> Option<&'static str> {
        if self.id.is_empty() || self.name.trim().is_empty() {
            return Some("it has no id or no name");
        }
        if self.start_hour > 23
            || !(1..=24).contains(&self.end_hour)
            || self.start_hour == self.end_hour
        {
            return Some("it does not begin at hour 0 to 23 and end at another, 1 to 24");
        }
        let known = |day: &String| DAYS.contains(&day.as_str());
        (!self.days.iter().all(known)).then_some("the days are Primus to Sextus")
    }

    fn holds(&self, now: MythosTime) -> bool {
        let hour = now.hour();
        let kept = |day: &str| self.days.is_empty() || self.days.iter().any(|one| one == day);
        if self.start_hour < self.end_hour {
            return (self.start_hour..self.end_hour).contains(&hour) && kept(now.day_name());
        }
        // Past midnight it is still the evening before.
        let evening = hour >= self.start_hour && kept(now.day_name());
        let morning = hour < self.end_hour && kept(now.yesterday());
        evening || morning
    }
}
