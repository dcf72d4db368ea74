//! TLS, and a certificate that changes under a running server.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use engine::port::LaneLimits;
use futures_util::SinkExt as _;
use net::Tls;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::server::{Server, config};

/// Writes a fresh certificate for `localhost`.
pub(crate) fn write(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    made.cert.der().clone()
}

/// Connects, trusting that certificate and no other.
pub(crate) async fn connect(
    server: &Server,
    trusted: &CertificateDer<'static>,
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.address).await?;
    let name = "localhost".try_into().unwrap();
    TlsConnector::from(Arc::new(client))
        .connect(name, stream)
        .await
}

#[tokio::test]
async fn reloaded_certificate_serves_new_connections_open_ones_stay() {
    let folder = tempfile::tempdir().unwrap();
    let first = write(folder.path());
    let tls = Tls::load(
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    )
    .unwrap();
    let lane = LaneLimits::default();
    let server = Server::start_with(config(), lane, Some(tls.clone())).await;
    let stream = connect(&server, &first).await.unwrap();
    let (mut early, _) = client_async("wss://localhost/api/ws", stream)
        .await
        .unwrap();

    let second = write(folder.path());
    assert!(connect(&server, &second).await.is_err());
    tls.reload().unwrap();
    assert!(connect(&server, &second).await.is_ok());
    assert!(connect(&server, &first).await.is_err());

    // A broken file changes nothing and is named.
    fs::write(folder.path().join("cert.pem"), "nothing").unwrap();
    let fault = tls.reload().unwrap_err().to_string();
    assert!(fault.contains("cert.pem"), "{fault}");
    let mut page = connect(&server, &second).await.unwrap();
    page.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut head = vec![0; 1024];
    let read = page.read(&mut head).await.unwrap();
    let head = String::from_utf8_lossy(&head[..read]);
    assert!(
        head.contains("strict-transport-security: max-age="),
        "{head}"
    );

    let ping = Message::text(r#"{"type":"ping"}"#);
    early.send(ping).await.unwrap();
    let pong = futures_util::StreamExt::next(&mut early)
        .await
        .unwrap()
        .unwrap();
    assert!(pong.to_text().unwrap().contains("pong"));
    server.stop().await;
}
