//! The same play twice, the second time without what was refused in the first.

use std::time::Duration;

use engine::Seed;
use engine::port::Fact;
use engine::stage::{SavedRows, Stage};
use systems::Settings;

use super::deeds::{Deed, PEOPLE};
use super::enter;
use crate::harness::shipped;

/// What came of a play.
#[derive(Default)]
pub(super) struct Play {
    /// Which deeds were refused.
    pub(super) refused: Vec<bool>,
    /// What was answered to all others.
    pub(super) answers: Vec<Option<String>>,
    /// What is saved, but for the record of commands.
    pub(super) saved: SavedRows,
    /// The chronicle.
    pub(super) facts: Vec<Fact>,
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    // A command that is refused for coming too fast is counted, and so is one refused for its
    // words; but the count is of commands, not of what they do.
    settings.commands.commands_per_second = 0;
    settings
}

impl Play {
    /// Plays the deeds without those in `left_out`.
    pub(super) fn of(deeds: &[Deed], left_out: &[bool]) -> Self {
        let game = systems::game(shipped(), settings());
        let mut stage = Stage::new(game).unwrap();
        for who in 0..PEOPLE.len() {
            enter(&mut stage, who);
        }
        stage.tick();
        let mut play = Self::default();
        for (n, deed) in deeds.iter().enumerate() {
            let left_out = left_out.get(n).is_some_and(|out| *out);
            let refused = play.deed(&mut stage, deed, left_out);
            play.refused.push(refused);
            for (who, name) in PEOPLE.iter().enumerate() {
                if stage.ears(name).closed.is_some() {
                    enter(&mut stage, who);
                    stage.tick();
                    stage.tick();
                }
            }
        }
        stage.tick();
        stage.tick();
        assert_eq!(stage.faults(), []);
        play.facts.extend_from_slice(stage.facts());
        play.saved = stage.saved().clone();
        play.saved
            .retain(|(_, component), _| component != "command_record");
        play
    }

    fn deed(&mut self, stage: &mut Stage, deed: &Deed, left_out: bool) -> bool {
        match deed {
            Deed::Type { who, line } => {
                if !left_out {
                    stage.sends(PEOPLE[*who], None, line);
                }
                stage.tick();
                let ears = stage.ears(PEOPLE[*who]);
                let mut refused = false;
                for outcome in ears.outcomes {
                    match outcome.result {
                        Ok(text) => self.answers.push(text),
                        Err(_) => refused = true,
                    }
                }
                // The loop above looks whether anybody's session was closed.
                if ears.closed.is_some() {
                    enter(stage, *who);
                    stage.tick();
                    stage.tick();
                }
                return refused;
            }
            Deed::Leave(who) => {
                stage.leaves(PEOPLE[*who]);
                stage.tick();
                stage.tick();
                enter(stage, *who);
                stage.tick();
                stage.tick();
            }
            Deed::Late(millis) => {
                let now = stage.now().plus(Duration::from_millis(*millis));
                stage.tick_at(now);
            }
            Deed::Wait(millis) => stage.pass(Duration::from_millis(*millis)),
            Deed::Restart => {
                stage.tick();
                self.facts.extend_from_slice(stage.facts());
                let (saved, now) = (stage.saved().clone(), stage.now());
                let tick = stage.engine().last_tick();
                let game = systems::game(shipped(), settings());
                *stage = Stage::restored_after(game, Seed(1), saved, now, tick).unwrap();
                for who in 0..PEOPLE.len() {
                    enter(stage, who);
                }
                stage.tick();
                stage.tick();
            }
        }
        false
    }
}
