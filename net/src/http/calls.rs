//! The calls over HTTP, described: what `kadath schema openapi` prints, made from the types that
//! answer. The handlers read their fields by name, so the fields are listed here; a test of the
//! program sends each call.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::auth::SignInAnswer;
use super::characters::{Card, Cards, Trades};
use super::fault::ErrorBody;
use super::world::WorldSummary;
use crate::gatekeeper::Rolled;

/// One call.
#[derive(Clone, Copy, Debug)]
pub struct HttpCall {
    /// In lower case, as OpenAPI has it.
    pub method: &'static str,
    /// With its parameters in braces.
    pub path: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// Whether it needs `Authorization: Bearer TOKEN`.
    pub token: bool,
    /// The strings of its body, and whether each must be there.
    pub fields: &'static [(&'static str, bool)],
    /// The status when all is well.
    pub status: u16,
    /// The shape of what is answered then, if anything is.
    pub answer: Option<fn(&mut SchemaGenerator) -> Schema>,
}

/// The shape of every refusal.
pub fn refusal_shape(shapes: &mut SchemaGenerator) -> Schema {
    shape::<ErrorBody>(shapes)
}

fn shape<T: JsonSchema>(shapes: &mut SchemaGenerator) -> Schema {
    shapes.subschema_for::<T>()
}

/// A call without a token, without fields, that answers with `T`.
const fn call<T: JsonSchema>(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
) -> HttpCall {
    HttpCall {
        method,
        path,
        summary,
        token: false,
        fields: &[],
        status: 200,
        answer: Some(shape::<T>),
    }
}

impl HttpCall {
    const fn with_token(mut self) -> Self {
        self.token = true;
        self
    }

    const fn takes(mut self, fields: &'static [(&'static str, bool)]) -> Self {
        self.fields = fields;
        self
    }

    const fn created(mut self) -> Self {
        self.status = 201;
        self
    }

    const fn silent(mut self) -> Self {
        self.status = 204;
        self.answer = None;
        self
    }
}

/// What makes an account.
const REGISTRATION: &[(&str, bool)] = &[
    ("username", true),
    ("password", true),
    ("invite_code", false),
];

/// Every call of a client, but the websocket and the pages.
pub const HTTP_CALLS: &[HttpCall] = &[
    call::<WorldSummary>("get", "/api/world", "The world from outside."),
    call::<SignInAnswer>("post", "/auth/register", "Makes an account.").takes(REGISTRATION),
    call::<SignInAnswer>("post", "/auth/login", "Signs in.")
        .takes(&[("username", true), ("password", true)]),
    call::<SignInAnswer>("post", "/auth/guest", "Makes a guest with one character."),
    call::<SignInAnswer>(
        "post",
        "/auth/claim",
        "Gives a guest a name and a password.",
    )
    .with_token()
    .takes(REGISTRATION),
    call::<SignInAnswer>(
        "post",
        "/auth/refresh",
        "Signs in once more without a password.",
    )
    .takes(&[("refresh_token", true)]),
    call::<SignInAnswer>("post", "/auth/password", "Changes the password.")
        .with_token()
        .takes(&[("old", true), ("new", true)]),
    call::<SignInAnswer>("get", "/auth/me", "The account of a token.").with_token(),
    call::<()>(
        "post",
        "/auth/logout",
        "Ends a sign-in with all its tokens.",
    )
    .with_token()
    .silent(),
    call::<Cards>(
        "get",
        "/api/players/characters",
        "The account's characters.",
    )
    .with_token(),
    call::<Card>("post", "/api/players/characters", "Makes a character.")
        .with_token()
        .takes(&[("name", true), ("profession", false), ("roll_id", false)])
        .created(),
    call::<()>(
        "delete",
        "/api/players/characters/{id}",
        "Deletes a character.",
    )
    .with_token()
    .silent(),
    call::<Trades>(
        "get",
        "/api/players/professions",
        "What a character can live by.",
    ),
    call::<Rolled>(
        "post",
        "/api/players/roll",
        "Shows what a character would be born with.",
    )
    .with_token()
    .takes(&[("profession", false)]),
    call::<BTreeMap<String, Value>>(
        "get",
        "/api/rooms/{id}/occupants",
        "A page of the people in a room; `after` and `limit` say which.",
    )
    .with_token(),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::HTTP_CALLS;

    /// What is no call of a client.
    const BESIDE: [&str; 6] = [
        "/",
        "/client/{*path}",
        "/metrics",
        "/healthz",
        "/readyz",
        "/api/ws",
    ];

    #[test]
    fn described_paths_are_those_of_the_router() {
        let router = include_str!("../http.rs");
        let routes = router.split(".route(").skip(1);
        let served: BTreeSet<&str> = routes
            .filter_map(|route| route.split('"').nth(1))
            .filter(|path| !BESIDE.contains(path))
            .collect();
        let described: BTreeSet<&str> = HTTP_CALLS.iter().map(|call| call.path).collect();
        assert_eq!(served, described);
    }
}
