//! `plugin`: how the parts of the game do, and what is to be done without one for a while.

use engine::prelude::*;
use engine::{PluginNews, PluginPause, PluginState, PluginStates, SwitchPlugin};

use crate::audit::Audit;
use crate::command::{Needs, Usage, Verb, Words};
use crate::presence::{Roster, Say};

/// Without these nobody could type that they are wanted back.
const ALWAYS_ON: [&str; 3] = ["command", "staff", "engine"];

/// `plugin list`, `plugin off weather`, `plugin on weather`
#[derive(Message, Debug)]
pub(super) struct PluginVerb {
    order: Order,
    task: PluginTask,
}

#[derive(Debug)]
enum PluginTask {
    List,
    Turn { name: String, on: bool },
}

impl Verb for PluginVerb {
    const WORDS: &'static [&'static str] = &["plugin", "plugins"];
    const USAGE: &'static str = "plugin list | off <name> | on <name>";
    const HELP: &'static str = "Shows which parts of the game are left out, and why; leaves one out until it is turned on or the server ends; takes one back, whatever it was left out for.";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;
    const FACTS: u32 = 1;
    const ADMIN: bool = true;

    fn asks(words: Words<'_>) -> bool {
        !matches!(words.first().0, "off" | "on")
    }

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let (word, rest) = words.first();
        let task = match (word, rest.rest()) {
            ("" | "list", "") => PluginTask::List,
            (word @ ("off" | "on"), name) if !name.is_empty() => PluginTask::Turn {
                name: name.to_owned(),
                on: word == "on",
            },
            _ => return Err(Usage::Show),
        };
        Ok(Self { order, task })
    }
}

/// Does what admins ask for.
pub(super) fn turn(
    mut asked: MessageReader<PluginVerb>,
    states: Res<PluginStates>,
    clock: Res<Clock>,
    mut audit: Audit<'_, '_>,
    mut switch: MessageWriter<SwitchPlugin>,
    mut answers: MessageWriter<Answer>,
) {
    for PluginVerb { order, task } in asked.read() {
        let told = match task {
            PluginTask::List => Ok(list(&states, clock.now)),
            PluginTask::Turn { name, on } => {
                let done = turned(&states, name, *on);
                if done.is_ok() {
                    let verb = if *on { "plugin on" } else { "plugin off" };
                    audit.record(*order, verb, None, name);
                    let (name, on) = (name.clone(), *on);
                    switch.write(SwitchPlugin { name, on });
                }
                done
            }
        };
        answers.write(super::door::answered(*order, told));
    }
}

fn list(states: &PluginStates, now: WorldTime) -> String {
    let line = |one: &PluginState| {
        let standing = match one.pause {
            None if one.faults == 0 => "on".to_owned(),
            None => format!("on, faults within a minute: {}", one.faults),
            Some(PluginPause::UntilTurnedOn) => "off".to_owned(),
            Some(PluginPause::Until(until)) => {
                format!("left out for {} s more", until.since(now).as_secs())
            }
        };
        format!("  {}: {standing}", one.name)
    };
    let lines: Vec<String> = states.0.iter().map(line).collect();
    format!("The parts of the game:\n{}", lines.join("\n"))
}

fn turned(states: &PluginStates, name: &str, on: bool) -> Result<String, Refusal> {
    let known = states.0.iter().find(|one| one.name == name);
    let Some(known) = known else {
        let message = format!("There is no part \"{name}\": see \"plugin list\".");
        return Err(Refusal::new(Code::ResourceNotFound, message));
    };
    if !on && ALWAYS_ON.contains(&name) {
        let message = format!("Without \"{name}\" nobody could turn it on again.");
        return Err(Refusal::new(Code::GameLogicError, message));
    }
    Ok(match (known.pause.is_some(), on) {
        (false, true) => format!("\"{name}\" is on already."),
        (_, true) => format!("\"{name}\" is back from now on."),
        (_, false) => format!("The game goes on without \"{name}\"."),
    })
}

/// Tells the admins who is left out, and who is back.
pub(super) fn tell(
    mut news: MessageReader<PluginNews>,
    roster: Res<Roster>,
    people: Query<&Character>,
    mut say: MessageWriter<Say>,
) {
    for one in news.read() {
        let text = match (one.pause, one.lasts) {
            (None, _) => format!("The part \"{}\" is back in the game.", one.name),
            (Some(_), Some(lasts)) => format!(
                "The part \"{}\" had {} faults and is left out of the game for {} s. \"plugin on {}\" takes it back.",
                one.name,
                one.faults,
                lasts.as_secs(),
                one.name
            ),
            (Some(_), None) => format!(
                "The part \"{}\" is left out of the game until \"plugin on {}\".",
                one.name, one.name
            ),
        };
        let is_admin = |who: &Entity| people.get(*who).is_ok_and(|one| one.role == Role::Admin);
        for to in roster.everybody().filter(is_admin) {
            say.write(Say::to(to, text.clone()));
        }
    }
}
