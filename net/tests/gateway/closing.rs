//! The closing handshake, whoever begins it.

use std::time::{Duration, Instant};

use engine::port::{Inbound, LaneLimits};
use net::Tls;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use crate::raw::{CLOSE, Raw, SUBPROTOCOLS, close, frame};
use crate::server::{Server, config};
use crate::tls;

/// Closes from the client's side; the answer must be the same close, and then an orderly end.
async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(mut client: Raw<S>, what: &str) {
    let payload = close(1000, b"bye");
    let began = Instant::now();
    client.write(&frame(CLOSE, &payload)).await;
    let answer = client.until_closed().await;
    assert_eq!(answer.payload, payload, "{what}");
    assert_eq!(client.next().await, None, "{what}");
    assert!(began.elapsed() < Duration::from_secs(5), "{what}");
    // The peer's end finds nothing to complain of.
    client.stream.shutdown().await.unwrap();
}

#[tokio::test]
async fn close_is_answered_before_sign_in_per_subprotocol() {
    let server = Server::start(config()).await;
    for protocol in SUBPROTOCOLS {
        let client = Raw::connect(&server, protocol, None).await;
        handshake(client, protocol).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn close_is_answered_on_each_subprotocol_while_playing() {
    let mut server = Server::start(config()).await;
    for protocol in SUBPROTOCOLS {
        let mut client = Raw::connect(&server, protocol, Some("ann")).await;
        let arrival = server.world.let_in().await;
        // The welcome.
        client.next().await.unwrap();
        handshake(client, protocol).await;
        // The world hears of it as of any lost socket.
        match server.world.next().await {
            Inbound::Lost { session } | Inbound::Leave { session, .. } => {
                assert_eq!(session, arrival.session);
            }
            other => panic!("not a loss: {other:?}"),
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn close_is_answered_while_the_world_decides() {
    let mut server = Server::start(config()).await;
    let client = Raw::connect(&server, "kadath.v1", Some("ann")).await;
    assert!(matches!(server.world.next().await, Inbound::Arrive(_)));
    handshake(client, "arriving").await;
    server.stop().await;
}

#[tokio::test]
async fn close_is_answered_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = tls::write(folder.path());
    let (cert, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    let loaded = Tls::load(cert, key).unwrap();
    let mut server = Server::start_with(config(), LaneLimits::default(), Some(loaded)).await;
    for protocol in SUBPROTOCOLS {
        for name in [None, Some("ann")] {
            let stream = tls::connect(&server, &trusted).await.unwrap();
            let mut client = Raw::upgrade(stream, protocol, name).await.unwrap();
            if name.is_some() {
                server.world.let_in().await;
                client.next().await.unwrap();
            }
            handshake(client, protocol).await;
        }
    }
    server.stop().await;
}
