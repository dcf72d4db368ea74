//! Sights: what rooms hold that a mind should not have seen.
//!
//! They are authored with the rooms, each a list of effects that begins with a `confront`. A mind
//! meets them by walking in, not by waking there. What they take is `lucidity`'s to say.

use engine::content::{At, Section};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::calendar::{Daylight, MythosTime};
use crate::effects::{Carrier, EffectList, EffectTally, Parties, RunEffects};
use crate::lucidity::{self, Horror, Lucidity, Tier};
use crate::place::Moved;
use crate::world::{Atlas, RoomData, room_data};

/// The sights plugin. Runs after `place` and before `effects`.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("place", "who walks in is who has come by then");
    room_data::<Sights>(reg, "sights");
    reg.system(Phase::Settle, meet);
}

/// Something in a room that a mind should not have seen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sight {
    /// what kind of thing it is; minds get used to kinds
    #[schemars(extend("x-bounds" = "1 to 128 characters, no blanks"))]
    pub archetype: String,
    /// how terrible it is; `encounters` in `rules/lucidity.toml` says what it takes
    pub category: Horror,
    /// when it is to be seen
    #[schemars(extend("x-usual" = "always"))]
    pub when: Option<Light>,
    /// what is seen
    #[schemars(length(min = 10, max = 500))]
    pub text: String,
    /// what else it does to whoever sees it
    #[serde(default)]
    pub effects: EffectList,
    /// All of it.
    #[serde(skip)]
    #[schemars(skip)]
    list: EffectList,
}

/// By day or by night.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Light {
    /// While the sun is up.
    Day,
    /// While the sun is down.
    Night,
}

/// What is to be seen in a room that should not be: `[[rooms.sights]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Sights(pub Vec<Sight>);

impl Section for Sights {
    fn check(&mut self, room: &str, at: &At<'_>) {
        for (index, sight) in self.0.iter_mut().enumerate() {
            let named = (1..=128).contains(&sight.archetype.chars().count());
            let blank = |c: char| c.is_control() || c.is_whitespace();
            at.item(index).key("archetype").unless(
                named && !sight.archetype.contains(blank),
                format!(
                    "the archetype of a sight in `{room}` is not 1 to 128 characters without blanks"
                ),
            );
            sight.effects.check(&at.item(index).key("effects"));
            let confront = json!({
                "do": "confront",
                "archetype": sight.archetype,
                "category": sight.category,
                "text": sight.text,
            });
            sight.list = EffectList::then(vec![confront], &sight.effects);
        }
    }
}

/// Shows those who walk into a room what is to be seen there.
fn meet(
    mut moved: MessageReader<Moved>,
    minds: Query<&Lucidity>,
    sights: Res<RoomData<Sights>>,
    rules: Res<lucidity::Rules>,
    atlas: Res<Atlas>,
    clock: Res<Clock>,
    daylight: Res<Daylight>,
    tally: Res<EffectTally>,
    mut runs: MessageWriter<RunEffects>,
) {
    let night = daylight.is_night(MythosTime::at(clock.wall()));
    for Moved {
        actor, from, to, ..
    } in moved.read()
    {
        let (Some(_), Some(room)) = (*from, *to) else {
            continue;
        };
        let (Some(Sights(sights)), Ok(mind)) = (sights.get(room), minds.get(*actor)) else {
            continue;
        };
        // Who is carried somewhere with closed eyes sees nothing.
        if rules.tier(*mind) == Tier::Catatonic {
            continue;
        }
        let seen = |sight: &&Sight| {
            sight
                .when
                .is_none_or(|only| (only == Light::Night) == night)
        };
        for sight in sights.iter().filter(seen) {
            let id = &sight.archetype;
            let parties = Parties {
                actor: Some(*actor),
                target: None,
                here: Some(room),
                carrier: Carrier::of("sight", &atlas.room(room).id, id, id),
                me: None,
            };
            runs.write(RunEffects {
                depth: tally.depth_of(*actor, clock.tick),
                ..RunEffects::new(sight.list.clone(), parties)
            });
        }
    }
}
