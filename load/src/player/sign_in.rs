//! Getting a token: over HTTP, as a guest or with a password.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::PlayerPlan;
use crate::run_state::Run;

/// How often a refused sign-in is tried.
const SIGN_INS_MAX: u32 = 3;
/// And how soon again, unless the server says when.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// A token, or nothing if the bot was turned away too often.
pub(super) async fn sign_in(run: &Run, ticket: &PlayerPlan) -> Option<String> {
    let mut refusals = 0;
    loop {
        let kills = run.kills();
        let answer = match &ticket.account {
            None => run.dial.call("POST", "/auth/guest", None, None).await,
            Some((name, password)) => {
                let body = json!({"username": name, "password": password});
                let path = "/auth/login";
                run.dial.call("POST", path, None, Some(&body)).await
            }
        };
        let mut pause = PAUSE;
        let why = match answer {
            Ok((200, body)) => {
                let account: Value = serde_json::from_slice(&body).unwrap_or_default();
                match account["access_token"].as_str() {
                    Some(token) => return Some(token.to_owned()),
                    None => "an answer without a token".to_owned(),
                }
            }
            Ok((status, body)) => {
                let body: Value = serde_json::from_slice(&body).unwrap_or_default();
                let error = &body["error"];
                if let Some(wait) = error["retry_after_ms"].as_u64() {
                    pause = Duration::from_millis(wait).clamp(PAUSE, PAUSE_MAX);
                }
                let code = error["code"].as_str().unwrap_or("no code");
                format!("sign-in: {status} {code}")
            }
            Err(fault) => fault.to_string(),
        };
        if !run.excuses(kills) {
            refusals += 1;
            run.state().error(&why);
            if refusals >= SIGN_INS_MAX {
                return None;
            }
        }
        sleep(pause).await;
    }
}
