//! Dashboard and alarms: every metric that they name is one a server tells, and the alarms fire
//! when they should and never else, over written series and over those of real servers.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::compose::Stack;
use super::series::{Scrapes, promtool};
use super::{checkout, free_address, packaged};
use crate::harness::{Cluster, Player, Recipe, Server};

/// Between two scrapes: a fifteenth of what operators have.
const BETWEEN: Duration = Duration::from_secs(1);

/// All alarms but the two by which a machine without idle processors is known, as one that runs
/// many tests at once may be.
const UNSTARVED: &str = r#"alertname!~"KadathEventLoopBlocked|KadathTicksSkipped""#;

/// Words of a text that are names of metrics.
fn metrics(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    let known = |word: &&str| word.starts_with("kadath_") || word.starts_with("process_");
    words.filter(known).collect()
}

/// What a question asks of labels, as `/metrics` writes it; whom Prometheus has asked left out.
fn labels(question: &str) -> Vec<String> {
    let inside = question.split(['{', '}']).skip(1).step_by(2);
    let asked = inside.flat_map(|labels| labels.split(','));
    asked
        .filter_map(|label| label.split_once('='))
        .filter(|(name, _)| !["job", "instance"].contains(name))
        .flat_map(|(name, values)| {
            let values = values.trim_matches(['~', '"']).split('|');
            values.map(move |value| format!("{name}=\"{value}\""))
        })
        .collect()
}

/// Every question that the dashboard asks.
fn questions(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|one| questions(one, into)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(text) if name == "expr" => into.push(text.to_owned()),
                    Some(text) if name == "query" && text.contains('(') => {
                        into.push(text.to_owned());
                    }
                    _ => questions(value, into),
                }
            }
        }
        _ => {}
    }
}

fn dashboard() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&packaged("grafana.json")).unwrap();
    let mut found = Vec::new();
    questions(&dashboard, &mut found);
    assert!(found.len() > 30, "{found:?}");
    found
}

/// Rules, as their file has them.
fn rules() -> Vec<Value> {
    let file: Value = serde_saphyr::from_str(&packaged("prometheus.rules.yml")).unwrap();
    let rules = file["groups"][0]["rules"].as_array().unwrap().clone();
    assert!(rules.len() > 20, "{rules:?}");
    rules
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_of_dashboard_and_alarms_exist() {
    let stack = Stack::start().await;
    let mut guest = stack.server.guest().await;
    // On a busy machine some go slowly enough to be allowed.
    let mut page = String::new();
    for _ in 0..30 {
        let mut last = 0;
        for _ in 0..40 {
            last = guest.begin("look").await;
        }
        guest.answer(last).await;
        page = stack.metrics().await;
        if page.contains("\nkadath_rate_limit_violations_total{") {
            break;
        }
    }
    let told: BTreeSet<&str> = page
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    let (asked, rules) = (dashboard().join(" "), rules());
    let rules: Vec<&str> = rules
        .iter()
        .filter_map(|rule| rule["expr"].as_str())
        .collect();
    let rules = rules.join(" ");
    let labels = labels(&rules);
    assert!(labels.contains(&"le=\"2\"".to_owned()), "{labels:?}");
    for label in labels {
        assert!(page.contains(&label), "no series has {label}");
    }
    let mut named = metrics(&asked);
    named.extend(metrics(&rules));
    assert!(named.len() > 30, "{named:?}");
    let missing: Vec<_> = named.difference(&told).collect();
    assert!(missing.is_empty(), "no server tells {missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_queries_are_valid_prometheus() {
    let records: Vec<Value> = dashboard()
        .iter()
        .filter(|question| !question.starts_with("label_values("))
        .enumerate()
        .map(|(number, question)| {
            let expr = question.replace("$__rate_interval", "1m");
            json!({"record": format!("question:{number}"), "expr": expr})
        })
        .collect();
    let rules = json!({"groups": [{"name": "dashboard", "rules": records}]});
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("rules.yml");
    std::fs::write(&file, rules.to_string()).unwrap();
    promtool(&["check", "rules"], &file).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_are_provoked_as_written() {
    promtool(
        &["check", "rules"],
        &checkout("packaging/prometheus.rules.yml"),
    )
    .await;
    promtool(
        &["test", "rules"],
        &checkout("packaging/prometheus.tests.yml"),
    )
    .await;
    let tests = packaged("prometheus.tests.yml");
    for rule in rules() {
        let Some(alarm) = rule["alert"].as_str() else {
            continue;
        };
        assert!(tests.contains(&format!("alertname=\"{alarm}\"")), "{alarm}");
        let severity = rule["labels"]["severity"].as_str();
        assert!(matches!(severity, Some("warning" | "critical")), "{alarm}");
        for told in ["summary", "action"] {
            assert!(rule["annotations"][told].is_string(), "{alarm}: {told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calm_server_provokes_no_alarm() {
    let server = Server::start().await;
    let mut guest = server.guest().await;
    let mut scrapes = Scrapes::new("1s");
    for _ in 0..12 {
        guest.does("look").await;
        scrapes.ask(&server.http).await;
        tokio::time::sleep(BETWEEN).await;
    }
    // Not even one that would fire only later. Rates need some seconds to be any.
    let last = scrapes.count() - 1;
    let quiet: &[&str] = &[];
    scrapes
        .alarms(UNSTARVED, &[(last - 3, quiet), (last, quiet)])
        .await;
}

/// A second of this server counts as a quarter of a minute, in ticks, too: so it is one of 4/3
/// ticks a second, and everything else is what a real one tells.
#[tokio::test(flavor = "multi_thread")]
async fn troubled_server_triggers_alarms() {
    let cluster = Cluster::started().await;
    let recipe = Recipe::new()
        .flag("--database", cluster.fresh().await)
        .env("KADATH_DATABASE__POOL_MAX", "2")
        .env("KADATH_NATS__URL", &format!("nats://{}", free_address()));
    let server = recipe.announced().await;
    let mut guest = server.guest().await;
    let mut scrapes = Scrapes::new("15s");
    for _ in 0..12 {
        for _ in 0..20 {
            guess(&server).await;
        }
        round(&server, &mut guest, &mut scrapes).await;
    }
    let guessed = scrapes.count() - 1;
    cluster.freeze();
    let http = server.http.clone();
    let waits = tokio::spawn(async move { http.post("/auth/guest", json!({})).await });
    for _ in 0..10 {
        round(&server, &mut guest, &mut scrapes).await;
    }
    let frozen = scrapes.count() - 1;
    server.kill9().await;
    waits.abort();
    cluster.thaw();
    for _ in 0..6 {
        scrapes.miss();
    }
    let gone = scrapes.count() - 1;
    scrapes
        .alarms(
            &format!("alertstate=\"firing\",{UNSTARVED}"),
            &[
                (gone, &["KadathDown"]),
                (guessed, &["KadathBusAway", "KadathSignInsFail"]),
                (
                    frozen,
                    &[
                        "KadathBusAway",
                        "KadathDatabaseConnections",
                        "KadathDatabaseLags",
                    ],
                ),
            ],
        )
        .await;
}

/// Tries a password that is none.
async fn guess(server: &Server) {
    let body = json!({"username": "nobody", "password": "a wrong pass-phrase 9"});
    let (status, _) = server.http.post("/auth/login", body).await;
    assert!(matches!(status, 401 | 429), "{status}");
}

/// Something to save, a scrape, and a while.
async fn round(server: &Server, guest: &mut Player, scrapes: &mut Scrapes) {
    let id = guest.begin("look").await;
    guest.answer(id).await;
    scrapes.ask(&server.http).await;
    tokio::time::sleep(BETWEEN).await;
}
