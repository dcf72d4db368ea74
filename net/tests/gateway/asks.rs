//! What HTTP asks the world.

use std::sync::Arc;

use engine::port::{Code, Inbound, Outbound, Question, Refusal};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::gate::token;
use crate::server::{Server, config};

/// Asks who is in a room.
async fn who(url: String, token: Option<String>) -> (StatusCode, Value) {
    let mut request = Client::new().get(url);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.unwrap();
    let status = response.status();
    (status, response.json().await.unwrap())
}

#[tokio::test]
async fn occupants_come_over_world_lanes() {
    let mut server = Server::start(config()).await;
    let (_ann, session) = crate::client::Client::play(&mut server, "ann").await;
    let made = Client::new()
        .post(server.url("/api/players/characters"))
        .bearer_auth(token("ann"))
        .body(r#"{"name":"ann"}"#);
    assert_eq!(made.send().await.unwrap().status(), StatusCode::CREATED);
    let url = server.url("/api/rooms/the%20hall/occupants?after=B%C3%A9a&limit=7&else=1");
    let asked = tokio::spawn(who(url, Some(token("ann"))));
    let Inbound::Ask {
        ask,
        sessions,
        admin,
        question,
    } = server.world.next().await
    else {
        panic!("no question");
    };
    assert_eq!((sessions, admin), (vec![session.id], false));
    let expected = Question::Occupants {
        room: "the hall".to_owned(),
        after: "Béa".to_owned(),
        limit: 7,
    };
    assert_eq!(question, expected);
    let answer = Ok(Arc::new(json!({"count": 3})) as _);
    server
        .world
        .say(vec![Outbound::Reply { ask, answer }])
        .await;
    assert_eq!(asked.await.unwrap(), (StatusCode::OK, json!({"count": 3})));
    server.stop().await;
}

#[tokio::test]
async fn refused_question_has_usual_error_shape() {
    let mut server = Server::start(config()).await;
    let url = server.url("/api/rooms/hall/occupants");
    let asked = tokio::spawn(who(url, Some(token("ann"))));
    let Inbound::Ask { ask, sessions, .. } = server.world.next().await else {
        panic!("no question");
    };
    assert_eq!(sessions, []);
    let answer = Err(Refusal::of(Code::AuthorizationDenied));
    server
        .world
        .say(vec![Outbound::Reply { ask, answer }])
        .await;
    let (status, body) = asked.await.unwrap();
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(body["error"]["code"], "authorization_denied");
    server.stop().await;
}

#[tokio::test]
async fn bad_questions_never_reach_the_world() {
    let mut server = Server::start(config()).await;
    let long = "x".repeat(101);
    let ann = || Some(token("ann"));
    for (query, with, status, code) in [
        ("?limit=0".to_owned(), ann(), 400, "validation_error"),
        ("?limit=201".to_owned(), ann(), 400, "validation_error"),
        ("?limit=-1".to_owned(), ann(), 400, "validation_error"),
        ("?limit=".to_owned(), ann(), 400, "validation_error"),
        (format!("?after={long}"), ann(), 400, "validation_error"),
        (String::new(), None, 401, "authentication_failed"),
        (
            String::new(),
            Some("forged".to_owned()),
            401,
            "invalid_token",
        ),
    ] {
        let url = server.url(&format!("/api/rooms/hall/occupants{query}"));
        let (got, body) = who(url, with).await;
        assert_eq!(got, status, "{query}: {body}");
        assert_eq!(body["error"]["code"], code, "{query}");
    }
    assert!(server.world.is_silent());
    server.stop().await;
}

#[tokio::test]
async fn too_many_questions_at_once_are_server_busy() {
    let mut server = Server::start(config()).await;
    let url = server.url("/api/rooms/hall/occupants");
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..256 {
        asked.spawn(who(url.clone(), Some(token("ann"))));
    }
    let mut asks = Vec::new();
    while asks.len() < 256 {
        match server.world.next().await {
            Inbound::Ask { ask, .. } => asks.push(ask),
            other => panic!("not a question: {other:?}"),
        }
    }
    let (status, body) = who(url, Some(token("ann"))).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body["error"]["code"], "server_busy");
    // Whoever does not wait any longer makes room.
    let reply = |ask| Outbound::Reply {
        ask,
        answer: Ok(Arc::new(json!({})) as _),
    };
    server
        .world
        .say(asks.into_iter().map(reply).collect())
        .await;
    while let Some(done) = asked.join_next().await {
        assert_eq!(done.unwrap().0, StatusCode::OK);
    }
    server.stop().await;
}
