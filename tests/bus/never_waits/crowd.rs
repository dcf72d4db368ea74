//! A crowd that talks all the time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::harness::{Player, Server};

/// Between two commands of one player.
const PAUSE: Duration = Duration::from_millis(500);
/// Sign-ins at once.
const DOOR: usize = 20;

/// Everybody, each on a socket of its own.
#[derive(Debug)]
pub(super) struct Crowd {
    players: JoinSet<()>,
    leave: watch::Sender<bool>,
    score: Arc<Score>,
}

#[derive(Debug, Default)]
struct Score {
    done: AtomicU64,
    waits: Mutex<Vec<Duration>>,
}

impl Crowd {
    /// Lets `count` guests in, who then begin to talk: each line in the room, to the sub-zone or
    /// to everybody is one for the bus, too.
    pub(super) async fn gather(server: &Server, count: usize) -> Self {
        let (leave, left) = watch::channel(false);
        let score = Arc::new(Score::default());
        let mut players = JoinSet::new();
        let mut inside = Vec::new();
        while inside.len() < count {
            let few = DOOR.min(count - inside.len());
            let guests = (0..few).map(|_| async {
                let token = server.http.guest().await;
                Player::join(server, &token).await
            });
            inside.extend(futures_util::future::join_all(guests).await);
        }
        for player in inside {
            players.spawn(act(player, left.clone(), Arc::clone(&score)));
        }
        Self {
            players,
            leave,
            score,
        }
    }

    /// How many commands were done so far; none is ever refused.
    pub(super) fn score(&self) -> (u64, u64) {
        (self.score.done.load(Ordering::Relaxed), 0)
    }

    /// How long each answer took since this was last asked.
    pub(super) fn take_waits(&self) -> Vec<Duration> {
        std::mem::take(&mut *self.score.waits.lock().unwrap())
    }

    /// Sends everybody away; answers how many were still there.
    pub(super) async fn leave(mut self) -> usize {
        self.leave.send_replace(true);
        let mut there = 0;
        while let Some(player) = self.players.join_next().await {
            there += usize::from(player.is_ok());
        }
        there
    }
}

/// Talks until told to leave. A cut socket or a refusal is a panic.
async fn act(mut player: Player, mut leave: watch::Receiver<bool>, score: Arc<Score>) {
    let lines = [
        "say hello",
        "look",
        "local is it late?",
        "global good evening",
    ];
    for line in lines.iter().cycle() {
        if *leave.borrow() {
            return;
        }
        let began = Instant::now();
        player.does(line).await;
        score.waits.lock().unwrap().push(began.elapsed());
        player.forget();
        score.done.fetch_add(1, Ordering::Relaxed);
        let _ = tokio::time::timeout(PAUSE, leave.wait_for(|leave| *leave)).await;
    }
}
