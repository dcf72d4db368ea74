//! Servers, databases and dice of the proofs.

#[path = "../../storage/tests/storage/harness/disk.rs"]
mod disk;
#[path = "../blackbox/harness/http.rs"]
#[expect(dead_code, reason = "shared with tests that ask for more")]
mod http;
#[path = "../blackbox/harness/player.rs"]
#[expect(dead_code, reason = "shared with tests that ask for more")]
mod player;
#[path = "../../storage/tests/storage/harness/postgres.rs"]
#[expect(dead_code, reason = "shared with tests that ask for more")]
mod postgres;
mod quiet;
mod server;
#[path = "../blackbox/harness/test_folder.rs"]
mod test_folder;
#[path = "../../benches/fanout/tree.rs"]
#[expect(dead_code, reason = "shared with a bench that asks for more")]
pub(crate) mod tree;

use std::time::{Duration, Instant};

pub(crate) use disk::SmallDisk;
pub(crate) use http::Http;
pub(crate) use player::Player;
pub(crate) use postgres::Cluster;
pub(crate) use server::{REPLAY_PROCESS, Recipe, SERVER_PROCESS, Server};
pub(crate) use test_folder::TestFolder;

/// Long enough for two busy processors, short enough to notice.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Held by each proof: what measures must not measure its neighbour.
static PROOFS: tokio::sync::RwLock<()> = tokio::sync::RwLock::const_new(());

/// Waits until no other proof runs, and lets none begin: for those that measure.
pub(crate) async fn alone() -> tokio::sync::RwLockWriteGuard<'static, ()> {
    PROOFS.write().await
}

/// Waits until no proof runs that must be alone: for those that only ask what is so, and mostly
/// wait for it.
pub(crate) async fn beside() -> tokio::sync::RwLockReadGuard<'static, ()> {
    PROOFS.read().await
}

/// Nothing: the black-box tests compare frames with their schemas, here they only have to be fast.
const fn frame_unlike_its_schema(_: &serde_json::Value) -> Option<String> {
    None
}

/// Whether the proofs run whole.
pub(crate) fn whole() -> bool {
    std::env::var("KADATH_PROOF").is_ok_and(|proof| proof == "full")
}

/// Looks again and again until `look` finds something.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A row of numbers that a seed gives again.
#[derive(Clone, Debug)]
pub(crate) struct Lots(u64);

impl Lots {
    /// From `KADATH_SEED`, or from the clock; prints which.
    pub(crate) fn cast(proof: &str) -> Self {
        let given = std::env::var("KADATH_SEED").ok();
        let seed = given.map_or_else(
            || {
                let now = std::time::SystemTime::now();
                let since = now.duration_since(std::time::UNIX_EPOCH).unwrap();
                since.as_micros() as u64
            },
            |seed| seed.parse().expect("KADATH_SEED is a number"),
        );
        println!("{proof}: KADATH_SEED={seed}");
        Self(seed)
    }

    /// Lots of somebody's own.
    pub(crate) fn branch(&mut self) -> Self {
        Self(self.next())
    }

    /// A number below `below`.
    pub(crate) fn below(&mut self, below: u64) -> u64 {
        self.next() % below
    }

    // splitmix64
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
