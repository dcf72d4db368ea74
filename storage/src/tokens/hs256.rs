//! HMAC-SHA256 for `jsonwebtoken` from `ring`, which TLS brings anyway: the library's own providers
//! compile every algorithm of the standard, and only this one signs here.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use ring::hmac;
use signature::{Error, Signer, Verifier};

struct Hs256(hmac::Key);

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Has this process sign and verify with [`PROVIDER`]. To be called before either; again is harmless.
pub(super) fn install() {
    // The error says that there is one already, and nothing here installs another.
    let _ = PROVIDER.install_default();
}

fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    Ok(Box::new(Hs256::new(*algorithm, key.as_bytes())?))
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    Ok(Box::new(Hs256::new(*algorithm, key.try_get_as_bytes()?)?))
}

impl Hs256 {
    fn new(algorithm: Algorithm, secret: &[u8]) -> Result<Self> {
        if algorithm != Algorithm::HS256 {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        Ok(hmac::sign(&self.0, message).as_ref().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        hmac::verify(&self.0, message, signature).map_err(|_| Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::crypto::{sign, verify};

    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn signature_matches_published_vector() {
        install();
        let secret = b"Jefe";
        let message = b"what do ya want for nothing?";
        let signature = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM";
        let signed = sign(message, &EncodingKey::from_secret(secret), Algorithm::HS256);
        assert_eq!(signed.as_deref(), Ok(signature));
        let verifying = DecodingKey::from_secret(secret);
        assert_eq!(
            verify(signature, message, &verifying, Algorithm::HS256),
            Ok(true)
        );
        let other = DecodingKey::from_secret(b"Jeff");
        assert_eq!(
            verify(signature, message, &other, Algorithm::HS256),
            Ok(false)
        );
    }

    #[test]
    fn other_algorithm_is_refused() {
        install();
        let key = EncodingKey::from_secret(b"secret");
        assert!(sign(b"message", &key, Algorithm::HS512).is_err());
    }
}
