//! Before the world and after it: what the door offers, and why one stands there again.

use super::{PASSWORD, guest, registers};
use crate::harness::{Driver, Player, Recipe, Server, SmallWorld, until};

#[tokio::test(flavor = "multi_thread")]
async fn door_offers_allowed_sign_ins_under_world_name() {
    let recipe = Recipe::new()
        .env("KADATH_ACCOUNTS__GUESTS", "never")
        .env("KADATH_ACCOUNTS__INVITES_REQUIRED", "true");
    let folder = recipe.folder().join("world");
    SmallWorld::read(
        r##"
        name = "Neon <Harbor>"
        tagline = "It never stops raining."
        accent = "#e0218a"
        [sub_zones.pier.rooms.hall]
        "##,
    )
    .write(&folder);
    let server = recipe.flag("--world", folder).start().await;
    let driver = Driver::start().await;
    let browser = driver.open().await;
    browser.visit(&server.url).await;
    browser.reads("#door h1", "Neon <Harbor>").await;
    browser
        .reads("#door .pitch", "It never stops raining.")
        .await;
    // Asked of the server: what time it is, and that a code is needed.
    browser.reads("#door-now", "It is").await;
    browser.sees("#invite-line:not([hidden])").await;
    assert_eq!(browser.text("#guest").await, "", "a guest would be refused");
    let page = "return [document.title, getComputedStyle(document.documentElement)
        .getPropertyValue('--accent') !== '#d2ac62'];";
    let page = browser.finds(page).await;
    assert_eq!(page, serde_json::json!(["Neon <Harbor>", true]));
}

#[tokio::test(flavor = "multi_thread")]
async fn guest_keeps_the_character_before_logging_out() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let browser = guest(&driver, &server).await;
    let name = browser.text("#whoami").await;
    browser.click("#exits [data-direction=west]").await;
    browser.reads("#room-name", "The Visitors' Day Room").await;
    browser.click("#logout").await;
    browser
        .reads("#leave-words", &format!("{name} is a guest"))
        .await;
    browser.click("#leave-keep").await;
    for (field, words) in [("username", "ann"), ("password", PASSWORD)] {
        let css = format!("#keep-form input[name={field}]");
        browser.fill(&css, words).await;
    }
    browser.click("#keep-form button[type=submit]").await;
    browser.reads("#log", "is yours").await;
    // No question this time: nothing is lost.
    browser.click("#logout").await;
    for (field, words) in [("username", "ann"), ("password", PASSWORD)] {
        let css = format!("#signin-form input[name={field}]");
        browser.fill(&css, words).await;
    }
    browser.click("#signin-form button[type=submit]").await;
    browser.joins().await;
    browser.reads("#whoami", &name).await;
    browser.reads("#room-name", "The Visitors' Day Room").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kick_and_ban_say_why_at_the_door() {
    let server = Server::start().await;
    let keeper = server.http.register("armitage", "Ada").await;
    server.recipe().grant("armitage").await;
    let mut keeper = Player::join(&server, &keeper.token).await;
    let driver = Driver::start().await;
    let browser = driver.open().await;
    browser.visit(&server.url).await;
    registers(&browser, "bob", "Bob").await;

    keeper.does("kick Bob be nice").await;
    browser
        .reads("#door-notice", "A keeper sends you away: be nice")
        .await;
    browser.click("#continue").await;
    browser.joins().await;
    keeper.does("ban Bob 60 be nicer").await;
    browser.reads("#door-notice", "be nicer").await;
    browser.click("#continue").await;
    browser.reads("#door-notice", "be nicer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_stop_is_not_shown_as_refusal() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let ann = guest(&driver, &server).await;
    let recipe = server.stop().await;
    ann.reads("#log", "The server is going down").await;
    assert_eq!(ann.count("#log .error").await, 0, "a stop is no refusal");
    let server = recipe.start().await;
    ann.joins().await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn guest_returns_after_token_expiry() {
    let server = Recipe::new()
        .env("KADATH_ACCOUNTS__TOKEN_LIFETIME_SECONDS", "2")
        .start()
        .await;
    let driver = Driver::start().await;
    let browser = guest(&driver, &server).await;
    let name = browser.text("#whoami").await;
    let identity = "return JSON.parse(localStorage.getItem('kadath.identity'))";
    // The second time by the token that the first has brought.
    for _ in 0..2 {
        let was = browser.finds(identity).await;
        let token = was["token"].as_str().unwrap();
        until("the token to expire", async || {
            let (status, _) = server.http.get_as("/auth/me", token).await;
            (status == 401).then_some(())
        })
        .await;
        browser.reload().await;
        browser.joins().await;
        browser.reads("#whoami", &name).await;
        let is = browser.finds(identity).await;
        assert_ne!(is["refreshToken"], was["refreshToken"]);
        assert_eq!(is["characterId"], was["characterId"]);
    }
}
