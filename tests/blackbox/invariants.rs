//! What holds at every tick of the shipped game, whatever its players do.

use std::collections::BTreeSet;

use engine::port::{Code, Role};
use engine::prelude::*;
use engine::stage::Stage;
use systems::Settings;
use systems::command::{Usage, Verb, Verbs, Words, verb};
use systems::place::{InRoom, Occupancy};
use systems::world::Atlas;

use crate::harness::shipped;

fn stage(settings: Settings) -> Stage {
    Stage::new(systems::game(shipped(), settings)).unwrap()
}

#[test]
fn room_and_occupants_agree_at_every_tick() {
    const PEOPLE: [&str; 5] = ["Ann", "Bob", "Cleo", "Dov", "Esme"];
    const WAYS: [&str; 10] = ["n", "e", "s", "w", "ne", "nw", "se", "sw", "u", "d"];
    let mut stage = stage(Settings::default());
    for name in PEOPLE {
        stage.enter(name);
    }
    let mut chance: u64 = 7;
    let mut moved = BTreeSet::new();
    for _ in 0..600 {
        // Knuth's constants; any dice do that are the same each time.
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let dice = (chance >> 33) as usize;
        let name = PEOPLE[dice % PEOPLE.len()];
        match dice / 8 % 40 {
            0 => stage.enter(name),
            1 => {
                stage.leaves(name);
                stage.tick();
                stage.enter(name);
            }
            _ => {
                stage.says(name, WAYS[dice / 512 % WAYS.len()]);
                stage.tick();
            }
        }
        let world = stage.engine().world();
        let mut people = world.query_filtered::<(Entity, &InRoom), With<Character>>();
        let mut said: Vec<_> = people
            .iter(world)
            .map(|(who, room)| (room.0, who))
            .collect();
        let (atlas, occupancy) = (world.resource::<Atlas>(), world.resource::<Occupancy>());
        let in_room = |(room, _)| occupancy.of(room).iter().map(move |who| (room, *who));
        let mut listed: Vec<_> = atlas.rooms().flat_map(in_room).collect();
        said.sort_unstable();
        listed.sort_unstable();
        assert_eq!(said, listed);
        moved.extend(said.into_iter().map(|(room, _)| room));
    }
    assert!(moved.len() > 10, "they stood in {} rooms only", moved.len());
}

#[test]
fn lines_run_in_sent_order() {
    for lines_per_tick in [1, 3, 0] {
        let mut settings = Settings::default();
        settings.commands.lines_per_tick = lines_per_tick;
        let mut stage = stage(settings);
        stage.enter("Ann");
        stage.ears("Ann");
        let lines = [
            "say one",
            "west",
            "say two",
            "say three",
            "emote waits",
            "east",
            "say four",
        ];
        let sent: Vec<u64> = lines.iter().map(|line| stage.says("Ann", line)).collect();
        for _ in 0..lines.len() {
            stage.tick();
        }
        let ears = stage.ears("Ann");
        let answered: Vec<u64> = ears.outcomes.iter().filter_map(|one| one.id).collect();
        assert_eq!(answered, sent);
        let mut happened = Vec::new();
        for note in &ears.notes {
            let data = serde_json::to_value(note.data()).unwrap();
            match note.event_type() {
                "chat_message" => happened.push(data["original_content"].clone()),
                "room_update" => happened.push(data["room"]["name"].clone()),
                _ => {}
            }
        }
        let told = [
            "one",
            "The Visitors' Day Room",
            "two",
            "three",
            "waits",
            "The Sanitarium Foyer",
            "four",
        ];
        assert_eq!(happened, told, "{lines_per_tick} lines a tick");
    }
}

#[test]
fn every_verb_is_in_help_and_understood() {
    let mut settings = Settings::default();
    settings.commands.commands_per_second = 0;
    let mut stage = stage(settings);
    stage.enter_as("Ann", Role::Admin);
    stage.says("Ann", "help");
    stage.tick();
    let help = stage.heard("Ann");
    let verbs: Vec<_> = {
        let verbs = stage.engine().world().resource::<Verbs>();
        verbs
            .of(Role::Admin)
            .map(|verb| (verb.words.clone(), verb.usage.clone()))
            .collect()
    };
    assert!(verbs.len() >= 12, "{verbs:?}");
    for (words, usage) in verbs {
        assert!(help.contains(usage.as_ref()), "`{usage}` is not in help");
        for word in words {
            stage.enter_as("Ann", Role::Admin);
            stage.ears("Ann");
            stage.says("Ann", &word);
            stage.tick();
            let outcomes = stage.ears("Ann").outcomes;
            let [outcome] = &outcomes[..] else {
                panic!("`{word}` has {} answers", outcomes.len());
            };
            if let Err(refusal) = &outcome.result {
                assert_ne!(refusal.code, Code::InternalError, "{word}");
                assert!(
                    !refusal.message.contains("no command"),
                    "{word}: {refusal:?}"
                );
            }
        }
    }
}

/// A second `look`.
#[derive(Message, Debug)]
struct Peer;

impl Verb for Peer {
    const WORDS: &'static [&'static str] = &["peer", "look"];
    const USAGE: &'static str = "peer";
    const HELP: &'static str = "Looks, but narrowly.";

    fn read(_: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self)
    }
}

#[test]
fn two_verbs_of_one_word_do_not_build() {
    let both = |reg: &mut Registrar<'_>| {
        reg.add(systems::game(shipped(), Settings::default()));
        verb::<Peer>(reg);
    };
    let fault = Stage::new(both).unwrap_err().to_string();
    assert!(fault.contains("look"), "{fault}");
}
