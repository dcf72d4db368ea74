//! A crowd that acts all the time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::harness::{Player, Server};

/// Sign-ins at once.
const DOOR: usize = 20;

/// What each of them does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// One after the other, over and over.
    pub(super) lines: &'static [&'static str],
    /// Between two commands of one player.
    pub(super) pause: Duration,
}

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
    refused: AtomicU64,
    waits: Mutex<Vec<Duration>>,
}

impl Crowd {
    /// Lets `count` guests in, who begin to act as soon as they are inside.
    pub(super) async fn gather(server: &Server, count: usize, manner: Manner) -> Self {
        let (leave, left) = watch::channel(false);
        let score = Arc::new(Score::default());
        let mut players = JoinSet::new();
        while players.len() < count {
            let few = DOOR.min(count - players.len());
            let guests = (0..few).map(|_| async {
                let token = server.http.guest().await;
                Player::join(server, &token).await
            });
            for player in futures_util::future::join_all(guests).await {
                players.spawn(act(player, manner, left.clone(), Arc::clone(&score)));
            }
        }
        Self {
            players,
            leave,
            score,
        }
    }

    /// How many commands were done so far, and how many refused with `storage_unavailable`.
    pub(super) fn score(&self) -> (u64, u64) {
        (
            self.score.done.load(Ordering::Relaxed),
            self.score.refused.load(Ordering::Relaxed),
        )
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

/// Acts until told to leave. A cut socket or another refusal is a panic.
async fn act(
    mut player: Player,
    manner: Manner,
    mut leave: watch::Receiver<bool>,
    score: Arc<Score>,
) {
    for line in manner.lines.iter().cycle() {
        if *leave.borrow() {
            return;
        }
        let began = Instant::now();
        let id = player.begin(line).await;
        let answer = player.answer(id).await;
        score.waits.lock().unwrap().push(began.elapsed());
        player.forget();
        if answer["data"]["ok"] == true {
            score.done.fetch_add(1, Ordering::Relaxed);
        } else {
            assert_eq!(
                answer["data"]["error"]["code"], "storage_unavailable",
                "{answer}"
            );
            score.refused.fetch_add(1, Ordering::Relaxed);
        }
        tokio::select! {
            () = player.rest(manner.pause) => {}
            _ = leave.wait_for(|leave| *leave) => {}
        }
    }
}
