//! The world on its own thread, with lanes at its sides.

mod budget;
mod lanes;
mod saving;

use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use engine::port::{
    Audience, Emission, LaneLimits, NetPorts, Outbound, Registry, SessionId, StableId, Stop,
    StorePorts, Tasks, WorldTime, lanes,
};
use engine::prelude::*;
use engine::record::{LaneItem, record_lane};
use engine::runner::{Ended, Figures, Rate, RunnerConfig, Running, Watch, spawn, stopwatch};
use engine::{Engine, FAULTS_MAX, PluginOrder, Setup, Violation};
use prometheus::{IntCounter, TextEncoder};

use crate::kit::{Coins, Tape, Words, arrival, game, line, named, values};
use crate::logbook;

/// A running world; the test plays gateway and storage.
struct Live {
    running: Option<Running>,
    net: NetPorts,
    storage: StorePorts,
    registry: Registry,
    tasks: Tasks,
}

const HZ: u32 = 120;

impl Live {
    fn new(plugin: impl Plugin) -> Self {
        Self::with(plugin, LaneLimits::default(), |_| {})
    }

    fn with(
        plugin: impl Plugin,
        limits: LaneLimits,
        adjust: impl FnOnce(&mut RunnerConfig),
    ) -> Self {
        let registry = Registry::new();
        let lanes = lanes(limits, &registry).unwrap();
        let tasks = Tasks::new(&registry).unwrap();
        let setup = Setup {
            stopwatch: Some(stopwatch),
            ..Setup::default()
        };
        let mut config = RunnerConfig {
            rate: Rate::hz(HZ).unwrap(),
            not_before: WorldTime(0),
            patience: Duration::from_secs(20),
            watch: Watch::default(),
            halt: Stop::new(),
            recorder: None,
            draft: None,
            plugin_time: None,
        };
        adjust(&mut config);
        let running = spawn(
            Engine::build(setup, plugin).unwrap(),
            lanes.engine,
            config,
            Figures::new(&registry).unwrap(),
            &tasks,
        );
        Self {
            running: Some(running.unwrap()),
            net: lanes.net,
            storage: lanes.storage,
            registry,
            tasks,
        }
    }

    fn tick(&self) -> u64 {
        self.net.gauge.current_tick()
    }

    /// A figure by its name and labels as printed, 0 if it is not there.
    fn figure(&self, name: &str) -> f64 {
        let text = TextEncoder::new().encode_to_string(&self.registry.gather());
        text.unwrap()
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
            .unwrap_or_default()
    }

    fn stop(&mut self) -> Ended {
        self.running.take().unwrap().stop().unwrap()
    }
}

/// Waits until `done`, at most 30 s.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// What a plugin spends in a phase is of that part, and nothing of a tick is of none.
#[test]
fn parts_of_ticks_add_up_to_ticks() {
    let busy = || {
        let until = Instant::now() + Duration::from_millis(1);
        while Instant::now() < until {}
    };
    let mut live = Live::new(named("busy", move |reg| {
        reg.system(Phase::Simulate, busy);
    }));
    until("the world has run a while", || live.tick() > 60);
    live.stop();
    let part = |part: &str| live.figure(&format!(r#"kadath_tick_part_seconds{{part="{part}"}}"#));
    let parts = [
        "ingest",
        "simulate",
        "settle",
        "emit",
        "persist",
        "hand_over",
    ]
    .map(part);
    let all = live.figure("kadath_tick_seconds_sum");
    assert!(parts.iter().all(|seconds| *seconds > 0.0), "{parts:?}");
    assert!(parts[1] >= 0.06, "{parts:?}");
    let sum: f64 = parts.iter().sum();
    assert!((sum - all).abs() < 0.001 * all, "{parts:?} of {all}");
}

#[test]
fn ending_world_says_so_and_runs_until_stopped() {
    let halt = Stop::new();
    let ours = halt.clone();
    let mut live = Live::with(
        named("doom", |reg| {
            reg.system(
                Phase::Simulate,
                |clock: Res<Clock>, mut halt: MessageWriter<Halt>| {
                    if clock.tick == 3 {
                        halt.write(Halt);
                    }
                },
            );
        }),
        LaneLimits::default(),
        |config| config.halt = ours,
    );
    until("the world has asked", || halt.is_cancelled());
    let asked = live.tick();
    assert!(asked >= 2, "asked in tick {asked}");
    until("it goes on", || live.tick() > asked + 3);
    assert!(live.stop().last_tick > asked);
}

#[test]
fn the_rate_is_kept_without_drift() {
    let moments = Tape::default();
    let tape = moments.clone();
    let began = Instant::now();
    let mut live = Live::new(named("metronome", move |reg| {
        let tape = tape.clone();
        reg.system(Phase::Ingest, move |clock: Res<Clock>| {
            tape.write(clock.now)
        });
    }));
    until("200 ticks have passed", || live.tick() >= 200);
    let elapsed = began.elapsed().as_secs_f64();
    // A machine under load may skip slots, but then says so: slots are ticks plus overruns.
    let slots = live.tick() as f64 + live.figure("kadath_tick_overruns_total");
    let expected = elapsed * f64::from(HZ);
    assert!(
        (slots / expected - 1.0).abs() < 0.2,
        "{slots} slots, {expected} expected"
    );

    let ended = live.stop();
    let moments = moments.read();
    assert_eq!(ended.last_tick, moments.len() as u64);
    // No delay adds up: to the microsecond, each tick's time is that of a whole slot.
    let rate = Rate::hz(HZ).unwrap();
    for now in &moments {
        let offset = now.since(moments[0]);
        let slot = rate.slot_at(offset + Duration::from_micros(1));
        assert_eq!(rate.slot(slot).as_micros(), offset.as_micros());
    }
    assert_eq!(live.figure("kadath_ticks_total"), moments.len() as f64);
    assert!(live.tasks.alive().is_empty(), "{:?}", live.tasks.alive());
}

#[test]
fn slow_tick_is_counted_with_slowest_plugin_named() {
    logbook::open();
    let spans = Tape::default();
    let tape = spans.clone();
    let live = Live::new(move |reg: &mut Registrar<'_>| {
        let tape = tape.clone();
        reg.add(named("hare", |reg| {
            reg.system(Phase::Simulate, || {});
        }))
        .add(named("sloth", move |reg| {
            let tape = tape.clone();
            reg.system(Phase::Simulate, move |clock: Res<Clock>| {
                tape.write((clock.tick, clock.dt));
                let busy = Instant::now();
                while clock.tick == 5 && busy.elapsed() < Duration::from_millis(100) {
                    std::hint::spin_loop();
                }
            });
        }));
    });
    until("the world goes on", || live.tick() >= 10);
    // 100 ms are 12 slots at 120 Hz.
    assert!(live.figure("kadath_tick_overruns_total") >= 11.0);
    let (_, after) = spans.read()[5];
    assert!(
        after >= Duration::from_millis(90),
        "the next dt is longer: {after:?}"
    );
    assert!(
        logbook::has(
            "tick overran",
            &[("slowest_plugin", "sloth"), ("tick", "5")]
        ),
        "{:?}",
        logbook::all("tick overran")
    );
    assert!(live.figure(r#"kadath_plugin_seconds{phase="simulate",plugin="sloth"}"#) >= 0.1);
}

#[test]
fn contained_fault_is_counted_and_logged_with_system() {
    logbook::open();
    let mut live = Live::new(named("fuse", |reg| {
        reg.system(Phase::Settle, blow);
    }));
    until("the fuse is out", || {
        live.figure(r#"kadath_plugin_quarantined{plugin="fuse"}"#) == 1.0
    });
    assert_eq!(
        live.figure(r#"kadath_plugin_faults_total{plugin="fuse"}"#),
        5.0
    );
    let fields = [
        ("plugin", "fuse"),
        ("phase", "settle"),
        ("system", "engine::runner::blow"),
        ("what", "blown"),
    ];
    assert!(logbook::has("plugin fault contained", &fields));
    live.stop();
}

#[test]
fn plugin_violation_is_counted_by_kind() {
    let mut live = Live::new(named("usher", |reg| {
        reg.system(
            Phase::Simulate,
            |clock: Res<Clock>, mut violations: MessageWriter<Violation>| {
                if clock.tick <= 3 {
                    violations.write(Violation("haste"));
                }
            },
        );
    }));
    until("four ticks have passed", || live.tick() >= 4);
    live.stop();
    assert_eq!(
        live.figure(r#"kadath_rate_limit_violations_total{kind="haste"}"#),
        3.0
    );
}

fn blow() {
    panic!("blown");
}

#[test]
fn world_time_starts_after_saved_world_time() {
    let moments = Tape::default();
    let tape = moments.clone();
    let far = WorldTime(4_102_444_800_000_000); // 2100-01-01
    let plugin = named("almanac", move |reg| {
        let tape = tape.clone();
        reg.system(Phase::Ingest, move |clock: Res<Clock>| {
            tape.write((clock.now, clock.wall()));
        });
    });
    let live = Live::with(plugin, LaneLimits::default(), |config| {
        config.not_before = far
    });
    until("it ticks", || live.tick() >= 1);
    let (now, wall) = moments.read()[0];
    assert!(now > far && wall < far, "{now:?} {wall:?}");
}

#[test]
fn stall_names_plugin_within_second_and_on_release() {
    let (entered, enters) = bounded(1);
    let (release, released) = bounded::<()>(1);
    let (tell, told) = bounded(4);
    let plugin = move |reg: &mut Registrar<'_>| {
        let (entered, released) = (entered.clone(), released.clone());
        reg.add(named("free", |reg| {
            reg.system(Phase::Simulate, || {});
        }))
        .add(named("gaol", move |reg| {
            let (entered, released) = (entered.clone(), released.clone());
            reg.system(Phase::Simulate, move |clock: Res<Clock>| {
                if clock.tick == 10 {
                    entered.send(Instant::now()).unwrap();
                    released.recv().unwrap();
                }
            });
        }));
    };
    let live = Live::with(plugin, LaneLimits::default(), |config| {
        config.watch = Watch::new(move |plugin, stuck| tell.send((plugin, stuck)).unwrap());
    });
    let patience = Duration::from_secs(20);
    let since = enters.recv_timeout(patience).unwrap();
    assert_eq!(told.recv_timeout(patience), Ok(("gaol", true)));
    // 0.9 s by its own count; the rest is what a loaded machine may add.
    assert!(
        since.elapsed() < Duration::from_millis(1_500),
        "{:?}",
        since.elapsed()
    );
    assert_eq!(live.tick(), 9, "it stands");

    release.send(()).unwrap();
    assert_eq!(told.recv_timeout(patience), Ok(("gaol", false)));
    until("it goes on", || live.tick() > 10);
    assert!(told.is_empty(), "told once each");
}

/// Held up five times for a second, a plugin is left out, and the recording says why.
#[test]
fn plugin_often_holding_up_world_is_left_out() {
    const STALLS: std::ops::Range<u64> = 10..15;
    let (release, released) = bounded::<()>(1);
    let (tell, told) = bounded(16);
    let (lane, intake) = record_lane(IntCounter::new("dropped", "ticks").unwrap());
    let plugin = move |reg: &mut Registrar<'_>| {
        let released = released.clone();
        reg.add(named("gaol", move |reg| {
            let released = released.clone();
            reg.system(Phase::Simulate, move |clock: Res<Clock>| {
                if STALLS.contains(&clock.tick) {
                    released.recv().unwrap();
                }
            });
        }));
    };
    let mut live = Live::with(plugin, LaneLimits::default(), |config| {
        config.recorder = Some(lane);
        config.watch = Watch::new(move |plugin, stuck| tell.send((plugin, stuck)).unwrap());
    });
    let patience = Duration::from_secs(20);
    for _ in STALLS {
        assert_eq!(told.recv_timeout(patience), Ok(("gaol", true)));
        release.send(()).unwrap();
        assert_eq!(told.recv_timeout(patience), Ok(("gaol", false)));
    }
    until("it is left out", || {
        live.figure("kadath_plugin_quarantined{plugin=\"gaol\"}") == 1.0
    });
    live.stop();
    let mut orders = Vec::new();
    while let LaneItem::Tick(record) = intake.take() {
        orders.extend(record.input.orders);
    }
    let held_up = PluginOrder::HeldUp {
        plugin: "gaol".to_owned(),
    };
    assert!(orders.len() >= FAULTS_MAX, "{orders:?}");
    assert!(orders.iter().all(|order| *order == held_up), "{orders:?}");
}
