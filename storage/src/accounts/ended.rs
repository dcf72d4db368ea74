//! Accounts whose tokens of before hold no more: what a server must know that has let them in.
//!
//! Each use of a token asks the database for its account's number. Sessions ask nothing while they
//! go on, so the gateway is told: at once by this process's own doing, otherwise when the
//! world asks who is set apart.

use std::sync::Arc;

use engine::port::AccountId;
use sqlx::query_as;
use tokio::sync::watch;
use uuid::Uuid;

use super::Accounts;
use crate::clock::ago;
use crate::refusal::AccountRefusal;
use crate::store::{reading, signed, unsigned};

/// How many are told of, the newest; older ones were told of before. At 24 bytes each: 96 KiB.
const ENDED_MAX: i64 = 4_096;

/// An account, and the number of its tokens that hold: those below do no more, nor do sessions that
/// were begun by them.
pub(super) type EndedTokens = (AccountId, u64);

impl Accounts {
    /// The accounts that ended their tokens lately, whenever there are more of them: tokens below the
    /// number hold no more, nor do sessions that were begun by them.
    #[must_use]
    pub fn ended(&self) -> watch::Receiver<Arc<[EndedTokens]>> {
        self.inner.ended.subscribe()
    }

    /// Learns from the database what others have ended in the last day.
    pub(crate) async fn hear_ended(&self) -> Result<(), AccountRefusal> {
        let sql = self.store().sql(
            "SELECT id, token_generation FROM accounts WHERE tokens_ended_at > $1
             ORDER BY tokens_ended_at DESC, id LIMIT $2",
        );
        let rows: Vec<(Uuid, i64)> = reading!(self.store(), db => query_as(sql)
            .bind(signed(ago(1).0)).bind(ENDED_MAX).fetch_all(db).await)?;
        let ended: Vec<EndedTokens> = rows
            .into_iter()
            .map(|(id, generation)| (AccountId(id), unsigned(generation)))
            .collect();
        self.inner.ended.send_if_modified(|known| {
            let news = **known != *ended;
            if news {
                *known = ended.into();
            }
            news
        });
        Ok(())
    }

    /// This process has ended them itself.
    pub(super) fn tell_ended(&self, ended: EndedTokens) {
        self.inner.ended.send_modify(|known| {
            let others = known.iter().filter(|one| one.0 != ended.0);
            let others = others.copied().take(ENDED_MAX as usize - 1);
            *known = std::iter::once(ended).chain(others).collect();
        });
    }
}
