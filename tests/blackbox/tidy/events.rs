//! Log records have constant messages: what varies is in fields, or nobody can count them.

use super::source::{CRATES, files};

const LEVELS: &[&str] = &[
    "trace!(", "debug!(", "info!(", "warn!(", "error!(", "event!(",
];

/// Every log record of a source: its line, and its arguments.
fn records(code: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for level in LEVELS {
        for (at, _) in code.match_indices(level) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let line = code[..at].matches('\n').count() + 1;
            found.push((line, arguments(&code[at + level.len()..])));
        }
    }
    found
}

/// What stands between commas up to the closing bracket.
fn arguments(code: &str) -> Vec<String> {
    let mut arguments = vec![String::new()];
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for c in code.chars() {
        match c {
            _ if quoted => {
                quoted = escaped || c != '"';
                escaped = !escaped && c == '\\';
            }
            '"' => quoted = true,
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                arguments.push(String::new());
                continue;
            }
            _ => {}
        }
        arguments.last_mut().unwrap().push(c);
    }
    arguments
        .into_iter()
        .map(|argument| argument.trim().to_owned())
        .filter(|argument| !argument.is_empty())
        .collect()
}

/// Why a record's message can't be counted, if it can't.
fn fault(arguments: &[String]) -> Option<&'static str> {
    let Some(at) = arguments.iter().position(|one| one.starts_with('"')) else {
        return Some("has no constant message");
    };
    match &arguments[at] {
        _ if at + 1 < arguments.len() => Some("fills its message in"),
        message if message.contains('{') => Some("fills its message in"),
        message if message.len() <= 2 => Some("has an empty message"),
        _ => None,
    }
}

#[test]
fn no_log_record_interpolates_message() {
    let mut seen = 0;
    let sources = CRATES.map(|(folder, _)| format!("{folder}/src/").replace("./", ""));
    let is_source = |path: &str| sources.iter().any(|source| path.starts_with(source));
    for file in files().iter().filter(|file| is_source(&file.path)) {
        for (line, arguments) in records(&file.shipped()) {
            seen += 1;
            if let Some(fault) = fault(&arguments) {
                panic!("{}:{line} {fault}: {arguments:?}", file.path);
            }
        }
    }
    assert!(seen > 50, "only {seen} records were found");
}

#[test]
fn interpolated_log_message_is_found() {
    for (code, good) in [
        (r#"tracing::info!("world ended");"#, true),
        (
            r#"tracing::warn!(%fault, name = "Ann, {x}", "not saved")"#,
            true,
        ),
        (r#"tracing::event!(Level::INFO, tick, "late");"#, true),
        (r#"tracing::event!(Level::INFO, "tick {tick}");"#, false),
        (r#"tracing::info!("tick {tick}");"#, false),
        (r#"tracing::info!("tick {}", tick);"#, false),
        (r#"tracing::error!(%fault);"#, false),
        (r#"tracing::error!(tick, "slow", tick);"#, false),
    ] {
        let [(1, arguments)] = &records(code)[..] else {
            panic!("{code}");
        };
        assert_eq!(fault(arguments).is_none(), good, "{code}");
    }
}
