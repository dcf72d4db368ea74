//! What people are told about the time.

use engine::port::SessionId;
use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Daypart, Holiday, MythosHour, MythosTime, Observances, Schedule, Season};
use crate::cast::WHEN;
use crate::command::{Needs, Usage, Verb, Words};

/// `mythos_time_update`: what time it is.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("mythos_time_update", prose = Self::told, replaces = "mythos_time_update", examples = Self::shown)]
pub struct MythosTimeUpdate {
    mythos_datetime: String,
    mythos_clock: String,
    month_name: String,
    day_of_month: u8,
    day_name: &'static str,
    week_of_month: u8,
    season: Season,
    daypart: Daypart,
    is_daytime: bool,
    is_witching_hour: bool,
    server_timestamp: String,
    active_holidays: Vec<Holiday>,
    /// The next three, or as many as the world tells.
    upcoming_holidays: Vec<Holiday>,
    active_schedules: Vec<Schedule>,
    /// What is to be read where a part of the day or a holiday has just begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl MythosTimeUpdate {
    /// The time when the wall clock shows `wall`.
    #[must_use]
    pub fn at(wall: WorldTime, observances: &Observances) -> Self {
        let now = MythosTime::at(wall);
        let daypart = observances.daypart(now);
        let server = OffsetDateTime::from_unix_timestamp_nanos(i128::from(wall.0) * 1_000)
            .ok()
            .and_then(|wall| wall.format(&Rfc3339).ok());
        Self {
            mythos_datetime: now.to_string(),
            mythos_clock: now.label(),
            month_name: now.month_name(),
            day_of_month: now.day(),
            day_name: now.day_name(),
            week_of_month: now.week_of_month(),
            season: now.season(),
            daypart,
            is_daytime: observances.daylight.is_day(now),
            is_witching_hour: daypart == Daypart::Witching,
            server_timestamp: server.unwrap_or_default(),
            active_holidays: observances.active(now).cloned().collect(),
            upcoming_holidays: observances.upcoming(now).into_iter().cloned().collect(),
            active_schedules: observances.scheduled(now).cloned().collect(),
            message: None,
        }
    }

    /// The same, said at the stroke of the hour, when it was `before`: there is something to read of it when a part of
    /// the day or a holiday begins.
    fn striking(mut self, hour: u8, before: Daypart) -> Self {
        let begins = (self.daypart != before).then(|| begun(self.daypart).to_owned());
        // Every holiday begins at midnight, which the hour before belongs to no longer.
        let mut opening = self.active_holidays.iter();
        let opens = opening
            .find(|one| hour == 0 && one.day == self.day_of_month)
            .map(|one| format!("Today is {}.", one.name));
        let words: Vec<String> = begins.into_iter().chain(opens).collect();
        self.message = (!words.is_empty()).then(|| words.join("\n"));
        self
    }
}

/// What is read when a part of the day begins.
const fn begun(part: Daypart) -> &'static str {
    match part {
        Daypart::Dawn => "The sky pales. It is dawn.",
        Daypart::Day => "The day has begun.",
        Daypart::Dusk => "The light goes. It is dusk.",
        Daypart::Night => "Night lies over everything.",
        Daypart::Witching => "Somewhere a clock strikes. It is the witching hour.",
    }
}

impl MythosTimeUpdate {
    /// What a text client reads.
    fn told(&self) -> Option<Prose> {
        Some(Prose::of(Ink::Faint, self.message.clone()?))
    }
}

impl MythosTimeUpdate {
    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        let mut dawn = Self::at(WHEN, &Observances::default());
        dawn.upcoming_holidays = vec![Holiday::example()];
        dawn.active_schedules = vec![Schedule::example()];
        dawn.message = Some(begun(dawn.daypart).to_owned());
        vec![dawn]
    }
}

/// Tells those who came what time it is, and everybody when an hour has struck; nobody twice.
pub(super) fn tell(
    mut hours: MessageReader<MythosHour>,
    mut newcomers: Newcomers<'_, '_>,
    online: Query<&Online>,
    clock: Res<Clock>,
    observances: Res<Observances>,
    mut outbox: ResMut<Outbox>,
) {
    let came = newcomers.read();
    let came = came.iter().filter_map(|(_, one)| online.get(*one).ok());
    // However many hours have struck, only the time it is now is worth telling.
    let struck = hours.read().count() > 0;
    let mut sessions: Vec<SessionId> = if struck {
        online.iter().map(|online| online.session).collect()
    } else {
        came.map(|online| online.session).collect()
    };
    if sessions.is_empty() {
        return;
    }
    sessions.sort_unstable();
    sessions.dedup();
    let mut note = MythosTimeUpdate::at(clock.wall(), &observances);
    if struck {
        let now = MythosTime::at(clock.wall());
        note = note.striking(now.hour(), observances.daypart(now.an_hour_ago()));
    }
    outbox.tell(Audience::Many(sessions.into()), note);
}

/// `time`
#[derive(Message, Debug)]
pub(super) struct Time(Order);

impl Verb for Time {
    const WORDS: &'static [&'static str] = &["time"];
    const USAGE: &'static str = "time";
    const HELP: &'static str = "Tells the hour and the date. An hour in Arkham passes in six and a quarter minutes of yours.";
    const NEEDS: Needs = Needs::NOTHING;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self(order))
    }
}

impl Observances {
    /// What time it is, as people say it.
    #[must_use]
    pub fn sentence(&self, now: MythosTime) -> String {
        format!(
            "It is {}, on {} the {} of {} {}: {}, {}.",
            now.label(),
            now.day_name(),
            ordinal(now.day()),
            now.month_name(),
            now.year(),
            now.season().word(),
            self.daypart(now).word(),
        )
    }
}

/// Answers what time it is.
pub(super) fn time(
    mut asked: MessageReader<Time>,
    clock: Res<Clock>,
    observances: Res<Observances>,
    mut answers: MessageWriter<Answer>,
) {
    for Time(order) in asked.read() {
        let now = MythosTime::at(clock.wall());
        let mut text = observances.sentence(now);
        let list = |names: Vec<&str>| names.join(", ");
        let kept = list(
            observances
                .active(now)
                .map(|one| one.name.as_str())
                .collect(),
        );
        if !kept.is_empty() {
            text.push_str(&format!("\nToday: {kept}"));
        }
        let done = list(
            observances
                .scheduled(now)
                .map(|one| one.name.as_str())
                .collect(),
        );
        if !done.is_empty() {
            text.push_str(&format!("\nAt this hour: {done}"));
        }
        if let [next, ..] = observances.upcoming(now)[..] {
            let day = ordinal(next.day);
            let month = time::Month::try_from(next.month)
                .map_or_else(|_| String::new(), |month| month.to_string());
            text.push_str(&format!("\nNext: {}, on the {day} of {month}", next.name));
        }
        let data = MythosTimeUpdate::at(clock.wall(), &observances);
        answers.write(Answer::with_data(*order, text, data));
    }
}

impl CommandResult for MythosTimeUpdate {
    const KIND: &'static str = "time";

    fn examples() -> Vec<Self> {
        vec![Self::at(WHEN, &Observances::default())]
    }
}

fn ordinal(day: u8) -> String {
    let ending = match (day % 10, day / 10) {
        (1, 0 | 2 | 3) => "st",
        (2, 0 | 2) => "nd",
        (3, 0 | 2) => "rd",
        _ => "th",
    };
    format!("{day}{ending}")
}
