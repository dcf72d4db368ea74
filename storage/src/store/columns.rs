//! How numbers, names and roles stand in columns.

use engine::port::Role;

/// An unsigned number as the database keeps it. Ticks and sequences don't reach the limit.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The other way.
pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// The form in which names are compared.
pub(crate) fn name_key(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// A name that nobody bears, whatever is in the database; what is asked of it need not be looked up.
/// PostgreSQL takes no NUL in a text.
pub(crate) fn is_nobodys(name: &str) -> bool {
    name.chars().any(char::is_control)
}

/// A role as the database keeps it.
pub(crate) const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Player => "player",
        Role::Designer => "designer",
        Role::Admin => "admin",
    }
}

/// The other way; a word from the future gives no rights, nor does a designer's grant that is over.
pub(crate) fn role_of(word: &str, design_until: Option<i64>, now: i64) -> Role {
    match word {
        "admin" => Role::Admin,
        "designer" if design_until.is_none_or(|until| now < until) => Role::Designer,
        _ => Role::Player,
    }
}
