//! How often the limits of the game were overstepped, for those who operate it.

use std::sync::Arc;

use bevy_ecs::message::Message;

/// Something was refused because somebody had too much of it; counted by the kind of limit, for
/// the metrics only. As many kinds as the code has names for.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation(pub &'static str);

/// A call of some part of the content (a script) has ended; counted by its name, for the metrics
/// only.
#[derive(Message, Clone, Debug, PartialEq, Eq)]
pub struct ContentCall {
    /// Its name; as many as the content has.
    pub name: Arc<str>,
    /// What it has spent, in operations.
    pub operations: u64,
    /// It was cut, or failed.
    pub cut: bool,
}

/// What calls of one name have come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallTotal {
    /// What they have spent, in operations.
    pub operations: u64,
    /// How many were cut.
    pub cut: u64,
}
