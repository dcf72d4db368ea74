//! Another content between two ticks: what is made of it is new, what lasts is carried over, and a
//! replay sees the same at the same ticks.

use std::sync::Arc;

use engine::content::{Carryover, Content, ContentTypes, RevisionMark, Rules, Source};
use engine::port::RunId;
use engine::prelude::*;
use engine::record::{
    Checkpoint, ChunkWriter, Frame, RecordFault, RecordingHeader, Replay, Shadow, TickEffects,
    TickRecord, frames,
};
use engine::stage::Stage;
use engine::{Engine, Revised, TickInput};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kit::{input, named};

#[derive(Resource, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Bell {
    /// how often it rings
    strokes: u64,
}

impl Rules for Bell {}

/// Counts in strokes of the bell; of each content, how many ticks it had.
#[derive(Resource, Clone, Default, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Rung {
    strokes: u64,
    before: Vec<u64>,
}

#[derive(Component, Clone, Default, Serialize, Deserialize)]
struct Tower(u64);

fn ring(
    bell: Res<Bell>,
    mut rung: ResMut<Rung>,
    mut towers: Query<&mut Tower>,
    mut revised: MessageReader<Revised>,
) {
    for one in revised.read() {
        let was = one.was::<Bell>().map_or(0, |bell| bell.strokes);
        rung.before.push(was);
    }
    rung.strokes += bell.strokes;
    for mut tower in &mut towers {
        tower.0 = rung.strokes;
    }
}

fn church(reg: &mut Registrar<'_>) {
    reg.rules::<Bell>("bell")
        .resource(Rung::default())
        .transient::<Rung>("rung")
        .persist::<Tower>("tower")
        .singleton("tower", Tower::default)
        .carried(|rung: &mut Rung, carryover: &Carryover<'_>| {
            let to = carryover.to::<Bell>().map_or(0, |bell| bell.strokes);
            rung.strokes += 1_000 * to;
            true
        })
        .system(Phase::Simulate, ring);
}

fn of(strokes: u64) -> (Vec<Source>, Arc<Content>) {
    let sources = vec![Source {
        path: "rules/bell.toml".to_owned(),
        text: format!("strokes = {strokes}\n"),
    }];
    let content = ContentTypes::of(church).load(&sources).unwrap();
    (sources, content)
}

fn over(content: Arc<Content>) -> impl Plugin {
    move |reg: &mut Registrar<'_>| {
        reg.provide(Arc::clone(&content)).add(church);
    }
}

#[test]
fn content_is_another_from_swap_on() {
    let mut stage = Stage::new(over(of(1).1)).unwrap();
    stage.tick();
    stage.tick();
    let (sources, content) = of(5);
    stage.revise(sources, content);
    stage.tick();
    let rung = stage.engine().world().resource::<Rung>().clone();
    let before = vec![1];
    let strokes = 2 + 5_000 + 5;
    assert_eq!(rung, Rung { strokes, before });
    assert_eq!(stage.revision_mark().number, 1);
    assert_eq!(stage.faults(), []);
}

#[derive(Resource)]
struct Crack;

#[test]
fn broken_carry_is_fault_of_plugin() {
    let broken = |reg: &mut Registrar<'_>| {
        reg.provide(of(1).1).add(church);
        reg.add(named("cracked", |reg| {
            reg.resource(Crack)
                .scratch::<Crack>()
                .carried(|_: &mut Crack, _| panic!("it is cracked"));
        }));
    };
    let mut stage = Stage::new(broken).unwrap();
    let (sources, content) = of(5);
    stage.revise(sources, content);
    stage.tick();
    assert_eq!(stage.faults().len(), 1);
    assert!(stage.faults()[0].what.contains("cracked"));
    assert_eq!(stage.engine().world().resource::<Rung>().strokes, 5_005);
}

fn header() -> RecordingHeader {
    RecordingHeader {
        program: "test".to_owned(),
        run: RunId(7),
        seed: 11,
        last_tick: 0,
        last_now: None,
        recovered: None,
        bridge: false,
        quarantined: Vec::new(),
        plugins: Vec::new(),
        revision: RevisionMark {
            number: 1,
            digest: engine::content::digest(&of(1).0),
        },
        settings: "{}".to_owned(),
    }
}

/// Plays sixty ticks with two publishes and a revert; answers the recording, and a checkpoint after
/// the first of them.
fn recorded() -> (Vec<u8>, Checkpoint) {
    let mut engine = Engine::build(header().setup(Checkpoint::default()), over(of(1).1)).unwrap();
    let mut bytes = header().begin(&Checkpoint::default()).unwrap();
    let (mut chunk, mut shadow) = (ChunkWriter::default(), Shadow::default());
    let mut checkpoint = Checkpoint::default();
    for n in 1..=60 {
        let strokes = match n {
            10 | 50 => Some(5),
            40 => Some(2),
            _ => None,
        };
        let revision = strokes.map(|strokes| {
            let (sources, content) = of(strokes);
            let next = engine.revisions().build(sources.into(), content).unwrap();
            next.numbered(n)
        });
        let input = TickInput {
            revision,
            ..input(n * 50, n - 1)
        };
        let mut said = Vec::new();
        let output = engine.tick_aloud(input.clone(), |emission| said = emission.said);
        let effects = TickEffects::of(said, &output);
        let (tick, record) = (n, (input, effects));
        let (input, effects) = record;
        let record = TickRecord {
            tick,
            input,
            effects,
        };
        chunk.push(record, &mut shadow);
        if n == 20 {
            checkpoint = Checkpoint {
                tick: n,
                rows: Vec::new(),
                state: Some(engine.checkpoint().encode().unwrap()),
            };
        }
    }
    bytes.extend(chunk.take().unwrap().unwrap());
    (bytes, checkpoint)
}

fn replayed(bytes: &[u8], checkpoint: Checkpoint, first: u64) -> Result<u64, RecordFault> {
    let mut replay = Replay::begin(&header(), checkpoint, over(of(first).1)).unwrap();
    let known = [1, 2, 5].map(of);
    let mut contents = |digest: &str| {
        let mut known = known.iter();
        let found = known.find(|(sources, _)| engine::content::digest(sources) == digest);
        let (sources, content) = found.ok_or("it is lost")?;
        Ok((sources.clone().into(), Arc::clone(content)))
    };
    for frame in frames(bytes).unwrap() {
        if let Frame::Ticks(ticks) = frame.unwrap() {
            assert_eq!(replay.play(ticks, u64::MAX, &mut contents)?, None);
        }
    }
    Ok(replay.played())
}

#[test]
fn replay_sees_the_same_revisions() {
    let (bytes, checkpoint) = recorded();
    assert_eq!(replayed(&bytes, Checkpoint::default(), 1), Ok(60));
    let state = checkpoint.state.as_ref().unwrap();
    assert_eq!(state.revision().number, 10);
    assert_eq!(replayed(&bytes, checkpoint, 5), Ok(40));
}

#[test]
fn replay_lacking_a_content_names_digest() {
    let (bytes, _) = recorded();
    let mut replay = Replay::begin(&header(), Checkpoint::default(), over(of(1).1)).unwrap();
    let mut none = |_: &str| Err("it is lost".to_owned());
    let mut faults = Vec::new();
    for frame in frames(&bytes).unwrap() {
        if let Frame::Ticks(ticks) = frame.unwrap() {
            faults.extend(replay.play(ticks, u64::MAX, &mut none).err());
        }
    }
    let digest = engine::content::digest(&of(5).0);
    assert_eq!(
        faults,
        [RecordFault::Content(digest, "it is lost".to_owned())]
    );
}
