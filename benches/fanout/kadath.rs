//! The shipped server, with its limits lifted and a world of many rooms.

use std::process::Command;

use futures_util::StreamExt as _;
use serde_json::Value;
use tempfile::TempDir;

use crate::process::Process;
use crate::tree;

/// Guests asked for at once.
const DOOR: usize = 16;

/// A server, its folder, and one token per guest.
#[derive(Debug)]
pub(crate) struct Kadath {
    pub(crate) process: Process,
    pub(crate) tokens: Vec<String>,
    _folder: TempDir,
}

impl Kadath {
    /// Starts one and asks it for guests.
    pub(crate) async fn start(guests: usize) -> Self {
        let folder = TempDir::with_prefix("kadath-fanout-").expect("a folder");
        tree::write(&folder.path().join("world"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_kadath"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KADATH_") {
                command.env_remove(name);
            }
        }
        command
            .env("KADATH_SERVER__LISTEN", "127.0.0.1:0")
            .env("KADATH_SERVER__DATA", folder.path().join("data"))
            .env("KADATH_SERVER__WORLD", folder.path().join("world"))
            .env("KADATH_LIMITS__COMMANDS_PER_SECOND", "0")
            .env("KADATH_LIMITS__FRAMES_PER_MINUTE", "0")
            .env("KADATH_LIMITS__LINES_PER_TICK", "0")
            .env("KADATH_CHAT__SAY_PER_MINUTE", "0")
            .env("KADATH_LOG__LEVEL", "warn");
        let process = Process::start(command);
        let url = format!("http://{}/auth/guest", process.address);
        let http = reqwest::Client::new();
        let asked = (0..guests).map(|_| {
            let asked = http.post(&url).send();
            async {
                let answer = asked.await.expect("an answer");
                let body: Value = answer.json().await.expect("JSON");
                let token = body["access_token"].as_str();
                token.expect("guests are welcome").to_owned()
            }
        });
        let tokens = futures_util::stream::iter(asked).buffered(DOOR).collect();
        Self {
            tokens: tokens.await,
            process,
            _folder: folder,
        }
    }

    /// Everything of `/metrics`.
    pub(crate) async fn figures(&self) -> Vec<(String, f64)> {
        let url = format!("http://{}/metrics", self.process.address);
        let answer = reqwest::get(url).await.expect("an answer");
        let text = answer.text().await.expect("a text");
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.rsplit_once(' '))
            .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
            .collect()
    }
}
