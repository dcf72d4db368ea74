//! The `help` verb: the table, for people.

use engine::prelude::*;

use super::{Needs, Usage, Verb, Verbs, Words};

/// `help`, `help look`
#[derive(Message, Debug)]
pub(super) struct Help {
    order: Order,
    topic: String,
}

impl Verb for Help {
    const WORDS: &'static [&'static str] = &["help", "commands", "?"];
    const USAGE: &'static str = "help [command]";
    const HELP: &'static str = "Lists what you can do, or tells about one command.";
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
                        "  {:<28} {}\n",
                        entry.usage,
                        first.trim_end_matches('.')
                    ));
                }
                text.push_str("Type \"help\" and a command for more about it.");
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
            None => Answer::refused(
                *order,
                Code::ResourceNotFound,
                format!("There is no help on \"{topic}\"."),
            ),
        });
    }
}
