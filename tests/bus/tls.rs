//! A broker that speaks only TLS, and asks for certificates.

use std::path::PathBuf;

use net::bridge::NatsConfig;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};

use crate::broker::Broker;
use crate::harness::{Node, alone, global, quick, until};

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    /// A certificate and its key, PEM.
    fn issue(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        (cert.pem(), key.serialize_pem())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_proves_itself_is_connected() {
    let _alone = alone().await;
    let folder = tempfile::TempDir::with_prefix("kadath-tls-").unwrap();
    let write = |name: &str, text: &str| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (ours, other) = (Authority::new(), Authority::new());
    let (server_cert, server_key) = ours.issue();
    let (client_cert, client_key) = ours.issue();
    let (stranger_cert, stranger_key) = other.issue();
    let ca = write("ca.pem", &ours.pem);
    let other_ca = write("other-ca.pem", &other.pem);
    let extra = format!(
        "tls {{ cert_file: {:?}, key_file: {:?}, ca_file: {ca:?}, verify: true }}",
        write("server.pem", &server_cert),
        write("server.key", &server_key),
    );
    let broker = Broker::start_with(&extra).await;
    let client = (
        write("client.pem", &client_cert),
        write("client.key", &client_key),
    );
    let stranger = (
        write("stranger.pem", &stranger_cert),
        write("stranger.key", &stranger_key),
    );
    let config = |ca: Option<&PathBuf>, cert: Option<&(PathBuf, PathBuf)>| NatsConfig {
        tls_ca: ca.cloned(),
        tls_cert: cert.map(|(cert, _)| cert.clone()),
        tls_key: cert.map(|(_, key)| key.clone()),
        connections: 1,
        ..quick(&broker.url())
    };

    let refused = async |what: &str, config: NatsConfig| {
        let node = Node::start("north", config).await;
        // Five attempts, and it waits: it was told no each time.
        until(what, async || {
            (node.bus.health() == Err("circuit_open".to_owned())).then_some(())
        })
        .await;
        node.stop().await;
    };
    refused("a plain client", config(None, None)).await;
    refused("a wrong authority", config(Some(&other_ca), Some(&client))).await;
    refused("no certificate", config(Some(&ca), None)).await;
    refused(
        "a stranger's certificate",
        config(Some(&ca), Some(&stranger)),
    )
    .await;

    let proven = config(Some(&ca), Some(&client));
    let blind = NatsConfig {
        tls_verify: false,
        ..config(Some(&other_ca), Some(&client))
    };
    let mut speaker = Node::start("north", proven).await;
    let hearer = Node::start("south", blind).await;
    speaker.up().await;
    hearer.up().await;
    until("a word over TLS", async || {
        speaker.say(vec![global("hello")]);
        (!hearer.heard().is_empty()).then_some(())
    })
    .await;
    speaker.stop().await;
    hearer.stop().await;
}
