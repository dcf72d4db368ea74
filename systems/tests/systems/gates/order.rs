//! Which gate speaks where several are closed, for every verb there is.

use engine::prelude::*;
use engine::stage::SavedRows;
use systems::command::{Entry, Needs, Verbs};

use crate::town::{Town, clock, save, settle};

/// What each gate says, the one that is asked first before the others.
const DEAD: &str = "You are dead.";
const DOWN: &str = "You are mortally wounded";
const MIND: &str = "Nothing in you moves.";
const POSTURE: &str = "Stand up first.";

#[derive(Clone, Copy, Debug)]
struct State {
    dp: i16,
    lucidity: i16,
    posture: &'static str,
}

fn states() -> Vec<State> {
    let mut states = Vec::new();
    for dp in [20, 0, -10] {
        for lucidity in [100, 0, -9, -50] {
            for posture in ["standing", "sitting", "lying"] {
                states.push(State {
                    dp,
                    lucidity,
                    posture,
                });
            }
        }
    }
    states
}

impl State {
    /// What somebody in this state is refused with who uses a verb that takes `needs`, if it is
    /// for the state.
    fn refusal(self, needs: Needs) -> Option<&'static str> {
        let body = needs.include(Needs::BODY);
        match self {
            _ if body && self.dp <= -10 => Some(DEAD),
            _ if body && self.dp <= 0 => Some(DOWN),
            _ if needs.include(Needs::MIND) && self.lucidity <= 0 => Some(MIND),
            _ if needs.include(Needs::FEET) && self.posture != "standing" => Some(POSTURE),
            _ => None,
        }
    }
}

#[test]
fn gates_answer_dead_down_mind_posture() {
    let town = Town::of(&[("here", "indoors"), ("there", "indoors")]);
    let mut met = std::collections::BTreeSet::new();
    for state in states() {
        let mut saved = SavedRows::new();
        let mut stage = town.stage(SavedRows::new(), clock(12, 0));
        let verbs = stage.engine().world().resource::<Verbs>();
        let verbs: Vec<Entry> = verbs.of(Role::Player).cloned().collect();
        assert!(verbs.len() > 30);
        let name = |verb: &Entry| format!("P{}", verb.name());
        // Somebody for each verb, so that no verb changes the state for another.
        for verb in &verbs {
            let who = name(verb);
            settle(&mut saved, &who, "here", state.lucidity);
            save(
                &mut saved,
                &who,
                "vitals",
                format!(r#"{{"dp":{},"mp":0}}"#, state.dp),
            );
            save(
                &mut saved,
                &who,
                "posture",
                format!("\"{}\"", state.posture),
            );
        }
        let mut stage = town.stage(saved, clock(12, 0));
        for verb in &verbs {
            stage.enter(&name(verb));
        }
        for verb in &verbs {
            stage.says(&name(verb), verb.name());
        }
        stage.tick();
        for verb in &verbs {
            let outcome = stage.ears(&name(verb)).outcomes.remove(0);
            let said = outcome.result.err().map(|refusal| refusal.message);
            let said = said.unwrap_or_default();
            let spoke = [DEAD, DOWN, MIND, POSTURE]
                .into_iter()
                .find(|gate| said.contains(gate));
            // These two take nothing, and say themselves who may have them.
            let spoke = spoke.filter(|_| !["awaken", "cry"].contains(&verb.name()));
            assert_eq!(
                spoke,
                state.refusal(verb.needs),
                "{}, {state:?}: {said}",
                verb.name()
            );
            met.extend(spoke);
            if spoke == Some(MIND) {
                assert!(said.contains("\"cry\"") && said.contains("\"awaken\""));
            }
        }
    }
    assert_eq!(met.len(), 4, "{met:?}");
}
