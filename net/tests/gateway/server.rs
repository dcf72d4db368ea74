//! A gateway with a fake world behind it and a fake account store beside it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::port::{
    Admission, Arrival, Audience, Emission, EnginePorts, Inbound, LaneLimits, Note, Outbound,
    Outcome, Prose, Registry, RunId, SaveGauge, SessionId, StableId, Tasks, Tick, WorldTime, lanes,
};
use net::{Checks, Doors, NetConfig, NetFault, ReadinessCheck, Tls, WorldInfo};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::gate::FakeGate;

/// How long anything may take before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// The run of the fake world.
pub(crate) const RUN: RunId = RunId(0xfeed);

/// A gateway under test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) telnet: SocketAddr,
    pub(crate) world: World,
    pub(crate) registry: Registry,
    pub(crate) tasks: Tasks,
    pub(crate) gate: FakeGate,
    pub(crate) serving: JoinHandle<Result<(), NetFault>>,
}

/// The world's end of the lanes, played by the test.
pub(crate) struct World {
    inbound: mpsc::Receiver<Inbound>,
    emissions: mpsc::Sender<Emission>,
    pub(crate) gauge: Arc<SaveGauge>,
    pub(crate) tick: Tick,
}

/// Limits that don't get in the way of a test about something else.
pub(crate) fn config() -> NetConfig {
    let mut config = NetConfig::default();
    // Clients that a test has done with don't read their farewell.
    config.timeouts.linger = Duration::from_millis(200);
    config
}

impl Server {
    pub(crate) async fn start(config: NetConfig) -> Self {
        Self::start_with(config, LaneLimits::default(), None).await
    }

    pub(crate) async fn start_with(config: NetConfig, lane: LaneLimits, tls: Option<Tls>) -> Self {
        let (mut server, ports) = Self::start_apart(config, lane, tls).await;
        server.world = World::new(ports);
        server
    }

    /// Starts with a world that nobody plays: its ports are the test's.
    pub(crate) async fn start_apart(
        config: NetConfig,
        lane: LaneLimits,
        tls: Option<Tls>,
    ) -> (Self, EnginePorts) {
        let registry = Registry::new();
        let tasks = Tasks::new(&registry).unwrap();
        let lanes = lanes(lane, &registry).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let telnet = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let telnet_address = telnet.local_addr().unwrap();
        let gate = FakeGate::default();
        let doors = Doors {
            gate: gate.clone(),
            readiness: Box::new(|| {
                Checks {
                    tick: ReadinessCheck::holds("on time"),
                    journal: ReadinessCheck::holds("drained"),
                    storage: ReadinessCheck::fails("7 s behind"),
                    bus: ReadinessCheck::holds("not configured"),
                }
                .into()
            }),
            tls,
            world: WorldInfo {
                name: "The <Other> \"Shore\"".to_owned(),
                tagline: "Sand & salt.".to_owned(),
                accent: Some([0x20, 0x60, 0xa0]),
                icon: None,
                guests: false,
                time: Box::new(|| "It is late.".to_owned()),
                size: Box::new(|| vec![("ROOMS", "3".to_owned())]),
            },
            metrics: None,
            telnet: Some(telnet),
            telnets: None,
        };
        let serving = {
            let (tasks, registry) = (tasks.clone(), registry.clone());
            let net = lanes.net;
            tokio::spawn(async move {
                net::serve(listener, net, doors, config, &tasks, &registry).await
            })
        };
        let nobody = World {
            inbound: mpsc::channel(1).1,
            emissions: lanes.engine.emissions.clone(),
            gauge: Arc::clone(&lanes.engine.gauge),
            tick: 0,
        };
        let server = Self {
            address,
            telnet: telnet_address,
            world: nobody,
            registry,
            tasks,
            gate,
            serving,
        };
        (server, lanes.engine)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The sum of a figure over its labels.
    pub(crate) fn figure(&self, name: &str) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name);
        family.map_or(0.0, |family| {
            let metrics = family.get_metric().iter();
            metrics
                .map(|metric| metric.get_counter().get_value() + metric.get_gauge().get_value())
                .sum()
        })
    }

    /// Waits until a figure is as wished.
    pub(crate) async fn until(&self, name: &str, wished: impl Fn(f64) -> bool) {
        eventually(name, || wished(self.figure(name))).await;
    }

    /// Stops the gateway and waits until everything of it has ended.
    pub(crate) async fn stop(self) {
        self.tasks.stop().cancel();
        drop(self.world);
        let served = tokio::time::timeout(PATIENCE, self.serving).await;
        served.unwrap().unwrap().unwrap();
        assert_eq!(self.tasks.join(PATIENCE).await, Vec::<&str>::new());
    }
}

/// Waits for a condition by looking again and again, for at most [`PATIENCE`].
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let patience = tokio::time::timeout(PATIENCE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    patience.await.unwrap_or_else(|_| panic!("never: {what}"));
}

impl World {
    pub(crate) fn new(ports: EnginePorts) -> Self {
        let EnginePorts {
            inbound: lane,
            emissions,
            gauge,
            ..
        } = ports;
        let (pump, inbound) = mpsc::channel(65_536);
        std::thread::spawn(move || {
            while let Ok(message) = lane.recv() {
                if pump.blocking_send(message).is_err() {
                    return;
                }
            }
        });
        Self {
            inbound,
            emissions,
            gauge,
            tick: 0,
        }
    }

    /// What the gateway says next.
    pub(crate) async fn next(&mut self) -> Inbound {
        tokio::time::timeout(PATIENCE, self.inbound.recv())
            .await
            .expect("the gateway says nothing")
            .expect("the gateway is gone")
    }

    /// Whether the gateway has said nothing more.
    pub(crate) fn is_silent(&mut self) -> bool {
        self.inbound.try_recv().is_err()
    }

    /// One tick with that output.
    pub(crate) async fn say(&mut self, said: Vec<Outbound>) -> Tick {
        self.emit(said, false).await
    }

    pub(crate) async fn emit(&mut self, said: Vec<Outbound>, torn: bool) -> Tick {
        self.tick += 1;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let emission = Emission {
            tick: self.tick,
            wall: WorldTime(u64::try_from(since.as_micros()).unwrap()),
            said,
            torn,
        };
        self.emissions.send(emission).await.unwrap();
        self.tick
    }

    /// One tick that says `notes` to one session.
    pub(crate) async fn tell(&mut self, session: SessionId, notes: Vec<Fact>) -> Tick {
        let said = notes.into_iter().map(|note| note.to(session)).collect();
        self.say(said).await
    }

    /// Waits for an arrival and lets it in, with a `game_state` behind the welcome.
    pub(crate) async fn let_in(&mut self) -> Arrival {
        let arrival = loop {
            match self.next().await {
                // Of a client before this one.
                Inbound::Lost { .. } | Inbound::Leave { .. } => {}
                Inbound::Arrive(arrival) => break arrival,
                other => panic!("not an arrival: {other:?}"),
            }
        };
        let state = Fact::new("game_state", json!({"player": {"name": arrival.name}}));
        let said = vec![
            admitted(arrival.session, arrival.character, false),
            state.to(arrival.session),
        ];
        self.say(said).await;
        arrival
    }

    /// Waits for a return and lets it back in.
    pub(crate) async fn let_back(&mut self, character: StableId) -> SessionId {
        loop {
            match self.next().await {
                Inbound::Lost { .. } => {}
                Inbound::Return { session, .. } => {
                    self.say(vec![admitted(session, character, true)]).await;
                    return session;
                }
                other => panic!("not a return: {other:?}"),
            }
        }
    }

    /// Waits for a line.
    pub(crate) async fn line(&mut self) -> (SessionId, Option<u64>, String) {
        match self.next().await {
            Inbound::Line {
                session, id, line, ..
            } => (session, id, line.as_str().to_owned()),
            other => panic!("not a line: {other:?}"),
        }
    }

    /// Answers a line.
    pub(crate) async fn answer(&mut self, session: SessionId, id: Option<u64>, text: &str) -> Tick {
        let outcome = Outcome {
            id,
            result: Ok(Some(text.to_owned())),
            data: None,
            repeated: false,
        };
        self.say(vec![Outbound::Outcome { session, outcome }]).await
    }
}

pub(crate) fn admitted(session: SessionId, player: StableId, returned: bool) -> Outbound {
    Outbound::Admitted {
        session,
        admission: Admission {
            player,
            run: RUN,
            last_command_id: 40,
            durable_tick: 7,
            recovered: Some((RunId(0xbeef), 6)),
            returned,
        },
    }
}

/// A note of the test's own.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    event: &'static str,
    data: Value,
    key: Option<&'static str>,
    gmcp: Option<&'static str>,
}

impl Fact {
    pub(crate) fn new(event: &'static str, data: Value) -> Self {
        Self {
            event,
            data,
            key: None,
            gmcp: None,
        }
    }

    /// Must be delivered.
    pub(crate) fn word(text: &str) -> Self {
        Self::new("chat_message", json!({"message": text}))
    }

    /// Replaced by its newer self.
    pub(crate) fn state(value: u64) -> Self {
        Self {
            key: Some("time"),
            ..Self::new("mythos_time_update", json!({"value": value}))
        }
    }

    pub(crate) const fn with_gmcp(mut self, package: &'static str) -> Self {
        self.gmcp = Some(package);
        self
    }

    pub(crate) fn to(self, session: SessionId) -> Outbound {
        Outbound::Note {
            to: Audience::One(session),
            note: Arc::new(self),
        }
    }

    pub(crate) fn heard_by(self, sessions: &[SessionId]) -> Outbound {
        Outbound::Note {
            to: Audience::Many(sessions.into()),
            note: Arc::new(self),
        }
    }
}

impl Note for Fact {
    fn event_type(&self) -> &'static str {
        self.event
    }

    fn data(&self) -> &dyn erased_serde::Serialize {
        &self.data
    }

    fn prose(&self) -> Option<Prose> {
        let text = self.data.get("message")?.as_str()?;
        Some(Prose::of(engine::port::Ink::Speech, text.to_owned()))
    }

    fn gmcp(&self) -> Vec<engine::port::Gmcp> {
        let packet = |package| engine::port::Gmcp {
            package,
            data: self.data.clone(),
        };
        self.gmcp.map(packet).into_iter().collect()
    }

    fn coalesce(&self) -> Option<&'static str> {
        self.key
    }

    fn room_id(&self) -> Option<&str> {
        (self.event == "room_update").then_some("attic")
    }
}
