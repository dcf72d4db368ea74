//! A world that is changed while people are in it: saved, published, taken back, by the running
//! server and without one, and over kills.

mod answers;
mod databases;
mod kills;
mod left;
mod limits;
mod preview;
mod socket;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::harness::{Ended, Player, Recipe, SmallWorld, until};

/// A hall and an attic, whose descriptions are `text`.
fn house(text: &str) -> SmallWorld {
    SmallWorld::read(&format!(
        r#"
        [sub_zones.house]
        environment = "indoors"
        rooms.hall = {{ up = "attic", description = "{text}" }}
        rooms.attic = {{ down = "hall", description = "{text}" }}
        "#
    ))
}

fn folder(recipe: &Recipe) -> PathBuf {
    recipe.folder().join("world")
}

/// A server over a draft of its own.
fn recipe(text: &str) -> Recipe {
    let recipe = Recipe::new();
    house(text).write(&folder(&recipe));
    let folder = folder(&recipe);
    recipe.flag("--world", folder)
}

/// The same, where no flag says which draft: one that does may name another.
fn configured(text: &str) -> Recipe {
    let recipe = Recipe::new();
    house(text).write(&folder(&recipe));
    let folder = folder(&recipe).display().to_string();
    recipe.env("KADATH_SERVER__WORLD", &folder)
}

/// What `kadath world` comes to.
async fn world(recipe: &Recipe, words: &[&str]) -> Ended {
    let output = recipe.command("world").args(words).output().await.unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    }
}

/// The number of the revision that runs.
async fn runs(recipe: &Recipe) -> u64 {
    let told = world(recipe, &["status"]).await;
    let first = told.stdout.lines().next().unwrap_or_default();
    let number = first
        .strip_prefix("revision ")
        .and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("{told:?}"))
}

async fn sees(player: &mut Player, text: &str) {
    let find = player.find("room_update", |event| event["room"]["description"] == text);
    find.await;
}

/// Saves other descriptions, as an editor does: whole.
fn save(recipe: &Recipe, text: &str) {
    let sources = house(text).sources();
    let house = sources.iter().find(|one| one.path.ends_with("house.toml"));
    let house = house.unwrap();
    let file = folder(recipe).join(&house.path);
    let draft = file.with_file_name(".house.toml.swp");
    std::fs::write(&draft, &house.text).unwrap();
    std::fs::rename(draft, file).unwrap();
}

pub(crate) async fn replay(recipe: &Recipe) -> Ended {
    // Not over the draft, which `--world` would say.
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_kadath"));
    let output = command
        .args(["replay", "--data"])
        .arg(recipe.data())
        .output();
    let output = output.await.unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn saved_file_is_seen_by_a_player() {
    let server = recipe("It is bare.").start().await;
    let mut guest = server.guest().await;
    let began = std::time::Instant::now();
    save(server.recipe(), "A fire burns.");
    sees(&mut guest, "A fire burns.").await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(server.http.figure("kadath_content_revision").await >= 2.0);
    // Nobody was sent away.
    guest.does("look").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_draft_is_told_once_and_harmless() {
    let server = recipe("It is bare.").start().await;
    let recipe = server.recipe();
    let account = server.http.register("zadok", "Zadok").await;
    recipe.account(&["grant", "zadok", "designer"]).await;
    let mut designer = Player::join(&server, &account.token).await;
    let file = folder(recipe).join("zones/town/house.toml");
    let whole = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, whole.replace("up = \"attic\"", "up = \"cellar\"")).unwrap();
    let mistake = "`cellar`, which is not a room";
    until("the mistake to be told", async || {
        server.stderr().contains(mistake).then_some(())
    })
    .await;
    designer
        .find("system", |event| event.to_string().contains("house.toml:"))
        .await;
    let told = world(recipe, &["publish", "-m", "broken"]).await;
    assert_eq!(told.code, Some(1), "{told:?}");
    let place = format!("{}:", file.display());
    let line = told.stdout.lines().find(|line| line.contains(mistake));
    let line = line.unwrap_or_else(|| panic!("{told:?}"));
    let rest = line
        .strip_prefix(&place)
        .unwrap_or_else(|| panic!("{told:?}"));
    let (number, _) = rest.split_once(": ").unwrap();
    assert!(number.parse::<u32>().unwrap() > 0, "{line}");
    assert_eq!(runs(recipe).await, 1);
    // As often as before, whatever was read meanwhile.
    assert_eq!(
        server.stderr().matches(mistake).count(),
        1,
        "{}",
        server.stderr()
    );
    designer.does("world status").await;
    designer
        .find("system", |event| event.to_string().contains("revision 1"))
        .await;
    let _guest = server.guest().await;
    let refused = designer.fails("eject guest").await;
    let message = refused["message"].as_str().unwrap();
    assert!(message.starts_with("There is no command"), "{refused}");
    std::fs::write(&file, whole).unwrap();
    assert_eq!(
        world(recipe, &["publish"]).await.stdout,
        "revision 1 runs already"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn revert_stands_until_a_file_changes() {
    let server = recipe("It is bare.").start().await;
    let mut guest = server.guest().await;
    save(server.recipe(), "A fire burns.");
    sees(&mut guest, "A fire burns.").await;
    let second = runs(server.recipe()).await;
    let told = world(server.recipe(), &["revert", "1"]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    sees(&mut guest, "It is bare.").await;
    let reverted = runs(server.recipe()).await;
    assert!(reverted > second);
    let told = world(server.recipe(), &["revert", "1"]).await;
    assert_eq!(
        (told.code, runs(server.recipe()).await),
        (Some(0), reverted)
    );
    assert_eq!(
        world(server.recipe(), &["revert", "99"]).await.code,
        Some(1)
    );
    // Neither the watch nor a start publishes the older draft, also not after a kill.
    let server = server.kill9().await.start().await;
    assert_eq!(runs(server.recipe()).await, reverted);
    let mut guest = server.guest().await;
    // A file that is written as it was is none that changes.
    save(server.recipe(), "A fire burns.");
    guest.rest(Duration::from_millis(500)).await;
    assert_eq!(runs(server.recipe()).await, reverted);
    save(server.recipe(), "Ashes, still warm.");
    sees(&mut guest, "Ashes, still warm.").await;
    let blame = world(server.recipe(), &["blame", "hall"]).await;
    assert!(blame.stdout.lines().count() >= 4, "{blame:?}");
    guest.does_for_good("look").await;
    let recipe = server.stop().await;
    let played = replay(&recipe).await;
    assert_eq!(played.code, Some(0), "{}{}", played.stdout, played.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn designers_publish_one_after_the_other() {
    let recipe = recipe("It is bare.").env("KADATH_CONTENT__WATCH", "false");
    let server = recipe.start().await;
    let recipe = server.recipe();
    let draft = |name: &str| recipe.folder().join(name).display().to_string();
    for name in ["ann", "bob"] {
        let told = world(recipe, &["export", &draft(name)]).await;
        assert_eq!(told.code, Some(0), "{told:?}");
    }
    let publish = async |name: &str| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_kadath"));
        command.args(["world", "publish", "--world", &draft(name), "--data"]);
        let output = command.arg(recipe.data()).output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    // An export is what it was made of.
    assert_eq!(publish("ann").await.1, "revision 1 runs already");
    let change = |name: &str, text: &str| {
        let file = Path::new(&draft(name)).join("zones/town/house.toml");
        let was = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, was.replace("It is bare.", text)).unwrap();
    };
    change("ann", "A fire burns.");
    change("bob", "Water drips.");
    assert_eq!(publish("ann").await.1, "published revision 2");
    let (code, _, why) = publish("bob").await;
    assert_eq!(code, Some(1));
    assert!(why.contains("look at it first"), "{why}");
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_kadath"));
    command.args(["world", "diff", "--world", &draft("bob"), "--data"]);
    let looked = command.arg(recipe.data()).output().await.unwrap();
    let looked = String::from_utf8_lossy(&looked.stdout).into_owned();
    assert!(
        looked.contains("A fire burns.") && looked.contains("Water drips."),
        "{looked}"
    );
    assert_eq!(publish("bob").await.1, "published revision 3");
    // Another world's draft is refused.
    let stamp = Path::new(&draft("ann")).join(".revision");
    std::fs::write(&stamp, r#"{"world":"another","number":3}"#).unwrap();
    let (code, _, why) = publish("ann").await;
    assert_eq!(code, Some(1));
    assert!(why.contains("another world"), "{why}");
    assert_eq!(runs(recipe).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn revisions_are_made_without_a_server() {
    let server = recipe("It is bare.").start().await;
    let recipe = server.stop().await;
    save(&recipe, "A fire burns.");
    let status = world(&recipe, &["status"]).await;
    assert!(status.stdout.contains("differs"), "{status:?}");
    let told = world(&recipe, &["publish", "-m", "a fire"]).await;
    assert_eq!(told.stdout, "published revision 2", "{told:?}");
    let history = world(&recipe, &["history"]).await.stdout;
    assert!(
        history.lines().next().unwrap().ends_with("a fire"),
        "{history}"
    );
    assert_eq!(world(&recipe, &["revert", "1"]).await.code, Some(0));
    let server = recipe.start().await;
    assert_eq!(runs(server.recipe()).await, 3);
    server.guest().await.does("look").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_drafts_are_refused_with_a_sentence() {
    let server = recipe("It is bare.").start().await;
    let recipe = server.recipe();
    let draft = folder(recipe);
    let bad: [(&str, Box<dyn Fn(&Path)>); 5] = [
        (
            "not UTF-8",
            Box::new(|file| std::fs::write(file, [0xff, 0xfe, b'a']).unwrap()),
        ),
        (
            "no regular file",
            Box::new(|file| {
                let made = std::process::Command::new("mkfifo").arg(file).status();
                assert!(made.unwrap().success());
            }),
        ),
        (
            "leads out",
            Box::new(|file| std::os::unix::fs::symlink("/dev/null", file).unwrap()),
        ),
        (
            "only by case",
            Box::new(|file| {
                let other = file.with_file_name("World.toml");
                std::fs::write(other, "").unwrap();
            }),
        ),
        (
            "can't be read",
            Box::new(|file| {
                std::os::unix::fs::symlink(file.file_name().unwrap(), file).unwrap();
            }),
        ),
    ];
    for (words, spoil) in bad {
        let file = draft.join("zones/town/spoilt.toml");
        match words {
            "only by case" => spoil(&draft.join("world.toml")),
            _ => spoil(&file),
        }
        let told = world(recipe, &["publish"]).await;
        assert_eq!(told.code, Some(1), "{words}: {told:?}");
        assert!(told.stdout.contains(words), "{words}: {told:?}");
        for file in [file, draft.join("World.toml")] {
            let _ = std::fs::remove_file(file);
        }
    }
    assert_eq!(runs(recipe).await, 1);
    server.guest().await.does("look").await;
}
