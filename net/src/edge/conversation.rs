//! A socket that speaks for a session, until one of them is done.

mod lag;
mod out;
mod upkeep;

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::port::{Code, Correlation, Inbound, Note, Refusal};
use tokio::time::sleep;

use super::close::{CloseReason, ExitCause};
use super::link::Link;
use super::pipe::{Gone, PeerMessage};
use super::sign_in::Entrant;
use super::sign_in::prompt::{EarlyInput, error_of, hold, too_fast};
use super::sign_in::wish::{colour_is, reader_is, switch};
use crate::clock;
use crate::format::{ClientFrame, Command, Format, Incoming, Supports, Typed, typed_line};
use crate::gatekeeper::Secret;
use crate::hub::Hub;
use crate::payload::{CommandResponse, ErrorNote, Pong};
use crate::session::{Ending, Session, Waker};
use lag::Lag;

/// One socket and the session it speaks for.
pub(super) struct Conversation {
    hub: Arc<Hub>,
    link: Box<Link>,
    session: Arc<Session>,
    socket: u64,
    waker: Waker,
    correlation: Correlation,
    held: EarlyInput,
    /// What is held was counted before its session was known.
    uncounted: bool,
    playing: bool,
    since: Instant,
    lag: Lag,
}

/// Why a conversation is over.
enum End {
    /// The socket is gone.
    Gone,
    /// The client closes and waits for the answer.
    Closed,
    /// Another socket speaks for the session now.
    Displaced,
    /// The session is over, and the socket closes with it.
    Over(Ending),
    /// The world did not let the session in.
    Refused(Refusal),
    /// The socket closes with a word; the session can be resumed.
    Break(Box<ErrorNote>, CloseReason),
}

impl End {
    /// With a word whose code is the reason.
    fn with(note: ErrorNote) -> Self {
        let reason = CloseReason::Error(note.code);
        Self::Break(Box::new(note), reason)
    }
}

impl From<Gone> for End {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl From<ExitCause> for End {
    fn from(exit: ExitCause) -> Self {
        match exit {
            ExitCause::Gone | ExitCause::Quit => Self::Gone,
            ExitCause::Closed => Self::Closed,
            ExitCause::Said(note, reason) => Self::Break(note, reason),
        }
    }
}

impl Conversation {
    pub(super) fn new(hub: Arc<Hub>, mut link: Box<Link>, entry: Entrant) -> Self {
        let Entrant {
            session,
            socket,
            waker,
            correlation,
            held,
        } = entry;
        let uncounted = !Arc::ptr_eq(&link.intake, &session.intake);
        link.intake = Arc::clone(&session.intake);
        Self {
            hub,
            link,
            session,
            socket,
            waker,
            correlation,
            held,
            uncounted,
            playing: false,
            since: clock::now(),
            lag: Lag::default(),
        }
    }

    /// Runs until the socket or the session is done. The ends are boxed: those who play, and are
    /// many, need not carry them around.
    pub(super) async fn run(mut self) {
        let end = match self.converse().await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        let now = clock::now();
        match end {
            End::Gone => self.hub.detach(&self.session, self.socket),
            End::Closed => {
                self.hub.detach(&self.session, self.socket);
                Box::pin(self.link.part()).await;
            }
            End::Displaced => {
                // The session's stream goes on elsewhere, so this word is outside of it.
                let word = ErrorNote::of(Code::SessionTakenOver);
                Box::pin(self.link.leave(word.into())).await;
            }
            End::Over(ending) => Box::pin(self.link.close(ending.into())).await,
            End::Refused(refusal) => Box::pin(self.link.leave(ExitCause::refused(refusal))).await,
            End::Break(note, reason) if !self.playing => {
                self.hub.detach(&self.session, self.socket);
                Box::pin(self.link.leave(ExitCause::Said(note, reason))).await;
            }
            End::Break(note, reason) => {
                let words = self.hub.encoded(&*note, |encoded| {
                    self.session.last_word(self.socket, now, encoded)
                });
                // First, so that the client can be back before this socket has closed.
                self.hub.detach(&self.session, self.socket);
                Box::pin(self.link.leave_with(words, reason)).await;
            }
        }
    }

    async fn converse(&mut self) -> Result<std::convert::Infallible, End> {
        let mut alarm = Box::pin(sleep(Duration::ZERO));
        // Whatever the world has said already waits in the session.
        self.deliver().await?;
        loop {
            let waker = Arc::clone(&self.waker);
            // In this order where several are ready, so that what happens is the same again: time
            // comes rarely, and what is said by ticks.
            tokio::select! {
                biased;
                () = &mut alarm => Box::pin(self.look_after(alarm.as_mut())).await?,
                () = waker.notified() => self.deliver().await?,
                received = self.link.receive() => self.take_in(received).await?,
            }
        }
    }

    /// The session can't go on, but its character can: as a new session from 1.
    fn arrive_anew(&mut self) -> Result<(), End> {
        let waker = Arc::clone(&self.waker);
        let renewed = self
            .hub
            .renew(&self.session, self.socket, waker, self.correlation);
        self.session = renewed.map_err(End::Refused)?;
        self.hub
            .entered(&self.session, self.correlation, None, false);
        self.since = clock::now();
        Ok(())
    }

    // ---- in -------------------------------------------------------------------------------

    async fn take_in(&mut self, received: PeerMessage) -> Result<(), End> {
        if !self.playing {
            return Ok(Box::pin(hold(&mut self.link, &mut self.held, received)).await?);
        }
        match received {
            PeerMessage::Message(payload) => match self.session.format.decode(&payload) {
                Ok(Incoming::Frame(frame)) => self.frame(frame),
                Ok(Incoming::Typed(typed)) => self.typed(typed),
                Err(defect) => match defect.id {
                    Some(id) => self.refuse(id, defect.refusal()),
                    None => self.answer(&error_of(&defect)),
                },
            },
            PeerMessage::Alive => Ok(()),
            PeerMessage::Proof(through) => {
                if self.session.prove(self.socket, through) {
                    // Bounded: one for each receipt that the world has asked for.
                    let session = self.session.id;
                    self.hub.tell(Inbound::Received { session, through });
                }
                Ok(())
            }
            PeerMessage::TooFast(wait) => self.answer(&too_fast(wait)),
            PeerMessage::Closed => Err(End::Closed),
            PeerMessage::Gone => Err(End::Gone),
            PeerMessage::Broken(refusal, reason) => {
                Err(End::Break(Box::new(refusal.into()), reason))
            }
        }
    }

    fn frame(&mut self, frame: ClientFrame) -> Result<(), End> {
        match frame {
            ClientFrame::Command(command) => self.command(command),
            ClientFrame::Ping => self.answer(&Pong {}),
            ClientFrame::Authenticate(_) => {
                let refusal = Refusal::new(Code::ResourceConflict, "You have signed in already.");
                self.answer(&ErrorNote::from(refusal))
            }
        }
    }

    fn typed(&mut self, typed: Typed) -> Result<(), End> {
        match typed {
            Typed::Lines(lines) => {
                for (at, line) in lines.iter().enumerate() {
                    // The first was counted as the message.
                    if at > 0
                        && let Err(wait) = self.link.count(clock::now())
                    {
                        return self.answer(&too_fast(wait));
                    }
                    self.typed_line(line)?;
                }
                Ok(())
            }
            Typed::Supports(wish, modules) => {
                let asked = Supports::after(self.session.supports(), wish, &modules);
                self.session
                    .retune(|encoder| encoder.supports = Some(asked));
                Ok(())
            }
            Typed::Ping => self.answer(&Pong {}),
            Typed::Login { .. } | Typed::Unheeded => Ok(()),
        }
    }

    fn typed_line(&mut self, words: &Secret) -> Result<(), End> {
        let mut parts = words.expose().split_whitespace();
        let wished = (parts.next(), parts.next().and_then(switch), parts.next());
        match wished {
            (Some("/colour" | "/color"), Some(on), _) => {
                self.session.retune(|encoder| encoder.colour = on);
                self.link.pipe.colour(on);
                return self.answer(&colour_is(on));
            }
            (Some("/reader" | "reader"), Some(on), None)
                if self.session.format == Format::Telnet =>
            {
                self.link.pipe.read_aloud(on);
                return self.answer(&reader_is(on));
            }
            _ => {}
        }
        let line = typed_line(words);
        self.command(Command { id: None, line })
    }

    /// Passes a line to the world, or answers why not.
    fn command(&mut self, command: Command) -> Result<(), End> {
        let Command { id, line } = command;
        if let Some(id) = id
            && let Some(refusal) = self.session.refusal_of(id)
        {
            let response = CommandResponse::refused(Some(id), refusal, true);
            return self.answer(&response);
        }
        let sent = line.and_then(|line| {
            if self.hub.is_draining() {
                return Err(Hub::going_away());
            }
            tracing::debug!(
                correlation_id = %self.correlation,
                command_id = id.unwrap_or_default(),
                "command received"
            );
            let line = Inbound::Line {
                session: self.session.id,
                id,
                line,
                correlation: self.correlation,
            };
            self.hub.offer(&self.session.intake, line)
        });
        match (sent, id) {
            (Ok(()), _) => Ok(()),
            (Err(refusal), Some(id)) => self.refuse(id, refusal),
            (Err(refusal), None) => self.answer(&ErrorNote::from(refusal)),
        }
    }

    /// Refuses a command id; a resend will hear the same.
    fn refuse(&mut self, id: u64, refusal: Refusal) -> Result<(), End> {
        let earlier = self.session.refusal_of(id);
        let repeated = earlier.is_some();
        let refusal = earlier.unwrap_or(refusal);
        if !repeated {
            self.session.note_refusal(id, refusal.clone());
        }
        let response = CommandResponse::refused(Some(id), refusal, repeated);
        self.answer(&response)
    }

    /// Sends what was held, now that the welcome is out.
    fn release(&mut self) -> Result<(), End> {
        for (id, refusal) in self.held.refused() {
            self.session.note_refusal(id, refusal);
        }
        for command in self.held.release() {
            if self.uncounted
                && let Err(wait) = self.link.count(clock::now())
            {
                self.too_fast(command, wait)?;
                continue;
            }
            self.command(command)?;
        }
        self.uncounted = false;
        Ok(())
    }

    /// Refuses a line that came too fast.
    fn too_fast(&mut self, command: Command, wait: u64) -> Result<(), End> {
        let refusal = Refusal::of(Code::RateLimitExceeded).after_ms(wait);
        match command.id {
            Some(id) => self.refuse(id, refusal),
            None => self.answer(&ErrorNote::from(refusal)),
        }
    }

    /// Queues an answer in the session's stream. It leaves with whatever else waits.
    fn answer(&mut self, note: &dyn Note) -> Result<(), End> {
        let waker = self
            .hub
            .encoded(note, |encoded| self.session.queue(encoded));
        if let Some(waker) = waker {
            waker.notify_one();
        }
        Ok(())
    }
}
