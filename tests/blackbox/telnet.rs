//! Players who come by telnet, to the real binary and the shipped world.

use std::net::TcpListener;
use std::process::Stdio;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

use crate::harness::{PATIENCE, Recipe, Secure, Server};

/// Somebody at a terminal.
struct Terminal<S> {
    stream: S,
    read: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Terminal<S> {
    const fn over(stream: S) -> Self {
        Self {
            stream,
            read: String::new(),
        }
    }

    async fn types(&mut self, line: &str) {
        let line = format!("{line}\r\n");
        self.stream.write_all(line.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Reads until those words stand there; answers everything up to them.
    async fn reads(&mut self, words: &str) -> String {
        loop {
            if let Some(at) = self.read.find(words) {
                let rest = self.read.split_off(at + words.len());
                return std::mem::replace(&mut self.read, rest);
            }
            let mut room = [0; 4096];
            let read = timeout(PATIENCE, self.stream.read(&mut room)).await;
            let read = read.unwrap_or_else(|_| panic!("no {words:?} in {:?}", self.read));
            let read = read.unwrap();
            assert!(read > 0, "ended before {words:?}: {:?}", self.read);
            let text = String::from_utf8_lossy(&room[..read]);
            self.read.push_str(&text);
        }
    }

    /// Comes in as a guest, looks around and walks.
    async fn plays(&mut self) {
        self.reads("quit").await;
        self.types("guest").await;
        self.reads("Welcome").await;
        self.types("look").await;
        let room = self.reads("\r\n> ").await;
        assert!(room.lines().count() > 1, "{room}");
        self.types("say over the old wire").await;
        self.reads("over the old wire").await;
        self.types("quit").await;
    }
}

fn door<'a>(server: &'a Server, scheme: &str) -> &'a str {
    let doors = server.doors.iter();
    let mut found = doors.filter_map(|door| door.strip_prefix(scheme)?.strip_prefix("://"));
    found
        .next()
        .unwrap_or_else(|| panic!("no {scheme}: {:?}", server.doors))
}

#[tokio::test(flavor = "multi_thread")]
async fn telnet_is_announced_and_played_by() {
    let server = Recipe::new().flag("--telnet", "127.0.0.1:0").start().await;
    let stream = TcpStream::connect(door(&server, "telnet")).await.unwrap();
    let mut terminal = Terminal::over(stream);
    terminal.plays().await;
    let figures = server.http.figures().await;
    let named = |(name, _): &(String, f64)| name == "kadath_sessions{protocol=\"telnet\"}";
    assert!(figures.iter().any(named), "{figures:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn telnet_by_tls_sees_the_renewed_certificate() {
    let recipe = Recipe::new();
    let folder = recipe.folder().to_owned();
    let first = Secure::write(&folder, "localhost");
    let server = recipe
        .env(
            "KADATH_SERVER__TLS_CERT",
            Secure::cert(&folder).to_str().unwrap(),
        )
        .env(
            "KADATH_SERVER__TLS_KEY",
            Secure::key(&folder).to_str().unwrap(),
        )
        .flag("--telnets", "127.0.0.1:0")
        .announced()
        .await;
    let first = first.at(door(&server, "telnets"));
    Terminal::over(first.connect().await.unwrap()).plays().await;
    let second = Secure::write(&folder, "localhost").at(door(&server, "telnets"));
    server.signal("-HUP").await;
    crate::harness::until("the new certificate", async || {
        second.connect().await.is_ok().then_some(())
    })
    .await;
    Terminal::over(second.connect().await.unwrap())
        .plays()
        .await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unavailable_telnet_listener_ends_the_start() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = Recipe::new().flag("--telnet", &address).refused().await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let told = ended.stderr.lines().last().unwrap_or_default();
    assert!(
        told.contains("server.telnet") && told.contains(&address),
        "{told}"
    );

    let ended = Recipe::new()
        .flag("--telnets", "127.0.0.1:0")
        .refused()
        .await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("server.tls_cert"), "{ended:?}");
    let server = Recipe::new().flag("--telnet", "off").start().await;
    assert!(server.doors.is_empty(), "{:?}", server.doors);
    server.stop().await;
}

/// What TinTin++ does, by what it reads. It asks for compression, wraps and colors.
const SCRIPT: &str = "\
#event {SESSION DISCONNECTED} {#end}
#action {quit%*leaves} {guest}
#action {Welcome%*} {say from a real client}
#action {%*from a real client%*} {quit}
#session {kadath} {HOST} {PORT}
";

/// A client that is not ours, with the options it comes with.
#[tokio::test(flavor = "multi_thread")]
async fn tintin_plays_with_default_options() {
    let server = Recipe::new().flag("--telnet", "127.0.0.1:0").start().await;
    let (host, port) = door(&server, "telnet").split_once(':').unwrap();
    let folder = server.recipe().folder();
    let script = folder.join("guest.tin");
    let words = SCRIPT.replace("HOST", host).replace("PORT", port);
    std::fs::write(&script, words).unwrap();
    let mut client = Command::new("tt++");
    client
        .args(["-H", "-G"])
        .arg(&script)
        .env("HOME", folder)
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let mut client = client
        .spawn()
        .expect("tt++ is missing: Debian's package tintin++, which ./test unpacks");
    let mut told = String::new();
    let reading = client.stdout.as_mut().unwrap().read_to_string(&mut told);
    timeout(PATIENCE, reading)
        .await
        .expect("it does not end")
        .unwrap();
    assert!(told.contains("from a real client"), "{told}");
    assert!(told.contains("SESSION 'kadath' DIED"), "{told}");
    server.stop().await;
}
