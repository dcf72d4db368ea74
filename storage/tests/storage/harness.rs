//! A world in miniature around a real storage, and the two databases under it.

mod database;
mod disk;
#[expect(dead_code, reason = "shared with tests that ask for more")]
mod postgres;
mod world;

use std::time::{Duration, Instant};

pub(crate) use database::{Backend, Database, Peek};
pub(crate) use disk::SmallDisk;
pub(crate) use postgres::Cluster;
pub(crate) use world::{Batch, World, now_micros, row};

/// Long enough for a loaded machine, short enough to notice.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `done`, or fails saying for what.
pub(crate) async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Runs each named test against both databases.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name($crate::harness::Backend::Sqlite.fresh().await).await;
                }
            )+
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name($crate::harness::Backend::Postgres.fresh().await).await;
                }
            )+
        }
    };
}
pub(crate) use on_both;
