//! What accounts and characters may be called.

use engine::port::Code;

use crate::refusal::AccountRefusal;
use crate::store::{is_unique_violation, name_key};

/// Names that would mislead, or that commands use as words. In lower case.
const RESERVED: &[&str] = &[
    "admin",
    "administrator",
    "all",
    "anyone",
    "everybody",
    "everyone",
    "game",
    "gamemaster",
    "god",
    "guest",
    "here",
    "kadath",
    "keeper",
    "me",
    "mod",
    "moderator",
    "myself",
    "nobody",
    "none",
    "noone",
    "null",
    "operator",
    "owner",
    "root",
    "self",
    "server",
    "someone",
    "staff",
    "system",
    "them",
    "undefined",
    "us",
    "you",
    "north",
    "south",
    "east",
    "west",
    "northeast",
    "northwest",
    "southeast",
    "southwest",
    "up",
    "down",
    "in",
    "out",
    "ne",
    "nw",
    "se",
    "sw",
];

/// First halves of a guest's name.
const GUEST_FIRST: [&str; 24] = [
    "Pale", "Ashen", "Quiet", "Distant", "Hollow", "Misty", "Sleepy", "Dusky", "Amber", "Silver",
    "Lonely", "Wistful", "Rainy", "Faded", "Gentle", "Hushed", "Lunar", "Nameless", "Odd",
    "Patient", "Salty", "Tidal", "Umber", "Wayward",
];

/// Second halves of a guest's name.
const GUEST_SECOND: [&str; 24] = [
    "Walker", "Scholar", "Dreamer", "Lodger", "Sailor", "Visitor", "Pilgrim", "Reader", "Painter",
    "Porter", "Drifter", "Angler", "Tenant", "Courier", "Sleeper", "Caller", "Wanderer", "Ferrier",
    "Tinker", "Student", "Fiddler", "Gardener", "Sexton", "Tramp",
];

const CONSONANTS: &[u8] = b"bdfklmnprstvz";
const VOWELS: &[u8] = b"aeiou";

/// How a name looks: two names of one look are hard to tell apart. Migration 0005 has the same in
/// SQL, for the names of before.
pub(super) fn look(name: &str) -> String {
    // Before the case goes: a small `i` has its dot.
    let name = name.replace(['I', '1'], "l").replace('0', "o");
    let name = name.to_ascii_lowercase();
    name.replace("rn", "m").replace("vv", "w")
}

/// A name that somebody has, or one that looks like it.
pub(super) fn taken(error: sqlx::Error, field: &'static str, what: &str) -> AccountRefusal {
    if !is_unique_violation(&error) {
        return error.into();
    }
    let database = error.as_database_error();
    // The index of the looks, by its name or by its column's.
    let alike = database.is_some_and(|error| error.message().contains("look"));
    let message = if alike {
        format!("{what} looks too much like one that is taken.")
    } else {
        format!("{what} is taken.")
    };
    AccountRefusal::field(Code::ResourceAlreadyExists, field, &message)
}

fn is_reserved(name: &str) -> bool {
    let (key, look) = (name_key(name), look(name));
    RESERVED.iter().any(|word| *word == key || *word == look)
}

/// Checks a name to sign in with: 3 to 32 ASCII letters, digits, `_` and `-`.
pub(super) fn check_username(name: &str) -> Result<(), AccountRefusal> {
    let wrong = |message| {
        Err(AccountRefusal::field(
            Code::ValidationError,
            "username",
            message,
        ))
    };
    if !(3..=32).contains(&name.len()) {
        return wrong("A user name has 3 to 32 characters.");
    }
    if !name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    {
        return wrong("A user name has only letters, digits, _ and -.");
    }
    if name_key(name).starts_with("guest-") || is_reserved(name) {
        return wrong("That user name is reserved.");
    }
    Ok(())
}

/// Checks a password: 8 to 1,024 bytes.
pub(super) fn check_password(password: &str) -> Result<(), AccountRefusal> {
    check_secret("password", password)
}

/// The same, of one that replaces another.
pub(super) fn check_new_password(password: &str) -> Result<(), AccountRefusal> {
    check_secret("new", password)
}

fn check_secret(field: &'static str, password: &str) -> Result<(), AccountRefusal> {
    let wrong = |message| Err(AccountRefusal::field(Code::ValidationError, field, message));
    if !(8..=1_024).contains(&password.len()) {
        return wrong("A password has 8 to 1024 bytes.");
    }
    // It must be possible to type it at a prompt, where a line is trimmed.
    if password.trim() != password || password.contains(char::is_control) {
        return wrong("A password neither begins nor ends with a blank, and is of one line.");
    }
    Ok(())
}

/// Checks a character's name: 2 to 20 ASCII letters, so that it can be typed in a command
/// anywhere. That it does not look like another's is the database's to say ([`look`]).
pub(super) fn check_character(name: &str) -> Result<(), AccountRefusal> {
    let wrong = |message| {
        Err(AccountRefusal::field(
            Code::ValidationError,
            "name",
            message,
        ))
    };
    if !(2..=20).contains(&name.len()) {
        return wrong("A name has 2 to 20 letters.");
    }
    if !name.bytes().all(|b| b.is_ascii_alphabetic()) {
        return wrong("A name has only letters, A to Z.");
    }
    if is_reserved(name) {
        return wrong("That name is reserved.");
    }
    Ok(())
}

/// Checks a profession's word; which professions there are is the world's business.
pub(super) fn check_profession(profession: &str) -> Result<(), AccountRefusal> {
    let fits = (1..=64).contains(&profession.len());
    if fits && !profession.chars().any(char::is_control) {
        return Ok(());
    }
    Err(AccountRefusal::field(
        Code::ValidationError,
        "profession",
        "A profession has 1 to 64 characters.",
    ))
}

/// A name for a guest; from the second `attempt` on with a syllable pair that makes it rare.
pub(super) fn guest(attempt: u32) -> String {
    let mut name = format!("{}{}", pick(&GUEST_FIRST), pick(&GUEST_SECOND));
    if attempt > 0 {
        for _ in 0..2 {
            name.push(char::from(*pick(CONSONANTS)));
            name.push(char::from(*pick(VOWELS)));
        }
    }
    name
}

fn pick<T>(from: &[T]) -> &T {
    &from[rand::random_range(0..from.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guest_name_is_a_name() {
        for attempt in 0..500 {
            let name = guest(attempt);
            assert_eq!(check_character(&name), Ok(()), "{name}");
        }
        for first in GUEST_FIRST {
            for second in GUEST_SECOND {
                assert!(first.len() + second.len() <= 16, "{first}{second}");
            }
        }
    }

    #[test]
    fn names_follow_rules() {
        for good in ["Ann", "Zadok", "abcdefghijklmnopqrst"] {
            assert_eq!(check_character(good), Ok(()), "{good}");
        }
        for bad in [
            "A",
            "",
            "Ann2",
            "An n",
            "North",
            "ADMIN",
            "Änn",
            "abcdefghijklmnopqrstu",
            "Adrnin",
            "SeIf",
        ] {
            assert!(check_character(bad).is_err(), "{bad}");
        }
        for bad in ["ab", "guest-1234", "a b c", "root", "x'; --"] {
            assert!(check_username(bad).is_err(), "{bad}");
        }
        assert_eq!(check_username("ann_of-Arkham9"), Ok(()));
    }
}
