//! Whether a value is what a JSON Schema says, for the words that our schemas use; any other word
//! is a failure.

use serde_json::{Map, Value};

/// Words that say nothing about a value.
const SILENT: [&str; 6] = [
    "$defs",
    "$schema",
    "title",
    "description",
    "default",
    "examples",
];

/// A schema among those that it may refer to.
#[derive(Clone, Copy)]
pub(crate) struct Schema<'a> {
    pub(crate) schema: &'a Value,
    pub(crate) defs: &'a Value,
    /// Fields that no schema tells of are wrong, too.
    pub(crate) closed: bool,
}

impl<'a> Schema<'a> {
    /// Why the value is not what the schema says, if it is not.
    pub(crate) fn fault(self, value: &Value) -> Option<String> {
        self.fits(value)
            .and_then(|()| self.tells_of_all(value))
            .err()
    }

    fn of(self, schema: &'a Value) -> Self {
        Self { schema, ..self }
    }

    fn object(self) -> &'a Map<String, Value> {
        self.schema
            .as_object()
            .unwrap_or_else(|| panic!("no schema: {}", self.schema))
    }

    fn referred(self, path: &Value) -> Self {
        let (_, name) = path.as_str().unwrap().rsplit_once('/').unwrap();
        let schema = &self.defs[name];
        assert!(schema.is_object(), "nothing is called {name}");
        self.of(schema)
    }

    fn fits(self, value: &Value) -> Result<(), String> {
        let wrong = |what: &Value| Err(format!("{value} is not {what}"));
        for (word, rule) in self.object() {
            let is_right = match word.as_str() {
                word if SILENT.contains(&word) => true,
                "$ref" => return self.referred(rule).fits(value),
                "type" => match rule {
                    Value::Array(types) => types.iter().any(|one| is_of_type(value, one)),
                    one => is_of_type(value, one),
                },
                "const" => value == rule,
                "enum" => rule.as_array().unwrap().contains(value),
                "allOf" => {
                    for part in rule.as_array().unwrap() {
                        self.of(part).fits(value)?;
                    }
                    true
                }
                "oneOf" => self.fitting(rule, value) == 1,
                "anyOf" => self.fitting(rule, value) > 0,
                "minimum" => value.as_f64().is_none_or(|n| n >= rule.as_f64().unwrap()),
                "maximum" => value.as_f64().is_none_or(|n| n <= rule.as_f64().unwrap()),
                "minItems" => value
                    .as_array()
                    .is_none_or(|all| all.len() as u64 >= rule.as_u64().unwrap()),
                "maxItems" => value
                    .as_array()
                    .is_none_or(|all| all.len() as u64 <= rule.as_u64().unwrap()),
                "format" => {
                    rule != "uuid"
                        || value
                            .as_str()
                            .is_none_or(|id| uuid::Uuid::parse_str(id).is_ok())
                }
                "required" => rule.as_array().unwrap().iter().all(|name| {
                    value
                        .as_object()
                        .is_none_or(|fields| fields.contains_key(name.as_str().unwrap()))
                }),
                "items" => {
                    for one in value.as_array().into_iter().flatten() {
                        self.of(rule).whole(one)?;
                    }
                    true
                }
                "properties" => {
                    for (name, rule) in rule.as_object().unwrap() {
                        if let Some(one) = value.get(name) {
                            self.of(rule).whole(one)?;
                        }
                    }
                    true
                }
                "additionalProperties" => {
                    let known = self.schema["properties"].as_object();
                    for (name, one) in value.as_object().into_iter().flatten() {
                        if known.is_some_and(|known| known.contains_key(name)) {
                            continue;
                        }
                        match rule {
                            Value::Bool(true) => {}
                            Value::Bool(false) => return wrong(self.schema),
                            rule => self.of(rule).whole(one)?,
                        }
                    }
                    true
                }
                "minLength" | "maxLength" => value.as_str().is_none_or(|text| {
                    let length = text.chars().count() as u64;
                    let bound = rule.as_u64().unwrap();
                    if word == "minLength" {
                        length >= bound
                    } else {
                        length <= bound
                    }
                }),
                word => panic!("nobody has taught us {word}: {}", self.schema),
            };
            if !is_right {
                return wrong(self.schema);
            }
        }
        Ok(())
    }

    fn whole(self, value: &Value) -> Result<(), String> {
        if self.schema == &Value::Bool(true) {
            return Ok(());
        }
        self.fits(value).and_then(|()| self.tells_of_all(value))
    }

    fn fitting(self, options: &'a Value, value: &Value) -> usize {
        let options = options.as_array().unwrap().iter();
        options
            .filter(|option| self.of(option).fits(value).is_ok())
            .count()
    }

    fn tells_of_all(self, value: &Value) -> Result<(), String> {
        if !self.closed {
            return Ok(());
        }
        let mut fields = value.as_object().into_iter().flatten();
        match fields.find(|(name, _)| !self.tells_of(name)) {
            Some((name, _)) => Err(format!("no schema tells of {name} in {value}")),
            None => Ok(()),
        }
    }

    fn tells_of(self, name: &str) -> bool {
        self.object()
            .iter()
            .any(|(word, rule)| match word.as_str() {
                "$ref" => self.referred(rule).tells_of(name),
                "properties" => rule.get(name).is_some(),
                "additionalProperties" => rule != &Value::Bool(false),
                "allOf" | "oneOf" | "anyOf" => {
                    let parts = rule.as_array().unwrap();
                    parts.iter().any(|part| self.of(part).tells_of(name))
                }
                _ => false,
            })
    }
}

fn is_of_type(value: &Value, one: &Value) -> bool {
    match one.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("nothing is of type {other}"),
    }
}
