//! Telling letters to whoever comes, a portion at a time.

use std::collections::BTreeMap;

use engine::port::{Correlation, Tick};
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::mailbox::{Letter, Mailbox, Mailboxes};
use super::{LetterRead, told_here};
use crate::bus::{Afar, Post};
use crate::hearing::Hearing;
use crate::speech::{Channel, ChatMessage};
use crate::wall_time::rfc3339;

/// What is told at once, in bytes: two letters of 960 emoji, or forty short ones.
const PORTION_BYTES: usize = 16 * 1_024;
/// What a letter weighs beside its words.
const LETTER_BYTES: usize = 400;

/// Who is being told their letters. Transient: who comes after a restart is told from the start.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub(super) struct Readers(BTreeMap<StableId, Option<Told>>);

/// Letters that were told, and are not known to have been read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Told {
    at: Tick,
    ids: Vec<String>,
}

/// Tells all that is under way once more: whether it was read is not said again.
pub(super) fn begin_anew(mut readers: ResMut<Readers>) {
    for under_way in readers.0.values_mut() {
        *under_way = None;
    }
}

/// Notes who comes and goes, and destroys what has been read.
pub(super) fn follow(
    mut newcomers: Newcomers<'_, '_>,
    mut departed: MessageReader<Departed>,
    mut received: MessageReader<Received>,
    people: Query<&StableId>,
    hearing: Hearing<'_, '_>,
    afar: Res<Afar>,
    mut readers: ResMut<Readers>,
    mut boxes: ResMut<Mailboxes>,
    mut rows: Query<&mut Mailbox>,
    mut posts: MessageWriter<Post>,
    mut read: MessageWriter<LetterRead>,
    mut destroy: MessageWriter<Destroy>,
) {
    for Received { actor, through } in received.read() {
        let Ok(id) = people.get(*actor) else { continue };
        let Some(under_way) = readers.0.get_mut(id) else {
            continue;
        };
        let Some(Told { ids, .. }) = under_way.take_if(|told| told.at <= *through) else {
            continue;
        };
        let row = boxes.row(*id);
        let Some((row, mut mailbox)) = row.and_then(|row| Some((row, rows.get_mut(row).ok()?)))
        else {
            continue;
        };
        let heard =
            |one: &&Letter| ids.contains(&one.line.message_id) && reads(&hearing, *actor, one);
        if let Some(last) = mailbox.letters().iter().rev().find(heard) {
            let (reader, sender) = (*actor, last.line.sender_name.clone());
            read.write(LetterRead { reader, sender });
        }
        mailbox.take_out(&ids);
        boxes.note(&mailbox);
        if mailbox.is_empty() {
            boxes.gone(*id);
            destroy.write(Destroy(row));
        }
        if afar.is_open() {
            posts.write(told_here(*id, ids, Correlation::default()));
        }
    }
    for Departed { actor, .. } in departed.read() {
        if let Ok(id) = people.get(*actor) {
            readers.0.remove(id);
        }
    }
    for (id, _) in newcomers.read() {
        if boxes.row(id).is_some() {
            readers.0.insert(id, None);
        }
    }
}

/// Tells the next portion to everybody who has read the last one, except what is from those whom
/// they have muted.
pub(super) fn tell(
    hearing: Hearing<'_, '_>,
    index: Res<Index>,
    people: Query<(&Character, &Online)>,
    rows: Query<&Mailbox>,
    boxes: Res<Mailboxes>,
    clock: Res<Clock>,
    mut readers: ResMut<Readers>,
    mut outbox: ResMut<Outbox>,
) {
    if readers.0.is_empty() {
        return;
    }
    readers.0.retain(|id, under_way| {
        if under_way.is_some() {
            return true;
        }
        let mailbox = boxes.row(*id).and_then(|row| rows.get(row).ok());
        let reader = index.get(*id);
        let known = reader.and_then(|reader| Some((reader, people.get(reader).ok()?)));
        let (Some(mailbox), Some((reader, (character, online)))) = (mailbox, known) else {
            return false;
        };
        let portion = portion_of(mailbox.letters());
        if portion.is_empty() {
            return false;
        }
        let heard = portion
            .iter()
            .filter(|letter| reads(&hearing, reader, letter));
        for letter in heard {
            outbox.tell_one(online.session, read_out(letter, *id, &character.name));
        }
        outbox.ask_receipt(online.session);
        let ids = portion.iter().map(|one| one.line.message_id.clone());
        *under_way = Some(Told {
            at: clock.tick,
            ids: ids.collect(),
        });
        true
    });
}

/// Whether somebody wants to read a letter.
fn reads(hearing: &Hearing<'_, '_>, reader: Entity, letter: &Letter) -> bool {
    let sender = (letter.line.sender_id, Role::Player);
    hearing.hears(reader, sender, Channel::Whisper)
}

/// The first of the letters, as many as are told at once.
fn portion_of(letters: &[Letter]) -> &[Letter] {
    let mut bytes = 0;
    let fit = letters.iter().take_while(|letter| {
        bytes += 2 * letter.line.text.len() + LETTER_BYTES;
        bytes <= PORTION_BYTES
    });
    let fit = fit.count().max(1).min(letters.len());
    &letters[..fit]
}

fn read_out(Letter { line, at }: &Letter, target: StableId, target_name: &str) -> ChatMessage {
    let name = &line.sender_name;
    ChatMessage {
        sender_id: line.sender_id,
        player_name: name.clone(),
        admin: false,
        channel: Channel::Whisper,
        message: format!("While you were away, {name} whispered: {}", line.text),
        original_content: line.text.clone(),
        tags: Vec::new(),
        message_id: line.message_id.clone(),
        timestamp: Some(rfc3339(*at)),
        target_id: Some(target),
        target_name: Some(target_name.to_owned()),
        room: None,
    }
}
