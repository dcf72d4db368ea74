//! The one grammar of subjects: what is built here is what is parsed here.
//!
//! `{world}.chat.say.room.{room}` and so on: the world's name, then words, then at most one id. An
//! id may be any text: whatever is not a letter, a digit or `_` becomes `-` and two hexadecimal
//! digits a byte, so that no id can break out of its token.

use engine::port::Topic;

use super::class::Class;
use super::token::{decode, encode, id, parse_id};

/// The longest subject. An id of 255 bytes always fits; brokers take 4,096.
pub const SUBJECT_BYTES_MAX: usize = 1_024;
/// The longest name of a world or a node.
const NAME_BYTES_MAX: usize = 64;

/// Everything that is ever published under a world's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// What the world says.
    Topic(Topic),
    /// A connection's own probe.
    Probe {
        /// Whose.
        node: String,
        /// Which of its connections.
        link: u16,
    },
}

/// The subjects of one world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grammar {
    world: String,
}

/// Why a text is no subject, or a subject can't be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectFault {
    /// Not of this world.
    #[error("the subject does not begin with `{0}.`")]
    OtherWorld(String),
    /// No rule of the grammar.
    #[error("no subject has that shape")]
    Unknown,
    /// An id that was not encoded by this grammar.
    #[error("the id `{0}` is not encoded as ids are")]
    Id(String),
    /// Longer than [`SUBJECT_BYTES_MAX`].
    #[error("the subject would have {0} bytes")]
    TooLong(usize),
    /// A name that can't be a token.
    #[error("`{0}` is not a name of 1 to 64 letters, digits, `_` and `-`")]
    Name(String),
}

/// Checks the name of a world, a node or an event: 1 to 64 letters, digits, `_` and `-`.
///
/// # Errors
/// When it is not one.
pub fn name(text: &str) -> Result<&str, SubjectFault> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(legal) {
        Ok(text)
    } else {
        Err(SubjectFault::Name(text.to_owned()))
    }
}

impl Grammar {
    /// The subjects of the world of this name.
    ///
    /// # Errors
    /// When the name can't be a token.
    pub fn new(world: &str) -> Result<Self, SubjectFault> {
        let world = name(world)?.to_owned();
        Ok(Self { world })
    }

    /// The world's name.
    #[must_use]
    pub fn world(&self) -> &str {
        &self.world
    }

    /// The subject as published.
    ///
    /// # Errors
    /// When an id makes it too long, or an event's or node's name can't be a token.
    pub fn build(&self, subject: &Subject) -> Result<String, SubjectFault> {
        match subject {
            Subject::Topic(topic) => self.topic(topic),
            Subject::Probe { node, link } => self.join(&["probe", name(node)?, &link.to_string()]),
        }
    }

    /// The subject of a topic.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn topic(&self, topic: &Topic) -> Result<String, SubjectFault> {
        match topic {
            Topic::Say(room) => self.join(&["chat", "say", "room", &encode(room)]),
            Topic::Local(sub_zone) => self.join(&["chat", "local", "subzone", &encode(sub_zone)]),
            Topic::Global => self.join(&["chat", "global"]),
            Topic::Whisper(player) => self.join(&["chat", "whisper", "player", &id(*player)]),
            Topic::System => self.join(&["chat", "system"]),
            Topic::Admin => self.join(&["chat", "admin"]),
            Topic::Emote(room) => self.join(&["chat", "emote", "room", &encode(room)]),
            Topic::Pose(room) => self.join(&["chat", "pose", "room", &encode(room)]),
            Topic::Mute(player) => self.join(&["moderation", "mute", &id(*player)]),
            Topic::Ban(player) => self.join(&["moderation", "ban", &id(*player)]),
            Topic::LettersTold(player) => self.join(&["letters", "told", &id(*player)]),
            Topic::Order(node) => self.join(&["orders", "node", name(node)?]),
            Topic::Crossing(event) => self.join(&["crossing", name(event)?]),
            Topic::GameTick => self.join(&["events", "game_tick"]),
            Topic::Event { name: word, room } => self.join(&["events", name(word)?, &encode(room)]),
            Topic::Combat { name: word, place } => {
                self.join(&["combat", name(word)?, &encode(place)])
            }
        }
    }

    /// What a subject means.
    ///
    /// # Errors
    /// When this grammar would never have built it.
    pub fn parse(&self, subject: &str) -> Result<Subject, SubjectFault> {
        let rest = subject
            .strip_prefix(&self.world)
            .and_then(|rest| rest.strip_prefix('.'))
            .ok_or_else(|| SubjectFault::OtherWorld(self.world.clone()))?;
        if subject.len() > SUBJECT_BYTES_MAX {
            return Err(SubjectFault::TooLong(subject.len()));
        }
        let tokens: Vec<&str> = rest.split('.').collect();
        let topic = match tokens[..] {
            ["chat", "say", "room", room] => Topic::Say(decode(room)?.into()),
            ["chat", "local", "subzone", sub_zone] => Topic::Local(decode(sub_zone)?.into()),
            ["chat", "global"] => Topic::Global,
            ["chat", "whisper", "player", player] => Topic::Whisper(parse_id(player)?),
            ["chat", "system"] => Topic::System,
            ["chat", "admin"] => Topic::Admin,
            ["chat", "emote", "room", room] => Topic::Emote(decode(room)?.into()),
            ["chat", "pose", "room", room] => Topic::Pose(decode(room)?.into()),
            ["moderation", "mute", player] => Topic::Mute(parse_id(player)?),
            ["moderation", "ban", player] => Topic::Ban(parse_id(player)?),
            ["letters", "told", player] => Topic::LettersTold(parse_id(player)?),
            ["orders", "node", node] => Topic::Order(name(node)?.into()),
            ["crossing", event] => Topic::Crossing(name(event)?.into()),
            ["events", "game_tick"] => Topic::GameTick,
            ["events", word, room] => Topic::Event {
                name: name(word)?.into(),
                room: decode(room)?.into(),
            },
            ["combat", word, place] => Topic::Combat {
                name: name(word)?.into(),
                place: decode(place)?.into(),
            },
            ["probe", node, link] => {
                let number: u16 = link.parse().map_err(|_| SubjectFault::Unknown)?;
                if number.to_string() != link {
                    return Err(SubjectFault::Unknown);
                }
                return Ok(Subject::Probe {
                    node: name(node)?.to_owned(),
                    link: number,
                });
            }
            _ => return Err(SubjectFault::Unknown),
        };
        Ok(Subject::Topic(topic))
    }

    /// What the durable stream holds.
    #[must_use]
    pub fn stored(&self) -> [String; 4] {
        [
            "chat.whisper.player.*",
            "letters.told.*",
            "orders.node.*",
            "crossing.*",
        ]
        .map(|rest| format!("{}.{rest}", self.world))
    }

    /// What of that is for other worlds.
    #[must_use]
    pub fn crossing(&self) -> String {
        format!("{}.crossing.*", self.world)
    }

    /// What the stream of mutes and bans holds.
    #[must_use]
    pub fn moderated(&self) -> String {
        format!("{}.moderation.*.*", self.world)
    }

    fn join(&self, tokens: &[&str]) -> Result<String, SubjectFault> {
        let length = self.world.len() + tokens.iter().map(|token| token.len() + 1).sum::<usize>();
        if length > SUBJECT_BYTES_MAX {
            return Err(SubjectFault::TooLong(length));
        }
        let mut subject = String::with_capacity(length);
        subject.push_str(&self.world);
        for token in tokens {
            subject.push('.');
            subject.push_str(token);
        }
        Ok(subject)
    }
}

/// The class of what goes there.
#[must_use]
pub const fn class_of(topic: &Topic) -> Class {
    match topic {
        Topic::Whisper(_) | Topic::LettersTold(_) => Class::Whispers,
        Topic::Mute(_) | Topic::Ban(_) => Class::Moderation,
        Topic::Order(_) => Class::Orders,
        Topic::Crossing(_) => Class::Crossing,
        Topic::Event { .. } | Topic::GameTick => Class::Events,
        Topic::Combat { .. } => Class::Combat,
        _ => Class::Chat,
    }
}

#[cfg(test)]
mod tests {
    use engine::port::StableId;
    use proptest::prelude::*;

    use super::*;

    fn subjects() -> impl Strategy<Value = Subject> {
        let id = || any::<String>().prop_map(std::sync::Arc::<str>::from);
        let word = || "[A-Za-z0-9_-]{1,32}".prop_map(std::sync::Arc::<str>::from);
        let event = (word(), id())
            // `events.game_tick` has no room and is a subject of its own.
            .prop_map(|(name, room)| Subject::Topic(Topic::Event { name, room }));
        prop_oneof![
            id().prop_map(|room| Subject::Topic(Topic::Say(room))),
            id().prop_map(|zone| Subject::Topic(Topic::Local(zone))),
            id().prop_map(|room| Subject::Topic(Topic::Emote(room))),
            id().prop_map(|room| Subject::Topic(Topic::Pose(room))),
            (any::<u128>(), 0..4).prop_map(|(bits, kind)| {
                let player = StableId::from_uuid(uuid::Uuid::from_u128(bits));
                Subject::Topic(match kind {
                    0 => Topic::Whisper(player),
                    1 => Topic::Mute(player),
                    2 => Topic::LettersTold(player),
                    _ => Topic::Ban(player),
                })
            }),
            Just(Subject::Topic(Topic::Global)),
            Just(Subject::Topic(Topic::System)),
            Just(Subject::Topic(Topic::Admin)),
            Just(Subject::Topic(Topic::GameTick)),
            word().prop_map(|node| Subject::Topic(Topic::Order(node))),
            word().prop_map(|event| Subject::Topic(Topic::Crossing(event))),
            event,
            (word(), id()).prop_map(|(name, place)| Subject::Topic(Topic::Combat { name, place })),
            (word(), any::<u16>()).prop_map(|(node, link)| Subject::Probe {
                node: node.to_string(),
                link
            }),
        ]
    }

    proptest! {
        #[test]
        fn subject_parse_inverts_build(world in "[A-Za-z0-9_-]{1,64}", subject in subjects()) {
            let grammar = Grammar::new(&world).unwrap();
            match grammar.build(&subject) {
                Ok(text) => {
                    prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)));
                    prop_assert!(text.split('.').all(|token| !token.is_empty()));
                    prop_assert_eq!(grammar.parse(&text), Ok(subject));
                }
                Err(fault) => prop_assert!(matches!(fault, SubjectFault::TooLong(_))),
            }
        }

        #[test]
        fn subject_build_inverts_parse(
            tokens in prop::collection::vec(
                prop_oneof![
                    "(chat|say|room|local|subzone|global|whisper|player|system|admin|emote|pose|events|game_tick|combat|probe|orders|node|moderation|mute|ban|letters|told|crossing)",
                    "[A-Za-z0-9_-]{0,12}",
                    "[0-9a-f]{32}",
                    any::<String>(),
                ],
                0..6,
            )
        ) {
            let grammar = Grammar::new("w").unwrap();
            let text = format!("w.{}", tokens.join("."));
            if let Ok(subject) = grammar.parse(&text) {
                prop_assert_eq!(grammar.build(&subject), Ok(text));
            }
        }

        #[test]
        fn an_id_of_255_bytes_always_fits(id in "\\PC{255}") {
            let id: String = id.chars().scan(0, |bytes, c| {
                *bytes += c.len_utf8();
                (*bytes <= 255).then_some(c)
            }).collect();
            let grammar = Grammar::new(&"w".repeat(64)).unwrap();
            prop_assert!(grammar.topic(&Topic::Say(id.into())).is_ok());
        }
    }

    #[test]
    fn other_worlds_and_unknown_shapes_are_refused() {
        let grammar = Grammar::new("arkham").unwrap();
        for text in [
            "arkhamx.chat.global",
            "chat.global",
            "arkham",
            "arkham.",
            "arkham.chat.say.library",
            "arkham.chat.global.extra",
            "arkham.chat.say.room.a-2eb",
            "arkham.chat.say.room.a-41",
            "arkham.chat.say.room.*",
            "arkham.combat.library",
            "arkham.probe.node.007",
        ] {
            assert!(grammar.parse(text).is_err(), "{text}");
        }
        for world in ["", "a.b", "a b", "a*", &"x".repeat(65)] {
            assert!(Grammar::new(world).is_err(), "{world}");
        }
    }

    #[test]
    fn real_ids_read_well() {
        let grammar = Grammar::new("arkham").unwrap();
        let room = "earth_arkhamcity_sanitarium_room_foyer_001";
        assert_eq!(
            grammar.topic(&Topic::Say(room.into())).unwrap(),
            format!("arkham.chat.say.room.{room}")
        );
        assert_eq!(
            grammar.topic(&Topic::Local("arkham city/docks".into())),
            Ok("arkham.chat.local.subzone.arkham-20city-2Fdocks".to_owned())
        );
    }
}
