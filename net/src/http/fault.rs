//! Every no of a page or call, in one shape.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::port::{Code, Refusal};
use schemars::JsonSchema;
use serde::Serialize;

use crate::gatekeeper::Denied;
use crate::payload::ErrorNote;

/// `{"error":{"code","message","field?","retry_after_ms?"}}` with a status.
#[derive(Debug)]
pub(crate) struct HttpFault {
    status: StatusCode,
    error: ErrorNote,
}

/// The body of a refusal.
#[derive(Serialize, JsonSchema)]
pub(super) struct ErrorBody {
    error: ErrorNote,
}

impl HttpFault {
    /// Because of one field.
    pub(crate) fn field(field: &'static str, refusal: Refusal) -> Self {
        Denied::field(field, refusal).into()
    }

    /// With another status than its code usually has.
    pub(crate) const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}

impl From<Refusal> for HttpFault {
    fn from(refusal: Refusal) -> Self {
        Self {
            status: status(refusal.code),
            error: refusal.into(),
        }
    }
}

impl From<Denied> for HttpFault {
    fn from(denied: Denied) -> Self {
        let mut fault = Self::from(denied.refusal);
        fault.error.field = denied.field;
        fault
    }
}

impl IntoResponse for HttpFault {
    fn into_response(self) -> Response {
        let wait = self.error.retry_after_ms.map(|ms| ms.div_ceil(1_000));
        let mut response = (self.status, Json(ErrorBody { error: self.error })).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.status == StatusCode::UPGRADE_REQUIRED {
            // RFC 9110, 15.5.22, and RFC 6455, 4.4: what to come back with.
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
            let version = HeaderValue::from_static("13");
            headers.insert(header::SEC_WEBSOCKET_VERSION, version);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

const fn status(code: Code) -> StatusCode {
    match code {
        Code::AuthenticationFailed | Code::InvalidToken | Code::TokenExpired => {
            StatusCode::UNAUTHORIZED
        }
        Code::AuthorizationDenied => StatusCode::FORBIDDEN,
        Code::ResourceNotFound => StatusCode::NOT_FOUND,
        Code::ResourceAlreadyExists | Code::ResourceConflict => StatusCode::CONFLICT,
        Code::RateLimitExceeded | Code::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        Code::TimeoutError => StatusCode::REQUEST_TIMEOUT,
        Code::DatabaseConnectionError
        | Code::ServerBusy
        | Code::StorageUnavailable
        | Code::SystemError => StatusCode::SERVICE_UNAVAILABLE,
        Code::DatabaseError
        | Code::DatabaseQueryError
        | Code::ConfigurationError
        | Code::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}
