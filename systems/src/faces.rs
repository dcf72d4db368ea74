//! Faces: who has been seen in this world, so that one can speak of those who are away.
//!
//! A row for each ([`KnownFace`]), kept with the world; in memory all of them by name. What role
//! somebody has is the account store's to say, and not saved.

mod finger;

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use engine::SetApart;
use engine::port::AccountId;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::command::{means_self, verb};
use crate::presence::Roster;

/// The most faces remembered; the one not seen for longest goes first, and its row with it. At 200
/// bytes each: 13 MiB.
const FACES_MAX: usize = 65_536;

/// Somebody who was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Face {
    /// The character.
    pub id: StableId,
    /// Its name.
    pub name: String,
    /// The account that owns it.
    pub account: AccountId,
    /// What that account may do.
    pub role: Role,
}

/// A face as it is saved.
#[derive(Component, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct KnownFace {
    id: StableId,
    name: String,
    account: AccountId,
    /// When they were seen last, by the wall clock.
    seen: WorldTime,
}

impl KnownFace {
    fn row_of(id: StableId) -> StableId {
        StableId::named(&format!("face of {id}"))
    }
}

/// Everybody who was seen, by name in small letters. Names and faces are shared with checkpoints.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub struct Faces {
    known: BTreeMap<Arc<str>, (u64, Arc<Face>)>,
    /// Names in the order in which they were seen; only the entry of the newest sight counts.
    seen: VecDeque<(u64, Arc<str>)>,
    sights: u64,
    /// The admins' accounts, as the account store said last.
    admins: Vec<AccountId>,
    /// The same of designers'.
    designers: Vec<AccountId>,
    /// Where each is saved, by character.
    rows: BTreeMap<StableId, Entity>,
    /// Whose rows are to go.
    forgotten: Vec<StableId>,
}

impl Faces {
    /// Whoever was seen under that whole name, in any case.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Face> {
        let known = self.known.get(name.to_lowercase().as_str());
        known.map(|(_, face)| &**face)
    }

    fn see(&mut self, face: Face) {
        let key: Arc<str> = face.name.to_lowercase().into();
        self.sights += 1;
        let face = Arc::new(face);
        self.known.insert(Arc::clone(&key), (self.sights, face));
        self.seen.push_back((self.sights, key));
        while self.seen.len() > 2 * FACES_MAX || self.known.len() > FACES_MAX {
            let Some((sight, key)) = self.seen.pop_front() else {
                return;
            };
            let last = self.known.get(&key).map(|(last, _)| *last);
            if last == Some(sight)
                && let Some((_, face)) = self.known.remove(&key)
            {
                self.forgotten.push(face.id);
            }
        }
    }
}

/// The faces plugin. Runs before whatever speaks of people.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.resource(Faces::default())
        .transient::<Faces>("faces")
        .persist::<KnownFace>("face")
        .startup(remember)
        .system(Phase::Ingest, (see, learn).chain())
        .system(Phase::Settle, (promote, keep).chain())
        .system(Phase::Simulate, finger::finger);
    verb::<finger::Finger>(reg);
}

/// Finds what was saved, once: those seen last are forgotten last.
fn remember(world: &mut World) {
    let mut saved = world.query::<(Entity, &KnownFace)>();
    let saved = saved.iter(world).map(|(row, known)| (row, known.clone()));
    let mut saved: Vec<(Entity, KnownFace)> = saved.collect();
    saved.sort_by_key(|(_, known)| (known.seen, known.id));
    let mut faces = Faces::default();
    for (row, known) in saved {
        faces.rows.insert(known.id, row);
        faces.see(Face {
            id: known.id,
            name: known.name,
            account: known.account,
            role: Role::Player,
        });
    }
    *world.resource_mut::<Faces>() = faces;
}

/// Saves who comes for the first time and when somebody was there last; forgets who is forgotten.
fn keep(
    mut newcomers: Newcomers<'_, '_>,
    mut departed: MessageReader<Departed>,
    people: Query<(&StableId, &Character)>,
    clock: Res<Clock>,
    mut faces: ResMut<Faces>,
    mut rows: Query<&mut KnownFace>,
    mut destroy: MessageWriter<Destroy>,
    mut commands: Commands<'_, '_>,
) {
    let seen = clock.wall();
    for (_, actor) in newcomers.read() {
        let Ok((id, character)) = people.get(actor) else {
            continue;
        };
        if faces.rows.contains_key(id) {
            continue;
        }
        let known = KnownFace {
            id: *id,
            name: character.name.clone(),
            account: character.account,
            seen,
        };
        let row = commands.spawn((KnownFace::row_of(*id), known)).id();
        faces.rows.insert(*id, row);
    }
    for Departed { actor, .. } in departed.read() {
        let row = people.get(*actor).ok();
        let row = row.and_then(|(id, _)| faces.rows.get(id).copied());
        if let Some(row) = row
            && let Ok(mut known) = rows.get_mut(row)
        {
            known.seen = seen;
        }
    }
    // Asked first: a change of the resource would be copied.
    if !faces.forgotten.is_empty() {
        let gone = std::mem::take(&mut faces.forgotten);
        let gone = gone.iter().filter_map(|id| faces.rows.remove(id));
        let gone: Vec<Entity> = gone.collect();
        destroy.write_batch(gone.into_iter().map(Destroy));
    }
}

fn see(mut newcomers: Newcomers<'_, '_>, people: Query<&Character>, mut faces: ResMut<Faces>) {
    for (id, actor) in newcomers.read() {
        if let Ok(character) = people.get(actor) {
            faces.see(Face {
                id,
                name: character.name.clone(),
                account: character.account,
                role: character.role,
            });
        }
    }
}

/// Whoever was given a role is seen with it from then on, also when they have left.
fn promote(mut grants: MessageReader<Grant>, mut faces: ResMut<Faces>) {
    for Grant { account, role } in grants.read() {
        let known = faces.known.values_mut().map(|(_, face)| face);
        for face in known.filter(|face| face.account == *account) {
            Arc::make_mut(face).role = *role;
        }
    }
}

/// Whoever is away is what the account store calls them.
fn learn(mut heard: MessageReader<SetApart>, mut faces: ResMut<Faces>) {
    let Some(SetApart(standings)) = heard.read().last() else {
        return;
    };
    // An answer that is older than a grant of this world's says what the one before said.
    if (&faces.admins, &faces.designers) == (&standings.admins, &standings.designers) {
        return;
    }
    for (_, face) in faces.known.values_mut() {
        let has = |list: &[AccountId]| list.binary_search(&face.account).is_ok();
        let role = match (has(&standings.admins), has(&standings.designers)) {
            (true, _) => Role::Admin,
            (false, true) => Role::Designer,
            (false, false) => Role::Player,
        };
        if face.role != role {
            Arc::make_mut(face).role = role;
        }
    }
    faces.admins.clone_from(&standings.admins);
    faces.designers.clone_from(&standings.designers);
}

/// People by name, whether they are awake or away.
#[derive(SystemParam)]
pub struct People<'w, 's> {
    roster: Res<'w, Roster>,
    faces: Res<'w, Faces>,
    rows: Query<'w, 's, &'static KnownFace>,
    awake: Query<'w, 's, (&'static StableId, &'static Character)>,
}

impl People<'_, '_> {
    /// Whoever is awake and meant by a name.
    ///
    /// # Errors
    /// `resource_not_found`, or a question if several could be meant.
    pub fn awake(&self, name: &str) -> Result<(Entity, Face), Refusal> {
        let nobody = format!("Nobody called \"{name}\" is awake.");
        let entity = self
            .roster
            .meant(name)
            .map_err(|missed| missed.refusal(nobody.clone()))?;
        let face = self
            .face(entity)
            .ok_or_else(|| Refusal::new(Code::ResourceNotFound, nobody))?;
        Ok((entity, face))
    }

    /// Whoever is meant by a name, awake or away.
    ///
    /// # Errors
    /// `resource_not_found`, or a question if several could be meant.
    pub fn known(&self, name: &str) -> Result<(Option<Entity>, Face), Refusal> {
        // The whole name of somebody away is meant before the beginning of somebody awake.
        if self.roster.find(name).is_none()
            && let Some(face) = self.faces.find(name)
        {
            return Ok((None, face.clone()));
        }
        match self.awake(name) {
            Ok((entity, face)) => Ok((Some(entity), face)),
            Err(refusal) if refusal.code == Code::ResourceNotFound => Err(Refusal::new(
                Code::ResourceNotFound,
                format!("Nobody called \"{name}\" has been seen in this world."),
            )),
            Err(question) => Err(question),
        }
    }

    /// Whoever is awake under that whole name. For whatever the next line does not undo: that must
    /// not befall somebody whose name only begins alike.
    ///
    /// # Errors
    /// `resource_not_found`, with the one whose name begins so, if there is one.
    pub fn awake_called(&self, name: &str) -> Result<(Entity, Face), Refusal> {
        let called = self.roster.find(name).and_then(|entity| {
            let face = self.face(entity)?;
            Some((entity, face))
        });
        called.ok_or_else(|| {
            let message = format!("Nobody called \"{name}\" is awake.{}", self.hint(name));
            Refusal::new(Code::ResourceNotFound, message)
        })
    }

    /// Whoever is awake or away under that whole name.
    ///
    /// # Errors
    /// As [`awake_called`](Self::awake_called).
    pub fn called(&self, name: &str) -> Result<(Option<Entity>, Face), Refusal> {
        if let Ok((entity, face)) = self.awake_called(name) {
            return Ok((Some(entity), face));
        }
        let away = self.faces.find(name).map(|face| (None, face.clone()));
        away.ok_or_else(|| {
            let hint = self.hint(name);
            let message = format!("Nobody called \"{name}\" has been seen in this world.{hint}");
            Refusal::new(Code::ResourceNotFound, message)
        })
    }

    /// Whose whole name to type, where a beginning was typed.
    #[must_use]
    pub fn hint(&self, name: &str) -> String {
        let begun = self.roster.meant(name).ok();
        begun
            .and_then(|entity| self.face(entity))
            .map_or_else(String::new, |face| {
                format!(" This takes a whole name: did you mean \"{}\"?", face.name)
            })
    }

    /// When somebody who is away was seen last, by the wall clock.
    fn last_seen(&self, id: StableId) -> Option<WorldTime> {
        let row = self.faces.rows.get(&id)?;
        self.rows.get(*row).ok().map(|known| known.seen)
    }

    /// The name that is meant: their own, where they speak of themselves.
    #[must_use]
    pub fn named_by<'n>(&self, actor: Entity, name: &'n str) -> Cow<'n, str> {
        match self.awake.get(actor) {
            Ok((_, character)) if means_self(name) => character.name.clone().into(),
            _ => name.into(),
        }
    }

    /// Who an entity is.
    #[must_use]
    pub fn face(&self, entity: Entity) -> Option<Face> {
        let (id, character) = self.awake.get(entity).ok()?;
        Some(Face {
            id: *id,
            name: character.name.clone(),
            account: character.account,
            role: character.role,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(name: &str) -> Face {
        let id = StableId::named(name);
        Face {
            id,
            name: name.to_owned(),
            account: AccountId(id.uuid()),
            role: Role::Player,
        }
    }

    #[test]
    fn least_recently_seen_player_is_forgotten_first() {
        let mut faces = Faces::default();
        faces.see(face("Ann"));
        for n in 0..FACES_MAX {
            faces.see(face(&format!("Bob{n}")));
        }
        assert_eq!(faces.find("ann"), None);
        assert_eq!(faces.known.len(), FACES_MAX);
        for _ in 0..3 * FACES_MAX {
            faces.see(face("Cleo"));
        }
        assert!(faces.find("CLEO").is_some() && faces.seen.len() <= 2 * FACES_MAX);
    }
}
