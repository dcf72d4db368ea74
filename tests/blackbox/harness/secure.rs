//! Whoever comes by TLS and trusts one certificate: to the server itself, or to a proxy before it.

use std::io;
use std::path::{Path, PathBuf};
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
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::PATIENCE;

/// Where somebody listens, under which name, and the one certificate that is trusted.
#[derive(Clone, Debug)]
pub(crate) struct Secure {
    address: String,
    name: String,
    trusted: CertificateDer<'static>,
}

/// Somebody who plays by WSS.
pub(crate) struct SecurePlayer {
    socket: WebSocketStream<TlsStream<TcpStream>>,
}

impl Secure {
    /// Writes a fresh certificate for a name and its key into a folder, over any that is there;
    /// `address` is said once it is known.
    pub(crate) fn write(folder: &Path, name: &str) -> Self {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        std::fs::write(Self::cert(folder), made.cert.pem()).unwrap();
        std::fs::write(Self::key(folder), made.signing_key.serialize_pem()).unwrap();
        Self {
            address: String::new(),
            name: name.to_owned(),
            trusted: made.cert.der().clone(),
        }
    }

    /// The certificate in a folder.
    pub(crate) fn cert(folder: &Path) -> PathBuf {
        folder.join("cert.pem")
    }

    /// Its key.
    pub(crate) fn key(folder: &Path) -> PathBuf {
        folder.join("key.pem")
    }

    /// At this host and port.
    pub(crate) fn at(mut self, address: &str) -> Self {
        address.clone_into(&mut self.address);
        self
    }

    /// Connects, trusting that certificate and no other.
    pub(crate) async fn connect(&self) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.trusted.clone()).unwrap();
        let client = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(&self.address).await?;
        let name = self.name.clone().try_into().unwrap();
        TlsConnector::from(Arc::new(client))
            .connect(name, stream)
            .await
    }

    /// One request on a connection of its own; answers the whole response.
    pub(crate) async fn ask(&self, method: &str, path: &str) -> String {
        self.ask_with(method, path, "").await
    }

    /// The same with more headers, each with its line's end.
    pub(crate) async fn ask_with(&self, method: &str, path: &str, headers: &str) -> String {
        let mut stream = self.connect().await.unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: 2\r\n{headers}\r\n{{}}",
            self.name
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = timeout(PATIENCE, stream.read_to_end(&mut answer));
        // A proxy may end without TLS's goodbye; what it has said is whole all the same.
        let _ = read.await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// A guest in the world.
    pub(crate) async fn join(&self) -> SecurePlayer {
        self.join_with(&[]).await.unwrap()
    }

    /// The same, with headers that the handshake has besides its own.
    pub(crate) async fn join_with(&self, headers: &[(&str, &str)]) -> Result<SecurePlayer, Error> {
        let lines: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let answer = self.ask_with("POST", "/auth/guest", &lines.concat()).await;
        let body = &answer[answer.find('{').unwrap_or(0)..];
        let guest: Value = serde_json::Deserializer::from_str(body)
            .into_iter()
            .next()
            .unwrap()
            .unwrap_or_else(|_| panic!("no guest: {answer}"));
        let url = format!("wss://{}/api/ws", self.name);
        let mut request = url.into_client_request().unwrap();
        let more = [("sec-websocket-protocol", "kadath.v1")];
        for (name, value) in headers.iter().chain(&more) {
            let name: HeaderName = name.parse().unwrap();
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().insert(name, value);
        }
        let stream = self.connect().await.unwrap();
        let (socket, _) = client_async(request, stream).await?;
        let mut player = SecurePlayer { socket };
        let data = json!({"token": guest["access_token"]});
        player
            .send(&json!({"type": "authenticate", "data": data}))
            .await;
        player
            .find(|frame| frame["event_type"] == "game_state")
            .await;
        Ok(player)
    }
}

impl SecurePlayer {
    async fn send(&mut self, frame: &Value) {
        let message = Message::text(frame.to_string());
        self.socket.send(message).await.unwrap();
    }

    /// Looks around, and is answered.
    pub(crate) async fn look(&mut self, id: u64) {
        self.send(&json!({"type": "command", "id": id, "data": {"line": "look"}}))
            .await;
        let answer = self.find(|frame| frame["data"]["id"] == id).await;
        assert_eq!(answer["data"]["ok"], true, "{answer}");
    }

    /// The next frame that is meant.
    async fn find(&mut self, meant: impl Fn(&Value) -> bool) -> Value {
        loop {
            let heard = timeout(PATIENCE, self.socket.next()).await.unwrap();
            let Some(Ok(Message::Text(text))) = heard else {
                panic!("no frame: {heard:?}");
            };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if meant(&frame) {
                return frame;
            }
        }
    }
}
