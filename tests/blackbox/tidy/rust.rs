//! Rust sources as rules about code read them: without comments, texts and tests, line by line
//! where they were.

use super::source::File;

/// Blanks comments and what stands in quotes. Lines stay where they are.
pub(super) fn bare(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match chars[at] {
            '/' if chars.get(at + 1) == Some(&'/') => line_end(&chars, at),
            '/' if chars.get(at + 1) == Some(&'*') => comment_end(&chars, at),
            '"' => quote_end(&chars, at),
            '\'' => char_end(&chars, at),
            'r' | 'b' | 'c' if !follows_a_word(&chars, at) => prefixed_end(&chars, at),
            _ => at,
        };
        if end == at {
            code.push(chars[at]);
            at += 1;
            continue;
        }
        let blank = |c: &char| if *c == '\n' { '\n' } else { ' ' };
        code.extend(chars[at..end].iter().map(blank));
        at = end;
    }
    code
}

fn follows_a_word(chars: &[char], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|at| joins(chars[at]))
}

fn line_end(chars: &[char], at: usize) -> usize {
    let rest = chars[at..].iter().position(|c| *c == '\n');
    rest.map_or(chars.len(), |length| at + length)
}

fn comment_end(chars: &[char], from: usize) -> usize {
    let (mut depth, mut at) = (0_usize, from);
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

fn quote_end(chars: &[char], from: usize) -> usize {
    let mut at = from + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    chars.len().min(at + 1)
}

/// A character, but not a lifetime.
fn char_end(chars: &[char], from: usize) -> usize {
    match (chars.get(from + 1), chars.get(from + 2)) {
        (Some('\\'), Some(_)) => {
            let rest = chars[from + 3..].iter().position(|c| *c == '\'');
            rest.map_or(from, |length| from + 3 + length + 1)
        }
        (Some(_), Some('\'')) => from + 3,
        _ => from,
    }
}

/// `r"…"`, `br#"…"#`, `b"…"`, `b'…'`, `c"…"`.
fn prefixed_end(chars: &[char], from: usize) -> usize {
    let is = |c: &char| "rbc".contains(*c);
    let prefix = chars[from..].iter().take(2).take_while(|c| is(c)).count();
    let raw = chars[from..from + prefix].contains(&'r');
    let after = from + prefix;
    let hashes = chars[after..].iter().take_while(|c| **c == '#').count();
    match chars.get(after + hashes) {
        Some('"') if raw => {
            let closes = |at: &usize| {
                let hash = chars[at + 1..].iter().take(hashes);
                chars[*at] == '"' && hash.filter(|c| **c == '#').count() == hashes
            };
            let close = (after + hashes + 1..chars.len()).find(closes);
            close.map_or(chars.len(), |at| at + 1 + hashes)
        }
        Some('"') if hashes == 0 => quote_end(chars, after),
        Some('\'') if hashes == 0 => char_end(chars, after),
        _ => from,
    }
}

fn joins(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The word that begins here, if one does.
pub(super) fn word(code: &str) -> &str {
    let end = code.find(|c| !joins(c)).unwrap_or(code.len());
    &code[..end]
}

/// Where `part` stands as a whole word in bare code.
pub(super) fn words<'a>(code: &'a str, part: &'a str) -> impl Iterator<Item = usize> + 'a {
    let whole = move |at: &usize| {
        let before = code[..*at].chars().next_back();
        let after = code[at + part.len()..].chars().next();
        before.is_none_or(|c| !joins(c)) && after.is_none_or(|c| !joins(c))
    };
    code.match_indices(part).map(|(at, _)| at).filter(whole)
}

/// Behind the brace that closes the first one from here on. None if a semicolon comes first.
pub(super) fn block_end(code: &str, from: usize) -> Option<usize> {
    let (mut depth, mut inner) = (0_usize, 0_usize);
    for (at, c) in code[from..].char_indices() {
        match c {
            '(' | '[' if depth == 0 => inner += 1,
            ')' | ']' if depth == 0 => inner = inner.saturating_sub(1),
            '{' => depth += 1,
            '}' if depth == 0 => return None,
            '}' => depth -= 1,
            ';' if depth == 0 && inner == 0 => return None,
            _ => continue,
        }
        if c == '}' && depth == 0 {
            return Some(from + at + 1);
        }
    }
    None
}

pub(super) fn line(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// What of bare code is compiled without tests, and which module files are not.
pub(super) fn without_tests(code: &str) -> (String, Vec<String>) {
    const MARK: &str = "#[cfg(test)]";
    let (mut shipped, mut modules, mut rest) = (String::new(), Vec::new(), 0);
    while let Some(found) = code[rest..].find(MARK) {
        let from = rest + found;
        let item = from + MARK.len();
        shipped.push_str(&code[rest..from]);
        let ends = |at: usize| {
            code[at..]
                .find([';', ',', '\n'])
                .map(|length| at + length + 1)
        };
        // An item ends with its block or its semicolon. What else is marked ends with its line.
        let end = block_end(code, item).or_else(|| ends(item + whitespace(&code[item..])));
        let end = end.unwrap_or(code.len());
        let marked = code[item..end].trim();
        if let Some(module) = marked
            .split("mod ")
            .nth(1)
            .filter(|_| marked.ends_with(';'))
        {
            modules.push(word(module).to_owned());
        }
        shipped.extend(code[from..end].chars().filter(|c| *c == '\n'));
        rest = end;
    }
    shipped.push_str(&code[rest..]);
    (shipped, modules)
}

fn whitespace(code: &str) -> usize {
    code.len() - code.trim_start().len()
}

/// A source file as it is shipped.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) code: String,
}

/// What the crate of this folder ships: its sources without its tests, also those that are files
/// of their own.
pub(super) fn shipped(files: &[File], folder: &str) -> Vec<Source> {
    let root = match folder {
        "." => "src/".to_owned(),
        folder => format!("{folder}/src/"),
    };
    let (mut sources, mut test_modules) = (Vec::new(), Vec::new());
    let of = |file: &&File| file.path.starts_with(&root) && file.is_rust() && !file.is_test();
    for file in files.iter().filter(of) {
        let (code, tests) = without_tests(&bare(&file.text));
        let base = match file.path.strip_suffix(".rs").unwrap_or(&file.path) {
            path if path.ends_with("/lib") || path.ends_with("/main") => root.clone(),
            path => format!("{path}/"),
        };
        test_modules.extend(tests.into_iter().map(|module| format!("{base}{module}")));
        let path = file.path.clone();
        sources.push(Source { path, code });
    }
    let is_test = |path: &str| {
        let module = |base: &String| path.strip_prefix(base.as_str());
        let rest = test_modules.iter().filter_map(module);
        rest.into_iter()
            .any(|rest| rest == ".rs" || rest.starts_with('/'))
    };
    sources.retain(|source| !is_test(&source.path));
    sources
}

#[test]
fn bare_code_has_no_comments_and_texts() {
    for (text, code) in [
        ("a // b", "a     "),
        ("a /* b\n/* c */ */ d", "a     \n           d"),
        ("a(\"b\\\"c\", d)", "a(      , d)"),
        ("r#\"a\"b\"# c", "         c"),
        ("br\"a\\\" b", "       b"),
        ("'a' 'b '\\'' '\\u{7d}' c", "    'b               c"),
        ("f<'a>(b: &'a str)", "f<'a>(b: &'a str)"),
        ("robe(b\"a\")", "robe(    )"),
        ("r#type", "r#type"),
    ] {
        assert_eq!(bare(text), code, "{text}");
    }
}

#[test]
fn tests_are_not_shipped() {
    let text = "
use a::B;
#[cfg(test)]
mod model;
#[cfg(test)]
use c::D;
#[cfg(test)]
fn probe(a: [u8; 2]) -> bool {
    { true }
}
fn after() {}
#[cfg(test)]
mod tests {
    fn tested() {}
}
";
    let (code, modules) = without_tests(text);
    assert_eq!(modules, ["model"]);
    let left: Vec<&str> = code.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(left, ["use a::B;", "fn after() {}"]);
    assert_eq!(code.lines().count(), text.lines().count());
    let file = |path: &str| File::new(path, text);
    let files = [
        "net/src/session.rs",
        "net/src/session/model.rs",
        "net/src/session/model/deep.rs",
        "net/src/session/models.rs",
        "net/src/session/tests.rs",
        "net/tests/session.rs",
    ];
    let sources = shipped(&files.map(file), "net");
    let paths: Vec<&str> = sources.iter().map(|source| source.path.as_str()).collect();
    assert_eq!(paths, ["net/src/session.rs", "net/src/session/models.rs"]);
}
