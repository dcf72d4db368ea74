//! What operators do with accounts, and what players do with their sign-ins, with the real server.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::harness::{Player, Recipe, Server};

struct Told {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// `kadath account` over the data of `recipe`, with a line on stdin.
async fn account(recipe: &Recipe, words: &[&str], line: &str) -> Told {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kadath"))
        .args(["account", "--data"])
        .arg(recipe.data())
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = command.stdin.take().unwrap();
    // One that does not read it may be gone already.
    let _ = stdin.write_all(line.as_bytes()).await;
    drop(stdin);
    let ended = command.wait_with_output().await.unwrap();
    Told {
        code: ended.status.code(),
        stdout: String::from_utf8(ended.stdout).unwrap(),
        stderr: String::from_utf8(ended.stderr).unwrap(),
    }
}

/// A refusal's status and code.
fn refusal((status, body): &(u16, Value)) -> (u16, &str) {
    (*status, body["error"]["code"].as_str().unwrap_or_default())
}

async fn post(server: &Server, path: &str, body: Value, token: Option<&str>) -> (u16, Value) {
    let (status, body) = match token {
        Some(token) => server.http.post_as(path, body, token).await,
        None => server.http.post(path, body).await,
    };
    (status, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn account_refuses_a_folder_without_database() {
    let recipe = Recipe::new();
    for words in [
        &["list"][..],
        &["show", "Ann"],
        &["password", "Ann"],
        &["delete", "Ann", "--yes"],
        &["create", "Ann"],
        &["grant", "Ann", "admin"],
        &["invite"],
    ] {
        let told = account(&recipe, words, "a long pass-phrase 9\n").await;
        assert_eq!(told.code, Some(2), "{words:?}: {}", told.stderr);
        let folder = recipe.data().display().to_string();
        assert!(told.stderr.contains(&folder), "{}", told.stderr);
        assert!(told.stderr.contains("--new"), "{}", told.stderr);
        assert!(!recipe.data().exists(), "{words:?} has made something");
    }
    let made = account(
        &recipe,
        &["create", "Ann", "--new"],
        "a long pass-phrase 9\n",
    )
    .await;
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let listed = account(&recipe, &["list"], "").await;
    assert!(listed.stdout.contains("\nAnn "), "{}", listed.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn account_list_and_show_tell_who_is_there() {
    let server = Server::start().await;
    let ann = server.http.register("annie", "Ann").await;
    server.http.register("zadok", "Zadok").await;
    server.http.guest().await;
    let recipe = server.recipe();
    account(recipe, &["grant", "annie", "admin"], "").await;
    account(recipe, &["ban", "zadok", "--reason", "noise"], "").await;
    let _player = Player::join(&server, &ann.token).await;
    let list = account(recipe, &["list"], "").await.stdout;
    let rows: Vec<Vec<&str>> = list
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows.len(), 3, "{list}");
    assert_eq!(rows[1][..4], ["annie", "account", "admin", "Ann"], "{list}");
    assert!(rows[1][4].starts_with("20"), "when last played: {list}");
    assert_eq!(rows[2][..5], ["zadok", "account", "player", "Zadok", "-"]);
    assert_eq!(rows[2][5..], ["for", "good"], "{list}");
    let guests = account(recipe, &["list", "--guests"], "").await.stdout;
    assert!(guests.contains("guest-"), "{guests}");
    let shown = account(recipe, &["show", "ZADOK"], "").await.stdout;
    for words in [
        "name          zadok",
        "for good: noise",
        "character     Zadok,",
    ] {
        assert!(shown.contains(words), "{shown}");
    }
    let nobody = account(recipe, &["show", "nobody-of-that"], "").await;
    assert_eq!(nobody.code, Some(1), "{}", nobody.stderr);
    assert!(nobody.stderr.contains("There is no account of that name."));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn designer_orders_leave_an_admin_alone() {
    let recipe = Recipe::new();
    let made = ["create", "Ann", "--new", "--admin"];
    let made = account(&recipe, &made, "a long pass-phrase 9\n").await;
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    for (words, why) in [
        (["revoke", "Ann", "designer"], "Ann is no designer."),
        (["grant", "Ann", "designer"], "Ann is an admin"),
    ] {
        let told = account(&recipe, &words, "").await;
        assert_eq!(told.code, Some(1), "{words:?}: {}", told.stdout);
        assert!(told.stderr.contains(why), "{words:?}: {}", told.stderr);
    }
    let list = account(&recipe, &["list"], "").await.stdout;
    assert!(list.contains(" admin "), "{list}");
    for words in [
        ["revoke", "Ann", "admin"],
        ["grant", "Ann", "designer"],
        ["revoke", "Ann", "designer"],
    ] {
        let told = account(&recipe, &words, "").await;
        assert_eq!(told.code, Some(0), "{words:?}: {}", told.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn designer_limits_are_shown_and_checked() {
    let recipe = Recipe::new();
    let made = ["create", "Ann", "--new"];
    let made = account(&recipe, &made, "a long pass-phrase 9\n").await;
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let grant = async |words: &[&str]| {
        let words = [&["grant", "Ann"][..], words].concat();
        account(&recipe, &words, "").await
    };
    for (words, why) in [
        (["admin", "--zones", "uplands"], "are for the role"),
        (["player", "--until", "2999-12-31"], "are for the role"),
        (["designer", "--zones", "uplands,,"], "is no id of a zone"),
        (["designer", "--until", "2020-12-31"], "is past"),
        (["designer", "--until", "tomorrow"], "is no day like"),
    ] {
        let told = grant(&words).await;
        assert_eq!(told.code, Some(2), "{words:?}: {}", told.stderr);
        assert!(told.stderr.contains(why), "{words:?}: {}", told.stderr);
    }
    let words = ["designer", "--zones", "arkhamcity,uplands", "--until"];
    let told = grant(&[&words[..], &["2999-12-31"]].concat()).await;
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    let limits = "designer of arkhamcity,uplands until 2999-12-31T23:59:59Z";
    for words in [&["list"][..], &["show", "Ann"]] {
        let shown = account(&recipe, words, "").await.stdout;
        assert!(shown.contains(limits), "{shown}");
    }
    assert_eq!(grant(&["designer"]).await.code, Some(0));
    let shown = account(&recipe, &["show", "Ann"], "").await.stdout;
    assert!(shown.contains("role          designer\n"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn account_password_change_ends_sign_ins() {
    let server = Server::start().await;
    let ann = server.http.register("annie", "Ann").await;
    let mut player = Player::join(&server, &ann.token).await;
    let recipe = server.recipe();
    let short = account(recipe, &["password", "annie"], "short\n").await;
    assert_eq!(short.code, Some(1), "{}", short.stderr);
    let done = account(recipe, &["password", "annie"], "another phrase 8\n").await;
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let me = server.http.get_as("/auth/me", &ann.token).await;
    assert_eq!(me.0, 401, "at once: {}", me.1);
    let (last, close) = player.closed().await;
    assert_eq!(last.unwrap()["code"], "invalid_token");
    assert_eq!(u16::from(close.unwrap().code), 1008);
    let old = json!({"username": "annie", "password": ann.password});
    assert_eq!(server.http.post("/auth/login", old).await.0, 401);
    // Whoever has the new one plays on, however often the server asks again.
    let new = json!({"username": "annie", "password": "another phrase 8"});
    let (status, signed) = server.http.post("/auth/login", new).await;
    assert_eq!(status, 200, "{signed}");
    let token = signed["access_token"].as_str().unwrap();
    let mut player = Player::join(&server, token).await;
    player.rest(std::time::Duration::from_secs(5)).await;
    player.does("look").await;
    let log = account(recipe, &["show", "annie"], "").await.stdout;
    assert!(!log.contains("phrase"), "{log}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn account_delete_takes_an_online_character_along() {
    let server = Server::start().await;
    let ann = server.http.register("annie", "Ann").await;
    let mut player = Player::join(&server, &ann.token).await;
    player.does_for_good("go north").await;
    let recipe = server.recipe();
    let asked = account(recipe, &["delete", "annie"], "").await;
    assert_eq!(asked.code, Some(2), "{}", asked.stderr);
    assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
    player.does("look").await;
    let done = account(recipe, &["delete", "annie", "--yes"], "").await;
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let (last, _) = player.closed().await;
    assert_eq!(last.unwrap()["code"], "invalid_token");
    assert_eq!(server.http.get_as("/auth/me", &ann.token).await.0, 401);
    let twice = account(recipe, &["delete", "annie", "--yes"], "").await;
    assert_eq!(twice.code, Some(1), "{}", twice.stderr);
    // Both names are free, and nothing of the one before is left to them.
    let newcomer = server.http.register("annie", "Ann").await;
    let mut fresh = Player::join(&server, &newcomer.token).await;
    fresh.does("look").await;
    let recipe = server.stop().await;
    let server = recipe.start().await;
    let login = server.http.login(&newcomer).await;
    Player::join(&server, &login).await.does("look").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guest_comes_back_by_refresh_after_restart() {
    let server = Recipe::new()
        .env("KADATH_ACCOUNTS__TOKEN_LIFETIME_SECONDS", "1")
        .start()
        .await;
    let (_, guest) = server.http.post("/auth/guest", json!({})).await;
    let first = guest["refresh_token"].as_str().unwrap().to_owned();
    let recipe = server.stop().await;
    let server = recipe.start().await;
    let expired = post(
        &server,
        "/auth/refresh",
        json!({"refresh_token": first}),
        None,
    )
    .await;
    assert_eq!(expired.0, 200, "{}", expired.1);
    let renewed = expired.1;
    assert_eq!(renewed["user_id"], guest["user_id"]);
    assert_eq!(renewed["characters"][0]["id"], guest["characters"][0]["id"]);
    let token = renewed["access_token"].as_str().unwrap();
    Player::join(&server, token).await.does("look").await;
    // Used up; and that it was shown again ends the sign-in for whoever has the next.
    let again = post(
        &server,
        "/auth/refresh",
        json!({"refresh_token": first}),
        None,
    )
    .await;
    assert_eq!(refusal(&again), (401, "invalid_token"));
    let next = json!({"refresh_token": renewed["refresh_token"]});
    let next = post(&server, "/auth/refresh", next, None).await;
    assert_eq!(refusal(&next), (401, "invalid_token"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn player_changes_password_and_plays_on() {
    let server = Server::start().await;
    let ann = server.http.register("annie", "Ann").await;
    let (_, elsewhere) = server
        .http
        .post(
            "/auth/login",
            json!({"username": "annie", "password": ann.password}),
        )
        .await;
    let mut player = Player::join(&server, &ann.token).await;
    let wrong = json!({"old": "not the one", "new": "another phrase 8"});
    let wrong = post(&server, "/auth/password", wrong, Some(&ann.token)).await;
    assert_eq!(refusal(&wrong), (401, "authentication_failed"));
    let right = json!({"old": ann.password, "new": "another phrase 8"});
    let (status, fresh) = post(&server, "/auth/password", right, Some(&ann.token)).await;
    assert_eq!(status, 200, "{fresh}");
    for old in [&elsewhere["access_token"], &json!(ann.token)] {
        let me = server.http.get_as("/auth/me", old.as_str().unwrap()).await;
        assert_eq!(me.0, 401, "{}", me.1);
    }
    let refresh = json!({"refresh_token": elsewhere["refresh_token"]});
    let refresh = post(&server, "/auth/refresh", refresh, None).await;
    assert_eq!(refusal(&refresh), (401, "invalid_token"));
    // The session by which it was changed goes on, also when the server has asked the database.
    player.rest(std::time::Duration::from_secs(5)).await;
    player.does("look").await;
    let token = fresh["access_token"].as_str().unwrap();
    assert_eq!(server.http.get_as("/auth/me", token).await.0, 200);
    let next = json!({"refresh_token": fresh["refresh_token"]});
    assert_eq!(post(&server, "/auth/refresh", next, None).await.0, 200);
    server.stop().await;
}
