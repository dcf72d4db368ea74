//! What can be seen without scrolling, on whatever the game is played on.

use serde_json::json;

use super::guest;
use crate::harness::{Browser, Driver, Server, until};

/// A small phone, a phone, the phone with its keyboard up, a desktop at 200 % zoom, a tablet both
/// ways, a desktop.
const SIZES: [(u32, u32); 7] = [
    (320, 568),
    (390, 844),
    (390, 480),
    (640, 400),
    (768, 1_024),
    (1_024, 768),
    (1_280, 800),
];

/// The newest entry is seen to its last line, the prompt as a whole, and nothing is wider than the
/// page.
const SEEN: &str = r##"
    const box = (element) => element.getBoundingClientRect();
    const shows = (element, x, y) => {
        const top = document.elementFromPoint(x, y);
        return top !== null && element.contains(top);
    };
    const newest = [...document.querySelectorAll("#log .entry")].at(-1);
    const line = [...newest.querySelectorAll("p, dd")].at(-1);
    const prompt = document.getElementById("command");
    const { left, bottom } = box(line);
    const { x, y, width, height } = box(prompt);
    return {
        newest: shows(newest, left + 8, bottom - 3),
        prompt: shows(prompt, x + width / 2, y + 2) && shows(prompt, x + width / 2, y + height - 2),
        narrow: document.documentElement.scrollWidth <= innerWidth && scrollY === 0,
    };
"##;

pub(super) async fn sees_the_newest_line(browser: &Browser, when: &str) {
    let wished = json!({"newest": true, "prompt": true, "narrow": true});
    until(
        &format!("the newest line and the prompt, {when}"),
        async || (browser.finds(SEEN).await == wished).then_some(()),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn newest_line_and_prompt_show_at_every_size() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let ann = guest(&driver, &server).await;
    let bob = server.guest().await;
    let bob_s_name = bob.state["player"]["name"].as_str().unwrap();
    for size in SIZES {
        ann.resize(size).await;
        let (width, height) = size;
        let words = format!("say This is said at {width} by {height}.");
        ann.types(&words).await;
        ann.reads(
            "#log",
            &format!("says: This is said at {width} by {height}."),
        )
        .await;
        sees_the_newest_line(&ann, &format!("at {width}x{height}")).await;
        ann.types("help").await;
        ann.reads("#log", "There is more to read").await;
        sees_the_newest_line(&ann, &format!("after help at {width}x{height}")).await;
        if width >= 1_100 {
            ann.reads("#occupants", bob_s_name).await;
            continue;
        }
        for panel in ["me", "map", "things", "here"] {
            ann.click(&format!("#tabs [data-panel={panel}][aria-expanded=false]"))
                .await;
            ann.sees(&format!("#tabs [data-panel={panel}][aria-expanded=true]"))
                .await;
            sees_the_newest_line(&ann, &format!("with {panel} at {width}x{height}")).await;
        }
        // Who is here is never below the fold.
        ann.reads("#occupants", bob_s_name).await;
        let seen = "const { top, bottom } = document.querySelector('#occupants button')
            .getBoundingClientRect(); return top >= 0 && bottom <= innerHeight;";
        assert_eq!(ann.finds(seen).await, true, "at {width}x{height}");
        ann.click("#tabs [data-panel=map]").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn phone_player_walks_and_whispers_by_touch() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let ann = guest(&driver, &server).await;
    ann.resize((390, 844)).await;
    let mut bob = server.guest().await;
    let bob_s_name = bob.state["player"]["name"].as_str().unwrap().to_owned();
    ann.click("#tabs [data-panel=here]").await;
    ann.click(&format!("#occupants [data-name={bob_s_name}]"))
        .await;
    // The sheet gives way to the words.
    ann.sees("#tabs [data-panel=here][aria-expanded=false]")
        .await;
    let begun = format!("whisper {bob_s_name} ");
    let typed = "return document.getElementById('command').value;";
    until("the whisper to begin", async || {
        (ann.finds(typed).await == begun.as_str()).then_some(())
    })
    .await;
    ann.fill("#command", &format!("{begun}come west")).await;
    ann.click("#send").await;
    bob.find("chat_message", |data| {
        data["original_content"] == "come west"
    })
    .await;
    // What is said again is counted.
    for _ in 0..3 {
        bob.does("say Hush.").await;
    }
    ann.reads("#log", "says: Hush. (3 times)").await;
    ann.click("#exits [data-direction=west]").await;
    ann.reads("#now-place", "The Visitors' Day Room").await;
    ann.reads("#log", "The Visitors' Day Room").await;
    sees_the_newest_line(&ann, "after a walk").await;
    assert!(
        !ann.text("#log").await.contains("You go west."),
        "told after the room what the room has told"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_line_stays_in_the_prompt() {
    let recipe = crate::harness::Recipe::new()
        .env("KADATH_CHAT__SAY_PER_MINUTE", "1")
        .env("KADATH_CHAT__BURST", "1");
    let server = recipe.start().await;
    let driver = Driver::start().await;
    let ann = guest(&driver, &server).await;
    ann.types("say One").await;
    ann.reads("#log", "says: One").await;
    ann.types("say Two").await;
    ann.reads("#log", "You have said enough for now. Try again in")
        .await;
    let typed = "return document.getElementById('command').value;";
    assert_eq!(ann.finds(typed).await, "say Two");
}
