//! Checking JSON against a schema: every violation, each with its pointer.

use std::fmt;

use jsonschema::{ValidationError, error::ValidationErrorKind};
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
    let violations: Vec<_> = validator.iter_errors(value).flat_map(|error| violations_of(&error)).collect();
    if violations.is_empty() { Ok(()) } else { Err(Violations(violations)) }
}

/// What an error says. Of the variants of an enum, the one that the value comes nearest to says it.
fn violations_of(error: &ValidationError<'_>) -> Vec<Violation> {
    let this = |message: String| vec![Violation { pointer: error.instance_path().to_string(), message }];
    let (ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }) = error.kind() else {
        return this(error.to_string());
    };
    let words: Vec<_> = context.iter().flatten().filter_map(word).collect();
    if words.len() == context.iter().flatten().count() {
        return this(format!("{} is not one of {}", error.instance(), words.join(", ")));
    }
    // A variant that fails deeper in the value has matched more of it.
    let depth = |errors: &Vec<ValidationError<'_>>| errors.iter().map(|error| error.instance_path().as_str().matches('/').count()).max();
    let nearest = context
        .iter()
        .filter(|errors| !errors.iter().any(|error| word(error).is_some()))
        .max_by_key(|errors| (depth(errors), std::cmp::Reverse(errors.len())));
    match nearest {
        Some(errors) => errors.iter().flat_map(violations_of).collect(),
        None => this(error.to_string()),
    }
}

/// The words that a variant without data consists of.
fn word(error: &ValidationError<'_>) -> Option<String> {
    match error.kind() {
        ValidationErrorKind::Constant { expected_value } => Some(expected_value.to_string()),
        ValidationErrorKind::Enum { options } => Some(options.as_array()?.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")),
        _ => None,
    }
}

/// Whether a schema demands more than a value of the Rust type has anyway, so that typed values must be checked too.
pub(crate) fn constrains(schema: &Schema) -> bool {
    walk(schema.as_value())
}

fn walk(value: &Value) -> bool {
    match value {
        Value::Object(object) => {
            let format = object.get("format").and_then(Value::as_str).unwrap_or_default();
            let number = type_range(format);
            let is_tuple = object.contains_key("prefixItems");
            object.iter().any(|(key, value)| match key.as_str() {
                // What schemars writes for the Rust type itself says nothing new.
                "format" => number.is_none() && !matches!(format, "float" | "double"),
                "minimum" => value.as_f64() != number.map(|(min, _)| min),
                "maximum" => value.as_f64() != number.map(|(_, max)| max),
                "minItems" | "maxItems" => !is_tuple,
                "exclusiveMaximum" | "exclusiveMinimum" | "multipleOf" => true,
                "maxLength" | "minLength" => !value.is_object(),
                "pattern" | "maxProperties" | "minProperties" | "uniqueItems" if !value.is_object() => true,
                _ => walk(value),
            })
        }
        Value::Array(items) => items.iter().any(walk),
        _ => false,
    }
}

/// The range of an integer type, by the format that schemars gives it. A `u64` has no maximum that JSON numbers could miss.
pub(crate) fn type_range(format: &str) -> Option<(f64, f64)> {
    Some(match format {
        "uint8" => (0.0, f64::from(u8::MAX)),
        "uint16" => (0.0, f64::from(u16::MAX)),
        "uint32" => (0.0, f64::from(u32::MAX)),
        "uint" | "uint64" | "uint128" => (0.0, f64::INFINITY),
        "int8" => (f64::from(i8::MIN), f64::from(i8::MAX)),
        "int16" => (f64::from(i16::MIN), f64::from(i16::MAX)),
        "int32" => (f64::from(i32::MIN), f64::from(i32::MAX)),
        "int" | "int64" | "int128" => (f64::NEG_INFINITY, f64::INFINITY),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde_json::json;

    use super::*;
    use crate::schema::schema_of;

    /// A person's answer.
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema counts")]
    enum Answer {
        /// Yes.
        Yes,
        /// No.
        No,
        /// Later.
        Later {
            days: u8,
            #[schemars(length(min = 3))]
            why: String,
        },
    }

    fn messages(value: Value) -> Vec<(String, String)> {
        let violations = validate(&schema_of::<Answer>(), &value).expect_err("is wrong");
        violations.iter().map(|violation| (violation.pointer.clone(), violation.message.clone())).collect()
    }

    #[test]
    fn the_nearest_variant_says_what_is_wrong() {
        let wrong = messages(json!({ "Later": { "days": "two", "why": "x" } }));
        let pointers: Vec<_> = wrong.iter().map(|(pointer, _)| &**pointer).collect();
        assert_eq!(pointers, ["/Later/days", "/Later/why"], "{wrong:?}");
    }

    #[test]
    fn words_are_listed() {
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema counts")]
        enum Word {
            /// Yes.
            Yes,
            /// No.
            No,
        }
        let violations = validate(&schema_of::<Word>(), &json!("maybe")).expect_err("is wrong");
        assert_eq!(violations.to_string(), r#"the value: "maybe" is not one of "Yes", "No""#);
    }

    #[test]
    fn only_what_types_do_not_say_is_checked_in_typed_input() {
        assert!(constrains(&schema_of::<Answer>()));
        assert!(!constrains(&schema_of::<(u8, Option<i64>, Vec<f32>, String, u64, bool)>()));
    }
}
