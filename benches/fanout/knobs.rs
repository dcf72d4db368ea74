//! What can be asked for on the command line.

/// One question of the bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// CPU per delivery, held against both baselines.
    Cost,
    /// How long a line is under way at half the load.
    Latency,
    /// How long an answer takes until it is durable.
    Durable,
    /// How long a server on which nobody is takes to stop.
    Stop,
    /// How much is kept.
    Limit,
    /// What an idle connection holds.
    Memory,
}

/// Everything that can be turned.
#[derive(Clone, Debug)]
pub(crate) struct Knobs {
    pub(crate) parts: Vec<Part>,
    /// Clients of the parts under load.
    pub(crate) clients: usize,
    /// Connections of the memory part.
    pub(crate) idle: usize,
    /// Lines a second of the cost part, over all clients.
    pub(crate) lines: u64,
    /// Of the limit part: lines a second, and clients in a room.
    pub(crate) limit_lines: u64,
    pub(crate) limit_rooms_of: usize,
    /// Seconds of each measured span.
    pub(crate) seconds: u64,
    /// Spans per server in the cost part; the median counts.
    pub(crate) rounds: usize,
    /// Whether clients number their commands, so that each outcome is saved.
    pub(crate) numbered: bool,
    /// Bytes of a baseline's frame; else as many as a delivery of Kadath takes.
    pub(crate) frame_bytes: Option<usize>,
}

impl Knobs {
    /// From the program's arguments.
    pub(crate) fn of_arguments() -> Self {
        let mut knobs = Self {
            parts: Vec::new(),
            clients: 1_000,
            idle: 5_000,
            lines: 10_000,
            // A tenth more than is to be kept.
            limit_lines: 11_000,
            limit_rooms_of: 50,
            seconds: 6,
            rounds: 3,
            numbered: true,
            frame_bytes: None,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut number = || {
                let given = arguments.next().and_then(|given| given.parse::<u64>().ok());
                given.expect("a number after the flag")
            };
            match argument.as_str() {
                "w1" => knobs.parts.push(Part::Cost),
                "latency" => knobs.parts.push(Part::Latency),
                "durable" => knobs.parts.push(Part::Durable),
                "stop" => knobs.parts.push(Part::Stop),
                "limit" => knobs.parts.push(Part::Limit),
                "memory" => knobs.parts.push(Part::Memory),
                "--clients" => knobs.clients = number() as usize,
                "--idle" => knobs.idle = number() as usize,
                "--lines" => {
                    knobs.lines = number();
                    knobs.limit_lines = knobs.lines;
                }
                "--rooms-of" => knobs.limit_rooms_of = number() as usize,
                "--seconds" => knobs.seconds = number(),
                "--rounds" => knobs.rounds = number() as usize,
                "--frame-bytes" => knobs.frame_bytes = Some(number() as usize),
                "--unnumbered" => knobs.numbered = false,
                // Given by cargo.
                "--bench" => {}
                other => println!("not understood: {other}"),
            }
        }
        if knobs.parts.is_empty() {
            knobs.parts = vec![
                Part::Cost,
                Part::Latency,
                Part::Durable,
                Part::Stop,
                Part::Limit,
                Part::Memory,
            ];
        }
        knobs
    }
}
