//! The handbook's first room, built as the handbook says, and its tables of keys beside what the
//! server reads.

use std::path::Path;

use engine::content::Source;
use systems::load;

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
