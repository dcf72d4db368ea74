//! What must hold of bodies, and of what their players are told.

use engine::prelude::*;
use engine::stage::{Ears, Stage};
use serde_json::Value;
use systems::body::{Condition, Vitals};
use systems::character::Stats;
use systems::lucidity::Lucidity;
use systems::place::{InRoom, Posture};
use systems::world::Atlas;

/// Whether somebody has no strength left.
pub(super) fn helpless(stage: &mut Stage, name: &str) -> bool {
    Figures::of(stage, name).is_some_and(|one| one.dp <= 0)
}

/// Points are within their bounds; whoever has none lies, and the dead are in limbo.
pub(super) fn check(stage: &mut Stage) {
    let world = stage.engine().world();
    let limbo = world.resource::<Atlas>().limbo_room();
    let mut bodies = world.query_filtered::<(&Vitals, &Stats, &Posture, &InRoom), With<Online>>();
    for (vitals, stats, posture, room) in bodies.iter(world) {
        let (dp, mp) = (vitals.dp(), vitals.mp());
        assert!((Vitals::FLOOR..=stats.max_dp()).contains(&dp), "{dp} DP");
        assert!((0..=stats.max_mp()).contains(&mp), "{mp} MP");
        assert!((0.0..1.0).contains(&vitals.residual()), "{vitals:?}");
        match vitals.condition() {
            Condition::Able => {}
            Condition::Wounded => assert_eq!(*posture, Posture::Lying, "with {dp} DP"),
            Condition::Dead => {
                assert_eq!(*posture, Posture::Lying, "and dead");
                assert_eq!(Some(room.0), limbo, "the dead are in limbo");
            }
        }
    }
}

/// How a body and a mind stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figures {
    dp: i64,
    lucidity: i64,
}

impl Figures {
    /// `None`: they are not in the world.
    pub(super) fn of(stage: &mut Stage, name: &str) -> Option<Self> {
        let world = stage.engine().world();
        let who = world.resource::<Index>().get(StableId::named(name))?;
        Some(Self {
            dp: world.get::<Vitals>(who)?.dp().into(),
            lucidity: world.get::<Lucidity>(who)?.points().into(),
        })
    }

    /// What a player was told leads from how it was to how it is, each change told once.
    pub(super) fn add_up(mut self, name: &str, ears: &Ears, now: Self) {
        let number = |one: &Value, key: &str| one[key].as_i64().expect("a number");
        let own = serde_json::json!(StableId::named(name));
        let mut fallen = (0, 0);
        for note in &ears.notes {
            let data = serde_json::to_value(note.data()).expect("notes are JSON");
            match note.event_type() {
                "player_dp_updated" | "player_dp_decay" | "player_respawned" => {
                    let (old, new) = (number(&data, "old_dp"), number(&data, "new_dp"));
                    assert_eq!(old, self.dp, "{name} was told {data}");
                    fallen.0 += usize::from(old > 0 && (-9..=0).contains(&new));
                    fallen.1 += usize::from(old > -10 && new == -10);
                    self.dp = new;
                }
                "lucidity_change" => {
                    let (delta, current) = (number(&data, "delta"), number(&data, "current_lcd"));
                    assert_ne!(delta, 0, "{name} was told of nothing: {data}");
                    self.lucidity += delta;
                    assert_eq!(current, self.lucidity, "{name} was told {data}");
                }
                _ => {}
            }
        }
        assert_eq!(self, now, "{name} was not told all");
        let told = |event| {
            let told = ears.events(event);
            told.iter().filter(|one| one["player_id"] == own).count()
        };
        let falls = (told("player_mortally_wounded"), told("player_died"));
        assert_eq!(
            falls, fallen,
            "how often {name} was told of falling and dying"
        );
    }
}
