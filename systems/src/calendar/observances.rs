//! Holidays and schedules: what the year and the day bring, as written in `calendar.toml`.

use engine::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::daypart::Dayparts;
use super::mythos::DAYS;
use super::{Daylight, Daypart, MythosTime, Season};
use crate::world::{Problem, Source};

/// Where they are written.
const PATH: &str = "calendar.toml";

/// Every holiday and every schedule, and when it is day.
#[derive(Resource, Clone, Debug, PartialEq)]
pub struct Observances {
    pub(super) daylight: Daylight,
    dayparts: Dayparts,
    /// However long a holiday is written, nobody keeps it longer than this, in Mythos hours.
    hours_max: u16,
    /// How many holidays ahead are told.
    ahead: usize,
    holidays: Vec<Holiday>,
    schedules: Vec<Schedule>,
}

impl Default for Observances {
    fn default() -> Self {
        Self {
            daylight: Daylight::default(),
            dayparts: Dayparts::default(),
            hours_max: 48,
            ahead: 3,
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
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whose it is.
    pub tradition: String,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day of the month.
    pub day: u8,
    /// How many Mythos hours it lasts; it begins at midnight. Above the
    /// world's `holiday_hours_max` (48) counts as that.
    pub duration_hours: u16,
    /// The season it belongs to.
    pub season: Season,
    /// Words that rules can look for.
    #[serde(default)]
    pub bonus_tags: Vec<String>,
}

/// What is done at which hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Its word.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What kind of thing it is.
    pub category: String,
    /// The hour it begins, 0 to 23.
    pub start_hour: u8,
    /// The hour it is over, 1 to 24; before `start_hour`: on the day after.
    pub end_hour: u8,
    /// The days it is kept; none: every day.
    #[serde(default)]
    pub days: Vec<String>,
    /// Whom it concerns.
    #[serde(default)]
    pub applies_to: Vec<String>,
    /// What comes of it.
    #[serde(default)]
    pub effects: Vec<String>,
    /// For those who keep the calendar.
    #[serde(default)]
    pub notes: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    daylight: Option<Spanned<Daylight>>,
    dayparts: Option<Spanned<Dayparts>>,
    holiday_hours_max: Option<Spanned<u16>>,
    holidays_ahead: Option<Spanned<usize>>,
    #[serde(default)]
    holidays: Vec<Spanned<Holiday>>,
    #[serde(default)]
    schedules: Vec<Spanned<Schedule>>,
}

impl Observances {
    /// Reads and checks them; a world without the file keeps none.
    pub(crate) fn load(sources: &[Source], problems: &mut Vec<Problem>) -> Self {
        let Some((source, written)) = Source::find::<Written>(sources, PATH, problems) else {
            return Self::default();
        };
        let mut all = Self::default();
        if let Some(daylight) = written.daylight {
            if let Some(mistake) = daylight.as_ref().mistake() {
                problems.push(source.problem(&daylight.span(), mistake));
            }
            all.daylight = daylight.into_inner();
        }
        if let Some(dayparts) = written.dayparts {
            if let Some(mistake) = dayparts.as_ref().mistake() {
                problems.push(source.problem(&dayparts.span(), mistake));
            }
            all.dayparts = dayparts.into_inner();
        }
        let (hours, ahead) = (written.holiday_hours_max, written.holidays_ahead);
        let (key, into) = ("holiday_hours_max", &mut all.hours_max);
        source.take(key, hours, 1..=168, into, problems);
        source.take("holidays_ahead", ahead, 0..=10, &mut all.ahead, problems);
        for entry in written.holidays {
            let span = entry.span();
            let one = entry.into_inner();
            let twice = all.holidays.iter().any(|other| other.id == one.id);
            let mistake = one
                .mistake()
                .or(twice.then_some("its id is another's, too"));
            if let Some(mistake) = mistake {
                let message = format!("holiday `{}`: {mistake}", one.id);
                problems.push(source.problem(&span, message));
            }
            all.holidays.push(one);
        }
        for entry in written.schedules {
            let span = entry.span();
            let one = entry.into_inner();
            let twice = all.schedules.iter().any(|other| other.id == one.id);
            let mistake = one
                .mistake()
                .or(twice.then_some("its id is another's, too"));
            if let Some(mistake) = mistake {
                let message = format!("schedule `{}`: {mistake}", one.id);
                problems.push(source.problem(&span, message));
            }
            all.schedules.push(one);
        }
        all
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
            now.hours() < began + i64::from(one.duration_hours.min(self.hours_max))
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
        ahead.truncate(self.ahead);
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
