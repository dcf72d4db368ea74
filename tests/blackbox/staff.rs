//! What admins do that reaches beyond the world: accounts, and the process itself.

use serde_json::json;

use crate::harness::{Player, Server, until};

#[tokio::test(flavor = "multi_thread")]
async fn durable_ban_survives_kill_and_shutdown_is_clean() {
    let server = Server::start().await;
    let ada = server.http.register("armitage", "Ada").await;
    let bob = server.http.register("zadok", "Bob").await;
    server.recipe().grant("armitage").await;
    let mut keeper = Player::join(&server, &ada.token).await;
    let mut player = Player::join(&server, &bob.token).await;
    keeper.does_for_good("ban Bob 60 shouting").await;
    let (error, close) = player.closed().await;
    assert_eq!(error.unwrap()["code"], "authorization_denied");
    assert_eq!(u16::from(close.unwrap().code), 1008);
    let log = server.stderr();
    assert!(
        log.contains("moderation") && log.contains("correlation_id"),
        "{log}"
    );

    let server = server.kill9().await.start().await;
    let login = json!({"username": bob.username, "password": bob.password});
    let (_, refused) = server.http.post("/auth/login", login.clone()).await;
    let error = &refused["error"];
    assert_eq!(error["code"], "authorization_denied", "{refused}");
    assert!(
        error["message"].as_str().unwrap().contains("shouting"),
        "{refused}"
    );
    let mut keeper = Player::join(&server, &ada.token).await;
    keeper.does_for_good("unban Bob").await;
    until("the account store to know", async || {
        let (status, _) = server.http.post("/auth/login", login.clone()).await;
        (status == 200).then_some(())
    })
    .await;

    let token = server.http.login(&bob).await;
    let mut player = Player::join(&server, &token).await;
    keeper.does("shutdown 2").await;
    let told = |data: &serde_json::Value| data["message"] == "The world ends in 1 second.";
    player.find("system", told).await;
    assert_eq!(u16::from(player.closed().await.1.unwrap().code), 1001);
    assert_eq!(server.ends().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_admin_loses_powers_in_the_open_session() {
    let server = Server::start().await;
    let ada = server.http.register("armitage", "Ada").await;
    let bob = server.http.register("zadok", "Bob").await;
    for name in ["armitage", "zadok"] {
        server.recipe().grant(name).await;
    }
    let mut keeper = Player::join(&server, &ada.token).await;
    let mut other = Player::join(&server, &bob.token).await;
    other.does("admin time").await;
    server.recipe().account(&["revoke", "zadok", "admin"]).await;
    let told =
        |data: &serde_json::Value| data["message"] == "You are no keeper of this world any more.";
    other.find("system", told).await;
    other.fails("admin time").await;
    keeper.does("kick Bob").await;
    other.closed().await;

    // The same from within, for a session that is resumed or begun anew.
    server.recipe().grant("zadok").await;
    let mut other = Player::join(&server, &bob.token).await;
    other.does("admin time").await;
    keeper.does("revoke Bob").await;
    other.fails("admin time").await;
    let mut anew = Player::join(&server, &bob.token).await;
    anew.fails("admin time").await;
    let (_, me) = server.http.get_as("/auth/me", &bob.token).await;
    assert_eq!(me["username"], "zadok");
    until("the account store to know", async || {
        let (_, me) = server.http.get_as("/auth/me", &bob.token).await;
        (me["role"] == "player").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ban_stops_tokens_and_sessions_at_once() {
    let server = Server::start().await;
    let ada = server.http.register("armitage", "Ada").await;
    let bob = server.http.register("zadok", "Bob").await;
    let cat = server.http.register("keziah", "Cat").await;
    server.recipe().grant("armitage").await;
    let mut keeper = Player::join(&server, &ada.token).await;
    let mut player = Player::join(&server, &bob.token).await;
    keeper.does("ban Bob 60").await;
    player.closed().await;
    let (status, refused) = server.http.get_as("/auth/me", &bob.token).await;
    assert_eq!(status, 403, "{refused}");
    let login = json!({"username": bob.username, "password": bob.password});
    let (status, refused) = server.http.post("/auth/login", login).await;
    assert_eq!(status, 403, "{refused}");
    // By the operator, beside the server.
    let mut player = Player::join(&server, &cat.token).await;
    server
        .recipe()
        .account(&["ban", "keziah", "--reason", "noise"])
        .await;
    let (status, _) = server.http.get_as("/auth/me", &cat.token).await;
    assert_eq!(status, 403);
    let (error, _) = player.closed().await;
    assert_eq!(error.unwrap()["code"], "authorization_denied");
    server.recipe().account(&["unban", "keziah"]).await;
    Player::join(&server, &cat.token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn room_is_shown_to_occupants_and_admins() {
    let server = Server::start().await;
    let ada = server.http.register("armitage", "Ada").await;
    let bob = server.http.register("zadok", "Bob").await;
    server.recipe().grant("armitage").await;
    let mut player = Player::join(&server, &bob.token).await;
    let foyer = player.room().to_owned();
    let (way, beyond) = player.way_out();
    let ask = async |token: &str, room: &str| {
        let path = format!("/api/rooms/{room}/occupants");
        let (status, page) = server.http.get_as(&path, token).await;
        (status, page["count"].clone(), page["error"]["code"].clone())
    };
    let denied = (403, json!(null), json!("authorization_denied"));
    assert_eq!(ask(&bob.token, &foyer).await, (200, json!(1), json!(null)));
    assert_eq!(ask(&bob.token, &beyond).await, denied);
    assert_eq!(ask(&bob.token, "nowhere").await, denied);

    let token = server.http.login(&ada).await;
    assert_eq!(ask(&token, &foyer).await, (200, json!(1), json!(null)));
    let missing = (404, json!(null), json!("resource_not_found"));
    assert_eq!(ask(&token, "nowhere").await, missing);

    player.does(&way).await;
    assert_eq!(ask(&bob.token, &foyer).await, denied);
    assert_eq!(ask(&bob.token, &beyond).await, (200, json!(1), json!(null)));
}
