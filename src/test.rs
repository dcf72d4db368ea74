//! `kadath test`: plays what a world says of itself: its scenes, and the tests of its scripts.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use engine::Seed;
use engine::content::{Content, Problem, Source};
use engine::stage::Stage;
use systems::script::{ScriptSet, ScriptTest, TestStep};

use crate::Game;
use crate::config::Config;
use crate::game::settings;
use crate::scenes::{self, SceneDeed, SceneFile, SceneSight, SceneStage, SceneStep};

/// How the files of scenes end.
const SCENE: &str = ".scene.txt";

/// What is played, and where.
struct Trial<'a> {
    game: &'a Game,
    config: &'a Config,
    world: Arc<Content>,
    folder: &'a Path,
    /// Of this play.
    seed: u64,
}

/// Plays every scene and test of the world in `folder`, prints what goes otherwise as
/// `file:line: message`, and ends with `N passed, N failed`; exit code 1 if any failed. Each is played
/// over so many `seeds`, from the configured one on, until it fails: the fault says with which.
///
/// # Errors
/// When nothing can be printed.
pub fn run(config: &Config, folder: &Path, game: &Game, seeds: u64) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let loaded = game.load_with_sources(folder, settings(config));
    let (world, sources) = match loaded {
        Ok(loaded) => loaded,
        Err(problems) => {
            for problem in problems.iter().map(Problem::placed) {
                writeln!(out, "{problem}")?;
            }
            return Ok(ExitCode::FAILURE);
        }
    };
    let tests = world
        .get::<ScriptSet>()
        .map(|scripts| scripts.tests().to_vec());
    let mut trial = Trial {
        game,
        config,
        world,
        folder,
        seed: 0,
    };
    let scenes = sources.iter().filter(|source| source.path.ends_with(SCENE));
    let mut results: Vec<Result<(), String>> = Vec::new();
    for scene in scenes {
        results.push(trial.over(seeds, |trial| trial.scene(scene)));
    }
    for test in tests.unwrap_or_default() {
        results.push(trial.over(seeds, |trial| trial.test(&test)));
    }
    let failed: Vec<&String> = results
        .iter()
        .filter_map(|one| one.as_ref().err())
        .collect();
    for fault in &failed {
        writeln!(out, "{fault}")?;
    }
    let (passed, failed_count) = (results.len() - failed.len(), failed.len());
    match seeds {
        1 => writeln!(out, "{passed} passed, {failed_count} failed")?,
        seeds => writeln!(
            out,
            "{passed} passed, {failed_count} failed, over {seeds} seeds from {}",
            config.tick.seed
        )?,
    }
    Ok(match failed.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

impl Trial<'_> {
    /// Plays something over seeds; a fault says with which, where it is not the configured one.
    fn over(
        &mut self,
        seeds: u64,
        play: impl Fn(&Self) -> Result<(), String>,
    ) -> Result<(), String> {
        let first = self.config.tick.seed;
        for seed in (0..seeds).map(|more| first.wrapping_add(more)) {
            self.seed = seed;
            play(self).map_err(|fault| match seed == first {
                true => fault,
                false => format!("{fault} (seed {seed}: `--seed {seed}`)"),
            })?;
        }
        Ok(())
    }

    fn stage(&self, set: &SceneStage) -> Result<Stage, String> {
        let game = |settings| self.game.over(Arc::clone(&self.world), settings);
        scenes::set(set, Seed(self.seed), settings(self.config), game)
    }

    /// A fault in a file of the world, with the name of what was played.
    fn told(&self, file: &str, line: usize, of: &str, message: &str) -> String {
        let file = self.folder.join(file);
        format!("{}:{line}: {of}{message}", file.display())
    }

    fn scene(&self, source: &Source) -> Result<(), String> {
        let told = |line, message: &str| self.told(&source.path, line, "", message);
        let scene =
            SceneFile::read(&source.text).map_err(|fault| told(fault.line, &fault.message))?;
        if scene.stage.world.is_some() {
            return Err(told(
                1,
                "a scene of a world is played in that world, and in no other",
            ));
        }
        let stage = self.stage(&scene.stage).map_err(|fault| told(1, &fault))?;
        let played = scenes::play(stage, &scene.steps, false, |_, _| None);
        played.map_err(|fault| told(fault.line, &fault.message))
    }

    fn test(&self, test: &ScriptTest) -> Result<(), String> {
        let ScriptTest { file, name, steps } = test;
        let of = format!("{name}: ");
        let first = steps.first().map_or(1, |(line, _)| *line);
        let stage = self.stage(&SceneStage::default());
        let stage = stage.map_err(|fault| self.told(file, first, &of, &fault))?;
        let steps: Vec<_> = steps
            .iter()
            .map(|(line, step)| (*line, of_script(step)))
            .collect();
        let played = scenes::play(stage, &steps, true, |_, _| None);
        played.map_err(|fault| self.told(file, fault.line, &of, &fault.message))
    }
}

/// A step of a script's test as a scene has it.
fn of_script(step: &TestStep) -> SceneStep {
    let see = |who: &String, sight| SceneStep::See(who.clone(), sight);
    match step {
        TestStep::Enter { who, admin } => SceneStep::Do(SceneDeed::Enter {
            who: who.clone(),
            admin: *admin,
        }),
        TestStep::Leaves(who) => SceneStep::Do(SceneDeed::Leave(who.clone())),
        TestStep::Says { who, line } => SceneStep::Do(SceneDeed::Type {
            who: who.clone(),
            line: line.clone(),
            times: 1,
        }),
        TestStep::Run(span) => SceneStep::Do(SceneDeed::Wait(*span)),
        TestStep::Hears { who, words } => see(who, SceneSight::Reads(words.clone())),
        TestStep::HearsNot { who, words } => see(who, SceneSight::ReadsNot(words.clone())),
        TestStep::Refused { who, words } => {
            let (code, words) = (String::new(), words.clone());
            see(who, SceneSight::Refused { code, words })
        }
    }
}
