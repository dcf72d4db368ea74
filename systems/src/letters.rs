//! Letters: what is whispered to somebody who is away waits, and is told when they come.
//!
//! A row for each character that letters wait for, kept with the world. With other nodes, each of
//! them keeps the letter, because nobody knows where its reader will arrive; the node that tells it
//! says so to the others, which forget it.

mod mailbox;

pub use mailbox::{LETTERS_MAX, Mailbox, Mailboxes};

use std::collections::BTreeMap;

use engine::port::{ChatLine, Content, Correlation, LettersTold, Topic};
use engine::prelude::*;

use crate::bus::{Afar, HeardAfar, Post, ToldAfar, Took};
use crate::chat::{Channel, ChatMessage};
use crate::mute::Hearing;
use crate::sheet::rfc3339;
use mailbox::Letter;

/// Keep this line for whom it is meant.
#[derive(Message, Clone, Debug)]
pub struct Leave(pub ChatLine);

/// Letters are opened by whom they are for.
#[derive(Message, Clone, Debug)]
struct Opened {
    reader: Entity,
    letters: Vec<Letter>,
}

/// The letters plugin. Runs after `chat`.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.resource(Mailboxes::default())
        .persist::<Mailbox>("mailbox")
        .message::<Leave>()
        .message::<Opened>()
        .message::<mailbox::Sweep>()
        .startup(mailbox::remember)
        .every(Duration::from_secs(3_600), mailbox::tidy)
        .system(Phase::Settle, (keep, open, mailbox::sweep).chain())
        .system(Phase::Emit, tell);
}

/// What becomes of one mailbox in a tick.
#[derive(Default)]
struct Change {
    letters: Vec<ChatLine>,
    told: Vec<String>,
}

/// Puts letters in, and takes out what was told elsewhere.
fn keep(
    mut left: MessageReader<Leave>,
    mut heard: MessageReader<HeardAfar>,
    mut told: MessageReader<ToldAfar>,
    index: Res<Index>,
    awake: Query<(), With<Online>>,
    clock: Res<Clock>,
    mut boxes: ResMut<Mailboxes>,
    mut rows: Query<&mut Mailbox>,
    mut posts: MessageWriter<Post>,
    mut took: MessageWriter<Took>,
    mut commands: Commands<'_, '_>,
) {
    let mut changes: BTreeMap<StableId, Change> = BTreeMap::new();
    for Leave(line) in left.read() {
        let Some(target) = line.target_id else {
            continue;
        };
        let change = changes.entry(target).or_default();
        change.letters.push(line.clone());
    }
    let mut tickets = Vec::new();
    for HeardAfar {
        line,
        ticket,
        correlation,
        ..
    } in heard.read()
    {
        let (Some(ticket), Some(target)) = (ticket, line.target_id) else {
            continue;
        };
        if index.get(target).is_some_and(|actor| awake.contains(actor)) {
            // It is heard here, now: nobody else need keep it.
            let ids = vec![line.message_id.clone()];
            posts.write(told_here(target, ids, *correlation));
            continue;
        }
        let change = changes.entry(target).or_default();
        change.letters.push(line.clone());
        tickets.push(*ticket);
    }
    for ToldAfar(LettersTold { target_id, ids }, ticket) in told.read() {
        let change = changes.entry(*target_id).or_default();
        change.told.extend(ids.iter().cloned());
        tickets.push(*ticket);
    }
    for (target, Change { letters, told }) in changes {
        let mut fresh = Mailbox::of(target);
        let row = boxes.row(target);
        let mut there = row.and_then(|row| rows.get_mut(row).ok());
        let mailbox = there.as_deref_mut().unwrap_or(&mut fresh);
        for line in letters {
            mailbox.put(line, clock.wall());
        }
        for id in told {
            mailbox.was_told(&id, clock.wall());
        }
        boxes.note(mailbox);
        if there.is_none() {
            let row = commands.spawn((Mailbox::row_of(target), fresh)).id();
            boxes.found(target, row);
        }
    }
    for ticket in tickets {
        took.write(Took(ticket));
    }
}

fn told_here(target_id: StableId, ids: Vec<String>, correlation: Correlation) -> Post {
    Post {
        topic: Topic::LettersTold(target_id),
        content: Content::LettersTold(LettersTold { target_id, ids }),
        correlation,
    }
}

/// Opens what waited for whoever comes.
fn open(
    mut arrived: MessageReader<Arrived>,
    people: Query<&StableId>,
    afar: Res<Afar>,
    mut boxes: ResMut<Mailboxes>,
    mut rows: Query<&mut Mailbox>,
    mut posts: MessageWriter<Post>,
    mut opened: MessageWriter<Opened>,
    mut destroy: MessageWriter<Destroy>,
) {
    for Arrived { actor, .. } in arrived.read() {
        let Ok(id) = people.get(*actor) else { continue };
        let Some(row) = boxes.row(*id) else { continue };
        let Ok(mut mailbox) = rows.get_mut(row) else {
            continue;
        };
        let letters = mailbox.open();
        boxes.note(&mailbox);
        if mailbox.is_empty() {
            boxes.gone(*id);
            destroy.write(Destroy(row));
        }
        if letters.is_empty() {
            continue;
        }
        if afar.is_open() {
            let ids = letters.iter().map(|one| one.line.message_id.clone());
            posts.write(told_here(*id, ids.collect(), Correlation::default()));
        }
        let reader = *actor;
        opened.write(Opened { reader, letters });
    }
}

/// Tells what waited, except from those whom its reader has muted.
fn tell(
    mut opened: MessageReader<Opened>,
    hearing: Hearing<'_, '_>,
    people: Query<(&StableId, &Character, &Online)>,
    mut outbox: ResMut<Outbox>,
) {
    for Opened { reader, letters } in opened.read() {
        let Ok((id, character, online)) = people.get(*reader) else {
            continue;
        };
        for Letter { line, at } in letters {
            if !hearing.hears(*reader, (line.sender_id, Role::Player), Channel::Whisper) {
                continue;
            }
            let name = &line.sender_name;
            let note = ChatMessage {
                sender_id: line.sender_id,
                player_name: name.clone(),
                admin: false,
                channel: Channel::Whisper,
                message: format!("While you were away, {name} whispered: {}", line.text),
                original_content: line.text.clone(),
                tags: Vec::new(),
                message_id: line.message_id.clone(),
                timestamp: rfc3339(*at),
                target_id: Some(*id),
                target_name: Some(character.name.clone()),
                room: None,
            };
            outbox.tell_one(online.session, note);
        }
    }
}
