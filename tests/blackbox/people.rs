//! What log and metrics say of people who come and go, and what they never say.

use serde_json::{Value, json};

use crate::harness::{Player, Recipe, Server, until};

const PASSWORD: &str = "a long pass-phrase 9";

fn records(log: &str, message: &str) -> Vec<Value> {
    let records = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of = records.filter(|record| record["message"] == message);
    of.map(|record| record["fields"].clone()).collect()
}

async fn start(addresses: &str) -> Server {
    Recipe::new()
        .env("KADATH_LOG__FORMAT", "json")
        .env("KADATH_LOG__ADDRESSES", addresses)
        .env("KADATH_LIMITS__FAILED_LOGINS_PER_MINUTE", "2")
        .start()
        .await
}

async fn counted(server: &Server, result: &str) -> f64 {
    let series = format!("kadath_sign_ins_total{{result=\"{result}\"}} ");
    let (_, text) = server.http.get("/metrics").await;
    let text = text.as_str().unwrap().to_owned();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(&series).map(str::to_owned));
    line.unwrap_or_else(|| panic!("no {series}"))
        .parse()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_are_logged_and_counted_by_result() {
    let server = start("full").await;
    let account = server.http.register("ann-of-innsmouth", "Ann").await;
    server.http.login(&account).await;
    let guest = server.http.guest().await;
    // From where somebody has signed in well lately, nobody is locked out.
    let login = |password: &str| {
        let body = json!({"username": "bob-of-dunwich", "password": password});
        server.http.post("/auth/login", body)
    };
    assert_eq!(login("wrong password 1").await.0, 401);
    assert_eq!(login("wrong password 2").await.0, 401);
    assert_eq!(login("wrong password 3").await.0, 429);
    let taken = json!({"username": "ann-of-innsmouth", "password": PASSWORD});
    assert_eq!(server.http.post("/auth/register", taken).await.0, 409);
    assert_eq!(
        server
            .http
            .post_as("/auth/logout", json!({}), &guest)
            .await
            .0,
        204
    );
    for (result, times) in [
        ("ok", 1.0),
        ("registered", 1.0),
        ("guest", 1.0),
        ("failed", 2.0),
        ("locked_out", 1.0),
        ("refused", 1.0),
        ("rate_limited", 0.0),
        ("unavailable", 0.0),
        ("claimed", 0.0),
    ] {
        assert_eq!(counted(&server, result).await, times, "{result}");
    }
    let log = server.stop().await.stderr();
    for (message, times) in [
        ("account registered", 1),
        ("signed in", 1),
        ("guest made", 1),
        ("sign-in failed", 2),
        ("sign-in locked out", 1),
        ("sign-in refused", 1),
        ("signed out", 1),
    ] {
        let told = records(&log, message);
        assert_eq!(told.len(), times, "{message}: {log}");
        for fields in &told {
            assert_eq!(
                fields["correlation_id"].as_str().unwrap().len(),
                16,
                "{fields}"
            );
            if message != "signed out" {
                assert_eq!(fields["address"], "127.0.0.1", "{fields}");
            }
        }
    }
    let (made, signed) = (
        &records(&log, "account registered")[0],
        &records(&log, "signed in")[0],
    );
    assert_eq!(made["account"], signed["account"]);
    for secret in [PASSWORD, "wrong password", "innsmouth", &account.token] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_logged_from_start_to_end() {
    let server = start("prefix").await;
    let account = server.http.register("ann", "Ann").await;
    let mut ann = Player::join(&server, &account.token).await;
    ann.does("look").await;
    ann.does("quit").await;
    until("the end of the session", async || {
        server.stderr().contains("session ended").then_some(())
    })
    .await;
    let log = server.stop().await.stderr();
    let (started, ended) = (
        records(&log, "session started"),
        records(&log, "session ended"),
    );
    assert_eq!((started.len(), ended.len()), (1, 1), "{log}");
    let (started, ended) = (&started[0], &ended[0]);
    assert_eq!(started["address"], "127.0.0.0/24");
    assert_eq!(started["protocol"], "kadath.v1");
    assert_eq!(started["resumed"], false);
    for same in ["account", "character", "session", "correlation_id"] {
        assert_eq!(started[same], ended[same], "{same}");
    }
    assert_eq!(
        started["account"],
        records(&log, "account registered")[0]["account"]
    );
    assert!(
        ended["seconds"].is_u64() && !ended["reason"].as_str().unwrap().is_empty(),
        "{ended}"
    );
    assert!(!log.contains("Ann"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_left_out_if_asked() {
    let server = start("none").await;
    let _guest = server.guest().await;
    let log = server.stop().await.stderr();
    assert_eq!(records(&log, "guest made").len(), 1, "{log}");
    for message in ["guest made", "session started"] {
        assert!(records(&log, message)[0].get("address").is_none(), "{log}");
    }
}
