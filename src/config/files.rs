//! Files that keys name: the secrets in them, and whether a start could use them.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::sources::read_text;
use super::{Config, ConfigFault};

/// The longest secret: a URL, a password or a token.
const SECRET_BYTES_MAX: u64 = 64 << 10;
/// The largest file of certificates that is looked at.
const PEM_BYTES_MAX: u64 = 8 << 20;

impl Config {
    /// Every key that names a file, with what it names.
    pub(super) fn files(&self) -> [(&'static str, &Option<PathBuf>); 13] {
        let (server, database, nats) = (&self.server, &self.database, &self.nats);
        [
            ("server.tls_cert", &server.tls_cert),
            ("server.tls_key", &server.tls_key),
            ("database.url_file", &database.url_file),
            ("database.tls_ca", &database.tls_ca),
            ("database.tls_cert", &database.tls_cert),
            ("database.tls_key", &database.tls_key),
            ("nats.password_file", &nats.password_file),
            ("nats.token_file", &nats.token_file),
            ("nats.credentials_file", &nats.credentials_file),
            ("nats.nkey_file", &nats.nkey_file),
            ("nats.tls_ca", &nats.tls_ca),
            ("nats.tls_cert", &nats.tls_cert),
            ("nats.tls_key", &nats.tls_key),
        ]
    }

    /// Takes over the secrets that stand in files of their own.
    pub(super) fn read_secrets(&mut self) -> Vec<ConfigFault> {
        let secrets = [
            (
                "database.url_file",
                self.database.url_file.clone(),
                &mut self.database.url,
            ),
            (
                "nats.password_file",
                self.nats.password_file.clone(),
                &mut self.nats.password,
            ),
            (
                "nats.token_file",
                self.nats.token_file.clone(),
                &mut self.nats.token,
            ),
        ];
        let mut faults = Vec::new();
        for (key, file, into) in secrets {
            match file.map(|file| secret(&file)) {
                None => {}
                Some(Ok(secret)) => *into = secret,
                Some(Err(reason)) => faults.push(ConfigFault::of(key, reason)),
            }
        }
        faults
    }
}

/// What a file of one secret holds. The path is not repeated: a user who takes the key for the
/// secret's own has written the secret there.
fn secret(file: &Path) -> Result<String, String> {
    let unreadable = |reason| format!("that file can't be read: {reason}");
    let text = read_text(file, SECRET_BYTES_MAX).map_err(unreadable)?;
    let text = text.trim();
    if text.is_empty() {
        return Err("that file holds nothing".to_owned());
    }
    Ok(text.to_owned())
}

impl Config {
    /// What a start would read beside the configuration and can't use: certificates, keys, the data
    /// folder. No path is repeated.
    pub(super) fn file_faults(&self) -> Vec<ConfigFault> {
        let mut faults = Vec::new();
        for (key, file) in self.files() {
            let Some(file) = file else { continue };
            let pem = key.contains(".tls_");
            if let Err(reason) = if pem { pem_file(file) } else { readable(file) } {
                faults.push(ConfigFault::of(key, reason));
            }
        }
        if let (Some(cert), Some(key)) = (&self.server.tls_cert, &self.server.tls_key)
            && !faults
                .iter()
                .any(|fault| fault.key.starts_with("server.tls_"))
            && let Err(fault) = net::Tls::load(cert, key)
        {
            let (at, reason) = match fault {
                net::NetFault::Tls { path, reason } if path == *cert && cert != key => {
                    ("server.tls_cert", reason)
                }
                net::NetFault::Tls { reason, .. } => ("server.tls_key", reason),
                other => ("server.tls_cert", other.to_string()),
            };
            faults.push(ConfigFault::of(at, reason));
        }
        if let Err(reason) = data_folder(&self.server.data) {
            faults.push(ConfigFault::of("server.data", reason));
        }
        faults
    }
}

fn readable(file: &Path) -> Result<(), String> {
    let unreadable = |error: std::io::Error| format!("that file can't be read: {error}");
    let about = std::fs::metadata(file).map_err(unreadable)?;
    if !about.is_file() {
        return Err("names no regular file".to_owned());
    }
    let mut byte = [0];
    let mut file = std::fs::File::open(file).map_err(unreadable)?;
    file.read(&mut byte).map(|_| ()).map_err(unreadable)
}

fn pem_file(file: &Path) -> Result<(), String> {
    readable(file)?;
    let text = read_text(file, PEM_BYTES_MAX)
        .map_err(|reason| format!("that file can't be used: {reason}"))?;
    if text.contains("-----BEGIN ") {
        Ok(())
    } else {
        Err("that file is not PEM: it holds no `-----BEGIN`".to_owned())
    }
}

/// Whether a start could make or use the data folder.
fn data_folder(folder: &Path) -> Result<(), String> {
    use rustix::fs::{Access, access};
    let mut at = folder;
    loop {
        // A relative path begins in the working directory.
        let here = if at.as_os_str().is_empty() {
            Path::new(".")
        } else {
            at
        };
        match std::fs::metadata(here) {
            Ok(about) if !about.is_dir() => {
                return Err(if at == folder {
                    "is a file, not a folder".to_owned()
                } else {
                    "can't be made: one of the names above it is a file".to_owned()
                });
            }
            Ok(_) if access(here, Access::WRITE_OK | Access::EXEC_OK).is_err() => {
                return Err("can't be written in by this user".to_owned());
            }
            Ok(_) => break,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => match at.parent() {
                Some(above) => at = above,
                None => return Err(error.to_string()),
            },
            Err(error) => return Err(format!("can't be used: {error}")),
        }
    }
    let keys = folder.join("token.keys");
    match readable(&keys) {
        Err(reason) if keys.symlink_metadata().is_ok() => {
            Err(format!("token.keys in it: {reason}"))
        }
        _ => Ok(()),
    }
}
