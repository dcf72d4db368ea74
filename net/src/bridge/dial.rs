//! How a connection is made: credentials, TLS, timeouts.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_nats::ConnectOptions;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, ring::default_provider, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::config::{NatsConfig, NatsConfigFault};

/// The options of every connection to the broker.
///
/// # Errors
/// Names the key whose file can't be used.
pub(super) async fn options(
    config: &NatsConfig,
    name: String,
) -> Result<ConnectOptions, NatsConfigFault> {
    let mut options = ConnectOptions::new()
        .name(name)
        // A world's own: what the broker answers and delivers is nobody else's to read.
        .custom_inbox_prefix(format!("_INBOX.{}", config.world))
        .connection_timeout(Duration::from_millis(config.connect_timeout_ms))
        .request_timeout(Some(config.request_timeout()))
        // The link's own loop tries again; this is one attempt for each broker that is known.
        .max_reconnects(config.urls().count())
        .ignore_discovered_servers()
        .ping_interval(Duration::from_millis(
            config.health_interval_ms.saturating_mul(2),
        ))
        // Two seconds of 10,000 messages each.
        .subscription_capacity(20_000)
        .client_capacity(8_192);
    if !config.user.is_empty() {
        options = options.user_and_password(config.user.clone(), config.password.clone());
    }
    if !config.token.is_empty() {
        options = options.token(config.token.clone());
    }
    if let Some(file) = &config.nkey_file {
        let seed = std::fs::read_to_string(file).map_err(|fault| bad("nkey_file", file, fault))?;
        let seed = seed.trim();
        if !is_seed(seed) {
            // Not what it holds: it may be a secret all the same.
            return Err(bad("nkey_file", file, "holds no seed of a user's nkey"));
        }
        options = options.nkey(seed.to_owned());
    }
    if let Some(file) = &config.credentials_file {
        options = options
            .credentials_file(file)
            .await
            .map_err(|fault| bad("credentials_file", file, fault))?;
    }
    let wants_tls = config.tls_ca.is_some()
        || config.tls_cert.is_some()
        || config.urls().any(|url| url.starts_with("tls://"));
    if wants_tls {
        options = options.require_tls(true).tls_client_config(tls(config)?);
    }
    Ok(options)
}

/// Built here and not by the client: its own way has no `tls_verify = false`, and it would ask for
/// a provider that the process has not chosen.
fn tls(config: &NatsConfig) -> Result<ClientConfig, NatsConfigFault> {
    let provider = Arc::new(default_provider());
    let versions = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|fault| NatsConfigFault {
            key: "tls_ca",
            reason: fault.to_string(),
        })?;
    let builder = if config.tls_verify {
        versions.with_root_certificates(roots(config.tls_ca.as_deref())?)
    } else {
        versions
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyBroker(provider)))
    };
    match (&config.tls_cert, &config.tls_key) {
        (Some(cert), Some(key)) => {
            let chain = certificates("tls_cert", cert)?;
            let secret =
                PrivateKeyDer::from_pem_file(key).map_err(|fault| bad("tls_key", key, fault))?;
            builder
                .with_client_auth_cert(chain, secret)
                .map_err(|fault| bad("tls_key", key, fault))
        }
        _ => Ok(builder.with_no_client_auth()),
    }
}

/// Whether a text looks like the seed of a user's nkey: `SU` and 56 characters of base 32.
fn is_seed(text: &str) -> bool {
    let base32 = |byte: u8| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte);
    text.len() == 58 && text.starts_with("SU") && text.bytes().all(base32)
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, NatsConfigFault> {
    let mut roots = RootCertStore::empty();
    let certificates = match ca {
        Some(file) => certificates("tls_ca", file)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() {
        return Err(NatsConfigFault {
            key: "tls_ca",
            reason: "no certificate of any authority was found".to_owned(),
        });
    }
    Ok(roots)
}

fn certificates(
    key: &'static str,
    file: &Path,
) -> Result<Vec<CertificateDer<'static>>, NatsConfigFault> {
    CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|fault| bad(key, file, fault))
}

fn bad(key: &'static str, file: &Path, fault: impl std::fmt::Display) -> NatsConfigFault {
    NatsConfigFault {
        key,
        reason: format!("{}: {fault}", file.display()),
    }
}

/// Believes every broker; the handshake itself is still checked.
#[derive(Debug)]
struct AnyBroker(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyBroker {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            cert,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            cert,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
