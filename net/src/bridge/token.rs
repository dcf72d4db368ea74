//! Ids as single tokens of a subject.

use std::fmt::Write as _;

use engine::port::StableId;

use super::subject::SubjectFault;

pub(super) fn encode(id: &str) -> String {
    if id.is_empty() {
        return "-".to_owned();
    }
    let mut token = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            token.push(char::from(byte));
        } else {
            // Writing into a String can't fail.
            let _ = write!(token, "-{byte:02X}");
        }
    }
    token
}

pub(super) fn decode(token: &str) -> Result<String, SubjectFault> {
    let wrong = || SubjectFault::Id(token.to_owned());
    if token == "-" {
        return Ok(String::new());
    }
    let mut bytes = Vec::with_capacity(token.len());
    let mut rest = token.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'-' {
            let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
            let (Some(high), Some(low)) = (digit(), digit()) else {
                return Err(wrong());
            };
            bytes.push(u8::try_from(high * 16 + low).map_err(|_| wrong())?);
        } else {
            bytes.push(byte);
        }
    }
    let id = String::from_utf8(bytes).map_err(|_| wrong())?;
    // Exactly one token for each id: lower-case digits or needless escapes are another's work.
    if id.is_empty() || encode(&id) != token {
        return Err(wrong());
    }
    Ok(id)
}

pub(super) fn id(id: StableId) -> String {
    id.uuid().simple().to_string()
}

pub(super) fn parse_id(token: &str) -> Result<StableId, SubjectFault> {
    uuid::Uuid::try_parse(token)
        .ok()
        .map(StableId::from_uuid)
        .filter(|found| id(*found) == token)
        .ok_or_else(|| SubjectFault::Id(token.to_owned()))
}
