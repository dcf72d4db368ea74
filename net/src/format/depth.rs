//! Looks at JSON before anything is built from it.

/// Whether `json` nests deeper than `max`, strings left aside. Bad JSON may answer anything.
pub(crate) fn too_deep(json: &[u8], max: usize) -> bool {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for byte in json {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > max {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::too_deep;

    #[test]
    fn ten_levels_are_allowed_and_eleven_are_not() {
        assert!(!too_deep("[".repeat(10).as_bytes(), 10));
        assert!(too_deep("[{".repeat(6).as_bytes(), 10));
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        assert!(!too_deep(br#"{"a":"[[[[[[[[[[[[[\"[[[["}"#, 10));
    }

    #[test]
    fn brackets_side_by_side_do_not_add_up() {
        assert!(!too_deep("[[],[]]".repeat(20).as_bytes(), 10));
    }
}
