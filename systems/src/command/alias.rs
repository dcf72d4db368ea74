//! Aliases: a player's own short words for commands.
//!
//! A verb's word always means the verb; only what is no verb is looked up here. So a verb that a
//! later version adds wins over an alias of that name, and the alias is kept.

use std::collections::BTreeMap;

use engine::port::Line;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::{AliasRules, Needs, Rules, Usage, Verb, Verbs, Words};

/// A character's aliases: what each stands for, by name in small letters.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
pub struct Aliases(BTreeMap<String, String>);

impl Aliases {
    /// The line that `line` stands for, over at most `depth` aliases; `None` if its first word is no
    /// alias. What follows an alias is put behind what it stands for.
    ///
    /// # Errors
    /// When aliases stand for each other in a circle or too deeply, or the line becomes too long.
    pub(super) fn expand(
        &self,
        line: &str,
        depth: usize,
        is_verb: impl Fn(&str) -> bool,
    ) -> Result<Option<Line>, Refusal> {
        let mut expanded: Option<String> = None;
        let mut used: Vec<String> = Vec::new();
        loop {
            let words = Words::of(expanded.as_deref().unwrap_or(line));
            if is_verb(words.verb()) {
                break;
            }
            let name = words.verb().to_lowercase();
            let Some(command) = self.0.get(&name) else {
                break;
            };
            if used.contains(&name) {
                return Err(tangled(format!(
                    "Your aliases stand for each other: {} {name}.",
                    used.join(" ")
                )));
            }
            if used.len() >= depth {
                return Err(tangled(format!(
                    "Your alias \"{}\" goes through more than {depth} others.",
                    used[0]
                )));
            }
            let next = match words.rest() {
                "" => command.clone(),
                rest => format!("{command} {rest}"),
            };
            if next.chars().count() > Line::CHARS_MAX {
                return Err(tangled(format!(
                    "With \"{name}\" put in, the line is longer than {} characters.",
                    Line::CHARS_MAX
                )));
            }
            used.push(name);
            expanded = Some(next);
        }
        expanded
            .map(|text| {
                Line::new(&text)
                    .map_err(|fault| tangled(format!("With your alias put in, {fault}.")))
            })
            .transpose()
    }
}

fn tangled(message: String) -> Refusal {
    Refusal::new(Code::InvalidCommand, message)
}

/// `alias`, `aliases`, `alias gg`, `alias gg global good game`
#[derive(Message, Debug)]
pub(super) struct Alias {
    order: Order,
    name: String,
    command: String,
}

impl Verb for Alias {
    const WORDS: &'static [&'static str] = &["alias", "aliases"];
    const USAGE: &'static str = "alias [name [command]]";
    const HELP: &'static str = "Makes a short word for a command, shows one, or lists yours. \"alias home go north\" lets you type \"home\"; what you type behind it is put behind the command. \"unalias home\" forgets it.";
    const LASTS: bool = true;
    const NEEDS: Needs = Needs::MIND;

    fn asks(words: Words<'_>) -> bool {
        words.first().1.is_empty()
    }

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let (name, command) = words.first();
        Ok(Self {
            order,
            name: typed(name).to_lowercase(),
            command: command.rest().to_owned(),
        })
    }
}

/// `unalias gg`
#[derive(Message, Debug)]
pub(super) struct Unalias {
    order: Order,
    name: String,
}

impl Verb for Unalias {
    const WORDS: &'static [&'static str] = &["unalias"];
    const WHOLE: bool = true;
    const USAGE: &'static str = "unalias <name>";
    const HELP: &'static str = "Forgets one of your aliases.";
    const LASTS: bool = true;
    const NEEDS: Needs = Needs::MIND;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        match words.first() {
            ("", _) => Err(Usage::Show),
            (name, _) => Ok(Self {
                order,
                name: typed(name).to_lowercase(),
            }),
        }
    }
}

/// A name as it is looked up when it is typed, where one leading `/` means nothing.
fn typed(name: &str) -> &str {
    name.strip_prefix('/').unwrap_or(name)
}

/// Shows aliases and makes them.
pub(super) fn define(
    mut asked: MessageReader<Alias>,
    mut owners: Query<&mut Aliases>,
    verbs: Res<Verbs>,
    rules: Res<Rules>,
    mut answers: MessageWriter<Answer>,
) {
    for Alias {
        order,
        name,
        command,
    } in asked.read()
    {
        let Ok(mut aliases) = owners.get_mut(order.actor) else {
            continue;
        };
        let answer = match (name.as_str(), command.as_str()) {
            ("", _) => Ok(aliases.list(&verbs)),
            (name, "") => match aliases.0.get(name) {
                Some(command) => Ok(format!("{name} is {command}")),
                None => Err(Refusal::new(
                    Code::ResourceNotFound,
                    format!("You have no alias \"{name}\"."),
                )),
            },
            (name, command) => aliases
                .fits(name, command, &verbs, rules.aliases)
                .map(|()| {
                    aliases.0.insert(name.to_owned(), command.to_owned());
                    format!("From now on {name} is {command}")
                }),
        };
        answers.write(match answer {
            Ok(text) => Answer::with(*order, text),
            Err(refusal) => Answer::refusal(*order, refusal),
        });
    }
}

/// Forgets aliases.
pub(super) fn forget(
    mut asked: MessageReader<Unalias>,
    mut owners: Query<&mut Aliases>,
    mut answers: MessageWriter<Answer>,
) {
    for Unalias { order, name } in asked.read() {
        let Ok(mut aliases) = owners.get_mut(order.actor) else {
            continue;
        };
        // Asked first: a write that changes nothing would still be saved.
        if !aliases.0.contains_key(name) {
            let message = format!("You have no alias \"{name}\".");
            answers.write(Answer::refused(*order, Code::ResourceNotFound, message));
            continue;
        }
        aliases.0.remove(name);
        answers.write(Answer::with(*order, format!("{name} means nothing now.")));
    }
}

impl Aliases {
    /// Every name.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    fn list(&self, verbs: &Verbs) -> String {
        if self.0.is_empty() {
            return "You have no aliases.".to_owned();
        }
        let lines = self.0.iter().map(|(name, command)| {
            let lost = match verbs.find(name) {
                Some(_) => " (a command now, so this is not used)",
                None => "",
            };
            format!("  {name} is {command}{lost}")
        });
        format!("Your aliases:\n{}", lines.collect::<Vec<_>>().join("\n"))
    }

    fn fits(
        &self,
        name: &str,
        command: &str,
        verbs: &Verbs,
        rules: AliasRules,
    ) -> Result<(), Refusal> {
        let invalid = |message: String| Err(Refusal::new(Code::InvalidInput, message));
        let (name_chars, command_chars) = (rules.name_chars, rules.command_chars);
        if name.chars().count() > name_chars {
            return invalid(format!("An alias has at most {name_chars} characters."));
        }
        if command.chars().count() > command_chars {
            return invalid(format!(
                "An alias stands for at most {command_chars} characters."
            ));
        }
        if verbs.find(Words::of(name).verb()).is_some() {
            return invalid(format!("\"{name}\" is a command already."));
        }
        if !self.0.contains_key(name) && self.0.len() >= rules.count {
            let count = self.0.len();
            return invalid(format!(
                "You have {count} aliases, which is all you can have."
            ));
        }
        // Made known before it is kept, so that a circle is refused where it is drawn.
        let mut with = self.clone();
        with.0.insert(name.to_owned(), command.to_owned());
        with.expand(name, rules.depth, |word| verbs.find(word).is_some())
            .map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aliases(all: &[(&str, &str)]) -> Aliases {
        Aliases(
            all.iter()
                .map(|(name, command)| ((*name).to_owned(), (*command).to_owned()))
                .collect(),
        )
    }

    fn expand(aliases: &Aliases, line: &str) -> Result<Option<String>, Refusal> {
        let depth = AliasRules::default().depth;
        let line = aliases.expand(line, depth, |word| ["say", "go"].contains(&word))?;
        Ok(line.map(|line| line.as_str().to_owned()))
    }

    #[test]
    fn alias_arguments_follow_expansion() {
        let mine = aliases(&[("hi", "say hello"), ("hey", "hi,"), ("hi,", "hi there,")]);
        assert_eq!(expand(&mine, "HI all").unwrap().unwrap(), "say hello all");
        assert_eq!(
            expand(&mine, "hey all").unwrap().unwrap(),
            "say hello there, all"
        );
        assert_eq!(expand(&mine, "say hi").unwrap(), None);
        assert_eq!(expand(&mine, "shout hi").unwrap(), None);
    }

    #[test]
    fn a_verb_is_never_an_alias() {
        assert_eq!(
            expand(&aliases(&[("say", "go north")]), "say hi").unwrap(),
            None
        );
    }

    #[test]
    fn circles_depths_and_lengths_are_refused() {
        assert!(expand(&aliases(&[("a", "b"), ("b", "a")]), "a").is_err());
        assert!(expand(&aliases(&[("a", "a")]), "a").is_err());
        let chain = |length: usize| -> Aliases {
            Aliases(
                (0..length)
                    .map(|n| (format!("a{n}"), format!("a{}", n + 1)))
                    .collect(),
            )
        };
        assert!(expand(&chain(10), "a0").is_ok());
        assert!(expand(&chain(11), "a0").is_err());
        let long = format!("a {}", "x".repeat(Line::CHARS_MAX - 3));
        assert!(expand(&aliases(&[("a", "say")]), &long).is_err());
    }
}
