//! The log: one JSON object a line, constant messages, one thread from socket to database, and
//! nothing in it that is anybody's secret.

use std::collections::BTreeSet;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::harness::{Cluster, PATIENCE, Player, Recipe, Server, until};

const PASSWORD: &str = "canary-of-the-yellow-sign";
const WRONG_PASSWORD: &str = "canary-of-the-pallid-mask";
const DATABASE_PASSWORD: &str = "canary-of-carcosa";
const WORDS: &str = "canary-in-confidence";

fn at(level: &str) -> Recipe {
    Recipe::new()
        .env("KADATH_LOG__FORMAT", "json")
        .env("KADATH_LOG__LEVEL", level)
}

/// Every record of a log.
fn records(log: &str) -> Vec<Value> {
    log.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .collect()
}

/// A bit of everything, well and badly done.
async fn live(server: &Server) {
    let account = server.http.register("ann", "Ann").await;
    let mut ann = Player::join(server, &account.token).await;
    let mut guest = server.guest().await;
    let (way, _) = ann.way_out();
    ann.does_for_good(&way).await;
    guest.does("say hello").await;
    ann.fails("xyzzy").await;
    ann.send_text("{".to_owned()).await;
    ann.event("error").await;
    let wrong = json!({"username": "ann", "password": "wrong"});
    assert_eq!(server.http.post("/auth/login", wrong).await.0, 401);
    let mut again = Player::join(server, &account.token).await;
    again.does("quit").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn log_record_is_json_with_five_keys() {
    let server = at("trace").start().await;
    live(&server).await;
    let log = server.stop().await.stderr();
    let records = records(&log);
    assert!(records.len() > 20, "{log}");
    for record in &records {
        let keys: Vec<&str> = record
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(keys, ["fields", "level", "message", "target", "timestamp"]);
        assert!(record["fields"].is_object(), "{record}");
        let timestamp = record["timestamp"].as_str().unwrap();
        assert!(
            timestamp.contains('T') && timestamp.ends_with('Z'),
            "{timestamp}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn log_messages_are_constants() {
    let server = at("trace").start().await;
    live(&server).await;
    let log = server.stop().await.stderr();
    let messages: BTreeSet<String> = records(&log)
        .iter()
        .map(|record| record["message"].as_str().unwrap().to_owned())
        .collect();
    assert!(messages.len() < 100, "{messages:#?}");
    for message in &messages {
        assert!(!message.is_empty());
        let varies = message.chars().any(|c| c.is_ascii_digit())
            || ["Ann", "ann ", "127.", "{"]
                .iter()
                .any(|part| message.contains(part));
        assert!(!varies, "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn command_is_traceable_from_socket_to_database() {
    let server = at("debug").start().await;
    let mut guest = server.guest().await;
    let (way, _) = guest.way_out();
    guest.does("look").await;
    let id = guest.begin(&way).await;
    let answer = guest.answer(id).await;
    let tick = answer["tick"].as_u64().unwrap();
    guest.durable(tick).await;
    until("the database to catch up", async || {
        let applied = server.http.figure("kadath_storage_applied_tick").await;
        (applied >= tick as f64).then_some(())
    })
    .await;
    let log = server.stop().await.stderr();
    let of_command: Vec<Value> = records(&log)
        .into_iter()
        .filter(|record| record["fields"]["command_id"] == id)
        .collect();
    let steps: Vec<(&str, &str)> = of_command
        .iter()
        .map(|record| {
            let target = record["target"].as_str().unwrap();
            let part = target.split("::").next().unwrap();
            (record["message"].as_str().unwrap(), part)
        })
        .collect();
    let whole = [
        ("command received", "net"),
        ("command executed", "engine"),
        ("command durable", "storage"),
        ("command applied", "storage"),
    ];
    assert_eq!(steps, whole);
    let threads: BTreeSet<&str> = of_command
        .iter()
        .map(|record| record["fields"]["correlation_id"].as_str().unwrap())
        .collect();
    assert_eq!(threads.len(), 1, "{of_command:#?}");
    assert!(
        of_command
            .iter()
            .skip(1)
            .all(|record| record["fields"]["tick"] == tick)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_logged_at_any_level() {
    let cluster = Cluster::shared().await;
    // Whom the database trusts may say any password.
    let url = cluster
        .fresh()
        .await
        .replace("postgres@", &format!("postgres:{DATABASE_PASSWORD}@"));
    let server = at("trace").env("KADATH_DATABASE__URL", &url).start().await;
    let http = &server.http;
    let account = json!({"username": "ann", "password": PASSWORD});
    let (_, body) = http.post("/auth/register", account.clone()).await;
    let token = body["access_token"].as_str().unwrap().to_owned();
    http.post_as("/api/players/characters", json!({"name": "Ann"}), &token)
        .await;
    assert_eq!(http.post("/auth/login", account).await.0, 200);
    let wrong = json!({"username": "ann", "password": WRONG_PASSWORD});
    assert_eq!(http.post("/auth/login", wrong).await.0, 401);
    assert_eq!(http.get_as("/auth/me", &format!("{token}x")).await.0, 401);

    let mut ann = Player::join(&server, &token).await;
    let session = ann.welcome["session_id"].as_str().unwrap().to_owned();
    ann.does(&format!("say {WORDS}")).await;
    ann.fails(&format!("{WORDS} is no verb")).await;
    ann.send_text(format!(
        r#"{{"type":"authenticate","data":{{"token":"{token}""#
    ))
    .await;
    ann.event("error").await;
    typed_sign_in(&server).await;

    let log = server.stop().await.stderr();
    assert!(log.contains("command received"), "nothing was logged");
    let found: BTreeSet<&str> = [
        PASSWORD,
        WRONG_PASSWORD,
        DATABASE_PASSWORD,
        WORDS,
        &session,
        &token,
        // What signs a token is as good as the token.
        token.rsplit('.').next().unwrap(),
    ]
    .into_iter()
    .filter(|secret| log.contains(secret))
    .collect();
    assert!(found.is_empty(), "{found:?} in\n{log}");
}

/// Somebody types name and password at a terminal, first wrongly.
async fn typed_sign_in(server: &Server) {
    let url = format!("ws://{}/api/ws", server.address());
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert(
        "sec-websocket-protocol",
        "terminal.mudstandards.org".parse().unwrap(),
    );
    let (mut socket, _) = connect_async(request).await.unwrap();
    for (password, answer) in [(WRONG_PASSWORD, "Sign-in failed"), (PASSWORD, "Sanitarium")] {
        let line = format!("connect ann {password}\r\n");
        socket
            .send(Message::binary(line.into_bytes()))
            .await
            .unwrap();
        let mut heard = String::new();
        while !heard.contains(answer) {
            let message = timeout(PATIENCE, socket.next()).await;
            let message = message.unwrap_or_else(|_| panic!("no {answer} in {heard}"));
            let bytes = message.unwrap().unwrap().into_data();
            heard.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
}
