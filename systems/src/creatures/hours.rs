//! The hours that people keep: where each is to be, by the Mythos clock.

use engine::content::{self, At};
use engine::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::MythosTime;
use crate::world::Atlas;

/// Whoever keeps hours: `rules/schedules.toml`.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PeopleHours {
    /// Hours that people keep.
    schedules: Vec<PersonHours>,
}

/// The hours of one or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonHours {
    /// their word, by which a creature's `schedule` names them
    #[schemars(extend("x-bounds" = "a word, once"))]
    id: String,
    /// where they are, of which the first holds that fits the hour
    #[schemars(length(min = 1, max = 24))]
    hours: Vec<HoursAt>,
}

/// Where somebody is at which hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HoursAt {
    /// the hour from which they are there
    #[schemars(range(min = 0, max = 23))]
    start_hour: u8,
    /// the hour at which they leave; not after `start_hour`: on the day after
    #[schemars(range(min = 1, max = 24))]
    end_hour: u8,
    /// the room, by its id
    #[schemars(extend("x-bounds" = "the id of a room"))]
    room: String,
    /// on which days
    #[serde(default)]
    #[schemars(extend("x-bounds" = "`Primus` to `Sextus`", "x-usual" = "every day"))]
    days: Vec<String>,
}

impl content::Rules for PeopleHours {
    fn check(&mut self, at: &At<'_>) {
        let atlas = at.content::<Atlas>();
        for (n, one) in self.schedules.iter().enumerate() {
            let at = at.key("schedules").item(n);
            let twice = self.schedules[..n].iter().any(|other| other.id == one.id);
            let id = &one.id;
            at.key("id")
                .unless(!twice, format!("schedule `{id}` is written twice"));
            for (n, hours) in one.hours.iter().enumerate() {
                let at = at.key("hours").item(n).key("room");
                let known = atlas.is_none_or(|atlas| atlas.find(&hours.room).is_some());
                at.unless(known, format!("`{}` is not a room", hours.room));
            }
        }
    }
}

impl PeopleHours {
    /// The hours of this word.
    pub(super) fn find(&self, id: &str) -> Option<&PersonHours> {
        self.schedules.iter().find(|one| one.id == id)
    }
}

impl PersonHours {
    /// The room in which somebody is at this hour, by its id; `None`: nothing is said of it.
    pub(super) fn room(&self, now: MythosTime) -> Option<&str> {
        let at = self.hours.iter().find(|one| one.holds(now))?;
        Some(&at.room)
    }
}

impl HoursAt {
    fn holds(&self, now: MythosTime) -> bool {
        let hour = now.hour();
        let today = self.days.is_empty() || self.days.iter().any(|day| day == now.day_name());
        let fits = match self.start_hour < self.end_hour {
            true => (self.start_hour..self.end_hour).contains(&hour),
            false => hour >= self.start_hour || hour < self.end_hour,
        };
        today && fits
    }
}
