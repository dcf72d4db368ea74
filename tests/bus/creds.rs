//! Who vouches for whom at a broker in operator mode, and the credentials files that come of it.
//!
//! An operator signs accounts, an account signs users; each signature is a token that names its
//! subject by its public key. A user's file holds its token and the seed that proves it.

use async_nats::ConnectOptions;
use data_encoding::BASE64URL_NOPAD;
use nkeys::KeyPair;
use serde_json::{Value, json};

/// When every token was signed, in seconds of the Unix epoch. None of them ends.
const SIGNED: u64 = 1_700_000_000;
/// What all tokens begin with, before it is encoded.
const HEADER: &str = r#"{"typ":"JWT","alg":"ed25519-nkey"}"#;

/// Who vouches for accounts.
pub(crate) struct Operator(KeyPair);

/// An account with JetStream and without limits; who vouches for users.
pub(crate) struct Account(KeyPair);

/// What a user's credentials file says.
pub(crate) struct Creds {
    pub(crate) token: String,
    pub(crate) seed: String,
}

impl Operator {
    pub(crate) fn new() -> Self {
        Self(KeyPair::new_operator())
    }

    /// The part of a broker's configuration by which it knows that account and, of those that
    /// connect, no other. JetStream starts only where the broker has an account for itself.
    pub(crate) fn knows(&self, account: &Account) -> String {
        let operator = sign(&self.0, &self.0, "operator", json!({}));
        let stored = json!({
            "mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1,
        });
        let known = self.vouches(&account.0, stored);
        let itself = KeyPair::new_account();
        let own = self.vouches(&itself, json!({}));
        let (account, itself) = (account.0.public_key(), itself.public_key());
        format!(
            "operator: {operator}\nresolver: MEMORY\nsystem_account: {itself}\n\
             resolver_preload: {{ {account}: {known}, {itself}: {own} }}\n"
        )
    }

    /// An account's token, without limits but those of JetStream, which are as told.
    fn vouches(&self, account: &KeyPair, mut limits: Value) -> String {
        for what in [
            "subs", "data", "payload", "conn", "leaf", "imports", "exports",
        ] {
            limits[what] = (-1).into();
        }
        limits["wildcards"] = true.into();
        sign(&self.0, account, "account", json!({ "limits": limits }))
    }
}

impl Account {
    pub(crate) fn new() -> Self {
        Self(KeyPair::new_account())
    }

    /// A new user of it who may do everything.
    pub(crate) fn user(&self) -> Creds {
        let user = KeyPair::new_user();
        let limits = json!({ "subs": -1, "data": -1, "payload": -1 });
        Creds {
            token: sign(&self.0, &user, "user", limits),
            seed: user.seed().unwrap(),
        }
    }
}

impl Creds {
    /// The file as `nsc` writes it.
    pub(crate) fn text(&self) -> String {
        let Self { token, seed } = self;
        format!(
            "-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        )
    }

    /// How a client of the test's own gets in.
    pub(crate) fn options(&self) -> ConnectOptions {
        ConnectOptions::with_credentials(&self.text()).unwrap()
    }

    /// Whether a text tells any of it: the seed or the token, or what they begin or end with. All
    /// tokens begin with the same header, which is no secret.
    pub(crate) fn told_in(&self, text: &str) -> bool {
        let (_, token) = self.token.split_once('.').unwrap();
        [token, &self.seed].iter().any(|secret| {
            let ends = [&secret[..20], &secret[secret.len() - 20..]];
            ends.iter().any(|end| text.contains(end))
        })
    }
}

/// A token in which `issuer` says that `subject` is an operator, an account or a user, and what it
/// may do.
fn sign(issuer: &KeyPair, subject: &KeyPair, kind: &str, mut rights: Value) -> String {
    rights["type"] = kind.into();
    rights["version"] = 2.into();
    let claims = json!({
        "iat": SIGNED,
        "iss": issuer.public_key(),
        "name": kind,
        "sub": subject.public_key(),
        "nats": rights,
    });
    let [header, claims] = [HEADER, &claims.to_string()].map(encoded);
    let signed = format!("{header}.{claims}");
    let signature = issuer.sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", encoded(signature))
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL_NOPAD.encode(bytes.as_ref())
}
