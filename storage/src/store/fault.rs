//! What a database error means for us.

use sqlx::Error;

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// A value was refused: trying again changes nothing.
    Data,
    /// The database says who we are or what we ask for is wrong.
    Refused,
    /// Away, overloaded, full, restarting, or something unforeseen: try again later.
    Passing,
}

/// Sorts an error.
pub(crate) fn trouble(error: &Error) -> Trouble {
    let Error::Database(database) = error else {
        return match error {
            Error::Configuration(_) | Error::InvalidArgument(_) => Trouble::Refused,
            _ => Trouble::Passing,
        };
    };
    let code = database.code().unwrap_or_default();
    if database
        .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
        .is_some()
    {
        // Class 22: data exception; 23: constraint; 54: program limit. 28: authorisation;
        // 3D: no such database; 42501: not allowed.
        return match code.get(..2) {
            Some("22" | "23" | "54") => Trouble::Data,
            Some("28" | "3D") => Trouble::Refused,
            _ if code == "42501" => Trouble::Refused,
            _ => Trouble::Passing,
        };
    }
    // SQLite's primary code is the low byte: 18 too big, 19 constraint, 20 mismatch, 25 range;
    // 26: not a database.
    match code.parse::<u32>().unwrap_or_default() & 0xff {
        18 | 19 | 20 | 25 => Trouble::Data,
        26 => Trouble::Refused,
        _ => Trouble::Passing,
    }
}

/// Whether a unique value was taken.
pub(crate) fn is_unique_violation(error: &Error) -> bool {
    matches!(error, Error::Database(database) if database.is_unique_violation())
}

/// Whether SQLite's file is only locked by another process for now.
pub(crate) fn is_locked(error: &Error) -> bool {
    match error {
        Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            matches!(code.parse::<u32>().unwrap_or_default() & 0xff, 5 | 6)
        }
        Error::PoolTimedOut => true,
        _ => false,
    }
}
