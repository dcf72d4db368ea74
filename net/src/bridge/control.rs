//! Control characters, which no text of ours holds and a database refuses.

/// Whether a string in this JSON holds a control character other than a tab or the end of a line.
/// JSON lets them in by an escape only, save the last.
pub(super) fn holds_control(json: &[u8]) -> bool {
    let mut rest = json.iter().copied();
    while let Some(byte) = rest.next() {
        let held = match byte {
            0x7f => true,
            b'\\' => match rest.next() {
                Some(b'b' | b'f') => true,
                Some(b'u') => {
                    let hex: Vec<u8> = rest.by_ref().take(4).collect();
                    let code = std::str::from_utf8(&hex)
                        .ok()
                        .and_then(|hex| u32::from_str_radix(hex, 16).ok())
                        .and_then(char::from_u32);
                    code.is_some_and(|code| {
                        code.is_control() && !matches!(code, '\t' | '\n' | '\r')
                    })
                }
                _ => false,
            },
            _ => false,
        };
        if held {
            return true;
        }
    }
    false
}
