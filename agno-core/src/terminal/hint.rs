//! What a prompt says about the value that it asks for.

use serde_json::{Map, Value};

use crate::schema::{Form, Shape, resolve, types};

/// Whether a line of its own says all of it.
pub(super) fn is_one_line(shape: &Shape<'_>) -> bool {
    match shape {
        Shape::Nothing | Shape::Text | Shape::Number | Shape::Truth | Shape::Json => true,
        Shape::Choice(variants) => variants.iter().all(|variant| matches!(variant.form, Form::Value(_))),
        Shape::Optional(inner) => is_one_line(inner),
        Shape::Fields(_) | Shape::List(_) => false,
    }
}

/// What a value has to be, in a few words: `integer, 1 to 10`.
pub(super) fn hint(root: &Value, schema: &Value, shape: &Shape<'_>) -> String {
    let resolved = resolve(root, schema);
    let number = |key: &str| resolved.get(key).filter(|value| value.is_number()).map(ToString::to_string);
    match shape {
        Shape::Nothing => String::new(),
        Shape::Text => match resolved.get("format").and_then(Value::as_str) {
            Some(format) => format!("text, {format}"),
            None => "text".to_owned(),
        },
        Shape::Number => {
            let name = if types(resolved.as_object().unwrap_or(&Map::new())).contains(&"integer") { "integer" } else { "number" };
            match (number("minimum"), number("maximum")) {
                (Some(min), Some(max)) => format!("{name}, {min} to {max}"),
                // Of an unsigned number the type says it.
                (Some(min), None) => format!("{name}, {min} or more"),
                (None, Some(max)) => format!("{name}, at most {max}"),
                (None, None) => name.to_owned(),
            }
        }
        Shape::Truth => "yes or no".to_owned(),
        Shape::Choice(variants) => format!("1 to {}, or the word", variants.len()),
        Shape::Optional(inner) => hint(root, schema, inner),
        Shape::Fields(_) | Shape::List(_) | Shape::Json => "JSON".to_owned(),
    }
}
