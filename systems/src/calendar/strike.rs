//! Striking the hours, each once.

use std::ops::RangeInclusive;

use engine::prelude::*;

use super::{Almanac, MythosHour, MythosTime};

/// The most hours that strike in one tick, a Mythos day (2.5 real hours): whatever hinges on an hour
/// of the day finds it among them. After a longer sleep the oldest are left out.
const HOURS_MAX: i64 = 24;

/// Says each hour that has begun since the last one struck, also those that the world has slept
/// through.
pub(super) fn strike(
    almanac: Query<&Almanac>,
    clock: Res<Clock>,
    mut hours: MessageWriter<MythosHour>,
) {
    let now = MythosTime::at(clock.wall()).hours();
    for almanac in &almanac {
        hours.write_batch(due(almanac.struck, now).map(|hour| MythosHour { hour }));
    }
}

/// Which hours strike when the last one struck was `struck` and this is hour `now`.
fn due(struck: Option<i64>, now: i64) -> RangeInclusive<i64> {
    let none = RangeInclusive::new(1, 0);
    match struck {
        None => now..=now,
        Some(last) if last < now => (last + 1).max(now - HOURS_MAX + 1)..=now,
        // A clock set back a little strikes nothing twice; one set back far was wrong before, and
        // waiting until it comes round again would silence the hours for years.
        Some(last) if now + HOURS_MAX < last => {
            tracing::warn!(
                struck = last,
                now,
                "the wall clock was set back; hours are counted anew"
            );
            now..=now
        }
        Some(_) => none,
    }
}

/// Remembers the hour.
pub(super) fn remember(mut hours: MessageReader<MythosHour>, mut almanac: Query<&mut Almanac>) {
    let Some(MythosHour { hour }) = hours.read().last() else {
        return;
    };
    for mut almanac in &mut almanac {
        almanac.struck = Some(*hour);
    }
}

#[cfg(test)]
mod tests {
    use super::due;

    fn check(struck: Option<i64>, now: i64, expected: &[i64]) {
        let hours: Vec<i64> = due(struck, now).collect();
        assert_eq!(hours, expected, "struck {struck:?}, now {now}");
    }

    #[test]
    fn each_hour_strikes_once() {
        check(None, 7, &[7]);
        check(Some(7), 7, &[]);
        check(Some(7), 8, &[8]);
        check(Some(7), 10, &[8, 9, 10]);
    }

    #[test]
    fn reset_clock_floods_no_player() {
        check(Some(7), 100_007, &(99_984..=100_007).collect::<Vec<_>>());
        check(Some(7), 3, &[]);
        check(Some(100), 3, &[3]);
    }
}
