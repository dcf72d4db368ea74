//! Talk in the browser: its channels, what is kept of it, and the line it is typed on.

use super::guest;
use crate::harness::{Browser, Driver, Player, Server, until};

const PHONE: (u32, u32) = (390, 844);
const TAB: char = '\u{e004}';
const UP: char = '\u{e013}';

/// A guest in the browser, and another one in the same room.
async fn pair(driver: &Driver, server: &Server) -> (Browser, Player, String) {
    let ann = guest(driver, server).await;
    let bob = server.guest().await;
    let bob_s_name = bob.state["player"]["name"].as_str().unwrap().to_owned();
    ann.reads("#occupants", &bob_s_name).await;
    (ann, bob, bob_s_name)
}

/// Waits until the prompt holds a line.
async fn holds(browser: &Browser, line: &str) {
    until(&format!("the prompt to hold \"{line}\""), async || {
        let typed = "return document.getElementById('command').value;";
        (browser.finds(typed).await == line).then_some(())
    })
    .await;
}

/// Waits until the browser has heard what there is to type.
async fn knows_verbs(browser: &Browser) {
    until("the verbs to be known", async || {
        browser.fill("#command", "whisp").await;
        (browser.count("#suggestions [role=option]").await > 0).then_some(())
    })
    .await;
}

/// How often words stand in the log.
async fn told(browser: &Browser, words: &str) -> usize {
    browser.text("#log").await.matches(words).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn log_survives_reload_with_missed_lines() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let (ann, mut bob, _) = pair(&driver, &server).await;
    bob.does("say The lamp is out.").await;
    ann.reads("#log", "The lamp is out.").await;
    ann.types("say I can see that.").await;
    ann.reads("#log", "says: I can see that.").await;
    ann.fill("#command", "say half a").await;

    // Elsewhere for a while. The session is lost with the page, the lines are not.
    ann.visit("about:blank").await;
    bob.does("say This you have missed.").await;
    bob.does("global So has everybody.").await;
    ann.visit(&server.url).await;
    ann.joins().await;
    ann.reads("#log .earlier", "The Sanitarium Foyer").await;
    ann.reads("#log", "This you have missed.").await;
    ann.reads("#log", "So has everybody.").await;
    for words in ["The lamp is out.", "This you have missed."] {
        assert_eq!(told(&ann, words).await, 1, "{words}");
    }
    // What was typed, and half typed.
    holds(&ann, "say half a").await;
    ann.fill("#command", &UP.to_string()).await;
    holds(&ann, "say I can see that.").await;

    ann.click("#find-open").await;
    ann.fill("#find-words", "LAMP").await;
    ann.reads("#find-found", "line").await;
    ann.reads("#log", "The lamp is out.").await;
    assert_eq!(told(&ann, "So has everybody.").await, 0, "found in vain");
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_count_unread_lines() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let (ann, mut bob, bob_s_name) = pair(&driver, &server).await;
    let ann_s_name = ann.text("#whoami").await;
    for size in [PHONE, (1_280, 800)] {
        ann.resize(size).await;
        let said = format!("Said at {}.", size.0);
        ann.click("#channels [data-channel=whisper]").await;
        bob.does(&format!("global {said}")).await;
        bob.does(&format!("global Is {ann_s_name} awake?")).await;
        ann.reads("#channels [data-channel=global]", "@2").await;
        assert_eq!(told(&ann, &said).await, 0, "another channel is shown");
        ann.click("#channels [data-channel=global]").await;
        ann.reads("#log", &said).await;
        assert_eq!(ann.text("#channels .unread").await, "");
        assert_eq!(ann.text("#log .entry.room").await, "", "no talk");
        ann.click("#channels [data-channel=all]").await;
        ann.reads("#log", "The Sanitarium Foyer").await;
    }
    assert_eq!(ann.count("#log .mention").await, 2);

    // Behind another window the title counts.
    let look = |state: &str| {
        format!(
            "Object.defineProperty(document, 'visibilityState', {{ value: '{state}', configurable: true }});
             document.dispatchEvent(new Event('visibilitychange'));"
        )
    };
    ann.finds(&look("hidden")).await;
    bob.does(&format!("whisper {ann_s_name} Psst.")).await;
    ann.comes_to("a count", "return document.title.startsWith('(1) ');")
        .await;
    ann.finds(&look("visible")).await;
    ann.comes_to("no count", "return !document.title.includes('(');")
        .await;
    ann.reads("#log", &format!("{bob_s_name} whispers: Psst."))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_typed_words_are_completed_by_tab() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let (ann, _bob, bob_s_name) = pair(&driver, &server).await;
    for size in [PHONE, (1_280, 800)] {
        ann.resize(size).await;
        knows_verbs(&ann).await;
        ann.fill("#command", &format!("whisp{TAB}")).await;
        holds(&ann, "whisper ").await;
        let begun: String = bob_s_name
            .chars()
            .take(4)
            .collect::<String>()
            .to_lowercase();
        ann.presses(&format!("{begun}{TAB}")).await;
        holds(&ann, &format!("whisper {bob_s_name} ")).await;
    }
    // Nothing to complete: Tab goes on to the next part of the page.
    ann.fill("#command", &TAB.to_string()).await;
    let focused = "return document.activeElement.id !== 'command';";
    ann.comes_to("the focus to move on", focused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_said_only_where_chosen() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let (ann, mut bob, _) = pair(&driver, &server).await;
    ann.types("good evening").await;
    ann.reads("#log", "There is no command \"good\"").await;
    ann.click(".settings summary").await;
    ann.click("#settings [name=talk]").await;
    knows_verbs(&ann).await;
    ann.types("good evening to all").await;
    bob.find("chat_message", |data| {
        data["original_content"] == "good evening to all" && data["channel"] == "say"
    })
    .await;
    ann.types("whisper nobody").await;
    ann.reads("#log", "Usage: whisper").await;

    // The choice outlives a reload, and the theme with it.
    ann.finds(
        "const theme = document.querySelector('#settings [name=theme]');
         theme.value = 'dark'; theme.dispatchEvent(new Event('change', { bubbles: true }));",
    )
    .await;
    ann.reload().await;
    ann.joins().await;
    let kept =
        "return [document.documentElement.dataset.theme, document.documentElement.dataset.talk]
        .join() === 'dark,on';";
    ann.comes_to("the settings", kept).await;
    knows_verbs(&ann).await;
    ann.types("hello again").await;
    bob.find("chat_message", |data| {
        data["original_content"] == "hello again"
    })
    .await;
}
