//! The `help` verb: the table, for people.

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::nearest::nearest;
use super::table::TableText;
use super::topics::{self, TOPICS};
use super::{Entry, Needs, Usage, Verb, Verbs, Words};

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

/// What there is to do, or more about one of it.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct HelpView {
    /// The commands that the text tells of.
    commands: Vec<HelpCommand>,
    /// The topics of which more can be read.
    topics: Vec<&'static str>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct HelpCommand {
    /// What players type; the first word is its name.
    words: Vec<TableText>,
    usage: TableText,
    /// What it does, in a few sentences.
    help: TableText,
}

impl From<&Entry> for HelpCommand {
    fn from(entry: &Entry) -> Self {
        Self {
            words: entry.words.clone(),
            usage: entry.usage.clone(),
            help: entry.help.clone(),
        }
    }
}

impl CommandResult for HelpView {
    const KIND: &'static str = "help";

    fn examples() -> Vec<Self> {
        vec![Self {
            commands: vec![HelpCommand {
                words: Help::WORDS
                    .iter()
                    .map(|word| TableText::Borrowed(word))
                    .collect(),
                usage: Help::USAGE.into(),
                help: Help::HELP.into(),
            }],
            topics: vec![TOPICS[0].words[0]],
        }]
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
        let known = verbs.find_for(topic, role);
        answers.write(match known {
            _ if topic.is_empty() => {
                let (text, data) = everything(&verbs, role);
                Answer::with_data(*order, text, data)
            }
            Some(entry) => {
                let mut text = format!("{}\n{}", entry.usage, entry.help);
                if let [_, others @ ..] = entry.words.as_slice()
                    && !others.is_empty()
                {
                    text.push_str(&format!("\nAlso: {}", others.join(", ")));
                }
                let data = HelpView {
                    commands: vec![entry.into()],
                    topics: Vec::new(),
                };
                Answer::with_data(*order, text, data)
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

/// Every command that is open to a role, and every topic.
fn everything(verbs: &Verbs, role: Role) -> (String, HelpView) {
    let mut text = String::from("You can:\n");
    for entry in verbs.of(role) {
        let first = entry.help.split_once(". ");
        let first = first.map_or(entry.help.as_ref(), |(first, _)| first);
        let first = first.trim_end_matches('.');
        text.push_str(&format!("  {:<28}  {first}\n", entry.usage));
    }
    let topics: Vec<&str> = TOPICS.iter().map(|topic| topic.words[0]).collect();
    text.push_str("Type \"help\" and a command for more about it.\n");
    text.push_str(&format!(
        "There is more to read: help {}.",
        topics.join(", help ")
    ));
    let commands = verbs.of(role).map(HelpCommand::from).collect();
    (text, HelpView { commands, topics })
}

fn nothing_on(topic: &str, verbs: &Verbs, role: Role) -> String {
    let topic: String = topic.chars().take(32).collect();
    let verbs = verbs.of(role).flat_map(|entry| &entry.words);
    let mut known: Vec<&str> = verbs.map(AsRef::as_ref).collect();
    for word in topics::words() {
        known.push(word);
    }
    match nearest(&topic, known.into_iter()) {
        Some(known) => format!("There is no help on \"{topic}\". Did you mean \"{known}\"?"),
        None => format!("There is no help on \"{topic}\"."),
    }
}
