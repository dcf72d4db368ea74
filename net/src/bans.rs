//! Accounts that the world has banned, until the account store knows: a ban holds for tokens and
//! sign-ins from the tick in which it was spoken.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use engine::port::{AccountId, Banned, Code, Refusal, Tick, WorldTime};

/// As many are remembered; beyond, the oldest is left to the account store, which has it within
/// seconds unless the database is away. At 300 bytes each: 1.2 MB.
const BANS_MAX: usize = 4_096;

/// The bans that the store may lack, and the tick of each.
#[derive(Debug, Default)]
pub(crate) struct Bans(Mutex<HashMap<AccountId, (Tick, Banned)>>);

impl Bans {
    /// An account is banned, or no more.
    pub(crate) fn set(&self, tick: Tick, account: AccountId, ban: Option<Banned>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(ban) = ban else {
            known.remove(&account);
            return;
        };
        if known.len() >= BANS_MAX && !known.contains_key(&account) {
            let oldest = known.iter().min_by_key(|(_, (tick, _))| *tick);
            if let Some(oldest) = oldest.map(|(account, _)| *account) {
                known.remove(&oldest);
            }
        }
        known.insert(account, (tick, ban));
    }

    /// Whether the account may act. From the tick up to which the store has everything it is
    /// the store that knows.
    ///
    /// # Errors
    /// `authorization_denied`, saying until when and why not.
    pub(crate) fn check(&self, account: AccountId, applied: Tick) -> Result<(), Refusal> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((tick, ban)) = known.get(&account) else {
            return Ok(());
        };
        let now = wall();
        if *tick <= applied || ban.until.is_some_and(|until| until <= now) {
            known.remove(&account);
            return Ok(());
        }
        let span = match ban.until {
            None => "for good".to_owned(),
            Some(until) => {
                let minutes = until.since(now).as_secs().div_ceil(60);
                format!("for another {minutes} min")
            }
        };
        let why = if ban.reason.is_empty() { "" } else { ": " };
        Err(Refusal::new(
            Code::AuthorizationDenied,
            format!("This account is banned {span}{why}{}", ban.reason),
        ))
    }
}

fn wall() -> WorldTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = since.map_or(0, |since| since.as_micros());
    WorldTime(u64::try_from(micros).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use engine::port::{AccountId, Banned};

    use super::{BANS_MAX, Bans, wall};

    fn account(n: usize) -> AccountId {
        AccountId(uuid::Uuid::from_u128(n as u128))
    }

    fn ban(account: AccountId) -> Option<Banned> {
        let reason = "shouting".to_owned();
        Some(Banned {
            account,
            until: None,
            reason,
        })
    }

    #[test]
    fn ban_holds_until_store_has_ban() {
        let bans = Bans::default();
        let (ann, bob) = (account(1), account(2));
        bans.set(7, ann, ban(ann));
        let refusal = bans.check(ann, 6).unwrap_err();
        assert!(refusal.message.ends_with("for good: shouting"));
        assert!(bans.check(bob, 6).is_ok());
        assert!(bans.check(ann, 7).is_ok(), "the store knows now");
        bans.set(8, ann, ban(ann));
        bans.set(9, ann, None);
        assert!(bans.check(ann, 6).is_ok(), "lifted");
        let over = Banned {
            until: Some(wall()),
            ..ban(bob).unwrap()
        };
        bans.set(9, bob, Some(over));
        assert!(bans.check(bob, 6).is_ok(), "over");
    }

    #[test]
    fn bans_beyond_the_bound_forget_the_oldest() {
        let bans = Bans::default();
        for n in 0..=BANS_MAX {
            bans.set(n as u64 + 10, account(n), ban(account(n)));
        }
        assert!(bans.check(account(0), 0).is_ok());
        assert!(bans.check(account(1), 0).is_err());
    }
}
