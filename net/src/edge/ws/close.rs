//! How a websocket tells its peer why it closes: the close code, and the text beside it.

use engine::port::Code;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::edge::close::CloseReason;

/// The close frame for a reason.
pub(super) fn frame(reason: CloseReason) -> CloseFrame {
    let (code, text) = words(reason);
    CloseFrame {
        code: CloseCode::from(code),
        reason: Utf8Bytes::from_static(text),
    }
}

/// The close code and its text, which is the word of the error that went before.
const fn words(reason: CloseReason) -> (u16, &'static str) {
    match reason {
        CloseReason::Quit => (1000, "goodbye"),
        CloseReason::LinkDead => (1000, Code::TimeoutError.word()),
        CloseReason::TooBig => (1009, Code::ValidationError.word()),
        CloseReason::NotText => (1007, Code::InvalidFormat.word()),
        CloseReason::Malformed => (1002, Code::WebsocketError.word()),
        CloseReason::Error(code) => (after(code), code.word()),
    }
}

/// The close code after an error: 1013 where trying again may help, else 1008.
const fn after(code: Code) -> u16 {
    match code {
        Code::ServerBusy
        | Code::StorageUnavailable
        | Code::DatabaseError
        | Code::DatabaseConnectionError
        | Code::DatabaseQueryError
        | Code::InternalError
        | Code::SlowClient => 1013,
        Code::SystemError => 1001,
        Code::SessionTakenOver => 1000,
        _ => 1008,
    }
}

#[cfg(test)]
mod tests {
    use engine::port::Code;

    use super::words;
    use crate::edge::close::CloseReason;
    use crate::session::Ending;

    #[test]
    fn close_reason_has_published_code_and_text() {
        use CloseReason::{Error, LinkDead, Malformed, NotText, Quit, TooBig};
        for (reason, code, text) in [
            (Quit, 1000, "goodbye"),
            (LinkDead, 1000, "timeout_error"),
            (TooBig, 1009, "validation_error"),
            (NotText, 1007, "invalid_format"),
            (Malformed, 1002, "websocket_error"),
            (Error(Code::SessionTakenOver), 1000, "session_taken_over"),
            (Error(Code::SystemError), 1001, "system_error"),
            (Error(Code::TimeoutError), 1008, "timeout_error"),
            (Error(Code::InvalidToken), 1008, "invalid_token"),
            (
                Error(Code::AuthorizationDenied),
                1008,
                "authorization_denied",
            ),
            (Error(Code::RateLimitExceeded), 1008, "rate_limit_exceeded"),
            (Error(Code::SlowClient), 1013, "slow_client"),
            (Error(Code::ServerBusy), 1013, "server_busy"),
            (Error(Code::InternalError), 1013, "internal_error"),
        ] {
            assert_eq!(words(reason), (code, text), "{reason:?}");
        }
    }

    #[test]
    fn session_ending_becomes_close_reason() {
        for (ending, code, text) in [
            (Ending::Quit, 1000, "goodbye"),
            (Ending::Error(Code::TimeoutError), 1000, "timeout_error"),
            (Ending::Error(Code::InvalidToken), 1008, "invalid_token"),
            (Ending::Error(Code::SystemError), 1001, "system_error"),
        ] {
            assert_eq!(words(ending.into()), (code, text), "{ending:?}");
        }
    }
}
