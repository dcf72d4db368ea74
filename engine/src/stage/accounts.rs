//! The wall clock and the account store as the stage plays them.

use crate::port::{AccountId, Banned, Standings, StoreReply};

use super::Stage;

impl Stage {
    /// By so many microseconds the wall clock is ahead of world time, from now on.
    pub const fn set_wall_offset(&mut self, micros: i64) {
        self.wall_offset = micros;
    }

    /// What the account store answers from now on when it is asked who is set apart; without a word of
    /// a test it does not answer.
    pub fn set_standings(&mut self, standings: Standings) {
        self.standings = Some(standings);
    }

    /// The gateway's word on who is banned, oldest first.
    #[must_use]
    pub fn bans(&self) -> &[(AccountId, Option<Banned>)] {
        &self.bans
    }

    /// Storage says something; it is heard with the next tick.
    pub fn stored(&mut self, reply: StoreReply) {
        self.stored.push(reply);
    }
}
