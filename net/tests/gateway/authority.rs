//! What a ban, a logout and a strange name of ours stop.

use engine::port::{Banned, Inbound, Outbound};
use reqwest::{Method, header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Client, Dial};
use crate::gate::{account, token};
use crate::http::call;
use crate::server::{PATIENCE, Server, config};

fn ban(name: &str) -> Outbound {
    let account = account(name);
    let ban = Some(Banned {
        account,
        until: None,
        reason: "noise".to_owned(),
    });
    Outbound::Ban { account, ban }
}

/// What each call with that token is answered with.
async fn calls(server: &Server, token: &str) -> Vec<u16> {
    let mut answers = Vec::new();
    let create = r#"{"name": "Newcomer"}"#;
    let claim = r#"{"username": "ann", "password": "right"}"#;
    let nobody = "/api/players/characters/00000000-0000-0000-0000-000000000000";
    for (method, path, body) in [
        (Method::GET, "/auth/me", None),
        (Method::GET, "/api/players/characters", None),
        (Method::POST, "/api/players/characters", Some(create)),
        (Method::DELETE, nobody, None),
        (Method::POST, "/api/players/roll", None),
        (Method::POST, "/auth/claim", Some(claim)),
    ] {
        let (status, _) = call(server, method, path, Some(token), body).await;
        answers.push(status.as_u16());
    }
    answers
}

#[tokio::test]
async fn ban_of_the_world_stops_tokens_at_once() {
    let mut server = Server::start(config()).await;
    assert_eq!(
        calls(&server, &token("ann")).await,
        [200, 200, 201, 404, 200, 200]
    );
    let tick = server.world.say(vec![ban("ann")]).await;
    // The emission is on its way to the router.
    let began = std::time::Instant::now();
    while call(&server, Method::GET, "/auth/me", Some(&token("ann")), None)
        .await
        .0
        != 403
    {
        assert!(began.elapsed() < PATIENCE, "the ban does not hold");
    }
    assert_eq!(calls(&server, &token("ann")).await, [403; 6]);
    assert_eq!(calls(&server, &token("bob")).await[0], 200);
    let login = json!({"username": "ann", "password": "right"}).to_string();
    let (status, refused) = call(&server, Method::POST, "/auth/login", None, Some(&login)).await;
    assert_eq!(status, 403, "{refused}");
    let mut client = Client::connect(server.address).await;
    client.authenticate("ann").await;
    client.error("authorization_denied").await;
    // Once the store has what the tick ordered, the store knows.
    server.world.gauge.set_applied(tick);
    assert_eq!(calls(&server, &token("ann")).await[0], 200);
    server.stop().await;
}

#[tokio::test]
async fn resume_of_a_banned_account_is_refused() {
    let mut server = Server::start(config()).await;
    let (client, session) = Client::play(&mut server, "ann").await;
    client.cut();
    assert!(matches!(server.world.next().await, Inbound::Lost { .. }));
    server.gate.banned.lock().unwrap().push(account("ann"));
    let mut again = Client::connect(server.address).await;
    again.resume(&token("ann"), &session, 2).await;
    again.error("authorization_denied").await;
    assert_eq!(again.closed().await.0, 1008);
    let left = server.world.next().await;
    assert!(matches!(left, Inbound::Leave { session: gone, .. } if gone == session.id));
    server.stop().await;
}

#[tokio::test]
async fn resume_works_while_the_account_store_is_away() {
    let mut server = Server::start(config()).await;
    let (client, session) = Client::play(&mut server, "ann").await;
    client.cut();
    assert!(matches!(server.world.next().await, Inbound::Lost { .. }));
    *server.gate.away.lock().unwrap() = true;
    for _ in 0..3 {
        let mut again = Client::connect(server.address).await;
        again.resume(&token("ann"), &session, 2).await;
        server.world.let_back(session.character).await;
        assert_eq!(again.event("welcome").await["data"]["resumed"], true);
        again.cut();
        assert!(matches!(server.world.next().await, Inbound::Lost { .. }));
    }
    // It was not asked by each: who resumes must not wait for it one after the other.
    assert!(*server.gate.standings.lock().unwrap() <= 2);
    server.stop().await;
}

#[tokio::test]
async fn logout_of_the_resuming_token_ends_the_session() {
    let mut server = Server::start(config()).await;
    let (client, session) = Client::play(&mut server, "ann").await;
    client.cut();
    assert!(matches!(server.world.next().await, Inbound::Lost { .. }));
    let mut again = Client::connect(server.address).await;
    // Another token of the same account.
    again.resume("expired-ann", &session, 2).await;
    server.world.let_back(session.character).await;
    assert_eq!(again.event("welcome").await["data"]["resumed"], true);
    let out = Some("expired-ann");
    for _ in 0..2 {
        let (status, _) = call(&server, Method::POST, "/auth/logout", out, None).await;
        assert_eq!(status, 204, "once more is no mistake");
    }
    again.error("invalid_token").await;
    assert_eq!(again.closed().await, (1008, "invalid_token".to_owned()));
    server.stop().await;
}

/// The status of a request as it is written.
async fn raw(server: &Server, request: &str) -> u16 {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    answer.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn strange_host_gets_nothing_on_loopback() {
    let mut config = config();
    config.origins = vec!["https://play.example".to_owned()];
    let server = Server::start(config).await;
    let post = "POST /auth/guest HTTP/1.1\r\nContent-Length: 2\r\nConnection: close\r\n";
    for (head, status) in [
        ("Host: evil.example\r\nOrigin: http://evil.example\r\n", 403),
        ("Host: evil.example\r\n", 403),
        ("Host: localhost:1\r\n", 200),
        ("Host: 127.0.0.1\r\nHost: evil.example\r\n", 400),
        ("", 400),
        (
            "Host: play.example:443\r\nOrigin: https://play.example\r\n",
            200,
        ),
    ] {
        let request = format!("{post}{head}\r\n{{}}");
        assert_eq!(raw(&server, &request).await, status, "{head}");
    }
    for path in ["/metrics", "/healthz", "/", "/api/ws"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n");
        assert_eq!(raw(&server, &request).await, 403, "{path}");
    }
    let old = raw(&server, "GET /healthz HTTP/1.0\r\n\r\n").await;
    assert_eq!(old, 200, "no browser speaks HTTP/1.0");
    let dial = Dial {
        headers: &[("host", "evil.example"), ("origin", "http://evil.example")],
        ..Dial::default()
    };
    assert!(Client::dial(server.address, dial).await.is_err());
    server.stop().await;
}

#[tokio::test]
async fn proxy_on_loopback_lifts_no_limit() {
    for (trust, said) in [
        (false, "203.0.113.9"),
        (true, "garbage"),
        (true, "fe80::1%eth0"),
        (true, "127.0.0.1"),
    ] {
        let mut config = config();
        config.trust_proxy = trust;
        config.limits.sign_ins_per_minute = 3;
        config.limits.calls_per_minute = 3;
        let server = Server::start(config).await;
        let mut answers = Vec::new();
        for path in ["/auth/guest"; 4] {
            let request = reqwest::Client::new().post(server.url(path)).body("{}");
            let request = request.header("x-forwarded-for", said);
            answers.push(request.send().await.unwrap().status().as_u16());
        }
        for path in ["/auth/me"; 4] {
            let request = reqwest::Client::new().get(server.url(path));
            let request = request.bearer_auth(token("ann"));
            let request = request.header("x-forwarded-for", said);
            answers.push(request.send().await.unwrap().status().as_u16());
        }
        assert_eq!(
            answers,
            [200, 200, 200, 429, 200, 200, 200, 429],
            "{trust} {said}"
        );
        // Whoever comes without a proxy is on this machine.
        let (status, _) = call(&server, Method::POST, "/auth/guest", None, Some("{}")).await;
        assert_eq!(status, 200);
        server.stop().await;
    }
}

#[tokio::test]
async fn failures_elsewhere_block_no_sign_in() {
    let mut config = config();
    config.trust_proxy = true;
    config.limits.failed_logins_per_minute = 3;
    let server = Server::start(config).await;
    let login = async |from: &str, password: &str| {
        let body = json!({"username": "ann", "password": password}).to_string();
        let request = reqwest::Client::new().post(server.url("/auth/login"));
        let request = request.header("x-forwarded-for", from).body(body);
        let response = request.send().await.unwrap();
        let waits = response.headers().contains_key(header::RETRY_AFTER);
        assert_eq!(waits, response.status() == 429);
        response.status().as_u16()
    };
    assert_eq!(login("192.0.2.1", "right").await, 200);
    for from in ["198.51.100.1", "198.51.100.2", "198.51.100.3"] {
        for expected in [401, 401, 401, 429] {
            assert_eq!(login(from, "wrong").await, expected);
        }
        assert_eq!(login(from, "right").await, 429, "locked out there");
        assert_eq!(login("192.0.2.1", "right").await, 200, "and nowhere else");
    }
    // Not even somebody behind the same address locks the owner out.
    for _ in 0..4 {
        assert_eq!(login("192.0.2.1", "wrong").await, 401);
    }
    assert_eq!(login("192.0.2.1", "right").await, 200);
    server.stop().await;
}

#[tokio::test]
async fn control_characters_are_refused_before_the_store() {
    let server = Server::start(config()).await;
    let said = |field: &str| {
        let mut body = json!({"username": "ann", "password": "right", "name": "Ann"});
        body[field] = Value::from("a\0b");
        body.to_string()
    };
    let token = token("ann");
    for (path, field) in [
        ("/auth/login", "username"),
        ("/auth/register", "username"),
        ("/auth/register", "invite_code"),
        ("/auth/claim", "invite_code"),
        ("/api/players/characters", "name"),
        ("/api/players/characters", "profession"),
        ("/api/players/roll", "profession"),
    ] {
        let body = said(field);
        let (status, answer) = call(&server, Method::POST, path, Some(&token), Some(&body)).await;
        assert_eq!(status, 400, "{path} {field}");
        assert_eq!(answer["error"]["code"], "validation_error");
        assert_eq!(answer["error"]["field"], field);
    }
    // A password may hold anything: only its hash is kept.
    let (status, _) = call(
        &server,
        Method::POST,
        "/auth/login",
        None,
        Some(&said("password")),
    )
    .await;
    assert_eq!(status, 401);
    server.stop().await;
}
