//! A broker that asks for keys, and what a server says that is refused.

use std::path::PathBuf;

use async_nats::ConnectOptions;
use serde_json::Value;

use crate::broker::Broker;
use crate::harness::{Recipe, alone, until};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_the_key_is_let_in_and_who_has_another_is_refused_without_a_word_of_it() {
    let _alone = alone().await;
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
    let recipe = server.stop().await;
    let said = recipe.stderr();
    assert!(!said.contains(OTHER_SEED) && !said.contains(&OTHER_SEED[..20]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_holds_no_key_is_named_at_the_start_and_not_quoted() {
    const SECRET: &str = "SUthe-password-of-somebody";
    let _alone = alone().await;
    for key in ["nats.nkey_file", "nats.credentials_file"] {
        let recipe = with_file("nats://127.0.0.1:4222", key, SECRET);
        assert_eq!(recipe.refused().await, Some(2), "{key}");
        let said = recipe.stderr();
        assert!(said.contains(key) && said.contains("secret"), "{said}");
        assert!(!said.contains(SECRET), "{said}");
    }
}
