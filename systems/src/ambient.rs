//! Ambient lines: what is seen and heard in a room while somebody is there and nothing happens.
//!
//! Reads `[[ambient]]` of sub-zones, for all their rooms, and `[[rooms.ambient]]`. Owns
//! [`Ambience`], which it writes in Simulate; tells lines as effects do. **Invariant:** never the
//! same line twice in a row in a room, and none where nobody is.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::content::{self, At, Content, Section, Sections};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::effects::{Carrier, EffectText, Parties, Requirement, View};
use crate::place::Occupancy;
use crate::world::{Atlas, RoomIx, RoomMap};

/// How often it is looked whether a room has something to say.
const SECOND: Duration = Duration::from_secs(1);

/// The ambient plugin. Runs after `place`.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("place", "lines are told where somebody is by then");
    let off = reg.is_off();
    reg.rules::<AmbientRules>("ambient")
        .section::<SubZoneAmbient>(&["sub-zone"], "ambient")
        .section::<RoomAmbient>(&["room"], "ambient")
        .derived(move |content: &Content| match off {
            true => AmbientLines::default(),
            false => AmbientLines::of(content),
        })
        .resource(Ambience::default())
        .transient::<Ambience>("ambience")
        .carried(|ambience: &mut Ambience, to| ambience.carry(&to.map()))
        .every(SECOND, murmur);
}

/// How often a room has something to say.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AmbientRules {
    /// the shortest time between two ambient lines of a room, in seconds
    #[schemars(range(min = 5, max = 86_400))]
    pub least_seconds: u64,
    /// the longest time between them, in seconds; no less than `least_seconds`
    #[schemars(range(min = 5, max = 86_400))]
    pub most_seconds: u64,
}

impl Default for AmbientRules {
    fn default() -> Self {
        Self {
            least_seconds: 45,
            most_seconds: 90,
        }
    }
}

impl content::Rules for AmbientRules {
    fn check(&mut self, at: &At<'_>) {
        let ordered = self.least_seconds <= self.most_seconds;
        at.key("most_seconds")
            .unless(ordered, "`most_seconds` is less than `least_seconds`");
    }
}

/// A line that is told where nothing else happens.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AmbientLine {
    /// what all in the room read
    #[schemars(length(min = 1, max = 500))]
    pub text: String,
    /// when it may be told: `{ time = "night" }`
    #[serde(default)]
    #[schemars(extend("x-usual" = "always"))]
    pub when: Option<Requirement>,
}

/// Lines of a room: `[[rooms.ambient]]`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RoomAmbient(pub Vec<AmbientLine>);

/// Lines of all rooms of a sub-zone: `[[ambient]]`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SubZoneAmbient(pub Vec<AmbientLine>);

impl Section for RoomAmbient {
    fn check(&mut self, _room: &str, at: &At<'_>) {
        check(&self.0, at);
    }
}

impl Section for SubZoneAmbient {
    fn check(&mut self, _sub_zone: &str, at: &At<'_>) {
        check(&self.0, at);
    }
}

fn check(lines: &[AmbientLine], at: &At<'_>) {
    for (index, line) in lines.iter().enumerate() {
        let at = at.item(index).key("when");
        if let Some(when) = &line.when {
            when.check(&at);
            when.check_of_place(&at);
        }
    }
}

/// The lines of each room: its own, and those of its sub-zone.
#[derive(Resource, Debug, Default)]
struct AmbientLines(Vec<RoomLinesAt>);

#[derive(Debug)]
struct RoomLinesAt {
    room: RoomIx,
    carrier: Carrier,
    own: Arc<[AmbientLine]>,
    around: Arc<[AmbientLine]>,
}

impl AmbientLines {
    fn of(content: &Content) -> Self {
        let Some(atlas) = content.get::<Atlas>() else {
            return Self::default();
        };
        let rooms = content.get::<Sections<RoomAmbient>>();
        let sub_zones = content.get::<Sections<SubZoneAmbient>>();
        let around: BTreeMap<&str, Arc<[AmbientLine]>> = sub_zones
            .into_iter()
            .flat_map(Sections::iter)
            .map(|(id, SubZoneAmbient(lines))| (id, lines.clone().into()))
            .collect();
        let lines = atlas.rooms().filter_map(|(ix, room)| {
            let own = rooms.and_then(|all| all.get(&room.id));
            let own = own.map(|RoomAmbient(lines)| lines.clone().into());
            let sub_zone = format!("{}/{}", atlas.zone(ix).id, atlas.sub_zone(ix).id);
            let around = around.get(sub_zone.as_str()).cloned();
            if own.is_none() && around.is_none() {
                return None;
            }
            Some(RoomLinesAt {
                room: ix,
                carrier: Carrier::of("ambient", &room.id, &room.id, &room.name),
                own: own.unwrap_or_default(),
                around: around.unwrap_or_default(),
            })
        });
        Self(lines.collect())
    }
}

impl RoomLinesAt {
    fn lines(&self) -> impl Iterator<Item = &AmbientLine> {
        self.own.iter().chain(self.around.iter())
    }
}

/// When each room where somebody is says something next, and what it said last. Transient: after a
/// restart everywhere is quiet for a while. Bound: one of each room.
#[derive(Resource, Clone, Debug, Default, Serialize, Deserialize)]
struct Ambience(BTreeMap<RoomIx, RoomAmbience>);

impl Ambience {
    /// The same over another atlas.
    fn carry(&mut self, map: &RoomMap) -> bool {
        let rooms = std::mem::take(&mut self.0).into_iter();
        let kept = rooms.filter_map(|(room, one)| Some((map.get(room)?, one)));
        self.0 = kept.collect();
        true
    }
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct RoomAmbience {
    /// `None`: nobody is there.
    next: Option<WorldTime>,
    last: Option<u32>,
}

/// Lets rooms say something where it is time.
fn murmur(
    lines: Res<AmbientLines>,
    rules: Res<AmbientRules>,
    occupancy: Res<Occupancy>,
    view: View<'_, '_>,
    clock: Res<Clock>,
    dice: Res<Dice>,
    mut ambience: ResMut<Ambience>,
    mut told: MessageWriter<EffectText>,
) {
    for at in &lines.0 {
        if occupancy.of(at.room).is_empty() {
            let known = ambience
                .0
                .get(&at.room)
                .is_some_and(|one| one.next.is_some());
            if known && let Some(one) = ambience.0.get_mut(&at.room) {
                one.next = None;
            }
            continue;
        }
        let known = ambience.0.get(&at.room).copied().unwrap_or_default();
        if known.next.is_some_and(|next| clock.now < next) {
            continue;
        }
        let roll = |sides, what| dice.pick(sides, at.carrier.id, what, 0);
        let mut last = known.last;
        // Who has just come is left alone for a while.
        if known.next.is_some() {
            let parties = Parties {
                actor: None,
                target: None,
                here: Some(at.room),
                carrier: at.carrier.clone(),
                me: None,
            };
            let fits = |(n, line): &(u32, &AmbientLine)| {
                let when = line.when.as_ref();
                Some(*n) != known.last && when.is_none_or(|when| view.holds(when, &parties))
            };
            let fitting: Vec<(u32, &AmbientLine)> = (0..).zip(at.lines()).filter(fits).collect();
            let which = roll(fitting.len() as u64, "ambient line");
            if let Some((n, line)) = fitting.get(which as usize) {
                last = Some(*n);
                told.write(EffectText::around(at.room, [None; 2], line.text.clone()));
            }
        }
        let more = rules.most_seconds.saturating_sub(rules.least_seconds) + 1;
        let pause = rules.least_seconds + roll(more, "ambient pause");
        let next = Some(clock.now.plus(Duration::from_secs(pause)));
        ambience.0.insert(at.room, RoomAmbience { next, last });
    }
}
