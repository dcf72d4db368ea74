//! Classifies database errors: passing, of the data, or refused.

use sqlx::Error;

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorClass {
    /// A value was refused: trying again changes nothing.
    Data,
    /// The database says who we are or what we ask for is wrong.
    Refused,
    /// Away, overloaded, full, restarting, or something unforeseen: try again later.
    Passing,
}

/// Sorts an error.
pub(crate) fn error_class(error: &Error) -> ErrorClass {
    let Error::Database(database) = error else {
        return match error {
            Error::Configuration(_) | Error::InvalidArgument(_) => ErrorClass::Refused,
            _ => ErrorClass::Passing,
        };
    };
    let code = database.code().unwrap_or_default();
    if database
        .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
        .is_some()
    {
        // Class 22: data exception, also of encoding; 23: constraint; 44: a view's; 54: program
        // limit; P0001: a trigger's refusal. 28: authorization; 3D: no such database; 42501: not
        // allowed.
        return match code.get(..2) {
            Some("22" | "23" | "44" | "54") => ErrorClass::Data,
            _ if code == "P0001" => ErrorClass::Data,
            Some("28" | "3D") => ErrorClass::Refused,
            _ if code == "42501" => ErrorClass::Refused,
            _ => ErrorClass::Passing,
        };
    }
    // SQLite's primary code is the low byte: 18 too big, 19 constraint, 20 mismatch, 25 range;
    // 26: not a database.
    match code.parse::<u32>().unwrap_or_default() & 0xff {
        18 | 19 | 20 | 25 => ErrorClass::Data,
        26 => ErrorClass::Refused,
        _ => ErrorClass::Passing,
    }
}

/// Whether time mends nothing at a start: what answers is no database for us, or one that we may
/// not write to.
pub(crate) fn is_hopeless(error: &Error) -> bool {
    match error {
        // Who hangs up at the first word forwards to a database that is not there yet: sqlx takes
        // the end for an answer of zero.
        Error::Protocol(said) if said.contains("SSLRequest: 0x00") => false,
        // A certificate, or a server that does not speak as it should.
        Error::Tls(_) | Error::Protocol(_) | Error::Configuration(_) => true,
        // 25006: only reading is allowed; 0A000: too old for what we ask; 26000, 42P05: what was
        // prepared is not there, or is already, as behind a pooler; 08P01: all that a pooler says,
        // also of a server that is away.
        Error::Database(database) => match database.code().as_deref() {
            Some("25006" | "0A000" | "26000" | "42P05") => true,
            Some("08P01") => database.message().contains("startup parameter"),
            _ => false,
        },
        _ => false,
    }
}

/// Whether the database, or what is in it, is no longer there.
pub(crate) fn is_absent(error: &Error) -> bool {
    match error {
        // 3D000: no such database; 42P01: no such table.
        Error::Database(database) => {
            matches!(database.code().as_deref(), Some("3D000" | "42P01"))
        }
        _ => false,
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
