//! What clients send before they are in the world.

use engine::port::{Code, Refusal};

use crate::clock;
use crate::edge::close::ExitCause;
use crate::edge::link::Link;
use crate::edge::pipe::PeerMessage;
use crate::format::{ClientFrame, Command, Defect, Incoming, Typed, typed_line};
use crate::hub::BUSY_RETRY_MS;
use crate::payload::{CommandResponse, ErrorNote, Pong};

/// What was sent ahead of the welcome.
#[derive(Debug, Default)]
pub(in crate::edge) struct EarlyInput {
    lines: Vec<Command>,
    refused: Vec<(u64, Refusal)>,
}

impl EarlyInput {
    /// Lines that may be sent before the welcome.
    const LINES_MAX: usize = 16;
    /// Refused ids worth remembering: as many as a session remembers.
    const REFUSED_MAX: usize = 64;

    /// Keeps a line, or says why not.
    pub(in crate::edge) fn keep(&mut self, command: Command) -> Result<(), Refusal> {
        if self.lines.len() < Self::LINES_MAX {
            self.lines.push(command);
            return Ok(());
        }
        let refusal = Refusal::new(Code::ServerBusy, "Wait until you are in the world.")
            .after_ms(BUSY_RETRY_MS);
        if let Some(id) = command.id
            && self.refused.len() < Self::REFUSED_MAX
        {
            self.refused.push((id, refusal.clone()));
        }
        Err(refusal)
    }

    /// The lines, in order.
    pub(in crate::edge) fn release(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.lines)
    }

    /// The ids that were refused for want of room.
    pub(in crate::edge) fn refused(&mut self) -> Vec<(u64, Refusal)> {
        std::mem::take(&mut self.refused)
    }
}

/// Deals with what comes before the welcome: lines are held, the rest is answered outside of the
/// session's stream.
pub(in crate::edge) async fn hold(
    link: &mut Link,
    held: &mut EarlyInput,
    received: PeerMessage,
) -> Result<(), ExitCause> {
    let PeerMessage::Message(payload) = received else {
        return no_message(link, received).await;
    };
    let commands = match link.encoder.format.decode(&payload) {
        Ok(Incoming::Frame(ClientFrame::Command(command))) => vec![command],
        Ok(Incoming::Typed(Typed::Lines(lines))) => lines
            .iter()
            .map(|words| Command {
                id: None,
                line: typed_line(words),
            })
            .collect(),
        Ok(Incoming::Frame(ClientFrame::Ping) | Incoming::Typed(Typed::Ping)) => {
            return Ok(link.say(&Pong {}).await?);
        }
        Ok(Incoming::Frame(ClientFrame::Authenticate(_))) => {
            let refusal = Refusal::new(Code::ResourceConflict, "You have signed in already.");
            return Ok(link.say(&ErrorNote::from(refusal)).await?);
        }
        Ok(Incoming::Typed(_)) => return Ok(()),
        Err(Defect {
            id: Some(id),
            code,
            message,
            ..
        }) => vec![Command {
            id: Some(id),
            line: Err(Refusal::new(code, message)),
        }],
        Err(defect) => return Ok(link.say(&error_of(&defect)).await?),
    };
    for (at, command) in commands.into_iter().enumerate() {
        // The first was counted as the message.
        if at > 0
            && let Err(wait) = link.count(clock::now())
        {
            return Ok(link.say(&too_fast(wait)).await?);
        }
        let id = command.id;
        match (held.keep(command), id) {
            (Ok(()), _) => {}
            (Err(refusal), Some(_)) => {
                link.say(&CommandResponse::refused(id, refusal, false))
                    .await?;
            }
            (Err(refusal), None) => link.say(&ErrorNote::from(refusal)).await?,
        }
    }
    Ok(())
}

/// Deals with what is no message.
pub(in crate::edge) async fn no_message(
    link: &mut Link,
    received: PeerMessage,
) -> Result<(), ExitCause> {
    match received {
        PeerMessage::Message(_) | PeerMessage::Alive | PeerMessage::Proof(_) => Ok(()),
        PeerMessage::TooFast(wait) => Ok(link.say(&too_fast(wait)).await?),
        PeerMessage::Closed => Err(ExitCause::Closed),
        PeerMessage::Gone => Err(ExitCause::Gone),
        PeerMessage::Broken(refusal, reason) => {
            Err(ExitCause::Said(Box::new(refusal.into()), reason))
        }
    }
}

/// The `error` of a defect.
pub(in crate::edge) fn error_of(defect: &Defect) -> ErrorNote {
    ErrorNote {
        field: defect.field,
        ..defect.refusal().into()
    }
}

/// The `error` that a flood gets.
pub(in crate::edge) fn too_fast(wait: u64) -> ErrorNote {
    Refusal::of(Code::RateLimitExceeded).after_ms(wait).into()
}
