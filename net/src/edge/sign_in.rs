//! From a fresh socket to a session: who is it, and does a session of theirs go on?

pub(super) mod prompt;
mod resume;
mod typed;
pub(super) mod wish;

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use engine::port::{Code, Correlation, Refusal};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};

use super::close::ExitCause;
use super::link::Link;
use super::link::pulse::Beat;
use super::pipe::PeerMessage;
use crate::format::{Authenticate, ClientFrame, Format, Incoming};
use crate::gatekeeper::{Admitted, Denied, Gatekeeper, Secret};
use crate::gateway::Gateway;
use crate::hub::Hub;
use crate::payload::{ErrorNote, Pong};
use crate::session::{Proof, Session, Waker};
use prompt::{EarlyInput, error_of, hold, no_message};

/// Somebody at the door.
pub(super) struct Newcomer<G> {
    pub(super) gateway: Arc<Gateway<G>>,
    pub(super) from: IpAddr,
    pub(super) correlation: Correlation,
    /// The token that came with the handshake.
    pub(super) bearer: Option<Secret>,
    /// Too many handshakes came from there: only a resume is welcome. The wait in milliseconds.
    pub(super) resume_only: Option<u64>,
}

/// A socket that speaks for a session.
#[derive(Debug)]
pub(super) struct Entrant {
    pub(super) session: Arc<Session>,
    pub(super) socket: u64,
    pub(super) waker: Waker,
    pub(super) correlation: Correlation,
    /// What was sent ahead of the welcome.
    pub(super) held: EarlyInput,
}

/// What the account store is asked. Boxed, since its futures are large and most of a socket's time
/// at the door nothing is asked.
pub(super) type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T, Denied>> + Send + 'a>>;

impl<G: Gatekeeper> Newcomer<G> {
    /// Lets nobody stand at the door for longer than a sign-in and an arrival may take, however
    /// slowly it sends and takes its answers.
    pub(super) async fn enter_in_time(self, link: &mut Link) -> Result<Entrant, ExitCause> {
        let timeouts = &self.gateway.hub.config.timeouts;
        let sign_in = match link.encoder.format {
            Format::Kadath => timeouts.sign_in,
            _ => timeouts.typed_sign_in,
        };
        let patience = sign_in + timeouts.arrival;
        let entered = timeout(patience, self.enter(link)).await;
        entered.unwrap_or_else(|_| Err(nobody()))
    }

    /// Waits until the client has said who it is, and finds or makes its session.
    async fn enter(mut self, link: &mut Link) -> Result<Entrant, ExitCause> {
        if link.encoder.format != Format::Kadath {
            return self.enter_by_typing(link).await;
        }
        let mut held = EarlyInput::default();
        let asked = match self.bearer.take() {
            Some(token) => Authenticate {
                token,
                character: None,
                resume: None,
            },
            None => self.first_frame(link).await?,
        };
        if let Some(resume) = &asked.resume
            && let Some((session, role)) = self.resumable(link, &mut held, &asked, resume).await?
        {
            let (token, last) = (&asked.token, resume.last_sequence);
            return self.resume(&session, role, token, last, held);
        }
        self.not_too_many()?;
        let gate = &self.gateway.gate;
        let (character, expired_ok) = self.remembered(link, &mut held, &asked).await?;
        let admitted = Box::pin(gate.admit(asked.token.clone(), character, expired_ok));
        let admitted = self.meanwhile(link, &mut held, admitted).await?;
        // Whose session it was nobody knows, so it must cost nobody theirs.
        let guessed = asked.resume.is_some() && character.is_none();
        if guessed && self.gateway.hub.directory.is_connected(admitted.character) {
            return Err(ExitCause::refused(Refusal::new(
                Code::ResourceConflict,
                "That session is unknown. Say character_id, or sign in without resume.",
            )));
        }
        self.arrive(link, admitted, Some(&asked.token), held)
    }

    /// The account has too many connections, the world is busy: those are exits; anything else
    /// becomes an entry.
    pub(super) fn arrive(
        &self,
        link: &Link,
        admitted: Admitted,
        token: Option<&Secret>,
        held: EarlyInput,
    ) -> Result<Entrant, ExitCause> {
        let hub = &self.gateway.hub;
        if hub.is_draining() {
            return Err(ExitCause::refused(Hub::going_away()));
        }
        let proof = Proof {
            mark: token.map(|token| hub.mark(token)),
            generation: admitted.generation,
        };
        let mut arrival = admitted.arrival();
        hub.may_act(arrival.account).map_err(ExitCause::refused)?;
        arrival.correlation = self.correlation;
        let (socket, waker) = (hub.next_id(), Arc::new(Notify::new()));
        let session = hub
            .arrive(
                arrival,
                link.stage,
                link.encoder.clone(),
                socket,
                Arc::clone(&waker),
                proof,
                &link.intake,
            )
            .map_err(ExitCause::refused)?;
        if let Some(token) = token {
            self.still_signed_in(&session, token)?;
        }
        hub.entered(&session, self.correlation, Some(self.from), false);
        Ok(Entrant {
            session,
            socket,
            waker,
            correlation: self.correlation,
            held,
        })
    }

    /// Refuses whoever is not resuming when there were too many handshakes.
    pub(super) fn not_too_many(&self) -> Result<(), ExitCause> {
        match self.resume_only {
            Some(wait) => Err(ExitCause::refused(
                Refusal::of(Code::RateLimitExceeded).after_ms(wait),
            )),
            None => Ok(()),
        }
    }

    async fn first_frame(&self, link: &mut Link) -> Result<Authenticate, ExitCause> {
        let deadline = Instant::now() + self.gateway.hub.config.timeouts.sign_in;
        loop {
            let payload = match self.next(link, deadline).await? {
                PeerMessage::Message(payload) => payload,
                other => {
                    no_message(link, other).await?;
                    continue;
                }
            };
            match Format::Kadath.decode(&payload) {
                Ok(Incoming::Frame(ClientFrame::Authenticate(asked))) => return Ok(asked),
                Ok(Incoming::Frame(ClientFrame::Ping)) => link.say(&Pong {}).await?,
                Ok(Incoming::Frame(ClientFrame::Command(_)) | Incoming::Typed(_)) => {
                    let refusal = Refusal::new(Code::AuthenticationFailed, "Authenticate first.");
                    return Err(ExitCause::refused(refusal));
                }
                Err(defect) => link.say(&error_of(&defect)).await?,
            }
        }
    }

    /// What comes next, until the deadline or until the server stops. The silent are pinged.
    pub(super) async fn next(
        &self,
        link: &mut Link,
        deadline: Instant,
    ) -> Result<PeerMessage, ExitCause> {
        loop {
            let beat = match link.beat() {
                Beat::Wait(until) => until,
                Beat::Ping => {
                    link.ping().await?;
                    continue;
                }
                // It has until the deadline all the same.
                Beat::Gone => deadline.into_std(),
            };
            tokio::select! {
                biased;
                received = link.receive() => return Ok(received),
                () = sleep_until(deadline.min(beat.into())) => if Instant::now() >= deadline {
                    return Err(nobody());
                },
                () = self.gateway.hub.tasks.stop().cancelled() => {
                    return Err(ExitCause::refused(Hub::going_away()));
                }
            }
        }
    }

    /// A logout ends the sessions it finds; one that came in beside it is found here.
    fn still_signed_in(&self, session: &Session, token: &Secret) -> Result<(), ExitCause> {
        if self.gateway.gate.is_signed_out(token) {
            self.gateway.hub.end(session.id, Code::InvalidToken);
            return Err(ExitCause::refused(Refusal::of(Code::InvalidToken)));
        }
        Ok(())
    }

    /// Waits for the account store while lines are held and pings answered.
    pub(super) async fn meanwhile<T>(
        &self,
        link: &mut Link,
        held: &mut EarlyInput,
        asking: Asking<'_, T>,
    ) -> Result<T, ExitCause> {
        match self.patiently(link, held, asking).await? {
            Ok(answer) => Ok(answer),
            Err(denied) => {
                let mut note = ErrorNote::from(denied.refusal);
                note.field = denied.field;
                Err(note.into())
            }
        }
    }

    /// As [`Self::meanwhile`], but a refusal is for the caller to deal with.
    pub(super) async fn patiently<T>(
        &self,
        link: &mut Link,
        held: &mut EarlyInput,
        asking: Asking<'_, T>,
    ) -> Result<Result<T, Denied>, ExitCause> {
        let hub = &self.gateway.hub;
        let deadline = Instant::now() + hub.config.timeouts.arrival;
        let mut asking = asking;
        loop {
            tokio::select! {
                biased;
                answer = &mut asking => return Ok(answer),
                () = sleep_until(deadline) => {
                    let late = "The archive takes too long to answer.";
                    let late = Refusal::new(Code::TimeoutError, late);
                    return Ok(Err(late.after_ms(5_000).into()));
                }
                received = link.receive() => hold(link, held, received).await?,
                () = hub.tasks.stop().cancelled() => return Err(ExitCause::refused(Hub::going_away())),
            }
        }
    }
}

/// The time at the door is over.
fn nobody() -> ExitCause {
    ExitCause::refused(Refusal::new(
        Code::AuthenticationFailed,
        "Nobody has signed in here.",
    ))
}
