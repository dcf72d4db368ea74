//! A telnet stream as a conversation's pipe.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use engine::port::{Code, Refusal, Tick};
use futures_util::future::BoxFuture;

use super::carrier::TelnetCarrier;
use super::codes::{AYT, EOR, GA, IAC, TIMING_MARK, TelnetOption, TelnetVerb};
use super::codes::{put_subnegotiation, put_verb};
use super::layout::TextLayout;
use super::options::{OptionChange, TelnetOptions};
use super::outlet::{CompressionPlace, TelnetOutlet};
use super::parser::{TelnetParser, TelnetToken};
use super::probes::TimingMarks;
use super::terminal::{ColorDepth, TerminalInfo};
use super::typing::LineInput;
use crate::edge::close::CloseReason;
use crate::edge::pipe::{Gone, PeerMessage, Pipe};
use crate::format::{EncodedFrame, FramePayload};

/// Answers gathered for a client that negotiates and does not read.
const REPLIES_BYTES_MAX: usize = 16 * 1024;

/// What shows that the server waits for a line.
const PROMPT: &[u8] = b"> ";

/// What a stream asks of the server that it belongs to.
pub(super) trait TelnetHost: Send + Sync {
    /// What crawlers are told by MSSP: what is so, and nothing that only might be.
    fn status(&self) -> Vec<(&'static str, String)>;

    /// A place among the streams that are compressed; `None`: there is none.
    fn compression(&self) -> Option<CompressionPlace>;
}

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
    out: TelnetOutlet,
    /// Bytes of answers since everything was last taken.
    replies: usize,
    prompt: PromptState,
    /// Whether colors are shown, where its player has said so.
    colored: Option<bool>,
    /// Whether text is read aloud, where its player has said so.
    reader: Option<bool>,
    marks: TimingMarks,
    host: Arc<dyn TelnetHost>,
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

impl<C: TelnetCarrier> TelnetPipe<C> {
    pub(super) fn open(carrier: C, host: Arc<dyn TelnetHost>) -> Self {
        let mut options = TelnetOptions::default();
        let mut out = TelnetOutlet::default();
        for (verb, code) in options.greet() {
            put_verb(out.bytes(), verb, code);
        }
        // Where TLS hides the text, its length would tell of it.
        if carrier.may_be_compressed()
            && host.compression().is_some()
            && let Some((verb, code)) = options.offer(TelnetOption::Compress)
        {
            put_verb(out.bytes(), verb, code);
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
            replies: 0,
            prompt: PromptState::Typed,
            colored: None,
            reader: None,
            marks: TimingMarks::default(),
            host,
            fresh: true,
        }
    }

    /// The carrier, for what a test has it do.
    #[cfg(test)]
    pub(super) fn carrier_mut(&mut self) -> &mut C {
        &mut self.carrier
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
        let before = self.out.bytes().len();
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
                self.out.bytes().extend(b"\r\n[Yes]\r\n");
                None
            }
            TelnetToken::Command(_) => None,
            TelnetToken::Negotiation(verb, code) => {
                let (answer, change) = self.options.receive(verb, code);
                if let Some((verb, code)) = answer {
                    put_verb(self.out.bytes(), verb, code);
                }
                change.and_then(|change| self.changed(change))
            }
            TelnetToken::Subnegotiation(code, content) => {
                let option = TelnetOption::of(code);
                option.and_then(|option| self.told(option, content))
            }
        };
        // Less than before where a stream was compressed meanwhile.
        self.replies += self.out.bytes().len().saturating_sub(before);
        message
    }

    fn changed(&mut self, change: OptionChange) -> Option<PeerMessage> {
        match change {
            OptionChange::Marked => return self.marks.answered(),
            OptionChange::Ours(TelnetOption::ServerStatus, true) => self.put_status(),
            OptionChange::Ours(TelnetOption::Compress, true) => self.compress(),
            OptionChange::Ours(TelnetOption::Compress, false) => self.out.decompress(),
            OptionChange::Ours(TelnetOption::Gmcp, true) => {
                let login = br#"Char.Login.Default {"type":["password-credentials"]}"#;
                put_subnegotiation(self.out.bytes(), TelnetOption::Gmcp, login);
            }
            OptionChange::Ours(option, true) | OptionChange::Theirs(option, true) => {
                TerminalInfo::ask(option, self.out.bytes());
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
            self.terminal.receive(option, &content, self.out.bytes());
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

    /// Whether it is read aloud: by its player's word, or as the client says.
    fn reader(&self) -> bool {
        self.reader.unwrap_or(self.terminal.is_read_aloud())
    }

    /// Begins on a line of its own. Clients that know prompts by their end do that themselves.
    fn leave_prompt(&mut self) {
        if self.prompt == PromptState::Shown
            && !self.reader()
            && !self.options.ours(TelnetOption::EndOfRecord)
        {
            self.out.bytes().extend(b"\r\n");
        }
        self.prompt = PromptState::Due;
    }

    /// Shows the prompt where it is due, now that the client is waited for.
    fn show_prompt(&mut self) {
        if self.prompt != PromptState::Due {
            return;
        }
        self.prompt = PromptState::Shown;
        if !self.reader() {
            self.out.bytes().extend(PROMPT);
        }
        if self.options.ours(TelnetOption::EndOfRecord) {
            self.out.bytes().extend([IAC, EOR]);
        } else if !self.options.ours(TelnetOption::SuppressGoAhead) && self.options.speaks() {
            self.out.bytes().extend([IAC, GA]);
        }
    }

    /// Compresses what follows, as long as there is a place; else it stays as it is.
    fn compress(&mut self) {
        let place = self
            .carrier
            .may_be_compressed()
            .then(|| self.host.compression());
        if let Some(place) = place.flatten() {
            put_subnegotiation(self.out.bytes(), TelnetOption::Compress, &[]);
            self.out.compress(place);
        } else if let Some((verb, code)) = self.options.withdraw(TelnetOption::Compress) {
            put_verb(self.out.bytes(), verb, code);
        }
    }

    fn put_status(&mut self) {
        let mut content = Vec::new();
        for (name, value) in self.host.status() {
            content.push(1);
            content.extend(name.bytes());
            content.push(2);
            content.extend(value.bytes().filter(|byte| *byte > 2));
        }
        put_subnegotiation(self.out.bytes(), TelnetOption::ServerStatus, &content);
    }
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
                self.layout().put(text, self.out.bytes());
            }
            EncodedFrame::Data(data) => {
                if self.options.ours(TelnetOption::Gmcp) {
                    put_subnegotiation(self.out.bytes(), TelnetOption::Gmcp, data);
                }
            }
            EncodedFrame::Numbered(_) => debug_assert!(false, "no frame of this format"),
        }
    }

    fn probe(&mut self, tick: Option<Tick>) {
        if self.carrier.probe(tick) {
            return;
        }
        if self.marks.ask(tick, self.options.speaks()) {
            put_verb(self.out.bytes(), TelnetVerb::Do, TIMING_MARK);
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        ready!(self.out.poll_flush(&mut *self.carrier, cx))?;
        self.replies = 0;
        self.carrier.poll_flush(cx)
    }

    fn backlog(&self) -> usize {
        self.out.backlog() + self.carrier.backlog()
    }

    fn colour(&mut self, on: bool) {
        self.colored = Some(on);
    }

    fn read_aloud(&mut self, on: bool) {
        self.reader = Some(on);
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
            put_verb(self.out.bytes(), verb, code);
            if !on {
                // The client has not shown the end of the line either.
                self.out.bytes().extend(b"\r\n");
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
