//! What a room may do to those in it.
//!
//! A hazard is a list of effects, of which its older keys are short forms. What it takes of a body
//! goes through the door of bodies at once, because it strikes by the second: [`strike`] is handed
//! to the body plugin, which alone changes bodies. The rest of its list is run like every other.

use engine::content::{At, Content, Section, Sections};
use engine::prelude::*;
use engine::{Border, LeftOut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{AdjustVitals, Condition, Door, RoomMessage, VitalsCause};
use crate::calendar::{Daylight, MythosTime};
use crate::effects::{Carrier, EffectList, Parties, RunEffects};
use crate::lucidity::{self, Burdens, Horror, Liabilities, Liability, Psyche};
use crate::place::{Occupancy, Rooms};
use crate::world::{Atlas, RoomData, RoomIx, room_data};
use serde_json::{Value, json};

/// The hazards plugin. Added before `body`, so that what struck is told before what it did.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("place", "who was struck is told where they are");
    room_data::<Hazards>(reg, "hazards");
    // Its strikes run in `body`, which does not know whether it is off or left out.
    let (off, giver) = (reg.is_off(), reg.border());
    let of = move |content: &Content| Perils {
        all: match off {
            true => Vec::new(),
            false => Perils::of(content),
        },
        giver: giver.clone(),
    };
    reg.derived(of)
        .message::<Struck>()
        .system(Phase::Emit, tell);
}

/// A danger of a room, as it is written with the room.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hazard {
    /// its word, for clients: `cold`, `falling_stone`
    #[schemars(extend("x-bounds" = "a word of a to z and `_`"))]
    pub id: String,
    /// it may strike every so many seconds of world time
    #[schemars(range(min = 1, max = 86_400))]
    pub every_seconds: u32,
    /// the probability with which it strikes each one in the room
    #[serde(default = "certain")]
    #[schemars(range(min = 0, max = 1))]
    pub chance: f64,
    /// when it strikes
    #[serde(default)]
    pub when: When,
    /// it is the cold that harms
    #[serde(default)]
    pub cold: bool,
    /// points of determination that it takes
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub harm: u16,
    /// points of lucidity that it takes
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub lucidity: u16,
    /// it is a sight of its kind, too, which a mind gets used to: then that says what it takes, instead of `lucidity`
    #[serde(default)]
    pub category: Option<Horror>,
    /// what whom it strikes is told
    #[schemars(length(min = 1, max = 500))]
    pub text: String,
    /// what else it does to whom it strikes
    #[serde(default)]
    pub effects: EffectList,
}

/// The dangers of a room: `[[rooms.hazards]]`. Each takes something.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Hazards(pub Vec<Hazard>);

impl Section for Hazards {
    fn check(&mut self, _room: &str, at: &At<'_>) {
        for (index, hazard) in self.0.iter().enumerate() {
            hazard.effects.check(&at.item(index).key("effects"));
            if let Some(mistake) = hazard.mistake() {
                at.item(index).problem(mistake);
            }
        }
    }
}

const fn certain() -> f64 {
    1.0
}

/// When a hazard may strike, by the Mythos clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// At any hour.
    #[default]
    Always,
    /// By day.
    Day,
    /// By night.
    Night,
}

impl Hazard {
    /// What is wrong with it that no bound of a single key says.
    fn mistake(&self) -> Option<&'static str> {
        let word = |c: char| c.is_ascii_lowercase() || c == '_';
        if self.id.is_empty() || !self.id.chars().all(word) {
            return Some("a hazard's id is not a word of a-z and _");
        }
        let takes = self.harm > 0 || self.lucidity > 0 || self.category.is_some();
        if !takes && self.effects.is_empty() {
            return Some("a hazard takes neither `harm` nor `lucidity`, and has no `category`");
        }
        (self.lucidity > 0 && self.category.is_some())
            .then_some("a hazard of a category takes what the category says, not `lucidity`")
    }

    /// What it does beside what it takes of a body.
    fn list(&self) -> EffectList {
        let sight = self.category.map(
            |category| json!({ "do": "confront", "archetype": self.id, "category": category }),
        );
        let shock = (self.lucidity > 0).then(|| {
            let amount = -i32::from(self.lucidity);
            json!({ "do": "lucidity", "amount": amount, "cause": "hazard" })
        });
        let short: Vec<Value> = sight.into_iter().chain(shock).collect();
        EffectList::then(short, &self.effects)
    }
}

/// Every hazard of the atlas, with its room.
#[derive(Resource, Clone, Debug)]
pub(crate) struct Perils {
    all: Vec<Peril>,
    /// Whose they are.
    giver: Border,
}

#[derive(Clone, Debug)]
struct Peril {
    room: RoomIx,
    /// Which of the room's hazards.
    index: usize,
    /// In microseconds.
    period: u64,
    when: When,
    chance: f64,
    cold: bool,
    harm: u16,
    /// What else it does.
    list: EffectList,
    carrier: Carrier,
}

impl Perils {
    fn of(content: &Content) -> Vec<Peril> {
        let all = content.get::<Sections<Hazards>>();
        let rooms = content.get::<Atlas>().into_iter().flat_map(Atlas::rooms);
        let hazards = rooms.filter_map(|(ix, room)| Some((ix, room, all?.get(&room.id)?)));
        let perils = hazards.flat_map(|(ix, room, Hazards(hazards))| {
            hazards
                .iter()
                .enumerate()
                .map(move |(index, hazard)| Peril {
                    room: ix,
                    index,
                    period: u64::from(hazard.every_seconds) * 1_000_000,
                    when: hazard.when,
                    chance: hazard.chance,
                    cold: hazard.cold,
                    harm: hazard.harm,
                    list: hazard.list(),
                    carrier: Carrier::of("hazard", &room.id, &hazard.id, &hazard.id),
                })
        });
        perils.collect()
    }
}

impl Peril {
    fn is_due(&self, now: WorldTime, night: bool) -> bool {
        let hour = match self.when {
            When::Always => true,
            When::Day => !night,
            When::Night => night,
        };
        hour && now.0.is_multiple_of(self.period)
    }

    /// The chance that it strikes who has these liabilities.
    fn chance_for(&self, held: &Liabilities, burdens: Burdens, night: bool) -> f64 {
        let frayed = if night {
            held.excess(Liability::NightFrayedReflexes, burdens.night_hazard)
        } else {
            1.0
        };
        (self.chance * frayed).min(1.0)
    }

    /// What else it does to whom it strikes at a moment.
    fn run(&self, body: Entity, moment: WorldTime) -> RunEffects {
        let parties = Parties {
            actor: Some(body),
            target: None,
            here: Some(self.room),
            carrier: self.carrier.clone(),
            me: None,
        };
        RunEffects {
            moment: Some(moment),
            ..RunEffects::new(self.list.clone(), parties)
        }
    }

    /// The points that it takes of who has these liabilities, with parts of one.
    fn harm_for(&self, held: &Liabilities, burdens: Burdens) -> f64 {
        let chilled = if self.cold {
            held.excess(Liability::EtherealChill, burdens.cold_hazard)
        } else {
            1.0
        };
        f64::from(self.harm) * chilled
    }
}

/// A hazard struck somebody.
#[derive(Message, Clone, Copy, Debug)]
pub(crate) struct Struck {
    body: Entity,
    room: RoomIx,
    index: usize,
}

/// Lets the hazards strike that are due in this second: whole multiples of their period since the
/// epoch, so that neither a late tick nor a restart shifts them.
pub(crate) fn strike(
    perils: Res<Perils>,
    left_out: Res<LeftOut>,
    occupancy: Res<Occupancy>,
    psyches: Query<&Psyche>,
    minds: Res<lucidity::Rules>,
    clock: Res<Clock>,
    daylight: Res<Daylight>,
    dice: Res<Dice>,
    mut struck: MessageWriter<Struck>,
    mut door: Door<'_, '_>,
    mut runs: MessageWriter<RunEffects>,
) {
    // Nobody would be told by what they were struck.
    if left_out.is_behind(&perils.giver) {
        return;
    }
    let night = daylight.is_night(MythosTime::at(clock.wall()));
    for (n, peril) in perils.all.iter().enumerate() {
        if !peril.is_due(clock.now, night) {
            continue;
        }
        for body in occupancy.of(peril.room) {
            let (Ok((_, id, _, vitals, ..)), Ok(psyche)) =
                (door.bodies.get(*body), psyches.get(*body))
            else {
                continue;
            };
            let id = *id;
            // Who lies in their blood has been found by enough.
            if vitals.condition() != Condition::Able {
                continue;
            }
            let throw = u32::try_from(n).unwrap_or(u32::MAX);
            let burdens = minds.liabilities;
            let held = psyche.liabilities();
            let chance = peril.chance_for(held, burdens, night);
            if !dice.chance(chance, id, "hazard", throw) {
                continue;
            }
            struck.write(Struck {
                body: *body,
                room: peril.room,
                index: peril.index,
            });
            let harm = peril.harm_for(held, burdens);
            // Points are whole: what is left over is taken as often as it is a part of one.
            let more = dice.chance(harm.fract(), id, "hazard_chill", throw);
            let harm = harm as u16 + u16::from(more);
            if harm > 0 {
                door.change(AdjustVitals::harm(*body, harm, VitalsCause::HAZARD));
            }
            if !peril.list.is_empty() {
                runs.write(peril.run(*body, clock.now));
            }
        }
    }
}

/// Tells those who were struck by what.
fn tell(
    mut struck: MessageReader<Struck>,
    rooms: Rooms<'_, '_>,
    hazards: Res<RoomData<Hazards>>,
    mut outbox: ResMut<Outbox>,
) {
    for Struck { body, room, index } in struck.read() {
        let hazard = hazards.get(*room).and_then(|all| all.0.get(*index));
        if let (Some(session), Some(hazard)) = (rooms.session(*body), hazard) {
            let room = rooms.atlas.room(*room);
            outbox.tell_one(
                session,
                RoomMessage::hazard(&room.id, &hazard.id, &hazard.text),
            );
        }
    }
}
