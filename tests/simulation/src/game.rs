//! The game in the box: small, so that what it must keep can be said in sentences.
//!
//! A mark is made once, a coin is minted once and handed on, words go through a room to whoever has
//! not muted the speaker, and admins keep others out.

mod coins;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use engine::port::{
    AccountAct, AccountId, AccountOrder, Banned, Planted, SessionId, Tick, is_planted,
};
use engine::prelude::*;
use engine::{Excluded, Orders, SetBan};
use serde::{Deserialize, Serialize};

pub(crate) use coins::{Coin, coin};

use crate::notes::{BellStroke, SpokenWords};
use coins::{CoinMove, Handing};

/// For so long a mute is overlooked by who reads it late, on purpose.
const STALE: Tick = 60;

/// The plugin that can be turned off.
pub(crate) const BELLS: &str = "bells";

/// The plugins of the box.
pub(crate) struct BoxGame;

impl Plugin for BoxGame {
    fn build(&self, reg: &mut Registrar<'_>) {
        reg.add(Deeds).add(Bells);
    }

    fn name(&self) -> &'static str {
        "box"
    }
}

struct Deeds;
struct Bells;

impl Plugin for Deeds {
    fn build(&self, reg: &mut Registrar<'_>) {
        reg.persist::<Marks>("marks")
            .persist::<RoomNumber>("room")
            .persist::<Unwanted>("unwanted")
            .persist::<Coin>("coin")
            .character::<Marks>()
            .character::<RoomNumber>()
            .character::<Unwanted>()
            .holders()
            .message::<Handing>()
            .message::<Spoken>()
            .note::<SpokenWords>()
            .resource(Barred::default())
            .transient::<Barred>("barred")
            .owns::<Orders>()
            .system(Phase::Simulate, (turn_away, obey).chain())
            .system(Phase::Settle, coins::hand)
            .system(Phase::Emit, speak);
    }

    fn name(&self) -> &'static str {
        "deeds"
    }
}

impl Plugin for Bells {
    fn build(&self, reg: &mut Registrar<'_>) {
        reg.message::<Rung>()
            .note::<BellStroke>()
            .every(Duration::from_secs(2), |mut rung: MessageWriter<Rung>| {
                rung.write(Rung);
            })
            .system(Phase::Emit, ring);
    }

    fn name(&self) -> &'static str {
        BELLS
    }
}

/// Every mark that a character made, as often as it was made.
#[derive(Component, Serialize, Deserialize, Clone, Debug, Default)]
#[component(summary_tick)]
pub(crate) struct Marks(pub(crate) Vec<u64>);

/// Where a character is.
#[derive(Component, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq)]
#[component(summary_tick)]
struct RoomNumber(u64);

/// Whom a character does not want to hear, since which tick.
#[derive(Component, Serialize, Deserialize, Clone, Debug, Default)]
#[component(summary_tick)]
struct Unwanted(BTreeMap<StableId, Tick>);

/// The account of that name.
pub(crate) fn account(name: &str) -> AccountId {
    AccountId(StableId::named(&format!("account {name}")).uuid())
}

/// Whom the world turns away until the account store knows.
#[derive(Resource, Serialize, Deserialize, Clone, Debug, Default)]
struct Barred(BTreeSet<StableId>);

#[derive(Message)]
struct Spoken {
    speaker: StableId,
    name: String,
    room: u64,
    words: String,
}

#[derive(Message)]
struct Rung;

#[derive(SystemParam)]
struct Effects<'w> {
    barred: ResMut<'w, Barred>,
    answers: MessageWriter<'w, Answer>,
    handings: MessageWriter<'w, Handing>,
    spoken: MessageWriter<'w, Spoken>,
    bans: MessageWriter<'w, SetBan>,
    recorded: MessageWriter<'w, Recorded>,
    dismissed: MessageWriter<'w, Dismiss>,
}

fn obey(
    mut heard: MessageReader<Heard>,
    mut people: Query<(
        Entity,
        &StableId,
        &Character,
        &mut Marks,
        &mut RoomNumber,
        &mut Unwanted,
        Has<Online>,
    )>,
    clock: Res<Clock>,
    mut orders: ResMut<Orders>,
    mut effects: Effects<'_>,
) {
    for Heard { order, line } in heard.read() {
        let order = *order;
        orders.start(order);
        let (verb, rest) = line.as_str().split_once(' ').unwrap_or((line.as_str(), ""));
        let number = rest
            .split(' ')
            .next()
            .and_then(|word| word.parse::<u64>().ok());
        let others: Vec<(StableId, String, u64, Entity)> = people
            .iter()
            .filter(|(.., online)| *online)
            .map(|(entity, id, who, _, room, ..)| (*id, who.name.clone(), room.0, entity))
            .collect();
        let Ok((_, id, me, mut marks, mut room, mut unwanted, _)) = people.get_mut(order.actor)
        else {
            continue;
        };
        let answer = match (verb, number) {
            ("mark", Some(number)) => {
                marks.0.push(number);
                Answer::with(order, marks.0.len().to_string())
            }
            ("go", Some(to)) => {
                room.0 = to;
                Answer::done(order)
            }
            ("say", _) => {
                effects.spoken.write(Spoken {
                    speaker: *id,
                    name: me.name.clone(),
                    room: room.0,
                    words: rest.to_owned(),
                });
                Answer::done(order)
            }
            ("mute", _) => {
                let tick = clock.tick;
                unwanted.0.insert(StableId::named(rest), tick);
                Answer::done(order)
            }
            ("unmute", _) => {
                unwanted.0.remove(&StableId::named(rest));
                Answer::done(order)
            }
            ("who", _) => Answer::with(order, listed(&others, room.0)),
            ("mint" | "give" | "drop" | "take", Some(number)) => {
                let to = rest.split_once(' ').map(|(_, name)| name.to_owned());
                effects.handings.write(Handing {
                    order,
                    number,
                    how: CoinMove::of(verb, to),
                });
                continue;
            }
            ("ban" | "unban", _) if me.role == Role::Admin => {
                let by = me.name.clone();
                keep_out(verb == "ban", rest, by, clock.now, &others, &mut effects);
                Answer::done(order)
            }
            _ => Answer::refused(order, Code::GameLogicError, "That is not done."),
        };
        effects.answers.write(answer);
    }
}

/// Turns away who is banned, whoever says so.
fn turn_away(
    mut newcomers: Newcomers<'_, '_>,
    mut excluded: MessageReader<Excluded>,
    barred: Res<Barred>,
    mut dismissed: MessageWriter<Dismiss>,
) {
    let banned = excluded.read().map(|one| one.actor);
    let newcomers = newcomers.read().into_iter();
    let came = newcomers.filter(|(id, _)| barred.0.contains(id));
    for actor in banned.chain(came.map(|(_, actor)| actor)) {
        dismissed.write(Dismiss {
            actor,
            why: Leaving::Kicked,
            told: None,
        });
    }
}

/// Those in a room, by name.
fn listed(all: &[(StableId, String, u64, Entity)], room: u64) -> String {
    let here = all.iter().filter(|(_, _, at, _)| *at == room);
    let mut names: Vec<&str> = here.map(|(_, name, ..)| name.as_str()).collect();
    names.sort_unstable();
    if is_planted(Planted::RoomUnordered) {
        let hash = RandomState::new();
        names.sort_by_key(|name| hash.hash_one(name));
    }
    names.join(" ")
}

fn keep_out(
    out: bool,
    name: &str,
    by: String,
    now: WorldTime,
    others: &[(StableId, String, u64, Entity)],
    effects: &mut Effects<'_>,
) {
    let account = account(name);
    let ban = out.then(|| Banned {
        account,
        until: None,
        reason: String::new(),
    });
    let act = match out {
        true => AccountAct::Ban {
            until: None,
            reason: String::new(),
        },
        false => AccountAct::Unban,
    };
    effects.bans.write(SetBan { account, ban });
    match out {
        true => effects.barred.0.insert(StableId::named(name)),
        false => effects.barred.0.remove(&StableId::named(name)),
    };
    let order = AccountOrder {
        character: Some(StableId::named(name)),
        name: name.to_owned(),
        by,
        act,
    };
    effects.recorded.write(Recorded(order.fact(now)));
    if let Some((.., actor)) = others.iter().find(|(_, one, ..)| out && one == name) {
        effects.dismissed.write(Dismiss {
            actor: *actor,
            why: Leaving::Kicked,
            told: None,
        });
    }
}

fn speak(
    mut spoken: MessageReader<Spoken>,
    online: Query<(&Online, &RoomNumber, &Unwanted)>,
    clock: Res<Clock>,
    mut outbox: ResMut<Outbox>,
) {
    for Spoken {
        speaker,
        name,
        room,
        words,
    } in spoken.read()
    {
        let hides = |unwanted: &Unwanted| {
            let since = unwanted.0.get(speaker);
            let stale = is_planted(Planted::MuteStale);
            since.is_some_and(|since| !stale || clock.tick > since + STALE)
        };
        let here = online.iter();
        let here = here.filter(|(_, at, unwanted)| at.0 == *room && !hides(unwanted));
        let mut hearers: Vec<SessionId> = here.map(|(online, ..)| online.session).collect();
        hearers.sort_unstable();
        let words = SpokenWords {
            speaker: name.clone(),
            words: words.clone(),
        };
        outbox.tell(Audience::Many(hearers.into()), words);
    }
}

fn ring(mut rung: MessageReader<Rung>, online: Query<&Online>, mut outbox: ResMut<Outbox>) {
    let strokes = rung.read().count() as u64;
    if strokes == 0 {
        return;
    }
    let mut hearers: Vec<SessionId> = online.iter().map(|online| online.session).collect();
    hearers.sort_unstable();
    let hearers: Arc<[SessionId]> = hearers.into();
    outbox.tell(Audience::Many(hearers), BellStroke { strokes });
}
