//! Whatever is muted and said, in any order: who hears it is what the rules say.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::port::{Role, WorldTime};
use engine::stage::{STAGE_START, SavedRows, Stage};
use proptest::prelude::*;
use systems::Settings;
use systems::chat::{Channel, ChatLimits};

use super::{MINUTE, stage, types, unlimited, words};

/// Lets time pass in one late tick, because twenty a second would take long.
fn later(stage: &mut Stage, seconds: u64) {
    let then = stage.now().plus(Duration::from_secs(seconds));
    stage.tick_at(then);
}

const PLAYERS: [&str; 4] = ["Ada", "Bea", "Cleo", "Dora"];
/// The one of them who keeps the world.
const KEEPER: usize = 0;

#[derive(Clone, Debug)]
enum Deed {
    Speak {
        who: usize,
        channel: usize,
        to: usize,
    },
    Mute {
        who: usize,
        whom: usize,
        minutes: u32,
    },
    Unmute {
        who: usize,
        whom: usize,
    },
    Close {
        who: usize,
        channel: usize,
        minutes: u32,
    },
    Open {
        who: usize,
        channel: usize,
    },
    Silence {
        whom: usize,
        minutes: u32,
    },
    Unsilence {
        whom: usize,
    },
    Wait {
        seconds: u64,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    let one = 0..PLAYERS.len();
    let channel = 0..Channel::ALL.len();
    let minutes = 1_u32..3;
    prop_oneof![
        6 => (one.clone(), channel.clone(), one.clone())
            .prop_map(|(who, channel, to)| Deed::Speak { who, channel, to }),
        3 => (one.clone(), one.clone(), minutes.clone())
            .prop_map(|(who, whom, minutes)| Deed::Mute { who, whom, minutes }),
        1 => (one.clone(), one.clone()).prop_map(|(who, whom)| Deed::Unmute { who, whom }),
        1 => (one.clone(), channel.clone(), minutes.clone())
            .prop_map(|(who, channel, minutes)| Deed::Close { who, channel, minutes }),
        1 => (one.clone(), channel).prop_map(|(who, channel)| Deed::Open { who, channel }),
        1 => (one.clone(), minutes).prop_map(|(whom, minutes)| Deed::Silence { whom, minutes }),
        1 => one.prop_map(|whom| Deed::Unsilence { whom }),
        3 => (1_u64..50).prop_map(|seconds| Deed::Wait { seconds }),
    ]
}

/// What a reader of the rules would expect.
#[derive(Default)]
struct Model {
    muted: BTreeMap<(usize, usize), WorldTime>,
    closed: BTreeMap<(usize, usize), WorldTime>,
    silenced: BTreeMap<usize, WorldTime>,
}

impl Model {
    fn holds<K: Ord>(of: &BTreeMap<K, WorldTime>, key: &K, now: WorldTime) -> bool {
        of.get(key).is_some_and(|until| now < *until)
    }

    /// Who hears it; `None`: it may not be said.
    fn hearers(&self, who: usize, channel: usize, to: usize, now: WorldTime) -> Option<Vec<usize>> {
        let kind = Channel::ALL[channel];
        let keeper = who == KEEPER;
        let staff = matches!(kind, Channel::System | Channel::Admin);
        if staff && !keeper {
            return None;
        }
        if kind == Channel::Whisper && to == who {
            return None;
        }
        let pleads = kind == Channel::Whisper && to == KEEPER;
        if !keeper && Self::holds(&self.silenced, &who, now) && !pleads {
            return None;
        }
        if !keeper && Self::holds(&self.closed, &(who, channel), now) {
            return None;
        }
        let hears = |hearer: &usize| {
            let meant = match kind {
                Channel::Whisper => *hearer == to,
                Channel::Global => *hearer != who,
                Channel::Admin => *hearer == KEEPER,
                _ => true,
            };
            meant
                && !Self::holds(&self.closed, &(*hearer, channel), now)
                && (keeper || !Self::holds(&self.muted, &(*hearer, who), now))
        };
        Some((0..PLAYERS.len()).filter(hears).collect())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn line_is_heard_once_by_willing_hearers_only(
        deeds in prop::collection::vec(deed(), 1..60)
    ) {
        let mut stage = stage(unlimited(), SavedRows::new(), STAGE_START);
        for (n, name) in PLAYERS.iter().enumerate() {
            let role = if n == KEEPER { Role::Admin } else { Role::Player };
            stage.enter_as(name, role);
        }
        let mut model = Model::default();
        for (n, deed) in deeds.into_iter().enumerate() {
            for name in PLAYERS {
                stage.ears(name);
            }
            match deed {
                Deed::Wait { seconds } => later(&mut stage, seconds),
                Deed::Mute { who, whom, minutes } => {
                    types(&mut stage, PLAYERS[who], &format!("mute {} {minutes}", PLAYERS[whom]));
                    if who != whom && whom != KEEPER {
                        model.muted.insert((who, whom), stage.now().plus(MINUTE * minutes));
                    }
                }
                Deed::Unmute { who, whom } => {
                    types(&mut stage, PLAYERS[who], &format!("unmute {}", PLAYERS[whom]));
                    model.muted.remove(&(who, whom));
                }
                Deed::Close { who, channel, minutes } => {
                    let kind = Channel::ALL[channel];
                    let line = format!("channel mute {} {minutes}", kind.word());
                    types(&mut stage, PLAYERS[who], &line);
                    if kind.can_be_muted() {
                        model.closed.insert((who, channel), stage.now().plus(MINUTE * minutes));
                    }
                }
                Deed::Open { who, channel } => {
                    let line = format!("channel unmute {}", Channel::ALL[channel].word());
                    types(&mut stage, PLAYERS[who], &line);
                    model.closed.remove(&(who, channel));
                }
                Deed::Silence { whom, minutes } => {
                    let line = format!("mute_global {} {minutes}", PLAYERS[whom]);
                    types(&mut stage, PLAYERS[KEEPER], &line);
                    if whom != KEEPER {
                        model.silenced.insert(whom, stage.now().plus(MINUTE * minutes));
                    }
                }
                Deed::Unsilence { whom } => {
                    types(&mut stage, PLAYERS[KEEPER], &format!("unmute_global {}", PLAYERS[whom]));
                    model.silenced.remove(&whom);
                }
                Deed::Speak { who, channel, to } => {
                    let kind = Channel::ALL[channel];
                    let text = format!("line {n}");
                    let line = match kind {
                        Channel::Whisper => format!("whisper {} {text}", PLAYERS[to]),
                        Channel::Admin => format!("admins {text}"),
                        other => format!("{} {text}", other.word()),
                    };
                    types(&mut stage, PLAYERS[who], &line);
                    let expected = model.hearers(who, channel, to, stage.now());
                    let done = stage.ears(PLAYERS[who]);
                    prop_assert_eq!(
                        done.outcomes.iter().all(|outcome| outcome.result.is_ok()),
                        expected.is_some(),
                        "{} by {}", line, PLAYERS[who]
                    );
                    for (hearer, name) in PLAYERS.iter().enumerate() {
                        let heard = if hearer == who {
                            done.events("chat_message").len()
                        } else {
                            words(&mut stage, name).len()
                        };
                        let hears = expected.iter().flatten().any(|one| *one == hearer);
                        prop_assert_eq!(
                            heard,
                            usize::from(hears),
                            "{} by {}, heard by {}", line, PLAYERS[who], name
                        );
                    }
                }
            }
        }
        prop_assert!(stage.faults().is_empty(), "{:?}", stage.faults());
    }

    /// A purse of a burst of lines, filled evenly: a line costs 60 s times its rate.
    #[test]
    fn channel_takes_bursts_and_earns_lines_back(
        gaps in prop::collection::vec(0_u64..25, 60)
    ) {
        let settings = Settings {
            commands: unlimited().commands,
            ..Settings::default()
        };
        let mut stage = stage(settings, SavedRows::new(), STAGE_START);
        for who in ["Ann", "Bea"] {
            stage.enter(who);
        }
        let rate = u64::from(Channel::Whisper.per_minute());
        let most = u64::from(ChatLimits::BURST) * 60_000_000;
        let (mut purse, mut looked) = (most, stage.now());
        for gap in gaps {
            later(&mut stage, gap);
            stage.ears("Bea");
            types(&mut stage, "Ann", "whisper Bea again");
            let earned = stage.now().since(looked).as_micros() as u64 * rate;
            looked = stage.now();
            purse = most.min(purse + earned);
            let may = purse >= 60_000_000;
            prop_assert_eq!(!words(&mut stage, "Bea").is_empty(), may);
            if may {
                purse -= 60_000_000;
            }
        }
    }
}
