//! `kadath new`: what it makes is whole, and nothing is written over.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn kadath(folder: &Path, args: &[&str]) -> Output {
    let mut kadath = Command::new(env!("CARGO_BIN_EXE_kadath"));
    kadath.current_dir(folder).args(args).output().unwrap()
}

/// What is said on stderr by a command that ends with exit code 2.
fn refusal(folder: &Path, args: &[&str]) -> String {
    let ended = kadath(folder, args);
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{args:?}: {said}");
    said
}

fn succeeds(ended: &Output) -> String {
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}");
    String::from_utf8(ended.stdout.clone()).unwrap()
}

/// Every file below `folder`, by its path in it; not what a build leaves.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let inner = path.strip_prefix(folder).unwrap().to_owned();
            match path.is_dir() {
                _ if inner == Path::new("target") || inner == Path::new("data") => {}
                true => folders.push(path),
                false => _ = found.insert(inner),
            }
        }
    }
    found
}

#[test]
fn new_world_passes_check() {
    let folder = TempDir::with_prefix("kadath-new-test-").unwrap();
    let told = succeeds(&kadath(folder.path(), &["new", "arkham by the sea"]));
    assert!(told.contains("kadath check --config kadath.toml"), "{told}");
    let made = folder.path().join("arkham by the sea");
    assert!(!made.join("Cargo.toml").exists());
    let checked = kadath(&made, &["check", "--config", "kadath.toml"]);
    let told = succeeds(&checked);
    assert!(told.contains("2 rooms, nothing wrong"), "{told}");
    let told = succeeds(&kadath(&made, &["test", "world"]));
    assert_eq!(told, "2 passed, 0 failed\n");
}

fn cargo(made: &Path, args: &[&str]) -> String {
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    // Beside the workspace's own builds, so that the next time finds what this one compiled.
    let target = Path::new(ROOT).join("target/own-game");
    cargo.current_dir(made).env("CARGO_TARGET_DIR", target);
    cargo.env_remove("RUSTC_WORKSPACE_WRAPPER");
    succeeds(&cargo.args(args).output().unwrap())
}

/// What it makes is the example that the workspace builds and tests, by another name; a build of it
/// from its own folder takes minutes and so is a part of the long proofs.
#[test]
fn new_game_is_example_by_other_name() {
    let folder = TempDir::with_prefix("kadath-new-test-").unwrap();
    succeeds(&kadath(folder.path(), &["new", "--game", "a/dunwich-2"]));
    let (made, example) = (
        folder.path().join("a/dunwich-2"),
        Path::new(ROOT).join("examples/own-game"),
    );
    assert_eq!(files(&made), files(&example));
    for path in files(&example) {
        let read = |folder: &Path| std::fs::read_to_string(folder.join(&path)).unwrap();
        let expected = read(&example).replace("own-game", "dunwich-2");
        match path.to_str().unwrap() {
            // Sorted by name, and so elsewhere in it.
            "Cargo.lock" => assert_eq!(read(&made).len(), expected.len()),
            "Cargo.toml" => {
                let expected = expected.replace("../..", ROOT);
                assert_eq!(read(&made), expected);
            }
            _ => assert_eq!(read(&made), expected, "{}", path.display()),
        }
    }
    let tree = cargo(&made, &["tree", "--offline", "--locked", "--depth", "1"]);
    assert!(tree.starts_with("dunwich-2 v0.1.0"), "{tree}");
    assert!(
        tree.contains(&format!("systems v0.1.0 ({ROOT}/systems)")),
        "{tree}"
    );
    if std::env::var("KADATH_PROOF").as_deref() == Ok("full") {
        cargo(&made, &["test", "--offline", "--locked"]);
        let check = ["run", "--offline", "--locked", "--", "check"];
        let told = cargo(&made, &check);
        assert!(told.contains("2 rooms, nothing wrong"), "{told}");
    }
}

/// A game is built with what the server was proved with.
#[test]
fn example_lock_is_part_of_server_lock() {
    let locked = |path: &str| {
        let text = std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap();
        let lock: toml::Table = text.parse().unwrap();
        let packages = lock["package"].as_array().unwrap().iter();
        let named = packages.map(|one| format!("{} {}", one["name"], one["version"]));
        named.collect::<BTreeSet<String>>()
    };
    let (own, server) = (locked("examples/own-game/Cargo.lock"), locked("Cargo.lock"));
    let beside: Vec<&String> = own.difference(&server).collect();
    assert_eq!(beside, ["\"own-game\" \"0.1.0\""]);
}

/// Blocks of the guide that no documentation test can compile are compiled there.
#[test]
fn guide_blocks_stand_in_example() {
    let read = |path: &str| std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap();
    let example = ["main", "fog"]
        .map(|file| read(&format!("examples/own-game/src/{file}.rs")))
        .concat();
    let guide = read("docs/plugins.md");
    let blocks: Vec<&str> = guide.split("```rust,ignore\n").skip(1).collect();
    assert!(blocks.len() >= 2);
    for block in blocks {
        let (block, _) = block.split_once("```").unwrap();
        assert!(example.contains(block), "{block}");
    }
}

#[test]
fn new_writes_over_nothing() {
    let folder = TempDir::with_prefix("kadath-new-test-").unwrap();
    let full = folder.path().join("full");
    std::fs::create_dir(&full).unwrap();
    std::fs::write(full.join("kadath.toml"), "mine").unwrap();
    let said = refusal(folder.path(), &["new", "full"]);
    assert!(said.contains("full is not empty"), "{said}");
    assert_eq!(std::fs::read(full.join("kadath.toml")).unwrap(), b"mine");
    assert_eq!(files(&full).len(), 1);
    let said = refusal(folder.path(), &["new", "full/kadath.toml"]);
    assert!(said.contains("full/kadath.toml is a file"), "{said}");
    let said = refusal(folder.path(), &["new", "full/kadath.toml/inner"]);
    assert!(said.contains("full/kadath.toml/inner"), "{said}");
    let said = refusal(folder.path(), &["new", "/proc/kadath"]);
    assert!(
        said.contains("can't make the folder /proc/kadath"),
        "{said}"
    );
    // An empty folder that is there is fine.
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    succeeds(&kadath(&folder.path().join("empty"), &["new", "."]));
}

#[test]
fn new_game_refuses_bad_names_and_sources() {
    let folder = TempDir::with_prefix("kadath-new-test-").unwrap();
    for (args, told) in [
        (&["new", "--game", "9lives"][..], "a crate can't be called"),
        (&["new", "--game", "my game"], "a crate can't be called"),
        (&["new", "--game", "fn"], "which is taken"),
        (&["new", "--game", "kadath"], "which is taken"),
        (
            &["new", "--game", "moor", "--kadath", "/nowhere"],
            "--kadath /nowhere holds no sources of Kadath",
        ),
        (&["new", "moor", "--kadath", "/nowhere"], "--game"),
        (&["new"], "<DIR>"),
    ] {
        let said = refusal(folder.path(), args);
        assert!(said.contains(told), "{args:?}: {said}");
    }
    assert_eq!(files(folder.path()).len(), 0);
    let url = "https://example.org/kadath.git";
    succeeds(&kadath(
        folder.path(),
        &["new", "--game", "moor", "--kadath", url],
    ));
    let manifest = std::fs::read_to_string(folder.path().join("moor/Cargo.toml")).unwrap();
    let dependency = format!("kadath = {{ git = \"{url}\" }}");
    assert!(manifest.contains(&dependency), "{manifest}");
}
