//! A certificate that an operator renews under the running server.

use crate::harness::{Recipe, Secure, Server, until};

#[tokio::test(flavor = "multi_thread")]
async fn hangup_renews_certificate_without_disconnect() {
    let recipe = Recipe::new();
    let folder = recipe.folder().to_owned();
    let (cert, key) = (Secure::cert(&folder), Secure::key(&folder));
    let first = Secure::write(&folder, "localhost");
    let server = recipe
        .env("KADATH_SERVER__TLS_CERT", cert.to_str().unwrap())
        .env("KADATH_SERVER__TLS_KEY", key.to_str().unwrap())
        .announced()
        .await;
    assert!(server.url.starts_with("https://"), "{}", server.url);
    let first = first.at(server.address());
    until("readiness", async || {
        let answer = first.ask("GET", "/readyz").await;
        answer.starts_with("HTTP/1.1 200 ").then_some(())
    })
    .await;
    let mut early = first.join().await;
    early.look(1).await;

    // A new certificate: who is here stays, who comes sees it and no other.
    let second = Secure::write(&folder, "localhost").at(server.address());
    server.signal("-HUP").await;
    record(&server, "certificate reloaded").await;
    early.look(2).await;
    assert!(first.connect().await.is_err(), "still the old one");
    let mut late = second.join().await;
    late.look(1).await;

    // A broken file: an operator reads so, and everything stays as it is.
    std::fs::write(&cert, "nothing").unwrap();
    server.signal("-HUP").await;
    let told = record(&server, "certificate not reloaded; the old one stays").await;
    assert!(told.contains(cert.to_str().unwrap()), "{told}");
    early.look(3).await;
    late.look(2).await;
    let answer = second.ask("GET", "/healthz").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    server.stop().await;
}

/// The record of the log that says so.
async fn record(server: &Server, message: &str) -> String {
    until(message, async || {
        let log = server.stderr();
        log.lines()
            .find(|line| line.contains(message))
            .map(str::to_owned)
    })
    .await
}
