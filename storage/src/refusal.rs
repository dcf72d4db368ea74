//! A refusal of the account store.

use engine::port::{Code, Refusal};

use crate::store::{ErrorClass, error_class};

/// Why an account request was refused: fit to be shown to the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}", .refusal.code.word(), .refusal.message)]
pub struct AccountRefusal {
    /// The reason.
    pub refusal: Refusal,
    /// The field of the request that is to blame, if one is.
    pub field: Option<&'static str>,
}

impl AccountRefusal {
    /// A refusal in the catalogue's words.
    pub(crate) fn of(code: Code) -> Self {
        Self {
            refusal: Refusal::of(code),
            field: None,
        }
    }

    /// A refusal in better words.
    pub(crate) fn because(code: Code, message: &str) -> Self {
        Self {
            refusal: Refusal::new(code, message),
            field: None,
        }
    }

    /// A value that breaks a rule.
    pub(crate) fn field(code: Code, field: &'static str, message: &str) -> Self {
        Self {
            refusal: Refusal::new(code, message),
            field: Some(field),
        }
    }

    /// A refusal that may be gone in a moment.
    pub(crate) fn later(code: Code) -> Self {
        Self {
            refusal: Refusal::of(code).after_ms(2_000),
            field: None,
        }
    }
}

impl From<sqlx::Error> for AccountRefusal {
    fn from(error: sqlx::Error) -> Self {
        tracing::warn!(%error, "account statement failed");
        match error_class(&error) {
            ErrorClass::Passing => Self::later(Code::DatabaseConnectionError),
            ErrorClass::Data | ErrorClass::Refused => Self::of(Code::DatabaseError),
        }
    }
}
