//! A script after the load test of the audited server: ten clients register and type two commands
//! each.
//!
//! There, 8 of 20 worked. These are another twenty (theirs had `inventory`). A command has worked
//! when its effect reached everybody it should reach, not only when it was answered.

use serde_json::Value;

use crate::harness::{Player, Recipe};

/// Two commands of each client, and who else must hear of it.
const SCRIPT: [[(&str, Heard); 2]; 10] = [
    [("who", Heard::Nobody), ("look", Heard::Nobody)],
    [
        ("status", Heard::Nobody),
        ("say Good evening, all.", Heard::All("say")),
    ],
    [
        ("local Is anybody about?", Heard::All("local")),
        ("whoami", Heard::Nobody),
    ],
    [
        ("global Hello, world.", Heard::All("global")),
        ("time", Heard::Nobody),
    ],
    [
        ("emote looks over a shoulder", Heard::All("emote")),
        ("map", Heard::Nobody),
    ],
    [
        ("whisper TouristA psst", Heard::First),
        ("help", Heard::Nobody),
    ],
    [
        ("look TouristB", Heard::Nobody),
        ("say What a lovely asylum.", Heard::All("say")),
    ],
    [
        ("me shivers", Heard::All("emote")),
        ("global Is there tea?", Heard::All("global")),
    ],
    [
        ("whisper touristA psst again", Heard::First),
        ("who tourist", Heard::Nobody),
    ],
    [
        ("local Last call.", Heard::All("local")),
        ("help look", Heard::Nobody),
    ],
];

/// Who beside the one who types.
#[derive(Clone, Copy)]
enum Heard {
    Nobody,
    /// Everybody else, on a channel.
    All(&'static str),
    /// The first client alone.
    First,
}

fn name(n: usize) -> String {
    let letter = char::from(b'A' + u8::try_from(n).unwrap());
    format!("Tourist{letter}")
}

async fn hears(player: &mut Player, channel: &str, from: &str, words: &str) {
    let said = |data: &Value| data["player_name"] == from && data["original_content"] == words;
    let event = player.find("chat_message", said).await;
    assert_eq!(event["data"]["channel"], channel);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_of_twenty_commands_of_ten_clients_work() {
    let server = Recipe::new()
        .env("KADATH_LIMITS__SIGN_INS_PER_MINUTE", "0")
        .start()
        .await;
    let http = &server.http;
    let mut players = Vec::new();
    for n in 0..SCRIPT.len() {
        let account = http.register(&format!("tourist_{n}"), &name(n)).await;
        players.push(Player::join(&server, &account.token).await);
    }
    let mut worked = 0;
    for (n, commands) in SCRIPT.iter().enumerate() {
        for (line, heard) in commands {
            let answer = players[n].does(line).await;
            let words = line.split_once(' ').map_or("", |(_, rest)| rest);
            match heard {
                Heard::Nobody => {
                    let text = answer["data"]["result"].as_str().unwrap_or_default();
                    assert!(!text.is_empty(), "{line} said nothing: {answer}");
                }
                Heard::All(channel) => {
                    for (other, player) in players.iter_mut().enumerate() {
                        if other != n {
                            hears(player, channel, &name(n), words).await;
                        }
                    }
                }
                Heard::First => {
                    let words = words.split_once(' ').map_or("", |(_, rest)| rest);
                    hears(&mut players[0], "whisper", &name(n), words).await;
                }
            }
            worked += 1;
        }
    }
    assert_eq!(worked, 20);
}
