//! No ring of imports among the modules of a crate.
//!
//! Two modules that need each other are one module in two files: neither can be read, tried or
//! moved without the other. What both need goes down into a third.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::rust::{Source, block_end, line, shipped, word, words};
use super::source::{CRATES, File, files, none};

/// Modules that still are in a ring. None may be added, and who is in no ring any more goes.
const KNOWN: &[(&str, &[&str])] = &[];

/// From a module to those it names, with the first place where it does.
type Arrows = BTreeMap<String, BTreeMap<String, String>>;

/// The modules below the root of a crate and who names whom.
fn arrows(sources: &[Source], root: &str) -> Arrows {
    let mut modules: BTreeMap<&str, Vec<&Source>> = BTreeMap::new();
    let mut exports = Exports::new();
    for source in sources {
        let inner = source.path.strip_prefix(root).unwrap_or(&source.path);
        let top = inner.split(['/', '.']).next().unwrap_or_default();
        match top {
            "lib" => exports = exported(&source.code),
            "main" => {}
            _ => modules.entry(top).or_default().push(source),
        }
    }
    let mut arrows = Arrows::new();
    for (module, sources) in &modules {
        let to = arrows.entry((*module).to_owned()).or_default();
        for source in sources {
            let inner = source.path.strip_prefix(root).unwrap_or_default();
            let depth = inner.matches('/').count() + 1;
            for (at, name) in from_the_root(&source.code, depth) {
                let direct = modules.contains_key(name.as_str()).then(|| name.clone());
                let named = exports.get(&name).cloned().unwrap_or_default();
                for target in direct.into_iter().chain(named) {
                    if target != **module && modules.contains_key(target.as_str()) {
                        let place = format!("{}:{}", source.path, line(&source.code, at));
                        to.entry(target).or_insert(place);
                    }
                }
            }
        }
    }
    arrows
}

/// From a name at the root of a crate to the modules that it stands for.
type Exports = BTreeMap<String, BTreeSet<String>>;

/// What `lib.rs` re-exports. A module written out there stands for all that it re-exports.
fn exported(code: &str) -> Exports {
    let mut exports = Exports::new();
    let inner = inline(code);
    for at in words(code, "use") {
        let tree = code[at + 3..].split(';').next().unwrap_or_default();
        let module = inner.iter().rfind(|(_, range)| range.contains(&at));
        for path in paths(tree) {
            let path = path.strip_prefix("crate::").unwrap_or(&path);
            let (path, renamed) = path.split_once(" as ").unwrap_or((path, ""));
            let last = path.rsplit("::").next().unwrap_or_default();
            let name = if renamed.is_empty() { last } else { renamed };
            let (name, target) = match module {
                Some((module, _)) => (module.as_str(), word(path)),
                None => (name, word(path)),
            };
            let targets = exports.get(target).cloned();
            let of = exports.entry(name.to_owned()).or_default();
            of.extend(targets.unwrap_or_else(|| [target.to_owned()].into()));
        }
    }
    exports
}

/// Modules that are written out inside a file.
fn inline(code: &str) -> Vec<(String, std::ops::Range<usize>)> {
    let module = |at: usize| {
        let name = word(code[at + 3..].trim_start());
        let end = block_end(code, at).filter(|_| !name.is_empty())?;
        Some((name.to_owned(), at..end))
    };
    words(code, "mod").filter_map(module).collect()
}

/// Every name that bare code takes from the root of its crate, and where. `depth` is how many
/// steps the file's module is from there.
fn from_the_root(code: &str, depth: usize) -> Vec<(usize, String)> {
    let (mut names, inner) = (Vec::new(), inline(code));
    for at in words(code, "crate") {
        // Who may see something is no need of it.
        let behind = &code[at + "crate".len()..];
        if !code[..at].ends_with("(in ") && behind.starts_with("::") {
            names.extend(firsts(&behind[2..]).into_iter().map(|name| (at, name)));
        }
    }
    for at in words(code, "super") {
        if code[..at].ends_with("super::") || code[..at].ends_with("(in ") {
            continue;
        }
        let (mut rest, mut steps) = (&code[at..], 0);
        while let Some(behind) = rest.strip_prefix("super::") {
            (rest, steps) = (behind, steps + 1);
        }
        let within = inner
            .iter()
            .filter(|(_, range)| range.contains(&at))
            .count();
        if steps == depth + within {
            names.extend(firsts(rest).into_iter().map(|name| (at, name)));
        }
    }
    names
}

/// The first names of what follows `crate::`: of a group, that of each path in it.
fn firsts(rest: &str) -> Vec<String> {
    if !rest.starts_with('{') {
        return vec![word(rest).to_owned()];
    }
    let end = block_end(rest, 0).unwrap_or(rest.len());
    let group = paths(&rest[..end]);
    group.iter().map(|path| word(path).to_owned()).collect()
}

/// The paths of a tree of imports.
fn paths(tree: &str) -> Vec<String> {
    let (mut paths, mut outer, mut name) = (Vec::new(), vec![String::new()], String::new());
    for c in tree.trim().chars().chain([',']) {
        let prefix = outer.last().cloned().unwrap_or_default();
        match c {
            '{' => outer.push(format!("{prefix}{}", name.trim())),
            ',' | '}' if !name.trim().is_empty() => {
                paths.push(format!("{prefix}{}", name.trim()));
            }
            _ => {}
        }
        if c == '}' {
            outer.pop();
        }
        match c {
            '{' | ',' | '}' => name.clear(),
            '\n' => name.push(' '),
            c => name.push(c),
        }
    }
    paths
}

/// A shortest way along the arrows, without its start. Not empty, so also one that comes back.
fn way(arrows: &Arrows, from: &str, to: &str) -> Option<Vec<String>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = VecDeque::from([from]);
    while let Some(at) = next.pop_front() {
        for target in arrows.get(at).into_iter().flat_map(BTreeMap::keys) {
            if before.contains_key(target.as_str()) {
                continue;
            }
            before.insert(target, at);
            if target != to {
                next.push_back(target);
                continue;
            }
            let mut steps = vec![to.to_owned()];
            let mut step = before[to];
            while step != from {
                steps.insert(0, step.to_owned());
                step = before[step];
            }
            return Some(steps);
        }
    }
    None
}

/// The rings: modules of which each reaches each other.
fn rings(arrows: &Arrows) -> Vec<Vec<String>> {
    let goes = |from: &str, to: &str| way(arrows, from, to).is_some();
    let mut rings: Vec<Vec<String>> = Vec::new();
    for module in arrows.keys().filter(|module| goes(module, module)) {
        if !rings.iter().flatten().any(|seen| seen == module) {
            let both = |other: &&String| goes(module, other) && goes(other, module);
            rings.push(arrows.keys().filter(both).cloned().collect());
        }
    }
    rings
}

/// The shortest way around in a ring, with the place of each arrow.
fn told(arrows: &Arrows, ring: &[String]) -> String {
    let around = |module: &String| Some((module.clone(), way(arrows, module, module)?));
    let shortest = ring
        .iter()
        .filter_map(around)
        .min_by_key(|(_, way)| way.len());
    let (mut from, way) = shortest.unwrap_or_default();
    let mut steps = Vec::new();
    for to in way {
        steps.push(format!("{from} -> {to} ({})", arrows[&from][&to]));
        from = to;
    }
    format!("{}: {}", ring.join(", "), steps.join(", "))
}

/// Rings with a module that is not known to be in one, and known ones that are in none.
fn faults(files: &[File], known: &[(&str, &[&str])]) -> Vec<String> {
    let mut faults = Vec::new();
    for (folder, _) in CRATES {
        let root = format!("{folder}/src/");
        let root = root.strip_prefix("./").unwrap_or(&root);
        let arrows = arrows(&shipped(files, folder), root);
        let known = known.iter().filter(|(of, _)| *of == folder);
        let known: BTreeSet<&str> = known
            .flat_map(|(_, modules)| modules.iter().copied())
            .collect();
        let rings = rings(&arrows);
        for ring in &rings {
            if ring.iter().any(|module| !known.contains(module.as_str())) {
                faults.push(format!("{folder}: {}", told(&arrows, ring)));
            }
        }
        let free = |module: &&str| rings.iter().flatten().all(|other| other != module);
        let free = known.into_iter().filter(free);
        faults.extend(free.map(|module| format!("{folder}: {module} is in no ring any more")));
    }
    faults
}

#[test]
fn modules_import_each_other_in_no_ring() {
    none(faults(&files(), KNOWN));
}

/// A crate of made-up files.
#[cfg(test)]
fn net(files: &[(&str, &str)]) -> Vec<File> {
    let file = |(path, text): &(&str, &str)| File::new(&format!("net/src/{path}"), text);
    files.iter().map(file).collect()
}

#[test]
fn ring_is_reported_by_shortest_cycle() {
    let files = net(&[
        ("a.rs", "use crate::b::B;\n"),
        ("b.rs", "mod deep;\n"),
        (
            "b/deep.rs",
            "\nuse crate::{\n    c::{C, D},\n};\nuse crate::d::E;\n",
        ),
        ("c.rs", "fn f() -> crate::a::A {}\n"),
        ("d.rs", "use super::b;"),
        ("e.rs", "use crate::a::A;"),
    ]);
    let found = faults(&files, &[]);
    let told = "net: a, b, c, d: b -> d (net/src/b/deep.rs:5), d -> b (net/src/d.rs:1)";
    assert_eq!(found, [told]);
    assert!(faults(&files, &[("net", &["a", "b", "c", "d"])]).is_empty());
    // Who comes into a ring, and who is in none.
    assert_eq!(faults(&files, &[("net", &["a", "b", "c"])]).len(), 1);
    let more: &[(&str, &[&str])] = &[("net", &["a", "b", "c", "d", "e"])];
    assert_eq!(faults(&files, more), ["net: e is in no ring any more"]);
    assert_eq!(faults(&files[..2], &[("net", &["a"])]).len(), 1);
}

#[test]
fn arrow_is_found_in_any_spelling() {
    let back = ("b.rs", "use crate::a::A;");
    for (path, code) in [
        ("a.rs", "use crate::b;"),
        ("a.rs", "pub(crate) use crate::b::{self, B};"),
        ("a.rs", "use crate::{\n    c::{C, D}, b::B};"),
        ("a.rs", "fn f(b: &'a crate::b::B) {}"),
        ("a.rs", "use super::b::B;"),
        ("a.rs", "use super::{c, b::B};"),
        ("a.rs", "mod inner { use super::super::b::B; }"),
        ("a/x.rs", "use super::super::b::B;"),
        ("a/x/y.rs", "use super::super::super::{b};"),
        ("a.rs", "use crate::Renamed;"),
        ("a.rs", "use crate::B;"),
        ("a.rs", "use crate::{C, Second};"),
        ("a.rs", "use crate::prelude::*;"),
        ("a.rs", "fn f() { $crate::b::g() }"),
    ] {
        let lib = "mod a;\nmod b;\npub use b::{B, b::Second};\npub use b::Old as Renamed;\n\
                   pub use std::fmt;\npub mod prelude { pub use crate::{B, Second}; }\n";
        let files = net(&[(path, code), back, ("lib.rs", lib)]);
        assert_eq!(faults(&files, &[]).len(), 1, "{path}: {code}");
    }
}

#[test]
fn other_mentions_make_no_ring() {
    let back = ("b.rs", "use crate::a::A;");
    for (path, code) in [
        ("a.rs", "// crate::b::B"),
        ("a.rs", "/// See [`crate::b::B`].\nfn f() {}"),
        ("a.rs", "let b = \"crate::b\";"),
        ("a.rs", "#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}"),
        ("a/tests.rs", "use crate::b::B;"),
        ("a.rs", "pub(in crate::b) fn f() {}"),
        ("a/x.rs", "use super::b::B;"),
        ("a.rs", "mod inner { use super::b::B; }"),
        ("a.rs", "use other::b::B;"),
        ("a.rs", "use crate::bb::B;"),
        ("a.rs", "use crate::a::b;"),
        ("lib.rs", "use crate::b; mod a;"),
    ] {
        let files = net(&[(path, code), back]);
        assert!(faults(&files, &[]).is_empty(), "{path}: {code}");
    }
}
