//! A broker that asks for keys, and what a server says that is refused.

use std::path::PathBuf;

use async_nats::ConnectOptions;
use engine::port::Topic;
use futures_util::StreamExt as _;
use net::bridge::Grammar;
use serde_json::Value;
use tokio::time::timeout;

use crate::broker::{Broker, settled};
use crate::creds::{Account, Operator};
use crate::harness::{PATIENCE, Player, Recipe, Server, beside, until};

/// A pair of keys made for this test, and the seed of another.
const SEED: &str = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
const PUBLIC: &str = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";
const OTHER_SEED: &str = "SUAAGCQRDAPSMLJUHNBESUCXLZSWY432QGEI7FU5USV3FOOAY7HNLXDKKA";

/// A recipe whose configuration names a file that holds `text`.
fn with_file(url: &str, key: &str, text: &str) -> Recipe {
    let recipe = Recipe::new();
    let file: PathBuf = recipe.folder().join("secret");
    std::fs::write(&file, text).unwrap();
    recipe
        .set("nats.url", url)
        .set("nats.circuit_ms", 200)
        .set("nats.connect_timeout_ms", 1_000)
        .set("log.format", "json")
        .set(key, file.display())
}

/// The records that a server has written with that message.
fn records(recipe: &Recipe, message: &str) -> Vec<Value> {
    let text = recipe.stderr();
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines
        .filter(|record: &Value| record["message"] == message)
        .collect()
}

/// Waits until the broker has said no, and looks at what the server says of it; answers what it
/// says to whoever asks whether it is ready.
async fn is_refused(server: &Server) -> Value {
    let refusals = until("a refusal", async || {
        let refusals = records(&server.recipe, "bus can't be reached");
        (!refusals.is_empty()).then_some(refusals)
    })
    .await;
    assert_eq!(refusals[0]["level"], "WARN");
    let fault = refusals[0]["fields"]["fault"].as_str().unwrap();
    assert!(fault.contains("authorization violation"), "{fault}");
    let (status, answer) = server.http.get("/readyz").await;
    assert_eq!(status, 503, "{answer}");
    assert_eq!(answer["checks"]["bus"]["ok"], false, "{answer}");
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_key_is_refused_without_being_quoted() {
    let _beside = beside().await;
    let extra = format!("authorization {{ users: [ {{ nkey: {PUBLIC} }} ] }}");
    let broker = Broker::start_with(&extra, ConnectOptions::with_nkey(SEED.to_owned())).await;

    let recipe = with_file(&broker.url(), "nats.nkey_file", &format!("{SEED}\n"));
    let server = recipe.start().await;
    server.ready().await;
    assert_eq!(server.http.figure("kadath_bus_connected").await, 1.0);
    let recipe = server.stop().await;
    assert!(!recipe.stderr().contains(SEED));

    let recipe = with_file(&broker.url(), "nats.nkey_file", OTHER_SEED);
    let server = recipe.start().await;
    is_refused(&server).await;
    let recipe = server.stop().await;
    let said = recipe.stderr();
    assert!(!said.contains(OTHER_SEED) && !said.contains(&OTHER_SEED[..20]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_credentials_are_refused_without_being_quoted() {
    let _beside = beside().await;
    let (operator, account) = (Operator::new(), Account::new());
    let broker = Broker::start_with(&operator.knows(&account), account.user().options()).await;
    let client = broker.client().await;
    let subject = Grammar::new("kadath").unwrap().topic(&Topic::Global);
    let mut lines = client.subscribe(subject.unwrap()).await.unwrap();
    settled(&client).await;

    let creds = account.user();
    let recipe = with_file(&broker.url(), "nats.credentials_file", &creds.text());
    let server = recipe.start().await;
    server.ready().await;
    assert_eq!(server.http.figure("kadath_bus_connected").await, 1.0);
    let ann = server.http.register("annaccount", "Ann").await;
    let mut ann = Player::join(&server, &ann.token).await;
    ann.does("global who goes there").await;
    let line = timeout(PATIENCE, lines.next()).await.unwrap().unwrap();
    let line = String::from_utf8_lossy(&line.payload);
    assert!(line.contains("who goes there"), "{line}");
    let recipe = server.stop().await;
    assert!(!creds.told_in(&recipe.stderr()));

    // Sound in itself, and signed by an account of which the broker's operator says nothing.
    let stranger = Account::new().user();
    let recipe = with_file(&broker.url(), "nats.credentials_file", &stranger.text());
    let server = recipe.start().await;
    let answer = is_refused(&server).await;
    assert!(!stranger.told_in(&answer.to_string()), "{answer}");
    let recipe = server.stop().await;
    assert!(!stranger.told_in(&recipe.stderr()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keyless_file_is_named_and_not_quoted() {
    const SECRET: &str = "SUthe-password-of-somebody";
    let _beside = beside().await;
    for key in ["nats.nkey_file", "nats.credentials_file"] {
        let recipe = with_file("nats://127.0.0.1:4222", key, SECRET);
        assert_eq!(recipe.refused().await, Some(2), "{key}");
        let said = recipe.stderr();
        assert!(said.contains(key) && said.contains("secret"), "{said}");
        assert!(!said.contains(SECRET), "{said}");
    }
}
