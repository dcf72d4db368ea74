//! Mythos time.
use engine::port::WorldTime;
/// Mythos time.
#[derive(Debug, Clone, Copy)]
pub struct MythosTime;
impl MythosTime {
    /// At a wall time.
    #[must_use]
    pub fn at(_wall: WorldTime) -> Self {
        Self
    }
    /// Night.
    #[must_use]
    pub fn is_night(&self) -> bool {
        false
    }
}
