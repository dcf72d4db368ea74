//! The verbs of talk.

use engine::prelude::*;

use crate::command::{Needs, Usage, Verb, Words};

macro_rules! speech {
    ($(#[$doc:meta])* $name:ident, $words:expr, $usage:literal, $help:literal, $admin:literal) => {
        $(#[$doc])*
        #[derive(Message, Debug)]
        pub(super) struct $name {
            pub(super) order: Order,
            pub(super) text: String,
        }

        impl Verb for $name {
            const WORDS: &'static [&'static str] = $words;
            const USAGE: &'static str = $usage;
            const HELP: &'static str = $help;
            const ADMIN: bool = $admin;
            const NEEDS: Needs = Needs::SPEECH;

            fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
                match words.rest() {
                    "" => Err(Usage::Show),
                    text => Ok(Self { order, text: text.to_owned() }),
                }
            }
        }
    };
}

speech!(
    /// `say hello`
    Say, &["say"], "say <words>", "Says something to everybody in the room. A quotation mark is enough: \"'hello\".", false
);
speech!(
    /// `local is anybody there?`
    Local, &["local"], "local <words>", "Calls out to everybody in this part of the town.", false
);
speech!(
    /// `global hello, all`
    Global, &["global", "g"], "global <words>", "Speaks to everybody in the world.", false
);
speech!(
    /// `chat hello`
    Chat, &["chat"], "chat <words>", "Speaks on your own channel, which \"channel\" shows and sets.", false
);
speech!(
    /// `reply come quickly`
    Reply, &["reply"], "reply <words>", "Whispers back to whoever whispered to you last.", false
);
speech!(
    /// `system The world ends at nine.`
    System, &["system", "announce"], "system <words>", "Announces something to everybody in the world.", true
);
speech!(
    /// `admins Has anybody seen Bob?`
    Admins, &["admins", "achat"], "admins <words>", "Speaks to the other keepers, and to nobody else.", true
);

/// `whisper Ann come quickly`
#[derive(Message, Debug)]
pub(super) struct Whisper {
    pub(super) order: Order,
    pub(super) to: String,
    pub(super) text: String,
}

impl Verb for Whisper {
    const WORDS: &'static [&'static str] = &["whisper", "tell"];
    const USAGE: &'static str = "whisper <name> <words>";
    const HELP: &'static str = "Whispers to one person, wherever they are. Nobody else hears it.";
    const NEEDS: Needs = Needs::SPEECH;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        match words.first() {
            (_, text) if text.is_empty() => Err(Usage::Show),
            (to, text) => Ok(Self {
                order,
                to: to.to_owned(),
                text: text.rest().to_owned(),
            }),
        }
    }
}
