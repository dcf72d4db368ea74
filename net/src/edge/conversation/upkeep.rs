//! What time brings: pings, the end of the silent, frames too old for a resume.

use std::pin::Pin;

use engine::port::{Code, Refusal};
use tokio::time::Sleep;

use super::{Conversation, End};
use crate::clock;
use crate::edge::link::pulse::Beat;
use crate::hub::Hub;

impl Conversation {
    /// Pings the silent, gives up on the gone, forgets what nobody can ask for any more.
    pub(super) async fn look_after(&mut self, mut alarm: Pin<&mut Sleep>) -> Result<(), End> {
        let now = clock::now();
        let arrival = self.since + self.hub.config.timeouts.arrival;
        if !self.playing && now >= arrival {
            return Err(End::with(Hub::busy().into()));
        }
        self.session.trim(now);
        let mut next = loop {
            match self.link.beat() {
                Beat::Wait(until) => break until,
                Beat::Ping => self.link.ping().await?,
                Beat::Gone => {
                    let word = Refusal::new(
                        Code::TimeoutError,
                        "Nothing was heard from you for too long.",
                    );
                    return Err(End::with(word.into()));
                }
            }
        };
        if !self.playing {
            next = next.min(arrival);
        }
        alarm.as_mut().reset(next.into());
        Ok(())
    }
}
