//! A telnet stream as a conversation's pipe.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use engine::port::{Code, Refusal, Tick};
use futures_util::future::BoxFuture;

use super::carrier::TelnetCarrier;
use super::codes::{AYT, EOR, GA, IAC, TIMING_MARK, TelnetOption, TelnetVerb};
use super::codes::{put_subnegotiation, put_verb};
use super::layout::TextLayout;
use super::options::{OptionChange, TelnetOptions};
use super::parser::{TelnetParser, TelnetToken};
use super::terminal::{ColorDepth, TerminalInfo};
use super::typing::LineInput;
use crate::edge::close::CloseReason;
use crate::edge::pipe::{Gone, PeerMessage, Pipe};
use crate::format::{EncodedFrame, FramePayload};

/// Answers gathered for a client that negotiates and does not read.
const REPLIES_BYTES_MAX: usize = 16 * 1024;
/// Questions that are open at once: more than pings and receipts come to.
const PROBES_MAX: usize = 64;

/// What shows that the server waits for a line.
const PROMPT: &[u8] = b"> ";

/// What a connection has to say of itself when asked by MSSP.
pub(super) type ServerStatus = dyn Fn() -> Vec<(&'static str, String)> + Send;

/// One telnet stream. Everything but its carrier is plain state.
pub(super) struct TelnetPipe<C> {
    carrier: Box<C>,
    parser: TelnetParser,
    options: TelnetOptions,
    terminal: TerminalInfo,
    typing: LineInput,
    /// Read and not yet looked at.
    input: Vec<u8>,
    looked_at: usize,
    /// Something came since the last message, but no message.
    silent: bool,
    /// Written and not yet taken.
    out: Vec<u8>,
    taken: usize,
    /// Bytes of answers since `out` was last empty.
    replies: usize,
    prompt: PromptState,
    /// Whether colors are shown, where its player has said so.
    colored: Option<bool>,
    marks: TimingMarks,
    status: Box<ServerStatus>,
    /// Nothing was typed yet.
    fresh: bool,
}

/// Where the prompt stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum PromptState {
    /// It is due: something was said, or an empty line typed.
    #[default]
    Due,
    /// It is what the client sees last.
    Shown,
    /// A line was typed behind it.
    Typed,
}

/// Questions whether everything before has been read.
///
/// Whoever has answered one is waited for; for all others it must do that the system has taken
/// everything. Who stops answering is no longer waited for, and closed for none of it.
#[derive(Clone, Debug, Default)]
struct TimingMarks {
    /// Each with whether it was written.
    open: VecDeque<(Option<Tick>, bool)>,
    answers: bool,
    /// Answers that may come to questions that nobody waits for any more.
    late: usize,
}

impl<C: TelnetCarrier> TelnetPipe<C> {
    pub(super) fn open(carrier: C, status: Box<ServerStatus>) -> Self {
        let mut options = TelnetOptions::default();
        let mut out = Vec::new();
        for (verb, code) in options.greet() {
            put_verb(&mut out, verb, code);
        }
        Self {
            carrier: Box::new(carrier),
            parser: TelnetParser::default(),
            options,
            terminal: TerminalInfo::default(),
            typing: LineInput::default(),
            input: Vec::new(),
            looked_at: 0,
            silent: false,
            out,
            taken: 0,
            replies: 0,
            prompt: PromptState::Typed,
            colored: None,
            marks: TimingMarks::default(),
            status,
            fresh: true,
        }
    }

    // ---- in -------------------------------------------------------------------------------

    /// The next message in what was read.
    fn next_message(&mut self) -> Option<PeerMessage> {
        while let Some(byte) = self.input.get(self.looked_at) {
            self.looked_at += 1;
            if let Some(token) = self.parser.feed(*byte)
                && let Some(message) = self.understand(token)
            {
                self.silent = false;
                return Some(message);
            }
        }
        // An idle connection holds no memory for what it may send.
        self.input = Vec::new();
        self.looked_at = 0;
        std::mem::take(&mut self.silent).then_some(PeerMessage::Alive)
    }

    fn understand(&mut self, token: TelnetToken) -> Option<PeerMessage> {
        let before = self.out.len();
        let message = match token {
            TelnetToken::Text(byte) => self.typing.feed(byte).and_then(|line| {
                if std::mem::take(&mut self.fresh) && is_http(&line) {
                    return Some(speaks_telnet());
                }
                if line.is_empty() {
                    self.prompt = PromptState::Due;
                    return None;
                }
                self.prompt = PromptState::Typed;
                Some(PeerMessage::Message(FramePayload::Typed(line)))
            }),
            TelnetToken::Command(AYT) => {
                self.prompt = PromptState::Due;
                self.out.extend(b"\r\n[Yes]\r\n");
                None
            }
            TelnetToken::Command(_) => None,
            TelnetToken::Negotiation(verb, code) => {
                let (answer, change) = self.options.receive(verb, code);
                if let Some((verb, code)) = answer {
                    put_verb(&mut self.out, verb, code);
                }
                change.and_then(|change| self.changed(change))
            }
            TelnetToken::Subnegotiation(code, content) => {
                let option = TelnetOption::of(code);
                option.and_then(|option| self.told(option, content))
            }
        };
        self.replies += self.out.len() - before;
        message
    }

    fn changed(&mut self, change: OptionChange) -> Option<PeerMessage> {
        match change {
            OptionChange::Marked => return self.marks.answered(),
            OptionChange::Ours(TelnetOption::ServerStatus, true) => self.put_status(),
            OptionChange::Ours(option, true) | OptionChange::Theirs(option, true) => {
                TerminalInfo::ask(option, &mut self.out);
            }
            OptionChange::Ours(..) | OptionChange::Theirs(..) => {}
        }
        None
    }

    fn told(&mut self, option: TelnetOption, content: Option<Vec<u8>>) -> Option<PeerMessage> {
        let Some(content) = content else {
            let refusal =
                Refusal::new(Code::ValidationError, "That message is bigger than 10 KiB.");
            return Some(PeerMessage::Broken(refusal, CloseReason::TooBig));
        };
        if option == TelnetOption::Gmcp {
            let data = FramePayload::Data(content.into());
            return self
                .options
                .ours(option)
                .then_some(PeerMessage::Message(data));
        }
        let agreed = self.options.ours(option) || self.options.theirs(option);
        if agreed {
            self.terminal.receive(option, &content, &mut self.out);
        }
        None
    }

    // ---- out ------------------------------------------------------------------------------

    fn layout(&self) -> TextLayout {
        let depth = match self.colored {
            Some(false) => ColorDepth::Plain,
            Some(true) => self.terminal.depth().max(ColorDepth::Sixteen),
            None => self.terminal.depth(),
        };
        TextLayout {
            depth,
            columns: self.terminal.columns(),
            ascii: self.terminal.is_ascii(),
            links: self.terminal.has_links(),
        }
    }

    /// Begins on a line of its own. Clients that know prompts by their end do that themselves.
    fn leave_prompt(&mut self) {
        if self.prompt == PromptState::Shown && !self.options.ours(TelnetOption::EndOfRecord) {
            self.out.extend(b"\r\n");
        }
        self.prompt = PromptState::Due;
    }

    /// Shows the prompt where it is due, now that the client is waited for.
    fn show_prompt(&mut self) {
        if self.prompt != PromptState::Due {
            return;
        }
        self.prompt = PromptState::Shown;
        self.out.extend(PROMPT);
        if self.options.ours(TelnetOption::EndOfRecord) {
            self.out.extend([IAC, EOR]);
        } else if !self.options.ours(TelnetOption::SuppressGoAhead) && self.options.speaks() {
            self.out.extend([IAC, GA]);
        }
    }

    fn put_status(&mut self) {
        let mut content = Vec::new();
        for (name, value) in (self.status)() {
            content.push(1);
            content.extend(name.bytes());
            content.push(2);
            content.extend(value.bytes().filter(|byte| *byte > 2));
        }
        put_subnegotiation(&mut self.out, TelnetOption::ServerStatus, &content);
    }
}

impl TimingMarks {
    /// Asks; `written`: the client is sent the question.
    fn ask(&mut self, tick: Option<Tick>, written: bool) {
        if tick.is_none() && !self.open.is_empty() || self.open.len() >= PROBES_MAX {
            self.answers = false;
        }
        self.open.push_back((tick, written));
    }

    fn answered(&mut self) -> Option<PeerMessage> {
        if self.late > 0 {
            self.late -= 1;
            return None;
        }
        // Who has read a later question has read the earlier.
        while let Some((tick, written)) = self.open.pop_front() {
            if written {
                self.answers = true;
                return Some(proof(tick));
            }
        }
        None
    }

    /// The oldest question, where everything was taken and nobody is waited for.
    fn taken_for_answered(&mut self) -> Option<PeerMessage> {
        if self.answers {
            return None;
        }
        let (tick, written) = self.open.pop_front()?;
        self.late += usize::from(written);
        Some(proof(tick))
    }
}

fn proof(tick: Option<Tick>) -> PeerMessage {
    tick.map_or(PeerMessage::Alive, PeerMessage::Proof)
}

impl<C: TelnetCarrier> Pipe for TelnetPipe<C> {
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<PeerMessage> {
        loop {
            if let Some(message) = self.next_message() {
                return Poll::Ready(message);
            }
            if self.replies > REPLIES_BYTES_MAX {
                let slow = Code::SlowClient;
                let reason = CloseReason::Error(slow);
                return Poll::Ready(PeerMessage::Broken(Refusal::of(slow), reason));
            }
            self.show_prompt();
            // Answers and prompts leave though nobody flushes for them.
            match self.poll_flush(cx) {
                Poll::Ready(Err(Gone)) => return Poll::Ready(PeerMessage::Gone),
                Poll::Ready(Ok(())) => {
                    if let Some(message) = self.marks.taken_for_answered() {
                        return Poll::Ready(message);
                    }
                }
                Poll::Pending => {}
            }
            match ready!(self.carrier.poll_read(cx, &mut self.input)) {
                None => self.silent = true,
                Some(message) => return Poll::Ready(message),
            }
        }
    }

    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.carrier.poll_waiting(cx)
    }

    fn write(&mut self, _: u64, frame: &EncodedFrame) {
        match frame {
            EncodedFrame::Text(text) => {
                self.leave_prompt();
                self.layout().put(text, &mut self.out);
            }
            EncodedFrame::Data(data) => {
                if self.options.ours(TelnetOption::Gmcp) {
                    put_subnegotiation(&mut self.out, TelnetOption::Gmcp, data);
                }
            }
            EncodedFrame::Numbered(_) => debug_assert!(false, "no frame of this format"),
        }
    }

    fn probe(&mut self, tick: Option<Tick>) {
        if self.carrier.probe(tick) {
            return;
        }
        let speaks = self.options.speaks();
        self.marks.ask(tick, speaks);
        if speaks {
            put_verb(&mut self.out, TelnetVerb::Do, TIMING_MARK);
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        while self.taken < self.out.len() {
            let rest = &self.out[self.taken..];
            match ready!(self.carrier.poll_write(cx, rest)) {
                Ok(taken) if taken > 0 => self.taken += taken,
                Ok(_) | Err(_) => return Poll::Ready(Err(Gone)),
            }
        }
        // Freed, so that an idle connection holds none.
        self.out = Vec::new();
        self.taken = 0;
        self.replies = 0;
        self.carrier.poll_flush(cx)
    }

    fn backlog(&self) -> usize {
        self.out.len() - self.taken + self.carrier.backlog()
    }

    fn colour(&mut self, on: bool) {
        self.colored = Some(on);
    }

    fn conceal(&mut self, on: bool) {
        let said = if on {
            let speaks = self.options.speaks();
            speaks
                .then(|| self.options.offer(TelnetOption::Echo))
                .flatten()
        } else {
            self.options.withdraw(TelnetOption::Echo)
        };
        if let Some((verb, code)) = said {
            put_verb(&mut self.out, verb, code);
            if !on {
                // The client has not shown the end of the line either.
                self.out.extend(b"\r\n");
            }
        }
    }

    fn close(mut self: Box<Self>, reason: Option<CloseReason>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if poll_fn(|cx| self.poll_flush(cx)).await.is_ok() {
                self.carrier.end(reason).await;
            }
        })
    }
}

/// Whether a browser speaks, or a scanner.
fn is_http(line: &[u8]) -> bool {
    let ends = |version: &[u8]| line.ends_with(version);
    line.contains(&b'/') && (ends(b" HTTP/1.1") || ends(b" HTTP/1.0"))
}

fn speaks_telnet() -> PeerMessage {
    let refusal = Refusal::new(Code::InvalidFormat, super::NOT_HTTP);
    PeerMessage::Broken(refusal, CloseReason::Malformed)
}
