//! What pages and sockets share beyond the hub: the account store, asked with manners.

mod renewal;

use std::net::IpAddr;
use std::sync::Arc;

use engine::port::{Code, Correlation, Refusal, Registry, StableId};
use uuid::Uuid;

use crate::address::Neighbour;
use crate::gatekeeper::{
    CharacterSummary, Denied, Gatekeeper, Registration, Rolled, Secret, SignedIn,
};
use crate::hub::Hub;
use crate::limit::ConnectionPermit;
use crate::readiness::Readiness;
use crate::records::SignInWay;
use crate::world::WorldInfo;

pub(crate) use renewal::Changing;

/// The gateway as its handlers see it.
pub(crate) struct Gateway<G> {
    pub(crate) hub: Arc<Hub>,
    pub(crate) gate: Arc<G>,
    pub(crate) readiness: Box<dyn Fn() -> Readiness + Send + Sync>,
    pub(crate) registry: Registry,
    pub(crate) world: WorldInfo,
    /// Passwords that are being changed.
    pub(crate) changing: Changing,
}

/// Who is at the other end of a connection; lives as long as the connection does.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) peer: IpAddr,
    pub(crate) correlation: Correlation,
    /// Held, never looked at: it counts the connection.
    pub(crate) _place: ConnectionPermit,
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
        self.hub.signed_in(SignInWay::Register, from, &answer);
        answer
    }

    /// Signs in, unless that account was tried in vain too often from there. Where it is tried in
    /// vain from everywhere, whoever signed in well from there lately does not notice, and others
    /// take turns.
    pub(crate) async fn login(
        &self,
        from: IpAddr,
        username: String,
        password: Secret,
    ) -> Result<SignedIn, Denied> {
        self.paced(from)?;
        self.turn(from, &username).await?;
        let gates = &self.hub.gates;
        let answer = self.gate.login(username.clone(), password).await;
        match &answer {
            Err(denied) if denied.refusal.code == Code::AuthenticationFailed => {}
            Err(_) => gates.login_was_not_in_vain(&username, from),
            Ok(signed) => {
                gates.login_was_fine(&username, from);
                self.hub.may_act(signed.account)?;
            }
        }
        self.hub.signed_in(SignInWay::Password, from, &answer);
        answer
    }

    /// Waits for the turn of an account that is tried in vain from everywhere. Counted before it is
    /// tried: a hundred at once are as many as one after another.
    async fn turn(&self, from: IpAddr, username: &str) -> Result<(), Denied> {
        let turn = self.hub.gates.login(username, from).map_err(|wait| {
            self.hub.locked_out(from);
            too_many(wait)
        })?;
        if !turn.is_zero() {
            tokio::time::sleep(turn).await;
        }
        Ok(())
    }

    /// Gives a guest a name and a password, unless too many were tried from there.
    pub(crate) async fn claim(
        &self,
        from: IpAddr,
        token: Secret,
        who: Registration,
    ) -> Result<SignedIn, Denied> {
        self.paced(from)?;
        self.may_act(&token)?;
        let answer = self.gate.claim(token, who).await;
        self.hub.signed_in(SignInWay::Claim, from, &answer);
        answer
    }

    /// Who holds a token.
    pub(crate) async fn me(&self, from: IpAddr, token: Secret) -> Result<SignedIn, Denied> {
        self.called(from, &token)?;
        self.gate.me(token).await
    }

    /// The characters of whoever holds a token.
    pub(crate) async fn characters(
        &self,
        from: IpAddr,
        token: Secret,
    ) -> Result<Vec<CharacterSummary>, Denied> {
        self.called(from, &token)?;
        self.gate.characters(token).await
    }

    /// Rolls what a character would be born with.
    pub(crate) async fn roll(
        &self,
        from: IpAddr,
        token: Secret,
        profession: Option<String>,
    ) -> Result<Rolled, Denied> {
        self.called(from, &token)?;
        let shared = Neighbour::of(from).address();
        self.gate.roll(shared, token, profession).await
    }

    /// Makes a character, unless too many came from there.
    pub(crate) async fn create_character(
        &self,
        from: IpAddr,
        token: Secret,
        name: String,
        profession: Option<String>,
        roll: Option<Uuid>,
    ) -> Result<CharacterSummary, Denied> {
        self.called(from, &token)?;
        self.paced(from)?;
        self.gate
            .create_character(token, name, profession, roll)
            .await
    }

    /// Deletes a character that nobody plays.
    pub(crate) async fn delete_character(
        &self,
        from: IpAddr,
        token: Secret,
        character: Uuid,
    ) -> Result<(), Denied> {
        self.called(from, &token)?;
        let directory = &self.hub.directory;
        let player = StableId::from_uuid(character);
        // Only its owner may learn that it is played.
        let mine = self.gate.characters(token.clone()).await?;
        if mine.iter().all(|mine| mine.id != player) {
            // Not worth a write.
            let message = "You have no such character.";
            return Err(Refusal::new(Code::ResourceNotFound, message).into());
        }
        if !directory.playing(player).is_empty() {
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
        self.hub.signed_in(SignInWay::Guest, from, &answer);
        answer
    }

    /// Ends the sessions that were signed in or resumed with a token, and makes it worthless. The
    /// sessions end first: whoever has them has shown it, and that needs no database.
    pub(crate) async fn logout(&self, token: Secret) -> Result<(), Denied> {
        let mark = self.hub.mark(&token);
        let mut sessions = 0;
        let mut end = || {
            for session in self.hub.directory.all() {
                if session.is_vouched_by(mark) {
                    self.hub.end(session.id, Code::InvalidToken);
                    sessions += 1;
                }
            }
        };
        end();
        let done = self.gate.logout(token).await;
        // One that came in meanwhile.
        end();
        tracing::info!(sessions, "signed out");
        done
    }

    /// Refuses a token whose account the world has banned.
    fn may_act(&self, token: &Secret) -> Result<(), Refusal> {
        let account = self.gate.claimed(token);
        account.map_or(Ok(()), |account| self.hub.may_act(account))
    }

    /// Counts a call with a token, and refuses those of banned accounts.
    fn called(&self, from: IpAddr, token: &Secret) -> Result<(), Refusal> {
        self.hub.gates.call(from).map_err(too_many)?;
        self.may_act(token)
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
