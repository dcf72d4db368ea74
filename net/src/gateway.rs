//! What pages and sockets share beyond the hub: the account store, asked with manners.

use std::net::IpAddr;
use std::sync::Arc;

use engine::port::{Code, Correlation, Refusal, Registry};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::gatekeeper::{Denied, Gatekeeper, Registration, Secret, SignedIn};
use crate::hub::Hub;
use crate::readiness::Readiness;

/// The gateway as its handlers see it.
pub(crate) struct Gateway<G> {
    pub(crate) hub: Arc<Hub>,
    pub(crate) gate: G,
    pub(crate) readiness: Box<dyn Fn() -> Readiness + Send + Sync>,
    pub(crate) registry: Registry,
}

/// Who is at the other end of a connection; lives as long as the connection does.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) peer: IpAddr,
    pub(crate) correlation: Correlation,
    /// Held, never looked at: they count the connection.
    pub(crate) _place: Option<OwnedSemaphorePermit>,
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
        self.gate.register(who).await
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
        gates.login(&username).map_err(too_many)?;
        let answer = self.gate.login(username.clone(), password).await;
        if let Err(denied) = &answer
            && denied.refusal.code == Code::AuthenticationFailed
        {
            gates.login_failed(&username);
        }
        answer
    }

    /// Makes a guest, unless too many came from there.
    pub(crate) async fn guest(&self, from: IpAddr) -> Result<SignedIn, Denied> {
        self.paced(from)?;
        self.gate.guest().await
    }

    /// Makes a token worthless, also for resumes.
    pub(crate) async fn logout(&self, token: Secret) -> Result<(), Denied> {
        let mark = self.hub.mark(&token);
        self.gate.logout(token).await?;
        for session in self.hub.directory.all() {
            session.forget_token(mark);
        }
        Ok(())
    }

    fn paced(&self, from: IpAddr) -> Result<(), Refusal> {
        self.hub.gates.sign_in(from).map_err(too_many)
    }
}

fn too_many(wait: u64) -> Refusal {
    Refusal::of(Code::TooManyRequests).after_ms(wait)
}
