//! Every task has a name, an owner and an end.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus::{IntGaugeVec, Opts, Registry};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::MetricsFault;

/// The wish to stop, shared by all who must hear it.
pub type Stop = CancellationToken;

/// The tasks and threads of one process (or of one test): spawned by name, counted in
/// `kadath_tasks{task}`, joined at the end.
#[derive(Clone, Debug)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: Stop,
    running: Arc<Mutex<BTreeMap<&'static str, i64>>>,
    gauge: IntGaugeVec,
}

/// Counts one task for as long as it lives.
#[derive(Debug)]
pub struct RunningTask {
    tasks: Tasks,
    name: &'static str,
}

impl Tasks {
    /// No task yet.
    ///
    /// # Errors
    /// When `registry` already counts tasks.
    pub fn new(registry: &Registry) -> Result<Self, MetricsFault> {
        let gauge = IntGaugeVec::new(
            Opts::new("kadath_tasks", "tasks and threads alive"),
            &["task"],
        )?;
        registry.register(Box::new(gauge.clone()))?;
        Ok(Self {
            tracker: TaskTracker::new(),
            stop: Stop::new(),
            running: Arc::default(),
            gauge,
        })
    }

    /// The wish to stop; every long-lived task waits for it beside its work.
    #[must_use]
    pub const fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Starts `work` as a task of that name.
    pub fn spawn<F>(&self, name: &'static str, work: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let counted = self.count(name);
        self.tracker.spawn(async move {
            let _counted = counted;
            work.await
        })
    }

    /// Counts a thread or a borrowed task by that name until the answer is dropped.
    #[must_use]
    pub fn count(&self, name: &'static str) -> RunningTask {
        self.change(name, 1);
        RunningTask {
            tasks: self.clone(),
            name,
        }
    }

    /// The names of those still alive, each once.
    #[must_use]
    pub fn alive(&self) -> Vec<&'static str> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(name, _)| *name)
            .collect()
    }

    /// Waits until every spawned task has ended, at most for `patience`; answers who has not.
    pub async fn join(&self, patience: Duration) -> Vec<&'static str> {
        self.tracker.close();
        match tokio::time::timeout(patience, self.tracker.wait()).await {
            Ok(()) => Vec::new(),
            Err(_) => self.alive(),
        }
    }

    fn change(&self, name: &'static str, by: i64) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.entry(name).or_default();
        *count += by;
        self.gauge.with_label_values(&[name]).set(*count);
    }
}

impl Drop for RunningTask {
    fn drop(&mut self) {
        self.tasks.change(self.name, -1);
    }
}
