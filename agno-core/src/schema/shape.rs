//! What kind of value a JSON Schema describes, as a person would be asked for it.

use serde_json::{Map, Value};

/// How a value is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape<'s> {
    /// `null`: nothing is asked.
    Nothing,
    Text,
    Number,
    Truth,
    Choice(Vec<Variant<'s>>),
    Fields(Vec<Field<'s>>),
    /// Something, or nothing.
    Optional(Box<Self>),
    List(&'s Value),
    /// Anything else is written as JSON.
    Json,
}

/// One of several forms of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variant<'s> {
    /// What a person says to choose it.
    pub(crate) word: String,
    pub(crate) description: Option<&'s str>,
    pub(crate) form: Form<'s>,
}

/// What a variant consists of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Form<'s> {
    /// The value itself: nothing more is asked.
    Value(&'s Value),
    /// A value of this schema.
    Schema(&'s Value),
}

/// A property of an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field<'s> {
    pub(crate) name: &'s str,
    pub(crate) schema: &'s Value,
    pub(crate) is_required: bool,
}

/// The schema that a reference stands for.
pub(crate) fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let mut schema = schema;
    // References that lead in a circle are no schema; they are asked for as JSON.
    for _ in 0..16 {
        let Some(target) = schema.get("$ref").and_then(Value::as_str) else { return schema };
        let Some(found) = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) else { return schema };
        schema = found;
    }
    schema
}

/// What a reference says about its place goes before what it refers to says.
pub(crate) fn description<'s>(root: &'s Value, schema: &'s Value) -> Option<&'s str> {
    let text = |schema: &'s Value| schema.get("description").and_then(Value::as_str);
    text(schema).or_else(|| text(resolve(root, schema)))
}

impl<'s> Shape<'s> {
    pub(crate) fn of(root: &'s Value, schema: &'s Value) -> Self {
        let schema = resolve(root, schema);
        let Some(object) = schema.as_object() else { return Self::Json };
        if let Some(words) = object.get("enum").and_then(Value::as_array) {
            return Self::Choice(words.iter().map(|word| variant_of_value(word, None)).collect());
        }
        if let Some(variants) = object.get("oneOf").or_else(|| object.get("anyOf")).and_then(Value::as_array) {
            return Self::of_variants(root, variants);
        }
        let types = types(object);
        let names: Vec<_> = types.iter().copied().filter(|name| *name != "null").collect();
        let shape = match names[..] {
            [] if types.is_empty() => return Self::Json,
            [] => return Self::Nothing,
            ["string"] => Self::Text,
            ["integer" | "number"] => Self::Number,
            ["boolean"] => Self::Truth,
            ["array"] => match object.get("items").filter(|_| !object.contains_key("prefixItems")) {
                Some(items) => Self::List(items),
                None => Self::Json,
            },
            ["object"] => match object.get("properties").and_then(Value::as_object) {
                // A map beside the properties can only be written.
                Some(properties) if !object.get("additionalProperties").is_some_and(Value::is_object) => {
                    Self::Fields(fields(object, properties))
                }
                _ => Self::Json,
            },
            _ => Self::Json,
        };
        if names.len() < types.len() { Self::Optional(Box::new(shape)) } else { shape }
    }

    fn of_variants(root: &'s Value, variants: &'s [Value]) -> Self {
        let is_null = |variant: &Value| variant.get("type").and_then(Value::as_str) == Some("null");
        let (null, others): (Vec<_>, Vec<_>) = variants.iter().partition(|variant| is_null(variant));
        let shape = match others[..] {
            [only] => Self::of(root, only),
            _ => Self::Choice(others.iter().enumerate().flat_map(|(index, variant)| variants_of(root, variant, index + 1)).collect()),
        };
        if null.is_empty() { shape } else { Self::Optional(Box::new(shape)) }
    }
}

pub(crate) fn types(object: &Map<String, Value>) -> Vec<&str> {
    match object.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn fields<'s>(object: &'s Map<String, Value>, properties: &'s Map<String, Value>) -> Vec<Field<'s>> {
    let required: Vec<_> = object.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let field = |(name, schema): (&'s String, &'s Value)| Field { name, schema, is_required: required.contains(&name.as_str()) };
    let mut fields: Vec<_> = properties.iter().map(field).collect();
    // Properties have no order. Those that are required are listed in the order of the type; the others come after them.
    fields.sort_by_key(|field| required.iter().position(|name| *name == field.name).unwrap_or(usize::MAX));
    fields
}

fn variant_of_value<'s>(value: &'s Value, description: Option<&'s str>) -> Variant<'s> {
    let word = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Variant { word, description, form: Form::Value(value) }
}

/// A variant may be a word, several words, or a value with parts.
fn variants_of<'s>(root: &'s Value, schema: &'s Value, number: usize) -> Vec<Variant<'s>> {
    let description = description(root, schema);
    let resolved = resolve(root, schema);
    if let Some(value) = resolved.get("const") {
        return vec![variant_of_value(value, description)];
    }
    if let Some(words) = resolved.get("enum").and_then(Value::as_array) {
        return words.iter().map(|word| variant_of_value(word, description)).collect();
    }
    vec![Variant { word: word_of(resolved, number), description, form: Form::Schema(schema) }]
}

/// What a variant with parts is called: its tag, its only property, its title, its type or its number.
fn word_of(schema: &Value, number: usize) -> String {
    let properties = schema.get("properties").and_then(Value::as_object);
    let tag = properties.and_then(|properties| properties.values().find_map(|property| property.get("const")?.as_str()));
    let only = || properties.filter(|properties| properties.len() == 1)?.keys().next().map(String::as_str);
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    tag.or_else(only).or_else(|| text("title")).or_else(|| text("type")).map_or_else(|| number.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;

    use super::{super::schema_of, *};

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema counts")]
    enum Review {
        Publish,
        /// Under another title.
        PublishAs(String),
    }

    #[derive(JsonSchema)]
    #[serde(tag = "kind")]
    #[expect(dead_code, reason = "only its schema counts")]
    enum Tagged {
        Circle { radius: f64 },
        Point,
    }

    /// What a form would ask for, in words.
    fn words(root: &Value, schema: &Value) -> String {
        match Shape::of(root, schema) {
            Shape::Choice(variants) => {
                let word = |variant: &Variant<'_>| match variant.form {
                    Form::Value(_) => variant.word.clone(),
                    Form::Schema(schema) => format!("{}({})", variant.word, words(root, schema)),
                };
                variants.iter().map(word).collect::<Vec<_>>().join("|")
            }
            Shape::Fields(fields) => {
                let field = |field: &Field<'_>| {
                    let optional = if field.is_required { "" } else { "?" };
                    format!("{}{optional}: {}", field.name, words(root, field.schema))
                };
                format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
            }
            Shape::Optional(inner) => format!("{inner:?} or nothing"),
            Shape::List(items) => format!("[{}]", words(root, items)),
            other => format!("{other:?}"),
        }
    }

    fn shape<T: JsonSchema>() -> String {
        let schema = Value::from(schema_of::<T>());
        words(&schema, &schema)
    }

    #[test]
    fn types_are_asked_for_by_what_they_are() {
        assert_eq!(shape::<String>(), "Text");
        assert_eq!(shape::<u8>(), "Number");
        assert_eq!(shape::<bool>(), "Truth");
        assert_eq!(shape::<()>(), "Nothing");
        assert_eq!(shape::<Option<f64>>(), "Number or nothing");
        assert_eq!(shape::<Vec<String>>(), "[Text]");
        assert_eq!(shape::<(u8, String)>(), "Json");
        assert_eq!(shape::<BTreeMap<String, u8>>(), "Json");
        assert_eq!(shape::<Value>(), "Json");
    }

    #[test]
    fn enums_are_choices() {
        assert_eq!(shape::<Review>(), "Publish|PublishAs({PublishAs: Text})");
        assert_eq!(shape::<Tagged>(), "Circle({kind: Text, radius: Number})|Point({kind: Text})");
    }

    #[test]
    fn structs_are_fields() {
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema counts")]
        struct Article {
            title: String,
            #[serde(default)]
            tags: Vec<String>,
            review: Option<Review>,
            next: Option<Box<Article>>,
        }
        let schema = Value::from(schema_of::<Article>());
        let text = words(&schema, &schema);
        assert!(text.starts_with("{title: Text, next?: Fields(") && text.ends_with(" or nothing, tags?: [Text]}"), "{text}");
    }
}
