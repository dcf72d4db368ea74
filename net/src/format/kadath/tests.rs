//! What a frame is taken for.

use engine::port::Code;

use super::{ClientFrame, Defect, Head};

fn decode(frame: &str) -> Result<ClientFrame, Defect> {
    super::decode(frame.as_bytes())
}

fn check(frame: &str, code: Code, field: Option<&str>) {
    let defect = decode(frame).unwrap_err();
    assert_eq!((defect.code, defect.field), (code, field), "{frame}");
}

#[test]
fn frame_defect_names_code_and_field() {
    check("{", Code::InvalidFormat, None);
    check("[]", Code::InvalidFormat, None);
    check(&"[".repeat(40), Code::InvalidFormat, None);
    check("{}", Code::MissingRequiredField, Some("type"));
    check(r#"{"type":7}"#, Code::ValidationError, Some("type"));
    check(r#"{"type":"x"}"#, Code::InvalidInput, Some("type"));
    check(
        r#"{"type":"authenticate"}"#,
        Code::MissingRequiredField,
        Some("data"),
    );
    check(
        r#"{"type":"authenticate","data":{}}"#,
        Code::MissingRequiredField,
        Some("token"),
    );
    check(
        r#"{"type":"authenticate","data":{"token":"t","character_id":"7"}}"#,
        Code::ValidationError,
        Some("character_id"),
    );
    check(
        r#"{"type":"authenticate","data":{"token":"t","resume":{"session_id":"x"}}}"#,
        Code::MissingRequiredField,
        Some("last_sequence"),
    );
    check(
        r#"{"type":"command","data":{}}"#,
        Code::MissingRequiredField,
        Some("line"),
    );
    check(
        r#"{"type":"command","data":{"command":"say","args":[1]}}"#,
        Code::ValidationError,
        Some("args"),
    );
    for id in ["0", "-1", "1.5", "\"1\"", "9007199254740992"] {
        check(
            &format!(r#"{{"type":"command","id":{id},"data":{{"line":"look"}}}}"#),
            Code::ValidationError,
            Some("id"),
        );
    }
}

#[test]
fn bad_command_keeps_id_for_answer() {
    let defect = decode(r#"{"type":"command","id":7,"data":{"line":9}}"#).unwrap_err();
    assert_eq!(defect.id, Some(7));
}

#[test]
fn command_verb_and_args_join_to_line() {
    let frame = r#"{"type":"command","data":{"command":"say","args":["hello","there"]}}"#;
    let Ok(ClientFrame::Command(command)) = decode(frame) else {
        panic!("not a command");
    };
    assert_eq!(command.line.unwrap().as_str(), "say hello there");
}

#[test]
fn unusable_line_becomes_refused_command() {
    for (line, code) in [
        ("", Code::InvalidInput),
        ("say \\u0007", Code::InvalidInput),
        (&"x".repeat(1001), Code::ValidationError),
    ] {
        let frame = format!(r#"{{"type":"command","id":1,"data":{{"line":"{line}"}}}}"#);
        let Ok(ClientFrame::Command(command)) = decode(&frame) else {
            panic!("not a command");
        };
        assert_eq!(command.line.unwrap_err().code, code);
    }
}

#[test]
fn the_head_holds_the_number() {
    for number in [0, 7, 10, u64::MAX] {
        let head = format!(r#"{{"sequence_number":{number},"#);
        assert_eq!(Head::new(number).as_bytes(), head.as_bytes());
    }
}

#[test]
fn whole_number_may_be_written_with_a_point() {
    for id in ["1.0", "7e0", "1e3", "1048576.0"] {
        let frame = format!(r#"{{"type":"command","id":{id},"data":{{"line":"look"}}}}"#);
        let Ok(ClientFrame::Command(command)) = decode(&frame) else {
            panic!("not a command: {frame}");
        };
        assert_eq!(command.id.map(|id| id as f64), id.parse().ok(), "{id}");
    }
    for id in ["0.0", "1.5", "-1.0", "9007199254740992.0", "1e300", "true"] {
        let frame = format!(r#"{{"type":"command","id":{id},"data":{{"line":"look"}}}}"#);
        assert_eq!(decode(&frame).unwrap_err().field, Some("id"), "{id}");
    }
    let resume = |last: &str| {
        decode(&format!(
            r#"{{"type":"authenticate","data":{{"token":"t","resume":{{"session_id":"x","last_sequence":{last}}}}}}}"#
        ))
    };
    let Ok(ClientFrame::Authenticate(asked)) = resume("0.0") else {
        panic!("not a sign-in");
    };
    assert_eq!(asked.resume.map(|resume| resume.last_sequence), Some(0));
    assert!(resume("0.5").is_err());
}
