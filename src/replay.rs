//! `kadath replay`: plays recorded ticks again, and names the first thing that is not as it was.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::Plugin;
use engine::content::{Content, ContentTypes, Source};
use engine::port::Tick;
use engine::record::{Difference, Frame, RecordedContent, RecordingHeader, Replay, frames};
use systems::Settings;

use crate::Game;
use crate::config::Config;
use crate::recorder::{content_file, folder, recordings};
use crate::usage::UsageFault;

/// What is to be played.
#[derive(Debug, Clone, Default)]
pub struct ReplayOptions {
    /// From the last checkpoint before this tick; without, from the first that is kept.
    pub from: Option<Tick>,
    /// Through this tick.
    pub to: Option<Tick>,
    /// Print JSON.
    pub json: bool,
    /// Another world's folder than the one that was recorded.
    pub world: Option<PathBuf>,
}

/// Plays what the data folder has of all its runs.
///
/// # Errors
/// When nothing is recorded there, or it can't be played.
pub fn run(config: &Config, wanted: &ReplayOptions, game: &Game) -> anyhow::Result<ExitCode> {
    let folder = folder(&config.server.data);
    let files = recordings(&folder).unwrap_or_default();
    if files.is_empty() {
        return Err(usage(&folder, "nothing is recorded there"));
    }
    run_files(&files, wanted, game)
}

/// Plays one file.
///
/// # Errors
/// When it is no recording, or can't be played.
pub fn run_file(file: &Path, wanted: &ReplayOptions, game: &Game) -> anyhow::Result<ExitCode> {
    run_files(&[file.to_owned()], wanted, game)
}

/// What was played.
#[derive(Debug, Default)]
struct Played {
    ticks: u64,
    /// By the world's clock.
    recorded: Duration,
    difference: Option<Difference>,
}

fn run_files(files: &[PathBuf], wanted: &ReplayOptions, game: &Game) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let mut player = Playback::new(wanted, game);
    for file in &files[first_file(files, wanted.from.unwrap_or_default())..] {
        player.file(file)?;
        if player.played.difference.is_some() {
            break;
        }
    }
    let played = player.finish();
    // A file that ends with its checkpoint holds no tick, and nothing of it differs.
    let asked = wanted.from.is_some() || wanted.to.is_some();
    if asked && played.ticks == 0 && played.difference.is_none() {
        return Err(UsageFault("no such ticks are recorded".to_owned()).into());
    }
    print(&played, began.elapsed(), wanted.json)?;
    Ok(match played.difference {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    })
}

/// The file with the last checkpoint before the first tick that is wanted. Names begin with it.
pub(crate) fn first_file(files: &[PathBuf], from: Tick) -> usize {
    let before = files.iter().rposition(|file| {
        let name = file.file_name().and_then(|name| name.to_str());
        let tick = name.and_then(|name| name.split('-').next()?.parse::<Tick>().ok());
        tick.is_some_and(|tick| tick < from)
    });
    before.unwrap_or(0)
}

struct Playback<'a> {
    wanted: &'a ReplayOptions,
    game: &'a Game,
    replay: Option<Replay>,
    played: Played,
}

impl<'a> Playback<'a> {
    fn new(wanted: &'a ReplayOptions, game: &'a Game) -> Self {
        Self {
            wanted,
            game,
            replay: None,
            played: Played::default(),
        }
    }

    fn file(&mut self, path: &Path) -> anyhow::Result<()> {
        let fault = |fault: &dyn std::fmt::Display| usage(path, fault);
        let bytes = fs::read(path).map_err(|error| fault(&error))?;
        let (mut header, mut types) = (None, None);
        for frame in frames(&bytes).map_err(|error| fault(&error))? {
            match frame.map_err(|error| fault(&error))? {
                Frame::Header(one) => {
                    types = Some(self.game.content_types_by(recorded_settings(&one, path)?));
                    header = Some(one);
                }
                Frame::Checkpoint(checkpoint) => {
                    if let Some(replay) = &mut self.replay
                        && replay.last_tick() == checkpoint.tick
                    {
                        let difference =
                            replay.compare(&checkpoint).map_err(|error| fault(&error))?;
                        if difference.is_some() {
                            self.played.difference = difference;
                            break;
                        }
                        continue;
                    }
                    self.count();
                    let Some(header) = &header else {
                        return Err(fault(&"its header is missing"));
                    };
                    let game =
                        recorded_game(self.game, header, path, self.wanted.world.as_deref())?;
                    let replay =
                        Replay::begin(header, checkpoint, game).map_err(|error| fault(&error))?;
                    if replay.plugins() != header.plugins {
                        return Err(fault(&"it was made by a program with other plugins"));
                    }
                    self.replay = Some(replay);
                }
                Frame::Ticks(ticks) => {
                    let last = self.wanted.to.unwrap_or(Tick::MAX);
                    if ticks.first > last {
                        break;
                    }
                    let Some(replay) = &mut self.replay else {
                        return Err(fault(&"its checkpoint is missing"));
                    };
                    let mut contents = |digest: &str| {
                        let types = types.as_ref().ok_or("its header is missing")?;
                        swapped_in(path, digest, types)
                    };
                    let difference = replay.play(ticks, last, &mut contents);
                    let difference = difference.map_err(|error| fault(&error))?;
                    if difference.is_some() {
                        self.played.difference = difference;
                        break;
                    }
                }
                Frame::Gap | Frame::End => self.count(),
            }
        }
        Ok(())
    }

    /// One stretch is over.
    fn count(&mut self) {
        if let Some(replay) = self.replay.take() {
            self.played.ticks += replay.played();
            self.played.recorded += replay.span();
        }
    }

    fn finish(mut self) -> Played {
        self.count();
        self.played
    }
}

/// The game that was recorded, over the world that was recorded or another.
pub(crate) fn recorded_game(
    game: &Game,
    header: &RecordingHeader,
    recording: &Path,
    world: Option<&Path>,
) -> anyhow::Result<impl Plugin + use<>> {
    let settings = recorded_settings(header, recording)?;
    let world = match world {
        Some(folder) => {
            let world = game.load_with_sources(folder, settings.clone());
            world.map_err(|problems| usage(folder, &problems[0]))?.0
        }
        None => recorded_world(game, &settings, header, recording)?,
    };
    Ok(game.over(world, settings))
}

pub(crate) fn recorded_settings(
    header: &RecordingHeader,
    recording: &Path,
) -> anyhow::Result<Settings> {
    serde_json::from_str(&header.settings)
        .map_err(|_| usage(recording, "its settings are another version's"))
}

fn recorded_world(
    game: &Game,
    settings: &Settings,
    header: &RecordingHeader,
    recording: &Path,
) -> anyhow::Result<Arc<Content>> {
    let types = game.content_types_by(settings.clone());
    let world = swapped_in(recording, &header.revision.digest, &types);
    Ok(world.map_err(UsageFault)?.1)
}

/// A content that lies beside a recording.
pub(crate) fn swapped_in(
    recording: &Path,
    digest: &str,
    types: &ContentTypes,
) -> Result<(Arc<[Source]>, Arc<Content>), String> {
    let folder = recording.parent().unwrap_or(Path::new("."));
    let path = content_file(folder, digest);
    let fault = |fault: &dyn std::fmt::Display| format!("{}: {fault}", path.display());
    let bytes = fs::read(&path).map_err(|error| fault(&error))?;
    let content = RecordedContent::decode(&bytes).map_err(|error| fault(&error))?;
    if content.digest() != digest {
        return Err(fault(&"it is not what its name says"));
    }
    let sources = content.sources();
    let content = types
        .load(&sources)
        .map_err(|problems| fault(&problems[0]))?;
    Ok((sources.into(), content))
}

fn print(played: &Played, took: Duration, json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let (recorded, took) = (played.recorded.as_secs_f64(), took.as_secs_f64());
    let times = recorded / took.max(f64::EPSILON);
    let ticks = played.ticks;
    if json {
        let mut told = serde_json::json!({
            "equal": played.difference.is_none(),
            "ticks": ticks,
            "recorded_seconds": recorded,
            "seconds": took,
            "times_as_fast": times,
        });
        if let Some(difference) = &played.difference {
            let difference = serde_json::to_value(difference)?;
            if let (Some(told), serde_json::Value::Object(difference)) =
                (told.as_object_mut(), difference)
            {
                told.extend(difference);
            }
        }
        writeln!(out, "{told}")?;
        return Ok(());
    }
    match &played.difference {
        None => writeln!(
            out,
            "{ticks} ticks replayed, all equal: {recorded:.1} s of the world in {took:.1} s, {times:.1} times as fast as recorded"
        )?,
        Some(difference) => {
            writeln!(out, "{difference}")?;
            writeln!(
                out,
                "{ticks} ticks replayed, the last differs: {recorded:.1} s of the world in {took:.1} s, {times:.1} times as fast as recorded"
            )?;
        }
    }
    Ok(())
}

/// What can't be played has exit code 2: 1 says that something differs.
fn usage(path: &Path, fault: impl std::fmt::Display) -> anyhow::Error {
    UsageFault(format!("{}: {fault}", path.display())).into()
}
