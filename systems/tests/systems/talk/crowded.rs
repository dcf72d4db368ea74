//! Very many who speak at once.

use engine::stage::{STAGE_START, SavedRows, Stage};

use super::{stage, unlimited, words};

const SPEAKERS: usize = 40;

/// So many speakers and Bea, who hears them.
fn crowd() -> (Stage, Vec<String>) {
    let mut stage = stage(unlimited(), SavedRows::new(), STAGE_START);
    let letter = |n: usize| char::from(b'a' + n as u8);
    let speakers: Vec<String> = (0..SPEAKERS)
        .map(|n| format!("Ann{}{}", letter(n / 26), letter(n % 26)))
        .collect();
    for speaker in &speakers {
        stage.enter(speaker);
    }
    stage.enter("Bea");
    stage.ears("Bea");
    (stage, speakers)
}

/// A line of so many characters.
fn long(of: &str, chars: usize) -> String {
    format!("{of} {}", "\u{1f600}".repeat(chars - of.len() - 1))
}

#[test]
fn talk_beyond_pace_is_heard_later_once() {
    let channels = [
        ("global", 990),
        ("say", 490),
        ("local", 490),
        ("whisper Bea", 980),
    ];
    for (channel, chars) in channels {
        let (mut stage, speakers) = crowd();
        for speaker in &speakers {
            stage.says(speaker, &format!("{channel} {}", long(speaker, chars)));
        }
        let (mut heard, mut ticks) = (Vec::new(), 0);
        while heard.len() < SPEAKERS {
            assert!(ticks < 20, "{} of {SPEAKERS} on {channel}", heard.len());
            stage.tick();
            ticks += 1;
            let now = words(&mut stage, "Bea");
            let bytes: usize = now.iter().map(|line| 2 * line.len()).sum();
            assert!(bytes <= 64 * 1_024, "{bytes} bytes in a tick on {channel}");
            heard.extend(now);
        }
        let said: Vec<String> = speakers.iter().map(|one| long(one, chars)).collect();
        assert_eq!(heard, said, "on {channel}");
        stage.tick();
        assert_eq!(words(&mut stage, "Bea"), [] as [String; 0]);
    }
}

#[test]
fn waiting_words_outlast_speaker() {
    let (mut stage, speakers) = crowd();
    for speaker in &speakers {
        stage.says(speaker, &format!("global {}", long(speaker, 900)));
    }
    stage.tick();
    for speaker in &speakers {
        stage.leaves(speaker);
    }
    for _ in 0..20 {
        stage.tick();
    }
    assert_eq!(words(&mut stage, "Bea").len(), SPEAKERS);
}

#[test]
fn pace_per_second_ignores_tick_rate() {
    for hz in [4, 20, 100] {
        let (stage, speakers) = crowd();
        let mut stage = stage.at_hz(hz);
        stage.tick();
        for speaker in &speakers {
            stage.says(speaker, &format!("global {}", long(speaker, 900)));
        }
        stage.tick();
        let mut ticks = 1;
        let mut heard = words(&mut stage, "Bea").len();
        while heard < SPEAKERS {
            stage.tick();
            ticks += 1;
            heard += words(&mut stage, "Bea").len();
        }
        // 300 KB at 1.25 MiB a second.
        let millis = ticks * 1_000 / hz;
        assert!((200..=500).contains(&millis), "{millis} ms at {hz} Hz");
    }
}
