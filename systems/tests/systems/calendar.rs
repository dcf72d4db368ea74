//! Mythos time, and who is told of it when.

use bevy_ecs::prelude::*;
use engine::port::{Inbound, WorldTime};
use engine::prelude::*;
use engine::stage::{STAGE_START, SavedRows, Stage};
use proptest::prelude::*;
use serde_json::json;
use systems::calendar::{Daylight, MythosHour, MythosTime, Observances};
use systems::lucidity::MYTHOS_MINUTE;

use crate::town::{Town, before, clock};

/// Every hour that struck.
#[derive(Resource, Default)]
struct Struck(Vec<i64>);

fn listening(reg: &mut Registrar<'_>) {
    reg.resource(Struck::default()).scratch::<Struck>().system(
        Phase::Settle,
        |mut hours: MessageReader<MythosHour>, mut struck: ResMut<Struck>| {
            struck.0.extend(hours.read().map(|one| one.hour));
        },
    );
}

fn scene(saved: SavedRows, now: WorldTime) -> Stage {
    Town::of(&[("here", "outdoors")]).stage_with(listening, saved, now)
}

fn struck(stage: &mut Stage) -> Vec<i64> {
    std::mem::take(&mut stage.engine().world().resource_mut::<Struck>().0)
}

#[test]
fn calendar_matches_almanac() {
    let daylight = Daylight::default();
    let observances = Observances::default();
    let days = |days: u64| WorldTime(STAGE_START.0 + days * 9_000_000_000);
    let plus = |time: WorldTime, minutes: u64| WorldTime(time.0 + minutes * 6_250_000);
    for (wall, iso, label, day, week, season, daypart, light) in [
        (
            days(0),
            "1930-01-01T00:00:00Z",
            "00:00 Mythos",
            "Primus",
            1,
            "winter",
            "witching",
            false,
        ),
        (
            plus(days(0), 59),
            "1930-01-01T00:59:00Z",
            "00:59 Mythos",
            "Primus",
            1,
            "winter",
            "witching",
            false,
        ),
        (
            plus(days(0), 60),
            "1930-01-01T01:00:00Z",
            "01:00 Mythos",
            "Primus",
            1,
            "winter",
            "night",
            false,
        ),
        (
            plus(days(5), 300),
            "1930-01-06T05:00:00Z",
            "05:00 Mythos",
            "Sextus",
            1,
            "winter",
            "dawn",
            false,
        ),
        (
            plus(days(5), 360),
            "1930-01-06T06:00:00Z",
            "06:00 Mythos",
            "Sextus",
            1,
            "winter",
            "dawn",
            true,
        ),
        (
            plus(days(6), 420),
            "1930-01-07T07:00:00Z",
            "07:00 Mythos",
            "Primus",
            2,
            "winter",
            "day",
            true,
        ),
        (
            plus(days(30), 1_079),
            "1930-01-31T17:59:00Z",
            "17:59 Mythos",
            "Primus",
            6,
            "winter",
            "day",
            true,
        ),
        (
            plus(days(31), 1_080),
            "1930-02-01T18:00:00Z",
            "18:00 Mythos",
            "Primus",
            1,
            "winter",
            "dusk",
            false,
        ),
        (
            plus(days(59), 1_200),
            "1930-03-01T20:00:00Z",
            "20:00 Mythos",
            "Primus",
            1,
            "spring",
            "night",
            false,
        ),
        (
            plus(days(151), 1_380),
            "1930-06-01T23:00:00Z",
            "23:00 Mythos",
            "Primus",
            1,
            "summer",
            "witching",
            false,
        ),
        (
            plus(days(243), 1_439),
            "1930-09-01T23:59:00Z",
            "23:59 Mythos",
            "Primus",
            1,
            "autumn",
            "witching",
            false,
        ),
        (
            days(334),
            "1930-12-01T00:00:00Z",
            "00:00 Mythos",
            "Primus",
            1,
            "winter",
            "witching",
            false,
        ),
        (
            days(365),
            "1931-01-01T00:00:00Z",
            "00:00 Mythos",
            "Primus",
            1,
            "winter",
            "witching",
            false,
        ),
        // 1932 is a leap year.
        (
            days(365 * 2 + 59),
            "1932-02-29T00:00:00Z",
            "00:00 Mythos",
            "Quintus",
            5,
            "winter",
            "witching",
            false,
        ),
        // A wall clock that is wrong by a day.
        (
            WorldTime(STAGE_START.0 - 9_000_000_000),
            "1929-12-31T00:00:00Z",
            "00:00 Mythos",
            "Primus",
            6,
            "winter",
            "witching",
            false,
        ),
    ] {
        let time = MythosTime::at(wall);
        assert_eq!(time.to_string(), iso);
        assert_eq!(time.label(), label, "{iso}");
        assert_eq!(
            (time.day_name(), time.week_of_month()),
            (day, week),
            "{iso}"
        );
        assert_eq!(
            (time.season().word(), observances.daypart(time).word()),
            (season, daypart),
            "{iso}"
        );
        assert_eq!(
            (daylight.is_day(time), daylight.is_night(time)),
            (light, !light),
            "{iso}"
        );
    }
}

#[test]
fn hour_begins_at_first_microsecond() {
    let hour = WorldTime(STAGE_START.0 + 375_000_000);
    assert_eq!(MythosTime::at(hour).hours(), 1);
    assert_eq!(MythosTime::at(WorldTime(hour.0 - 1)).hours(), 0);
    assert_eq!(MythosTime::at(WorldTime(STAGE_START.0 - 1)).hours(), -1);
    // No clock is so wrong that the calendar has no answer.
    assert_eq!(MythosTime::at(WorldTime(u64::MAX)).year(), 9999);
    assert!(MythosTime::at(WorldTime(0)).year() < 1930);
}

#[test]
fn every_hour_strikes_once() {
    let mut stage = scene(SavedRows::new(), clock(3, 30)).at_hz(1);
    stage.pass(MYTHOS_MINUTE * 149);
    assert_eq!(struck(&mut stage), [3, 4, 5]);
    // A tick that is three hours late strikes them all.
    stage.tick_at(clock(8, 59));
    assert_eq!(struck(&mut stage), [6, 7, 8]);
    stage.tick_at(clock(9, 0));
    stage.tick_at(clock(9, 0));
    assert_eq!(struck(&mut stage), [9]);
}

#[test]
fn restart_strikes_only_missed_hours() {
    let mut stage = scene(SavedRows::new(), clock(3, 30)).at_hz(1);
    stage.pass(MYTHOS_MINUTE * 40);
    assert_eq!(struck(&mut stage), [3, 4]);
    let saved = stage.saved().clone();

    let mut soon = scene(saved.clone(), stage.now()).at_hz(1);
    soon.pass(MYTHOS_MINUTE * 60);
    assert_eq!(struck(&mut soon), [5]);

    let mut late = scene(saved, clock(9, 59)).at_hz(1);
    late.pass(MYTHOS_MINUTE * 2);
    assert_eq!(struck(&mut late), [5, 6, 7, 8, 9, 10]);
    let saved = late.saved().clone();

    let mut days_later = scene(saved, clock(99, 30));
    days_later.tick();
    assert_eq!(struck(&mut days_later), (76..=99).collect::<Vec<_>>());
}

#[test]
fn newcomer_hears_time_once_and_returner_never() {
    let mut stage = scene(SavedRows::new(), clock(14, 5));
    stage.enter("Ann");
    let told = stage.ears("Ann").events("mythos_time_update");
    assert_eq!(
        told,
        [json!({
            "mythos_datetime": "1930-01-01T14:05:00Z",
            "mythos_clock": "14:05 Mythos",
            "month_name": "January",
            "day_of_month": 1,
            "day_name": "Primus",
            "week_of_month": 1,
            "season": "winter",
            "daypart": "day",
            "is_daytime": true,
            "is_witching_hour": false,
            "server_timestamp": "2025-01-01T01:28:01.35Z",
            "active_holidays": [],
            "upcoming_holidays": [],
            "active_schedules": [],
        })]
    );
    let session = stage.session("Ann");
    stage.inbound(Inbound::Lost { session });
    stage.tick();
    let correlation = engine::port::Correlation(7);
    stage.inbound(Inbound::Return {
        session,
        correlation,
    });
    stage.tick();
    assert!(stage.ears("Ann").events("mythos_time_update").is_empty());
}

#[test]
fn hour_is_told_once_even_to_arrivals() {
    let mut stage = scene(
        SavedRows::new(),
        before(clock(18, 0), Duration::from_secs(10)),
    );
    stage.enter("Ann");
    stage.enter("Bea");
    for name in ["Ann", "Bea"] {
        stage.ears(name);
    }
    // Cal's character is asked for in the next tick and there in the one in which the clock strikes.
    stage.tick_at(before(clock(18, 0), Duration::from_millis(100)));
    stage.enter("Cal");
    stage.pass(Duration::from_millis(100));
    let mut stage = stage.at_hz(1);
    stage.pass(MYTHOS_MINUTE * 59);
    for name in ["Ann", "Bea", "Cal"] {
        let ears = stage.ears(name);
        let told = ears.events("mythos_time_update");
        let times: Vec<_> = told.iter().map(|one| &one["mythos_clock"]).collect();
        assert_eq!(times, ["18:00 Mythos"], "{name}");
        assert!(ears.text().contains("It is dusk."), "{name}");
    }
}

#[test]
fn the_time_can_be_asked_for() {
    let mut stage = scene(SavedRows::new(), clock(14, 5));
    stage.enter("Ann");
    stage.heard("Ann");
    stage.says("Ann", "time");
    stage.tick();
    assert_eq!(
        stage.heard("Ann"),
        "It is 14:05 Mythos, on Primus the 1st of January 1930: winter, day.\n"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Over any ticks, stalls, stops and crashes: each hour strikes once, those that the world slept
    /// through when it wakes. No sleep is longer than a Mythos day.
    #[test]
    fn each_hour_strikes_once_over_stalls_and_restarts(
        deeds in prop::collection::vec((0_u8..4, 1_u64..2_000), 1..40)
    ) {
        let mut stage = scene(SavedRows::new(), clock(3, 30));
        stage.tick();
        prop_assert_eq!(struck(&mut stage), [3]);
        let mut last = 3;
        for (deed, seconds) in deeds {
            let span = Duration::from_secs(seconds);
            let expected: Vec<i64> = if deed == 0 {
                // The last hour was saved in its own tick, so there is nothing that a crash forgets.
                let (saved, now) = (stage.saved().clone(), stage.now().plus(span));
                stage = scene(saved, now);
                stage.tick();
                (last + 1..=MythosTime::at(stage.now()).hours()).collect()
            } else {
                let now = stage.now().plus(span / u32::from(deed));
                stage.tick_at(now);
                (last + 1..=MythosTime::at(now).hours()).collect()
            };
            last = expected.last().copied().unwrap_or(last);
            prop_assert_eq!(struck(&mut stage), expected);
        }
    }

    /// 48 Mythos microseconds are 5 real ones, so no moment of the wall clock is lost.
    #[test]
    fn mythos_clock_reading_determines_moment(wall in 0_u64..4_000_000_000_000_000) {
        let shown = MythosTime::at(WorldTime(wall)).to_string();
        let format = &time::format_description::well_known::Rfc3339;
        let shown = time::OffsetDateTime::parse(&shown, format).expect("a date");
        let epoch = time::macros::datetime!(1930-01-01 00:00 UTC);
        let mythos_micros = (shown - epoch).whole_microseconds();
        // To the second, because that is what is shown: a 9.6th of a real one.
        let found = i128::from(STAGE_START.0) + (mythos_micros * 5).div_euclid(48);
        let late = i128::from(wall) - found;
        prop_assert!((0..=104_167).contains(&late), "{late} microseconds");
    }
}
