//! How many creatures of which kind live where: spawn rules, and their clocks.
//!
//! **Invariant:** while what a rule asks for holds and no cap is met, there are at least `min` of its
//! creatures, or as many are on their way; there are never more than `max`. Nobody comes into being
//! because a player walks in.

use std::collections::BTreeMap;

use engine::content::{At, Content, Section, Sections};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::birth::{Home, Nursery};
use super::{Bestiary, carrier};
use crate::effects::{Parties, Requirement, View};
use crate::place::{Creature, DespawnCreature};
use crate::world::{Atlas, RoomIx};

/// How often it is looked whether there are enough.
pub(super) const UPKEEP: Duration = Duration::from_secs(60);
/// How often more than the least may come.
const ROLL: Duration = Duration::from_secs(300);
/// For so long after a death no more than the least come.
const MOURNING: Duration = Duration::from_secs(30);

/// A rule of who lives where: one of `[[spawns]]` of a sub-zone.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpawnRule {
    /// the kind
    #[schemars(extend("x-bounds" = "the id of a creature"))]
    pub creature: String,
    /// where they come into being, and belong
    #[schemars(length(min = 1, max = 32), extend("x-bounds" = "1 to 32 ids of rooms of the sub-zone"))]
    pub rooms: Vec<String>,
    /// so many at least
    #[serde(default)]
    #[schemars(range(min = 0, max = 20))]
    pub min: usize,
    /// so many at most, in all its rooms together
    #[serde(default = "single")]
    #[schemars(range(min = 1, max = 20))]
    pub max: usize,
    /// with which probability one more comes, every five minutes
    #[serde(default = "certain")]
    #[schemars(range(min = 0, max = 1))]
    pub chance: f64,
    /// when they are there at all
    #[serde(default)]
    #[schemars(extend("x-usual" = "always"))]
    pub when: Option<Requirement>,
}

const fn single() -> usize {
    1
}

const fn certain() -> f64 {
    1.0
}

/// Who lives in a sub-zone: `[[spawns]]`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct SpawnRuleList(Vec<SpawnRule>);

impl Section for SpawnRuleList {
    fn check(&mut self, subject: &str, at: &At<'_>) {
        let (atlas, kinds) = (at.content::<Atlas>(), at.content::<Bestiary>());
        for (n, one) in self.0.iter().enumerate() {
            let at = at.item(n);
            let known = kinds.is_none_or(|kinds| kinds.get(&one.creature).is_some());
            let message = format!("`{}` is not a creature", one.creature);
            at.key("creature").unless(known, message);
            at.key("max")
                .unless(one.min <= one.max, "`max` is less than `min`");
            for (n, room) in one.rooms.iter().enumerate() {
                let of = |ix: RoomIx, atlas: &Atlas| {
                    format!("{}/{}", atlas.zone(ix).id, atlas.sub_zone(ix).id) == subject
                };
                let here =
                    atlas.is_none_or(|atlas| atlas.find(room).is_some_and(|ix| of(ix, atlas)));
                at.key("rooms")
                    .item(n)
                    .unless(here, format!("`{room}` is not a room of this sub-zone"));
            }
            if let Some(when) = &one.when {
                when.check(&at.key("when"));
                when.check_of_place(&at.key("when"));
            }
        }
    }
}

/// Every spawn rule, those whose creatures matter most first. Derived.
#[derive(Resource, Debug, Default)]
pub(super) struct SpawnRules(Vec<RuleAt>);

#[derive(Clone, Debug)]
pub(super) struct RuleAt {
    /// Its name for ever: the sub-zone, the kind, and which of those it is.
    pub(super) key: String,
    pub(super) rule: SpawnRule,
    rooms: Vec<RoomIx>,
    priority: u8,
}

impl SpawnRules {
    pub(super) fn of(content: &Content) -> Self {
        let (atlas, kinds) = (content.get::<Atlas>(), content.get::<Bestiary>());
        let lists = content.get::<Sections<SpawnRuleList>>();
        let (Some(atlas), Some(kinds), Some(lists)) = (atlas, kinds, lists) else {
            return Self::default();
        };
        let mut all = Vec::new();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (sub_zone, SpawnRuleList(rules)) in lists.iter() {
            for rule in rules {
                let Some(kind) = kinds.get(&rule.creature) else {
                    continue;
                };
                let name = format!("{sub_zone}/{}", rule.creature);
                let count = counts.entry(name.clone()).or_default();
                *count += 1;
                let least = if rule.min > 0 { 50 } else { 0 };
                all.push(RuleAt {
                    key: format!("{name}/{count}"),
                    rooms: rule
                        .rooms
                        .iter()
                        .filter_map(|room| atlas.find(room))
                        .collect(),
                    rule: rule.clone(),
                    priority: kind.kind.priority() + least,
                });
            }
        }
        all.sort_by(|one, other| (other.priority, &one.key).cmp(&(one.priority, &other.key)));
        Self(all)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &RuleAt> {
        self.0.iter()
    }
}

/// What a rule waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SpawnClock {
    /// When those come again that died.
    pub(super) pending: Vec<WorldTime>,
    /// Until then no more than the least come.
    quiet: Option<WorldTime>,
}

/// The clocks of all rules, by their keys; saved, so that who is dead stays so over a restart. Bound:
/// one of each rule, and as many deadlines as a rule has creatures at most.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
pub struct SpawnClocks(BTreeMap<String, SpawnClock>);

impl SpawnClocks {
    pub(super) fn pending(&self, key: &str) -> usize {
        self.0.get(key).map_or(0, |clock| clock.pending.len())
    }

    /// One of a rule's creatures has died.
    pub(super) fn mourn(&mut self, key: &str, now: WorldTime, again: WorldTime) {
        let clock = self.0.entry(key.to_owned()).or_default();
        clock.pending.push(again);
        clock.quiet = Some(now.plus(MOURNING));
    }
}

/// Whether the creatures of this world were spawned since it began. Transient.
#[derive(Resource, Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct WorldPeopled(bool);

/// What is looked at to keep up the numbers.
#[derive(SystemParam)]
pub(super) struct Upkeep<'w, 's> {
    rules: Res<'w, SpawnRules>,
    bestiary: Res<'w, Bestiary>,
    clocks: Query<'w, 's, &'static mut SpawnClocks>,
    living: Query<'w, 's, (&'static StableId, Entity, &'static Home), With<Creature>>,
    view: View<'w, 's>,
    clock: Res<'w, Clock>,
    dice: Res<'w, Dice>,
    nursery: Nursery<'w, 's>,
    despawn: MessageWriter<'w, DespawnCreature>,
}

impl Upkeep<'_, '_> {
    fn holds(&self, one: &RuleAt) -> bool {
        let (Some(when), Some(kind)) = (&one.rule.when, self.bestiary.get(&one.rule.creature))
        else {
            return true;
        };
        let parties = Parties {
            actor: None,
            target: None,
            here: one.rooms.first().copied(),
            carrier: carrier(kind),
            me: None,
        };
        self.view.holds(when, &parties)
    }

    /// Who lives by each rule, in the order of their ids.
    fn census(&self) -> BTreeMap<String, Vec<(StableId, Entity)>> {
        let mut all: BTreeMap<String, Vec<(StableId, Entity)>> = BTreeMap::new();
        for (id, who, home) in &self.living {
            if let Some(rule) = &home.rule {
                all.entry(rule.clone()).or_default().push((*id, who));
            }
        }
        all.values_mut().for_each(|all| all.sort_unstable());
        all
    }

    /// Sees to every rule; `anew`: the world begins, and all that may be there are drawn.
    fn see_to_all(&mut self, anew: bool) {
        let (rules, now) = (self.rules.0.clone(), self.clock.now);
        let census = self.census();
        self.nursery.count();
        for one in &rules {
            let here = census.get(&one.key).map_or(&[][..], Vec::as_slice);
            if !self.holds(one) {
                for (_, creature) in here {
                    let (creature, text) = (*creature, None);
                    self.despawn.write(DespawnCreature { creature, text });
                }
                continue;
            }
            let clock = self
                .clocks
                .iter()
                .next()
                .and_then(|all| all.0.get(&one.key));
            let pending = clock.map_or(0, |clock| clock.pending.len());
            let quiet = clock
                .and_then(|clock| clock.quiet)
                .is_some_and(|until| now < until);
            let there = here.len() + pending;
            let mut more = one.rule.min.saturating_sub(there);
            let open = one.rule.max.saturating_sub(there + more);
            let rolls = match anew {
                true => open,
                false => usize::from(now.0.is_multiple_of(ROLL.as_micros() as u64) && open > 0),
            };
            let roller = StableId::named(&one.key);
            for n in (0..).take(if quiet { 0 } else { rolls }) {
                more += usize::from(self.dice.chance(one.rule.chance, roller, "spawn", n));
            }
            for n in (0..).take(more) {
                self.bear(one, n);
            }
        }
    }

    fn bear(&mut self, one: &RuleAt, n: u32) {
        let roller = StableId::named(&one.key);
        let which = self
            .dice
            .pick(one.rooms.len() as u64, roller, "spawn room", n);
        if let (Some(room), Some(kind)) = (
            one.rooms.get(which as usize),
            self.bestiary.get(&one.rule.creature).cloned(),
        ) {
            self.nursery.bear(&kind, *room, Some(&one.key), None);
        }
    }
}

/// Spawns who is to be there when the world begins.
pub(super) fn begin(mut peopled: ResMut<WorldPeopled>, mut upkeep: Upkeep<'_, '_>) {
    if !peopled.0 {
        peopled.0 = true;
        upkeep.see_to_all(true);
    }
}

/// Keeps up the numbers.
pub(super) fn keep_up(mut upkeep: Upkeep<'_, '_>) {
    upkeep.see_to_all(false);
}

/// Lets those come again whose time it is.
pub(super) fn again(mut upkeep: Upkeep<'_, '_>) {
    let now = upkeep.clock.now;
    let is_due = |clocks: &SpawnClocks| {
        let mut pending = clocks.0.values().flat_map(|clock| &clock.pending);
        pending.any(|at| *at <= now)
    };
    if !upkeep.clocks.iter().any(is_due) {
        return;
    }
    let mut due: BTreeMap<String, usize> = BTreeMap::new();
    for mut clocks in &mut upkeep.clocks {
        clocks.0.retain(|key, clock| {
            let came = clock.pending.extract_if(.., |at| *at <= now).count();
            *due.entry(key.clone()).or_default() += came;
            !clock.pending.is_empty() || clock.quiet.is_some_and(|until| now < until)
        });
    }
    let rules = upkeep.rules.0.clone();
    let census = upkeep.census();
    upkeep.nursery.count();
    for one in &rules {
        let count = due.get(&one.key).copied().unwrap_or(0);
        let alive = census.get(&one.key).map_or(0, Vec::len);
        if count > 0 && upkeep.holds(one) {
            for n in (0..).take(count.min(one.rule.max.saturating_sub(alive))) {
                upkeep.bear(one, n);
            }
        }
    }
}
