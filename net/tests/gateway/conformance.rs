//! RFC 6455, case by case, after the families of Autobahn|Testsuite: framing, pings and pongs,
//! reserved bits, opcodes, fragments, UTF-8, closes, limits. Each at the door and while playing, and
//! each ends with a whole closing handshake.
//!
//! Where that suite expects an echo, a frame of `kadath.v1` is sent whose answer shows that it was
//! read as it was meant.

#[path = "conformance/close.rs"]
mod close;
#[path = "conformance/frames.rs"]
mod frames;
#[path = "conformance/utf8.rs"]
mod utf8;

use serde_json::Value;
use tokio::net::TcpStream;

use crate::raw::{CLOSE, PING, PONG, Raw, TEXT, close, frame};
use crate::server::{Server, config};

/// What is answered with `pong`.
const ASK: &[u8] = br#"{"type":"ping","data":{}}"#;
/// What is answered by `error` `invalid_format`: text, but no JSON.
const BAD: &str = "invalid_format";
const GOOD: &str = "pong";

/// One case: what is sent, and what must come of it.
struct Case {
    name: String,
    /// Each is one write.
    writes: Vec<Vec<u8>>,
    end: End,
}

enum End {
    /// The socket stays. These pongs have come, and these answers to texts.
    Stays {
        pongs: Vec<Vec<u8>>,
        answers: Vec<&'static str>,
    },
    /// The server closes with this code.
    Fails(u16),
    /// The server answers the close that was sent with this payload.
    Answers(Vec<u8>),
}

impl Case {
    fn new(name: impl Into<String>, writes: Vec<Vec<u8>>, end: End) -> Self {
        let name = name.into();
        Self { name, writes, end }
    }

    fn stays(name: impl Into<String>, writes: Vec<Vec<u8>>, answers: &[&'static str]) -> Self {
        let (pongs, answers) = (Vec::new(), answers.to_vec());
        Self::new(name, writes, End::Stays { pongs, answers })
    }

    fn fails(name: impl Into<String>, writes: Vec<Vec<u8>>, code: u16) -> Self {
        Self::new(name, writes, End::Fails(code))
    }

    fn pongs(mut self, sent: &[&[u8]]) -> Self {
        if let End::Stays { pongs, .. } = &mut self.end {
            *pongs = sent.iter().map(|payload| payload.to_vec()).collect();
        }
        self
    }

    /// The same bytes, one a write.
    fn in_drops(&self) -> Self {
        let bytes = self.writes.concat();
        let end = match &self.end {
            End::Stays { pongs, answers } => End::Stays {
                pongs: pongs.clone(),
                answers: answers.clone(),
            },
            End::Fails(code) => End::Fails(*code),
            End::Answers(payload) => End::Answers(payload.clone()),
        };
        let drops = bytes.into_iter().map(|byte| vec![byte]).collect();
        Self::new(format!("{}, in drops", self.name), drops, end)
    }
}

/// Runs each case at the door and while playing.
async fn check(cases: Vec<Case>) {
    let mut server = Server::start(config()).await;
    for name in [None, Some("ann")] {
        for case in &cases {
            let mut client = Raw::connect(&server, "kadath.v1", name).await;
            if name.is_some() {
                server.world.let_in().await;
                // The welcome and the state.
                client.next().await.unwrap();
                client.next().await.unwrap();
            }
            run(client, case).await;
        }
    }
    server.stop().await;
}

async fn run(mut client: Raw<TcpStream>, case: &Case) {
    let name = &case.name;
    for bytes in &case.writes {
        client.write(bytes).await;
    }
    match &case.end {
        End::Stays { pongs, answers } => {
            client.write(&frame(PING, b"alive")).await;
            let (mut ponged, mut answered) = (Vec::new(), Vec::new());
            let pongs: Vec<&[u8]> = pongs
                .iter()
                .map(Vec::as_slice)
                .chain([&b"alive"[..]])
                .collect();
            while ponged.len() < pongs.len() || answered.len() < answers.len() {
                let said = client.next().await.unwrap_or_else(|| panic!("{name}: cut"));
                match said.first {
                    PONG => ponged.push(said.payload),
                    TEXT => answered.push(gist(&said.payload)),
                    _ => panic!("{name}: {said:?}"),
                }
            }
            assert_eq!(ponged, pongs, "{name}");
            assert_eq!(&answered, answers, "{name}");
            client.write(&frame(CLOSE, &close(1000, b""))).await;
            let said = client.next().await.unwrap_or_else(|| panic!("{name}: cut"));
            assert_eq!(said.close_code(), 1000, "{name}");
        }
        End::Fails(code) => {
            let said = client.until_closed().await;
            assert_eq!(said.close_code(), *code, "{name}");
            client.write(&frame(CLOSE, &said.payload)).await;
        }
        End::Answers(payload) => {
            let said = client.next().await.unwrap_or_else(|| panic!("{name}: cut"));
            assert_eq!((said.first, &said.payload), (CLOSE, payload), "{name}");
        }
    }
    assert_eq!(
        client.next().await,
        None,
        "{name}: something after the close"
    );
}

/// The type of an event, or the code of an error.
fn gist(payload: &[u8]) -> String {
    let frame: Value = serde_json::from_slice(payload).unwrap();
    let word = match frame["event_type"].as_str() {
        Some("error") => &frame["data"]["code"],
        _ => &frame["event_type"],
    };
    word.as_str().unwrap().to_owned()
}

/// [`ASK`] with blanks, as long as that.
fn ask(length: usize) -> Vec<u8> {
    let mut text = ASK.to_vec();
    text.resize(length, b' ');
    text
}
