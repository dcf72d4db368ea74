//! What accounts may do: as the account store said it last, and as this world has ordered it since.
//!
//! The store is asked every two seconds while anybody plays. What it says holds, but for what was
//! ordered here after the state that it speaks of, and for those who came after it was asked: they
//! brought newer word along. All of this is transient: a restart asks anew.

use std::collections::HashMap;
use std::time::Duration;

use bevy_ecs::component::Component;
use bevy_ecs::entity::Entity;
use bevy_ecs::message::Messages;
use bevy_ecs::query::With;
use bevy_ecs::resource::Resource;
use bevy_ecs::world::World;
use serde::{Deserialize, Serialize};

use super::words::{Excluded, Grant, Online, RoleChanged, SetApart, SetBan};
use super::{Asks, Sessions};
use crate::character::Character;
use crate::port::{AccountId, Outbound, Role, StableId, Standings, StoreAsk, Tick, WorldTime};
use crate::{Clock, Outbox};

/// How long the store may know something else than the world.
const EVERY: Duration = Duration::from_secs(2);

/// Roles that were given and that the store may not have yet. Each is an admin's command, and the
/// store has them within a second or two; beyond, the oldest is left to the store's next word. At
/// 40 bytes each: 160 KiB.
const GIVEN_MAX: usize = 4_096;

/// What is known of roles beside what characters carry.
#[derive(Resource, Clone, Default, Debug, Serialize, Deserialize)]
pub(crate) struct Roles {
    /// When the store was asked last, or somebody came into an empty world.
    asked: Option<WorldTime>,
    #[serde(serialize_with = "crate::checkpoint::sorted")]
    given: HashMap<AccountId, (Role, Tick)>,
}

/// When a character came into the world.
#[derive(Component, Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Seated(pub(super) Tick);

/// Asks the store, if it is time.
pub(super) fn ask(world: &mut World) {
    let Clock { now, tick, .. } = *world.resource::<Clock>();
    let playing = !world.resource::<Sessions>().seats.is_empty();
    let roles = &mut *world.resource_mut::<Roles>();
    if !playing {
        roles.asked = None;
        return;
    }
    let since = *roles.asked.get_or_insert(now);
    if now.since(since) >= EVERY {
        roles.asked = Some(now);
        world
            .resource_mut::<Asks>()
            .0
            .push(StoreAsk::Standings { asked: tick });
    }
}

/// Takes in what the store says: roles change at once, and who is banned is told of.
pub(super) fn learn(world: &mut World, standings: Standings) {
    let mut roles = world.resource_mut::<Roles>();
    roles.given.retain(|_, (_, tick)| *tick > standings.as_of);
    let given = roles.given.clone();
    let mut played =
        world.query_filtered::<(Entity, &StableId, &Character, &Seated), With<Online>>();
    let (mut changed, mut excluded) = (Vec::new(), Vec::new());
    for (entity, id, character, seated) in played.iter(world) {
        if seated.0 >= standings.asked {
            continue;
        }
        let account = character.account;
        let has = |list: &[AccountId]| list.binary_search(&account).is_ok();
        let role = match (has(&standings.admins), has(&standings.designers)) {
            (true, _) => Role::Admin,
            (false, true) => Role::Designer,
            (false, false) => Role::Player,
        };
        if role != character.role && !given.contains_key(&account) {
            changed.push((*id, entity, role));
        }
        let ban = standings
            .banned
            .binary_search_by_key(&account, |ban| ban.account);
        if let Ok(at) = ban {
            excluded.push((*id, entity, standings.banned[at].clone()));
        }
    }
    changed.sort_unstable_by_key(|(id, ..)| *id);
    excluded.sort_unstable_by_key(|(id, ..)| *id);
    for (_, actor, role) in changed {
        if let Some(mut character) = world.get_mut::<Character>(actor) {
            character.role = role;
        }
        world.write_message(RoleChanged { actor, role });
    }
    for (_, actor, ban) in excluded {
        world.write_message(Excluded { actor, ban });
    }
    world.write_message(SetApart(standings));
}

/// The role that an account has which the store believes to have `role`.
pub(super) fn role_of(world: &World, account: AccountId, role: Role) -> Role {
    let given = &world.resource::<Roles>().given;
    given.get(&account).map_or(role, |(role, _)| *role)
}

/// Gives the roles that were granted in this tick, to all characters of the account.
pub(crate) fn grant(world: &mut World) {
    let grants: Vec<Grant> = world.resource_mut::<Messages<Grant>>().drain().collect();
    let tick = world.resource::<Clock>().tick;
    for Grant { account, role } in grants {
        let mut characters = world.query::<&mut Character>();
        for mut character in characters.iter_mut(world) {
            if character.account == account {
                character.role = role;
            }
        }
        let given = &mut world.resource_mut::<Roles>().given;
        if given.len() >= GIVEN_MAX && !given.contains_key(&account) {
            let oldest = given.iter().min_by_key(|(id, (_, tick))| (*tick, **id));
            if let Some(oldest) = oldest.map(|(id, _)| *id) {
                given.remove(&oldest);
            }
        }
        given.insert(account, (role, tick));
    }
}

/// Tells the gateway who was banned in this tick, before anybody hears what came of the order.
pub(crate) fn tell_bans(world: &mut World) {
    let bans: Vec<SetBan> = world.resource_mut::<Messages<SetBan>>().drain().collect();
    let said = &mut world.resource_mut::<Outbox>().said;
    let bans = bans
        .into_iter()
        .map(|SetBan { account, ban }| Outbound::Ban { account, ban });
    said.extend(bans);
}
