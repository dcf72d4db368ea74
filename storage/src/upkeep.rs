//! What is done at start and once a day: old facts, unused guests, deleted characters, spent tokens,
//! old keys. Beside it, sign-outs that the database did not take are brought to it.

use std::time::Duration;

use engine::port::Stop;

use crate::accounts::Accounts;
use crate::clock::ago;
use crate::config::StorageConfig;
use crate::store::{PORTION_PAUSE, Store};

const DAY: Duration = Duration::from_secs(86_400);

/// Works until `halt`. Neither of the two ends by itself.
pub(crate) async fn run(store: Store, accounts: Accounts, config: StorageConfig, halt: Stop) {
    let work = async {
        loop {
            forget_facts(&store, config.database.facts_retention_days).await;
            accounts.upkeep().await;
            tokio::time::sleep(DAY).await;
        }
    };
    tokio::select! {
        () = halt.cancelled() => {}
        () = work => {}
        () = accounts.save_sign_outs() => {}
    }
}

async fn forget_facts(store: &Store, days: u32) {
    if days == 0 {
        return;
    }
    let before = ago(days);
    let mut gone = 0;
    loop {
        match store.forget_facts(before).await {
            Ok(0) => break,
            Ok(portion) => gone += portion,
            Err(error) => {
                tracing::warn!(%error, "old facts could not be deleted");
                break;
            }
        }
        tokio::time::sleep(PORTION_PAUSE).await;
    }
    if gone > 0 {
        tracing::info!(facts = gone, "old facts deleted");
    }
}
