//! Durations as scenarios and objectives write them.

use std::time::Duration;

/// `250ms`, `10s`, `1.5m`, `1h30m`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_ascii_alphabetic() || c == 'µ')?;
    let number: f64 = text[..split].trim().parse().ok()?;
    let unit = match &text[split..] {
        "ns" => 1e-9,
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        // Several, or one that only whole numbers have.
        _ => return humantime::parse_duration(text).ok(),
    };
    Duration::try_from_secs_f64(number * unit).ok()
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn duration_has_one_unit_or_several() {
        let seconds = |text: &str| duration(text).map(|time| time.as_secs_f64());
        assert_eq!(seconds("1.5m"), Some(90.0));
        assert_eq!(seconds("250ms"), Some(0.25));
        assert_eq!(seconds("1h30m"), Some(5_400.0));
        assert_eq!(seconds("2d"), Some(172_800.0));
        for text in ["", "10", "m", "-5s", "1x"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
