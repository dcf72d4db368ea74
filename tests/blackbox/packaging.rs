//! What `packaging/` gives to those who install the server: each file is used here as it is, up to
//! the last step that needs a machine of its own.

mod alarms;
mod compose;
mod image;
mod papers;
mod proxies;
mod series;
mod unit;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;
use tokio::time::timeout;

use crate::harness::PATIENCE;

/// A file of the checkout.
fn checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What a file of `packaging/` says.
fn packaged(name: &str) -> String {
    std::fs::read_to_string(checkout("packaging").join(name)).unwrap()
}

/// The server as it was built for these tests.
fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_kadath")
}

/// A program that `./test` installs.
fn tool(name: &str) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    // Not everybody has the folders of programs for administrators in their path.
    let mut folders = path.split(':').chain(["/usr/sbin", "/sbin"]);
    let found = folders.find_map(|folder| {
        let program = Path::new(folder).join(name);
        program.is_file().then_some(program)
    });
    let program = found.unwrap_or_else(|| panic!("{name} is not installed; ./test installs it"));
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs what ends by itself and must end well; answers what it printed.
async fn done(mut command: Command) -> String {
    let output = timeout(PATIENCE * 2, command.output()).await;
    let output = output.expect("it does not end").unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{said}{complained}",
        output.status
    );
    [said, complained].concat()
}

/// A program that runs until the test ends.
struct Neighbor {
    process: tokio::process::Child,
    log: PathBuf,
}

impl Neighbor {
    /// Starts it; what it prints goes to a file.
    fn start(mut command: Command, log: &Path) -> Self {
        let file = std::fs::File::create(log).unwrap();
        let process = command
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        Self {
            process,
            log: log.to_owned(),
        }
    }

    /// Waits until it accepts connections there.
    async fn listens(&mut self, address: &str) {
        crate::harness::until(address, async || {
            if let Some(status) = self.process.try_wait().unwrap() {
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                panic!("it ended with {status}: {log}");
            }
            tokio::net::TcpStream::connect(address).await.ok().map(drop)
        })
        .await;
    }
}

/// An address that nobody listens on.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// `text` with each of these put in place of the other, which must be there.
fn put_in(text: &str, places: &[(&str, &str)]) -> String {
    places.iter().fold(text.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old} is not there any more:\n{text}");
        text.replace(old, new)
    })
}

/// Whether these tests run as root.
async fn is_root() -> bool {
    let mut id = tool("id");
    id.arg("-u");
    done(id).await.trim() == "0"
}
