//! The catalogue of refusals: one stable word for each way of saying no.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! catalogue {
    ($($(#[$doc:meta])* $variant:ident = $word:literal : $message:literal),+ $(,)?) => {
        /// Why something was refused; the word is what clients match on, so it never changes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $word)] $variant),+
        }

        impl Code {
            /// Every code, in catalogue order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// A sentence for a person, used where no better one was given.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message),+ }
            }
        }
    };
}

catalogue! {
    /// Wrong name or password, or no sign-in at all.
    AuthenticationFailed = "authentication_failed": "Sign-in failed.",
    /// Signed in, but not allowed to do this.
    AuthorizationDenied = "authorization_denied": "You are not allowed to do that.",
    /// The token is forged, malformed or of a character or account that is gone.
    InvalidToken = "invalid_token": "That token is not valid.",
    /// The token was good once.
    TokenExpired = "token_expired": "That token has expired. Sign in again.",
    /// A value breaks a rule.
    ValidationError = "validation_error": "That value is not allowed.",
    /// The words make no sense here.
    InvalidInput = "invalid_input": "That makes no sense here.",
    /// A field that must be there is not.
    MissingRequiredField = "missing_required_field": "A required field is missing.",
    /// Not the shape that was expected: bad JSON, too deep, not UTF-8.
    InvalidFormat = "invalid_format": "That is not in the expected format.",
    /// No such thing or person.
    ResourceNotFound = "resource_not_found": "There is no such thing.",
    /// The name is taken.
    ResourceAlreadyExists = "resource_already_exists": "That already exists.",
    /// The change clashes with the present state.
    ResourceConflict = "resource_conflict": "That clashes with what is there.",
    /// A rule of the game says no.
    GameLogicError = "game_logic_error": "You can't do that now.",
    /// No verb of that name, or wrongly used.
    InvalidCommand = "invalid_command": "Unknown command.",
    /// No way leads there, or you can't go.
    InvalidMovement = "invalid_movement": "You can't go that way.",
    /// The one you mean is not here.
    PlayerNotInRoom = "player_not_in_room": "They are not here.",
    /// The database refused.
    DatabaseError = "database_error": "The archive refused that.",
    /// The database can't be reached; try again later.
    DatabaseConnectionError = "database_connection_error": "The archive can't be reached.",
    /// A statement failed.
    DatabaseQueryError = "database_query_error": "The archive could not answer.",
    /// A network fault.
    NetworkError = "network_error": "The network failed.",
    /// A connection fault.
    ConnectionError = "connection_error": "The connection failed.",
    /// It took too long.
    TimeoutError = "timeout_error": "That took too long.",
    /// Too fast; the wait is told.
    RateLimitExceeded = "rate_limit_exceeded": "Too fast.",
    /// Too many attempts; the wait is told.
    TooManyRequests = "too_many_requests": "Too many attempts.",
    /// The server is configured wrongly.
    ConfigurationError = "configuration_error": "The server is not configured for that.",
    /// The server is going away or broken.
    SystemError = "system_error": "The server can't do that now.",
    /// A fault of ours; it was counted and logged.
    InternalError = "internal_error": "Something went wrong on our side. It has been noted.",
    /// The websocket protocol was broken.
    WebsocketError = "websocket_error": "That is not how this socket speaks.",
    /// A message could not be processed.
    MessageProcessingError = "message_processing_error": "That message could not be processed.",
    /// The world's inbound lane is full.
    ServerBusy = "server_busy": "The world is busy.",
    /// Nothing durable can be done while storage refuses writes.
    StorageUnavailable = "storage_unavailable": "Nothing lasting can be done just now: storage is unavailable.",
    /// The command's id is lower than one already executed, and its outcome is no longer known.
    CommandOutOfOrder = "command_out_of_order": "That command id is older than ones already executed.",
    /// A newer sign-in holds the character.
    SessionTakenOver = "session_taken_over": "This character was signed in elsewhere.",
    /// The client read too slowly for too long.
    SlowClient = "slow_client": "This connection could not keep up.",
}
