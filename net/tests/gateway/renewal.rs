//! Sign-ins that are renewed, passwords that change, and which sessions end by it.

use engine::port::Inbound;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Client;
use crate::gate::{account, token};
use crate::http::call;
use crate::server::{Server, config};

async fn post(server: &Server, path: &str, token: Option<&str>, body: Value) -> (u16, Value) {
    let (status, answer) = call(server, Method::POST, path, token, Some(&body.to_string())).await;
    (status.as_u16(), answer)
}

#[tokio::test]
async fn every_sign_in_gives_single_use_refresh_token() {
    let server = Server::start(config()).await;
    let who = json!({"username": "ann", "password": "right"});
    for (path, token, body) in [
        ("/auth/register", None, who.clone()),
        ("/auth/login", None, who.clone()),
        ("/auth/guest", None, json!({})),
        ("/auth/claim", Some("token-ann"), who.clone()),
    ] {
        let (status, signed) = post(&server, path, token, body).await;
        assert_eq!(status, 200, "{path}: {signed}");
        let first = json!({"refresh_token": signed["refresh_token"]});
        let (status, renewed) = post(&server, "/auth/refresh", None, first.clone()).await;
        assert_eq!(status, 200, "{path}: {renewed}");
        assert_eq!(renewed["user_id"], signed["user_id"]);
        assert!(renewed["access_token"].is_string());
        assert_ne!(renewed["refresh_token"], signed["refresh_token"]);
        let (status, again) = post(&server, "/auth/refresh", None, first).await;
        assert_eq!(
            (status, &again["error"]["code"]),
            (401, &json!("invalid_token"))
        );
    }
    // Whoever only asks who they are has signed in before.
    let (_, me) = call(&server, Method::GET, "/auth/me", Some("token-ann"), None).await;
    assert_eq!(me.get("refresh_token"), None);
    // A sign-in that can't be renewed is one all the same.
    *server.gate.away.lock().unwrap() = true;
    let (status, signed) = post(&server, "/auth/login", None, who).await;
    assert_eq!((status, signed.get("refresh_token")), (200, None));
    let (status, none) = post(&server, "/auth/refresh", None, json!({})).await;
    assert_eq!(
        (status, &none["error"]["field"]),
        (400, &json!("refresh_token"))
    );
    server.stop().await;
}

#[tokio::test]
async fn password_change_ends_other_sessions_only() {
    let mut server = Server::start(config()).await;
    let (mut mine, session) = Client::play(&mut server, "ann").await;
    let (mut other, _) = Client::play(&mut server, "ann/other").await;
    let change = |old: &str| json!({"old": old, "new": "\u{1b}anything"}).to_string();
    let (path, mine_token) = ("/auth/password", token("ann"));
    let shown = Some(mine_token.as_str());
    let (status, no) = call(&server, Method::POST, path, shown, Some(&change("wrong"))).await;
    assert_eq!(
        (status.as_u16(), &no["error"]["field"]),
        (401, &json!("old"))
    );
    let (status, fresh) = call(&server, Method::POST, path, shown, Some(&change("right"))).await;
    assert_eq!(status, 200, "{fresh}");
    assert!(fresh["refresh_token"].is_string());
    other.error("invalid_token").await;
    assert_eq!(other.closed().await, (1008, "invalid_token".to_owned()));
    // Ours goes on: it is asked for something, and resumed by the new token only.
    mine.ping().await;
    mine.event("pong").await;
    let left = server.world.next().await;
    assert!(
        matches!(left, Inbound::Leave { .. }),
        "the other's: {left:?}"
    );
    mine.cut();
    assert!(matches!(server.world.next().await, Inbound::Lost { .. }));
    let mut again = Client::connect(server.address).await;
    again.resume(&mine_token, &session, 2).await;
    again.error("invalid_token").await;
    let mut again = Client::connect(server.address).await;
    let fresh = fresh["access_token"].as_str().unwrap();
    again.resume(fresh, &session, 2).await;
    server.world.let_back(session.character).await;
    assert_eq!(again.event("welcome").await["data"]["resumed"], true);
    server.stop().await;
}

#[tokio::test]
async fn ended_token_ends_own_sessions_only() {
    let mut server = Server::start(config()).await;
    let (mut old, _) = Client::play(&mut server, "ann").await;
    let (mut new, _) = Client::play(&mut server, "ann/other#1").await;
    let (mut bob, _) = Client::play(&mut server, "bob").await;
    server
        .gate
        .ended
        .0
        .send_replace([(account("ann"), 1)].into());
    old.error("invalid_token").await;
    assert_eq!(old.closed().await.0, 1008);
    for goes_on in [&mut new, &mut bob] {
        goes_on.ping().await;
        goes_on.event("pong").await;
    }
    server.stop().await;
}

#[tokio::test]
async fn password_change_is_throttled_like_sign_in() {
    let server = Server::start(config()).await;
    let ann = token("ann");
    let body = json!({"old": "wrong", "new": "whatever"}).to_string();
    let mut answers = Vec::new();
    for _ in 0..12 {
        let (status, _) = call(
            &server,
            Method::POST,
            "/auth/password",
            Some(&ann),
            Some(&body),
        )
        .await;
        answers.push(status.as_u16());
    }
    assert_eq!(answers[..10], [401; 10]);
    assert_eq!(answers[10..], [429; 2]);
    let login = json!({"username": "ann", "password": "wrong"}).to_string();
    let (status, _) = call(&server, Method::POST, "/auth/login", None, Some(&login)).await;
    assert_eq!(status, 429, "the same count");
    server.stop().await;
}
