//! The clients' mouths: on a thread of their own, so that lines leave by the clock, whatever the
//! crowd reads meanwhile.

use std::io::Write as _;
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::latency::Latency;
use crate::wire;

/// What the server understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// Commands; with numbers, so that each outcome is saved, or without.
    Kadath { numbered: bool },
    /// Bare lines.
    Lines,
}

/// Everybody's mouth.
#[derive(Debug)]
pub(crate) struct Voices {
    mouths: Vec<Mouth>,
    speaks: Speaks,
    /// Since when the moments in the lines are counted.
    epoch: Instant,
}

#[derive(Debug)]
struct Mouth {
    stream: TcpStream,
    last_id: u64,
}

/// What was said.
#[derive(Debug)]
pub(crate) struct Spoken {
    pub(crate) lines: u64,
    /// Lines that the socket did not take at once.
    pub(crate) blocked: u64,
    /// How late lines left, after the warm-up.
    pub(crate) late: Latency,
}

impl Voices {
    pub(crate) const fn new(speaks: Speaks, epoch: Instant) -> Self {
        Self {
            mouths: Vec::new(),
            speaks,
            epoch,
        }
    }

    /// One more, who speaks on a socket that another reads.
    pub(crate) fn add(&mut self, stream: &impl AsFd, last_id: u64) {
        let stream = stream.as_fd().try_clone_to_owned();
        let stream = TcpStream::from(stream.expect("a descriptor"));
        self.mouths.push(Mouth { stream, last_id });
    }

    /// Says so many lines a second at even intervals, each from anybody.
    pub(crate) fn speak(&mut self, lines: u64, warm_up: Duration, span: Duration) -> Spoken {
        let began = Instant::now();
        let all = lines * (warm_up + span).as_millis() as u64 / 1_000;
        let mut spoken = Spoken {
            lines: all,
            blocked: 0,
            late: Latency::new(),
        };
        let mut lots = 0x9e37_79b9_7f4a_7c15_u64;
        for line in 0..all {
            let due = began + Duration::from_nanos(line * 1_000_000_000 / lines);
            sleep(due.saturating_duration_since(Instant::now()));
            // xorshift: who speaks is drawn, so that a client's lines come unevenly.
            lots ^= lots << 13;
            lots ^= lots >> 7;
            lots ^= lots << 17;
            if due > began + warm_up {
                spoken.late.note(due.elapsed());
            }
            let who = (lots % self.mouths.len() as u64) as usize;
            spoken.blocked += u64::from(!self.say(who, due));
        }
        spoken
    }

    /// Somebody says something that was due `at`; whether the socket took it.
    fn say(&mut self, who: usize, at: Instant) -> bool {
        let mouth = &mut self.mouths[who];
        let stamp = at.saturating_duration_since(self.epoch).as_micros();
        let words = format!("@{stamp:016}@ the tide is out");
        let payload = match self.speaks {
            Speaks::Lines => words,
            Speaks::Kadath { numbered: true } => {
                mouth.last_id += 1;
                let id = mouth.last_id;
                format!(r#"{{"type":"command","id":{id},"data":{{"line":"say {words}"}}}}"#)
            }
            Speaks::Kadath { numbered: false } => {
                format!(r#"{{"type":"command","data":{{"line":"say {words}"}}}}"#)
            }
        };
        let mut frame = Vec::with_capacity(160);
        wire::text(&mut frame, payload.as_bytes());
        // It does not block: the descriptor is the runtime's own.
        mouth.stream.write(&frame).ok() == Some(frame.len())
    }
}
