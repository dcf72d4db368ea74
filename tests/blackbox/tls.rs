//! A certificate that an operator renews under the running server.

use std::io;
use std::path::Path;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::harness::{PATIENCE, Recipe, Server, until};

const CERT: &str = "cert.pem";
const KEY: &str = "key.pem";

type Trusted = CertificateDer<'static>;
type Socket = WebSocketStream<TlsStream<TcpStream>>;

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_renews_the_certificate_and_whoever_plays_plays_on() {
    let recipe = Recipe::new();
    let (cert, key) = (recipe.folder().join(CERT), recipe.folder().join(KEY));
    let first = write(recipe.folder());
    let server = recipe
        .env("KADATH_SERVER__TLS_CERT", cert.to_str().unwrap())
        .env("KADATH_SERVER__TLS_KEY", key.to_str().unwrap())
        .announced()
        .await;
    assert!(server.url.starts_with("https://"), "{}", server.url);
    until("readiness", async || {
        let answer = ask(&server, &first, "GET", "/readyz").await;
        answer.starts_with("HTTP/1.1 200 ").then_some(())
    })
    .await;
    let mut early = join(&server, &first).await;
    look(&mut early, 1).await;

    // A new certificate: who is here stays, who comes sees it and no other.
    let folder = server.recipe().folder().to_owned();
    let second = write(&folder);
    server.signal("-HUP").await;
    record(&server, "certificate reloaded").await;
    look(&mut early, 2).await;
    assert!(connect(&server, &first).await.is_err(), "still the old one");
    let mut late = join(&server, &second).await;
    look(&mut late, 1).await;

    // A broken file: an operator reads so, and everything stays as it is.
    std::fs::write(folder.join(CERT), "nothing").unwrap();
    server.signal("-HUP").await;
    let told = record(&server, "certificate not reloaded; the old one stays").await;
    assert!(told.contains(CERT), "{told}");
    look(&mut early, 3).await;
    look(&mut late, 2).await;
    let answer = ask(&server, &second, "GET", "/healthz").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    server.stop().await;
}

/// Writes a fresh certificate for `localhost` and its key.
fn write(folder: &Path) -> Trusted {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join(CERT), made.cert.pem()).unwrap();
    std::fs::write(folder.join(KEY), made.signing_key.serialize_pem()).unwrap();
    made.cert.der().clone()
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

/// Connects, trusting that certificate and no other.
async fn connect(server: &Server, trusted: &Trusted) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.address()).await?;
    let name = "localhost".try_into().unwrap();
    TlsConnector::from(Arc::new(client))
        .connect(name, stream)
        .await
}

/// One request on a connection of its own; answers the whole response.
async fn ask(server: &Server, trusted: &Trusted, method: &str, path: &str) -> String {
    let mut stream = connect(server, trusted).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer));
    read.await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

/// A guest in the world, by WSS.
async fn join(server: &Server, trusted: &Trusted) -> Socket {
    let answer = ask(server, trusted, "POST", "/auth/guest").await;
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let guest: Value = serde_json::from_str(body).unwrap();
    let mut request = "wss://localhost/api/ws".into_client_request().unwrap();
    let protocol = HeaderValue::from_static("kadath.v1");
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let stream = connect(server, trusted).await.unwrap();
    let (mut socket, _) = client_async(request, stream).await.unwrap();
    let data = json!({"token": guest["access_token"]});
    let frame = json!({"type": "authenticate", "data": data});
    socket.send(Message::text(frame.to_string())).await.unwrap();
    find(&mut socket, |frame| frame["event_type"] == "game_state").await;
    socket
}

/// Looks around, and is answered.
async fn look(socket: &mut Socket, id: u64) {
    let frame = json!({"type": "command", "id": id, "data": {"line": "look"}});
    socket.send(Message::text(frame.to_string())).await.unwrap();
    let is_it = |frame: &Value| frame["data"]["id"] == id;
    let answer = find(socket, is_it).await;
    assert_eq!(answer["data"]["ok"], true, "{answer}");
}

/// The next frame that is meant.
async fn find(socket: &mut Socket, meant: impl Fn(&Value) -> bool) -> Value {
    loop {
        let heard = timeout(PATIENCE, socket.next()).await.unwrap();
        let Some(Ok(Message::Text(text))) = heard else {
            panic!("no frame: {heard:?}");
        };
        let frame: Value = serde_json::from_str(&text).unwrap();
        if meant(&frame) {
            return frame;
        }
    }
}
