//! The limits of a designer's grant, as an operator writes and reads them.

use engine::port::WorldTime;
use storage::DesignLimits;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::times::when;
use crate::usage::UsageFault;

/// The most zones of one grant; who needs more needs none of the limits.
const ZONES_MAX: usize = 64;
/// The longest id of a zone, which is a folder's name.
const ID_MAX: usize = 120;

/// What `--zones` and `--until` say. Which zones there are only a world knows.
pub(super) fn read(
    zones: Option<Vec<String>>,
    until: Option<&str>,
    now: WorldTime,
) -> Result<DesignLimits, UsageFault> {
    let zones = zones.map(self::zones).transpose()?;
    let until = until.map(|word| instant(word, now)).transpose()?;
    Ok(DesignLimits { until, zones })
}

fn zones(mut ids: Vec<String>) -> Result<Vec<String>, UsageFault> {
    let plain = |c: char| c.is_alphanumeric() || "._-".contains(c);
    let is_id = |id: &str| (1..=ID_MAX).contains(&id.len()) && id.chars().all(plain);
    if let Some(wrong) = ids.iter().find(|id| !is_id(id)) {
        let words = format!("`{}` is no id of a zone", wrong.escape_debug());
        return Err(UsageFault(words));
    }
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > ZONES_MAX {
        let words = format!("a grant is for at most {ZONES_MAX} zones, or for all");
        return Err(UsageFault(words));
    }
    Ok(ids)
}

/// An instant, or the last one of a day.
fn instant(word: &str, now: WorldTime) -> Result<WorldTime, UsageFault> {
    let parsed = |text: &str| OffsetDateTime::parse(text, &Rfc3339);
    let until = parsed(word).or_else(|_| parsed(&format!("{word}T23:59:59.999999Z")));
    let until = until.map_err(|_| {
        UsageFault(format!(
            "`{}` is no day like 2027-01-31 and no instant like 2027-01-31T18:00:00Z",
            word.escape_debug()
        ))
    })?;
    // Before the epoch: long past.
    let until = u64::try_from(until.unix_timestamp_nanos() / 1_000).unwrap_or(0);
    if until <= now.0 {
        return Err(UsageFault(format!("`{word}` is past")));
    }
    Ok(WorldTime(until))
}

/// What stands behind the word `designer`; nothing where there are no limits.
pub(super) fn words(limits: &DesignLimits) -> String {
    let zones = limits.zones.as_ref();
    let zones = zones.map_or(String::new(), |zones| format!(" of {}", zones.join(",")));
    let until = limits.until;
    let until = until.map_or(String::new(), |until| format!(" until {}", when(until)));
    format!("{zones}{until}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-30T12:00:00Z
    const NOW: WorldTime = WorldTime(1_796_040_000_000_000);

    fn until(word: &str) -> Result<String, String> {
        let limits = read(None, Some(word), NOW).map_err(|fault| fault.to_string())?;
        Ok(words(&limits))
    }

    #[test]
    fn day_lasts_until_midnight() {
        let told = until("2026-11-30");
        assert_eq!(told.as_deref(), Ok(" until 2026-11-30T23:59:59Z"));
        let told = until("2026-11-30T14:00:01+01:00");
        assert_eq!(told.as_deref(), Ok(" until 2026-11-30T13:00:01Z"));
        for past in ["2026-11-29", "2026-11-30T12:00:00Z", "1066-10-14"] {
            assert_eq!(until(past), Err(format!("`{past}` is past")));
        }
        for wrong in ["", "tomorrow", "2026-02-30", "2026-12", "31.12.2026"] {
            let why = until(wrong).unwrap_err();
            assert!(why.contains("is no day"), "{wrong}: {why}");
        }
    }

    #[test]
    fn zones_are_checked_for_form_only() {
        let read = |ids: &[&str]| {
            let ids = ids.iter().map(ToString::to_string).collect();
            let limits = read(Some(ids), None, NOW).map_err(|fault| fault.to_string())?;
            Ok::<_, String>(words(&limits))
        };
        let told = read(&["uplands", "arkhamcity", "uplands"]);
        assert_eq!(told.as_deref(), Ok(" of arkhamcity,uplands"));
        for wrong in ["", "a b", "a/b", "a\nb"] {
            let why = read(&["uplands", wrong]).unwrap_err();
            assert!(why.contains("is no id of a zone"), "{wrong:?}: {why}");
        }
        let many: Vec<String> = (0..=ZONES_MAX).map(|at| format!("z{at}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(read(&many).is_err());
        assert!(read(&many[1..]).is_ok());
    }
}
