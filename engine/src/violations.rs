//! How often the limits of the game were overstepped, for those who operate it.

use bevy_ecs::message::Message;

/// Something was refused because somebody had too much of it; counted by the kind of limit, for
/// the metrics only. As many kinds as the code has names for.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation(pub &'static str);
