//! `kadath check`: every mistake once, with its place, and nothing that it hangs on.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::harness::{Ended, Recipe, SmallWorld};

fn world(recipe: &Recipe) -> std::path::PathBuf {
    let folder = recipe.folder().join("world");
    SmallWorld::read("[sub_zones.house.rooms.hall]").write(&folder);
    folder
}

/// What a check has found, line by line, with `folder` left out of the places.
fn found(ended: &Ended, folder: &Path) -> Vec<String> {
    let folder = format!("{}/", folder.display());
    ended
        .stdout
        .lines()
        .map(|line| line.replace(&folder, ""))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn check_of_a_hostile_world_is_bounded() {
    let recipe = Recipe::new();
    let folder = world(&recipe);
    let outside = recipe.folder().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("secret.toml"), "hunter2 = 1\n").unwrap();
    // Two links to the folder itself are 2^40 paths.
    symlink(".", folder.join("again")).unwrap();
    symlink(".", folder.join("and_again")).unwrap();
    symlink(&outside, folder.join("elsewhere")).unwrap();
    symlink(outside.join("secret.toml"), folder.join("leads_out.toml")).unwrap();
    symlink("nowhere", folder.join("dangling.toml")).unwrap();
    symlink("/dev/zero", folder.join("endless.toml")).unwrap();
    symlink("loop.toml", folder.join("loop.toml")).unwrap();
    let fifo = Command::new("mkfifo")
        .arg(folder.join("pipe.toml"))
        .status();
    assert!(fifo.unwrap().success());
    let large = std::fs::File::create(folder.join("large.toml")).unwrap();
    large.set_len(5 << 20).unwrap();
    std::fs::write(folder.join("rules/binary.toml"), [0xff, 0xfe]).ok();
    std::fs::write(folder.join("notes.TOML"), "").unwrap();
    std::fs::write(folder.join(".hidden.toml"), "= =").unwrap();
    let ended = recipe.flag("--world", &folder).run("check").await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let lines = found(&ended, &folder);
    for (file, reason) in [
        ("again", "read already"),
        ("and_again", "read already"),
        ("elsewhere", "leads out"),
        ("leads_out.toml", "leads out"),
        ("dangling.toml", "can't be read"),
        ("endless.toml", "leads out"),
        ("loop.toml", "can't be read"),
        ("pipe.toml", "no regular file"),
        ("large.toml", "longer than"),
        ("notes.TOML", "read by nobody"),
    ] {
        let begin = format!("{file}:0: ");
        let of: Vec<_> = lines
            .iter()
            .filter(|line| line.starts_with(&begin))
            .collect();
        assert_eq!(of.len(), 1, "{file}: {lines:#?}");
        assert!(of[0].contains(reason), "{}", of[0]);
    }
    assert!(!ended.stdout.contains("hunter2") && !ended.stdout.contains("hidden"));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_names_files_without_reader() {
    let recipe = Recipe::new();
    let folder = world(&recipe);
    std::fs::write(folder.join("enviroments.toml"), "broken [").unwrap();
    std::fs::create_dir_all(folder.join("rule")).unwrap();
    std::fs::write(folder.join("rule/chat.toml"), "").unwrap();
    let ended = recipe.flag("--world", &folder).run("check").await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let lines = found(&ended, &folder);
    for file in ["enviroments.toml:1:1: ", "rule/chat.toml:1:1: "] {
        let named = lines
            .iter()
            .any(|line| line.starts_with(file) && line.contains("read by nobody"));
        assert!(named, "{file} {lines:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_follows_links_within_a_world() {
    let recipe = Recipe::new();
    let folder = world(&recipe);
    let town = folder.join("zones/town");
    std::fs::rename(town.join("house.toml"), folder.join("zones/.house")).unwrap();
    symlink("../.house", town.join("house.toml")).unwrap();
    // The folder of the world itself may be a link as well.
    let link = recipe.folder().join("link");
    symlink(&folder, &link).unwrap();
    let ended = recipe.flag("--world", &link).run("check").await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_survives_a_hazard_beyond_all_bounds() {
    let recipe = Recipe::new();
    let folder = world(&recipe);
    let file = folder.join("zones/town/house.toml");
    let hazard = "\n[[rooms.hazards]]\nid = \"pit\"\nevery_seconds = 1\ntext = \"x\"\nharm = 65535\nlucidity = 1\n";
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + hazard).unwrap();
    let ended = recipe.flag("--world", &folder).run("check").await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.contains("zones/town/house.toml:"), "{ended:?}");
    assert!(ended.stderr.is_empty(), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_tells_configuration_and_world_together() {
    let recipe = Recipe::new();
    let folder = world(&recipe);
    std::fs::write(folder.join("world.toml"), "name = 3\nname = \nmotd =\n").unwrap();
    let file = recipe.folder().join("kadath.toml");
    let text = format!(
        "[server]\nworld = {:?}\ntls_cert = \"nowhere.pem\"\ntls_key = \"\"\norigins = [\"a/b\"]\n\n[tick]\nrate_hz = 999\n\n[tock]\nx = 1\n",
        folder.display()
    );
    std::fs::write(&file, text).unwrap();
    let ended = recipe.flag("--config", &file).run("check").await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let lines = found(&ended, recipe_folder(&file));
    for begin in [
        "kadath.toml:3:1: configuration key server.tls_cert: that file can't be read: No such file",
        "kadath.toml:4:1: configuration key server.tls_key: ",
        "kadath.toml:5:1: configuration key server.origins: ",
        "kadath.toml:8:1: configuration key tick.rate_hz: ",
        "kadath.toml:10:2: unknown configuration key tock",
        "world/world.toml:2:",
        "world/world.toml:3:",
    ] {
        let of = lines.iter().filter(|line| line.starts_with(begin)).count();
        assert_eq!(of, 1, "{begin} {lines:#?}");
    }
}

fn recipe_folder(file: &Path) -> &Path {
    file.parent().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn check_reads_certificates_as_a_start_does() {
    let recipe = Recipe::new();
    let of = |name: &str| recipe.folder().join(name);
    let pair = |names: [&str; 2]| {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(of(names[0]), made.cert.pem()).unwrap();
        std::fs::write(of(names[1]), made.signing_key.serialize_pem()).unwrap();
    };
    pair(["cert.pem", "key.pem"]);
    pair(["other.pem", "other-key.pem"]);
    std::fs::write(of("garbage.pem"), "not a certificate").unwrap();
    let checked = async |cert: &str, key: &str| {
        let recipe = recipe
            .clone()
            .env("KADATH_SERVER__TLS_CERT", of(cert).to_str().unwrap())
            .env("KADATH_SERVER__TLS_KEY", of(key).to_str().unwrap());
        recipe.run("check").await
    };
    assert_eq!(checked("cert.pem", "key.pem").await.code, Some(0));
    for (cert, key, named) in [
        ("missing.pem", "key.pem", "server.tls_cert"),
        ("garbage.pem", "key.pem", "server.tls_cert"),
        ("cert.pem", "garbage.pem", "server.tls_key"),
        ("cert.pem", "other-key.pem", "server.tls_key"),
        ("cert.pem", "cert.pem", "server.tls_key"),
    ] {
        let ended = checked(cert, key).await;
        assert_eq!(ended.code, Some(1), "{cert} {key} {ended:?}");
        assert_eq!(ended.stdout.lines().count(), 1, "{ended:?}");
        assert!(ended.stdout.contains(named), "{ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_reads_a_configuration_from_a_pipe() {
    let binary = env!("CARGO_BIN_EXE_kadath");
    let checked = |text: &str| {
        let script = format!("exec {binary} check --config <(printf '{text}')");
        let ended = Command::new("bash").args(["-c", &script]).output().unwrap();
        (
            ended.status.code(),
            String::from_utf8(ended.stdout).unwrap(),
        )
    };
    let (code, told) = checked("[tick]\\nrate_hz = 20\\n");
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = checked("[tick]\\nrate_hz = 0\\n");
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.contains(":2:1: configuration key tick.rate_hz"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn check_of_file_as_data_folder_fails() {
    let recipe = Recipe::new();
    std::fs::write(recipe.data(), "").unwrap();
    let ended = recipe.run("check").await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.stdout.contains("server.data") && ended.stdout.contains("--data"),
        "{ended:?}"
    );
}
