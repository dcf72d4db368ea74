//! The one envelope around everything that nodes tell each other.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use engine::port::{Body, Content, Correlation, Mark, Parcel, Tick, Topic, WorldTime};
use serde::{Deserialize, Serialize};

use super::control::holds_control;
use super::fits::{fits, is_ahead};

/// The version of the envelope's shape. A node refuses every other one.
pub const VERSION: u16 = 1;
/// The largest envelope taken in, in bytes: a line of 10,000 characters has at most 60,000.
pub const ENVELOPE_BYTES_MAX: usize = 128 * 1024;
/// What most envelopes fit into.
const USUAL_BYTES: usize = 512;

/// A message between nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// [`VERSION`].
    pub version: u16,
    /// The message's own id; what must arrive is stored under it once.
    pub id: String,
    /// The node that sent it.
    pub node: String,
    /// Who numbers it: the node and one of its starts. Only where it must arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Its number there, rising by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The tick that sent it.
    pub tick: Tick,
    /// When, by that node's wall clock, in milliseconds of the Unix epoch.
    pub at_ms: u64,
    /// The connection whose command caused it, 16 hexadecimal digits.
    pub correlation_id: String,
    /// What it says.
    pub content: Content,
}

impl Envelope {
    /// The connection whose command caused it.
    #[must_use]
    pub fn correlation(&self) -> Correlation {
        Correlation(u64::from_str_radix(&self.correlation_id, 16).unwrap_or_default())
    }

    /// Whether the id of the connection is written as such ids are.
    fn is_correlated(&self) -> bool {
        self.correlation().to_string() == self.correlation_id
    }
}

/// Why some bytes are no envelope. Never the broker's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeFault {
    /// More than [`ENVELOPE_BYTES_MAX`].
    #[error("the message has {0} bytes")]
    TooBig(usize),
    /// Another version of the shape.
    #[error("the envelope's version is {0}, and not {VERSION}")]
    Version(u64),
    /// Not JSON, or not of this shape.
    #[error("the envelope does not fit its schema: {0}")]
    Schema(String),
    /// A character that no text of ours holds: it controls, hides or turns text around.
    #[error("the envelope holds a control or hidden character")]
    Control,
    /// What it holds does not belong to its subject.
    #[error("the envelope holds something that does not go by this subject")]
    Misplaced,
    /// It was decided more than a day from now.
    #[error("the envelope holds a decision from the future")]
    Ahead,
}

/// Who sends, and when.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    /// The node's name.
    pub(super) node: String,
    /// Tells apart the starts of one node: ids of messages without a number begin with it.
    pub(super) run: u64,
}

#[derive(Serialize)]
struct OutgoingEnvelope<'a, C: Serialize> {
    version: u16,
    #[serde(serialize_with = "plainly")]
    id: fmt::Arguments<'a>,
    node: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    tick: Tick,
    at_ms: u64,
    #[serde(serialize_with = "plainly")]
    correlation_id: Correlation,
    content: C,
}

/// As it prints, without a text of its own in between.
fn plainly<S: serde::Serializer>(value: &impl fmt::Display, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

/// A note in the shape of [`Content::Event`], without a copy of it.
#[derive(Serialize)]
struct EventContent<'a> {
    kind: &'static str,
    data: EventData<'a>,
}

#[derive(Serialize)]
struct EventData<'a> {
    event_type: &'static str,
    data: &'a dyn erased_serde::Serialize,
}

/// The id under which the broker stores a numbered message once.
#[must_use]
pub(super) fn stored_id(mark: &Mark) -> String {
    format!("{}.{}", mark.origin, mark.seq)
}

impl Sender {
    /// A parcel as bytes. `ordinal` tells apart the parcels of one tick.
    ///
    /// # Errors
    /// When a note can't be written as JSON, or the whole is too big.
    pub(super) fn seal(
        &self,
        parcel: &Parcel,
        tick: Tick,
        wall: WorldTime,
        ordinal: usize,
    ) -> Result<Vec<u8>, EnvelopeFault> {
        match &parcel.mark {
            Some(mark) => self.name(
                format_args!("{}.{}", mark.origin, mark.seq),
                parcel,
                tick,
                wall,
            ),
            None => {
                let id = format_args!("{}.{:x}.{tick}.{ordinal}", self.node, self.run);
                self.name(id, parcel, tick, wall)
            }
        }
    }

    fn name(
        &self,
        id: fmt::Arguments<'_>,
        parcel: &Parcel,
        tick: Tick,
        wall: WorldTime,
    ) -> Result<Vec<u8>, EnvelopeFault> {
        match &parcel.body {
            Body::Content(content) => self.write(id, parcel, tick, wall, content),
            Body::Note(note) => {
                let data = EventData {
                    event_type: note.event_type(),
                    data: note.data(),
                };
                let kind = "event";
                self.write(id, parcel, tick, wall, EventContent { kind, data })
            }
        }
    }

    fn write(
        &self,
        id: fmt::Arguments<'_>,
        parcel: &Parcel,
        tick: Tick,
        wall: WorldTime,
        content: impl Serialize,
    ) -> Result<Vec<u8>, EnvelopeFault> {
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        let outgoing = OutgoingEnvelope {
            version: VERSION,
            id,
            node: &self.node,
            origin: parcel.mark.as_ref().map(|mark| &*mark.origin),
            seq: parcel.mark.as_ref().map(|mark| mark.seq),
            tick,
            at_ms: wall.millis(),
            correlation_id: parcel.correlation,
            content,
        };
        serde_json::to_writer(&mut bytes, &outgoing)
            .map_err(|fault| EnvelopeFault::Schema(fault.to_string()))?;
        if bytes.len() > ENVELOPE_BYTES_MAX {
            return Err(EnvelopeFault::TooBig(bytes.len()));
        }
        Ok(bytes)
    }
}

/// Opens an envelope that came by a subject.
///
/// # Errors
/// As [`open`], and when what it holds does not go there, or comes from the future.
pub(super) fn open_by(topic: &Topic, bytes: &[u8]) -> Result<Envelope, EnvelopeFault> {
    let envelope = open(bytes)?;
    if !fits(topic, &envelope.content) {
        return Err(EnvelopeFault::Misplaced);
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = since.map_or(u64::MAX, |since| since.as_micros() as u64);
    if is_ahead(&envelope.content, WorldTime(now)) {
        return Err(EnvelopeFault::Ahead);
    }
    Ok(envelope)
}

/// Opens an envelope.
///
/// # Errors
/// Says what is wrong with it; it will never be right.
pub fn open(bytes: &[u8]) -> Result<Envelope, EnvelopeFault> {
    #[derive(Deserialize)]
    struct Probe {
        version: u64,
    }
    if bytes.len() > ENVELOPE_BYTES_MAX {
        return Err(EnvelopeFault::TooBig(bytes.len()));
    }
    let envelope: Result<Envelope, serde_json::Error> = serde_json::from_slice(bytes);
    match envelope {
        Ok(envelope) if envelope.version == VERSION && !envelope.is_correlated() => {
            let fault = "correlation_id is not 16 hexadecimal digits";
            Err(EnvelopeFault::Schema(fault.to_owned()))
        }
        Ok(envelope) if envelope.version == VERSION => match holds_control(bytes) {
            false => Ok(envelope),
            true => Err(EnvelopeFault::Control),
        },
        Ok(envelope) => Err(EnvelopeFault::Version(envelope.version.into())),
        // Another version may have another shape: that is the more helpful answer.
        Err(fault) => match serde_json::from_slice(bytes) {
            Ok(Probe { version }) if version != u64::from(VERSION) => {
                Err(EnvelopeFault::Version(version))
            }
            _ => Err(EnvelopeFault::Schema(fault.to_string())),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use engine::port::{ChatLine, Note, PublicEvent, StableId, Topic};
    use serde_json::json;

    use super::*;

    #[derive(Debug)]
    struct Rang;

    impl Note for Rang {
        fn event_type(&self) -> &'static str {
            "bell"
        }
        fn data(&self) -> &dyn erased_serde::Serialize {
            &"ding"
        }
    }

    fn sender() -> Sender {
        Sender {
            node: "north".into(),
            run: 255,
        }
    }

    fn chat() -> Content {
        Content::Chat(ChatLine {
            channel: "global".into(),
            message_id: "1".into(),
            sender_id: StableId::named("Ann"),
            sender_name: "Ann".into(),
            text: "hello \"there\"".into(),
            room_id: None,
            target_id: None,
            target_name: None,
        })
    }

    fn parcel(seq: Option<u64>, body: Body) -> Parcel {
        Parcel {
            topic: Topic::Global,
            mark: seq.map(|seq| Mark {
                origin: "north.77".into(),
                seq,
            }),
            correlation: Correlation(0xabc),
            body,
        }
    }

    #[test]
    fn envelope_open_inverts_seal() {
        let parcel = parcel(Some(4), Body::Content(chat()));
        let bytes = sender().seal(&parcel, 12, WorldTime(5_000_000), 0).unwrap();
        let expected = Envelope {
            version: 1,
            id: "north.77.4".into(),
            node: "north".into(),
            origin: Some("north.77".into()),
            seq: Some(4),
            tick: 12,
            at_ms: 5_000,
            correlation_id: "0000000000000abc".into(),
            content: chat(),
        };
        assert_eq!(open(&bytes), Ok(expected));
    }

    #[test]
    fn envelope_of_foreign_subject_kind_is_refused() {
        let bytes = sender()
            .seal(&parcel(None, Body::Content(chat())), 1, WorldTime(0), 0)
            .unwrap();
        assert!(open_by(&Topic::Global, &bytes).is_ok());
        let misplaced = Err(EnvelopeFault::Misplaced);
        assert_eq!(open_by(&Topic::System, &bytes), misplaced);
        assert_eq!(
            open_by(&Topic::Ban(StableId::named("Ann")), &bytes),
            misplaced
        );
    }

    #[test]
    fn note_in_envelope_matches_client_event() {
        let parcel = parcel(None, Body::Note(Arc::new(Rang)));
        let bytes = sender().seal(&parcel, 12, WorldTime(0), 3).unwrap();
        let envelope = open(&bytes).unwrap();
        assert_eq!(envelope.id, "north.ff.12.3");
        let event = PublicEvent {
            event_type: "bell".into(),
            data: json!("ding"),
        };
        assert_eq!(envelope.content, Content::Event(event));
        assert_eq!((envelope.seq, envelope.origin), (None, None));
    }

    #[test]
    fn unfit_envelope_fault_names_cause() {
        let good = sender()
            .seal(&parcel(None, Body::Content(chat())), 1, WorldTime(0), 0)
            .unwrap();
        let good: serde_json::Value = serde_json::from_slice(&good).unwrap();
        let changed = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut value = good.clone();
            change(&mut value);
            open(&serde_json::to_vec(&value).unwrap())
        };
        assert!(changed(&|_| ()).is_ok());
        let version = changed(&|value| value["version"] = json!(2));
        assert_eq!(version, Err(EnvelopeFault::Version(2)));
        let version = open(br#"{"version":3,"shape":"another"}"#);
        assert_eq!(version, Err(EnvelopeFault::Version(3)));
        for change in [
            &(|value: &mut serde_json::Value| value["more"] = json!(1))
                as &dyn Fn(&mut serde_json::Value),
            &|value: &mut serde_json::Value| value["content"]["kind"] = json!("gossip"),
            &|value: &mut serde_json::Value| value["content"]["data"]["text"] = json!(7),
            &|value: &mut serde_json::Value| value["content"]["data"]["more"] = json!(7),
            &|value: &mut serde_json::Value| value["tick"] = json!(-1),
            &|value: &mut serde_json::Value| value["correlation_id"] = json!("abc"),
            &|value: &mut serde_json::Value| value["correlation_id"] = json!("000000000000000G"),
        ] {
            assert!(matches!(changed(change), Err(EnvelopeFault::Schema(_))));
        }
        for text in ["\0", "\u{8}", "bell\u{7}", "\u{7f}", "\u{1b}[2J"] {
            let refused = changed(&|value| value["content"]["data"]["sender_name"] = json!(text));
            assert_eq!(refused, Err(EnvelopeFault::Control), "{text:?}");
        }
        for text in ["two\nlines\tand \\u0000", "\u{1F419}é"] {
            assert!(changed(&|value| value["content"]["data"]["text"] = json!(text)).is_ok());
        }
        for bytes in [&b""[..], b"\xff", b"[]", b"{", b"null"] {
            assert!(matches!(open(bytes), Err(EnvelopeFault::Schema(_))));
        }
        let big = vec![b' '; ENVELOPE_BYTES_MAX + 1];
        assert_eq!(open(&big), Err(EnvelopeFault::TooBig(big.len())));
    }
}
