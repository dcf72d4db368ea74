//! A server of the test's own, and what stands around it.

mod browser;
mod fits;
mod http;
mod kept;
mod player;
#[path = "../../storage/tests/storage/harness/postgres.rs"]
#[expect(dead_code, reason = "storage freezes its servers, here they only run")]
mod postgres;
mod secure;
mod server;
mod shape;
mod test_folder;
mod world;

use std::time::{Duration, Instant};

pub(crate) use browser::{Browser, Driver};
pub(crate) use fits::Schema;
pub(crate) use http::Http;
pub(crate) use kept::kept;
pub(crate) use player::Player;
pub(crate) use postgres::Cluster;
pub(crate) use secure::Secure;
pub(crate) use server::{Ended, Recipe, STOP_MAX, Server};
pub(crate) use shape::{data_unlike_its_schema, frame_unlike_its_schema, published};
pub(crate) use test_folder::TestFolder;
pub(crate) use world::{SmallWorld, shipped, shipped_sources, shipped_without_creatures};

/// Long enough for two busy processors, short enough to notice.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How long what has not come yet is given before it is looked for again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Looks again and again until `look` finds something.
///
/// # Panics
/// When it never does: says what was waited for.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
