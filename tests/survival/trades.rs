//! The proofs' own plugin: counters, purses and a badge, all durable; and the server that has it.

use std::io::Write;
use std::process::ExitCode;

use engine::prelude::*;
use kadath::config::{Config, Overrides};
use serde::{Deserialize, Serialize};
use systems::command::{Usage, Verb, Words, verb};

use crate::harness::{REPLAY_PROCESS, SERVER_PROCESS};

/// What every character begins with.
pub(crate) const FIRST_COINS: i64 = 100;

/// The plugin.
pub(crate) fn plugin(reg: &mut Registrar<'_>) {
    reg.persist::<Tally>("test_tally")
        .persist::<Purse>("test_purse")
        .persist::<Badge>("test_badge")
        .character::<Tally>()
        .character::<Purse>()
        .message::<Transfer>();
    verb::<Count>(reg);
    verb::<Give>(reg);
    verb::<Wear>(reg);
    verb::<Holdings>(reg);
    reg.system(Phase::Simulate, (find, tell).chain())
        .system(Phase::Settle, (count, transfer, wear).chain());
}

/// How often the character has counted.
#[derive(Component, Serialize, Deserialize, Clone, Copy, Default)]
struct Tally(u64);

/// Its coins. Never below zero.
#[derive(Component, Serialize, Deserialize, Clone, Copy)]
struct Purse(i64);

impl Default for Purse {
    fn default() -> Self {
        Self(FIRST_COINS)
    }
}

/// Worn or not: a component that goes away.
#[derive(Component, Serialize, Deserialize, Clone, Copy)]
struct Badge(u64);

/// `count`
#[derive(Message)]
struct Count(Order);

/// `pay NAME COINS`
#[derive(Message)]
struct Give {
    order: Order,
    to: String,
    coins: i64,
}

/// `badge on`, `badge off`
#[derive(Message)]
struct Wear {
    order: Order,
    on: bool,
}

/// `holdings`
#[derive(Message)]
struct Holdings(Order);

/// A whole trade, in one message to one owner.
#[derive(Message)]
struct Transfer {
    order: Order,
    to: Entity,
    coins: i64,
}

impl Verb for Count {
    const WORDS: &'static [&'static str] = &["count"];
    const USAGE: &'static str = "count";
    const HELP: &'static str = "Counts one further.";
    const LASTS: bool = true;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self(order))
    }
}

impl Verb for Give {
    const WORDS: &'static [&'static str] = &["pay"];
    const USAGE: &'static str = "pay <name> <coins>";
    const HELP: &'static str = "Pays somebody coins.";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let (to, coins) = words.rest().rsplit_once(' ').ok_or(Usage::Show)?;
        Ok(Self {
            order,
            to: to.to_owned(),
            coins: coins.parse().map_err(|_| Usage::Show)?,
        })
    }
}

impl Verb for Wear {
    const WORDS: &'static [&'static str] = &["badge"];
    const USAGE: &'static str = "badge on|off";
    const HELP: &'static str = "Puts the badge on or off.";

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let on = words.rest() == "on";
        Ok(Self { order, on })
    }
}

impl Verb for Holdings {
    const WORDS: &'static [&'static str] = &["holdings"];
    const USAGE: &'static str = "holdings";
    const HELP: &'static str = "Tells tally, coins and badge.";

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self(order))
    }
}

fn count(
    mut counts: MessageReader<Count>,
    mut tallies: Query<&mut Tally>,
    mut answers: MessageWriter<Answer>,
) {
    for Count(order) in counts.read() {
        if let Ok(mut tally) = tallies.get_mut(order.actor) {
            tally.0 += 1;
            answers.write(Answer::with(*order, tally.0.to_string()));
        }
    }
}

/// Finds who is meant.
fn find(
    mut gives: MessageReader<Give>,
    people: Query<(Entity, &Character), With<Online>>,
    mut transfers: MessageWriter<Transfer>,
    mut answers: MessageWriter<Answer>,
) {
    for Give { order, to, coins } in gives.read() {
        match people.iter().find(|(_, one)| one.name == *to) {
            Some((to, _)) => {
                transfers.write(Transfer {
                    order: *order,
                    to,
                    coins: *coins,
                });
            }
            None => {
                answers.write(Answer::refused(*order, Code::PlayerNotInRoom, "away"));
            }
        }
    }
}

/// Moves the coins, after every check.
fn transfer(
    mut transfers: MessageReader<Transfer>,
    mut purses: Query<&mut Purse>,
    mut answers: MessageWriter<Answer>,
) {
    for &Transfer { order, to, coins } in transfers.read() {
        let Ok([mut from, mut to]) = purses.get_many_mut([order.actor, to]) else {
            answers.write(Answer::refused(order, Code::GameLogicError, "to oneself"));
            continue;
        };
        if coins < 1 || from.0 < coins {
            answers.write(Answer::refused(order, Code::GameLogicError, "too poor"));
            continue;
        }
        from.0 -= coins;
        to.0 += coins;
        answers.write(Answer::done(order));
    }
}

fn wear(
    mut wears: MessageReader<Wear>,
    mut commands: Commands,
    mut answers: MessageWriter<Answer>,
) {
    for Wear { order, on } in wears.read() {
        if *on {
            commands.entity(order.actor).insert(Badge(1));
        } else {
            commands.entity(order.actor).remove::<Badge>();
        }
        answers.write(Answer::done(*order));
    }
}

fn tell(
    mut asked: MessageReader<Holdings>,
    known: Query<(&Tally, &Purse, Has<Badge>)>,
    mut answers: MessageWriter<Answer>,
) {
    for Holdings(order) in asked.read() {
        if let Ok((tally, purse, badge)) = known.get(order.actor) {
            let text = format!("{} {} {badge}", tally.0, purse.0);
            answers.write(Answer::with(*order, text));
        }
    }
}

/// Not a proof: the server of the proofs, when they start this executable as one.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test can't return the code that the server would"
)]
fn server_process() {
    if let Some(data) = std::env::var_os(REPLAY_PROCESS) {
        let mut config = Config::load(None, Overrides::default()).unwrap();
        config.server.data = data.into();
        let ended =
            kadath::replay::run(&config, &kadath::replay::ReplayOptions::default(), &game());
        assert_eq!(ended.unwrap(), ExitCode::SUCCESS);
        return;
    }
    if std::env::var_os(SERVER_PROCESS).is_none() {
        return;
    }
    let config = Config::load(None, Overrides::default()).unwrap();
    let ended = kadath::server::run(config, &game());
    // The server's own panic hook writes to its log, which has ended.
    if let Err(fault) = &ended {
        let _ = writeln!(std::io::stderr(), "{fault:#}");
        // As a main that returns it would.
        std::process::exit(1);
    }
    match ended.unwrap() {
        ExitCode::SUCCESS => {}
        // Not everything is in the database.
        code => {
            assert_eq!(code, ExitCode::from(3));
            std::process::exit(3);
        }
    }
}

/// The game of the proofs.
fn game() -> kadath::Game {
    let mut game = kadath::Game::default();
    game.add(plugin).add(crate::vandals::vandal);
    if std::env::var_os(STARTUP_PANIC).is_some() {
        game.add(careless);
    }
    game
}

/// Has the server start with a plugin that panics in its startup.
pub(crate) const STARTUP_PANIC: &str = "KADATH_SURVIVAL_STARTUP_PANIC";

fn careless(reg: &mut Registrar<'_>) {
    reg.startup(|_| panic!("the map is missing"));
}
