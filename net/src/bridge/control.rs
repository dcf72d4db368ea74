//! Characters that no text of ours holds: those that control, hide or turn text around. A database
//! refuses some, and people must see none of them, whoever publishes.

use engine::port::is_hidden;

/// Whether a string in this JSON holds such a character other than a tab or the end of a line.
pub(super) fn holds_control(json: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(json) else {
        return true;
    };
    let refused = |c: char| is_hidden(c) && !matches!(c, '\t' | '\n' | '\r');
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let held = match c {
            '\\' => match rest.next() {
                Some('b' | 'f') => true,
                Some('u') => escaped(&mut rest).is_some_and(refused),
                _ => false,
            },
            c => refused(c),
        };
        if held {
            return true;
        }
    }
    false
}

/// The character of an escape, behind its `\u`; two escapes are one character beyond 16 bits.
fn escaped(rest: &mut std::str::Chars<'_>) -> Option<char> {
    let mut unit = || {
        let hex: String = rest.by_ref().take(4).collect();
        u16::from_str_radix(&hex, 16).ok()
    };
    let first = unit()?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first.into());
    }
    let text = rest.as_str().strip_prefix("\\u")?;
    let second = u16::from_str_radix(text.get(..4)?, 16).ok()?;
    *rest = text.get(4..)?.chars();
    char::decode_utf16([first, second]).next()?.ok()
}

#[cfg(test)]
mod tests {
    use super::holds_control;

    #[test]
    fn hidden_character_is_found_raw_and_escaped() {
        for json in [
            r#"{"a":"x\u0007"}"#,
            r#"{"a":"x\b"}"#,
            r#"{"a":"x\u202ey"}"#,
            r#"{"a":"x\u2028y"}"#,
            r#"{"a":"x\udb40\udc41y"}"#,
            "{\"a\":\"x\u{202e}y\"}",
            "{\"a\":\"x\u{7f}y\"}",
            "{\"a\":\"x\u{e0041}y\"}",
        ] {
            assert!(holds_control(json.as_bytes()), "{json}");
        }
        for json in [
            r#"{"a":"x\ty\n\r\u0009 \\u0007 \" ü \u00fc \ud83d\ude00"}"#,
            "{\n\t\"a\": \"👩‍👩‍👧 می‌خواهم\"\r\n}",
        ] {
            assert!(!holds_control(json.as_bytes()), "{json}");
        }
    }
}
