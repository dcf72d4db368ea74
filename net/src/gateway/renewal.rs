//! Sign-ins that are renewed, passwords that change, and what ends by it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::port::{AccountId, Code};

use super::Gateway;
use crate::gatekeeper::{Denied, Gatekeeper, Secret, SignedIn};
use crate::records::SignInWay;
use crate::session::{Proof, Session};

/// Tokens by which a password is being changed: their sessions are to go on, but for a moment they
/// are older than what the account store says. One for each call that is under way.
#[derive(Debug, Default)]
pub(crate) struct Changing(Mutex<Vec<u64>>);

impl Changing {
    fn hold(&self, mark: u64) -> Held<'_> {
        self.marks().push(mark);
        Held { all: self, mark }
    }

    fn holds(&self, session: &Session) -> bool {
        self.marks().iter().any(|mark| session.is_vouched_by(*mark))
    }

    fn marks(&self) -> MutexGuard<'_, Vec<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Until it is dropped, also when the caller has gone.
struct Held<'a> {
    all: &'a Changing,
    mark: u64,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut marks = self.all.marks();
        if let Some(at) = marks.iter().position(|mark| *mark == self.mark) {
            marks.swap_remove(at);
        }
    }
}

impl<G: Gatekeeper> Gateway<G> {
    /// Changes a password, as slowly as signing in is tried. Sessions that were signed in otherwise
    /// end; those of the token that was shown go on by the new one.
    pub(crate) async fn change_password(
        &self,
        from: IpAddr,
        token: Secret,
        old: Secret,
        new: Secret,
    ) -> Result<SignedIn, Denied> {
        self.called(from, &token)?;
        self.paced(from)?;
        let username = self.gate.me(token.clone()).await?.username;
        self.turn(from, &username).await?;
        let gates = &self.hub.gates;
        let mark = self.hub.mark(&token);
        let held = self.changing.hold(mark);
        let answer = self.gate.change_password(token, old, new).await;
        match &answer {
            Err(denied) if denied.refusal.code == Code::AuthenticationFailed => {}
            Err(_) => gates.login_was_not_in_vain(&username, from),
            Ok(signed) => {
                gates.login_was_fine(&username, from);
                let proof = self.proof(&signed.access_token);
                for session in self.hub.directory.all() {
                    if session.arrival.account == signed.account && session.is_vouched_by(mark) {
                        session.reproved(proof);
                    }
                }
            }
        }
        drop(held);
        let ended = Arc::clone(&self.gate.ended().borrow());
        self.end_older(&ended);
        self.hub.signed_in(SignInWay::Change, from, &answer);
        answer
    }

    /// Signs in by what an earlier sign-in gave for it.
    pub(crate) async fn refresh(
        &self,
        from: IpAddr,
        token: Secret,
    ) -> Result<(SignedIn, Option<Secret>), Denied> {
        self.paced(from)?;
        let (answer, next) = match self.gate.refresh(token).await {
            Ok((signed, next)) => {
                let may = self.hub.may_act(signed.account);
                (may.map(|()| signed).map_err(Denied::from), Some(next))
            }
            Err(denied) => (Err(denied), None),
        };
        self.hub.signed_in(SignInWay::Refresh, from, &answer);
        answer.map(|signed| (signed, next))
    }

    /// What renews a sign-in that was just given; none where the account store does not keep one: the
    /// sign-in is good without.
    pub(crate) async fn refresh_token(&self, signed: &SignedIn) -> Option<Secret> {
        match self.gate.refresh_token(&signed.access_token).await {
            Ok(token) => Some(token),
            Err(denied) => {
                let code = denied.refusal.code.word();
                tracing::warn!(code, "sign-in can't be renewed");
                None
            }
        }
    }

    /// A token, as sessions remember it.
    pub(crate) fn proof(&self, token: &Secret) -> Proof {
        Proof {
            mark: Some(self.hub.mark(token)),
            generation: self.gate.generation(token),
        }
    }

    /// Ends the sessions of accounts that have ended their tokens, until the server stops.
    pub(crate) async fn end_signed_out(&self) {
        let stop = self.hub.tasks.stop().clone();
        let mut news = self.gate.ended();
        loop {
            let ended = Arc::clone(&news.borrow_and_update());
            self.end_older(&ended);
            match stop.run_until_cancelled(news.changed()).await {
                Some(Ok(())) => {}
                Some(Err(_)) | None => return,
            }
        }
    }

    fn end_older(&self, ended: &[(AccountId, u64)]) {
        if ended.is_empty() {
            return;
        }
        let ended: HashMap<_, _> = ended.iter().copied().collect();
        for session in self.hub.directory.all() {
            let newest = ended.get(&session.arrival.account);
            let (proof, _) = session.vouched();
            let older = newest.is_some_and(|newest| proof.generation < *newest);
            if older && !self.changing.holds(&session) {
                self.hub.end(session.id, Code::InvalidToken);
            }
        }
    }
}
