//! An effect that is not done, and why.

use engine::prelude::*;

/// Why an owner would not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RefusedEffect {
    pub(super) code: Code,
    /// What the actor is told, where the list says so.
    pub(super) words: &'static str,
}

impl RefusedEffect {
    pub(super) const GONE: Self = Self {
        code: Code::ResourceNotFound,
        words: "There is nobody there.",
    };

    pub(super) const fn rule(words: &'static str) -> Self {
        let code = Code::GameLogicError;
        Self { code, words }
    }

    pub(super) const fn way(words: &'static str) -> Self {
        let code = Code::InvalidMovement;
        Self { code, words }
    }
}
