//! The sample configuration, man pages and completions are made by the program they speak of.

use tempfile::TempDir;

use super::checkout;
use crate::harness::{Recipe, kept};

#[path = "../../../examples/manual.rs"]
#[expect(
    dead_code,
    reason = "an example is a program, and its entry is not used here"
)]
pub(super) mod manual;

#[tokio::test(flavor = "multi_thread")]
async fn sample_configuration_matches_program_output() {
    let sample = Recipe::new().switch("--sample").run("config").await;
    assert_eq!(sample.code, Some(0), "{sample:?}");
    kept("packaging/kadath.toml", &sample.stdout, "packaging");
}

/// The program's subcommands, and theirs, each with the words before it.
fn subcommands(command: &clap::Command, before: &str) -> Vec<String> {
    let mut found = Vec::new();
    for subcommand in command.get_subcommands() {
        let name = format!("{before}-{}", subcommand.get_name());
        found.extend(subcommands(subcommand, &name));
        found.push(name);
    }
    found
}

#[test]
fn manual_and_completions_name_every_subcommand() {
    let folder = TempDir::new().unwrap();
    manual::write(folder.path()).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let command = kadath::cli::command();
    let all = subcommands(&command, "kadath");
    assert!(all.len() > 10, "{all:?}");
    for name in &all {
        let page = read(&format!("{name}.1"));
        assert!(page.contains(".SH NAME"), "{name}: {page}");
    }
    let first = read("kadath.1");
    for shell in ["kadath.bash", "kadath.fish", "_kadath"] {
        let completions = read(shell);
        for subcommand in command.get_subcommands() {
            let name = subcommand.get_name();
            assert!(completions.contains(name), "{shell}: {name}");
            let page = format!("kadath\\-{}(1)", name.replace('-', "\\-"));
            assert!(first.contains(&page), "{page}: {first}");
        }
    }
}

#[test]
fn handbook_names_every_subcommand() {
    let handbook = std::fs::read_to_string(checkout("docs/operations.md")).unwrap();
    let all = subcommands(&kadath::cli::command(), "kadath");
    let unnamed: Vec<String> = all
        .into_iter()
        .map(|name| name.replace("dead-letters", "dead_letters"))
        .map(|name| name.replace('-', " ").replace('_', "-"))
        .filter(|words| !handbook.contains(&format!("`{words}")))
        .collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
}
