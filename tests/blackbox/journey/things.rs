//! Things and places by touch and click: taking, giving, words that can be pressed, walks by the map.

use super::guest;
use crate::harness::{Browser, Driver, Player, Server};

/// Somebody who can make things.
pub(super) async fn keeper(server: &Server) -> Player {
    let account = server.http.register("armitage", "Ada").await;
    server.recipe().grant("armitage").await;
    Player::join(server, &account.token).await
}

/// Opens a panel where it is not open beside the log.
pub(super) async fn opens(browser: &Browser, panel: &str) {
    let closed = format!("#tabs [data-panel={panel}][aria-expanded=false]");
    let is_shown = format!("return document.getElementById('{panel}').offsetHeight > 0;");
    if browser.finds(&is_shown).await != true {
        browser.click(&closed).await;
    }
}

/// Presses what a menu offers under a name.
pub(super) async fn chooses(browser: &Browser, label: &str) {
    let press = format!(
        "const item = [...document.querySelectorAll('#menu:not([hidden]) [role=menuitem]')]
            .find((item) => item.textContent === '{label}');
         item?.click(); return item !== undefined;"
    );
    browser.comes_to(label, &press).await;
}

/// Waits until a room is where the browser is, whether its panel is open or not.
async fn comes_into(browser: &Browser, room: &str) {
    let is_there =
        format!("return document.getElementById('room-name').textContent === \"{room}\";");
    browser.comes_to(room, &is_there).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn things_are_taken_and_given_by_touch() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let mut keeper = keeper(&server).await;
    let ann = guest(&driver, &server).await;
    let mut bob = server.guest().await;
    let bob_s_name = bob.state["player"]["name"].as_str().unwrap().to_owned();
    for (size, kind, thing) in [
        ((390, 844), "lamp.carbide", "lamp"),
        ((1_280, 800), "almanac.farm", "almanac"),
    ] {
        ann.resize(size).await;
        keeper.does(&format!("summon {kind}")).await;
        opens(&ann, "things").await;
        ann.reads("#things-here", thing).await;
        ann.click("#things-here [aria-label^=Take]").await;
        ann.reads("#things-carried", thing).await;
        ann.sees("#things-here:not(:has([aria-label^=Take]))").await;
        // Down and up again, then on to somebody else.
        ann.click("#things-carried [data-more]").await;
        chooses(&ann, "Put down").await;
        ann.reads("#things-here", thing).await;
        ann.reads("#things-carried", "Nothing.").await;
        ann.click("#things-here [aria-label^=Take]").await;
        ann.reads("#things-carried", thing).await;
        ann.click("#things-carried [data-more]").await;
        chooses(&ann, &format!("Give to {bob_s_name}")).await;
        ann.reads("#things-carried", "Nothing.").await;
        let carried = bob.does("inventory").await;
        assert!(carried["data"]["result"].as_str().unwrap().contains(thing));
    }
    // There is something to lose.
    ann.reads("#log", "has something to lose now").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_in_the_log_can_be_pressed() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let ann = guest(&driver, &server).await;
    let mut bob = server.guest().await;
    let bob_s_name = bob.state["player"]["name"].as_str().unwrap().to_owned();
    for size in [(390, 844), (1_280, 800)] {
        ann.resize(size).await;
        bob.does(&format!("say Read https://example.org/{} there.", size.0))
            .await;
        ann.sees(&format!("#log a[href='https://example.org/{}']", size.0))
            .await;
        // A name opens a menu, which the keyboard can walk and leave.
        let speaker = format!("#log .speaker [data-name={bob_s_name}]");
        ann.click(&speaker).await;
        ann.sees("#menu:not([hidden])").await;
        ann.presses("\u{e015}\u{e00c}").await;
        ann.sees("#menu[hidden]").await;
        ann.click(&speaker).await;
        ann.click("#menu [role=menuitem]").await;
        ann.reads("#log", &format!("look {bob_s_name}")).await;
        // A direction goes there.
        let west = "const west = document.querySelector('#log [data-noun=exit][data-name=west]');
            west?.click(); return west !== null;";
        ann.comes_to("the way west", west).await;
        comes_into(&ann, "The Visitors' Day Room").await;
        ann.types("east").await;
        comes_into(&ann, "The Sanitarium Foyer").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn map_click_walks_until_line_is_typed() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let ann = guest(&driver, &server).await;
    for way in ["south", "south", "west"] {
        ann.types(way).await;
    }
    ann.reads("#map-count", "4 rooms").await;
    ann.reads("#map-here", "Boarding House").await;
    // By the list, which is there for the keyboard, then by the picture.
    ann.resize((390, 844)).await;
    opens(&ann, "map").await;
    ann.click("#map details summary").await;
    ann.click("#map-list [title='Walk to The Sanitarium Foyer']")
        .await;
    ann.reads(
        "#log",
        "You set out for The Sanitarium Foyer, 3 rooms away.",
    )
    .await;
    ann.reads("#now-place", "The Sanitarium Foyer").await;
    ann.resize((1_280, 800)).await;
    ann.sees("#map-picture .unseen-room").await;
    let step = "const spots = [...document.querySelectorAll('#map-picture .spot')];
        const steps = spots.find((spot) => spot.textContent.includes('Sanitarium Steps'));
        steps?.dispatchEvent(new MouseEvent('click', { bubbles: true })); return steps !== undefined;";
    ann.comes_to("the steps on the map", step).await;
    ann.reads("#room-name", "The Sanitarium Steps").await;

    // Whoever types something walks no farther.
    let far = "document.querySelector(\"#map-list [title^='Walk to High Lane, by']\").click();
        const command = document.getElementById('command');
        command.value = 'look';
        document.getElementById('prompt').requestSubmit(); return true;";
    ann.comes_to("a walk and a word", far).await;
    ann.reads("#room-name", "High Lane, at the Sanitarium Gates")
        .await;
    ann.types("say I stay here.").await;
    ann.reads("#log", "says: I stay here.").await;
    ann.reads("#room-name", "High Lane, at the Sanitarium Gates")
        .await;
}
