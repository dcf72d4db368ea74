//! Finding the rows that a database refuses, so that the others can be written.

use sqlx::Error;

use super::changeset::{Changeset, RefusedRow};
use super::fault::{ErrorClass, error_class};
use super::orders::carry_out;
use super::{Pools, Store, postgres, sqlite};

/// The longest name kept, in characters: the table's key holds it, and a key has a limit, too.
const NAME_MAX: usize = 200;

/// What is probed: a range of the rows, of the facts, or of the facts that are orders.
#[derive(Clone, Copy)]
enum What {
    Rows,
    Facts,
    Orders,
}

/// Moves what the database refuses from the set's rows and facts to its `refused`; answers
/// whether anything was found.
pub(crate) async fn set_aside(store: &Store, set: &mut Changeset<'_>) -> Result<bool, Error> {
    for (index, reason) in find(store, set, What::Rows, set.rows.len()).await? {
        let (sequence, row) = set.rows.remove(index);
        set.refused.push(RefusedRow {
            sequence,
            kind: "row",
            entity: row.id,
            name: name(&row.component),
            ordinal: 0,
            version: row.version,
            body: printable(&row.body),
            reason,
        });
    }
    for what in [What::Facts, What::Orders] {
        for (index, reason) in find(store, set, what, set.facts.len()).await? {
            // An order that can't be carried out is set aside with its fact.
            let fact = set.facts.remove(index);
            set.refused.push(RefusedRow {
                sequence: fact.sequence,
                kind: "fact",
                entity: fact.fact.subject,
                name: name(&fact.fact.kind),
                ordinal: fact.ordinal,
                version: 0,
                body: printable(&fact.fact.detail),
                reason,
            });
        }
    }
    Ok(!set.refused.is_empty())
}

/// Writes what was refused in the plainest letters there are, which every encoding has. In a JSON
/// text that is the same text.
pub(super) fn spell_out(set: &mut Changeset<'_>) {
    for row in &mut set.refused {
        for text in [&mut row.name, &mut row.body, &mut row.reason] {
            *text = plain(text);
        }
        row.name.truncate(NAME_MAX);
    }
}

fn plain(text: &str) -> String {
    let mut units = [0; 2];
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii() {
            plain.push(letter);
        } else {
            let units = letter.encode_utf16(&mut units).iter();
            plain.extend(units.map(|unit| format!("\\u{unit:04x}")));
        }
    }
    plain
}

/// Halves what is refused until single rows are left. The indices come in falling order.
async fn find(
    store: &Store,
    set: &Changeset<'_>,
    what: What,
    length: usize,
) -> Result<Vec<(usize, String)>, Error> {
    let mut refused = Vec::new();
    let whole = 0..length;
    let mut ranges = vec![whole];
    while let Some(range) = ranges.pop() {
        if range.is_empty() {
            continue;
        }
        match probe(store, set, what, range.clone()).await {
            Ok(()) => {}
            Err(error) if error_class(&error) != ErrorClass::Data => return Err(error),
            Err(error) if range.len() == 1 => refused.push((range.start, reason(&error))),
            Err(_) => {
                let middle = range.start + range.len() / 2;
                // The later half is taken next, which makes the order fall.
                ranges.push(range.start..middle);
                ranges.push(middle..range.end);
            }
        }
    }
    Ok(refused)
}

/// Tries a range in a transaction that is rolled back in any case.
async fn probe(
    store: &Store,
    set: &Changeset<'_>,
    what: What,
    range: std::ops::Range<usize>,
) -> Result<(), Error> {
    store.count(2);
    match store.pools()? {
        Pools::Sqlite { writer, .. } => {
            let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
            match what {
                What::Rows => {
                    sqlite::put_rows(store, &mut tx, set.origin, &set.rows[range]).await?
                }
                What::Facts => {
                    sqlite::put_facts(store, &mut tx, set.origin, &set.facts[range]).await?;
                }
                What::Orders => {
                    carry_out!(store, &mut tx, set.origin.journal, &set.facts[range]);
                }
            }
            tx.rollback().await
        }
        Pools::Postgres(pool) => {
            let mut tx = pool.begin().await?;
            match what {
                What::Rows => {
                    postgres::put_rows(store, &mut tx, set.origin, &set.rows[range]).await?
                }
                What::Facts => {
                    postgres::put_facts(store, &mut tx, set.origin, &set.facts[range]).await?;
                }
                What::Orders => {
                    carry_out!(store, &mut tx, set.origin.journal, &set.facts[range]);
                }
            }
            tx.rollback().await
        }
    }
}

/// The database's own words; its detail, which could quote the row, is left out.
fn reason(error: &Error) -> String {
    match error {
        Error::Database(database) => database.message().to_owned(),
        other => other.to_string(),
    }
}

/// `text` as a name in the table.
fn name(text: &str) -> String {
    printable(text).chars().take(NAME_MAX).collect()
}

/// `text` without what a text column can't hold.
fn printable(text: &str) -> String {
    text.replace('\0', "\u{2400}")
}
