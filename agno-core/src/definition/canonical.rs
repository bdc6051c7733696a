//! One way to write what is the same: schemas without documentation, JSON with sorted keys, and its fingerprint.

use std::collections::BTreeMap;

use schemars::Schema;
use serde_json::{Map, Value, json};

use crate::digest::sha256;

/// A schema, without what says nothing about which values satisfy it.
pub(super) fn schema(schema: &Schema) -> Value {
    strip(schema.as_value())
}

fn strip(schema: &Value) -> Value {
    let Value::Object(object) = schema else { return schema.clone() };
    let mut out = Map::new();
    for (key, value) in object {
        let value = match key.as_str() {
            "title" | "description" | "$schema" | "$comment" | "examples" | "default" | "deprecated" | "readOnly" | "writeOnly" => continue,
            // Their keys are names.
            "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => match value {
                Value::Object(schemas) => schemas.iter().map(|(name, schema)| (name.clone(), strip(schema))).collect(),
                other => other.clone(),
            },
            "const" => value.clone(),
            "enum" | "required" => sorted(value.clone()),
            "type" if value.is_array() => sorted(value.clone()),
            // Which of them comes first does not matter to a value.
            "oneOf" | "anyOf" | "allOf" => sorted(each(value)),
            "prefixItems" => each(value),
            _ => strip(value),
        };
        out.insert(key.clone(), value);
    }
    join_words(&mut out);
    Value::Object(out)
}

fn each(schemas: &Value) -> Value {
    match schemas {
        Value::Array(schemas) => schemas.iter().map(strip).collect(),
        other => other.clone(),
    }
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(mut items) => {
            items.sort_by_cached_key(text);
            Value::Array(items)
        }
        other => other,
    }
}

/// Variants without data are one `enum`, or a `const` each if they are documented. Here they are one `enum`.
fn join_words(schema: &mut Map<String, Value>) {
    let Some(Value::Array(variants)) = schema.get("oneOf") else { return };
    let words: Vec<Option<Vec<Value>>> = variants.iter().map(words_of).collect();
    if words.iter().all(Option::is_none) {
        return;
    }
    let others = variants.iter().zip(&words).filter(|(_, words)| words.is_none()).map(|(variant, _)| variant.clone()).collect::<Vec<_>>();
    let words = sorted(words.into_iter().flatten().flatten().collect());
    let joined = json!({ "type": "string", "enum": words });
    if others.is_empty() && !schema.contains_key("type") && !schema.contains_key("enum") {
        schema.remove("oneOf");
        schema.insert("type".to_owned(), "string".into());
        schema.insert("enum".to_owned(), words);
    } else {
        let variants = others.into_iter().chain([joined]).collect();
        schema.insert("oneOf".to_owned(), sorted(variants));
    }
}

fn words_of(variant: &Value) -> Option<Vec<Value>> {
    let object = variant.as_object().filter(|object| object.len() == 2 && object.get("type").is_some_and(|ty| ty == "string"))?;
    object.get("const").map(|word| vec![word.clone()]).or_else(|| object.get("enum")?.as_array().cloned())
}

/// JSON with sorted keys, whatever order the map has in this build.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let sorted: BTreeMap<_, _> = object.iter().collect();
            let entries: Vec<_> = sorted.into_iter().map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), text(value))).collect();
            format!("{{{}}}", entries.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

/// A definition as a file: a line for each value, and the same keys in the same order in every build.
pub(crate) fn lock_file(definition: &Value) -> String {
    fn ordered(value: &Value) -> Value {
        match value {
            Value::Object(object) => {
                let sorted: BTreeMap<_, _> = object.iter().collect();
                sorted.into_iter().map(|(key, value)| (key.clone(), ordered(value))).collect()
            }
            Value::Array(items) => items.iter().map(ordered).collect(),
            other => other.clone(),
        }
    }
    format!("{:#}\n", ordered(definition))
}

/// The SHA-256 of JSON, whatever the order of its keys.
pub(super) fn fingerprint(value: &Value) -> String {
    sha256(text(value).as_bytes())
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;

    use super::*;
    use crate::schema::schema_of;

    mod plain {
        use super::JsonSchema;

        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema counts")]
        pub(super) enum Word {
            Yes,
            No,
        }

        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema counts")]
        pub(super) struct Draft {
            pub(super) title: String,
            pub(super) description: Option<String>,
            pub(super) word: Word,
        }
    }

    mod documented {
        use super::JsonSchema;

        /// A word.
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema counts")]
        pub(super) enum Word {
            /// Not at all.
            No,
            Yes,
        }

        /// What is written first.
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema counts")]
        pub(super) struct Draft {
            pub(super) word: Word,
            /// What it is called.
            pub(super) title: String,
            pub(super) description: Option<String>,
        }
    }

    #[test]
    fn documentation_order_and_modules_do_not_count() {
        let (a, b) = (schema(&schema_of::<plain::Draft>()), schema(&schema_of::<documented::Draft>()));
        assert_eq!(text(&a), text(&b));
        assert_eq!(fingerprint(&a), fingerprint(&b));
        // A property may be called as a keyword that is documentation.
        assert!(a["properties"].get("title").is_some() && a["properties"].get("description").is_some(), "{a}");
    }

    #[test]
    fn types_count() {
        let fingerprint = |schema_of: Schema| fingerprint(&schema(&schema_of));
        assert_ne!(fingerprint(schema_of::<u32>()), fingerprint(schema_of::<String>()));
        assert_ne!(fingerprint(schema_of::<Option<u32>>()), fingerprint(schema_of::<u32>()));
    }
}
