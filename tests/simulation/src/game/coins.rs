//! Coins: minted once, handed on, laid down and picked up.

use engine::prelude::*;
use serde::{Deserialize, Serialize};

/// A coin, by its number.
#[derive(Component, Serialize, Deserialize, Clone, Copy, Debug)]
#[component(summary_tick)]
pub(crate) struct Coin(pub(crate) u64);

/// The id of the coin of that number.
pub(crate) fn coin(number: u64) -> StableId {
    StableId::named(&format!("coin {number}"))
}

/// A coin is to move.
#[derive(Message)]
pub(super) struct Handing {
    pub(super) order: Order,
    pub(super) number: u64,
    pub(super) how: CoinMove,
}

/// From where to where.
pub(super) enum CoinMove {
    /// Out of nothing.
    Mint,
    /// To somebody who is there, if there is one.
    Give(Option<String>),
    /// To the ground.
    Drop,
    /// From there.
    Take,
}

impl CoinMove {
    pub(super) fn of(verb: &str, to: Option<String>) -> Self {
        match verb {
            "mint" => Self::Mint,
            "drop" => Self::Drop,
            "take" => Self::Take,
            _ => Self::Give(to),
        }
    }
}

/// Moves coins: whoever gives must have it, whoever gets must be there.
pub(super) fn hand(
    mut handings: MessageReader<Handing>,
    people: Query<(&StableId, &Character), With<Online>>,
    coins: Query<(Entity, &Holder), With<Coin>>,
    index: Res<Index>,
    mut commands: Commands,
    mut answers: MessageWriter<Answer>,
) {
    // What is done in this round is not in the world yet.
    let mut touched: Vec<u64> = Vec::new();
    for Handing { order, number, how } in handings.read() {
        let order = *order;
        let giver = people.get(order.actor).ok().map(|(id, _)| *id);
        let known = index.get(coin(*number)).and_then(|one| coins.get(one).ok());
        let thing = known.map(|(thing, holder)| (thing, holder.0));
        let to = match how {
            CoinMove::Give(name) => {
                let mut all = people.iter();
                let taker = all.find(|(_, who)| Some(&who.name) == name.as_ref());
                taker.map(|(id, _)| Some(*id))
            }
            CoinMove::Drop => Some(None),
            CoinMove::Mint | CoinMove::Take => giver.map(Some),
        };
        let from = match how {
            CoinMove::Take => None,
            _ => giver,
        };
        let answer = match (to, thing) {
            _ if giver.is_none() || touched.contains(number) => {
                Answer::refused(order, Code::GameLogicError, "It moves already.")
            }
            (Some(to), None) if matches!(how, CoinMove::Mint) => {
                commands.spawn((coin(*number), Coin(*number), Holder(to)));
                Answer::done(order)
            }
            (Some(to), Some((thing, by))) if by == from && !matches!(how, CoinMove::Mint) => {
                commands.entity(thing).insert(Holder(to));
                Answer::done(order)
            }
            _ => Answer::refused(order, Code::GameLogicError, "You have no such coin."),
        };
        touched.push(*number);
        answers.write(answer);
    }
}
