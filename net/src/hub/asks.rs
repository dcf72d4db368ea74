//! What HTTP asks the world, and waits for.
//!
//! A question goes in by the world's own lane and the reply comes out with a tick's output; the
//! world waits for nobody. Who asked waits for a bounded time, and only so many wait at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::port::{Code, Inbound, Question, Refusal, Reply, SessionId};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{BUSY_RETRY_MS, Hub};

/// Questions that wait for their reply at once: one tick answers all of them, so at 20 Hz 5,000
/// a second get through. An entry has some 40 bytes.
const WAITING_MAX: usize = 256;
/// How long a reply is waited for: many ticks, also of a world that ticks once a second.
const PATIENCE: Duration = Duration::from_secs(5);

type QuestionResult = Result<Arc<dyn Reply>, Refusal>;

/// Questions whose reply has not come yet.
#[derive(Debug, Default)]
pub(crate) struct OpenQuestions(Mutex<HashMap<u64, oneshot::Sender<QuestionResult>>>);

impl OpenQuestions {
    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<QuestionResult>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world has answered.
    pub(crate) fn answered(&self, ask: u64, answer: QuestionResult) {
        // Whoever asked may have gone meanwhile.
        if let Some(asker) = self.waiting().remove(&ask) {
            drop(asker.send(answer));
        }
    }
}

/// Takes a question off the list, also when whoever asked has gone.
struct OpenQuestion<'a>(&'a OpenQuestions, u64);

impl Drop for OpenQuestion<'_> {
    fn drop(&mut self) {
        self.0.waiting().remove(&self.1);
    }
}

impl Hub {
    /// Asks the world, for the account that holds these sessions.
    ///
    /// # Errors
    /// The world's refusal, or `server_busy` where it has no time.
    pub(crate) async fn question(
        &self,
        sessions: Vec<SessionId>,
        admin: bool,
        question: Question,
    ) -> QuestionResult {
        let busy = || Refusal::of(Code::ServerBusy).after_ms(BUSY_RETRY_MS);
        let ask = self.next_id();
        let (asker, answer) = oneshot::channel();
        {
            let mut waiting = self.asks.waiting();
            if waiting.len() >= WAITING_MAX {
                return Err(busy());
            }
            waiting.insert(ask, asker);
        }
        let _asked = OpenQuestion(&self.asks, ask);
        self.ask(Inbound::Ask {
            ask,
            sessions,
            admin,
            question,
        })?;
        match timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) => answer,
            // The world is late, or its output was lost.
            Ok(Err(_)) | Err(_) => Err(busy()),
        }
    }
}
