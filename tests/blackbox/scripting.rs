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
    assert_eq!(texts.len(), 4);
    assert!(
        texts["fog"]
            .lines()
            .take_while(|line| !line.starts_with("test"))
            .count()
            <= 8
    );
    assert_eq!(
        kadath(&moor, &["test", "world"]),
        (Some(0), "6 passed, 0 failed\n".to_owned())
    );
}

#[test]
fn test_over_seeds_names_the_seed_that_fails() {
    let folder = TempDir::with_prefix("kadath-scripting-test-").unwrap();
    kadath(folder.path(), &["new", "moor"]);
    let moor = folder.path().join("moor");
    let luck = "verb(\"draw\", |e| if chance(90) { \"A card.\" } else { \"The joker.\" });\n\ntest(\"no joker\", |t| {\n    t.enter(\"Ann\");\n    t.says(\"Ann\", \"draw\");\n    t.run(1);\n    t.hears(\"Ann\", \"A card.\");\n});\n";
    std::fs::write(moor.join("world/scripts/luck.rhai"), luck).unwrap();
    let (code, told) = kadath(&moor, &["test", "world", "--seeds", "20"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.ends_with("2 passed, 1 failed, over 20 seeds from 1\n"),
        "{told}"
    );
    let (_, seed) = told
        .split_once("(seed ")
        .unwrap_or_else(|| panic!("{told}"));
    let seed: String = seed.chars().take_while(char::is_ascii_digit).collect();
    let (code, told) = kadath(&moor, &["test", "world", "--seed", &seed]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("luck.rhai:7: no joker"), "{told}");
}

/// The fog of the page that is a list of effects, in the last room of the new world.
#[test]
fn fog_of_page_needs_no_script() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scripting.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, fog) = page.split_once("```toml\n[[rooms.reactions]]").unwrap();
    let (fog, _) = fog.split_once("```").unwrap();
    let fog = format!("[[rooms.reactions]]{fog}");
    let lines = fog.lines().filter(|line| !line.is_empty());
    assert!(lines.count() <= 7, "{fog}");
    let folder = TempDir::with_prefix("kadath-scripting-test-").unwrap();
    kadath(folder.path(), &["new", "moor"]);
    let moor = folder.path().join("moor");
    let zone = moor.join("world/zones/moor/moor.toml");
    let rooms = std::fs::read_to_string(&zone).unwrap();
    std::fs::write(&zone, format!("{}\n\n{fog}", rooms.trim_end())).unwrap();
    let script = "test(\"fog\", |t| {\n    t.enter(\"Ann\");\n    t.run(5);\n    t.hears_not(\"Ann\", \"burns\");\n    t.says(\"Ann\", \"north\");\n    t.run(5);\n    t.hears(\"Ann\", \"The fog burns in your throat.\");\n});\n";
    std::fs::write(moor.join("world/scripts/fog.rhai"), script).unwrap();
    let (code, told) = kadath(&moor, &["test", "world"]);
    assert_eq!((code, told.as_str()), (Some(0), "3 passed, 0 failed\n"));
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
