//! Random and mutated messages, thrown at every decoder. `KADATH_PROOF=full` throws ten times as
//! many; `KADATH_FUZZ_SECONDS=3600` goes on for an hour, from a new seed each time.

use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use net::understands;
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};

const SUBPROTOCOLS: [&str; 4] = [
    "kadath.v1",
    "json.mudstandards.org",
    "gmcp.mudstandards.org",
    "terminal.mudstandards.org",
];

/// Good messages, to be spoilt.
const SEEDS: [&str; 9] = [
    r#"{"type":"authenticate","data":{"token":"t","character_id":"0b1f7a52-1111-4111-8111-111111111111","resume":{"session_id":"00","last_sequence":7}}}"#,
    r#"{"type":"command","id":12,"data":{"line":"say hello"}}"#,
    r#"{"type":"command","id":13,"data":{"command":"say","args":["hello","there"]}}"#,
    r#"{"type":"ping","data":{}}"#,
    r#"{"proto":"gmcp","id":"Core.Supports.Set","data":"[\"Char 1\",\"Room 1\"]"}"#,
    r#"{"proto":"gmcp","id":"Char.Login.Credentials","data":"{\"account\":\"a\",\"password\":\"b\"}"}"#,
    r#"Core.Supports.Add ["Comm.Channel 1"]"#,
    "connect Ann password\r\nlook\r\n",
    "say \u{1f419} \u{0}\u{7}\u{1b}[2J",
];

fn messages() -> u64 {
    let full = std::env::var("KADATH_PROOF").is_ok_and(|proof| proof == "full");
    if full { 100_000 } else { 10_000 }
}

fn message(seed: u64) -> Vec<u8> {
    let mut dice = StdRng::seed_from_u64(seed);
    if dice.random_ratio(1, 4) {
        let mut bytes = vec![0; dice.random_range(0..512)];
        dice.fill_bytes(&mut bytes);
        return bytes;
    }
    let mut bytes = SEEDS[dice.random_range(0..SEEDS.len())].as_bytes().to_vec();
    for _ in 0..dice.random_range(0..5) {
        if bytes.is_empty() {
            break;
        }
        let at = dice.random_range(0..bytes.len());
        match dice.random_range(0..6) {
            0 => bytes[at] = dice.random(),
            1 => bytes.truncate(at),
            2 => bytes.insert(at, dice.random()),
            3 => drop(bytes.remove(at)),
            4 => bytes.splice(at..at, [b'['; 12]).for_each(drop),
            _ => {
                let other = SEEDS[dice.random_range(0..SEEDS.len())].as_bytes();
                let from = dice.random_range(0..other.len());
                bytes
                    .splice(at.., other[from..].iter().copied())
                    .for_each(drop);
            }
        }
    }
    bytes
}

#[test]
fn no_message_makes_a_decoder_panic() {
    for subprotocol in SUBPROTOCOLS {
        let mut understood = 0_u64;
        for seed in 0..messages() {
            let bytes = message(seed);
            let binary = seed % 2 == 0;
            let decoded = catch_unwind(|| understands(subprotocol, binary, &bytes));
            match decoded {
                Ok(answer) => understood += u64::from(answer.unwrap()),
                Err(_) => panic!("{subprotocol} panics on seed {seed}"),
            }
        }
        // Otherwise nothing but the first check was tested.
        assert!(understood > messages() / 100, "{subprotocol}: {understood}");
        assert!(understood < messages(), "{subprotocol}");
    }
}

/// As long as `KADATH_FUZZ_SECONDS` says, from a seed that is printed: without it, a second.
#[test]
#[expect(clippy::print_stdout, reason = "a run of hours says where it began")]
fn decoder_fuzz_causes_no_panic_or_hoarding() {
    let seconds = std::env::var("KADATH_FUZZ_SECONDS");
    let seconds = seconds.map_or(1, |seconds| seconds.parse().expect("a number of seconds"));
    let first: u64 = rand::random_range(1 << 32..1 << 62);
    println!("the first seed is {first}");
    let (began, before) = (Instant::now(), resident_kib());
    let mut seed = first;
    while began.elapsed() < Duration::from_secs(seconds) {
        for _ in 0..1_000 {
            let bytes = message(seed);
            for subprotocol in SUBPROTOCOLS {
                let binary = seed.is_multiple_of(2);
                let decoded = catch_unwind(|| understands(subprotocol, binary, &bytes));
                assert!(decoded.is_ok(), "{subprotocol} panics on seed {seed}");
            }
            seed += 1;
        }
    }
    // Other tests run beside this one; what decoders keep would soon be more than those take.
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 256 * 1024, "{grown} KiB more after {first}..{seed}");
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let word = line.and_then(|line| line.split_whitespace().nth(1));
    word.unwrap().parse().unwrap()
}

/// Bytes that are not even websocket frames.
#[tokio::test]
async fn raw_bytes_end_only_own_socket() {
    use crate::client::Client;
    use crate::server::{Server, config};
    use tokio::io::AsyncWriteExt as _;

    let mut server = Server::start(config()).await;
    let (mut calm, _) = Client::play(&mut server, "calm").await;
    for seed in 0..50 {
        let mut noisy = Client::connect(server.address).await;
        let mut bytes = message(seed * 4_001);
        // A reserved opcode at the end: whatever came before, the socket can't live on.
        bytes.extend([0xff; 64]);
        let raw = noisy.ws.get_mut();
        // The server may have ended it before all is written.
        drop(raw.write_all(&bytes).await);
        drop(raw.shutdown().await);
        calm.ping().await;
        calm.event("pong").await;
    }
    assert!(server.world.is_silent());
    server.stop().await;
}

#[test]
fn the_seeds_are_good_messages() {
    for (subprotocol, binary, at) in [
        (SUBPROTOCOLS[0], false, 0),
        (SUBPROTOCOLS[0], false, 1),
        (SUBPROTOCOLS[0], false, 2),
        (SUBPROTOCOLS[0], false, 3),
        (SUBPROTOCOLS[1], false, 4),
        (SUBPROTOCOLS[1], false, 5),
        (SUBPROTOCOLS[2], false, 6),
        (SUBPROTOCOLS[3], true, 7),
    ] {
        let seed = SEEDS[at].as_bytes();
        assert_eq!(understands(subprotocol, binary, seed), Some(true), "{at}");
    }
    assert_eq!(understands("soap", false, b""), None);
}

#[tokio::test]
async fn socket_garbage_hurts_only_sender() {
    use crate::client::Client;
    use crate::server::{Server, config};
    use futures_util::SinkExt as _;
    use tokio_tungstenite::tungstenite::Message;

    let mut config = config();
    config.limits.frames_per_minute = 0;
    let mut server = Server::start(config).await;
    let (mut calm, _) = Client::play(&mut server, "calm").await;
    let (mut noisy, _) = Client::play(&mut server, "noisy").await;
    for seed in 0..500 {
        let bytes = message(seed);
        let sent = match String::from_utf8(bytes) {
            Ok(text) => Message::text(text),
            Err(fault) => Message::binary(fault.into_bytes()),
        };
        noisy.ws.send(sent).await.unwrap();
        if seed % 50 == 0 {
            calm.ping().await;
            calm.event("pong").await;
        }
    }
    // It is still heard: the socket was kept through all of it.
    noisy.ping().await;
    while noisy.frame().await["event_type"] != "pong" {}
    server.stop().await;
}
