//! Verbs that switch something of one's own on and off: `brief`, `brief on`, `brief off`.

use std::collections::BTreeMap;

use engine::prelude::*;

use super::{Usage, Verb, Words};

/// A verb that switches something on and off, which whoever has a component has on.
pub trait OwnSwitch: Verb {
    /// The component.
    type State: Component;

    /// The component of whoever has it on.
    const ON: Self::State;

    /// Who asks, and for what; `None`: for the other of both.
    fn wish(&self) -> (Order, Option<bool>);

    /// What whoever asked is told of it.
    fn told(on: bool) -> &'static str;
}

/// Reads what is asked for; without a word, the other of both.
///
/// # Errors
/// When it is another word than `on` and `off`.
pub fn switch(words: Words<'_>) -> Result<Option<bool>, Usage> {
    match words.first().0.to_ascii_lowercase().as_str() {
        "" => Ok(None),
        "on" => Ok(Some(true)),
        "off" => Ok(Some(false)),
        _ => Err(Usage::Show),
    }
}

/// Switches it, and says so.
pub fn turn<V: OwnSwitch>(
    mut asked: MessageReader<V>,
    people: Query<Has<V::State>, With<Character>>,
    mut answers: MessageWriter<Answer>,
    mut commands: Commands<'_, '_>,
) {
    // Of several lines in one tick each builds on the one before.
    let mut now: BTreeMap<Entity, bool> = BTreeMap::new();
    for verb in asked.read() {
        let (order, wish) = verb.wish();
        let Ok(was) = people.get(order.actor) else {
            continue;
        };
        let was = now.get(&order.actor).copied().unwrap_or(was);
        let on = wish.unwrap_or(!was);
        now.insert(order.actor, on);
        answers.write(Answer::with(order, V::told(on)));
    }
    for (actor, on) in now {
        match on {
            true => _ = commands.entity(actor).try_insert(V::ON),
            false => _ = commands.entity(actor).try_remove::<V::State>(),
        }
    }
}
