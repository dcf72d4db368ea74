//! One character's mailbox, and where it is.

use std::collections::BTreeMap;

use engine::port::ChatLine;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

/// Letters that wait for one character; more are refused.
pub const LETTERS_MAX: usize = 64;
/// For so long they wait, and what was told elsewhere is remembered.
const KEPT: Duration = Duration::from_secs(30 * 86_400);
/// Letters remembered that were told elsewhere before they came here.
const TOLD_MAX: usize = 256;

/// Something whispered to one who is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Letter {
    pub(super) line: ChatLine,
    pub(super) at: WorldTime,
}

/// What waits for one character.
#[derive(Component, Clone, Debug, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Mailbox {
    target: StableId,
    letters: Vec<Letter>,
    /// What was told elsewhere and has not come here, by id: it must not be told again.
    #[serde(default)]
    told: BTreeMap<String, WorldTime>,
}

impl Mailbox {
    pub(super) const fn of(target: StableId) -> Self {
        Self {
            target,
            letters: Vec::new(),
            told: BTreeMap::new(),
        }
    }

    pub(super) fn row_of(target: StableId) -> StableId {
        StableId::named(&format!("mailbox of {target}"))
    }

    /// Keeps a letter, unless it was told; answers whether there was room for it.
    pub(super) fn put(&mut self, line: ChatLine, at: WorldTime) -> bool {
        if self.told.remove(&line.message_id).is_some() {
            return true;
        }
        let room = self.letters.len() < LETTERS_MAX;
        if room {
            self.letters.push(Letter { line, at });
        }
        room
    }

    /// A letter was told elsewhere.
    pub(super) fn was_told(&mut self, id: &str, at: WorldTime) {
        let before = self.letters.len();
        self.letters.retain(|one| one.line.message_id != id);
        if self.letters.len() == before && self.told.len() < TOLD_MAX {
            self.told.insert(id.to_owned(), at);
        }
    }

    /// The letters, oldest first.
    pub(super) fn letters(&self) -> &[Letter] {
        &self.letters
    }

    /// Takes out the letters of these ids.
    pub(super) fn take_out(&mut self, ids: &[String]) {
        self.letters
            .retain(|one| !ids.contains(&one.line.message_id));
    }

    /// Whether nothing is in it, nor to be remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.letters.is_empty() && self.told.is_empty()
    }

    fn has_old(&self, now: WorldTime) -> bool {
        let old = |at: &WorldTime| now.since(*at) >= KEPT;
        self.letters.iter().any(|one| old(&one.at)) || self.told.values().any(old)
    }

    fn forget(&mut self, now: WorldTime) {
        self.letters.retain(|one| now.since(one.at) < KEPT);
        self.told.retain(|_, at| now.since(*at) < KEPT);
    }
}

/// Where each character's letters wait.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub struct Mailboxes {
    rows: BTreeMap<StableId, Entity>,
    waiting: BTreeMap<StableId, usize>,
}

impl Mailboxes {
    /// How many more letters have room.
    #[must_use]
    pub fn room(&self, target: StableId) -> usize {
        let waiting = self.waiting.get(&target).copied().unwrap_or(0);
        LETTERS_MAX.saturating_sub(waiting)
    }

    pub(super) fn row(&self, target: StableId) -> Option<Entity> {
        self.rows.get(&target).copied()
    }

    pub(super) fn found(&mut self, target: StableId, row: Entity) {
        self.rows.insert(target, row);
    }

    pub(super) fn gone(&mut self, target: StableId) {
        self.rows.remove(&target);
        self.waiting.remove(&target);
    }

    /// Notes how many letters are in it.
    pub(super) fn note(&mut self, mailbox: &Mailbox) {
        self.waiting.insert(mailbox.target, mailbox.letters.len());
    }
}

/// Finds what was saved, once.
pub(super) fn remember(world: &mut World) {
    let mut saved = world.query::<(Entity, &Mailbox)>();
    let mut boxes = Mailboxes::default();
    for (row, mailbox) in saved.iter(world) {
        boxes.found(mailbox.target, row);
        boxes.note(mailbox);
    }
    *world.resource_mut::<Mailboxes>() = boxes;
}

/// Look for what is too old.
#[derive(Message, Clone, Copy, Debug)]
pub(super) struct Sweep;

/// Has it looked for.
pub(super) fn tidy(mut sweeps: MessageWriter<Sweep>) {
    sweeps.write(Sweep);
}

/// Throws away what nobody came for. In Settle, behind whoever may need a mailbox in this tick.
pub(super) fn sweep(
    mut sweeps: MessageReader<Sweep>,
    clock: Res<Clock>,
    mut rows: Query<(Entity, &mut Mailbox)>,
    mut boxes: ResMut<Mailboxes>,
    mut destroy: MessageWriter<Destroy>,
) {
    if sweeps.read().count() == 0 {
        return;
    }
    for (row, mut mailbox) in &mut rows {
        // Asked first: whatever is touched is saved.
        if !mailbox.has_old(clock.wall()) {
            continue;
        }
        mailbox.forget(clock.wall());
        boxes.note(&mailbox);
        if mailbox.is_empty() {
            boxes.gone(mailbox.target);
            destroy.write(Destroy(row));
        }
    }
}
