//! The scripts of `docs/scripting.md`, step by step as it says.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// The scripts of the page, by name: the blocks behind `<!-- scripting: NAME -->`.
fn scripts() -> Vec<(String, String)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scripting.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut scripts = Vec::new();
    for part in page.split("<!-- scripting: ").skip(1) {
        let (name, rest) = part.split_once(" -->\n```rhai\n").unwrap();
        let (code, _) = rest.split_once("```").unwrap();
        scripts.push((name.to_owned(), code.to_owned()));
    }
    scripts
}

/// Runs the program in a folder; answers its exit code and what it prints.
fn kadath(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let mut kadath = Command::new(env!("CARGO_BIN_EXE_kadath"));
    let ended = kadath.current_dir(folder).args(args).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    let told = String::from_utf8_lossy(&ended.stdout);
    (ended.status.code(), format!("{told}{said}"))
}

#[test]
fn scripting_page_steps_work_as_written() {
    let folder = TempDir::with_prefix("kadath-scripting-test-").unwrap();
    let (code, told) = kadath(folder.path(), &["new", "moor"]);
    assert_eq!(code, Some(0), "{told}");
    let moor = folder.path().join("moor");
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for (name, code) in scripts() {
        let text = texts.entry(name.clone()).or_default();
        text.push_str(&code);
        let path = moor.join(format!("world/scripts/{name}.rhai"));
        std::fs::write(path, &text).unwrap();
        let (code, told) = kadath(&moor, &["check", "--config", "kadath.toml"]);
        assert_eq!(code, Some(0), "{name}: {told}");
    }
    assert_eq!(texts.len(), 3);
    assert!(
        texts["fog"]
            .lines()
            .take_while(|line| !line.starts_with("test"))
            .count()
            <= 8
    );
    assert_eq!(
        kadath(&moor, &["test", "world"]),
        (Some(0), "5 passed, 0 failed\n".to_owned())
    );
}

#[test]
fn failing_script_test_is_told_with_line() {
    let folder = TempDir::with_prefix("kadath-scripting-test-").unwrap();
    kadath(folder.path(), &["new", "moor"]);
    let moor = folder.path().join("moor");
    let script =
        "test(\"nothing\", |t| {\n    t.enter(\"Ann\");\n    t.hears(\"Ann\", \"a bell\");\n});\n";
    std::fs::write(moor.join("world/scripts/none.rhai"), script).unwrap();
    std::fs::write(
        moor.join("world/lost.scene.txt"),
        "# Lost.\n---\n+ Ann\n< Bob: hello\n",
    )
    .unwrap();
    let (code, told) = kadath(&moor, &["test", "world"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.contains("world/scripts/none.rhai:3: nothing: Ann should read"),
        "{told}"
    );
    assert!(
        told.contains("world/lost.scene.txt:4: nobody called Bob"),
        "{told}"
    );
    assert!(told.ends_with("2 passed, 2 failed\n"), "{told}");
}

#[test]
fn script_schema_names_every_function_of_page() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scripting.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (code, schema) = kadath(Path::new(env!("CARGO_MANIFEST_DIR")), &["schema", "script"]);
    assert_eq!(code, Some(0), "{schema}");
    let declared = |line: &str| {
        let name = line
            .trim_start()
            .strip_prefix("fn ")
            .or(line.strip_prefix("op "))?;
        Some(
            name.split(['(', '<'])
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned(),
        )
    };
    let mut names: Vec<String> = schema.lines().filter_map(declared).collect();
    names.sort();
    names.dedup();
    assert!(names.len() > 50, "{names:?}");
    let is_word = |name: &&String| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let missing: Vec<_> = names
        .iter()
        .filter(is_word)
        .filter(|name| !page.contains(name.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
