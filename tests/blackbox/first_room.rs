//! The handbook's first room, built as the handbook says, and its tables of keys beside what the
//! server reads.

use std::collections::BTreeSet;
use std::path::Path;

use systems::world::{Source, load};

use crate::harness::shipped_sources;

const HANDBOOK: &str = "docs/world.md";
const WHARF: &str = "earth_arkhamcity_riverdocks_room_wharf_end_001";
const SUB_ZONE: &str = "zones/arkhamcity/lighthouse.toml";

fn handbook() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(HANDBOOK)).unwrap()
}

/// The code block behind the mark of that name, without its indentation.
fn block(name: &str) -> String {
    let text = handbook();
    let mark = format!("<!-- first-room: {name} -->");
    let (_, rest) = text.split_once(&mark).expect("the block's mark");
    let (_, rest) = rest.split_once("```toml\n").expect("the block");
    let (block, _) = rest.split_once("```").expect("the block's end");
    let lines = block.lines().map(|line| line.trim_start_matches("   "));
    lines.fold(String::new(), |text, line| text + line + "\n")
}

/// The shipped world with the tutorial's exit, and with `sub_zone` as its new file.
fn world(sub_zone: &str) -> Vec<Source> {
    let mut sources = shipped_sources();
    let docks = sources
        .iter_mut()
        .find(|source| source.path == "zones/arkhamcity/riverdocks.toml")
        .unwrap();
    let room = docks.text.find(&format!("id = \"{WHARF}\"")).unwrap();
    let exits = "[rooms.exits]\n";
    let at = room + docks.text[room..].find(exits).unwrap() + exits.len();
    docks.text.insert_str(at, &block("exit"));
    sources.push(Source {
        path: SUB_ZONE.to_owned(),
        text: sub_zone.to_owned(),
    });
    sources
}

fn problems(sub_zone: &str) -> Vec<String> {
    load(&world(sub_zone)).map_or_else(
        |problems| problems.iter().map(ToString::to_string).collect(),
        |_| Vec::new(),
    )
}

#[test]
fn first_room_of_handbook_passes_check() {
    assert_eq!(problems(&block("file")), Vec::<String>::new());
}

/// Each table is compared with what the reader says that it expected, where it meets another key.
#[test]
fn handbook_tables_list_every_key() {
    let file = block("file");
    let spoilt = [
        ("sub-zone's file", "id = \"lighthouse\"\n"),
        ("room", "id = \"mine_lighthouse_lamp\"\n"),
        ("sight", "archetype = \"drowned_keeper\"\n"),
        ("hazard", "id = \"breakers\"\n"),
    ];
    for (section, line) in spoilt {
        let text = file.replacen(line, &format!("{line}no_such_key = 1\n"), 1);
        assert_ne!(text, file, "{section}");
        let problems = problems(&text);
        let told = problems.iter().find(|told| told.contains("no_such_key"));
        let told = told.unwrap_or_else(|| panic!("{section}: {problems:?}"));
        let (_, known) = told.split_once("expected one of").expect("the known keys");
        let known: BTreeSet<&str> = known.split('`').skip(1).step_by(2).collect();
        // `special_rules` has one key, which the table writes out.
        let listed = keys(section);
        let listed: BTreeSet<&str> = listed
            .iter()
            .map(|key| key.split('.').next().unwrap_or(key))
            .collect();
        assert_eq!(listed, known, "the table of a {section}");
    }
}

/// The first column of the table below the heading of that section.
fn keys(section: &str) -> Vec<String> {
    let text = handbook();
    let heading = text
        .lines()
        .skip_while(|line| !line.starts_with("### Every key of") || !line.ends_with(section));
    heading
        .skip(1)
        .take_while(|line| !line.starts_with('#'))
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split('`').next().map(str::to_owned))
        .collect()
}
