//! Where a plugin's panic ends.
//!
//! bevy catches what a system throws and hands it to one plain function, which may run in the
//! middle of a schedule and so only records; the engine looks after each plugin's schedule.

use std::any::Any;
use std::cell::{Cell, RefCell};

use bevy_ecs::error::{BevyError, ErrorContext};

use crate::phase::Phase;

/// What a command throws that the guard refuses; its fault is noted already.
pub(crate) struct RefusedCommand;

/// One contained fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultReport {
    /// Whose code it was.
    pub plugin: &'static str,
    /// In which phase.
    pub phase: Phase,
    /// Which system, by its full path; several where only their step is known, and empty where no
    /// system is to blame.
    pub system: String,
    /// What it said.
    pub what: String,
}

thread_local! {
    static RECORDED: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
    /// What went wrong in an observer while another plugin was being run, or none.
    static ABROAD: RefCell<Vec<(usize, String, String)>> = const { RefCell::new(Vec::new()) };
    static SOUND: Cell<bool> = const { Cell::new(true) };
    static RUNNING: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The plugin of this index is being run on this thread.
pub(crate) fn enter(plugin: usize) {
    RUNNING.set(Some(plugin));
}

/// No plugin is being run on this thread.
pub(crate) fn leave() {
    RUNNING.set(None);
}

/// What was being run before goes on.
pub(crate) fn resume(plugin: Option<usize>) {
    RUNNING.set(plugin);
}

/// Which plugin is being run on this thread, by its index in
/// [`Engine::plugins`](crate::Engine::plugins); `None`: the engine itself, or no world runs here.
/// Reads one cell of the thread's own, so that a signal handler may ask.
#[must_use]
pub fn running() -> Option<usize> {
    RUNNING.get()
}

/// The world's fallback error handler. It must not panic: that would leave the executor dirty.
pub(crate) fn record(mut error: BevyError, context: ErrorContext) {
    let what = match error.take_payload() {
        // Noted where it was refused.
        Some(payload) if payload.is::<RefusedCommand>() => return,
        Some(payload) => panic_words(payload.as_ref()),
        None => error.to_string(),
    };
    note(context.name().to_string(), what);
}

/// Records a fault that is not an error or panic of a system: a broken rule found by the engine.
pub(crate) fn note(system: String, what: String) {
    SOUND.set(false);
    RECORDED.with_borrow_mut(|recorded| recorded.push((system, what)));
}

/// Records a fault of this plugin, whichever is being run.
pub(crate) fn note_of(plugin: usize, system: String, what: String) {
    if running() == Some(plugin) {
        note(system, what);
    } else {
        ABROAD.with_borrow_mut(|abroad| abroad.push((plugin, system, what)));
    }
}

/// Takes the faults of plugins that were not being run.
pub(crate) fn take_abroad() -> Vec<(usize, String, String)> {
    ABROAD.take()
}

/// The run condition of every system: false from the plugin's first fault on.
pub(crate) fn sound() -> bool {
    SOUND.get()
}

/// Takes what was recorded since the last call; `None` if nothing was.
pub(crate) fn take() -> Option<Vec<(String, String)>> {
    if SOUND.replace(true) {
        None
    } else {
        Some(RECORDED.take())
    }
}

/// What a panic said, where it said it in words.
pub(crate) fn panic_words(payload: &(dyn Any + Send)) -> String {
    if let Some(words) = payload.downcast_ref::<&'static str>() {
        (*words).to_owned()
    } else if let Some(words) = payload.downcast_ref::<String>() {
        words.clone()
    } else {
        "a panic without words".to_owned()
    }
}
