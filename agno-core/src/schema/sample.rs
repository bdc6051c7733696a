//! Values that a schema takes, to be copied and changed: how a question is answered in a program.

use schemars::Schema;
use serde_json::{Map, Value};

use super::{
    shape::{Form, Shape, Variant, resolve},
    validate,
};

/// References that lead in a circle make no sample.
const DEPTH: usize = 8;

/// The call that answers a question of this schema, with a value that it takes, and what else it takes:
/// `.answer("r-1", "review", "Publish")`, or `{"PublishAs":"text"}`.
///
/// Where no value can be guessed, as of a pattern, there is `…` in its place.
pub(crate) fn how_to_answer(run_id: &str, path: &str, schema: &Value) -> String {
    let mut samples = samples(schema).into_iter();
    let mut text = match samples.next() {
        Some(value @ (Value::Bool(_) | Value::Number(_))) => format!("`.answer({run_id:?}, {path:?}, {value})`"),
        Some(Value::String(word)) => format!("`.answer({run_id:?}, {path:?}, {word:?})`"),
        Some(value) => format!("`.answer_json({run_id:?}, {path:?}, json!({value}))`"),
        None => format!("`.answer({run_id:?}, {path:?}, …)`"),
    };
    for (index, other) in samples.enumerate() {
        text.push_str(if index == 0 { ", or " } else { ", " });
        text.push_str(&format!("`{other}`"));
    }
    text
}

/// One value for each form that the schema offers; of what has one form, one.
fn samples(schema: &Value) -> Vec<Value> {
    let mut samples = of_forms(schema, &Shape::of(schema, schema));
    // A pattern or a length may ask for more than can be guessed.
    if let Ok(checked) = Schema::try_from(schema.clone()) {
        samples.retain(|value| validate(&checked, value).is_ok());
    }
    samples
}

fn of_forms(root: &Value, shape: &Shape<'_>) -> Vec<Value> {
    match shape {
        Shape::Choice(variants) => variants.iter().filter_map(|variant| of_variant(root, variant, 0)).collect(),
        Shape::Truth => vec![true.into(), false.into()],
        Shape::Optional(inner) => of_forms(root, inner).into_iter().chain([Value::Null]).collect(),
        shape => of_shape(root, root, shape, 0).into_iter().collect(),
    }
}

fn of_variant(root: &Value, variant: &Variant<'_>, depth: usize) -> Option<Value> {
    match variant.form {
        Form::Value(value) => Some(value.clone()),
        Form::Schema(schema) => sample(root, schema, depth + 1),
    }
}

fn sample(root: &Value, schema: &Value, depth: usize) -> Option<Value> {
    if depth > DEPTH {
        return None;
    }
    match resolve(root, schema).get("const") {
        Some(value) => Some(value.clone()),
        // Nothing is shorter than something.
        None => match Shape::of(root, schema) {
            Shape::Optional(_) => Some(Value::Null),
            shape => of_shape(root, schema, &shape, depth),
        },
    }
}

fn of_shape(root: &Value, schema: &Value, shape: &Shape<'_>, depth: usize) -> Option<Value> {
    match shape {
        Shape::Nothing => Some(Value::Null),
        // What has a format is no word.
        Shape::Text => resolve(root, schema).get("format").is_none().then(|| Value::from("text")),
        Shape::Number => Some(number(resolve(root, schema))),
        Shape::Truth => Some(Value::Bool(true)),
        Shape::Choice(variants) => variants.iter().find_map(|variant| of_variant(root, variant, depth)),
        Shape::Fields(fields) => {
            let fields = fields.iter().filter(|field| field.is_required);
            let object: Option<Map<_, _>> =
                fields.map(|field| Some((field.name.to_owned(), sample(root, field.schema, depth + 1)?))).collect();
            object.map(Value::Object)
        }
        Shape::Optional(inner) => of_shape(root, schema, inner, depth),
        Shape::List(items) => Some(sample(root, items, depth + 1).into_iter().collect()),
        Shape::Json => None,
    }
}

/// One, or what is next to it.
fn number(schema: &Value) -> Value {
    let bound = |key: &str, is_beyond: fn(f64) -> bool| schema.get(key).filter(|bound| bound.as_f64().is_some_and(is_beyond)).cloned();
    bound("minimum", |min| min > 1.0).or_else(|| bound("maximum", |max| max < 1.0)).unwrap_or_else(|| Value::from(1))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;

    use super::{super::schema_of, *};

    fn how<T: JsonSchema>() -> String {
        how_to_answer("r-1", "people/review", &schema_of::<T>().into())
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema counts")]
    enum Review {
        Publish,
        /// Under another title.
        PublishAs(String),
        Ask {
            whom: Author,
        },
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema counts")]
    struct Author {
        name: String,
        #[schemars(range(min = 18, max = 120))]
        age: u8,
        nick: Option<String>,
        books: Vec<f32>,
    }

    #[test]
    fn words_and_numbers_are_written_as_they_are() {
        assert_eq!(how::<String>(), r#"`.answer("r-1", "people/review", "text")`"#);
        assert_eq!(how::<u32>(), r#"`.answer("r-1", "people/review", 1)`"#);
        assert_eq!(how::<bool>(), r#"`.answer("r-1", "people/review", true)`, or `false`"#);
        assert_eq!(how::<Option<i8>>(), r#"`.answer("r-1", "people/review", 1)`, or `null`"#);
        assert_eq!(how::<()>(), r#"`.answer_json("r-1", "people/review", json!(null))`"#);
    }

    #[test]
    fn all_forms_are_named() {
        let author = r#"{"age":18,"books":[1],"name":"text"}"#;
        assert_eq!(how::<Author>(), format!(r#"`.answer_json("r-1", "people/review", json!({author}))`"#));
        assert_eq!(how::<Option<Author>>(), format!(r#"`.answer_json("r-1", "people/review", json!({author}))`, or `null`"#));
        let forms =
            format!(r#"`.answer("r-1", "people/review", "Publish")`, or `{{"PublishAs":"text"}}`, `{{"Ask":{{"whom":{author}}}}}`"#);
        assert_eq!(how::<Review>(), forms);
    }

    #[test]
    fn what_cannot_be_guessed_is_left_to_the_reader() {
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema counts")]
        struct Code(#[schemars(regex(pattern = "^[0-9]{4}$"))] String);

        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema counts")]
        struct Endless {
            next: Box<Endless>,
        }

        for how in [how::<Code>(), how::<Endless>(), how::<(u8, String)>(), how::<BTreeMap<String, u8>>(), how::<Value>()] {
            assert_eq!(how, r#"`.answer("r-1", "people/review", …)`"#);
        }
    }
}
