//! Whether a session that was there goes on.

use std::sync::Arc;
use std::time::Duration;

use engine::port::{Arrival, Code, Refusal, Role};
use tokio::sync::Notify;
use tokio::time::timeout;
use uuid::Uuid;

use super::prompt::EarlyInput;
use super::{Entrant, Newcomer};
use crate::clock;
use crate::edge::close::ExitCause;
use crate::edge::link::Link;
use crate::format::{Authenticate, Resume};
use crate::gatekeeper::{Gatekeeper, Secret};
use crate::hub::Hub;
use crate::session::{NoResume, Session, SessionKey};

/// How long a resume waits for the account store, which may be away.
const STANDING_LONGEST: Duration = Duration::from_millis(500);

impl<G: Gatekeeper> Newcomer<G> {
    /// Whom a sign-in is for, and whether its token may have expired: whoever shows the key of a
    /// session that a restart forgot comes back as the character it was of. How long that was away
    /// is forgotten as well, so an expired token counts for one grace after the start.
    pub(super) async fn remembered(
        &self,
        link: &mut Link,
        held: &mut EarlyInput,
        asked: &Authenticate,
    ) -> Result<(Option<Uuid>, bool), ExitCause> {
        let hub = &self.gateway.hub;
        let key = asked.resume.as_ref();
        let Some(key) = key.and_then(|key| SessionKey::parse(key.session.expose())) else {
            return Ok((asked.character, false));
        };
        let (nonce, seal) = key.parts();
        let early = clock::now() < hub.began + hub.config.timeouts.grace;
        let gate = &self.gateway.gate;
        let sealed = Box::pin(gate.sealed(asked.token.clone(), nonce, seal, early));
        let sealed = self.meanwhile(link, held, sealed).await?;
        Ok((asked.character.or(sealed), early && sealed.is_some()))
    }

    /// The session that the key names, if the token is one that may have it, and the role that its
    /// account has now.
    ///
    /// The token it was signed in with is as good as checked and need not be read again, expired or
    /// not. Whether its account may go on is asked all the same; where the account store does not
    /// answer the resume works without. Another token is the account store's to judge.
    pub(super) async fn resumable(
        &self,
        link: &mut Link,
        held: &mut EarlyInput,
        asked: &Authenticate,
        resume: &Resume,
    ) -> Result<Option<(Arc<Session>, Role)>, ExitCause> {
        let hub = &self.gateway.hub;
        let key = SessionKey::parse(resume.session.expose());
        let Some(session) = key.and_then(|key| hub.directory.find_key(key)) else {
            return Ok(None);
        };
        let gate = &self.gateway.gate;
        if gate.is_signed_out(&asked.token) {
            return Err(ExitCause::refused(Refusal::of(Code::InvalidToken)));
        }
        hub.may_act(session.arrival.account)
            .map_err(ExitCause::refused)?;
        let role = if session.is_vouched_by(hub.mark(&asked.token)) {
            self.standing(link, held, &session).await?
        } else {
            let character = session.arrival.character.uuid();
            let admitted = Box::pin(gate.admit(asked.token.clone(), Some(character), true));
            let admitted = self.meanwhile(link, held, admitted).await?;
            if admitted.account != session.arrival.account {
                return Err(ExitCause::refused(Refusal::of(Code::InvalidToken)));
            }
            admitted.role
        };
        hub.gates.was_resume(self.from);
        Ok(Some((session, role)))
    }

    /// The role of a session's account as the account store has it; no rights while that does not
    /// answer, until the world has asked. Ends a session that may not go on.
    async fn standing(
        &self,
        link: &mut Link,
        held: &mut EarlyInput,
        session: &Session,
    ) -> Result<Role, ExitCause> {
        let hub = &self.gateway.hub;
        if !hub.store_may_answer() {
            return Ok(Role::Player);
        }
        let Arrival {
            account, character, ..
        } = session.arrival;
        let asking = Box::pin(async {
            let asking = self.gateway.gate.standing(account, character);
            match timeout(STANDING_LONGEST, asking).await {
                Ok(answer) => answer,
                Err(_) => Err(Refusal::of(Code::DatabaseConnectionError).into()),
            }
        });
        let answer = self.patiently(link, held, asking).await?;
        let refused = match answer {
            Ok(role) => {
                hub.store_answered(true);
                return Ok(role);
            }
            Err(denied) => denied.refusal,
        };
        if matches!(refused.code, Code::AuthorizationDenied | Code::InvalidToken) {
            hub.end(session.id, refused.code);
            return Err(ExitCause::refused(refused));
        }
        hub.store_answered(false);
        Ok(Role::Player)
    }

    /// Goes on with a session, or begins a new one for its character where that is not possible.
    pub(super) fn resume(
        &self,
        session: &Arc<Session>,
        role: Role,
        token: &Secret,
        last: u64,
        held: EarlyInput,
    ) -> Result<Entrant, ExitCause> {
        let hub = &self.gateway.hub;
        session.resumed_by(self.gateway.proof(token), role);
        let (socket, waker) = (hub.next_id(), Arc::new(Notify::new()));
        let entry = |session| Entrant {
            session,
            socket,
            waker: Arc::clone(&waker),
            correlation: self.correlation,
            held,
        };
        match hub.reclaim(session, last, socket, Arc::clone(&waker), self.correlation) {
            Ok(()) => {
                self.still_signed_in(session, token)?;
                hub.entered(session, self.correlation, Some(self.from), true);
                Ok(entry(Arc::clone(session)))
            }
            Err(NoResume::Busy) => Err(ExitCause::refused(Hub::busy())),
            Err(NoResume::Crowded) => Err(ExitCause::refused(Hub::crowded())),
            Err(NoResume::Gone) => {
                let waker = Arc::clone(&waker);
                let renewed = hub.renew(session, socket, waker, self.correlation);
                let renewed = renewed.map_err(ExitCause::refused)?;
                self.still_signed_in(&renewed, token)?;
                hub.entered(&renewed, self.correlation, Some(self.from), false);
                Ok(entry(renewed))
            }
        }
    }
}
