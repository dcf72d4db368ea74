//! The file of signing keys.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::StorageFault;

const SECRET_BYTES: usize = 32;

/// The keys, oldest first; never none.
#[derive(Clone, Debug)]
pub(super) struct Keys(Vec<Key>);

/// One key. Its `Debug` shows no secret: the library's types don't.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) id: String,
    /// When it was made, in seconds of the Unix epoch.
    pub(super) made_at: u64,
    pub(super) signing: EncodingKey,
    pub(super) verifying: DecodingKey,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    keys: Vec<StoredKey>,
}

#[derive(Serialize, Deserialize)]
struct StoredKey {
    id: String,
    made_at: u64,
    secret: String,
}

impl Keys {
    /// Reads the file, or makes it with one key.
    pub(super) fn load_or_make(path: &Path, now: u64) -> Result<Self, StorageFault> {
        super::hs256::install();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // A server and a command may start beside each other: the first file stays, and
                // both use what is in it.
                Self(vec![Key::make(now)]).save_first(path)?;
                fs::read_to_string(path).map_err(StorageFault::io("read", path))?
            }
            Err(error) => return Err(StorageFault::io("read", path)(error)),
        };
        let wrong = |reason: &str| StorageFault::TokenKeys {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        // The parser's own message could quote a secret.
        let stored: Stored =
            serde_json::from_str(&text).map_err(|_| wrong("it is not readable"))?;
        let keys: Option<Vec<Key>> = stored.keys.into_iter().map(Key::restore).collect();
        let keys = keys.ok_or_else(|| wrong("a secret is malformed"))?;
        if keys.is_empty() {
            return Err(wrong("it is empty"));
        }
        keep_private(path)?;
        Ok(Self(keys))
    }

    /// Writes the file as a whole, readable by its owner only.
    pub(super) fn save(&self, path: &Path) -> Result<(), StorageFault> {
        self.write(path, |draft| fs::rename(draft, path))
    }

    /// As [`Keys::save`], unless there is a file by now.
    fn save_first(&self, path: &Path) -> Result<(), StorageFault> {
        self.write(path, |draft| {
            let linked = match fs::hard_link(draft, path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                linked => linked,
            };
            fs::remove_file(draft)?;
            linked
        })
    }

    /// Writes a draft, which `place` puts where it belongs.
    fn write(
        &self,
        path: &Path,
        place: impl FnOnce(&Path) -> io::Result<()>,
    ) -> Result<(), StorageFault> {
        let stored = Stored {
            keys: self
                .0
                .iter()
                .map(|key| StoredKey {
                    id: key.id.clone(),
                    made_at: key.made_at,
                    secret: hex(key.signing.as_bytes()),
                })
                .collect(),
        };
        let text = serde_json::to_string_pretty(&stored)
            .map_err(|error| StorageFault::io("encode", path)(error.into()))?;
        // Its own for each writer.
        let draft = path.with_extension(format!("keys.{}.new", Uuid::new_v4().simple()));
        let written = (|| {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&draft)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            place(&draft)?;
            match path.parent() {
                Some(folder) => File::open(folder)?.sync_all(),
                None => Ok(()),
            }
        })();
        written.map_err(StorageFault::io("write", path))
    }

    /// These keys and a new one, without those whose last token expired `spent_after` seconds
    /// after the next key was made.
    pub(super) fn rotated(&self, now: u64, spent_after: u64) -> Self {
        let followers = self.0.iter().skip(1).map(|next| next.made_at);
        let mut keys: Vec<Key> = self
            .0
            .iter()
            .zip(followers.chain([now]))
            .filter(|(_, followed_at)| followed_at + spent_after > now)
            .map(|(key, _)| key.clone())
            .collect();
        keys.push(Key::make(now));
        Self(keys)
    }

    pub(super) fn newest(&self) -> &Key {
        #[expect(clippy::expect_used, reason = "made with one key, and never fewer")]
        self.0.last().expect("there is always a key")
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }

    pub(super) fn find(&self, id: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.id == id)
    }
}

impl Key {
    fn make(now: u64) -> Self {
        let secret: [u8; SECRET_BYTES] = rand::random();
        Self::new(Uuid::new_v4().simple().to_string(), now, &secret)
    }

    /// 64 bits that only this key can make of a character and a number. The zero byte keeps it apart
    /// from tokens, which are signed as base64.
    pub(super) fn seal(&self, character: Uuid, nonce: u64) -> u64 {
        let mut message = b"session\0".to_vec();
        message.extend_from_slice(character.as_bytes());
        message.extend_from_slice(&nonce.to_be_bytes());
        let signature = sign(&message, &self.signing, Algorithm::HS256).unwrap_or_default();
        // Base64 for URLs: eleven digits of six bits hold the first 64.
        let digits = signature.bytes().take(11).map(|digit| match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'-' => 62,
            _ => 63,
        });
        let bits = digits.fold(0_u128, |bits, digit| bits << 6 | u128::from(digit));
        (bits >> 2) as u64
    }

    fn restore(stored: StoredKey) -> Option<Self> {
        let secret = unhex(&stored.secret)?;
        (secret.len() >= SECRET_BYTES).then(|| Self::new(stored.id, stored.made_at, &secret))
    }

    fn new(id: String, made_at: u64, secret: &[u8]) -> Self {
        Self {
            id,
            made_at,
            signing: EncodingKey::from_secret(secret),
            verifying: DecodingKey::from_secret(secret),
        }
    }
}

fn keep_private(path: &Path) -> Result<(), StorageFault> {
    let mode = fs::metadata(path)
        .map_err(StorageFault::io("look at", path))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "token keys were readable by others; made private");
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))
            .map_err(StorageFault::io("make private", path))?;
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::Keys;

    #[test]
    fn who_starts_beside_another_uses_the_same_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.keys");
        let starts: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                std::thread::spawn(move || Keys::load_or_make(&path, 7).unwrap())
            })
            .collect();
        let mut ids: Vec<_> = starts
            .into_iter()
            .map(|start| start.join().unwrap().newest().id.clone())
            .collect();
        ids.dedup();
        assert_eq!(ids.len(), 1);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn seal_binds_key_character_and_nonce() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::load_or_make(&folder.path().join("token.keys"), 7).unwrap();
        let (ann, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let seal = keys.newest().seal(ann, 9);
        assert_eq!(seal, keys.newest().seal(ann, 9));
        let rotated = keys.rotated(8, 100);
        assert!(rotated.all().any(|key| key.seal(ann, 9) == seal));
        for other in [
            keys.newest().seal(bob, 9),
            keys.newest().seal(ann, 8),
            rotated.newest().seal(ann, 9),
        ] {
            assert_ne!(seal, other);
        }
    }
}
