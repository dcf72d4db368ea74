//! What people type into the text subprotocols, and what their clients say in GMCP.

use engine::port::{Code, Line, Refusal};
use serde_json::Value;

use super::gmcp::{Supports, SupportsWish};
use super::kadath::line;
use super::{DEPTH_MAX, Defect, Format, too_deep};
use crate::gatekeeper::Secret;

/// A message of a text client, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// Lines as typed; a secret, since a password may be in them.
    Lines(Vec<Secret>),
    /// `Char.Login.Credentials`: sign-in without typing.
    Login { name: String, password: Secret },
    /// `Core.Supports.*`.
    Supports(SupportsWish, Vec<String>),
    /// `Core.Ping`.
    Ping,
    /// GMCP that means nothing to us; clients send plenty.
    Unheeded,
}

/// A message with more lines than this is no person's.
pub(crate) const LINES_MAX: usize = 16;

/// Reads a text client's message; `typed`: as people type, else GMCP.
///
/// # Errors
/// The catalogue code of what is wrong with it.
pub(super) fn decode_typed(format: Format, typed: bool, message: &[u8]) -> Result<Typed, Defect> {
    let bad_format = |message| Defect::new(Code::InvalidFormat, None, message);
    let text = std::str::from_utf8(message).map_err(|_| bad_format("That is not UTF-8 text."))?;
    if typed {
        return lines(text);
    }
    match format {
        Format::Gmcp | Format::Telnet => {
            let (package, data) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
            gmcp(package, data)
        }
        Format::MudJson => {
            let Value::Object(wrapper) = json(text)? else {
                return Err(bad_format("A TEXT frame is a JSON object here."));
            };
            match (wrapper.get("proto"), wrapper.get("id"), wrapper.get("data")) {
                (Some(Value::String(proto)), Some(Value::String(id)), data) if proto == "gmcp" => {
                    match data {
                        None | Some(Value::Null) => gmcp(id, ""),
                        Some(Value::String(data)) => gmcp(id, data),
                        Some(_) => Err(Defect::new(
                            Code::ValidationError,
                            Some("data"),
                            "data must be JSON in a string.",
                        )),
                    }
                }
                (Some(Value::String(_)), _, _) => Ok(Typed::Unheeded),
                _ => Err(Defect::new(
                    Code::MissingRequiredField,
                    Some("proto"),
                    "A required field is missing.",
                )),
            }
        }
        Format::Kadath | Format::Terminal => Err(bad_format("Only BINARY frames are text here.")),
    }
}

/// Makes a line of what was typed.
///
/// # Errors
/// The refusal that answers it.
pub(crate) fn typed_line(words: &Secret) -> Result<Line, Refusal> {
    line(words.expose())
}

fn lines(text: &str) -> Result<Typed, Defect> {
    let lines: Vec<Secret> = text
        .split(['\r', '\n'])
        .map(|line| line.trim_matches(['\0', ' ']))
        .filter(|line| !line.is_empty())
        .take(LINES_MAX + 1)
        .map(Secret::new)
        .collect();
    if lines.len() > LINES_MAX {
        return Err(Defect::new(
            Code::ValidationError,
            None,
            "That is too many lines at once.",
        ));
    }
    Ok(Typed::Lines(lines))
}

fn gmcp(package: &str, data: &str) -> Result<Typed, Defect> {
    let wrong = || {
        Defect::new(
            Code::ValidationError,
            Some("data"),
            "That package's data has another shape.",
        )
    };
    if let Some(wish) = Supports::wish(package) {
        let Value::Array(modules) = json(data)? else {
            return Err(wrong());
        };
        let names = modules
            .iter()
            .map(|module| module.as_str().map(str::to_owned));
        let names = names.collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
        return Ok(Typed::Supports(wish, names));
    }
    match package.to_ascii_lowercase().as_str() {
        "core.ping" => Ok(Typed::Ping),
        "char.login.credentials" => {
            let data = json(data)?;
            match (data.get("account"), data.get("password")) {
                (Some(Value::String(name)), Some(Value::String(password))) => Ok(Typed::Login {
                    name: name.clone(),
                    password: Secret::new(password.as_str()),
                }),
                _ => Err(wrong()),
            }
        }
        _ => Ok(Typed::Unheeded),
    }
}

fn json(text: &str) -> Result<Value, Defect> {
    let bad = || Defect::new(Code::InvalidFormat, None, "That is not valid JSON.");
    if too_deep(text.as_bytes(), DEPTH_MAX) {
        return Err(bad());
    }
    serde_json::from_str(text).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use engine::port::Code;

    use super::{LINES_MAX, SupportsWish, Typed, decode_typed};
    use crate::format::Format;
    use crate::gatekeeper::Secret;

    #[test]
    fn typed_message_splits_at_any_line_ending() {
        let typed = decode_typed(Format::Terminal, true, b"look\r\nsay hi\n\n").unwrap();
        assert_eq!(
            typed,
            Typed::Lines(vec![Secret::new("look"), Secret::new("say hi")])
        );
        let many = "x\n".repeat(LINES_MAX + 1);
        assert!(decode_typed(Format::Terminal, true, many.as_bytes()).is_err());
    }

    #[test]
    fn gmcp_is_understood_in_both_wrappings() {
        let wish = Typed::Supports(SupportsWish::Set, vec!["Char 1".into()]);
        let words = br#"Core.Supports.Set ["Char 1"]"#;
        assert_eq!(decode_typed(Format::Gmcp, false, words).unwrap(), wish);
        let wrapped = br#"{"proto":"gmcp","id":"Core.Supports.Set","data":"[\"Char 1\"]"}"#;
        assert_eq!(decode_typed(Format::MudJson, false, wrapped).unwrap(), wish);
    }

    #[test]
    fn a_terminal_has_no_text_frames() {
        let defect = decode_typed(Format::Terminal, false, b"look").unwrap_err();
        assert_eq!(defect.code, Code::InvalidFormat);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let defect = decode_typed(Format::Gmcp, true, &[0xff, 0xfe]).unwrap_err();
        assert_eq!(defect.code, Code::InvalidFormat);
    }
}
