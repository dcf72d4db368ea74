//! A fight by touch and click: armed, fought, wounded, treated, dead, and back to one's own corpse.

use std::path::Path;
use std::process::Command;

use super::guest;
use super::reach::is_clean;
use super::screens::sees_the_newest_line;
use super::things::{chooses, keeper, opens};
use crate::harness::{Browser, Driver, Player, Recipe, Server, until};

/// The shipped world with rounds of a second, and rats that stay until they have bitten.
async fn quick_rounds(recipe: Recipe) -> Server {
    let world = recipe.folder().join("world");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("world");
    let copied = Command::new("cp")
        .arg("-r")
        .args([&shipped, &world])
        .status();
    assert!(copied.unwrap().success(), "no copy of the world");
    let changes = [
        ("rules/combat.toml", "\nseconds = 6\n", "\nseconds = 1\n"),
        (
            "creatures/vermin.toml",
            "constitution = 30",
            "constitution = 95",
        ),
        ("creatures/vermin.toml", "size = 10", "size = 90"),
        ("creatures/vermin.toml", "flees_below = 30\n", ""),
    ];
    for (file, from, to) in changes {
        let file = world.join(file);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{from} in {file:?}");
        std::fs::write(&file, text.replacen(from, to, 1)).unwrap();
    }
    recipe.flag("--world", world).start().await
}

/// Who somebody is, where the name is hidden, too.
async fn name_of(ann: &Browser) -> String {
    let name = "return document.getElementById('whoami').textContent;";
    ann.finds(name).await.as_str().unwrap().to_owned()
}

/// Takes the knife up from the floor.
async fn is_armed(ann: &Browser, keeper: &mut Player) {
    for thing in ["knife.clasp", "bandage.roll 3"] {
        keeper.does(&format!("summon {thing}")).await;
    }
    opens(ann, "things").await;
    for thing in ["clasp-knife", "roll of bandage"] {
        ann.click(&format!("#things-here [aria-label='Take {thing}']"))
            .await;
        ann.reads("#things-carried", thing).await;
    }
    ann.reads("#load", " lb").await;
    ann.click("#things-carried [aria-label='Hold clasp-knife']")
        .await;
    ann.reads("#things-worn", "clasp-knife in the right hand")
        .await;
    ann.reads("#things-carried", "roll of bandage (3)").await;
}

/// Attacks a rat that has just come, by its name in the list of who is here.
async fn attacks_a_rat(ann: &Browser, keeper: &mut Player) {
    keeper.does("npc spawn rat.wharf").await;
    opens(ann, "here").await;
    ann.reads("#creatures", "hostile").await;
    let rat = "const rat = [...document.querySelectorAll('#creatures button')]
        .find((one) => one.textContent.startsWith('wharf rat'));
        rat?.click(); return rat !== undefined;";
    ann.comes_to("a rat to press", rat).await;
    chooses(ann, "Attack").await;
    ann.sees("#fight:not([hidden])").await;
}

/// Fights until a rat has bitten, whatever becomes of the rats.
async fn is_bitten(ann: &Browser, keeper: &mut Player) {
    let whole = "const [now, most] = document.getElementById('dp').textContent.split(' / ');
        return now === most;";
    let fights = "return !document.getElementById('fight').hidden;";
    until("a bite", async || {
        if ann.finds(fights).await != true {
            attacks_a_rat(ann, keeper).await;
        }
        (ann.finds(whole).await == false).then_some(())
    })
    .await;
}

/// Runs, and comes back by the keeper's hand.
async fn flees(ann: &Browser, keeper: &mut Player, name: &str) {
    // A flight may fail, and is tried again then.
    let pressed = "if (Date.now() - (window.fled ?? 0) > 900) {
            window.fled = Date.now();
            document.querySelector('#fight:not([hidden]) [data-line=flee]')?.click();
        }
        return document.getElementById('fight').hidden;";
    ann.comes_to("a way out of the fight", pressed).await;
    let is_back =
        "return document.getElementById('room-name').textContent === 'The Sanitarium Foyer';";
    if ann.finds(is_back).await != true {
        keeper.does(&format!("teleport {name}")).await;
    }
    ann.comes_to("the foyer", is_back).await;
}

/// Dies of a rat in the foyer, comes back, and takes from the corpse what was lost.
async fn dies_and_comes_back(ann: &Browser, keeper: &mut Player, name: &str) {
    keeper.does(&format!("admin set dp {name} 1")).await;
    let fights = "return !document.getElementById('fight').hidden;";
    until("a mortal wound", async || {
        if ann.text("#log").await.contains("You are mortally wounded.") {
            return Some(());
        }
        if ann.finds(fights).await != true {
            keeper.does("npc spawn rat.wharf").await;
            ann.types("attack rat").await;
            until("a fight or its end", async || {
                let began = ann.finds(fights).await == true;
                let over = ann.text("#log").await.contains("You are mortally wounded.");
                (began || over).then_some(())
            })
            .await;
        }
        None
    })
    .await;
    ann.reads("#log", "You are dead.").await;
    let back = "const back = [...document.querySelectorAll('#log .offer')]
        .find((one) => one.textContent === 'Come back');
        back?.click(); return back !== undefined;";
    ann.comes_to("a way back", back).await;
    ann.reads("#log", "You are alive.").await;
    ann.sees("#fight[hidden]").await;
    let weak = "return document.getElementById('conditions').textContent.includes('harmful, for');";
    ann.comes_to("the weakness of the risen", weak).await;
    opens(ann, "things").await;
    ann.reads("#things-here", &format!("corpse of {name}"))
        .await;
    let loot = format!("#things-here [aria-label='Loot corpse of {name}']");
    ann.click(&loot).await;
    ann.reads("#things-carried", "clasp-knife").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fighter_is_armed_bitten_treated_killed_and_back() {
    let driver = Driver::start().await;
    for size in [(390, 844), (1_280, 800)] {
        let server = quick_rounds(Recipe::new()).await;
        let mut keeper = keeper(&server).await;
        let ann = guest(&driver, &server).await;
        ann.resize(size).await;
        let name = &name_of(&ann).await;
        is_armed(&ann, &mut keeper).await;
        attacks_a_rat(&ann, &mut keeper).await;
        // On a phone those who fight are listed where no sheet is open.
        let close =
            "const tab = document.querySelector('#tabs [data-panel=here][aria-expanded=true]');
            if (tab?.offsetHeight > 0) tab.click();
            return true;";
        ann.comes_to("the fight without a sheet", close).await;
        ann.reads("#fighters", "wharf rat").await;
        sees_the_newest_line(&ann, &format!("in a fight at {size:?}")).await;
        is_clean(&ann, &format!("a fight at {size:?}")).await;
        let alarmed = "return document.getElementById('alarm').textContent.includes('wharf rat');";
        ann.comes_to("the alarm", alarmed).await;
        is_bitten(&ann, &mut keeper).await;
        flees(&ann, &mut keeper, name).await;
        opens(&ann, "things").await;
        ann.click("#things-carried [aria-label='Use roll of bandage']")
            .await;
        ann.reads("#things-carried", "roll of bandage (2)").await;
        dies_and_comes_back(&ann, &mut keeper, name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fight_hides_neither_newest_line_nor_prompt() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let mut keeper = keeper(&server).await;
    let ann = guest(&driver, &server).await;
    for size in [
        (320, 568),
        (390, 480),
        (640, 400),
        (768, 1_024),
        (1_280, 800),
    ] {
        ann.resize(size).await;
        let name = name_of(&ann).await;
        keeper.does(&format!("admin set dp {name} 20")).await;
        attacks_a_rat(&ann, &mut keeper).await;
        sees_the_newest_line(&ann, &format!("in a fight at {size:?}")).await;
        if size.0 < 1_100 {
            opens(&ann, "me").await;
            sees_the_newest_line(&ann, &format!("in a fight beside a sheet at {size:?}")).await;
        }
    }
}
