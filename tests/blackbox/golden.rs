//! Golden frames: one file per type of event below `tests/golden/`, with each published example
//! byte for byte in every wire format. What changes here is seen by every client there is.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use engine::port::{Note, Outcome};
use net::{CommandResponse, Message, encoded};

use crate::harness::{frame_unlike_its_schema, kept, published};

/// As which frame of which tick, and when.
const WHEN: (u64, u64, &str) = (7, 1_000_060, "2026-11-23T21:20:58.000Z");

/// Each wire format, and whether with colours.
const FORMATS: [(&str, &str, bool); 5] = [
    ("kadath.v1", "kadath.v1", true),
    ("text in colours", "terminal.mudstandards.org", true),
    ("text without", "terminal.mudstandards.org", false),
    ("GMCP as words", "gmcp.mudstandards.org", true),
    ("GMCP in JSON", "json.mudstandards.org", true),
];

/// Every published example: notes, and an answer with each kind of data.
fn examples() -> Vec<Arc<dyn Note>> {
    let published = published();
    let notes = published.iter().flat_map(|event| (event.examples)());
    let results = published.iter().flat_map(|event| (event.results)());
    let answers = results.map(|data| {
        let outcome = Outcome {
            id: Some(15),
            result: Ok(Some("What it says.".to_owned())),
            data: Some(data),
            repeated: false,
        };
        Arc::new(CommandResponse::from(outcome)) as Arc<dyn Note>
    });
    notes.chain(answers).collect()
}

/// What a client of that wire format gets of the note, a line per message.
fn told(note: &dyn Note, subprotocol: &str, colour: bool, title: &str) -> Vec<String> {
    let messages = encoded(subprotocol, colour, note, WHEN).unwrap();
    let gmcp = title.starts_with("GMCP");
    messages
        .into_iter()
        .filter_map(|message| match message {
            Message::Text(text) => Some(String::from_utf8(text).unwrap()),
            // The text beside the GMCP is that of the terminal.
            Message::Binary(_) if gmcp => None,
            Message::Binary(text) => Some(readable(&String::from_utf8(text).unwrap())),
        })
        .collect()
}

/// Text with its control characters spelt out, a line per line.
fn readable(text: &str) -> String {
    let spelt = text.escape_debug().to_string();
    spelt.replace("\\r\\n", "\\r\\n\n").trim_end().to_owned()
}

#[test]
fn events_match_golden_frames_in_every_format() {
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    for note in examples() {
        let file = files.entry(note.event_type()).or_default();
        for (title, subprotocol, colour) in FORMATS {
            let told = told(&*note, subprotocol, colour, title);
            if !told.is_empty() {
                writeln!(file, "# {title}\n{}\n", told.join("\n")).unwrap();
            }
        }
    }
    assert!(files.len() > 15, "only {} types of event", files.len());
    for (event_type, text) in &files {
        kept(&format!("tests/golden/{event_type}.txt"), text, "golden");
    }
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if !files.contains_key(name) {
            assert!(
                std::env::var_os("UPDATE").is_some(),
                "nothing sends {name} any more: {path:?}"
            );
            std::fs::remove_file(&path).unwrap();
        }
    }
}

#[test]
fn golden_frames_match_schemas() {
    let mut seen = 0;
    for note in examples() {
        for frame in told(&*note, "kadath.v1", true, "kadath.v1") {
            let fault = frame_unlike_its_schema(&serde_json::from_str(&frame).unwrap());
            assert_eq!(fault, None);
            seen += 1;
        }
    }
    assert!(seen > 15, "only {seen} frames");
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}
