//! Would compression pay? The frames that one player in a room of ten gets, compressed as
//! permessage-deflate (RFC 7692) would, against what a frame holds and costs without it.
//!
//! The frames are the shipped server's own, read from a socket; what is said are sentences of the
//! shipped world, so that a window finds what a window would find among players.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    dead_code,
    reason = "a bench that can't be set up has failed, it shows its figures, and it borrows from another"
)]

use std::time::{Duration, Instant};

use flate2::{Compress, Compression, FlushCompress};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

#[path = "fanout/kadath.rs"]
mod kadath;
#[path = "fanout/process.rs"]
mod process;
#[path = "fanout/tree.rs"]
mod tree;
#[path = "fanout/wire.rs"]
mod wire;

use kadath::Kadath;
use wire::Frame;

const PLAYERS: usize = 10;
const LINES: usize = 2_000;
/// One line in so many is a look around, whose answer is long.
const LOOKS: usize = 10;
const ROUNDS: usize = 9;
/// Ends every message of the RFC, and is not sent.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
const STEP: Duration = Duration::from_millis(2);
const LAST_WORD: &str = "that was the last word";
const PATIENCE: Duration = Duration::from_secs(60);
const WORLD: [&str; 3] = [
    include_str!("../world/zones/arkhamcity/campus.toml"),
    include_str!("../world/zones/arkhamcity/riverdocks.toml"),
    include_str!("../world/zones/uplands/meadowhill.toml"),
];

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let frames = runtime.block_on(async {
        tokio::time::timeout(PATIENCE, listen())
            .await
            .expect("the last word is heard")
    });
    let bytes: usize = frames.iter().map(Vec::len).sum();
    println!(
        "{} frames of {} bytes on the average, as a player in a room of {PLAYERS} gets them",
        frames.len(),
        bytes / frames.len()
    );
    for (level, takeover) in [(1, true), (6, true), (1, false), (6, false)] {
        let found = squeeze(&frames, level, takeover);
        println!(
            "level {level}, {}: {:.0} % of the bytes, {:.1} µs of CPU a frame, {} KiB a connection",
            match takeover {
                true => "a window per connection",
                false => "no window kept",
            },
            100.0 * found.bytes as f64 / bytes as f64,
            found.per_frame.as_secs_f64() * 1e6,
            found.held / 1_024,
        );
    }
}

/// What compression came to.
struct Squeezed {
    bytes: usize,
    /// The median of the rounds.
    per_frame: Duration,
    /// Bytes that a connection holds meanwhile.
    held: u64,
}

fn squeeze(frames: &[Vec<u8>], level: u32, takeover: bool) -> Squeezed {
    let new = || Compress::new(Compression::new(level), false);
    let mut out = Vec::with_capacity(64 * 1_024);
    let mut took = Vec::new();
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        let mut compress = new();
        bytes = 0;
        let began = Instant::now();
        for frame in frames {
            if !takeover {
                compress.reset();
            }
            out.clear();
            let before = compress.total_in();
            compress
                .compress_vec(frame, &mut out, FlushCompress::Sync)
                .expect("room for it");
            assert_eq!(compress.total_in() - before, frame.len() as u64);
            assert!(out.ends_with(&TAIL), "a whole message");
            bytes += out.len() - TAIL.len();
        }
        took.push(began.elapsed() / frames.len() as u32);
    }
    took.sort();
    let kept = allocation_counter::measure(|| {
        let mut compress = new();
        let frame = &frames[0];
        let _ = compress.compress_vec(frame, &mut out, FlushCompress::Sync);
    });
    Squeezed {
        bytes,
        per_frame: took[ROUNDS / 2],
        held: kept.bytes_max,
    }
}

/// What the first of the players is sent while all speak and some look around.
async fn listen() -> Vec<Vec<u8>> {
    let server = Kadath::start(PLAYERS).await;
    let mut writers = Vec::new();
    let mut hearer = None;
    for token in &server.tokens {
        let protocols = format!("kadath.v1, bearer, {token}");
        let address = &server.process.address;
        let (stream, rest) = wire::open(address, "/api/ws", Some(&protocols))
            .await
            .expect("a websocket");
        let (read, write) = stream.into_split();
        writers.push(write);
        let hearing = tokio::spawn(hear(read, rest));
        hearer.get_or_insert(hearing);
    }
    let speaking = async {
        let said = sentences();
        // In steps, so that nobody falls behind and is sent less.
        let mut clock = tokio::time::interval(STEP);
        for line in 0..LINES {
            clock.tick().await;
            let words = said[line % said.len()];
            let line_of = match line % LOOKS {
                0 => "look".to_owned(),
                _ => format!("say {words}"),
            };
            // The first speaks, too, and looks most often: its answers are among the frames.
            let speaker = if line % LOOKS == 0 { 0 } else { line % PLAYERS };
            speak(&mut writers[speaker], &line_of).await;
        }
        speak(&mut writers[1], &format!("say {LAST_WORD}")).await;
    };
    let hearer = hearer.expect("somebody");
    let ((), heard) = tokio::join!(speaking, hearer);
    heard.expect("it heard everything")
}

/// Reads until the last word.
async fn hear(mut read: OwnedReadHalf, mut rest: Vec<u8>) -> Vec<Vec<u8>> {
    let mut heard = Vec::new();
    loop {
        let mut over = false;
        let taken = wire::frames(&rest, |frame| {
            if let Frame::Text(text) = frame {
                over |= memchr::memmem::find(text, LAST_WORD.as_bytes()).is_some();
                heard.push(text.to_vec());
            }
        });
        rest.drain(..taken);
        if over {
            return heard;
        }
        let read = read.read_buf(&mut rest).await.expect("something to hear");
        assert!(read > 0, "closed: {}", String::from_utf8_lossy(&rest));
    }
}

async fn speak(write: &mut OwnedWriteHalf, line: &str) {
    let command = format!(r#"{{"type":"command","data":{{"line":"{line}"}}}}"#);
    let mut frame = Vec::new();
    wire::text(&mut frame, command.as_bytes());
    write.write_all(&frame).await.expect("a line");
}

/// What people might say: the sentences of the world, none of them long.
fn sentences() -> Vec<&'static str> {
    let said: Vec<_> = WORLD
        .iter()
        .flat_map(|file| file.split(['.', ',', ';', '"', '\n']))
        .map(str::trim)
        .filter(|words| words.contains(' ') && !words.contains(['=', '[', '\\']))
        .filter(|words| (8..=80).contains(&words.len()))
        .collect();
    assert!(said.len() > 200, "too few to be like talk");
    said
}
