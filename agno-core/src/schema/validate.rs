//! Checking JSON against a schema: every violation, each with its pointer.

use std::fmt;

use schemars::Schema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One way in which a value breaks its schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Violation {
    /// The JSON pointer of the offending value (RFC 6901), empty for the whole.
    pub pointer: String,
    /// What is wrong with it.
    pub message: String,
}

/// All the ways in which a value breaks its schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violations(Vec<Violation>);

impl Violations {
    pub(crate) fn one(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![Violation { pointer: pointer.into(), message: message.into() }])
    }
}

impl std::ops::Deref for Violations {
    type Target = [Violation];

    fn deref(&self) -> &[Violation] {
        &self.0
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Violation { pointer, message }) in self.0.iter().enumerate() {
            let place = if pointer.is_empty() { "the value" } else { pointer };
            write!(f, "{}{place}: {message}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

/// Checks `value` against `schema`, and finds everything that is wrong.
pub(crate) fn validate(schema: &Schema, value: &Value) -> Result<(), Violations> {
    let validator = jsonschema::validator_for(schema.as_value())
        .map_err(|error| Violations::one("", format!("the type's own schema is not valid: {error}")))?;
    let violations: Vec<_> = validator
        .iter_errors(value)
        .map(|error| Violation { pointer: error.instance_path().to_string(), message: error.to_string() })
        .collect();
    if violations.is_empty() { Ok(()) } else { Err(Violations(violations)) }
}

/// Whether a schema demands more than a value of the Rust type has anyway, so that typed values must be checked too.
pub(crate) fn constrains(schema: &Schema) -> bool {
    const MORE_THAN_TYPES: [&str; 13] = [
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "multipleOf",
        "pattern",
        "uniqueItems",
    ];
    // `minimum` is not among them: schemars writes `minimum: 0` for every unsigned integer. A range writes both ends or is found below.
    fn walk(value: &Value) -> bool {
        match value {
            Value::Object(object) => object.iter().any(|(key, value)| match key.as_str() {
                "minimum" => value.as_f64() != Some(0.0),
                "format" => !matches!(value.as_str(), Some("uint" | "uint8" | "uint16" | "uint32" | "uint64" | "int" | "int8" | "int16" | "int32" | "int64" | "float" | "double")),
                key if MORE_THAN_TYPES.contains(&key) => true,
                _ => walk(value),
            }),
            Value::Array(items) => items.iter().any(walk),
            _ => false,
        }
    }
    walk(schema.as_value())
}
