//! Command ids that the gateway itself refused: the world never saw them, so their resends are
//! answered here.

use std::collections::VecDeque;

use engine::port::Refusal;

/// The last refused ids with their answers.
#[derive(Debug, Default)]
pub(crate) struct Refused(VecDeque<(u64, Refusal)>);

impl Refused {
    /// As many as the world remembers executed ones.
    const MAX: usize = 64;

    /// Remembers what `id` was told.
    pub(crate) fn note(&mut self, id: u64, refusal: Refusal) {
        if self.0.len() == Self::MAX {
            self.0.pop_front();
        }
        self.0.push_back((id, refusal));
    }

    /// What `id` was told.
    pub(crate) fn find(&self, id: u64) -> Option<&Refusal> {
        self.0
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, refusal)| refusal)
    }
}

#[cfg(test)]
mod tests {
    use engine::port::{Code, Refusal};

    use super::Refused;

    #[test]
    fn the_last_64_refusals_are_remembered() {
        let mut refused = Refused::default();
        for id in 1..=65 {
            refused.note(id, Refusal::of(Code::ServerBusy));
        }
        assert!(refused.find(1).is_none());
        assert_eq!(refused.find(65).unwrap().code, Code::ServerBusy);
    }
}
