//! Durable effects: where a walker must be after the server was killed.
//!
//! A `welcome` says which command was the last to be executed as far as the world remembers, and
//! `durable` said which ones survive. Both are held against each other, and against the room in
//! which the walker finds itself.

/// Moves that are kept at least; a server that is behind by more has lost them all.
const REMEMBERED: usize = 256;

/// The moves of one walker since it last knew where the saved world has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExpectedWalk {
    base: String,
    moves: Vec<Move>,
    /// The highest command id that was told durable.
    durable: u64,
}

#[derive(Clone, Debug)]
struct Move {
    id: u64,
    to: String,
}

/// What a comparison came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// Effects that were looked at.
    pub(crate) checked: u64,
    /// Told durable or executed, and not there.
    pub(crate) lost: u64,
    /// There more than once.
    pub(crate) duplicated: u64,
}

impl ExpectedWalk {
    /// A move that leads to `to` is on its way.
    pub(crate) fn moves(&mut self, id: u64, to: &str) {
        let to = to.to_owned();
        self.moves.push(Move { id, to });
        if self.moves.len() > 2 * REMEMBERED {
            let mut gone = self.moves.drain(..REMEMBERED);
            self.base = gone.next_back().map(|last| last.to).unwrap_or_default();
        }
    }

    /// A move was refused.
    pub(crate) fn is_refused(&mut self, id: u64) {
        self.moves.retain(|one| one.id != id);
    }

    /// Every command up to this id survives.
    pub(crate) fn is_durable(&mut self, id: u64) {
        self.durable = self.durable.max(id);
    }

    /// Begins anew: the world has the walker in `room`.
    pub(crate) fn begins(&mut self, room: &str) {
        room.clone_into(&mut self.base);
        self.moves.clear();
    }

    /// Holds what the world remembers against what it was told to remember.
    pub(crate) fn compare(&mut self, last_command_id: u64, room: &str) -> Effects {
        if self.base.is_empty() {
            // The first sight of the world: there is nothing to compare.
            self.begins(room);
            return Effects::default();
        }
        let done = self.moves.partition_point(|one| one.id <= last_command_id);
        let mut effects = Effects {
            checked: done as u64,
            ..Effects::default()
        };
        let forgotten = self.durable.saturating_sub(last_command_id);
        effects.lost += forgotten;
        let place = |moves: usize| match moves.checked_sub(1) {
            None => self.base.as_str(),
            Some(last) => self.moves[last].to.as_str(),
        };
        if place(done) != room {
            match (0..done).rev().find(|earlier| place(*earlier) == room) {
                Some(earlier) => effects.lost += (done - earlier) as u64,
                None => effects.duplicated += 1,
            }
        }
        // What the world forgot by right was never there.
        self.begins(room);
        effects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walker() -> ExpectedWalk {
        let mut walk = ExpectedWalk::default();
        walk.begins("a");
        walk.moves(1, "b");
        walk.moves(2, "c");
        walk.moves(3, "d");
        walk.is_durable(2);
        walk
    }

    fn check(last_command_id: u64, room: &str, lost: u64, duplicated: u64) {
        let found = walker().compare(last_command_id, room);
        assert_eq!(
            (found.lost, found.duplicated),
            (lost, duplicated),
            "{last_command_id} {room}"
        );
    }

    #[test]
    fn walker_stands_where_remembered_commands_lead() {
        check(2, "c", 0, 0);
        check(3, "d", 0, 0);
        // Remembered as done, but the walker is further back.
        check(3, "b", 2, 0);
        // Told durable and forgotten.
        check(1, "b", 1, 0);
        // Nowhere on the way: a move was done twice.
        check(3, "e", 0, 1);
    }
}
