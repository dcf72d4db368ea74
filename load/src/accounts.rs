//! Accounts for bots that come with a password.

use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use serde_json::json;
use tokio::time::Instant;

use crate::fault::LoadFault;
use crate::wire::Dial;

/// Characters have letters only.
const LETTERS: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";
const PASSWORD: &str = "a password of the bench";
/// Rounds of sign-ins from whose median the time of a hash is read.
const ROUNDS: usize = 5;

/// Makes accounts with a character each; the server hashes as many at once as it has processors.
pub(crate) async fn accounts(
    dial: &Dial,
    count: usize,
) -> Result<Vec<(String, String)>, LoadFault> {
    // A target may remember the accounts of an earlier run.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let salt = now.map_or(0, |now| now.as_secs() as usize % 11_881_376);
    let mut accounts = Vec::new();
    for first in (0..count).step_by(16) {
        let some = (first..count.min(first + 16)).map(|index| async move {
            let name = format!("l{}{}", letters(salt, 5), letters(index, 4));
            let body = json!({"username": name, "password": PASSWORD});
            let (status, answer) = dial
                .call("POST", "/auth/register", None, Some(&body))
                .await?;
            let account: serde_json::Value = serde_json::from_slice(&answer).unwrap_or_default();
            let token = account["access_token"].as_str().unwrap_or_default();
            if status != 200 {
                return Err(LoadFault::setup("an account", account));
            }
            let body = json!({"name": name});
            let path = "/api/players/characters";
            let (status, answer) = dial.call("POST", path, Some(token), Some(&body)).await?;
            if status != 201 {
                let why = String::from_utf8_lossy(&answer).into_owned();
                return Err(LoadFault::setup("a character", why));
            }
            Ok((name, PASSWORD.to_owned()))
        });
        for account in join_all(some).await {
            accounts.push(account?);
        }
    }
    Ok(accounts)
}

fn letters(mut number: usize, count: usize) -> String {
    let mut word = String::new();
    for _ in 0..count {
        word.push(char::from(LETTERS[number % 26]));
        number /= 26;
    }
    word
}

/// How long a sign-in takes while nothing else happens than as many others as there are processors:
/// a hash on each of them, and little else.
pub(crate) async fn hash_time(
    dial: &Dial,
    accounts: &[(String, String)],
    cores: usize,
) -> Result<Option<f64>, LoadFault> {
    let mut times: Vec<Duration> = Vec::new();
    if accounts.is_empty() {
        return Ok(None);
    }
    for round in 0..ROUNDS {
        let began = Instant::now();
        let logins = (0..cores.max(1)).map(|core| async move {
            let (name, password) = &accounts[(round * cores + core) % accounts.len()];
            let body = json!({"username": name, "password": password});
            let path = "/auth/login";
            let (status, answer) = dial.call("POST", path, None, Some(&body)).await?;
            if status == 200 {
                Ok(())
            } else {
                let why = format!("{status} {}", String::from_utf8_lossy(&answer));
                Err(LoadFault::setup("a sign-in to measure the hashes by", why))
            }
        });
        try_join_all(logins).await?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Ok(times.get(times.len() / 2).map(Duration::as_secs_f64))
}
