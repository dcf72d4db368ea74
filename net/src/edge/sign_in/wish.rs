//! What is typed at the prompt of the text protocols: words, and the passwords they ask for.

use std::borrow::Cow;

use engine::port::{Ink, Note, Prose};

use crate::edge::close::ExitCause;
use crate::edge::link::Link;
use crate::format::Format;
use crate::gatekeeper::Secret;

// No `\` at the first line's end: it would eat the blank that the letters begin with.
pub(super) const BANNER: &str = " _  __         _      _   _
| |/ /__ _  __| | __ _| |_| |__
| ' // _` |/ _` |/ _` | __| '_ \\
| . \\ (_| | (_| | (_| | |_| | | |
|_|\\_\\__,_|\\__,_|\\__,_|\\__|_| |_|
";

const HELP: &str = "\
create NAME PASSWORD   makes a character
connect NAME PASSWORD  comes back as one
guest                  just looks around
colour off             switches colours off (/colour once you play)
quit                   leaves";

/// The same where nobody comes in without an invitation.
const HELP_INVITED: &str = "\
create NAME PASSWORD CODE   makes a character, by invitation
connect NAME PASSWORD       comes back as one
guest                       just looks around
colour off                  switches colours off (/colour once you play)
quit                        leaves";

/// What can be typed at the prompt.
pub(super) const fn help(invites: bool) -> &'static str {
    if invites { HELP_INVITED } else { HELP }
}

/// Something the gateway says on a text subprotocol.
#[derive(Debug)]
pub(super) struct PromptSaying(pub(super) Ink, pub(super) Cow<'static, str>);

impl Note for PromptSaying {
    fn event_type(&self) -> &'static str {
        "system"
    }

    fn data(&self) -> &dyn erased_serde::Serialize {
        &self.1
    }

    fn prose(&self) -> Option<Prose> {
        Some(Prose::of(self.0, self.1.clone()))
    }
}

/// What was asked for at the prompt.
pub(super) enum PromptWish {
    Create {
        name: String,
        password: Secret,
        invite: Option<String>,
    },
    Connect(String, Secret),
    Guest,
}

/// What the next line is read as.
#[derive(Debug, Default)]
pub(super) enum PromptReading {
    #[default]
    Words,
    /// The password of a name; a new one's or not.
    Password { name: String, create: bool },
}

/// Answers what can be answered at the prompt; the rest is a wish.
pub(super) async fn read_line(
    link: &mut Link,
    reading: &mut PromptReading,
    line: &Secret,
    invites: bool,
) -> Result<Option<PromptWish>, ExitCause> {
    if let PromptReading::Password { name, create } = std::mem::take(reading) {
        link.pipe.conceal(false);
        return Ok(Some(credentials(
            name,
            line.expose().trim(),
            create,
            invites,
        )));
    }
    // Any blanks between the words, as many as fingers put there.
    let (verb, rest) = first_word(line.expose());
    let verb = verb.unwrap_or_default().trim_start_matches('/');
    let verb = verb.to_ascii_lowercase();
    let (first, rest) = first_word(rest);
    let second = Some(rest).filter(|rest| !rest.is_empty());
    match (verb.as_str(), first, second) {
        ("create" | "connect", Some(name), password) => {
            let (name, create) = (name.to_owned(), verb == "create");
            if let Some(password) = password {
                return Ok(Some(credentials(name, password, create, invites)));
            }
            *reading = PromptReading::Password { name, create };
            link.pipe.conceal(true);
            let words = if create && invites {
                "A password, and the code of your invitation?"
            } else {
                "Your password?"
            };
            link.say(&PromptSaying(Ink::System, words.into())).await?;
        }
        ("guest", None, None) => return Ok(Some(PromptWish::Guest)),
        ("colour" | "color", Some(setting), None) if switch(setting).is_some() => {
            let on = switch(setting).unwrap_or(true);
            colour(link, on).await?;
        }
        ("reader", Some(setting), None)
            if link.encoder.format == Format::Telnet && switch(setting).is_some() =>
        {
            let on = switch(setting).unwrap_or(true);
            link.pipe.read_aloud(on);
            link.say(&reader_is(on)).await?;
        }
        ("plain", None, None) => colour(link, false).await?,
        ("quit", None, None) => return Err(ExitCause::Quit),
        _ => {
            link.say(&PromptSaying(Ink::System, help(invites).into()))
                .await?
        }
    }
    Ok(None)
}

async fn colour(link: &mut Link, on: bool) -> Result<(), ExitCause> {
    link.encoder.colour = on;
    link.pipe.colour(on);
    Ok(link.say(&colour_is(on)).await?)
}

/// Who comes in by a name and what was typed behind it.
fn credentials(name: String, rest: &str, create: bool, invites: bool) -> PromptWish {
    if !create {
        return PromptWish::Connect(name, Secret::new(rest));
    }
    // A password may hold spaces: only where a code is needed is the last word one.
    let (password, invite) = match rest.rsplit_once(char::is_whitespace) {
        Some((password, code)) if invites => (password.trim_end(), Some(code.to_owned())),
        _ => (rest, None),
    };
    PromptWish::Create {
        name,
        password: Secret::new(password),
        invite,
    }
}

/// The first word, and what follows it, without the blanks around.
fn first_word(text: &str) -> (Option<&str>, &str) {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (Some(word).filter(|word| !word.is_empty()), rest.trim())
}

/// Reads `on` and `off`.
pub(in crate::edge) fn switch(setting: &str) -> Option<bool> {
    match setting.to_ascii_lowercase().as_str() {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

/// What the switch for text that is read aloud answers.
pub(in crate::edge) fn reader_is(on: bool) -> impl Note {
    let words = if on {
        "Reader mode is on: no prompt, nothing for the eye alone."
    } else {
        "Reader mode is off."
    };
    PromptSaying(Ink::System, words.into())
}

/// What the colour switch answers.
pub(in crate::edge) fn colour_is(on: bool) -> impl Note {
    PromptSaying(
        Ink::System,
        if on {
            "Colours are on.".into()
        } else {
            "Colours are off.".into()
        },
    )
}
