//! One bot's decisions: a role's state machine and its own dice, without socket or clock. The same bots
//! play over sockets and inside the process.

use std::sync::Arc;
use std::time::Duration;

use crate::dice::BotDice;
use crate::scenario::{BotAction, BotRole, ChatChannel, RoleStep, Scenario};
use crate::world_map::WorldMap;

/// Words of no meaning, so that lines have the length of lines.
const WORDS: [&str; 12] = [
    "the", "river", "keeps", "lanterns", "under", "ice", "while", "bells", "answer", "slowly",
    "beyond", "harbour",
];

/// Between two steps that do nothing.
const LEAST: Duration = Duration::from_millis(50);

/// A bot.
#[derive(Clone, Debug)]
pub(crate) struct Bot {
    pub(crate) index: usize,
    role: Arc<BotRole>,
    map: Option<WorldMap>,
    at: usize,
    dice: BotDice,
    /// Dice of its own for whom to whisper to: how many others there are, and whether a step needs
    /// one, must not move the rest.
    company: BotDice,
    /// Lines said so far.
    spoken: u32,
}

/// What a bot can see.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'a> {
    /// The id of the room.
    pub(crate) room: &'a str,
    /// Its ways out.
    pub(crate) ways: &'a [BotExit],
    /// Somebody to whisper to: another bot and its name.
    pub(crate) fellow: Option<(usize, &'a str)>,
    /// Microseconds since the run began, told with every line.
    pub(crate) micros: u64,
    /// What marks the lines of this run.
    pub(crate) tag: &'a str,
}

/// A way out of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BotExit {
    pub(crate) word: String,
    pub(crate) to: String,
}

/// What a bot does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    /// Types a line.
    Type(String, Sense),
    /// Nothing this time.
    Nothing,
    /// Cuts the connection and comes back.
    Reconnect,
    /// Does not read for so long.
    SlowReading(Duration),
    /// Types a line this often, without waiting for anything.
    Flood(usize),
}

/// What a line is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sense {
    /// A move this way.
    Move(String),
    /// Words for others.
    Speech {
        /// Where to.
        channel: ChatChannel,
        /// The number of the line among this bot's.
        number: u32,
        /// The bot whispered to.
        target: Option<usize>,
    },
    /// Anything else.
    Other,
}

impl Bot {
    /// The `index`-th bot of a scenario. Its role follows from the seed.
    pub(crate) fn new(scenario: &Scenario, roles: &[Arc<BotRole>], index: usize) -> Self {
        let mut dice = BotDice::new(scenario.seed, index as u64);
        let role = dice.pick(roles.iter().map(|role| role.weight));
        Self {
            index,
            role: Arc::clone(&roles[role]),
            map: WorldMap::of(&scenario.world),
            at: roles[role].start,
            dice,
            company: BotDice::new(!scenario.seed, index as u64),
            spoken: 0,
        }
    }

    /// Whether the next step is a move, which needs to know where one is.
    pub(crate) fn is_about_to_move(&self) -> bool {
        matches!(
            self.role.steps[self.at].deed,
            BotAction::Home | BotAction::ExpectedWalk | BotAction::Go(_)
        )
    }

    /// The bot, of so many, that the next step would rather whisper to; `None` if it whispers to
    /// nobody.
    pub(crate) fn wants_company(&mut self, bots: usize) -> Option<usize> {
        let deed = &self.role.steps[self.at].deed;
        matches!(deed, BotAction::Say(ChatChannel::Whisper, _)).then(|| self.company.below(bots))
    }

    /// Whether the present step types something.
    pub(crate) fn is_about_to_type(&self) -> bool {
        !matches!(
            self.role.steps[self.at].deed,
            BotAction::Idle | BotAction::Reconnect | BotAction::SlowReading(_)
        )
    }

    /// Leaves the present step out; answers how long until the next is due.
    pub(crate) fn passes(&mut self) -> Duration {
        let role = Arc::clone(&self.role);
        self.goes_on(&role.steps[self.at]).max(LEAST)
    }

    fn goes_on(&mut self, step: &RoleStep) -> Duration {
        let think = step.think.draw(&mut self.dice);
        let next = self.dice.pick(step.next.iter().map(|(_, weight)| *weight));
        self.at = step.next[next].0;
        think
    }

    /// Does the present step; answers what, and how long until the next is due.
    pub(crate) fn act(&mut self, around: Around<'_>) -> (Act, Duration) {
        let role = Arc::clone(&self.role);
        let step = &role.steps[self.at];
        let act = match &step.deed {
            BotAction::Home => {
                let way = self
                    .map
                    .and_then(|map| map.way(around.room, map.home(self.index)));
                if let Some(way) = way {
                    // Stays in this step until it is home.
                    return (go(way), Duration::ZERO);
                }
                Act::Nothing
            }
            BotAction::ExpectedWalk => {
                // Rolled in any case: a room without a way must not move the dice.
                let at = self.dice.below(around.ways.len());
                around
                    .ways
                    .get(at)
                    .map_or(Act::Nothing, |way| go(&way.word))
            }
            BotAction::Go(way) => go(way),
            BotAction::Say(channel, words) => self.speak(*channel, *words, around),
            BotAction::Line(line) => Act::Type(line.clone(), Sense::Other),
            BotAction::Idle => Act::Nothing,
            BotAction::Reconnect => Act::Reconnect,
            BotAction::SlowReading(time) => Act::SlowReading(*time),
            BotAction::Flood(lines) => Act::Flood(*lines),
        };
        let think = self.goes_on(step);
        // A circle of steps without time would never let anybody else act.
        let floor = if act == Act::Nothing {
            LEAST
        } else {
            Duration::from_millis(1)
        };
        (act, think.max(floor))
    }

    fn speak(&mut self, channel: ChatChannel, words: usize, around: Around<'_>) -> Act {
        self.spoken += 1;
        let (index, number) = (self.index, self.spoken);
        let mut text = format!("{}.{index}.{number}.{}", around.tag, around.micros);
        for _ in 0..words {
            text.push(' ');
            text.push_str(WORDS[self.dice.below(WORDS.len())]);
        }
        let mut target = None;
        let line = match channel {
            ChatChannel::Say => format!("say {text}"),
            ChatChannel::Emote => format!("emote {text}"),
            ChatChannel::Local => format!("local {text}"),
            ChatChannel::Global => format!("global {text}"),
            ChatChannel::Whisper => {
                let Some((fellow, name)) = around.fellow else {
                    return Act::Nothing;
                };
                target = Some(fellow);
                format!("whisper {name} {text}")
            }
        };
        Act::Type(
            line,
            Sense::Speech {
                channel,
                number,
                target,
            },
        )
    }
}

fn go(way: &str) -> Act {
    Act::Type(format!("go {way}"), Sense::Move(way.to_owned()))
}

/// The bot and line number of a text of this run's.
pub(crate) fn mark(text: &str, tag: &str) -> Option<(usize, u32)> {
    let mut parts = text.strip_prefix(tag)?.strip_prefix('.')?.splitn(3, '.');
    let bot = parts.next()?.parse().ok()?;
    let number = parts.next()?.parse().ok()?;
    Some((bot, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a bot does in 200 steps, and when, with what it can see.
    fn life(fellow: Option<(usize, &str)>, ways: &[BotExit]) -> Vec<(Duration, String)> {
        let text = "seed = 9\n[roles.a.steps.say]\ndo = \"say\"\nthink = {exponential = \"1s\"}\n\
            next = {say = 1, whisper = 1, walk = 1}\n[roles.a.steps.whisper]\ndo = \"whisper\"\n\
            think = {exponential = \"1s\"}\nnext = \"say\"\n[roles.a.steps.walk]\ndo = \"walk\"\n\
            think = {exponential = \"1s\"}\nnext = \"say\"\n";
        let scenario = Scenario::parse(std::path::Path::new("s.toml"), text).unwrap();
        let roles: Vec<_> = scenario.roles.iter().cloned().map(Arc::new).collect();
        let mut bot = Bot::new(&scenario, &roles, 3);
        let mut life = Vec::new();
        for _ in 0..200 {
            let is_whisper = bot.wants_company(7).is_some();
            let around = Around {
                room: "here",
                ways,
                fellow,
                micros: 0,
                tag: "t",
            };
            let (act, think) = bot.act(around);
            let said = match act {
                Act::Type(line, Sense::Speech { .. }) if !is_whisper => line,
                _ => String::new(),
            };
            life.push((think.max(LEAST), said));
        }
        life
    }

    /// Who is there and where ways lead makes no difference.
    #[test]
    fn bot_life_depends_on_seed_only() {
        let alone = life(None, &[]);
        let way = BotExit {
            word: "east".to_owned(),
            to: "there".to_owned(),
        };
        assert_eq!(alone, life(Some((5, "Ann")), &[way]));
    }
}
