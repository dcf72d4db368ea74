//! How far a designer's grant reaches.

use engine::port::WorldTime;

use crate::store::{signed, unsigned};

/// The limits of a designer's grant; by default there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DesignLimits {
    /// When it is over, by the wall clock; `None`: never.
    pub until: Option<WorldTime>,
    /// The ids of the zones that it is for; `None`: all of the world.
    pub zones: Option<Vec<String>>,
}

/// What of the world's content somebody may change now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DesignReach {
    /// Nothing: they are no designer, or no more.
    Nothing,
    /// What belongs to the zones of these ids.
    Zones(Vec<String>),
    /// All of it.
    All,
}

impl DesignLimits {
    /// From the two columns.
    pub(crate) fn of(until: Option<i64>, zones: Option<&str>) -> Self {
        Self {
            until: until.map(|until| WorldTime(unsigned(until))),
            zones: zones.map(|zones| zones.split(',').map(str::to_owned).collect()),
        }
    }

    pub(super) fn until_column(&self) -> Option<i64> {
        self.until.map(|until| signed(until.0))
    }

    pub(super) fn zones_column(&self) -> Option<String> {
        self.zones.as_ref().map(|zones| zones.join(","))
    }
}
