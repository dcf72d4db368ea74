//! Bad input: each answered with its code, and the server none the worse.

use serde_json::{Value, json};

use crate::harness::{Player, Recipe, Server, until};

/// Frames that are answered with an `error` of this code; the connection stays.
const MENDED: &[(&str, &str)] = &[
    ("{", "invalid_format"),
    ("[]", "invalid_format"),
    ("\"say hello\"", "invalid_format"),
    (r#"{"type":"#, "invalid_format"),
    (r#"{"data":{}}"#, "missing_required_field"),
    (r#"{"type":7}"#, "validation_error"),
    (r#"{"type":"summon"}"#, "invalid_input"),
    (r#"{"type":"command"}"#, "missing_required_field"),
    (r#"{"type":"command","data":7}"#, "validation_error"),
    (r#"{"type":"command","data":{}}"#, "missing_required_field"),
    (
        r#"{"type":"command","id":0,"data":{"line":"look"}}"#,
        "validation_error",
    ),
    (
        r#"{"type":"command","id":"1","data":{"line":"look"}}"#,
        "validation_error",
    ),
    (
        r#"{"type":"authenticate","data":{"token":"x"}}"#,
        "resource_conflict",
    ),
];

/// Lines that are answered with a refusal of this code; the connection stays.
const REFUSED: &[(&str, &str)] = &[
    ("", "invalid_input"),
    ("   ", "invalid_input"),
    ("say \u{7}", "invalid_input"),
    ("say \u{1b}[2J", "invalid_input"),
    ("say one\nsay two", "invalid_input"),
    ("xyzzy", "invalid_command"),
    ("whisper", "invalid_command"),
    ("go sideways", "invalid_input"),
    ("look Nyarlathotep", "resource_not_found"),
];

fn unlimited() -> Recipe {
    Recipe::new()
        .env("KADATH_LIMITS__COMMANDS_PER_SECOND", "0")
        .env("KADATH_LIMITS__SIGN_INS_PER_MINUTE", "0")
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_frame_is_answered_and_game_continues() {
    let server = unlimited().start().await;
    let mut guest = server.guest().await;
    for (frame, code) in MENDED {
        guest.send_text((*frame).to_owned()).await;
        let error = guest.event("error").await;
        assert_eq!(error["data"]["code"], *code, "{frame}: {error}");
    }
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    guest
        .send_text(format!(r#"{{"type":"ping","data":{deep}}}"#))
        .await;
    assert_eq!(guest.event("error").await["data"]["code"], "invalid_format");
    guest.send_binary(vec![0, 159, 146, 150]).await;
    assert_eq!(guest.event("error").await["data"]["code"], "invalid_format");
    for (line, code) in REFUSED {
        let refusal = guest.fails(line).await;
        assert_eq!(refusal["code"], *code, "{line:?}: {refusal}");
    }
    let refusal = guest.fails(&"a".repeat(1_001)).await;
    assert_eq!(refusal["code"], "validation_error");
    guest.does("look").await;
    sane(&server);
}

#[tokio::test(flavor = "multi_thread")]
async fn frame_over_10_kib_closes_1009() {
    let server = Server::start().await;
    let mut guest = server.guest().await;
    let words = "a".repeat(10 * 1024 + 1);
    guest
        .send(json!({"type": "command", "data": {"line": words}}))
        .await;
    let (error, close) = guest.closed().await;
    assert_eq!(error.unwrap()["code"], "validation_error");
    assert_eq!(u16::from(close.unwrap().code), 1009);
    sane(&server);
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_or_ownerless_token_opens_nothing() {
    let server = unlimited().start().await;
    let account = server.http.register("ann", "Ann").await;
    let mut forged = account.token.clone();
    // Another signature: the same length, the last letter but one exchanged.
    let at = forged.len() - 2;
    let other = if forged.as_bytes()[at] == b'A' {
        "B"
    } else {
        "A"
    };
    forged.replace_range(at..=at, other);
    for token in [forged.as_str(), "x", "a.b.c", &"x".repeat(4_000)] {
        turned_away(&server, json!({"token": token}), "invalid_token").await;
        let (status, body) = server.http.get_as("/auth/me", token).await;
        assert_eq!((status, code(&body)), (401, "invalid_token"), "{token}");
    }
    sane(&server);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_or_foreign_character_is_unplayable() {
    let server = unlimited().start().await;
    let http = &server.http;
    let (ann, bob) = (
        http.register("ann", "Ann").await,
        http.register("bob", "Bob").await,
    );
    let (_, body) = http.get_as("/api/players/characters", &ann.token).await;
    let id = body["characters"][0]["id"].as_str().unwrap().to_owned();
    let wish = |token: &str| json!({"token": token, "character_id": id});
    turned_away(&server, wish(&bob.token), "invalid_token").await;
    let path = format!("/api/players/characters/{id}");
    let (status, _) = http.delete_as(&path, &bob.token).await;
    assert_eq!(status, 404, "bob deletes what is ann's");
    let (status, _) = http.delete_as(&path, &ann.token).await;
    assert_eq!(status, 204);
    turned_away(&server, wish(&ann.token), "invalid_token").await;
    turned_away(&server, json!({"token": ann.token}), "resource_not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_has_expired_says_so() {
    let server = unlimited()
        .env("KADATH_ACCOUNTS__TOKEN_LIFETIME_SECONDS", "1")
        .start()
        .await;
    let account = server.http.register("ann", "Ann").await;
    until("the token to expire", async || {
        let (_, body) = server.http.get_as("/auth/me", &account.token).await;
        (code(&body) == "token_expired").then_some(())
    })
    .await;
    turned_away(&server, json!({"token": account.token}), "token_expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn client_without_sign_in_is_turned_away() {
    let server = Server::start().await;
    let mut stranger = Player::connect(&server).await;
    stranger.repeat(1, "look").await;
    let (error, close) = stranger.closed().await;
    assert_eq!(error.unwrap()["code"], "authentication_failed");
    assert_eq!(u16::from(close.unwrap().code), 1008);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_call_is_answered_with_code() {
    let server = unlimited().start().await;
    let http = &server.http;
    let account = http.register("ann", "Ann").await;
    let long = "x".repeat(200);
    let check = |answer: (u16, Value), status: u16, word: &str| {
        assert_eq!((answer.0, code(&answer.1)), (status, word), "{}", answer.1);
    };
    let register = |name: &str, password: &str| json!({"username": name, "password": password});
    let strong = "a long pass-phrase 9";

    check(
        http.post_text("/auth/login", "{".to_owned()).await,
        400,
        "invalid_format",
    );
    check(
        http.post_text("/auth/login", "[".repeat(500)).await,
        400,
        "invalid_format",
    );
    check(
        http.post_text("/auth/login", " ".repeat(11_000)).await,
        413,
        "validation_error",
    );
    check(
        http.post("/auth/login", json!({"username": "ann"})).await,
        400,
        "missing_required_field",
    );
    check(
        http.post("/auth/login", json!({"username": 7, "password": strong}))
            .await,
        400,
        "validation_error",
    );
    check(
        http.post("/auth/register", register("ann", strong)).await,
        409,
        "resource_already_exists",
    );
    check(
        http.post("/auth/register", register(&long, strong)).await,
        400,
        "validation_error",
    );
    check(
        http.post("/auth/register", register("carl\u{0}", strong))
            .await,
        400,
        "validation_error",
    );
    let again = json!({"name": "Ann"});
    check(
        http.post_as("/api/players/characters", again, &account.token)
            .await,
        409,
        "resource_already_exists",
    );
    check(http.get("/auth/me").await, 401, "authentication_failed");
    check(http.get("/auth/login").await, 405, "invalid_input");
    check(http.get("/etc/passwd").await, 404, "resource_not_found");
    check(
        http.get("/client/..%2f..%2fCargo.toml").await,
        404,
        "resource_not_found",
    );
    let wrong = http.post("/auth/login", register("ann", "wrong")).await;
    let nobody = http.post("/auth/login", register("nobody", "wrong")).await;
    check(wrong.clone(), 401, "authentication_failed");
    assert_eq!(wrong, nobody, "a stranger can tell which names exist");
    sane(&server);
}

/// Text that hides, turns around or breaks lines reaches nobody, whatever says it.
#[tokio::test(flavor = "multi_thread")]
async fn line_with_a_hidden_character_is_refused() {
    let server = Server::start().await;
    let mut guest = server.guest().await;
    for verb in ["say", "pose", "emote", "alias x say", "system"] {
        for hidden in [
            "\u{202e}",
            "\u{2066}",
            "\u{2028}",
            "\u{200b}",
            "\u{feff}",
            "\u{e0041}",
        ] {
            let error = guest.fails(&format!("{verb} a{hidden}b")).await;
            assert_eq!(error["code"], "invalid_input", "{verb} {hidden:?}: {error}");
        }
    }
    for blank in ["\u{3164}", "\u{2800}", "\u{115f}", "\u{200d}", "\u{fe0f}"] {
        let error = guest.fails(&format!("say {blank}")).await;
        assert_eq!(error["code"], "invalid_command", "{blank:?}: {error}");
    }
    guest.does("say 👩‍👩‍👧 می‌خواهم").await;
}

/// Signing in with this is refused with this code, and the socket closed.
async fn turned_away(server: &Server, data: Value, word: &str) {
    let mut stranger = Player::connect(server).await;
    stranger
        .send(json!({"type": "authenticate", "data": data}))
        .await;
    let (error, close) = stranger.closed().await;
    assert_eq!(error.unwrap_or_default()["code"], word, "{data}");
    assert_eq!(u16::from(close.unwrap().code), 1008);
}

fn code(body: &Value) -> &str {
    body["error"]["code"].as_str().unwrap_or_default()
}

/// Nothing panicked.
fn sane(server: &Server) {
    let log = server.stderr();
    assert!(!log.contains("panic"), "{log}");
}
