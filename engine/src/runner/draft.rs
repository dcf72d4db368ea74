//! The lanes between the world and those who keep its draft.

use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::sync::mpsc;

use crate::content::NextRevision;
use crate::port::DraftWish;

/// Revisions under way: whoever publishes waits until one is taken.
const REVISIONS_MAX: usize = 2;
/// Wishes under way; each is an admin's or a designer's command. At some 200 bytes: 50 KiB.
const WISHES_MAX: usize = 256;

/// The world's end.
#[derive(Debug)]
pub struct DraftLane {
    revisions: Receiver<NextRevision>,
    wishes: mpsc::Sender<DraftWish>,
}

impl DraftLane {
    pub(super) fn next(&self) -> Option<NextRevision> {
        self.revisions.try_recv().ok()
    }

    /// Without room a wish is lost, as those are told who see no answer.
    pub(super) fn offer(&self, wishes: Vec<DraftWish>) {
        for wish in wishes {
            let _ = self.wishes.try_send(wish);
        }
    }
}

/// The other end.
#[derive(Debug)]
pub struct DraftDesk {
    /// Revisions that the world is to take, one in a tick.
    pub revisions: Sender<NextRevision>,
    /// What is wished in the world. One that finds no room is dropped; its wisher asks again.
    pub wishes: mpsc::Receiver<DraftWish>,
}

/// Makes the lanes.
#[must_use]
pub fn draft_lane() -> (DraftLane, DraftDesk) {
    let (revisions_in, revisions) = bounded(REVISIONS_MAX);
    let (wishes, wishes_out) = mpsc::channel(WISHES_MAX);
    let desk = DraftDesk {
        revisions: revisions_in,
        wishes: wishes_out,
    };
    (DraftLane { revisions, wishes }, desk)
}
