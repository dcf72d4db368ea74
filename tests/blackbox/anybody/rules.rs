//! What must hold after every tick.

use std::collections::{BTreeMap, BTreeSet};

use engine::port::Code;
use engine::prelude::*;
use engine::stage::{Ears, Stage};
use systems::command::{Needs, Verbs};
use systems::lucidity::{Lucidity, Psyche, Tier};
use systems::place::{InRoom, Occupancy, Whereabouts};
use systems::world::Atlas;

use super::bodies::{self, Figures};
use super::deeds::PEOPLE;

/// How a letter begins.
const AWAY: &str = "While you were away, ";

/// What a refused command must leave as it was; time goes on for the rest.
pub(super) const LASTING: [&str; 12] = [
    "whereabouts",
    "lucidity",
    "psyche",
    "vitals",
    "posture",
    "stats",
    "experience",
    "explored",
    "aliases",
    "mutes",
    "silence",
    "chat_habit",
];

/// What was typed and told so far.
#[derive(Default)]
pub(super) struct Watch {
    /// The last id sent.
    last_id: u64,
    /// Ids sent and not answered yet, by name.
    waiting: BTreeMap<&'static str, BTreeSet<u64>>,
    /// Lines of talk heard, by name: none comes twice.
    talk: BTreeMap<&'static str, BTreeSet<String>>,
    closed: BTreeSet<&'static str>,
    /// What nobody in such a state can do, by name.
    hindered: BTreeMap<&'static str, BTreeSet<u64>>,
    /// How each body and mind stood when last looked at.
    figures: BTreeMap<&'static str, Figures>,
}

impl Watch {
    /// What is watched goes on in a world that was started again.
    pub(super) fn after_restart(&self) -> Self {
        Self {
            last_id: self.last_id,
            ..Self::default()
        }
    }

    pub(super) fn typed(&mut self, stage: &mut Stage, who: usize, line: &str) {
        let name = PEOPLE[who];
        self.last_id += 1;
        let id = self.last_id;
        stage.sends(name, Some(id), line);
        self.waiting.entry(name).or_default().insert(id);
        let word = line.split(' ').next().unwrap_or_default();
        let verbs = stage.engine().world().resource::<Verbs>();
        // A word may be an admin's verb and, to all others, one of theirs.
        let role = if who == 0 { Role::Admin } else { Role::Player };
        let acts = verbs
            .find_for(word, role)
            .is_some_and(|verb| !verb.admin && verb.needs.include(Needs::BODY));
        if acts && bodies::helpless(stage, name) {
            self.hindered.entry(name).or_default().insert(id);
        }
    }

    /// Somebody is away for a while: what happens meanwhile is told to nobody.
    pub(super) fn forget(&mut self, name: &str) {
        self.figures.remove(name);
    }

    /// Whether somebody's session was closed since last asked.
    pub(super) fn closed(&mut self, name: &str) -> bool {
        self.closed.remove(name)
    }

    pub(super) fn check(&mut self, stage: &mut Stage) {
        assert_eq!(stage.faults(), [], "a plugin failed");
        for name in PEOPLE {
            let ears = stage.ears(name);
            self.answers(name, &ears);
            self.notes(name, &ears);
            let now = Figures::of(stage, name);
            if let (Some(before), Some(now), None) = (self.figures.remove(name), now, ears.closed) {
                before.add_up(name, &ears, now);
            }
            if let Some(now) = now {
                self.figures.insert(name, now);
            }
        }
        places(stage);
        minds(stage);
        bodies::check(stage);
    }

    /// Every command has one outcome, and a refusal is of the catalogue.
    fn answers(&mut self, name: &'static str, ears: &Ears) {
        let waiting = self.waiting.entry(name).or_default();
        for outcome in &ears.outcomes {
            let id = outcome.id.expect("all were sent with an id");
            assert!(waiting.remove(&id), "{name}'s {id} was answered twice");
            if let Err(refusal) = &outcome.result {
                assert_ne!(refusal.code, Code::InternalError, "{name}: {refusal:?}");
                assert!(!refusal.message.is_empty(), "{name}: {refusal:?}");
            }
            let hindered = self.hindered.entry(name).or_default().remove(&id);
            assert!(
                !hindered || outcome.result.is_err(),
                "{name} has no strength and did {id} all the same"
            );
        }
        if ears.closed.is_some() {
            // What was queued is forgotten with the session; nobody was told it would happen.
            waiting.clear();
            self.closed.insert(name);
        }
    }

    /// One deed is one event of its type to each who hears it.
    fn notes(&mut self, name: &'static str, ears: &Ears) {
        for said in ears.events("chat_message") {
            let id = said["message_id"].as_str().expect("an id").to_owned();
            let new = self.talk.entry(name).or_default().insert(id.clone());
            let history = said.get("history").is_some();
            // A letter that came with its session's end was not read: it comes again.
            let is_letter = said["message"]
                .as_str()
                .is_some_and(|text| text.starts_with(AWAY));
            if ears.closed.is_some() && is_letter {
                self.talk.entry(name).or_default().remove(&id);
                continue;
            }
            assert!(new || history, "{name} heard it twice: {said}");
        }
        let times = ears.events("mythos_time_update");
        let hours: BTreeSet<String> = times
            .iter()
            .map(|one| one["mythos_datetime"].to_string())
            .collect();
        assert_eq!(
            hours.len(),
            times.len(),
            "{name} was told an hour twice: {times:?}"
        );
    }
}

/// Everybody is in exactly one room, and the rooms agree.
fn places(stage: &mut Stage) {
    let world = stage.engine().world();
    let mut people = world.query::<(Entity, &InRoom, &Whereabouts)>();
    let atlas = world.resource::<Atlas>();
    let mut said = Vec::new();
    for (who, room, whereabouts) in people.iter(world) {
        assert_eq!(atlas.room(room.0).id, whereabouts.room);
        said.push((room.0, who));
    }
    let occupancy = world.resource::<Occupancy>();
    let in_room = |(room, _)| occupancy.of(room).iter().map(move |who| (room, *who));
    let mut listed: Vec<_> = atlas.rooms().flat_map(in_room).collect();
    said.sort_unstable();
    listed.sort_unstable();
    assert_eq!(said, listed);
    let mut online = world.query_filtered::<Entity, With<Online>>();
    let online: BTreeSet<Entity> = online.iter(world).collect();
    let placed: BTreeSet<Entity> = said.into_iter().map(|(_, who)| who).collect();
    assert!(online.is_subset(&placed), "somebody is online and nowhere");
    let mut here = world.query_filtered::<Entity, Or<(With<Online>, With<Linkdead>)>>();
    let here: BTreeSet<Entity> = here.iter(world).collect();
    assert_eq!(placed, here, "somebody is in a room and not here");
}

/// Lucidity is on its scale, the tier is what it says, and the stamp is there while it is the last.
fn minds(stage: &mut Stage) {
    let world = stage.engine().world();
    let rules = world.resource::<systems::lucidity::Rules>().clone();
    let mut minds = world.query_filtered::<(&Lucidity, &Psyche), With<Online>>();
    for (mind, psyche) in minds.iter(world) {
        let points = mind.points();
        assert!((-100..=100).contains(&points), "{points}");
        assert_eq!(
            rules.tier(*mind) == Tier::Catatonic,
            points <= 0,
            "{points}"
        );
        assert_eq!(
            psyche.catatonic_since().is_some(),
            points <= 0,
            "the stamp of {points}"
        );
    }
}
