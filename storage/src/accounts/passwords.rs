//! Password hashes: argon2id, off the async threads, a bounded number at once.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use engine::port::{Code, Tasks};
use tokio::sync::Semaphore;

use crate::config::AccountsConfig;
use crate::refusal::AccountRefusal;

/// Hashes and checks passwords.
#[derive(Debug)]
pub(super) struct Passwords {
    params: Params,
    /// As many as are computed at once.
    workers: Arc<Semaphore>,
    /// As many as wait or are computed.
    queue: Arc<Semaphore>,
    /// What a password is compared with when there is no such account, so that the answer takes
    /// just as long. No password has a hash of zeros.
    nobody: String,
    tasks: Tasks,
}

impl Passwords {
    pub(super) fn new(config: &AccountsConfig, tasks: Tasks) -> Self {
        let cost = config.argon2;
        let workers = match config.hash_workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            set => set,
        };
        Self {
            // The configuration was validated against narrower bounds than argon2's own.
            params: Params::new(cost.memory_kib, cost.time, cost.lanes, Some(32))
                .unwrap_or_default(),
            workers: Arc::new(Semaphore::new(workers)),
            queue: Arc::new(Semaphore::new(workers + config.hash_queue_max)),
            nobody: format!(
                "$argon2id$v=19$m={},t={},p={}${}${}",
                cost.memory_kib,
                cost.time,
                cost.lanes,
                "A".repeat(22),
                "A".repeat(43)
            ),
            tasks,
        }
    }

    /// The hash of a new password, in PHC form.
    pub(super) async fn hash(&self, password: &str) -> Result<String, AccountRefusal> {
        let password = password.to_owned();
        let params = self.params.clone();
        let hash = self
            .work(move || {
                let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
                let hash: Result<PasswordHash, _> = argon.hash_password(password.as_bytes());
                hash.map(|hash| hash.to_string())
            })
            .await?;
        hash.map_err(|error| {
            tracing::error!(%error, "password could not be hashed");
            AccountRefusal::of(Code::InternalError)
        })
    }

    /// Whether a hash was made at another cost than is configured now.
    pub(super) fn is_outdated(&self, hash: &str) -> bool {
        PasswordHash::new(hash).is_ok_and(|hash| {
            Params::try_from(&hash).is_ok_and(|made| {
                let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
                cost(&made) != cost(&self.params)
            })
        })
    }

    /// Whether the password is the one; takes as long where there is none.
    pub(super) async fn verify(
        &self,
        password: &str,
        hash: Option<String>,
    ) -> Result<bool, AccountRefusal> {
        let password = password.to_owned();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        self.work(move || {
            PasswordHash::new(&hash).is_ok_and(|hash| {
                Argon2::default()
                    .verify_password(password.as_bytes(), &hash)
                    .is_ok()
            })
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccountRefusal> {
        let busy = || AccountRefusal::later(Code::ServerBusy);
        let place = Arc::clone(&self.queue)
            .try_acquire_owned()
            .map_err(|_| busy())?;
        let worker = Arc::clone(&self.workers)
            .acquire_owned()
            .await
            .map_err(|_| busy())?;
        let counted = self.tasks.count("password");
        // The permits go along: a caller who gives up does not free a processor that is in use.
        tokio::task::spawn_blocking(move || {
            let _held = (place, worker, counted);
            work()
        })
        .await
        .map_err(|error| {
            tracing::error!(%error, "password work failed");
            AccountRefusal::of(Code::InternalError)
        })
    }
}
