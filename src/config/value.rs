//! Values as they were set, read by the kind that their key asks for. What is wrong with one is
//! said without the value: it might be a secret.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{self, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor};
use systems::command::span;

/// A value as it was set.
#[derive(Clone)]
pub(super) enum Raw {
    /// From the environment or a flag: its key says what it is.
    Word(String),
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Self>),
    Table(BTreeMap<String, Self>),
    /// A date: no key is one.
    Date,
}

impl Raw {
    /// This value as the only one of a configuration, at `path`.
    pub(super) fn at(self, path: &[String]) -> Self {
        path.iter().rev().fold(self, |value, name| {
            Self::Table(BTreeMap::from([(name.clone(), value)]))
        })
    }
}

/// Why a value is not one for its key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// There is no such key; the ones there are.
    Unknown(&'static [&'static str]),
    /// It must be this.
    Kind(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(_) => f.write_str("is not a key"),
            Self::Kind(expected) => write!(f, "must be {expected}"),
        }
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    // The message of another crate may hold the value.
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Kind("a value of another kind".to_owned())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Kind(kind(&expected.to_string()))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Kind(kind(&expected.to_string()))
    }

    fn unknown_variant(_: &str, variants: &'static [&'static str]) -> Self {
        let variants: Vec<String> = variants.iter().map(|name| format!("`{name}`")).collect();
        Self::Kind(format!("one of {}", variants.join(", ")))
    }

    fn unknown_field(_: &str, fields: &'static [&'static str]) -> Self {
        Self::Unknown(fields)
    }
}

/// What serde expects, in an operator's words.
fn kind(expected: &str) -> String {
    let whole = |most: u64| format!("a whole number from 0 to {most}");
    match expected {
        "a boolean" => "true or false".to_owned(),
        "u8" => whole(u8::MAX.into()),
        "u16" => whole(u16::MAX.into()),
        "u32" => whole(u32::MAX.into()),
        "u64" | "usize" => "a whole number, not negative".to_owned(),
        "i64" => "a whole number".to_owned(),
        "f64" => "a number".to_owned(),
        "path string" => "a path, as a string".to_owned(),
        "a sequence" => "a list of strings".to_owned(),
        other if other.starts_with("struct ") => "a section with keys of its own".to_owned(),
        other => other.to_owned(),
    }
}

/// Units in which whole numbers of time are kept, by the ends of their keys.
const UNITS: [(&str, &str, Duration); 5] = [
    ("_ms", "milliseconds", Duration::from_millis(1)),
    ("_seconds", "seconds", Duration::from_secs(1)),
    ("_minutes", "minutes", Duration::from_secs(60)),
    ("_hours", "hours", Duration::from_secs(3_600)),
    ("_days", "days", Duration::from_secs(86_400)),
];

/// Reads a value for the key of that name.
pub(super) struct Reader<'a> {
    pub(super) name: &'a str,
    pub(super) raw: &'a Raw,
}

impl<'a> Reader<'a> {
    /// Reads a whole configuration.
    pub(super) const fn whole(raw: &'a Raw) -> Self {
        Self { name: "", raw }
    }

    fn integer(&self, expected: &dyn Expected) -> Result<i128, Wrong> {
        let unit = UNITS.iter().find(|(end, ..)| self.name.ends_with(end));
        let wrong = || match unit {
            Some((_, units, _)) => Wrong::Kind(format!(
                "a whole number of {units}, or a span of them like \"10m\" or \"1h30m\""
            )),
            None => Wrong::Kind(kind(&expected.to_string())),
        };
        let text = match self.raw {
            Raw::Integer(number) => return Ok(*number),
            Raw::Word(text) => {
                if let Ok(number) = text.trim().replace('_', "").parse() {
                    return Ok(number);
                }
                text
            }
            Raw::Text(text) => text,
            _ => return Err(wrong()),
        };
        let (span, (.., unit)) = span(text).zip(unit).ok_or_else(wrong)?;
        let (nanos, unit) = (span.as_nanos(), unit.as_nanos());
        let whole = nanos.is_multiple_of(unit).then_some(nanos / unit);
        whole.and_then(|n| n.try_into().ok()).ok_or_else(wrong)
    }

    fn string<V: Expected>(&self, visitor: &V) -> Result<&'a str, Wrong> {
        match self.raw {
            Raw::Text(text) | Raw::Word(text) => Ok(text),
            _ => Err(Wrong::Kind(kind(&(visitor as &dyn Expected).to_string()))),
        }
    }
}

impl<'a> IntoDeserializer<'_, Wrong> for Reader<'a> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! integers {
    ($($name:ident)*) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            let number = self.integer(&visitor)?;
            match (u64::try_from(number), i64::try_from(number)) {
                (Ok(number), _) => visitor.visit_u64(number),
                (_, Ok(number)) => visitor.visit_i64(number),
                _ => Err(Wrong::Kind(kind(&(&visitor as &dyn Expected).to_string()))),
            }
        }
    )*};
}

macro_rules! strings {
    ($($name:ident)*) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            let text = self.string(&visitor)?;
            visitor.visit_str(text)
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Wrong;

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    strings! { deserialize_str deserialize_string deserialize_char deserialize_identifier }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.raw {
            Raw::Word(text) | Raw::Text(text) => visitor.visit_str(text),
            Raw::Bool(value) => visitor.visit_bool(*value),
            Raw::Integer(number) => visitor.visit_i128(*number),
            Raw::Float(number) => visitor.visit_f64(*number),
            Raw::List(_) => self.deserialize_seq(visitor),
            Raw::Table(_) => self.deserialize_map(visitor),
            Raw::Date => visitor.visit_unit(),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.raw {
            Raw::Bool(value) => visitor.visit_bool(*value),
            Raw::Word(word) if word.trim().eq_ignore_ascii_case("true") => visitor.visit_bool(true),
            Raw::Word(word) if word.trim().eq_ignore_ascii_case("false") => {
                visitor.visit_bool(false)
            }
            _ => Err(Wrong::Kind("true or false".to_owned())),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let number = match self.raw {
            Raw::Float(number) => Some(*number),
            Raw::Integer(number) => Some(*number as f64),
            Raw::Word(word) => word.trim().parse().ok(),
            _ => None,
        };
        // Neither nan nor inf is a setting.
        let number = number.filter(|number| number.is_finite());
        visitor.visit_f64(number.ok_or_else(|| Wrong::Kind("a number".to_owned()))?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let name = self.name;
        let list = match self.raw {
            Raw::List(list) => list.clone(),
            Raw::Word(word) => words(word)?,
            _ => return Err(Wrong::Kind(kind("a sequence"))),
        };
        let items = list.iter().map(|raw| Reader { name, raw });
        visitor.visit_seq(SeqDeserializer::new(items))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let Raw::Table(table) = self.raw else {
            return Err(Wrong::Kind(kind(&(&visitor as &dyn Expected).to_string())));
        };
        let entries = table
            .iter()
            .map(|(name, raw)| (name.as_str(), Reader { name, raw }));
        visitor.visit_map(MapDeserializer::new(entries))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let (Raw::Text(text) | Raw::Word(text)) = self.raw else {
            return Err(de::Error::unknown_variant("", variants));
        };
        visitor.visit_enum(StrDeserializer::new(text))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        i128 u128 f32 bytes byte_buf unit unit_struct tuple tuple_struct
    }
}

/// A list in one word: as in the file, or with commas between.
fn words(text: &str) -> Result<Vec<Raw>, Wrong> {
    let text = text.trim();
    if !text.starts_with('[') {
        let parts = text.split(',').map(str::trim);
        let parts = parts.filter(|part| !part.is_empty());
        return Ok(parts.map(|part| Raw::Word(part.to_owned())).collect());
    }
    let document = format!("list = {text}");
    let wrong = || Wrong::Kind("a list like [\"a\", \"b\"], or a,b".to_owned());
    let table = toml::de::DeTable::parse(&document).map_err(|_| wrong())?;
    match table
        .get_ref()
        .get("list")
        .map(|value| Raw::from(value.get_ref()))
    {
        Some(Raw::List(list)) => Ok(list),
        _ => Err(wrong()),
    }
}

impl From<&toml::de::DeValue<'_>> for Raw {
    fn from(value: &toml::de::DeValue<'_>) -> Self {
        use toml::de::DeValue;
        match value {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Integer(number) => {
                let digits = number.as_str().replace('_', "");
                // More than 128 bits are too many for every key.
                Self::Integer(i128::from_str_radix(&digits, number.radix()).unwrap_or(i128::MAX))
            }
            DeValue::Float(number) => {
                Self::Float(number.as_str().replace('_', "").parse().unwrap_or(f64::NAN))
            }
            DeValue::Boolean(value) => Self::Bool(*value),
            DeValue::Datetime(_) => Self::Date,
            DeValue::Array(list) => {
                Self::List(list.iter().map(|item| item.get_ref().into()).collect())
            }
            DeValue::Table(table) => {
                let entries = table.iter();
                let entries =
                    entries.map(|(key, value)| (key.get_ref().to_string(), value.get_ref().into()));
                Self::Table(entries.collect())
            }
        }
    }
}
