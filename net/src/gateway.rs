//! What pages and sockets share beyond the hub: the account store, asked with manners.

use std::net::IpAddr;
use std::sync::Arc;

use engine::port::{Code, Correlation, Refusal, Registry, StableId};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::task::task_tracker::TaskTrackerToken;
use uuid::Uuid;

use crate::gatekeeper::{Denied, Gatekeeper, Registration, Secret, SignedIn};
use crate::http::Pages;
use crate::hub::Hub;
use crate::limit::Seat;
use crate::readiness::Readiness;
use crate::records::Way;
use crate::world::WorldInfo;

/// The gateway as its handlers see it.
pub(crate) struct Gateway<G> {
    pub(crate) hub: Arc<Hub>,
    pub(crate) gate: Arc<G>,
    pub(crate) readiness: Box<dyn Fn() -> Readiness + Send + Sync>,
    pub(crate) registry: Registry,
    pub(crate) world: WorldInfo,
    pub(crate) pages: Pages,
}

/// Who is at the other end of a connection; lives as long as the connection does.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) peer: IpAddr,
    pub(crate) correlation: Correlation,
    /// Held, never looked at: they count the connection.
    pub(crate) _place: Option<OwnedSemaphorePermit>,
    pub(crate) _seat: Option<Seat>,
    pub(crate) _open: TaskTrackerToken,
}

impl<G: Gatekeeper> Gateway<G> {
    /// Makes an account, unless too many were tried from there.
    pub(crate) async fn register(
        &self,
        from: IpAddr,
        who: Registration,
    ) -> Result<SignedIn, Denied> {
        self.paced(from)?;
        let answer = self.gate.register(who).await;
        self.hub.signed_in(Way::Register, from, &answer);
        answer
    }

    /// Signs in, unless that account or address was tried in vain too often.
    pub(crate) async fn login(
        &self,
        from: IpAddr,
        username: String,
        password: Secret,
    ) -> Result<SignedIn, Denied> {
        self.paced(from)?;
        let gates = &self.hub.gates;
        // Counted before it is tried: a hundred at once are as many as one after another.
        gates.login(&username).map_err(|wait| {
            self.hub.locked_out(from);
            too_many(wait)
        })?;
        let answer = self.gate.login(username.clone(), password).await;
        let in_vain = matches!(&answer, Err(denied)
            if denied.refusal.code == Code::AuthenticationFailed);
        if !in_vain {
            gates.login_was_fine(&username);
        }
        self.hub.signed_in(Way::Password, from, &answer);
        answer
    }

    /// Gives a guest a name and a password, unless too many were tried from there.
    pub(crate) async fn claim(
        &self,
        from: IpAddr,
        token: Secret,
        who: Registration,
    ) -> Result<SignedIn, Denied> {
        self.paced(from)?;
        let answer = self.gate.claim(token, who).await;
        self.hub.signed_in(Way::Claim, from, &answer);
        answer
    }

    /// Deletes a character that nobody plays.
    pub(crate) async fn delete_character(
        &self,
        token: Secret,
        character: Uuid,
    ) -> Result<(), Denied> {
        let directory = &self.hub.directory;
        let player = StableId::from_uuid(character);
        // Only its owner may learn that it is played.
        let mine = self.gate.characters(token.clone()).await?;
        if mine.iter().any(|mine| mine.id == player) && !directory.playing(player).is_empty() {
            return Err(Refusal::new(
                Code::ResourceConflict,
                "That character is in the world. Let it leave first.",
            )
            .into());
        }
        self.gate.delete_character(token, character).await?;
        // Whoever came in meanwhile plays somebody who is no more.
        for session in directory.playing(player) {
            self.hub.end(session, Code::ResourceNotFound);
        }
        Ok(())
    }

    /// Makes a guest, unless too many came from there.
    pub(crate) async fn guest(&self, from: IpAddr) -> Result<SignedIn, Denied> {
        self.paced(from)?;
        let answer = self.gate.guest().await;
        self.hub.signed_in(Way::Guest, from, &answer);
        answer
    }

    /// Makes a token worthless, and ends the sessions that were signed in with it.
    pub(crate) async fn logout(&self, token: Secret) -> Result<(), Denied> {
        let mark = self.hub.mark(&token);
        self.gate.logout(token).await?;
        let mut sessions = 0;
        for session in self.hub.directory.all() {
            if session.is_vouched_by(mark) {
                self.hub.end(session.id, Code::InvalidToken);
                sessions += 1;
            }
        }
        tracing::info!(sessions, "signed out");
        Ok(())
    }

    fn paced(&self, from: IpAddr) -> Result<(), Refusal> {
        self.hub.gates.sign_in(from).map_err(|wait| {
            self.hub.rate_limited(from);
            too_many(wait)
        })
    }
}

fn too_many(wait: u64) -> Refusal {
    Refusal::of(Code::TooManyRequests).after_ms(wait)
}
