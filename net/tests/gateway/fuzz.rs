//! Random and mutated messages, thrown at every decoder. `KADATH_PROOF=full` throws ten times as
//! many.

use std::panic::catch_unwind;

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
async fn garbage_over_a_socket_hurts_only_its_sender() {
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
