//! Scenery: what a room's text names, and what becomes of it when it is looked at, touched, read or
//! rung.
//!
//! Reads `[[rooms.details]]`; `place` has of it what is seen ([`place::Details`]). Owns nothing
//! else: what a detail does is a list of effects.

mod verbs;

use std::collections::BTreeSet;

use engine::content::{At, Content, Section, Sections};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::command::verb;
use crate::effects::{Carrier, EffectList, Parties, RunEffects};
use crate::place::{self, LookedAt, RoomDetail};
use crate::world::{Atlas, Direction, RoomData, RoomIx, room_data};

/// The scenery plugin. Runs after `place`, whose rooms it furnishes.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("place", "what is looked at is seen there");
    room_data::<Scenery>(reg, "details");
    reg.fact::<DetailUsed>()
        .derived(seen)
        .system(Phase::Settle, looked);
    verb::<verbs::TouchVerb>(reg);
    verb::<verbs::Read>(reg);
    verb::<verbs::Ring>(reg);
    reg.system(
        Phase::Simulate,
        (verbs::touch, verbs::read, verbs::ring).chain(),
    );
}

/// Something that a room's text names, as it is written with the room.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SceneryDetail {
    /// what players call it, in lower case: `["owls", "stone owls"]`
    #[schemars(
        length(min = 1, max = 12),
        extend("x-bounds" = "1 to 12 words in lower case, no direction")
    )]
    pub words: Vec<String>,
    /// what whoever looks at it sees
    #[schemars(length(min = 1, max = 500))]
    pub text: String,
    /// what they see by night; without it, the same
    #[serde(default)]
    #[schemars(length(min = 1, max = 500))]
    pub night: Option<String>,
    /// what comes of it when it is looked at
    #[serde(default)]
    pub on_look: EffectList,
    /// what comes of it when it is touched
    #[serde(default)]
    pub on_touch: EffectList,
    /// what comes of it when it is read
    #[serde(default)]
    pub on_read: EffectList,
    /// what comes of it when it is rung
    #[serde(default)]
    pub on_ring: EffectList,
}

/// What can be looked at in a room: `[[rooms.details]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Scenery(pub Vec<SceneryDetail>);

impl Section for Scenery {
    fn check(&mut self, _room: &str, at: &At<'_>) {
        let mut known = BTreeSet::new();
        for (index, detail) in self.0.iter().enumerate() {
            let at = at.item(index);
            for word in &detail.words {
                if let Some(mistake) = mistake(word, &mut known) {
                    at.problem(format!("{mistake}: \"{word}\""));
                }
            }
            for (key, list) in [
                ("on_look", &detail.on_look),
                ("on_touch", &detail.on_touch),
                ("on_read", &detail.on_read),
                ("on_ring", &detail.on_ring),
            ] {
                list.check(&at.key(key));
            }
        }
    }
}

/// What is wrong with a word for a detail, beside those before it in the room.
fn mistake(word: &str, known: &mut BTreeSet<String>) -> Option<&'static str> {
    if word.is_empty() || word.trim() != word || word.to_lowercase() != word {
        return Some("a detail's words are in lower case and have no blanks around them");
    }
    if Direction::from_word(word).is_some() {
        return Some("a direction is looked out by, so no detail can be called so");
    }
    (!known.insert(word.to_owned())).then_some("two details of the room are called by one word")
}

/// What is done with a detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetailDeed {
    /// It is touched.
    Touch,
    /// It is read.
    Read,
    /// It is rung.
    Ring,
}

/// Somebody does something with what a room's text names, whatever comes of it. A fact.
#[derive(Message, Clone, Copy, Debug)]
pub struct DetailUsed {
    /// Who.
    pub actor: Entity,
    /// Where.
    pub room: RoomIx,
    /// The detail's number in the room.
    pub detail: usize,
    /// What they do.
    pub deed: DetailDeed,
}

impl SceneryDetail {
    /// What comes of a deed.
    const fn list(&self, deed: DetailDeed) -> &EffectList {
        match deed {
            DetailDeed::Touch => &self.on_touch,
            DetailDeed::Read => &self.on_read,
            DetailDeed::Ring => &self.on_ring,
        }
    }

    /// What carries its lists.
    fn carrier(&self, room: &str) -> Carrier {
        let word = self.words.first().map_or("", String::as_str);
        Carrier::of("detail", room, word, &format!("The {word}"))
    }

    /// One of its lists, run by somebody.
    fn run(&self, list: &EffectList, actor: Entity, room: RoomIx, atlas: &Atlas) -> RunEffects {
        let parties = Parties {
            actor: Some(actor),
            target: None,
            here: Some(room),
            carrier: self.carrier(&atlas.room(room).id),
            me: None,
        };
        RunEffects::new(list.clone(), parties)
    }
}

/// What of it can be looked at.
fn seen(content: &Content) -> place::Details {
    let sections = content.get::<Sections<Scenery>>();
    let rooms = content.get::<Atlas>().into_iter().flat_map(Atlas::rooms);
    let rooms = rooms.map(|(_, room)| {
        let details = sections.and_then(|all| all.get(&room.id));
        let details = details.into_iter().flat_map(|Scenery(all)| all);
        let detail = |one: &SceneryDetail| RoomDetail {
            words: one.words.clone(),
            text: one.text.clone(),
            night: one.night.clone(),
        };
        details.map(detail).collect()
    });
    place::Details::new(rooms.collect())
}

/// Runs what comes of looking.
fn looked(
    mut looked: MessageReader<LookedAt>,
    scenery: Res<RoomData<Scenery>>,
    atlas: Res<Atlas>,
    mut runs: MessageWriter<RunEffects>,
) {
    for LookedAt {
        actor,
        room,
        detail,
    } in looked.read()
    {
        let detail = scenery.get(*room).and_then(|all| all.0.get(*detail));
        if let Some(detail) = detail.filter(|one| !one.on_look.is_empty()) {
            runs.write(detail.run(&detail.on_look, *actor, *room, &atlas));
        }
    }
}
