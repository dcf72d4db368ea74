//! A telnet stream without a socket: bytes in, messages and bytes out.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use engine::port::Tick;
use flate2::{Decompress, FlushDecompress};
use futures_util::future::BoxFuture;
use proptest::prelude::*;

use super::carrier::TelnetCarrier;
use super::codes::{IAC, SB, SE};
use super::outlet::CompressionPlace;
use super::parser::{TelnetParser, TelnetToken};
use super::pipe::{TelnetHost, TelnetPipe};
use crate::edge::close::CloseReason;
use crate::edge::pipe::{Gone, PeerMessage, Pipe};
use crate::format::{EncodedFrame, FramePayload};

mod dialogues;

/// A carrier that is read what a test says, and keeps what it takes.
#[derive(Default)]
struct ScriptCarrier {
    input: VecDeque<Vec<u8>>,
    output: Arc<std::sync::Mutex<Vec<u8>>>,
    /// It takes nothing.
    full: bool,
}

impl TelnetCarrier for ScriptCarrier {
    fn poll_read(&mut self, _: &mut Context<'_>, input: &mut Vec<u8>) -> Poll<Option<PeerMessage>> {
        match self.input.pop_front() {
            Some(piece) => {
                input.extend(piece);
                Poll::Ready(None)
            }
            None => Poll::Pending,
        }
    }

    fn poll_waiting(&mut self, _: &mut Context<'_>) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.full {
            return Poll::Pending;
        }
        self.output.lock().unwrap().extend(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        Poll::Ready(Ok(()))
    }

    fn backlog(&self) -> usize {
        0
    }

    fn probe(&mut self, _: Option<Tick>) -> bool {
        false
    }

    fn may_be_compressed(&self) -> bool {
        true
    }

    fn end(self: Box<Self>, _: Option<CloseReason>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// A server with so many places for compression.
struct FakeHost(AtomicUsize);

impl TelnetHost for FakeHost {
    fn status(&self) -> Vec<(&'static str, String)> {
        vec![("NAME", "Attic".to_owned()), ("PLAYERS", "3".to_owned())]
    }

    fn compression(&self) -> Option<CompressionPlace> {
        let left = self.0.load(Ordering::Relaxed);
        (left > 0).then_some(CompressionPlace { _permit: None })
    }
}

/// One stream and what has come of it.
struct FakeStream {
    pipe: TelnetPipe<ScriptCarrier>,
    output: Arc<std::sync::Mutex<Vec<u8>>>,
    messages: Vec<String>,
}

impl FakeStream {
    fn open(places: usize) -> Self {
        let carrier = ScriptCarrier::default();
        let output = Arc::clone(&carrier.output);
        let host = Arc::new(FakeHost(AtomicUsize::new(places)));
        let pipe = TelnetPipe::open(carrier, host);
        let mut stream = Self {
            pipe,
            output,
            messages: Vec::new(),
        };
        stream.hears(&[]);
        stream
    }

    /// Feeds a piece and reads all that comes of it; answers what is sent.
    fn hears(&mut self, piece: &[u8]) -> Vec<u8> {
        if !piece.is_empty() {
            self.pipe.carrier_mut().input.push_back(piece.to_vec());
        }
        let mut cx = Context::from_waker(Waker::noop());
        while let Poll::Ready(message) = self.pipe.poll_receive(&mut cx) {
            let end = matches!(message, PeerMessage::Broken(..));
            match message {
                PeerMessage::Message(FramePayload::Typed(line)) => {
                    self.messages
                        .push(String::from_utf8_lossy(&line).into_owned());
                }
                PeerMessage::Message(FramePayload::Data(data)) => {
                    let data = String::from_utf8_lossy(&data).into_owned();
                    self.messages.push(format!("gmcp {data}"));
                }
                PeerMessage::Alive => {}
                other => self.messages.push(format!("{other:?}")),
            }
            if end {
                break;
            }
        }
        std::mem::take(&mut *self.output.lock().unwrap())
    }

    /// Says something to the client; answers what is sent.
    fn says(&mut self, text: &str) -> Vec<u8> {
        self.pipe
            .write(0, &EncodedFrame::Text(Arc::new(text.as_bytes().into())));
        self.hears(&[])
    }
}

#[test]
fn storm_of_requests_gets_few_answers() {
    let mut stream = FakeStream::open(0);
    // A storm of what is on already, and of what nobody speaks here.
    let mut storm = Vec::new();
    for _ in 0..500 {
        for code in [0, 3, 25, 70, 201, 5, 99, 254] {
            storm.extend([IAC, 253, code, IAC, 251, code]);
        }
    }
    let answered = stream.hears(&storm);
    let answers = answered.chunks(3).filter(|part| part[0] == IAC).count();
    assert!(
        answers < 60,
        "{answers} answers of {} bytes",
        answered.len()
    );
    assert_eq!(stream.messages, Vec::<String>::new());
}

#[test]
fn client_that_asks_and_reads_nothing_is_slow() {
    let mut stream = FakeStream::open(0);
    stream.pipe.carrier_mut().full = true;
    for _ in 0..100 {
        stream.hears(&[IAC, 246].repeat(512));
        if stream
            .messages
            .iter()
            .any(|message| message.contains("SlowClient"))
        {
            assert!(stream.pipe.backlog() < 32 * 1024);
            return;
        }
    }
    panic!("{} bytes wait", stream.pipe.backlog());
}

#[test]
fn switch_that_is_played_with_stays_off() {
    let mut stream = FakeStream::open(1);
    let answered = stream.hears(&[IAC, 253, 70, IAC, 254, 70].repeat(1_000));
    assert!(answered.len() < 2_000, "{}", answered.len());
    let answered = stream.hears(&[IAC, 253, 86, IAC, 254, 86].repeat(1_000));
    let begun = answered
        .windows(5)
        .filter(|part| *part == [IAC, SB, 86, IAC, SE]);
    assert_eq!(begun.count(), 1);
}

#[test]
fn compression_begins_and_ends_where_client_says() {
    let mut stream = FakeStream::open(1);
    let begun = stream.hears(&[IAC, 253, 86]);
    assert_eq!(begun, [IAC, SB, 86, IAC, SE]);
    let mut inflater = Decompress::new(true);
    let mut read = Vec::with_capacity(4096);
    for text in ["the sea\n", "the sea is grey\n"] {
        let sent = stream.says(text);
        inflater
            .decompress_vec(&sent, &mut read, FlushDecompress::Sync)
            .unwrap();
    }
    let last = stream.hears(&[IAC, 254, 86]);
    inflater
        .decompress_vec(&last, &mut read, FlushDecompress::Finish)
        .unwrap();
    let read = String::from_utf8_lossy(&read).into_owned();
    assert!(
        read.contains("the sea\r\n> ") && read.contains("the sea is grey"),
        "{read}"
    );
    let plain = stream.says("again\n");
    assert!(plain.ends_with(b"again\r\n> \xff\xf9"), "{plain:?}");
}

#[test]
fn compression_without_place_is_not_begun() {
    let mut stream = FakeStream::open(0);
    assert_eq!(stream.hears(&[IAC, 253, 86]), [IAC, 251, 86, IAC, 252, 86]);
    assert!(stream.says("plain\n").ends_with(b"plain\r\n> \xff\xf9"));
}

#[test]
fn endless_subnegotiation_is_refused_at_bound() {
    let mut stream = FakeStream::open(0);
    stream.hears(&[IAC, 253, 201]);
    stream.hears(&[IAC, SB, 201]);
    for _ in 0..100 {
        stream.hears(&[b'x'; 1024]);
    }
    assert_eq!(stream.messages, Vec::<String>::new());
    stream.hears(&[IAC, SE]);
    let last = stream.messages.last().unwrap();
    assert!(last.contains("TooBig"), "{last}");
}

#[test]
fn timing_marks_prove_reading() {
    let mut stream = FakeStream::open(0);
    let ask = |stream: &mut FakeStream, tick| {
        stream.pipe.probe(tick);
        stream.hears(&[])
    };
    // A terminal: that its system took everything must do.
    assert_eq!(ask(&mut stream, Some(1)), b"");
    assert_eq!(stream.messages, ["Proof(1)"]);
    stream.hears(&[IAC, 253, 3]);
    let question = [IAC, 253, 6];
    for tick in [2, 3] {
        assert_eq!(ask(&mut stream, Some(tick)), question);
        assert_eq!(*stream.messages.last().unwrap(), format!("Proof({tick})"));
        stream.hears(&[IAC, 252, 6]);
    }
    // It answers, so it is waited for; a sign of life is not asked of it.
    assert_eq!(ask(&mut stream, Some(4)), question);
    assert_eq!(stream.messages.len(), 3);
    stream.hears(&[IAC, 251, 6]);
    assert_eq!(stream.messages.last().unwrap(), "Proof(4)");
    // It stops answering: with the next ping that is known, and forgiven.
    ask(&mut stream, Some(5));
    assert_eq!(stream.messages.len(), 4);
    assert_eq!(ask(&mut stream, None), b"");
    assert_eq!(stream.messages.last().unwrap(), "Proof(5)");
}

/// Streams in which commands are as likely as text.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        2 => prop::sample::select(vec![239_u8, 240, 241, 246, 249]).prop_map(|code| vec![IAC, code]),
        6 => (251_u8..=254, prop::sample::select(vec![0_u8, 1, 3, 6, 24, 25, 31, 39, 42, 70, 201, 7]))
            .prop_map(|(verb, code)| vec![IAC, verb, code]),
        3 => (prop::sample::select(vec![24_u8, 31, 39, 42, 201]), prop::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(code, content)| [&[IAC, SB, code][..], &content, &[IAC, SE]].concat()),
        4 => "[a-z /]{0,20}\r?\n?".prop_map(String::into_bytes),
        2 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// What was negotiated in bytes of the server, prompts and text left out.
fn negotiated(bytes: &[u8]) -> Vec<TelnetToken> {
    let mut parser = TelnetParser::default();
    let tokens = bytes.iter().filter_map(|byte| parser.feed(*byte));
    tokens
        .filter(|token| !matches!(token, TelnetToken::Text(_) | TelnetToken::Command(_)))
        .collect()
}

proptest! {
    /// Wherever a stream is cut, even at every byte, it means the same and nothing panics.
    #[test]
    fn stream_cut_anywhere_means_the_same(bytes in streams(), size in 1_usize..16) {
        let (mut whole, mut cut) = (FakeStream::open(0), FakeStream::open(0));
        let at_once = whole.hears(&bytes);
        let mut in_pieces = Vec::new();
        for piece in bytes.chunks(size) {
            in_pieces.extend(cut.hears(piece));
        }
        prop_assert_eq!(&whole.messages, &cut.messages);
        prop_assert_eq!(negotiated(&at_once), negotiated(&in_pieces));
    }
}
