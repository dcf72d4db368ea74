//! The `help` verb: the table, for people.

use engine::prelude::*;

use super::table::nearest;
use super::topics::{self, TOPICS};
use super::{Needs, Usage, Verb, Verbs, Words};

/// `help`, `help look`
#[derive(Message, Debug)]
pub(super) struct Help {
    order: Order,
    topic: String,
}

impl Verb for Help {
    const WORDS: &'static [&'static str] = &["help", "commands", "?"];
    const USAGE: &'static str = "help [command or topic]";
    const HELP: &'static str =
        "Lists what you can do, or tells about one command or about a topic such as moving.";
    const NEEDS: Needs = Needs::NOTHING;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        Ok(Self {
            order,
            topic: words.first().0.to_owned(),
        })
    }
}

pub(super) fn help(
    mut asked: MessageReader<Help>,
    mut answers: MessageWriter<Answer>,
    verbs: Res<Verbs>,
    people: Query<&Character>,
) {
    for Help { order, topic } in asked.read() {
        let role = people
            .get(order.actor)
            .map_or(Role::Player, |character| character.role);
        let known = verbs
            .find(topic)
            .filter(|entry| !entry.admin || role == Role::Admin);
        answers.write(match known {
            _ if topic.is_empty() => {
                let mut text = String::from("You can:\n");
                for entry in verbs.of(role) {
                    let first = entry
                        .help
                        .split_once(". ")
                        .map_or(entry.help, |(first, _)| first);
                    text.push_str(&format!(
                        "  {:<28}  {}\n",
                        entry.usage,
                        first.trim_end_matches('.')
                    ));
                }
                text.push_str("Type \"help\" and a command for more about it.\n");
                let topics: Vec<&str> = TOPICS.iter().map(|topic| topic.words[0]).collect();
                text.push_str(&format!(
                    "There is more to read: help {}.",
                    topics.join(", help ")
                ));
                Answer::with(*order, text)
            }
            Some(entry) => {
                let mut text = format!("{}\n{}", entry.usage, entry.help);
                if let [_, others @ ..] = entry.words
                    && !others.is_empty()
                {
                    text.push_str(&format!("\nAlso: {}", others.join(", ")));
                }
                Answer::with(*order, text)
            }
            None => match topics::find(topic) {
                Some(text) => Answer::with(*order, text),
                None => Answer::refused(
                    *order,
                    Code::ResourceNotFound,
                    nothing_on(topic, &verbs, role),
                ),
            },
        });
    }
}

fn nothing_on(topic: &str, verbs: &Verbs, role: Role) -> String {
    let topic: String = topic.chars().take(32).collect();
    let verbs = verbs.of(role).flat_map(|entry| entry.words).copied();
    match nearest(&topic, verbs.chain(topics::words())) {
        Some(known) => format!("There is no help on \"{topic}\". Did you mean \"{known}\"?"),
        None => format!("There is no help on \"{topic}\"."),
    }
}
