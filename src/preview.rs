//! `kadath world preview`: a draft on a copy of the world, with what players did in it lately.
//!
//! Two worlds are built from one checkpoint and live through the same recorded ticks, one with what
//! ran, one with the draft. What either says to a player is compared until the first thing that is
//! another: from there on they would have done something else.

mod report;
mod side;
mod told;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::content::ContentTypes;
use engine::port::Tick;
use engine::record::{Checkpoint, Frame, RecordingHeader, Replay, Ticks, frames};

use crate::Game;
use crate::config::Config;
use crate::recorder::{folder, recordings};
use crate::replay::{first_file, recorded_game, recorded_settings, swapped_in};
use crate::revisions::{CheckedDraft, WorldAnswer, read};
use report::PreviewReport;
use side::{Side, compare};

/// What is to be looked at.
#[derive(Debug)]
pub(crate) struct PreviewOptions {
    /// How much of what was recorded, at most; the ring may hold less.
    pub(crate) last: Duration,
    /// The draft's folder.
    pub(crate) draft: PathBuf,
}

/// Plays the last recorded minutes with the draft and without.
///
/// # Errors
/// When nothing is recorded, or it can't be played.
pub(crate) fn run(
    config: &Config,
    game: &Game,
    wanted: &PreviewOptions,
) -> anyhow::Result<WorldAnswer> {
    let files = recordings(&folder(&config.server.data)).unwrap_or_default();
    let Some(newest) = files.last() else {
        let why = "nothing is recorded there, so there is nothing to look at a draft by";
        return Ok(WorldAnswer::failed(format!(
            "{}: {why}",
            config.server.data.display()
        )));
    };
    let draft = match read(&wanted.draft, &game.content_types(config)) {
        Ok(draft) => draft,
        Err(problems) => return Ok(WorldAnswer::refused(&problems)),
    };
    let last = last_tick(newest)?;
    let ticks = wanted
        .last
        .as_secs()
        .saturating_mul(config.tick.rate_hz.into());
    let from = last.saturating_sub(ticks);
    let mut preview = Preview {
        game,
        draft,
        from,
        sides: None,
        report: PreviewReport::default(),
    };
    for file in &files[first_file(&files, from)..] {
        preview.file(file)?;
    }
    preview.count()?;
    Ok(WorldAnswer::done(preview.report.text()))
}

/// The last tick that a file holds.
fn last_tick(file: &Path) -> anyhow::Result<Tick> {
    let bytes = fs::read(file)?;
    let mut last = 0;
    for frame in frames(&bytes)? {
        match frame? {
            Frame::Checkpoint(checkpoint) => last = checkpoint.tick,
            Frame::Ticks(ticks) => last = ticks.first + ticks.len() as Tick,
            Frame::Header(_) | Frame::Gap | Frame::End => {}
        }
    }
    Ok(last)
}

struct Preview<'a> {
    game: &'a Game,
    draft: CheckedDraft,
    from: Tick,
    /// With what ran, and with the draft.
    sides: Option<(Side, Side)>,
    report: PreviewReport,
}

impl Preview<'_> {
    fn file(&mut self, path: &Path) -> anyhow::Result<()> {
        let bytes = fs::read(path)?;
        let (mut header, mut types) = (None, None);
        for frame in frames(&bytes)? {
            match frame? {
                Frame::Header(one) => {
                    let settings = recorded_settings(&one, path)?;
                    types = Some(self.game.content_types_by(settings));
                    header = Some(one);
                }
                Frame::Checkpoint(checkpoint) => {
                    let goes_on = self.sides.as_ref().map(|(was, _)| was.replay.last_tick());
                    if goes_on != Some(checkpoint.tick)
                        && let Some(header) = &header
                    {
                        self.count()?;
                        self.sides = Some(self.begin(header, checkpoint, path)?);
                    }
                }
                Frame::Ticks(ticks) => {
                    if let Some(types) = &types {
                        self.play(ticks, path, types)?;
                    }
                }
                // What comes next begins with a checkpoint of its own.
                Frame::Gap => {
                    self.count()?;
                    self.report.gaps += 1;
                }
                Frame::End => self.count()?,
            }
        }
        Ok(())
    }

    fn begin(
        &self,
        header: &RecordingHeader,
        checkpoint: Checkpoint,
        path: &Path,
    ) -> anyhow::Result<(Side, Side)> {
        let world = || -> anyhow::Result<Side> {
            let game = recorded_game(self.game, header, path, None)?;
            Ok(Side::new(Replay::begin(header, checkpoint.clone(), game)?))
        };
        Ok((world()?, world()?))
    }

    fn play(&mut self, ticks: Ticks, path: &Path, types: &ContentTypes) -> anyhow::Result<()> {
        let Some((was, is)) = &mut self.sides else {
            return Ok(());
        };
        for recorded in ticks.inputs() {
            let mut recorded = recorded?;
            if recorded.tick <= was.replay.last_tick() {
                continue;
            }
            let mut again = recorded.input.clone();
            let starts = recorded.tick >= self.from && !is.drafted;
            if let Some(mark) = recorded.revision.take() {
                let mut contents = |digest: &str| swapped_in(path, digest, types);
                // What was made for a world is of that world alone.
                if !is.drafted && !starts {
                    again.revision = Some(is.replay.revision(mark.clone(), &mut contents)?);
                }
                recorded.input.revision = Some(was.replay.revision(mark, &mut contents)?);
            }
            if starts {
                again.revision = Some(is.draft(&self.draft)?);
            }
            let counts = recorded.tick >= self.from;
            let before = was.step(std::mem::take(&mut recorded.input), counts);
            let after = is.step(again, counts);
            self.report.astray += u64::from(!recorded.is(&before));
            if counts {
                self.report.ticks += 1;
                compare(
                    (was, &before),
                    (is, &after),
                    recorded.tick,
                    &mut self.report,
                );
            }
        }
        Ok(())
    }

    /// One stretch is over.
    fn count(&mut self) -> anyhow::Result<()> {
        if let Some((was, is)) = self.sides.take() {
            self.report.end(was, is)?;
        }
        Ok(())
    }
}
