//! A socket that speaks for a session, until one of them is done.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Instant;

use engine::port::{Code, Correlation, Inbound, Note, Refusal};
use futures_util::FutureExt as _;
use tokio::time::{Sleep, sleep};

use super::link::{Exit, Gone, Heard, Link, farewell_for};
use super::sign_in::Entry;
use super::threshold::{Held, error_of, hold, not_text, too_fast, typed};
use super::typed_sign_in::{colour_is, switch};
use crate::format::{ClientFrame, Command, Format, Supports, Typed, decode, typed_line};
use crate::gatekeeper::Secret;
use crate::hub::{BUSY_RETRY_MS, Hub};
use crate::payload::{CommandResponse, ErrorNote, Pong};
use crate::session::{Bell, Farewell, Next, Press, Session};

/// What is written at once, at most. More than a tick's worth for most, little enough that a
/// slow client's frames wait where they can still be coalesced.
const BATCH_BYTES: usize = 64 * 1024;

/// One socket and the session it speaks for.
pub(super) struct Conversation {
    hub: Arc<Hub>,
    link: Box<Link>,
    session: Arc<Session>,
    socket: u64,
    bell: Bell,
    correlation: Correlation,
    held: Held,
    playing: bool,
    since: Instant,
}

/// Why a conversation is over.
enum End {
    /// The socket is gone.
    Gone,
    /// Another socket speaks for the session now.
    Displaced,
    /// The session is over, and the socket closes with it.
    Over(Farewell),
    /// The world did not let the session in.
    Refused(Refusal),
    /// The socket closes with a word; the session can be resumed.
    Break(Box<ErrorNote>, Farewell),
}

impl From<Gone> for End {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl From<Exit> for End {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Gone | Exit::Quit => Self::Gone,
            Exit::Said(note, farewell) => Self::Break(note, farewell),
        }
    }
}

impl Conversation {
    pub(super) fn new(hub: Arc<Hub>, link: Box<Link>, entry: Entry) -> Self {
        let Entry {
            session,
            socket,
            bell,
            correlation,
            held,
        } = entry;
        Self {
            hub,
            link,
            session,
            socket,
            bell,
            correlation,
            held,
            playing: false,
            since: Instant::now(),
        }
    }

    /// Runs until the socket or the session is done. The ends are boxed: those who play, and are
    /// many, need not carry them around.
    pub(super) async fn run(mut self) {
        let end = match self.converse().await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        let now = Instant::now();
        match end {
            End::Gone => self.hub.detach(&self.session, self.socket),
            End::Displaced => {
                // The session's stream goes on elsewhere, so this word is outside of it.
                let word = ErrorNote::of(Code::SessionTakenOver);
                let farewell = farewell_for(Code::SessionTakenOver);
                Box::pin(self.link.leave(Exit::Said(Box::new(word), farewell))).await;
            }
            End::Over(farewell) => Box::pin(self.link.close(farewell)).await,
            End::Refused(refusal) => Box::pin(self.link.leave(Exit::refused(refusal))).await,
            End::Break(note, farewell) if !self.playing => {
                self.hub.detach(&self.session, self.socket);
                Box::pin(self.link.leave(Exit::Said(note, farewell))).await;
            }
            End::Break(note, farewell) => {
                let words = self.hub.voiced(&*note, |voice| {
                    self.session.last_word(self.socket, now, voice)
                });
                // First, so that the client can be back before this socket has closed.
                self.hub.detach(&self.session, self.socket);
                Box::pin(self.link.leave_with(words, farewell)).await;
            }
        }
    }

    async fn converse(&mut self) -> Result<std::convert::Infallible, End> {
        let mut alarm = Box::pin(sleep(self.hub.config.timeouts.ping));
        // Whatever the world has said already waits in the session.
        self.deliver().await?;
        loop {
            let bell = Arc::clone(&self.bell);
            tokio::select! {
                () = bell.notified() => self.deliver().await?,
                heard = self.link.hear() => self.heed(heard).await?,
                () = &mut alarm => self.look_after(alarm.as_mut()).await?,
            }
        }
    }

    // ---- out ------------------------------------------------------------------------------

    /// Writes everything that waits, a flush per batch.
    async fn deliver(&mut self) -> Result<(), End> {
        loop {
            let now = Instant::now();
            let link = &mut self.link;
            let mut wrote = false;
            let next = self
                .session
                .take(self.socket, now, BATCH_BYTES, |number, parcel| {
                    link.write(number, parcel);
                    wrote = true;
                });
            // A backlog without new frames was abandoned: the session says why instead.
            if wrote {
                match self.link.flush().now_or_never() {
                    Some(flushed) => flushed?,
                    None => {
                        self.flush().await?;
                        // The bell may have rung meanwhile, so this look is stale.
                        continue;
                    }
                }
            }
            match next {
                Next::More => {}
                Next::Rest { playing } => {
                    if playing && !self.playing {
                        self.playing = true;
                        self.release()?;
                    }
                    return Ok(());
                }
                Next::Displaced => return Err(End::Displaced),
                Next::Slow => return Err(self.too_slow()),
                Next::Close(farewell) => return Err(End::Over(farewell)),
                Next::Refused(verdict) if verdict.returning => self.arrive_anew()?,
                Next::Refused(verdict) => return Err(End::Refused(verdict.refusal)),
            }
        }
    }

    /// Flushes, unless the session has better to do than wait for a socket that doesn't take it.
    async fn flush(&mut self) -> Result<(), End> {
        let timeouts = &self.hub.config.timeouts;
        let mut patience = timeouts.write;
        let mut left = self.link.backlog();
        let mut alarm = pin!(sleep(patience));
        loop {
            tokio::select! {
                flushed = self.link.flush() => return Ok(flushed?),
                () = self.bell.notified() => match self.session.press(self.socket) {
                    // The next look at the session says why.
                    Some(Press::Abandon) => return Ok(()),
                    Some(Press::Hurry) if patience > timeouts.drain => {
                        patience = timeouts.drain;
                        alarm.as_mut().reset(tokio::time::Instant::now() + patience);
                    }
                    Some(Press::Hurry) | None => {}
                },
                () = &mut alarm => {
                    // Slowly is well; not at all is not.
                    let before = std::mem::replace(&mut left, self.link.backlog());
                    if left >= before || patience == timeouts.drain {
                        return Err(self.too_slow());
                    }
                    alarm.as_mut().reset(tokio::time::Instant::now() + patience);
                }
            }
        }
    }

    fn too_slow(&self) -> End {
        self.hub.figures.slow_clients.inc();
        tracing::info!("slow client closed");
        End::Break(
            Box::new(ErrorNote::of(Code::SlowClient)),
            farewell_for(Code::SlowClient),
        )
    }

    /// The session can't go on, but its character can: as a new session from 1.
    fn arrive_anew(&mut self) -> Result<(), End> {
        let bell = Arc::clone(&self.bell);
        let renewed = self
            .hub
            .renew(&self.session, self.socket, bell, self.correlation);
        self.session = renewed.map_err(End::Refused)?;
        self.hub
            .entered(&self.session, self.correlation, None, false);
        self.since = Instant::now();
        Ok(())
    }

    // ---- in -------------------------------------------------------------------------------

    async fn heed(&mut self, heard: Heard) -> Result<(), End> {
        if !self.playing {
            return Ok(hold(&mut self.link, &mut self.held, heard).await?);
        }
        match heard {
            Heard::Sign => Ok(()),
            Heard::Gone => Err(End::Gone),
            Heard::Broken(note, farewell) => Err(End::Break(Box::new(note), farewell)),
            Heard::TooFast(wait) => self.answer(&too_fast(wait)),
            Heard::Text(text) if self.session.format == Format::Kadath => match decode(&text) {
                Ok(ClientFrame::Command(command)) => self.command(command),
                Ok(ClientFrame::Ping) => self.answer(&Pong {}),
                Ok(ClientFrame::Authenticate(_)) => {
                    let refusal =
                        Refusal::new(Code::ResourceConflict, "You have signed in already.");
                    self.answer(&ErrorNote::from(refusal))
                }
                Err(defect) => match defect.id {
                    Some(id) => self.refuse(id, defect.refusal()),
                    None => self.answer(&error_of(&defect)),
                },
            },
            Heard::Binary(_) if self.session.format == Format::Kadath => self.answer(&not_text()),
            Heard::Text(_) | Heard::Binary(_) => match typed(self.session.format, &heard) {
                Ok(Typed::Lines(lines)) => {
                    for line in lines {
                        self.typed_line(&line)?;
                    }
                    Ok(())
                }
                Ok(Typed::Supports(wish, modules)) => {
                    let asked = Supports::after(self.session.supports(), wish, &modules);
                    self.session.retune(|tongue| tongue.supports = Some(asked));
                    Ok(())
                }
                Ok(Typed::Ping) => self.answer(&Pong {}),
                Ok(Typed::Login { .. } | Typed::Unheeded) => Ok(()),
                Err(defect) => self.answer(&error_of(&defect)),
            },
        }
    }

    fn typed_line(&mut self, words: &Secret) -> Result<(), End> {
        let mut parts = words.expose().split_whitespace();
        let ours = matches!(parts.next(), Some("/colour" | "/color"));
        if let (true, Some(on)) = (ours, parts.next().and_then(switch)) {
            self.session.retune(|tongue| tongue.colour = on);
            return self.answer(&colour_is(on));
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
            self.hub.ask(Inbound::Line {
                session: self.session.id,
                id,
                line,
                correlation: self.correlation,
            })
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
            self.command(command)?;
        }
        Ok(())
    }

    /// Queues an answer in the session's stream. It leaves with whatever else waits.
    fn answer(&mut self, note: &dyn Note) -> Result<(), End> {
        let bell = self.hub.voiced(note, |voice| self.session.hear(voice));
        if let Some(bell) = bell {
            bell.notify_one();
        }
        Ok(())
    }

    // ---- time -----------------------------------------------------------------------------

    /// Pings the silent, gives up on the gone, forgets what nobody can ask for any more.
    async fn look_after(&mut self, mut alarm: Pin<&mut Sleep>) -> Result<(), End> {
        let timeouts = self.hub.config.timeouts;
        alarm
            .as_mut()
            .reset(tokio::time::Instant::now() + timeouts.ping);
        let now = Instant::now();
        if !self.playing && now.duration_since(self.since) >= timeouts.arrival {
            let refusal = Refusal::of(Code::ServerBusy).after_ms(BUSY_RETRY_MS);
            let farewell = farewell_for(refusal.code);
            return Err(End::Break(Box::new(refusal.into()), farewell));
        }
        self.session.trim(now);
        let silent = now.duration_since(self.link.heard_at());
        if !timeouts.idle.is_zero() && silent >= timeouts.idle {
            let word = Refusal::new(
                Code::TimeoutError,
                "Nothing was heard from you for too long.",
            );
            let farewell = farewell_for(Code::TimeoutError);
            return Err(End::Break(Box::new(word.into()), farewell));
        }
        if silent >= timeouts.ping {
            self.link.ping().await?;
        }
        Ok(())
    }
}
