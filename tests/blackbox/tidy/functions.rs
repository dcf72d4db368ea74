//! Functions: one that does not fit on a screen is two.

use super::rust::{block_end, line, shipped, word, words};
use super::source::{CRATES, File, files, none};

/// Lines after which a function is looked at for a second one.
const LINES_MAX: usize = 80;

/// Functions that still are longer. None may be added, and one that fits goes.
const LONGER: &[(&str, &str)] = &[
    ("systems/src/chat/speak.rs", "whisper"),
    ("systems/src/staff/door.rs", "ban"),
];

/// The functions with a body in bare code: name, line, how many lines.
fn functions(code: &str) -> Vec<(&str, usize, usize)> {
    let function = |at: usize| {
        let name = word(code[at + "fn".len()..].trim_start());
        let end = block_end(code, at).filter(|_| !name.is_empty())?;
        let first = line(code, at);
        Some((name, first, line(code, end) - first + 1))
    };
    words(code, "fn").filter_map(function).collect()
}

fn faults(files: &[File], longer: &[(&str, &str)]) -> Vec<String> {
    let (mut faults, mut left) = (Vec::new(), longer.to_vec());
    for source in CRATES.iter().flat_map(|(folder, _)| shipped(files, folder)) {
        let path = &source.path;
        for (name, first, length) in functions(&source.code) {
            if length <= LINES_MAX {
                continue;
            }
            left.retain(|known| *known != (path.as_str(), name));
            if !longer.contains(&(path, name)) {
                let told =
                    format!("{path}:{first}: {name} has {length} lines, {LINES_MAX} at most");
                faults.push(told);
            }
        }
    }
    let fits = left
        .iter()
        .map(|(path, name)| format!("{path}: {name} is not too long any more"));
    faults.extend(fits);
    faults
}

#[test]
fn functions_fit_on_a_screen() {
    none(faults(&files(), LONGER));
}

#[test]
fn long_function_is_found_at_any_depth() {
    let long = "    // one line\n".repeat(LINES_MAX - 1);
    for (longest, around) in [
        ("fn f() {\n@}\n", 0),
        ("impl A {\n    fn f() -> [u8; 2] {\n@}\n}\n", 0),
        ("fn outer() {\nfn f() {\n@}\n}\n", 1),
        (
            "pub async fn f<T>(t: T)\nwhere\n    T: Fn(u8) -> u8,\n{\n@}\n",
            0,
        ),
    ] {
        let file = |body: &str| {
            let text = longest.replace('@', body);
            [File::new("net/src/hub.rs", &text)]
        };
        let found = faults(&file(&long), &[]);
        assert_eq!(found.len(), 1 + around, "{longest}: {found:#?}");
        if around == 0 {
            let known: &[_] = &[("net/src/hub.rs", "f")];
            assert!(faults(&file(&long), known).is_empty(), "{longest}");
            assert_eq!(faults(&file(""), known).len(), 1, "{longest}");
        }
        assert!(faults(&file(""), &[]).is_empty(), "{longest}");
    }
}

#[test]
fn other_items_have_no_length() {
    let long = "    // one line\n".repeat(LINES_MAX);
    for text in [
        format!("trait A {{\n    fn f(&self);\n{long}}}\n"),
        format!("struct A {{\n    f: fn(u8) -> u8,\n{long}}}\n"),
        format!("// fn f() {{\n{long}"),
        format!("#[cfg(test)]\nmod tests {{\n    fn f() {{\n{long}    }}\n}}\n"),
    ] {
        let found = faults(&[File::new("net/src/hub.rs", &text)], &[]);
        assert!(found.is_empty(), "{text}: {found:#?}");
    }
}
