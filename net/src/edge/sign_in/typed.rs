//! Signing in by typing, on the text subprotocols.

use engine::port::{Code, Ink, Refusal};
use tokio::time::Instant;

use super::prompt::{EarlyInput, error_of, no_message, too_fast};
use super::wish::{BANNER, PromptReading, PromptSaying, PromptWish, help, read_line};
use super::{Entrant, Newcomer};
use crate::edge::close::ExitCause;
use crate::edge::link::Link;
use crate::edge::pipe::PeerMessage;
use crate::format::{Command, Format, Incoming, Supports, Typed, typed_line};
use crate::gatekeeper::{Admitted, Denied, Gatekeeper, Registration, Secret, SignedIn};
use crate::payload::{ErrorNote, Pong};
use crate::records::SignInWay;

/// Wrong tries before the line goes dead.
const TRIES_MAX: usize = 5;

impl<G: Gatekeeper> Newcomer<G> {
    /// Asks until somebody has signed in.
    pub(in crate::edge) async fn enter_by_typing(
        &mut self,
        link: &mut Link,
    ) -> Result<Entrant, ExitCause> {
        self.not_too_many()?;
        let mut held = EarlyInput::default();
        if let Some(token) = self.bearer.take() {
            let admitted = Box::pin(self.gateway.gate.admit(token.clone(), None, false));
            let admitted = self.meanwhile(link, &mut held, admitted).await?;
            return self.arrive(link, admitted, Some(&token), held);
        }

        let banner = match link.encoder.format {
            // Who hears the text read aloud must not hear a drawing first.
            Format::Telnet => self.gateway.world.title().into(),
            _ => BANNER.into(),
        };
        link.say(&PromptSaying(Ink::Title, banner)).await?;
        let invites = self.gateway.gate.needs_invite();
        link.say(&PromptSaying(Ink::System, help(invites).into()))
            .await?;
        let deadline = Instant::now() + self.gateway.hub.config.timeouts.typed_sign_in;
        for _ in 0..TRIES_MAX {
            let wish = self.wish(link, &mut held, deadline).await?;
            let asking = Box::pin(self.fulfil(wish));
            match self.patiently(link, &mut held, asking).await? {
                Ok((admitted, renamed)) => {
                    if renamed {
                        let words = format!("Here they call you {}.", admitted.name);
                        link.say(&PromptSaying(Ink::System, words.into())).await?;
                    }
                    return self.arrive(link, admitted, None, held);
                }
                Err(denied) => {
                    link.say(&ErrorNote::from(denied.refusal)).await?;
                    // What was typed ahead was meant for the world.
                    held.release();
                }
            }
        }
        Err(ExitCause::refused(Refusal::of(Code::TooManyRequests)))
    }

    /// The next thing asked for. What follows it in the same message is for the world.
    async fn wish(
        &self,
        link: &mut Link,
        held: &mut EarlyInput,
        deadline: Instant,
    ) -> Result<PromptWish, ExitCause> {
        let invites = self.gateway.gate.needs_invite();
        let mut reading = PromptReading::default();
        loop {
            let payload = match self.next(link, deadline).await? {
                PeerMessage::Message(payload) => payload,
                other => {
                    no_message(link, other).await?;
                    continue;
                }
            };
            match link.encoder.format.decode(&payload) {
                Ok(Incoming::Typed(Typed::Lines(lines))) => {
                    let mut lines = lines.into_iter();
                    let mut line = lines.next();
                    while let Some(asked) = &line {
                        if let Some(wish) = read_line(link, &mut reading, asked, invites).await? {
                            for line in lines {
                                let line = typed_line(&line);
                                // Too many are left out: nobody types that fast.
                                if link.count(Instant::now().into_std()).is_ok() {
                                    drop(held.keep(Command { id: None, line }));
                                }
                            }
                            return Ok(wish);
                        }
                        line = lines.next();
                        // The first was counted as the message.
                        if line.is_some()
                            && let Err(wait) = link.count(Instant::now().into_std())
                        {
                            link.say(&too_fast(wait)).await?;
                            break;
                        }
                    }
                }
                Ok(Incoming::Typed(Typed::Login { name, password })) => {
                    return Ok(PromptWish::Connect(name, password));
                }
                Ok(Incoming::Typed(Typed::Supports(wish, modules))) => {
                    let before = link.encoder.supports.take().unwrap_or_default();
                    link.encoder.supports = Some(Supports::after(before, wish, &modules));
                }
                Ok(Incoming::Typed(Typed::Ping)) => link.say(&Pong {}).await?,
                Ok(Incoming::Typed(Typed::Unheeded) | Incoming::Frame(_)) => {}
                Err(defect) => link.say(&error_of(&defect)).await?,
            }
        }
    }

    /// Whom the wish makes, and whether its character had to be called otherwise than asked.
    async fn fulfil(&self, wish: PromptWish) -> Result<(Admitted, bool), Denied> {
        let gateway = &self.gateway;
        let (signed, name) = match wish {
            PromptWish::Guest => (gateway.guest(self.from).await?, None),
            PromptWish::Connect(name, password) => {
                let signed = gateway.login(self.from, name.clone(), password).await?;
                (signed, Some(name))
            }
            PromptWish::Create {
                name,
                password,
                invite,
            } => {
                let who = Registration {
                    username: name.clone(),
                    password,
                    invite_code: invite,
                    character: true,
                };
                match gateway.register(self.from, who.clone()).await {
                    Err(denied) if denied.field == Some("name") => {
                        // Good for an account, but a character can't be called that.
                        let alone = Registration {
                            character: false,
                            ..who
                        };
                        let answer = gateway.gate.register(alone).await;
                        gateway
                            .hub
                            .signed_in(SignInWay::Register, self.from, &answer);
                        (answer?, Some(name))
                    }
                    answer => (answer?, None),
                }
            }
        };
        let SignedIn {
            access_token,
            characters,
            ..
        } = signed;
        let mut renamed = false;
        if let (true, Some(name)) = (characters.is_empty(), name) {
            renamed = self.first_character(&access_token, &name).await?;
        }
        let admitted = gateway.gate.admit(access_token, None, false).await?;
        Ok((admitted, renamed))
    }

    /// Gives an account without a character one of its own name, or of a near one that is free.
    /// Answers whether it had to be another.
    async fn first_character(&self, token: &Secret, account: &str) -> Result<bool, Denied> {
        let gate = &self.gateway.gate;
        let tries = std::iter::once(account.to_owned())
            .chain((0..NAMES_MAX).map(|attempt| nearest(account, attempt)));
        let mut renamed = false;
        for name in tries {
            match gate.create_character(token.clone(), name, None, None).await {
                Ok(_) => return Ok(renamed),
                Err(denied) if denied.field == Some("name") => renamed = true,
                Err(denied) => return Err(denied),
            }
        }
        // Not what was wrong with the last one: nobody has asked for that name.
        Err(Refusal::new(Code::ResourceConflict, NO_NAME).into())
    }
}

/// Near names that are tried for a character before it is given up. The last is one of millions, so
/// that a crowd of accounts without a letter in their names does not use them up.
const NAMES_MAX: usize = 8;
/// The longest name of a character.
const NAME_CHARS: usize = 20;

/// When none of them is free.
const NO_NAME: &str = "Your account is there, but it has no character yet: every name near its own that was tried is taken. Connect to it, and others are tried.";

/// A character's name near an account's: its letters, with a syllable more behind them at each
/// `attempt`, to which the last of them give way.
fn nearest(account: &str, attempt: usize) -> String {
    let letters = account.chars().filter(char::is_ascii_alphabetic);
    let mut name: String = letters.collect();
    if name.len() < 2 {
        name = "Stranger".to_owned();
    }
    name.truncate(NAME_CHARS.saturating_sub(2 * attempt).max(2));
    for _ in 0..attempt {
        let syllable = ["ra", "no", "li", "ve", "mo", "tu", "sha", "gi"];
        name.push_str(syllable[rand::random_range(0..syllable.len())]);
    }
    name.truncate(NAME_CHARS);
    name
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn name_near_account_name_is_valid_character_name() {
        for account in [
            "Ann_7",
            "x9",
            "12345678",
            "a-very-long-name-of-an-account99",
        ] {
            for attempt in 0..8 {
                let name = nearest(account, attempt);
                assert!((2..=20).contains(&name.len()), "{name}");
                assert!(name.chars().all(|c| c.is_ascii_alphabetic()), "{name}");
            }
        }
        assert_eq!(nearest("Ann_7", 0), "Ann");
        for account in ["Ann_7", "12345678"] {
            let shortest = nearest(account, 0).len().min(6) + 2 * 7;
            assert!(nearest(account, 7).len() >= shortest, "{account}");
        }
    }
}
