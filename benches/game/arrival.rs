//! How a player comes in.

use engine::port::{AccountId, Arrival, Correlation, Role, SessionId, StableId};
use engine::stage::STAGE_START;

/// The player of that number, through the session of that number.
pub(crate) fn arrival(player: u64) -> Arrival {
    let character = StableId::named(&format!("player {player}"));
    Arrival {
        session: SessionId(player),
        correlation: Correlation(player),
        account: AccountId(character.uuid()),
        character,
        name: format!("Player{player}"),
        profession: None,
        seed: None,
        role: Role::Player,
        guest: false,
        created_at: STAGE_START,
    }
}
