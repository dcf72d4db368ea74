//! Pages and calls.

use reqwest::{Client, Method, StatusCode, header};
use serde_json::{Value, json};

use crate::gate::token;
use crate::server::{Server, config};

pub(crate) async fn call(
    server: &Server,
    method: Method,
    path: &str,
    token: Option<&str>,
    body: Option<&str>,
) -> (StatusCode, Value) {
    let mut request = Client::new().request(method, server.url(path));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.body(body.to_owned());
    }
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

#[tokio::test]
async fn every_refusal_has_the_same_shape() {
    let server = Server::start(config()).await;
    let big = format!("{{\"username\":\"{}\"}}", "x".repeat(10 * 1024));
    let deep = "[".repeat(11);
    let post = Method::POST;
    let table = [
        (
            Method::GET,
            "/nowhere",
            None,
            404,
            "resource_not_found",
            None,
        ),
        (
            Method::GET,
            "/client/nothing.js",
            None,
            404,
            "resource_not_found",
            None,
        ),
        (
            Method::GET,
            "/client/%ff",
            None,
            404,
            "resource_not_found",
            None,
        ),
        (Method::GET, "/auth/login", None, 405, "invalid_input", None),
        (
            post.clone(),
            "/healthz",
            Some("{}"),
            405,
            "invalid_input",
            None,
        ),
        (
            post.clone(),
            "/auth/login",
            Some("{"),
            400,
            "invalid_format",
            None,
        ),
        (
            post.clone(),
            "/auth/login",
            Some("[]"),
            400,
            "invalid_format",
            None,
        ),
        (
            post.clone(),
            "/auth/login",
            Some(&deep),
            400,
            "invalid_format",
            None,
        ),
        (
            post.clone(),
            "/auth/login",
            Some(&big),
            413,
            "validation_error",
            None,
        ),
        (
            post.clone(),
            "/auth/login",
            Some(r#"{"username":"ann"}"#),
            400,
            "missing_required_field",
            Some("password"),
        ),
        (
            post.clone(),
            "/auth/login",
            Some(r#"{"username":7,"password":"x"}"#),
            400,
            "validation_error",
            Some("username"),
        ),
        (
            post.clone(),
            "/auth/register",
            Some(r#"{"username":"ann","password":"x"}"#),
            400,
            "validation_error",
            Some("password"),
        ),
        (
            post,
            "/auth/login",
            Some(r#"{"username":"ann","password":"wrong"}"#),
            401,
            "authentication_failed",
            None,
        ),
        (
            Method::GET,
            "/auth/me",
            None,
            401,
            "authentication_failed",
            None,
        ),
        (Method::GET, "/api/ws", None, 426, "websocket_error", None),
    ];
    for (method, path, body, status, code, field) in table {
        let (answered, error) = call(&server, method, path, None, body).await;
        assert_eq!(answered.as_u16(), status, "{path} {error}");
        assert_eq!(error["error"]["code"], code, "{path}");
        assert_eq!(error["error"]["field"].as_str(), field, "{path}");
        assert!(error["error"]["message"].is_string());
    }
    for (bad, code) in [
        ("forged", "invalid_token"),
        ("expired-ann", "token_expired"),
    ] {
        let (status, error) = call(&server, Method::GET, "/auth/me", Some(bad), None).await;
        assert_eq!(status, 401);
        assert_eq!(error["error"]["code"], code);
    }
    server.stop().await;
}

#[tokio::test]
async fn an_account_is_made_used_and_left() {
    let server = Server::start(config()).await;
    let post = Method::POST;
    let who = json!({"username": "ann", "password": "right"}).to_string();
    let (status, made) = call(&server, post.clone(), "/auth/register", None, Some(&who)).await;
    assert_eq!(status, 200);
    assert_eq!(made["characters"], json!([]));
    assert!(made["user_id"].is_string());
    let (status, again) = call(&server, post.clone(), "/auth/register", None, Some(&who)).await;
    assert_eq!(status, 409);
    assert_eq!(again["error"]["code"], "resource_already_exists");

    let token = made["access_token"].as_str().unwrap();
    let path = "/api/players/characters";
    let name = r#"{"name":"Ann"}"#;
    let (status, ann) = call(&server, post.clone(), path, Some(token), Some(name)).await;
    assert_eq!(status, 201);
    assert_eq!(ann["name"], "Ann");
    let (_, list) = call(&server, Method::GET, path, Some(token), None).await;
    assert_eq!(list["characters"][0]["id"], ann["id"]);
    let (_, me) = call(&server, Method::GET, "/auth/me", Some(token), None).await;
    assert_eq!(me["characters"][0]["name"], "Ann");

    let one = format!("{path}/{}", ann["id"].as_str().unwrap());
    let (status, _) = call(&server, Method::DELETE, &one, Some(token), None).await;
    assert_eq!(status, 204);
    let (status, _) = call(&server, Method::DELETE, &one, Some(token), None).await;
    assert_eq!(status, 404);

    let (status, _) = call(&server, post.clone(), "/auth/logout", Some(token), None).await;
    assert_eq!(status, 204);
    let (status, _) = call(&server, Method::GET, "/auth/me", Some(token), None).await;
    assert_eq!(status, 401);
    let (status, guest) = call(&server, post, "/auth/guest", None, Some("{}")).await;
    assert_eq!(status, 200);
    assert_eq!(guest["characters"].as_array().unwrap().len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn operator_endpoints_tell_health_readiness_and_metrics() {
    let server = Server::start(config()).await;
    let (status, _) = call(&server, Method::GET, "/healthz", None, None).await;
    assert_eq!(status, 200);
    let (status, ready) = call(&server, Method::GET, "/readyz", None, None).await;
    assert_eq!(status, 503);
    assert_eq!(ready["ready"], false);
    assert_eq!(
        ready["checks"]["storage"],
        json!({"ok": false, "reason": "7 s behind"})
    );
    let metrics = Client::new()
        .get(server.url("/metrics"))
        .send()
        .await
        .unwrap();
    let text = metrics.text().await.unwrap();
    for name in [
        "kadath_frames_sent_total",
        "kadath_socket_writes_total",
        "kadath_slow_clients_total",
        "kadath_event_loop_stall_seconds",
        "kadath_lane_refusals_total",
    ] {
        assert!(text.contains(name), "{name}");
    }
    server.stop().await;
}

#[tokio::test]
async fn page_has_strict_policy_and_is_revalidated() {
    let server = Server::start(config()).await;
    let page = Client::new().get(server.url("/")).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let headers = page.headers();
    assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'self'"));
    assert!(policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("unsafe"));
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(headers[header::REFERRER_POLICY], "no-referrer");
    assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
    let tag = headers[header::ETAG].clone();
    let again = Client::new()
        .get(server.url("/"))
        .header(header::IF_NONE_MATCH, tag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 304);
    let script = Client::new()
        .get(server.url("/client/main.js"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        script.headers()[header::CONTENT_TYPE],
        "text/javascript; charset=utf-8"
    );
    server.stop().await;
}

#[tokio::test]
async fn unknown_origin_may_not_act_configured_may() {
    let mut config = config();
    config.origins = vec!["https://play.example".to_owned()];
    let server = Server::start(config).await;
    let home = format!("http://{}", server.address);
    for (origin, status) in [
        ("https://evil.example", 403),
        ("null", 403),
        ("https://play.example", 200),
        (home.as_str(), 200),
    ] {
        let response = Client::new()
            .post(server.url("/auth/guest"))
            .header(header::ORIGIN, origin)
            .body("{}")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{origin}");
        let allowed = response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        assert_eq!(allowed.is_some(), origin == "https://play.example");
    }
    let dial = crate::client::Dial {
        headers: &[("origin", "https://evil.example")],
        ..crate::client::Dial::default()
    };
    assert!(
        crate::client::Client::dial(server.address, dial)
            .await
            .is_err()
    );
    server.stop().await;
}

#[tokio::test]
async fn a_logged_out_token_resumes_nothing() {
    let mut server = Server::start(config()).await;
    let (client, session) = crate::client::Client::play(&mut server, "ann").await;
    client.cut();
    let out = Some(token("ann"));
    let (status, _) = call(&server, Method::POST, "/auth/logout", out.as_deref(), None).await;
    assert_eq!(status, 204);
    let mut again = crate::client::Client::connect(server.address).await;
    again.resume(&token("ann"), &session, 2).await;
    again.error("invalid_token").await;
    assert_eq!(again.closed().await.0, 1008);
    server.stop().await;
}

#[tokio::test]
async fn logout_ends_sessions_of_token() {
    let mut server = Server::start(config()).await;
    let (mut ann, session) = crate::client::Client::play(&mut server, "ann").await;
    let (mut bob, _) = crate::client::Client::play(&mut server, "bob").await;
    let out = Some(token("ann"));
    let (status, _) = call(&server, Method::POST, "/auth/logout", out.as_deref(), None).await;
    assert_eq!(status, 204);
    ann.error("invalid_token").await;
    assert_eq!(ann.closed().await, (1008, "invalid_token".to_owned()));
    let left = server.world.next().await;
    assert!(
        matches!(left, engine::port::Inbound::Leave { session: gone, .. } if gone == session.id)
    );
    bob.ping().await;
    bob.event("pong").await;
    // A token that has expired can be signed out as well.
    let (status, _) = call(
        &server,
        Method::POST,
        "/auth/logout",
        Some("expired-bob"),
        None,
    )
    .await;
    assert_eq!(status, 204);
    server.stop().await;
}

#[tokio::test]
async fn a_character_that_is_played_is_not_deleted() {
    let mut server = Server::start(config()).await;
    let post = |path: &'static str, body: &'static str| {
        call(&server, Method::POST, path, Some("token-ann"), Some(body))
    };
    post("/auth/register", r#"{"username":"ann","password":"right"}"#).await;
    let (status, made) = post("/api/players/characters", r#"{"name":"ann"}"#).await;
    assert_eq!(status, 201);
    let path = format!("/api/players/characters/{}", made["id"].as_str().unwrap());
    let (client, session) = crate::client::Client::play(&mut server, "ann").await;
    let (status, error) = call(&server, Method::DELETE, &path, Some("token-ann"), None).await;
    assert_eq!(
        (status.as_u16(), &error["error"]["code"]),
        (409, &json!("resource_conflict"))
    );
    client.cut();
    let over = engine::port::Outbound::Close {
        session: session.id,
        why: engine::port::Leaving::LinkDead,
        told: None,
    };
    server.world.say(vec![over]).await;
    server.until("kadath_sessions", |n| n == 0.0).await;
    let (status, _) = call(&server, Method::DELETE, &path, Some("token-ann"), None).await;
    assert_eq!(status, 204);
    server.stop().await;
}

#[tokio::test]
async fn guest_claim_needs_registration_requirements() {
    let server = Server::start(config()).await;
    *server.gate.invites.lock().unwrap() = true;
    let claim = |body: &'static str| {
        call(
            &server,
            Method::POST,
            "/auth/claim",
            Some("token-guest1"),
            Some(body),
        )
    };
    let (status, _) = claim(r#"{"username":"ann","password":"right"}"#).await;
    assert_eq!(status, 400);
    let body = r#"{"username":"ann","password":"right","invite_code":"INVITED"}"#;
    assert_eq!(claim(body).await.0, 200);
    server.stop().await;
}
