//! What a client knows of the people around it, by nothing but the frames it was sent.

use std::collections::BTreeMap;

use engine::stage::Ears;
use serde_json::Value;

/// A list as `docs/protocol.md` says it is to be kept.
#[derive(Debug, Default)]
pub(super) struct Client {
    pub(super) room: String,
    pub(super) count: usize,
    /// By id.
    pub(super) people: BTreeMap<String, Value>,
}

impl Client {
    /// Reads everything that was sent, in order.
    pub(super) fn read(&mut self, ears: &Ears) {
        for note in &ears.notes {
            let data = serde_json::to_value(note.data()).unwrap();
            match note.event_type() {
                "game_state" | "room_update" => {
                    self.room = data["room"]["id"].as_str().unwrap().to_owned();
                    self.replace(&data);
                }
                "room_occupants" if note.room_id() == Some(&self.room) => self.replace(&data),
                "room_occupants_changed" if data["room_id"] == self.room.as_str() => {
                    self.change(&data);
                }
                _ => {}
            }
        }
    }

    fn replace(&mut self, data: &Value) {
        let players = data["players"].as_array().unwrap();
        let names: Vec<&Value> = players.iter().map(|one| &one["name"]).collect();
        let occupants: Vec<&Value> = data["occupants"].as_array().unwrap().iter().collect();
        assert_eq!(names, occupants, "two lists of the same people");
        self.count = data["count"].as_u64().unwrap() as usize;
        assert_eq!(players.len(), self.count.min(50), "{data}");
        self.people = players.iter().map(|one| (id(one), one.clone())).collect();
        assert_eq!(self.people.len(), players.len(), "twice in a list: {data}");
    }

    fn change(&mut self, data: &Value) {
        let list = |key: &str| data[key].as_array().unwrap().clone();
        self.count = data["count"].as_u64().unwrap() as usize;
        for key in ["joined", "left", "changed"] {
            assert!(list(key).len() <= 50, "{key} is too long: {data}");
        }
        for one in list("joined") {
            self.people.insert(id(&one), one);
        }
        for one in list("left") {
            self.people.remove(one.as_str().unwrap());
        }
        for one in list("changed") {
            if let Some(known) = self.people.get_mut(&id(&one)) {
                *known = one;
            } else {
                assert!(self.count > 50, "{one} was never in the list: {data}");
            }
        }
    }
}

fn id(player: &Value) -> String {
    player["id"].as_str().unwrap().to_owned()
}
