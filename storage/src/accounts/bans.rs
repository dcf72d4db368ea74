//! Accounts that can't sign in for a while, or for ever.

use engine::port::{Code, WorldTime};

use crate::clock::wall;
use crate::refusal::AccountRefusal;
use crate::store::unsigned;

const MINUTE: u64 = 60_000_000;

/// Lets an account pass that is not banned; takes until when it is, and why.
pub(super) fn check((until, reason): (Option<i64>, String)) -> Result<(), AccountRefusal> {
    let now = wall();
    let Some(until) = until.filter(|until| now < WorldTime(unsigned(*until))) else {
        return Ok(());
    };
    let span = if until == i64::MAX {
        "for good".to_owned()
    } else {
        let minutes = unsigned(until).saturating_sub(now.0).div_ceil(MINUTE);
        format!("for another {minutes} min")
    };
    let why = if reason.is_empty() { "" } else { ": " };
    Err(AccountRefusal::because(
        Code::AuthorizationDenied,
        &format!("This account is banned {span}{why}{reason}"),
    ))
}
