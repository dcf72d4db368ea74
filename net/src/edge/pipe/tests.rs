//! A conversation over plain bytes in memory: lines in, lines out, no frames.

use std::sync::Arc;
use std::time::Duration;

use engine::port::{
    Admission, Correlation, Emission, EnginePorts, Inbound, LaneLimits, Leaving, Outbound, Outcome,
    Registry, RunId, SessionId, Tasks, Tick, WorldTime, lanes,
};
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
    duplex, split,
};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::bytes::BytePipe;
use crate::config::NetConfig;
use crate::edge::close::CloseReason;
use crate::edge::link::Link;
use crate::edge::{Newcomer, admission, serve};
use crate::format::{Encoder, Format};
use crate::gateway::{Changing, Gateway};
use crate::hub::Hub;
use crate::metrics::Metrics;
use crate::readiness::{Checks, ReadinessCheck};
use crate::world::WorldInfo;
use gate::FakeGate;

#[path = "../../../tests/gateway/gate.rs"]
mod gate;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// The client's end, the world's end, and why the pipe was closed.
struct Play {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    keys: WriteHalf<DuplexStream>,
    world: mpsc::Receiver<Inbound>,
    emissions: mpsc::Sender<Emission>,
    tick: Tick,
    closed: mpsc::Receiver<Option<CloseReason>>,
}

impl Play {
    fn start(format: Format) -> Self {
        let registry = Registry::new();
        let tasks = Tasks::new(&registry).unwrap();
        let lanes = lanes(LaneLimits::default(), &registry).unwrap();
        let metrics = Metrics::new(&registry).unwrap();
        let seal = Box::new(gate::seal);
        let (config, net) = (NetConfig::default(), lanes.net);
        let hub = Hub::new(config, metrics, net.inbound, net.gauge, tasks.clone(), seal);
        let hub = Arc::new(hub);
        let stop = tasks.stop().clone();
        tokio::spawn(crate::router::run(net.emissions, Arc::clone(&hub), stop));
        let EnginePorts {
            inbound, emissions, ..
        } = lanes.engine;
        let (pump, world) = mpsc::channel(64);
        std::thread::spawn(move || {
            while let Ok(message) = inbound.recv() {
                if pump.blocking_send(message).is_err() {
                    return;
                }
            }
        });

        // A client's whole backlog: more than a banner, so that nobody waits for the test.
        let (client, stream) = duplex(64 * 1024);
        let (closing, closed) = mpsc::channel(1);
        let pipe = BytePipe::new(stream, format, closing);
        let from = [127, 0, 0, 1].into();
        let pass = admission::play(&hub, from).unwrap();
        let newcomer = Newcomer {
            gateway: gateway(Arc::clone(&hub), registry),
            from,
            correlation: Correlation(1),
            bearer: None,
            resume_only: pass.resume_only,
        };
        let link = Box::new(Link::new(Box::new(pipe), Encoder::new(format), hub));
        tokio::spawn(async move {
            let _pass = pass;
            serve(newcomer, link).await;
        });
        let (read, keys) = split(client);
        Self {
            lines: BufReader::new(read).lines(),
            keys,
            world,
            emissions,
            tick: 0,
            closed,
        }
    }

    async fn types(&mut self, line: &str) {
        let line = format!("{line}\n");
        self.keys.write_all(line.as_bytes()).await.unwrap();
    }

    /// Reads until a line with those words comes, and answers it.
    async fn reads(&mut self, words: &str) -> String {
        let reading = async {
            loop {
                let line = self.lines.next_line().await.unwrap();
                let line = line.unwrap_or_else(|| panic!("ended before {words:?}"));
                if line.contains(words) {
                    return line;
                }
            }
        };
        let read = timeout(PATIENCE, reading).await;
        read.unwrap_or_else(|_| panic!("never read {words:?}"))
    }

    /// What the gateway tells the world next.
    async fn told(&mut self) -> Inbound {
        let told = timeout(PATIENCE, self.world.recv()).await;
        told.unwrap().unwrap()
    }

    async fn emit(&mut self, said: Vec<Outbound>) {
        self.tick += 1;
        let emission = Emission {
            tick: self.tick,
            wall: WorldTime(0),
            said,
            torn: false,
        };
        self.emissions.send(emission).await.unwrap();
    }

    /// Lets in whoever arrives.
    async fn let_in(&mut self) -> SessionId {
        let Inbound::Arrive(arrival) = self.told().await else {
            panic!("nobody arrives");
        };
        let admission = Admission {
            player: arrival.character,
            run: RunId(1),
            last_command_id: 0,
            durable_tick: 0,
            recovered: None,
            returned: false,
        };
        let session = arrival.session;
        let admitted = Outbound::Admitted { session, admission };
        self.emit(vec![admitted]).await;
        session
    }

    /// Answers the next line and asks whether it was read; then the world lets the session go.
    async fn answer_and_end(&mut self, expected: &str) {
        let Inbound::Line {
            session, id, line, ..
        } = self.told().await
        else {
            panic!("not a line");
        };
        assert_eq!(line.as_str(), expected);
        let outcome = Outcome {
            id,
            result: Ok(Some("Dust, and a door.".to_owned())),
            data: None,
            repeated: false,
        };
        let answer = Outbound::Outcome { session, outcome };
        self.emit(vec![answer, Outbound::Receipt { session }]).await;
        let told = self.told().await;
        let proven = matches!(told, Inbound::Received { through, .. } if through == self.tick);
        assert!(proven, "{told:?}");
        self.emit(vec![Outbound::Close {
            session,
            why: Leaving::Quit,
            told: None,
        }])
        .await;
    }

    /// Reads to the end; answers why the pipe was closed.
    async fn ends(&mut self) -> Option<CloseReason> {
        let ended = async { while self.lines.next_line().await.unwrap().is_some() {} };
        timeout(PATIENCE, ended).await.unwrap();
        self.closed.recv().await.unwrap()
    }
}

fn gateway(hub: Arc<Hub>, registry: Registry) -> Arc<Gateway<FakeGate>> {
    let world = WorldInfo {
        name: "The Attic".to_owned(),
        tagline: String::new(),
        accent: None,
        icon: None,
        guests: true,
        time: Box::new(String::new),
        size: Box::new(Vec::new),
    };
    let well = || ReadinessCheck::holds("well");
    Arc::new(Gateway {
        hub,
        gate: Arc::new(FakeGate::default()),
        readiness: Box::new(move || {
            Checks {
                tick: well(),
                journal: well(),
                storage: well(),
                bus: well(),
            }
            .into()
        }),
        registry,
        world,
        changing: Changing::default(),
    })
}

#[tokio::test]
async fn byte_pipe_carries_a_typed_session() {
    let mut play = Play::start(Format::Terminal);
    play.reads("guest").await;
    play.types("guest").await;
    play.let_in().await;
    play.reads("Welcome").await;
    play.types("look").await;
    play.answer_and_end("look").await;
    play.reads("Dust, and a door.").await;
    assert_eq!(play.ends().await, Some(CloseReason::Quit));
}

#[tokio::test]
async fn byte_pipe_carries_a_session_of_frames() {
    let mut play = Play::start(Format::Kadath);
    let token = gate::token("ann");
    play.types(&format!(
        r#"{{"type":"authenticate","data":{{"token":"{token}"}}}}"#
    ))
    .await;
    play.let_in().await;
    let welcome = play.reads("welcome").await;
    assert!(welcome.starts_with(r#"{"sequence_number":1,"#), "{welcome}");
    play.types(r#"{"type":"command","id":7,"data":{"line":"look"}}"#)
        .await;
    play.answer_and_end("look").await;
    let answer = play.reads("command_response").await;
    assert!(answer.contains("Dust, and a door."), "{answer}");
    assert_eq!(play.ends().await, Some(CloseReason::Quit));
}

#[tokio::test]
async fn refused_sign_in_closes_byte_pipe_with_error() {
    let mut play = Play::start(Format::Kadath);
    play.types(r#"{"type":"authenticate","data":{"token":"forged"}}"#)
        .await;
    play.reads("invalid_token").await;
    let forged = CloseReason::Error(engine::port::Code::InvalidToken);
    assert_eq!(play.ends().await, Some(forged));
}
