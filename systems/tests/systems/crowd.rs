//! Rooms full of people: lists stay short, changes are told once a second, and everybody's list is
//! right all the same.

mod client;

use std::collections::BTreeMap;
use std::time::Duration;

use engine::Linkdead;
use engine::port::{Role, StableId};
use engine::stage::{STAGE_START, SavedRows, Stage};
use proptest::prelude::*;
use serde_json::{Value, json};
use systems::place::{InRoom, Pose, Posture};

use crate::town::Town;
use client::Client;

const ROOMS: [&str; 3] = ["gate", "yard", "tower"];
const SECOND: Duration = Duration::from_secs(1);

/// Something that happens to somebody, or a span of time.
#[derive(Clone, Debug)]
enum Step {
    Arrives(usize),
    Leaves(usize),
    Says(usize, &'static str),
    Loses(usize),
    Returns(usize),
    /// As many arrive, or leave, at once.
    Many(usize, bool),
    Passes(u64),
}

fn steps(people: usize) -> impl Strategy<Value = Vec<Step>> {
    let who = 0..people;
    let line = prop::sample::select(vec![
        "east",
        "west",
        "east",
        "west",
        "sit",
        "stand",
        "lie",
        "pose waits",
        "pose",
        "say so",
    ]);
    let step = prop_oneof![
        2 => who.clone().prop_map(Step::Arrives),
        2 => who.clone().prop_map(Step::Leaves),
        12 => (who.clone(), line).prop_map(|(who, line)| Step::Says(who, line)),
        2 => who.clone().prop_map(Step::Loses),
        2 => who.prop_map(Step::Returns),
        1 => (0..people, any::<bool>()).prop_map(|(many, come)| Step::Many(many, come)),
        8 => (1_u64..8).prop_map(|ticks| Step::Passes(ticks * 50)),
        1 => (8_u64..40).prop_map(|ticks| Step::Passes(ticks * 50)),
    ];
    prop::collection::vec(step, 1..80)
}

/// A world, its people, and what the client of each knows.
struct Crowd {
    stage: Stage,
    clients: BTreeMap<usize, Client>,
    lost: Vec<usize>,
}

fn name(who: usize) -> String {
    let letter = |at: usize| char::from(b'a' + (at % 26) as u8);
    format!("Player{}{}", letter(who / 26), letter(who))
}

impl Crowd {
    fn of(people: usize) -> Self {
        let town = Town::of(&ROOMS.map(|room| (room, "indoors")));
        let mut crowd = Self {
            stage: town.stage(SavedRows::new(), STAGE_START),
            clients: BTreeMap::new(),
            lost: Vec::new(),
        };
        (0..people).for_each(|who| crowd.take(&Step::Arrives(who)));
        crowd.take(&Step::Passes(100));
        crowd
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Arrives(who) if !self.clients.contains_key(who) => {
                self.stage.arrives(&name(*who), Role::Player);
                self.clients.insert(*who, Client::default());
            }
            Step::Leaves(who) if self.clients.remove(who).is_some() => {
                self.stage.leaves(&name(*who));
                self.lost.retain(|lost| lost != who);
            }
            Step::Says(who, line) if self.clients.contains_key(who) => {
                self.stage.says(&name(*who), line);
            }
            Step::Loses(who) if self.clients.contains_key(who) && !self.lost.contains(who) => {
                self.stage.loses(&name(*who));
                self.lost.push(*who);
            }
            Step::Returns(who) if self.lost.contains(who) => {
                self.stage.returns(&name(*who));
                self.lost.retain(|lost| lost != who);
            }
            Step::Many(many, true) => (0..*many).for_each(|who| self.take(&Step::Arrives(who))),
            Step::Many(many, false) => (0..*many).for_each(|who| self.take(&Step::Leaves(who))),
            Step::Passes(millis) => {
                self.stage.pass(Duration::from_millis(*millis));
                for (who, client) in &mut self.clients {
                    client.read(&self.stage.ears(&name(*who)));
                }
            }
            _ => {}
        }
    }

    /// Everybody in a room, as the world has it.
    fn truth(&mut self, room: InRoom) -> BTreeMap<String, Value> {
        let mut here = BTreeMap::new();
        for who in self.clients.keys().copied().collect::<Vec<_>>() {
            let name = name(who);
            let entity = self.stage.entity(&name);
            let world = self.stage.engine().world();
            if world.get::<InRoom>(entity) != Some(&room) {
                continue;
            }
            let id = StableId::named(&name).to_string();
            let posture = world.get::<Posture>(entity).copied().unwrap_or_default();
            let mut player = json!({
                "id": id, "name": name, "position": posture,
                "linkdead": world.get::<Linkdead>(entity).is_some(),
            });
            if let Some(pose) = world.get::<Pose>(entity).and_then(Pose::text) {
                player["pose"] = pose.into();
            }
            here.insert(id, player);
        }
        here
    }

    /// Compares what everybody knows with what is.
    fn compare(&mut self) {
        let clients = std::mem::take(&mut self.clients);
        let whole = clients.keys().copied().collect::<Vec<_>>();
        self.clients = whole.iter().map(|who| (*who, Client::default())).collect();
        for (who, client) in clients {
            let room: InRoom = self.stage.component(&name(who));
            let truth = self.truth(room);
            assert_eq!(client.count, truth.len(), "as {} counts", name(who));
            if truth.len() <= 50 {
                assert_eq!(client.people, truth, "as {} sees it", name(who));
            }
            // In a crowd, whoever has no link is not told so of themselves.
            let own = StableId::named(&name(who)).to_string();
            let lost = self.lost.contains(&who);
            let others = client.people.iter().filter(|(id, _)| !lost || **id != own);
            for (id, known) in others {
                assert_eq!(truth.get(id), Some(known), "as {} sees it", name(who));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Whatever happens and whenever one comes in between: a second later every list is right.
    #[test]
    fn client_lists_equal_room_after_a_second(start in 0_usize..70, steps in steps(70)) {
        let mut crowd = Crowd::of(start);
        steps.iter().for_each(|step| crowd.take(step));
        // The queued lines of everybody, a tick each; what is left of the five seconds after which a
        // lost link is told; and the second after that.
        crowd.take(&Step::Passes(80 * 50));
        crowd.take(&Step::Passes(1_000));
        crowd.take(&Step::Passes(1_050));
        prop_assert_eq!(crowd.stage.faults(), &[]);
        crowd.compare();
    }
}

/// How many frames of a type somebody was sent since last asked.
fn frames(stage: &mut Stage, name: &str, event_type: &str) -> usize {
    stage.ears(name).events(event_type).len()
}

#[test]
fn restless_sitter_costs_one_frame_a_second() {
    for people in [3, 60] {
        let mut crowd = Crowd::of(people);
        crowd.take(&Step::Passes(2_000));
        let stage = &mut crowd.stage;
        for turn in 0..50 {
            stage.says(&name(0), if turn % 2 == 0 { "sit" } else { "stand" });
            stage.pass(SECOND / 10);
        }
        let ears = stage.ears(&name(1));
        let changed = ears.events("room_occupants_changed").len();
        assert!((4..=6).contains(&changed), "{changed} frames in 5 s");
        assert_eq!(ears.events("room_occupants").len(), 0, "a whole list");
        let lines = ears.events("room_message").len();
        assert_eq!(lines > 0, people <= 50, "{lines} lines among {people}");
    }
}

#[test]
fn newcomer_in_crowd_gets_fifty_and_count() {
    let mut crowd = Crowd::of(60);
    crowd.stage.says(&name(59), "say hello");
    crowd.stage.pass(SECOND * 2);
    crowd.stage.enter("Zoe");
    let state = crowd.stage.ears("Zoe").events("game_state").remove(0);
    assert_eq!(state["count"], 61);
    let occupants = state["occupants"].as_array().unwrap();
    assert_eq!(occupants.len(), 50);
    assert_eq!(state["players"].as_array().unwrap().len(), 50);
    assert_eq!(occupants[0], name(59), "who spoke lately comes first");
    assert_eq!(occupants[1], name(0), "then it goes by name");
    assert!(
        occupants.contains(&json!("Zoe")),
        "one's own entry is there"
    );
}

#[test]
fn leaving_on_arrival_leaves_no_trace() {
    let mut crowd = Crowd::of(2);
    let stage = &mut crowd.stage;
    stage.arrives("Zoe", Role::Player);
    stage.tick();
    // Her character is loaded in the tick in which she leaves.
    stage.leaves("Zoe");
    stage.pass(SECOND * 2);
    stage.ears(&name(0));
    stage.says(&name(0), "who here");
    stage.tick();
    let heard = stage.heard(&name(0));
    assert!(heard.starts_with("2 people are here"), "{heard}");
}

#[test]
fn sign_in_lines_end_beyond_fifty() {
    for (people, told) in [(49, 1), (50, 0)] {
        let mut crowd = Crowd::of(people);
        crowd.stage.pass(SECOND * 2);
        crowd.stage.ears(&name(0));
        crowd.stage.enter("Zoe");
        let stage = &mut crowd.stage;
        let came = frames(stage, &name(0), "player_entered_game");
        assert_eq!(came, told, "with {people} before");
        stage.leaves("Zoe");
        stage.pass(SECOND * 2);
        let ears = stage.ears(&name(0));
        // She leaves a room of 49 or 50: that is no crowd any more.
        assert_eq!(ears.events("player_left_game").len(), 1);
    }
}

#[test]
fn look_in_crowd_names_fifty_and_counts_rest() {
    let mut crowd = Crowd::of(120);
    crowd.stage.ears(&name(0));
    crowd.stage.says(&name(0), "look");
    crowd.stage.tick();
    let text = crowd.stage.heard(&name(0));
    assert!(text.contains("and 70 more"), "{text}");
    assert!(text.len() < 2_000, "{} bytes", text.len());
}

#[test]
fn who_here_pages_through_all_once() {
    let mut crowd = Crowd::of(120);
    let stage = &mut crowd.stage;
    let (mut names, mut line) = (Vec::new(), "who here".to_owned());
    loop {
        stage.ears(&name(0));
        stage.says(&name(0), &line);
        stage.pass(SECOND);
        let text = stage.ears(&name(0)).outcomes[0]
            .result
            .clone()
            .unwrap()
            .unwrap();
        assert!(text.starts_with("120 people are here"), "{text}");
        let listed = text.lines().filter(|line| line.starts_with("  "));
        let before = names.len();
        names.extend(listed.map(|line| line.trim().to_owned()));
        assert!(names.len() - before <= 50, "{text}");
        let Some((_, next)) = text.split_once("More: \"") else {
            break;
        };
        line = next.split_once('"').unwrap().0.to_owned();
    }
    let everybody: Vec<String> = (0..120).map(name).collect();
    assert_eq!(names, everybody);
}

#[test]
fn short_link_loss_is_not_told() {
    let mut crowd = Crowd::of(3);
    let stage = &mut crowd.stage;
    stage.heard(&name(1));
    for _ in 0..20 {
        stage.loses(&name(0));
        stage.pass(SECOND / 10);
        stage.returns(&name(0));
        stage.pass(SECOND / 5);
    }
    stage.pass(SECOND * 10);
    let heard = stage.heard(&name(1));
    assert!(!heard.contains("the link is"), "{heard}");
}

#[test]
fn long_link_loss_and_end_are_told_once() {
    let mut crowd = Crowd::of(3);
    let stage = &mut crowd.stage;
    stage.loses(&name(0));
    stage.pass(SECOND * 20);
    stage.returns(&name(0));
    stage.pass(SECOND * 2);
    let heard = stage.heard(&name(1));
    assert_eq!(heard.matches("the link is lost").count(), 1, "{heard}");
    assert_eq!(heard.matches("the link is restored").count(), 1, "{heard}");
    assert_eq!(heard.matches("the link is").count(), 2);
}
