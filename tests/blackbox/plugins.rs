//! The plugins of a running server, turned off and on by whoever runs it.

use crate::harness::{Ended, Player, Recipe, Server, until};
use crate::revisions::replay;

/// What `kadath plugin` comes to.
async fn plugin(recipe: &Recipe, words: &[&str]) -> Ended {
    let output = recipe.command("plugin").args(words).output().await.unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    }
}

/// What the list has of one.
async fn listed(server: &Server, name: &str) -> Vec<String> {
    let told = plugin(server.recipe(), &["list"]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    let mut lines = told.stdout.lines();
    let line = lines.find(|line| line.split_whitespace().next() == Some(name));
    let line = line.unwrap_or_else(|| panic!("{told:?}"));
    line.split_whitespace().map(str::to_owned).collect()
}

async fn is_out(server: &Server, name: &str, out: bool) {
    let figure = format!("kadath_plugin_quarantined{{plugin=\"{name}\"}}");
    until("it to be turned", async || {
        (server.http.figure(&figure).await == f64::from(out)).then_some(())
    })
    .await;
    until("the list to say so", async || {
        let line = listed(server, name).await;
        line.ends_with(&["left".to_owned(), "out".to_owned()])
            .eq(&out)
            .then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plugin_is_turned_off_and_on_live() {
    let server = Recipe::new().start().await;
    let account = server.http.register("ada", "Ada").await;
    server.recipe().account(&["grant", "ada", "admin"]).await;
    let mut ada = Player::join(&server, &account.token).await;
    ada.does("who").await;
    let line = listed(&server, "chat").await;
    assert_eq!(line[1..3], ["built", "in"]);
    let [p50, p99] = [&line[3], &line[4]].map(|one| one.parse::<f64>().unwrap());
    assert!(0.0 < p50 && p50 <= p99, "{line:?}");

    // The shipped world's scripts have timers.
    until("a script to be called", async || {
        let told = plugin(server.recipe(), &["list"]).await;
        let line = told
            .stdout
            .lines()
            .find(|line| line.contains("  script  "))?;
        assert!(line.contains(" operations, 0 calls were cut"), "{line}");
        Some(())
    })
    .await;
    let off = plugin(server.recipe(), &["off", "chat"]).await;
    assert_eq!(off.code, Some(0), "{off:?}");
    is_out(&server, "chat", true).await;
    ada.find("system", |event| {
        event.to_string().contains("is left out of the game until")
    })
    .await;
    let on = plugin(server.recipe(), &["on", "chat"]).await;
    assert_eq!(on.code, Some(0), "{on:?}");
    is_out(&server, "chat", false).await;
    ada.find("system", |event| event.to_string().contains("is back in"))
        .await;
    ada.does("say here I am").await;

    let unknown = plugin(server.recipe(), &["off", "weathr"]).await;
    assert_eq!(unknown.code, Some(1));
    assert!(
        unknown.stderr.contains("no plugin `weathr`; there are: "),
        "{unknown:?}"
    );
    // Orders are part of what is recorded.
    let told = replay(&server.stop().await).await;
    assert_eq!(told.code, Some(0), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plugin_list_without_server_says_so() {
    let recipe = Recipe::new();
    let told = plugin(&recipe, &["list"]).await;
    assert_eq!(told.code, Some(1));
    assert!(
        told.stderr.contains("no server runs on the data folder"),
        "{told:?}"
    );
}
