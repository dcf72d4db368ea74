//! Coming back after the server was away: as whom, and with what.

use serde_json::{Value, json};

use crate::harness::{Player, Recipe, Server};

/// An account with two characters, of which the second was played last.
async fn two_characters(server: &Server) -> (String, Player, Player) {
    let account = server.http.register("zadok", "Zadok").await;
    let token = server.http.login(&account).await;
    let (status, _) = server
        .http
        .post_as(
            "/api/players/characters",
            json!({"name": "Asenath"}),
            &token,
        )
        .await;
    assert_eq!(status, 201);
    let (_, me) = server.http.get_as("/auth/me", &token).await;
    let id_of = |name: &str| {
        let characters = me["characters"].as_array().unwrap().iter();
        let mut found = characters.filter(|one| one["name"] == name);
        found.next().unwrap()["id"].clone()
    };
    let first = join_as(server, &token, &id_of("Zadok")).await;
    let second = join_as(server, &token, &id_of("Asenath")).await;
    (token, first, second)
}

async fn join_as(server: &Server, token: &str, character: &Value) -> Player {
    let mut player = Player::connect(server).await;
    let data = json!({"token": token, "character_id": character});
    player
        .send(json!({"type": "authenticate", "data": data}))
        .await;
    player.let_in().await;
    player
}

async fn resume(server: &Server, token: &str, welcome: &Value) -> Player {
    let mut player = Player::connect(server).await;
    let resume = json!({"session_id": welcome["session_id"], "last_sequence": 1});
    let data = json!({"token": token, "resume": resume});
    player
        .send(json!({"type": "authenticate", "data": data}))
        .await;
    player.let_in().await;
    player
}

#[tokio::test(flavor = "multi_thread")]
async fn crash_returns_each_session_to_own_character() {
    let server = Server::start().await;
    let (token, first, second) = two_characters(&server).await;
    let server = server.kill9().await.start().await;
    let again = resume(&server, &token, &first.welcome).await;
    assert_eq!(again.welcome["resumed"], false);
    assert_eq!(again.welcome["player_id"], first.welcome["player_id"]);
    let other = resume(&server, &token, &second.welcome).await;
    assert_eq!(other.welcome["player_id"], second.welcome["player_id"]);
    // Both play: neither has taken the other over.
    for mut player in [again, other] {
        player.send(json!({"type": "ping"})).await;
        player.event("pong").await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_token_in_play_returns_after_restart() {
    let recipe = Recipe::new().env("KADATH_ACCOUNTS__TOKEN_LIFETIME_SECONDS", "5");
    let server = recipe.start().await;
    let token = server.http.guest().await;
    let player = Player::join(&server, &token).await;
    crate::harness::until("the token's end", async || {
        let (status, _) = server.http.get_as("/auth/me", &token).await;
        (status == 401).then_some(())
    })
    .await;
    let server = server.stop().await.start().await;
    let again = resume(&server, &token, &player.welcome).await;
    assert_eq!(again.welcome["player_id"], player.welcome["player_id"]);
    server.stop().await;
}
