//! What a seed stands for: how many play, for how long, and what goes wrong when.

use std::fmt;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt, SeedableRng};

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process is killed.
    Kill,
    /// The machine loses its power: what was not synced may be gone.
    PowerLoss,
    /// The process dies in the middle of what it does to the disk.
    DeathInWrite,
    /// It is stopped and started as an operator would.
    Restart,
    /// Nothing more fits on the disk.
    DiskFull,
    /// One operation of the disk in three fails.
    DiskFails,
    /// The database answers nothing.
    DatabaseStalls,
    /// The database refuses everything.
    DatabaseRefuses,
    /// The database commits, and its answers are lost.
    AnswersLost,
    /// Everybody's connection is cut.
    AllCut,
    /// Everybody's connection is slow.
    SlowLinks,
    /// The world's thread gets no processor.
    WorldStalls,
    /// The wall clock is put forward.
    ClockJumps,
    /// A plugin is turned off for a while.
    PluginOff,
}

impl Fault {
    pub(crate) const ALL: [Self; 14] = [
        Self::Kill,
        Self::PowerLoss,
        Self::DeathInWrite,
        Self::Restart,
        Self::DiskFull,
        Self::DiskFails,
        Self::DatabaseStalls,
        Self::DatabaseRefuses,
        Self::AnswersLost,
        Self::AllCut,
        Self::SlowLinks,
        Self::WorldStalls,
        Self::ClockJumps,
        Self::PluginOff,
    ];
}

/// How many nodes a night has, by lot.
const NODES: [usize; 6] = [1, 1, 1, 1, 2, 3];

/// A fault with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlannedFault {
    /// Which of those that the seed stands for.
    pub(crate) number: usize,
    pub(crate) fault: Fault,
    pub(crate) at: Duration,
    pub(crate) lasts: Duration,
    /// Where, if it is one node's matter.
    pub(crate) node: usize,
}

/// One night in the box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// As long as the night is that the seed stands for, before anything was left out.
    pub(crate) night: Duration,
    pub(crate) clients: usize,
    pub(crate) nodes: usize,
    /// How long a node of several that share a database counts as alive without a word.
    pub(crate) lease: Option<Duration>,
    /// Until then people act and things go wrong.
    pub(crate) length: Duration,
    pub(crate) faults: Vec<PlannedFault>,
    /// How often the journal looks for work.
    pub(crate) pace: Duration,
    /// The longest that somebody waits between two deeds.
    pub(crate) rest: Duration,
    /// How long a frame is on its way.
    pub(crate) latency: Duration,
}

impl Plan {
    /// What `seed` stands for.
    pub(crate) fn of(seed: u64, length: Duration) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let millis = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        let mut ms = |from: u64, to: u64| Duration::from_millis(dice.random_range(from..=to));
        let (pace, rest, latency) = (ms(1, 30), ms(150, 2_500), ms(0, 40));
        let clients = dice.random_range(2..=20);
        let count = dice.random_range(0..=usize::try_from(millis / 4_000).unwrap_or(15).max(1));
        let mut faults: Vec<PlannedFault> = (0..count)
            .map(|_| PlannedFault {
                number: 0,
                fault: Fault::ALL[dice.random_range(0..Fault::ALL.len())],
                at: Duration::from_millis(dice.random_range(1_000..millis.max(1_001))),
                lasts: Duration::from_millis(dice.random_range(50..=6_000)),
                node: 0,
            })
            .collect();
        let nodes = NODES[dice.random_range(0..NODES.len())];
        let lease = Duration::from_millis(dice.random_range(1_000..=4_000));
        for fault in &mut faults {
            fault.node = dice.random_range(0..nodes);
            let away = [Fault::DatabaseStalls, Fault::DatabaseRefuses];
            if nodes > 1 && away.contains(&fault.fault) {
                // Long enough for another node to take over.
                fault.lasts += lease;
            }
        }
        if millis > 12_000 && dice.random_ratio(1, 8) {
            swizzle(&mut faults, nodes, millis, &mut dice);
        }
        faults.sort_by_key(|one| one.at);
        for (number, fault) in faults.iter_mut().enumerate() {
            fault.number = number;
        }
        Self {
            seed,
            night: length,
            clients,
            nodes,
            lease: (nodes > 1).then_some(lease),
            length,
            faults,
            pace,
            rest,
            latency,
        }
    }

    /// A night as a breach tells of it: `night=30000 clients=2 nodes=1 millis=9000 faults=1,3`.
    pub(crate) fn told(seed: u64, words: &str) -> Self {
        let words: Vec<(&str, &str)> = words
            .split_whitespace()
            .filter_map(|word| word.split_once('='))
            .collect();
        let millis = |key: &str| {
            let of = words.iter().find(|(known, _)| *known == key);
            of.map(|(_, value)| Duration::from_millis(value.parse().unwrap()))
        };
        let mut plan = Self::of(seed, millis("night").unwrap_or(Duration::from_secs(60)));
        plan.length = millis("millis").unwrap_or(plan.length);
        for (key, value) in &words {
            match *key {
                "clients" => plan.clients = value.parse().unwrap(),
                "nodes" => plan.nodes = value.parse().unwrap(),
                "faults" => {
                    let kept: Vec<usize> = value
                        .split(',')
                        .filter_map(|one| one.parse().ok())
                        .collect();
                    plan.faults.retain(|one| kept.contains(&one.number));
                }
                "night" | "millis" => {}
                other => panic!("no key of a plan: {other}"),
            }
        }
        plan
    }

    /// What [`told`](Self::told) reads.
    pub(crate) fn words(&self) -> String {
        let faults: Vec<String> = self
            .faults
            .iter()
            .map(|one| one.number.to_string())
            .collect();
        let faults = if faults.is_empty() {
            "none".to_owned()
        } else {
            faults.join(",")
        };
        format!(
            "night={} clients={} nodes={} millis={} faults={faults}",
            self.night.as_millis(),
            self.clients,
            self.nodes,
            self.length.as_millis()
        )
    }
}

/// Every edge is clogged, one after another, and unclogged in another order.
fn swizzle(faults: &mut Vec<PlannedFault>, nodes: usize, millis: u64, dice: &mut StdRng) {
    let each = [
        Fault::DatabaseStalls,
        Fault::DiskFails,
        Fault::WorldStalls,
        Fault::ClockJumps,
    ];
    let mut edges: Vec<(Fault, usize)> = vec![(Fault::SlowLinks, 0)];
    for node in 0..nodes {
        edges.extend(each.iter().map(|fault| (*fault, node)));
    }
    edges.shuffle(dice);
    let mut ends: Vec<u64> = (0..).take(edges.len()).collect();
    ends.shuffle(dice);
    let begins = dice.random_range(1_000..millis - 10_000);
    for (order, ((fault, node), end)) in (0..).zip(edges.into_iter().zip(ends)) {
        let (at, until) = (begins + order * 150, begins + 4_000 + end * 200);
        faults.push(PlannedFault {
            number: 0,
            fault,
            at: Duration::from_millis(at),
            lasts: Duration::from_millis(until - at),
            node,
        });
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "seed {}: {} clients on {} nodes for {:.1} s",
            self.seed,
            self.clients,
            self.nodes,
            self.length.as_secs_f64()
        )?;
        for one in &self.faults {
            writeln!(
                f,
                "  {}: {:?} of node {} at {:.3} s for {:.3} s",
                one.number,
                one.fault,
                one.node,
                one.at.as_secs_f64(),
                one.lasts.as_secs_f64()
            )?;
        }
        Ok(())
    }
}
