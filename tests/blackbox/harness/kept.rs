//! Files that are made by the code they speak of, and kept beside it.

use std::path::Path;

/// Asserts that the file at `path` of the checkout says `text`; with `UPDATE=1`, makes it so.
/// `test` is what to run for that.
pub(crate) fn kept(path: &str, text: &str, test: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    if known == text {
        return;
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, text).unwrap();
        return;
    }
    let (mut known, mut made) = (known.lines(), text.lines());
    let mut line = 0;
    let (known, made) = loop {
        line += 1;
        let pair = (known.next(), made.next());
        if pair.0 != pair.1 {
            break pair;
        }
    };
    panic!(
        "{path}:{line} is out of date\n  - {}\n  + {}\nIf that is meant, run and commit:\n  UPDATE=1 cargo test --test blackbox {test}",
        known.unwrap_or("(the end)"),
        made.unwrap_or("(the end)"),
    );
}
