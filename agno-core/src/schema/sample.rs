//! Values that a schema takes, to be copied and changed: how a question is answered in a program.

use schemars::Schema;
use serde_json::{Map, Value};

use super::{
    shape::{Form as VariantForm, Shape, Variant, resolve},
    validate,
};

/// The call that answers a question of this schema, with a value that it takes, and what else it takes:
/// `.answer("r-1", "review", "Publish")`, or `{"PublishAs":"text"}`.
///
/// Where no value can be guessed, as of a pattern, there is `…` in its place.
pub(crate) fn how_to_answer(run_id: &str, path: &str, schema: &Value) -> String {
    let mut forms = forms(schema);
    let first = forms.iter().position(|form| matches!(form, Form::Sample(_)));
    let first = first.map(|index| forms.remove(index));
    let mut text = match first {
        Some(Form::Sample(value @ (Value::Bool(_) | Value::Number(_)))) => format!("`.answer({run_id:?}, {path:?}, {value})`"),
        Some(Form::Sample(Value::String(word))) => format!("`.answer({run_id:?}, {path:?}, {word:?})`"),
        Some(Form::Sample(value)) => format!("`.answer_json({run_id:?}, {path:?}, json!({value}))`"),
        Some(Form::Word(_)) | None => format!("`.answer({run_id:?}, {path:?}, …)`"),
    };
    for (index, form) in forms.iter().enumerate() {
        text.push_str(if index == 0 { ", or " } else { ", " });
        match form {
            Form::Sample(value) => text.push_str(&format!("`{value}`")),
            Form::Word(word) => text.push_str(&format!("`{word}` …")),
        }
    }
    text
}

/// One of the forms that an answer can have.
#[derive(Debug)]
enum Form {
    Sample(Value),
    /// What it is called, where no value of it can be guessed.
    Word(String),
}

fn forms(schema: &Value) -> Vec<Form> {
    let checked = Schema::try_from(schema.clone()).ok();
    // A pattern or a length may ask for more than can be guessed.
    let is_valid = |value: &Value| checked.as_ref().is_none_or(|schema| validate(schema, value).is_ok());
    let within = [resolve(schema, schema)];
    let sample = |shape: &Shape<'_>| of_shape(schema, schema, shape, &within).filter(is_valid);
    let mut forms = Vec::new();
    let mut shape = Shape::of(schema, schema);
    let mut may_be_null = false;
    while let Shape::Optional(inner) = shape {
        (shape, may_be_null) = (*inner, true);
    }
    match shape {
        Shape::Choice(variants) => forms.extend(variants.iter().map(|variant| {
            let sample = of_variant(schema, variant, &within).filter(is_valid);
            sample.map_or_else(|| Form::Word(variant.word.clone()), Form::Sample)
        })),
        Shape::Truth => forms.extend([true, false].map(|truth| Form::Sample(truth.into()))),
        shape => forms.extend(sample(&shape).map(Form::Sample)),
    }
    forms.extend(may_be_null.then_some(Form::Sample(Value::Null)));
    forms
}

fn of_variant(root: &Value, variant: &Variant<'_>, within: &[&Value]) -> Option<Value> {
    match variant.form {
        VariantForm::Value(value) => Some(value.clone()),
        VariantForm::Schema(schema) => sample(root, schema, within),
    }
}

/// `within`: the schemas that this is part of. What is part of itself makes no sample.
fn sample(root: &Value, schema: &Value, within: &[&Value]) -> Option<Value> {
    let resolved = resolve(root, schema);
    if within.iter().any(|outer| std::ptr::eq(*outer, resolved)) {
        return None;
    }
    match (resolved.get("const"), Shape::of(root, schema)) {
        (Some(value), _) => Some(value.clone()),
        // Nothing is shorter than something.
        (None, Shape::Optional(_)) => Some(Value::Null),
        (None, shape) => of_shape(root, schema, &shape, &[within, &[resolved]].concat()),
    }
}

fn of_shape(root: &Value, schema: &Value, shape: &Shape<'_>, within: &[&Value]) -> Option<Value> {
    match shape {
        Shape::Nothing => Some(Value::Null),
        // What has a format is no word.
        Shape::Text => resolve(root, schema).get("format").is_none().then(|| Value::from("text")),
        Shape::Number => Some(number(resolve(root, schema))),
        Shape::Truth => Some(Value::Bool(true)),
        Shape::Choice(variants) => variants.iter().find_map(|variant| of_variant(root, variant, within)),
        Shape::Fields(fields) => {
            let fields = fields.iter().filter(|field| field.is_required);
            let object: Option<Map<_, _>> =
                fields.map(|field| Some((field.name.to_owned(), sample(root, field.schema, within)?))).collect();
            object.map(Value::Object)
        }
        Shape::Optional(inner) => of_shape(root, schema, inner, within),
        Shape::List(items) => Some(sample(root, items, within).into_iter().collect()),
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

        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema counts")]
        enum Either {
            Code(Code),
            Sum { left: Box<Either>, right: Box<Either> },
            Number { number: i32 },
        }

        let either = r#"`.answer_json("r-1", "people/review", json!({"Number":{"number":1}}))`, or `Code` …, `Sum` …"#;
        assert_eq!(how::<Either>(), either);
        for how in [how::<Code>(), how::<Endless>(), how::<(u8, String)>(), how::<BTreeMap<String, u8>>(), how::<Value>()] {
            assert_eq!(how, r#"`.answer("r-1", "people/review", …)`"#);
        }
    }
}
