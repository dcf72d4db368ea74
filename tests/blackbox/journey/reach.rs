//! Who can use the page: by keyboard alone, with a reader of screens, without a network.

use serde_json::json;

use super::{PASSWORD, guest};
use crate::harness::{Browser, Driver, Server, until};

/// Looks for what those need who can't see the page or not see it well.
const CHECKS: &str = include_str!("reach.js");

/// Nothing is found at fault.
pub(super) async fn is_clean(browser: &Browser, what: &str) {
    assert_eq!(browser.finds(CHECKS).await, json!([]), "{what}");
}

/// Presses Tab until something has the focus.
async fn tabs_to(browser: &Browser, css: &str) {
    let is_there = format!("return document.activeElement.matches(\"{css}\");");
    for _ in 0..60 {
        if browser.finds(&is_there).await == true {
            return;
        }
        browser.presses("\u{e004}").await;
    }
    panic!("Tab never comes to {css}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_is_named_and_legible() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let browser = driver.open().await;
    browser.visit(&server.url).await;
    browser.sees("#guest:not([hidden])").await;
    let choose = |theme: &str| format!("document.documentElement.dataset.theme = '{theme}';");
    for size in [(390, 844), (1_280, 800)] {
        browser.resize(size).await;
        for theme in ["light", "dark"] {
            browser.finds(&choose(theme)).await;
            is_clean(&browser, &format!("the door, {theme}, {size:?}")).await;
        }
    }
    for (field, words) in [
        ("username", "ann"),
        ("password", PASSWORD),
        ("character", "Ann"),
    ] {
        let css = format!("#register-form input[name={field}]");
        browser.fill(&css, words).await;
    }
    browser.click("#register-form button[type=submit]").await;
    browser.sees("#roll-stats dd").await;
    browser.reads("#professions", "Antiquarian").await;
    is_clean(&browser, "the roll").await;
    browser.click("#character-form button[type=submit]").await;
    browser.joins().await;
    browser.types("say Hello.").await;
    browser.reads("#log", "says: Hello.").await;
    browser.click("#find-open").await;
    for size in [(390, 844), (1_280, 800)] {
        browser.resize(size).await;
        for theme in ["light", "dark"] {
            browser.finds(&choose(theme)).await;
            for panel in ["here", "map", "me", "things"] {
                let open = format!("document.querySelector('#tabs [data-panel={panel}]').click();");
                browser.finds(&open).await;
                is_clean(&browser, &format!("{panel}, {theme}, {size:?}")).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn game_is_played_by_keyboard_alone() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let browser = driver.open().await;
    browser.visit(&server.url).await;
    browser.sees("#guest:not([hidden])").await;
    tabs_to(&browser, "#guest").await;
    browser.presses("\u{e007}").await;
    browser.joins().await;
    browser.reads("#room-name", "The Sanitarium Foyer").await;
    // Typing finds the prompt, wherever the focus is.
    tabs_to(&browser, "#command").await;
    browser.presses("west\u{e007}").await;
    browser.reads("#room-name", "The Visitors' Day Room").await;
    // A way out by its button, and on by the same one.
    tabs_to(&browser, "#exits button").await;
    browser.presses("\u{e007}").await;
    until("another room", async || {
        let name = browser.text("#room-name").await;
        (name != "The Visitors' Day Room").then_some(())
    })
    .await;
    // A room of the list on the map.
    tabs_to(&browser, "#map summary").await;
    browser.presses("\u{e007}").await;
    tabs_to(&browser, "#map-list button").await;
    browser.presses("\u{e007}").await;
    let walked = "return document.querySelector('#log').textContent.length > 0;";
    browser.comes_to("a walk", walked).await;
    // Search opens, takes the focus, and gives it back.
    tabs_to(&browser, "#find-open").await;
    browser.presses("\u{e007}").await;
    browser.presses("Foyer").await;
    browser.reads("#find-found", "line").await;
    browser.presses("\u{e00c}").await;
    let back = "return document.activeElement.id === 'command';";
    browser.comes_to("the prompt", back).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn page_opens_while_server_is_away() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let ann = guest(&driver, &server).await;
    ann.types("say Remember this.").await;
    ann.reads("#log", "says: Remember this.").await;
    let kept = "return caches.open(`kadath-shell ${location.origin}/`).then((shell) => shell.keys()).then((kept) => {
        const files = kept.map(({ url }) => new URL(url).pathname);
        return files.includes('/') && files.some((path) => path.endsWith('/main.js'))
            && navigator.serviceWorker.controller !== null && !files.some((path) => path.includes('api'));
    });";
    ann.comes_to("the shell to be kept", kept).await;
    let recipe = server.stop().await;
    ann.reload().await;
    ann.sees("#connection[data-phase=waiting]").await;
    ann.reads("#log", "says: Remember this.").await;
    let server = recipe.start().await;
    ann.joins().await;
    drop(server);
}
