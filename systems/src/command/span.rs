//! Spans of time as people write them; the only reader of them in verbs, flags and settings.

use std::time::Duration;

/// Reads `10m`, `1h30m`, `2d`, `500ms`: whole numbers, each with its unit. A number without a unit
/// is none: of what it is a number, only its reader knows.
#[must_use]
pub fn span(text: &str) -> Option<Duration> {
    let text = text.trim();
    // The crate takes a bare 0 for a span.
    let has_unit = text.chars().any(char::is_alphabetic);
    has_unit
        .then(|| humantime::parse_duration(text).ok())
        .flatten()
}

/// The words of the longest span that `text` begins with, and what follows it: `10 minutes too
/// loud` is ten minutes. `None` when it begins with none.
#[must_use]
pub fn leading_span(text: &str) -> Option<(Duration, &str)> {
    /// A number and a unit for each of days, hours, minutes and seconds.
    const WORDS_MAX: usize = 8;
    let text = text.trim_start();
    let ends = text
        .char_indices()
        .filter(|(_, c)| c.is_whitespace())
        .map(|(at, _)| at);
    let ends = ends.take(WORDS_MAX - 1).chain([text.len()]);
    let spans = ends.filter_map(|end| Some((span(&text[..end])?, text[end..].trim_start())));
    spans.last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn span_reads_numbers_with_units_only() {
        let seconds = |text: &str| span(text).map(|span| span.as_secs());
        assert_eq!(seconds("10m"), Some(600));
        assert_eq!(seconds("1h30m"), Some(5_400));
        assert_eq!(seconds(" 2d "), Some(172_800));
        assert_eq!(seconds("1h 30m"), Some(5_400));
        assert_eq!(seconds("90 min"), Some(5_400));
        assert_eq!(seconds("0s"), Some(0));
        assert_eq!(span("500ms"), Some(Duration::from_millis(500)));
        for text in [
            "",
            "0",
            "10",
            "d",
            "-5m",
            "+5m",
            "1e9",
            "1é",
            "５m",
            "m10",
            "10 o'clock",
            "99999999999999999999d",
        ] {
            assert_eq!(span(text), None, "{text}");
        }
    }

    #[test]
    fn leading_span_leaves_the_rest() {
        let read = |text| leading_span(text).map(|(span, rest)| (span.as_secs(), rest));
        assert_eq!(read("10m flooding"), Some((600, "flooding")));
        assert_eq!(read("10 minutes too loud"), Some((600, "too loud")));
        assert_eq!(read("1h 30m"), Some((5_400, "")));
        assert_eq!(read("1h 5 dogs"), Some((3_600, "5 dogs")));
        assert_eq!(read("10 dogs"), None);
        assert_eq!(read("too loud"), None);
    }
}
