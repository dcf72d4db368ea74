//! Whether what an envelope holds is what its subject promises.
//!
//! Who may publish where is the broker's to allow, by subject. So a ban must not come by a subject
//! for whispers, nor the words of the server by one for everybody's.

use std::time::Duration;

use engine::port::{Content, SanctionAct, Topic, WorldTime};

/// Whether `content` may go by `topic`.
pub(super) fn fits(topic: &Topic, content: &Content) -> bool {
    match (topic, content) {
        (Topic::Mute(player), Content::Sanction(one)) => {
            one.target_id == *player && matches!(one.act, SanctionAct::Mute | SanctionAct::Unmute)
        }
        (Topic::Ban(player), Content::Sanction(one)) => {
            one.target_id == *player && matches!(one.act, SanctionAct::Ban | SanctionAct::Unban)
        }
        (Topic::Whisper(player), Content::Chat(line)) => {
            line.channel == "whisper" && line.target_id == Some(*player)
        }
        (Topic::LettersTold(player), Content::LettersTold(told)) => told.target_id == *player,
        (Topic::Order(_), Content::Order(_)) => true,
        (Topic::Crossing(name), Content::Crossing(one)) => one.event == **name,
        (Topic::GameTick, Content::Event(event)) => event.event_type == "game_tick",
        (Topic::Event { name, .. } | Topic::Combat { name, .. }, Content::Event(event)) => {
            event.event_type == **name
        }
        (topic, Content::Chat(line)) => {
            channel_of(topic).is_some_and(|channel| channel == line.channel)
                && line.target_id.is_none()
        }
        _ => false,
    }
}

/// How far a word of another node may be ahead of the clock here. Of two words the later holds, so one
/// from the end of time could never be taken back.
const AHEAD_MAX: Duration = Duration::from_secs(86_400);

/// Whether `content` says that it was decided long after `now`.
pub(super) fn is_ahead(content: &Content, now: WorldTime) -> bool {
    matches!(content, Content::Sanction(one) if one.at > now.plus(AHEAD_MAX))
}

const fn channel_of(topic: &Topic) -> Option<&'static str> {
    Some(match topic {
        Topic::Say(_) => "say",
        Topic::Local(_) => "local",
        Topic::Global => "global",
        Topic::System => "system",
        Topic::Admin => "admin",
        Topic::Emote(_) => "emote",
        Topic::Pose(_) => "pose",
        Topic::Whisper(_)
        | Topic::Mute(_)
        | Topic::Ban(_)
        | Topic::LettersTold(_)
        | Topic::Order(_)
        | Topic::Crossing(_)
        | Topic::Event { .. }
        | Topic::GameTick
        | Topic::Combat { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use engine::port::{
        ChatLine, Crossing, LettersTold, NodeOrder, OrderAct, PublicEvent, Sanction, StableId,
    };

    use super::*;

    fn line(channel: &str, to: Option<&str>) -> Content {
        Content::Chat(ChatLine {
            channel: channel.into(),
            message_id: "1".into(),
            sender_id: StableId::named("Ann"),
            sender_name: "Ann".into(),
            text: "hello".into(),
            room_id: None,
            target_id: to.map(StableId::named),
            target_name: None,
        })
    }

    fn sanction(act: SanctionAct, target: &str) -> Content {
        Content::Sanction(Sanction {
            act,
            target_id: StableId::named(target),
            account_id: None,
            target_name: target.into(),
            by: "Wilbur".into(),
            reason: String::new(),
            until: None,
            at: WorldTime(1),
        })
    }

    fn crossing(event: &str) -> Content {
        Content::Crossing(Crossing {
            event: event.into(),
            world: "dream".into(),
            by: "Wilbur".into(),
            text: "The stars are right.".into(),
        })
    }

    fn event(name: &str) -> Content {
        Content::Event(PublicEvent {
            event_type: name.into(),
            data: serde_json::Value::Null,
        })
    }

    #[test]
    fn sanction_from_the_far_future_is_ahead() {
        let now = WorldTime(1_700_000_000_000_000);
        let day = 86_400_000_000;
        for (at, ahead) in [
            (0, false),
            (now.0 + day, false),
            (now.0 + day + 1, true),
            (u64::MAX, true),
        ] {
            let Content::Sanction(mut one) = sanction(SanctionAct::Ban, "Bob") else {
                panic!("not a sanction");
            };
            one.at = WorldTime(at);
            assert_eq!(is_ahead(&Content::Sanction(one), now), ahead, "{at}");
        }
        assert!(!is_ahead(&line("say", None), now));
    }

    #[test]
    fn content_fits_own_subject_only() {
        let bob = StableId::named("Bob");
        let order = Content::Order(NodeOrder {
            by: "Wilbur".into(),
            act: OrderAct::Shutdown { seconds: 10 },
            until: WorldTime(1),
        });
        let told = Content::LettersTold(LettersTold {
            target_id: bob,
            ids: vec!["1".into()],
        });
        let pairs = [
            (Topic::Say("hall".into()), line("say", None)),
            (Topic::Local("docks".into()), line("local", None)),
            (Topic::Global, line("global", None)),
            (Topic::System, line("system", None)),
            (Topic::Admin, line("admin", None)),
            (Topic::Emote("hall".into()), line("emote", None)),
            (Topic::Pose("hall".into()), line("pose", None)),
            (Topic::Whisper(bob), line("whisper", Some("Bob"))),
            (Topic::Mute(bob), sanction(SanctionAct::Mute, "Bob")),
            (Topic::Ban(bob), sanction(SanctionAct::Unban, "Bob")),
            (Topic::LettersTold(bob), told),
            (Topic::Order("north".into()), order),
            (Topic::Crossing("herald".into()), crossing("herald")),
            (Topic::GameTick, event("game_tick")),
            (
                Topic::Event {
                    name: "player_left".into(),
                    room: "hall".into(),
                },
                event("player_left"),
            ),
        ];
        for (n, (topic, _)) in pairs.iter().enumerate() {
            for (m, (_, content)) in pairs.iter().enumerate() {
                assert_eq!(fits(topic, content), n == m, "{topic:?} {content:?}");
            }
        }
        for (topic, content) in [
            (Topic::Whisper(bob), line("whisper", Some("Cat"))),
            (Topic::Whisper(bob), line("whisper", None)),
            (Topic::Mute(bob), sanction(SanctionAct::Mute, "Cat")),
            (Topic::Global, line("global", Some("Bob"))),
            (Topic::Crossing("herald".into()), crossing("bell")),
        ] {
            assert!(!fits(&topic, &content), "{topic:?} {content:?}");
        }
    }
}
