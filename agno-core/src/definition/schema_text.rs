//! Schemas as people read them, and how two of them differ.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// How deep types are told apart; what is deeper is shown whole.
const DEEPEST: usize = 6;

/// What is different, each in words: `` `claims` is new, and must be there``. Empty if they are the same to a reader.
pub(super) fn changes(old: &Value, new: &Value) -> Vec<String> {
    let mut changes = Vec::new();
    Pair { old, new }.compare(old, new, "", 0, &mut changes);
    changes
}

/// The roots, where definitions are found.
struct Pair<'s> {
    old: &'s Value,
    new: &'s Value,
}

impl Pair<'_> {
    fn compare(&self, old: &Value, new: &Value, path: &str, depth: usize, changes: &mut Vec<String>) {
        let (old, new) = (resolve(old, self.old), resolve(new, self.new));
        let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        if let (Some(was), Some(is), true) = (properties(old), properties(new), depth < DEEPEST) {
            for (name, schema) in was {
                match is.get(name) {
                    Some(other) => {
                        self.compare(schema, other, &at(name), depth + 1, changes);
                        match (is_required(old, name), is_required(new, name)) {
                            (false, true) => changes.push(format!("`{}` must be there now", at(name))),
                            (true, false) => changes.push(format!("`{}` may be left out now", at(name))),
                            _ => {}
                        }
                    }
                    None => changes.push(format!("`{}` (`{}`) is gone", at(name), text(schema))),
                }
            }
            for (name, schema) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
                let must = if is_required(new, name) { "must be there" } else { "may be left out" };
                changes.push(format!("`{}` (`{}`) is new, and {must}", at(name), text(schema)));
            }
            return;
        }
        if let (Some(old), Some(new), true) = (items(old), items(new), depth < DEEPEST) {
            return self.compare(old, new, &format!("{path}[]"), depth + 1, changes);
        }
        let (was, is) = (text(old), text(new));
        if was != is {
            changes.push(match path {
                "" => format!("it was `{was}`, and is `{is}`"),
                _ => format!("`{path}` was `{was}`, and is `{is}`"),
            });
        }
    }
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

fn items(schema: &Value) -> Option<&Value> {
    schema.get("items").filter(|items| items.is_object())
}

fn is_required(schema: &Value, name: &str) -> bool {
    schema.get("required").and_then(Value::as_array).is_some_and(|names| names.iter().any(|required| required == name))
}

/// What a reference means.
fn resolve<'s>(schema: &'s Value, root: &'s Value) -> &'s Value {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|reference| root.pointer(reference.strip_prefix('#')?));
    target.unwrap_or(schema)
}

/// A type in a line: `{ title: string, claims?: uint32 }`.
pub(super) fn text(schema: &Value) -> String {
    let Some(object) = schema.as_object() else {
        return if *schema == Value::Bool(false) { "nothing".to_owned() } else { "anything".to_owned() };
    };
    if let Some(name) = object.get("$ref").and_then(Value::as_str) {
        return match name {
            "#" => "itself".to_owned(),
            name => name.rsplit('/').next().unwrap_or(name).to_owned(),
        };
    }
    if let Some(word) = object.get("const") {
        return word.to_string();
    }
    if let Some(Value::Array(words)) = object.get("enum") {
        return words.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(Value::Array(variants)) = object.get(key) {
            let variants: BTreeSet<_> = variants.iter().map(text).collect();
            return variants.into_iter().collect::<Vec<_>>().join(" | ");
        }
    }
    if let Some(Value::Array(fields)) = object.get("prefixItems") {
        return format!("[{}]", fields.iter().map(text).collect::<Vec<_>>().join(", "));
    }
    if let Some(items) = object.get("items") {
        let item = text(items);
        let item = if item.contains(" | ") && !item.starts_with('{') { format!("({item})") } else { item };
        return format!("{item}[]{}", limits(object, ""));
    }
    if let Some(properties) = object.get("properties").and_then(Value::as_object) {
        let field = |(name, field): (&String, &Value)| {
            let mark = if is_required(schema, name) { "" } else { "?" };
            format!("{name}{mark}: {}", text(field))
        };
        return format!("{{ {} }}", properties.iter().map(field).collect::<Vec<_>>().join(", "));
    }
    if let Some(values) = object.get("additionalProperties").filter(|values| values.is_object()) {
        return format!("{{ [key]: {} }}", text(values));
    }
    let format = object.get("format").and_then(Value::as_str);
    let name = match (format, object.get("type")) {
        (Some(format), Some(Value::String(_)) | None) => format.to_owned(),
        (_, Some(Value::String(name))) => name.clone(),
        (_, Some(Value::Array(names))) => {
            let names = names.iter().filter_map(Value::as_str).map(|name| if name == "null" { name } else { format.unwrap_or(name) });
            names.collect::<Vec<_>>().join(" | ")
        }
        _ => "anything".to_owned(),
    };
    name + &limits(object, format.unwrap_or_default())
}

/// What else is demanded: ` (minimum 1)`. What a number's own type says is left out.
fn limits(object: &Map<String, Value>, format: &str) -> String {
    let by_type =
        |value: &Value| crate::schema::type_range(format).is_some_and(|(min, max)| [Some(min), Some(max)].contains(&value.as_f64()));
    let keys = [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "minItems",
        "maxItems",
    ];
    let limits: Vec<_> = keys
        .iter()
        .filter_map(|key| Some((key, object.get(*key)?)))
        .filter(|(_, value)| !by_type(value))
        .map(|(key, value)| format!("{key} {value}"))
        .collect();
    if limits.is_empty() { String::new() } else { format!(" ({})", limits.join(", ")) }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;

    use super::*;
    use crate::schema::schema_of;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema counts")]
    struct Inner {
        stars: u8,
        #[schemars(length(min = 3))]
        why: String,
    }

    #[test]
    fn differences_are_told_by_their_place() {
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema counts")]
        struct Old {
            title: String,
            depth: u8,
            claims: Vec<Inner>,
        }
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema counts")]
        struct NewInner {
            stars: u64,
            #[schemars(length(min = 4))]
            why: String,
        }
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema counts")]
        struct New {
            title: Option<String>,
            claims: Vec<NewInner>,
            by: (String, bool),
        }
        let changes = changes(schema_of::<Old>().as_value(), schema_of::<New>().as_value());
        let mut expected = vec![
            "`claims[].stars` was `uint8`, and is `uint64`",
            "`claims[].why` was `string (minLength 3)`, and is `string (minLength 4)`",
            "`depth` (`uint8`) is gone",
            "`title` was `string`, and is `null | string`",
            "`title` may be left out now",
            "`by` (`[string, boolean]`) is new, and must be there",
        ];
        let mut changes = changes;
        changes.sort();
        expected.sort_unstable();
        // Whether a list of types is sorted is `canonical`'s.
        let changes: Vec<_> = changes.iter().map(|change| change.replace("string | null", "null | string")).collect();
        assert_eq!(changes, expected);
    }

    #[test]
    fn types_are_told_in_a_line() {
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema counts")]
        enum Choice {
            No,
            Later { days: u8 },
        }
        let shown = |schema: schemars::Schema| text(schema.as_value());
        assert_eq!(shown(schema_of::<Choice>()), r#""No" | { Later: { days: uint8 } }"#);
        assert_eq!(shown(schema_of::<Vec<Option<Inner>>>()), "(Inner | null)[]");
        assert_eq!(shown(schema_of::<Value>()), "anything");
    }
}
