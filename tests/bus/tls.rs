//! A broker that speaks only TLS, and asks for certificates.

use std::path::PathBuf;

use async_nats::ConnectOptions;
use net::bridge::NatsConfig;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use serde_json::Value;

use crate::broker::Broker;
use crate::harness::{Node, Recipe, beside, global, quick, until};

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
    let _beside = beside().await;
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
    let client = (
        write("client.pem", &client_cert),
        write("client.key", &client_key),
    );
    let options = ConnectOptions::new()
        .add_root_certificates(ca.clone())
        .add_client_certificate(client.0.clone(), client.1.clone())
        .require_tls(true);
    let broker = Broker::start_with(&extra, options).await;
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

    // Who believes every broker is warned about it, by the shipped binary, and nobody else is.
    for (verify, warned) in [(false, 1), (true, 0)] {
        let server = Recipe::new()
            .set("nats.url", broker.url())
            .set(
                "nats.tls_ca",
                if verify { &ca } else { &other_ca }.display(),
            )
            .set("nats.tls_cert", client.0.display())
            .set("nats.tls_key", client.1.display())
            .set("nats.tls_verify", verify)
            .set("log.format", "json")
            .start()
            .await;
        server.ready().await;
        let recipe = server.stop().await;
        let text = recipe.stderr();
        let records = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        let warnings: Vec<Value> = records
            .filter(|record: &Value| {
                record["message"]
                    .as_str()
                    .is_some_and(|message| message.contains("tls_verify is false"))
            })
            .collect();
        assert_eq!(warnings.len(), warned, "{text}");
        assert!(warnings.iter().all(|one| one["level"] == "WARN"), "{text}");
    }
}
