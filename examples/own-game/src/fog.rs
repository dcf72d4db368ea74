//! Fog that hurts: written with the rooms, and with rules of its own.

use engine::content::{At, Rules, Section};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use systems::body::{AdjustVitals, VitalsCause};
use systems::describe;
use systems::effects::{Carrier, EffectList, Parties, RunEffects};
use systems::place::InRoom;
use systems::presence::Say;
use systems::world::{Atlas, RoomData, RoomIx, room_data};

/// The plugin.
pub(crate) fn plugin(reg: &mut Registrar<'_>) {
    room_data::<Fog>(reg, "fog");
    describe::room::<RoomData<Fog>>(reg, 10, |fogs, room, _| {
        let here = fogs.get(room).is_some();
        here.then(|| "You can't see your hand.".to_owned())
    });
    reg.rules::<FogRules>("fog")
        .after("body", "fog hurts bodies")
        .every(Duration::from_secs(2), drift);
}

/// `fog` of a room.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Fog {
    /// points of determination that it takes every two seconds
    #[schemars(range(min = 1, max = 10))]
    harm: u16,
    /// what else it does to whoever breathes it
    #[serde(default)]
    choke: EffectList,
}

impl Section for Fog {
    fn check(&mut self, _room: &str, at: &At<'_>) {
        self.choke.check(&at.key("choke"));
    }
}

/// `rules/fog.toml`.
#[derive(Resource, Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct FogRules {
    /// what whoever stands in it is told
    #[schemars(length(min = 1, max = 200))]
    text: String,
}

impl Default for FogRules {
    fn default() -> Self {
        Self {
            text: "The fog burns in your throat.".to_owned(),
        }
    }
}

impl Rules for FogRules {}

fn drift(
    fogs: Res<RoomData<Fog>>,
    rules: Res<FogRules>,
    atlas: Res<Atlas>,
    people: Query<(&StableId, Entity, &InRoom), With<Online>>,
    mut adjust: MessageWriter<AdjustVitals>,
    mut say: MessageWriter<Say>,
    mut runs: MessageWriter<RunEffects>,
) {
    // In no order of memory: it would be heard.
    let mut here: Vec<_> = people.iter().collect();
    here.sort_unstable_by_key(|(id, ..)| **id);
    for (_, body, InRoom(room)) in here {
        if let Some(fog) = fogs.get(*room) {
            adjust.write(AdjustVitals::harm(body, fog.harm, VitalsCause::HAZARD));
            say.write(Say::to(body, rules.text.clone()));
            runs.write(choke(fog, body, *room, &atlas));
        }
    }
}

/// What the fog of a room does to one who breathes it.
fn choke(fog: &Fog, body: Entity, room: RoomIx, atlas: &Atlas) -> RunEffects {
    let at = atlas.room(room);
    let parties = Parties {
        actor: Some(body),
        target: None,
        here: Some(room),
        me: None,
        carrier: Carrier::of("fog", "", &at.id, &at.name),
    };
    RunEffects::new(fog.choke.clone(), parties)
}

#[cfg(test)]
mod tests {
    use engine::content::{ContentTypes, Source};
    use engine::stage::Stage;

    use super::*;

    fn file(path: &str, text: &str) -> Source {
        let (path, text) = (path.to_owned(), text.to_owned());
        Source { path, text }
    }

    /// The world of this folder, with `harm` in its fog.
    fn world(harm: u16) -> Vec<Source> {
        let moor = include_str!("../world/zones/moor/moor.toml");
        vec![
            file("world.toml", include_str!("../world/world.toml")),
            file(
                "environments.toml",
                include_str!("../world/environments.toml"),
            ),
            file(
                "zones/moor/zone.toml",
                include_str!("../world/zones/moor/zone.toml"),
            ),
            file(
                "zones/moor/moor.toml",
                &moor.replace("harm = 1", &format!("harm = {harm}")),
            ),
        ]
    }

    fn everything(reg: &mut Registrar<'_>) {
        systems::survey(systems::Settings::default()).build(reg);
        reg.add(plugin);
    }

    #[test]
    fn fog_burns_people_in_foggy_rooms() {
        let content = ContentTypes::of(everything).load(&world(1)).unwrap();
        let mut stage = Stage::new(move |reg: &mut Registrar<'_>| {
            reg.provide(content.clone());
            everything(reg);
        })
        .unwrap();
        stage.enter("Ann");
        stage.pass(Duration::from_secs(4));
        assert!(!stage.heard("Ann").contains("burns"));
        stage.says("Ann", "north");
        stage.pass(Duration::from_secs(4));
        let heard = stage.heard("Ann");
        assert!(heard.contains("The fog burns in your throat."));
        assert!(heard.contains("You cough."));
        assert!(
            heard.contains("\nYou can't see your hand.\nWays: "),
            "{heard}"
        );
        assert_eq!(stage.faults(), []);
    }

    #[test]
    fn fog_out_of_bounds_is_named_with_line() {
        let problems = ContentTypes::of(everything).load(&world(11)).unwrap_err();
        let told = problems[0].to_string();
        assert!(
            told.ends_with("`fog.harm` is 11, not within 1 to 10"),
            "{told}"
        );
    }
}
