//! Letters: what is whispered to somebody who is away waits, and is told when they come.
//!
//! A row for each character that letters wait for, kept with the world. With other nodes, each of
//! them keeps the letter, because nobody knows where its reader will arrive; the node that tells it
//! says so to the others, which forget it.
//!
//! **Invariant:** a letter is in its mailbox until its reader's client has read it. They are told in
//! portions, the next when the last was read. Whoever goes in between is told again what they had
//! not provably read: so a letter may be heard twice, and none is lost.

mod mailbox;
mod reading;

pub use mailbox::{LETTERS_MAX, Mailbox, Mailboxes};

use std::collections::BTreeMap;

use engine::port::{ChatLine, Content, Correlation, LettersTold, Topic};
use engine::prelude::*;

use crate::bus::{HeardAfar, Post, ToldAfar, Took};

/// Keep this line for whom it is meant.
#[derive(Message, Clone, Debug)]
pub struct Leave {
    /// The line.
    pub line: ChatLine,
    /// The command that is answered, and how, when it is known that the line is kept: of a line
    /// that is heard elsewhere at once, its sender has been told.
    pub promised: Option<(Order, String)>,
}

/// Somebody has read a letter: the last of those that they read at once. Whoever answers it means
/// this sender.
#[derive(Message, Clone, Debug)]
pub struct LetterRead {
    /// Who read it.
    pub reader: Entity,
    /// Who wrote it, by name.
    pub sender: String,
}

/// The letters plugin. Runs after `chat`.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("chat", "a letter is what chat could not bring to anybody");
    reg.resource(Mailboxes::default())
        .emit_resource(reading::Readers::default())
        .transient::<Mailboxes>("mailboxes")
        .transient::<reading::Readers>("readers")
        .persist::<Mailbox>("mailbox")
        .message::<Leave>()
        .message::<LetterRead>()
        .message::<mailbox::Sweep>()
        .startup(mailbox::remember)
        .recover(reading::begin_anew)
        .every(Duration::from_secs(3_600), mailbox::tidy)
        .system(
            Phase::Settle,
            (keep, reading::follow, mailbox::sweep).chain(),
        )
        .system(Phase::Emit, reading::tell);
}

/// What becomes of one mailbox in a tick.
#[derive(Default)]
struct Change {
    letters: Vec<Leave>,
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
    mut answers: MessageWriter<Answer>,
    mut commands: Commands<'_, '_>,
) {
    let mut changes: BTreeMap<StableId, Change> = BTreeMap::new();
    for letter in left.read() {
        let Some(target) = letter.line.target_id else {
            continue;
        };
        let change = changes.entry(target).or_default();
        change.letters.push(letter.clone());
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
        change.letters.push(Leave {
            line: line.clone(),
            promised: None,
        });
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
        for Leave { line, promised } in letters {
            let name = line.target_name.clone();
            let kept = mailbox.put(line, clock.wall());
            if let Some((order, told)) = promised {
                answers.write(match kept {
                    true => Answer::with(order, told),
                    false => Answer::refusal(order, no_room(&name.unwrap_or_default())),
                });
            }
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

/// Why nothing can be left for somebody.
#[must_use]
pub fn no_room(name: &str) -> Refusal {
    let message = format!("{name} is away, and too many words wait already.");
    Refusal::new(Code::GameLogicError, message)
}

fn told_here(target_id: StableId, ids: Vec<String>, correlation: Correlation) -> Post {
    Post {
        topic: Topic::LettersTold(target_id),
        content: Content::LettersTold(LettersTold { target_id, ids }),
        correlation,
    }
}
