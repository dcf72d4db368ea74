//! Real browsers, each with a profile of its own.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::key::Key;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::timeout;

use super::{LOOK_AGAIN, PATIENCE, until};

/// A programme that starts and steers browsers.
pub(crate) struct Driver {
    process: Child,
    url: String,
    /// Outlives the browsers, which write to it until their end.
    profiles: TempDir,
}

/// One browser window.
pub(crate) struct Browser {
    client: Client,
    /// Where its driver takes commands for it.
    commands: String,
}

impl Driver {
    pub(crate) async fn start() -> Self {
        let mut command = Command::new("chromedriver");
        command
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = command.spawn().unwrap_or_else(|fault| {
            panic!(
                "chromedriver does not start ({fault}): apt-get install chromium chromium-driver"
            )
        });
        let stdout = process.stdout.take().unwrap();
        let stdout = tokio::process::ChildStdout::from_std(stdout).unwrap();
        let mut lines = BufReader::new(stdout).lines();
        let port = timeout(PATIENCE, async {
            loop {
                let line = lines
                    .next_line()
                    .await
                    .unwrap()
                    .expect("chromedriver ended");
                if let Some((_, port)) = line.rsplit_once("started successfully on port ") {
                    return port.trim_end_matches('.').to_owned();
                }
            }
        });
        let port = port.await.expect("chromedriver says no port");
        // What it says later need not be read, but must not stop it either.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            process,
            url: format!("http://127.0.0.1:{port}"),
            profiles: TempDir::with_prefix("kadath-browsers-").unwrap(),
        }
    }

    /// A new window with nothing in it, of a desktop's size.
    pub(crate) async fn open(&self) -> Browser {
        let profile = tempfile::tempdir_in(&self.profiles).unwrap().keep();
        let profile_flag = format!("--user-data-dir={}", profile.display());
        let args = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            // Leaves 800 for the page.
            "--window-size=1280,943",
            &profile_flag,
        ];
        let mut wanted = Capabilities::new();
        wanted.insert("browserName".to_owned(), "chrome".into());
        wanted.insert("goog:chromeOptions".to_owned(), json!({ "args": args }));
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&self.url)
            .await
            .unwrap_or_else(|fault| panic!("no browser ({fault}): apt-get install chromium"));
        let id = client.session_id().await.unwrap().unwrap();
        let commands = format!("{}/session/{id}", self.url);
        Browser { client, commands }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // A driver that ends leaves its browsers running: those go first, known by their profiles.
        let profiles = self.profiles.path();
        for pid in running_on(profiles) {
            let _ = Command::new("kill").args(["-KILL", &pid]).status();
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        soon(|| running_on(profiles).is_empty());
        soon(|| std::fs::remove_dir_all(profiles).is_ok());
    }
}

/// The processes that were told to work below a folder.
fn running_on(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&line).contains(&*folder.to_string_lossy()) {
            found.push(process.file_name().to_string_lossy().into_owned());
        }
    }
    found
}

/// Looks until something is done, for a few seconds. For those who can't wait otherwise.
fn soon(mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() && began.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Browser {
    pub(crate) async fn visit(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub(crate) async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    /// Makes the page that large: another device, larger letters, or a keyboard on the screen.
    pub(crate) async fn resize(&self, (width, height): (u32, u32)) {
        let params = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700,
        });
        let command = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": params});
        let url = format!("{}/goog/cdp/execute", self.commands);
        let sent = reqwest::Client::new().post(url).json(&command).send().await;
        assert!(
            sent.unwrap().status().is_success(),
            "no page of {width}x{height}"
        );
    }

    /// What a piece of JavaScript returns.
    pub(crate) async fn finds(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Clicks on something as soon as it can be clicked.
    pub(crate) async fn click(&self, css: &str) {
        until(&format!("{css} to click on"), async || {
            self.client
                .find(Locator::Css(css))
                .await
                .ok()?
                .click()
                .await
                .ok()
        })
        .await;
    }

    /// Fills in a field.
    pub(crate) async fn fill(&self, css: &str, words: &str) {
        until(&format!("{css} to fill in"), async || {
            let field = self.client.find(Locator::Css(css)).await.ok()?;
            field.clear().await.ok()?;
            field.send_keys(words).await.ok()
        })
        .await;
    }

    /// Types a line at the prompt.
    pub(crate) async fn types(&self, line: &str) {
        let words = format!("{line}{}", char::from(Key::Enter));
        self.fill("#command", &words).await;
    }

    /// Presses keys, whatever has the focus.
    pub(crate) async fn presses(&self, keys: &str) {
        // What has the focus may go while the page is drawn anew; then nothing was pressed.
        until("something that takes keys", async || {
            let focused = self.client.active_element().await.ok()?;
            focused.send_keys(keys).await.ok()
        })
        .await;
    }

    /// Waits until a script finds what it looks for.
    pub(crate) async fn comes_to(&self, what: &str, script: &str) {
        until(what, async || {
            (self.finds(script).await == true).then_some(())
        })
        .await;
    }

    /// What can be read there now; nothing where there is no such thing.
    pub(crate) async fn text(&self, css: &str) -> String {
        match self.client.find(Locator::Css(css)).await {
            Ok(element) => element.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Waits until these words can be read there.
    pub(crate) async fn reads(&self, css: &str, words: &str) {
        let began = Instant::now();
        loop {
            let text = self.text(css).await;
            if text.contains(words) {
                return;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "waited in vain for \"{words}\" in {css}, which reads:\n{text}"
            );
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until something is on the page.
    pub(crate) async fn sees(&self, css: &str) {
        until(css, async || self.client.find(Locator::Css(css)).await.ok()).await;
    }

    /// Waits until the game is joined.
    pub(crate) async fn joins(&self) {
        self.sees("#connection[data-phase=joined]").await;
    }

    /// How many things match.
    pub(crate) async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.unwrap().len()
    }

    pub(crate) async fn picture(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }
}
