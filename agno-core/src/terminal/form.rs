//! A value, asked for from its JSON Schema: field by field, each checked before the next.

use std::pin::Pin;

use schemars::Schema;
use serde_json::{Map, Value};

use super::{
    hint::hint,
    prompt::{Prompt, Prompter, Reply},
    text::{BAD, DIM, Line, PLAIN, STRONG},
};
use crate::schema::{Field, Form as VariantForm, Shape, Variant, Violation, Violations, description, resolve, validate};

/// What came of asking.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Given {
    Value(Value),
    /// An empty line, where nothing need be said.
    Nothing,
    /// Whoever was asked has gone.
    End,
}

/// A form over one schema.
pub(super) struct Form<'f, P> {
    prompter: &'f mut P,
    root: &'f Value,
}

/// Where in the value a question stands.
#[derive(Clone, Copy)]
struct Place<'p> {
    /// The JSON pointer.
    pointer: &'p str,
    schema: &'p Value,
    /// An empty line says nothing.
    may_be_empty: bool,
}

type Asking<'a> = Pin<Box<dyn Future<Output = Given> + Send + 'a>>;

impl<'f, P: Prompter> Form<'f, P> {
    pub(super) fn new(prompter: &'f mut P, root: &'f Value) -> Self {
        Self { prompter, root }
    }

    /// Asks for the whole value. What has parts may be written as JSON instead.
    pub(super) async fn ask(&mut self, label: &str) -> Given {
        if !matches!(Shape::of(self.root, self.root), Shape::Fields(_)) {
            return self.fields().await;
        }
        loop {
            match self.prompter.ask(Prompt::new(&format!("{label} (JSON, or an empty line for one field after the other): "))).await {
                Reply::End => return Given::End,
                Reply::Line(line) if line.trim().is_empty() => return self.fields().await,
                Reply::Line(line) => match self.json(&line) {
                    Ok(value) => return Given::Value(value),
                    Err(violations) => self.complain("", &violations),
                },
            }
        }
    }

    /// Asks for the whole value field by field.
    pub(super) async fn fields(&mut self) -> Given {
        self.value(Place { pointer: "", schema: self.root, may_be_empty: false }).await
    }

    /// Reads a line that says all of the value. Text is text; everything else that is no word of a choice is JSON.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn line(&self, line: &str) -> Result<Value, Violations> {
        let value = match Shape::of(self.root, self.root) {
            Shape::Fields(_) | Shape::List(_) => return self.json(line),
            shape => read(&shape, line),
        };
        self.check(self.root, &value).map(|()| value)
    }

    pub(super) fn json(&self, line: &str) -> Result<Value, Violations> {
        let value = serde_json::from_str(line).map_err(|error| Violations::one("", format!("this is no JSON: {error}")))?;
        self.check(self.root, &value).map(|()| value)
    }

    /// Says what is wrong, each with its pointer.
    pub(super) fn complain(&mut self, pointer: &str, violations: &Violations) {
        let line = |Violation { pointer: inner, message }: &Violation| {
            let place = format!("{pointer}{inner}");
            let place = if place.is_empty() { "the value" } else { &place };
            Line::styled("✗ ", BAD).with(place, STRONG).with(": ", PLAIN).with(message, PLAIN)
        };
        let lines: Vec<_> = violations.iter().map(line).collect();
        self.prompter.say(&lines);
    }

    fn check(&self, schema: &Value, value: &Value) -> Result<(), Violations> {
        let mut schema = resolve(self.root, schema).clone();
        if let (Some(object), Some(definitions)) = (schema.as_object_mut(), self.root.get("$defs")) {
            object.insert("$defs".to_owned(), definitions.clone());
        }
        match Schema::try_from(schema) {
            // A part that refers to the whole cannot be checked by itself. The whole is, in the end.
            Ok(schema) if !refers_to_whole(schema.as_value()) => validate(&schema, value),
            _ => Ok(()),
        }
    }

    fn value<'a>(&'a mut self, place: Place<'a>) -> Asking<'a> {
        Box::pin(async move {
            loop {
                match self.shape(place, &Shape::of(self.root, place.schema)).await {
                    Given::Value(value) => match self.check(place.schema, &value) {
                        Ok(()) => return Given::Value(value),
                        Err(violations) => self.complain(place.pointer, &violations),
                    },
                    other => return other,
                }
            }
        })
    }

    async fn shape(&mut self, place: Place<'_>, shape: &Shape<'_>) -> Given {
        match shape {
            Shape::Nothing => Given::Value(Value::Null),
            Shape::Fields(fields) => match self.wants(place).await {
                Given::Value(_) => self.object(place, fields).await,
                other => other,
            },
            Shape::List(items) => self.list(place, items).await,
            Shape::Choice(variants) => self.choice(place, variants).await,
            Shape::Optional(inner) => Box::pin(self.shape(Place { may_be_empty: true, ..place }, inner)).await,
            Shape::Text | Shape::Number | Shape::Truth | Shape::Json => self.one_line(place, shape, Vec::new()).await,
        }
    }

    /// Whether a part that may be left out is wanted.
    async fn wants(&mut self, place: Place<'_>) -> Given {
        if !place.may_be_empty {
            return Given::Value(Value::Null);
        }
        match self.prompter.ask(Prompt::new(&format!("{}? (y/N): ", name_of(place.pointer)))).await {
            Reply::End => Given::End,
            Reply::Line(line) => match read(&Shape::Truth, &line) {
                Value::Bool(true) => Given::Value(Value::Null),
                _ => Given::Nothing,
            },
        }
    }

    async fn one_line(&mut self, place: Place<'_>, shape: &Shape<'_>, words: Vec<String>) -> Given {
        if let Some(description) = description(self.root, place.schema).filter(|_| !place.pointer.is_empty()) {
            self.prompter.say(&[Line::styled(description, DIM)]);
        }
        let default = place.schema.get("default").filter(|default| !default.is_null());
        let empty = match default {
            Some(default) if place.may_be_empty => format!("; empty: {default}"),
            _ if place.may_be_empty => "; empty: nothing".to_owned(),
            _ => String::new(),
        };
        let label = format!("{} ({}{empty}): ", name_of(place.pointer), hint(self.root, place.schema, shape));
        match self.prompter.ask(Prompt::new(&label).words(words)).await {
            Reply::End => Given::End,
            Reply::Line(line) if line.trim().is_empty() && place.may_be_empty => Given::Nothing,
            Reply::Line(line) => Given::Value(read(shape, &line)),
        }
    }

    async fn choice(&mut self, place: Place<'_>, variants: &[Variant<'_>]) -> Given {
        let lines: Vec<_> = variants
            .iter()
            .enumerate()
            .map(|(index, variant)| {
                let line = Line::styled(&format!("  {} ", index + 1), DIM).with(&variant.word, STRONG);
                line.with(&variant.description.map(|text| format!("  {text}")).unwrap_or_default(), DIM)
            })
            .collect();
        self.prompter.say(&lines);
        let words = variants.iter().map(|variant| variant.word.clone()).collect();
        let given = self.one_line(place, &Shape::Choice(variants.to_vec()), words).await;
        let Given::Value(value) = given else { return given };
        let Some(word) = value.as_str() else { return Given::Value(value) };
        match variants.iter().find(|variant| variant.word == word) {
            Some(Variant { form: VariantForm::Schema(schema), .. }) => self.value(Place { schema, may_be_empty: false, ..place }).await,
            Some(_) => Given::Value(value),
            None => {
                let words: Vec<_> = variants.iter().map(|variant| format!("`{}`", variant.word)).collect();
                self.complain(place.pointer, &Violations::one("", format!("`{word}` is none of {}", words.join(", "))));
                Box::pin(self.choice(place, variants)).await
            }
        }
    }

    async fn object(&mut self, place: Place<'_>, fields: &[Field<'_>]) -> Given {
        let mut object = Map::new();
        for Field { name, schema, is_required } in fields {
            let value = match resolve(self.root, schema).get("const") {
                // A tag, which choosing the variant has said.
                Some(value) => Given::Value(value.clone()),
                None => {
                    let pointer = format!("{}/{}", place.pointer, name.replace('~', "~0").replace('/', "~1"));
                    self.value(Place { pointer: &pointer, schema, may_be_empty: !is_required }).await
                }
            };
            match value {
                Given::Value(value) => _ = object.insert((*name).to_owned(), value),
                Given::Nothing if *is_required => _ = object.insert((*name).to_owned(), Value::Null),
                Given::Nothing => {}
                Given::End => return Given::End,
            }
        }
        Given::Value(Value::Object(object))
    }

    /// One item after the other, until an empty line.
    async fn list(&mut self, place: Place<'_>, items: &Value) -> Given {
        let mut list = Vec::new();
        loop {
            let pointer = format!("{}/{}", place.pointer, list.len());
            match self.value(Place { pointer: &pointer, schema: items, may_be_empty: true }).await {
                Given::Value(value) => list.push(value),
                Given::Nothing if list.is_empty() && place.may_be_empty => return Given::Nothing,
                Given::Nothing => return Given::Value(Value::Array(list)),
                Given::End => return Given::End,
            }
        }
    }
}

/// `/author/name` is `author.name`.
fn name_of(pointer: &str) -> String {
    match pointer.strip_prefix('/') {
        Some(rest) => rest.replace('/', ".").replace("~1", "/").replace("~0", "~"),
        None => "answer".to_owned(),
    }
}

/// A line as a value of a shape. What does not fit stays text, for the check to complain about.
fn read(shape: &Shape<'_>, line: &str) -> Value {
    let word = line.trim();
    let json = || serde_json::from_str(word).unwrap_or_else(|_| Value::from(word));
    match shape {
        Shape::Text => Value::from(line),
        Shape::Truth => match word.to_lowercase().as_str() {
            "y" | "yes" | "true" => Value::Bool(true),
            "n" | "no" | "false" => Value::Bool(false),
            _ => Value::from(word),
        },
        Shape::Choice(variants) => {
            let by_number = word.parse::<usize>().ok().and_then(|number| variants.get(number.checked_sub(1)?));
            let by_word = || variants.iter().find(|variant| variant.word.eq_ignore_ascii_case(word));
            match by_word().or(by_number) {
                Some(Variant { form: VariantForm::Value(value), .. }) => (*value).clone(),
                Some(variant) => Value::from(variant.word.as_str()),
                None if word.starts_with(['{', '[', '"']) => json(),
                None => Value::from(word),
            }
        }
        Shape::Optional(_) if word.is_empty() => Value::Null,
        Shape::Optional(inner) => read(inner, line),
        Shape::Nothing => Value::Null,
        Shape::Number | Shape::Json | Shape::Fields(_) | Shape::List(_) => json(),
    }
}

fn refers_to_whole(schema: &Value) -> bool {
    match schema {
        Value::Object(object) => object.iter().any(|(key, value)| (key == "$ref" && value == "#") || refers_to_whole(value)),
        Value::Array(items) => items.iter().any(refers_to_whole),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use schemars::JsonSchema;
    use serde_json::json;

    use super::*;
    use crate::schema::schema_of;

    /// Somebody whose answers are known, and what was said to them.
    #[derive(Default)]
    struct Script {
        answers: VecDeque<&'static str>,
        said: Vec<String>,
    }

    impl Prompter for Script {
        async fn ask(&mut self, prompt: Prompt) -> Reply {
            self.said.push(prompt.label().to_owned());
            self.answers.pop_front().map_or(Reply::End, |line| Reply::Line(line.to_owned()))
        }

        async fn settle(&mut self) {}

        fn say(&mut self, lines: &[Line]) {
            self.said.extend(lines.iter().map(|line| line.paint(false)));
        }
    }

    async fn ask<T: JsonSchema>(answers: &[&'static str]) -> (Given, Vec<String>) {
        let schema = Value::from(schema_of::<T>());
        let mut script = Script { answers: answers.iter().copied().collect(), said: Vec::new() };
        let given = Form::new(&mut script, &schema).ask("answer").await;
        assert_eq!(script.answers.len(), 0, "each answer was asked for: {:?}", script.said);
        (given, script.said)
    }

    /// A shape.
    #[derive(JsonSchema)]
    #[serde(tag = "kind")]
    #[expect(dead_code, reason = "only its schema counts")]
    enum Figure {
        Circle { radius: f64 },
        Point,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema counts")]
    struct Drawing {
        title: String,
        public: bool,
        figures: Vec<Figure>,
        #[serde(default)]
        tags: Vec<String>,
        owner: Option<Owner>,
        next: Option<Box<Drawing>>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema counts")]
    struct Owner {
        #[schemars(length(min = 2))]
        name: String,
        #[schemars(rename = "a/b")]
        odd: u8,
    }

    #[tokio::test]
    async fn every_kind_of_field_is_asked_for() {
        let answers = [
            "",
            "A drawing",
            "maybe",
            "y", // title, public
            "1",
            "2.5",
            "point",
            "",  // figures
            "n", // next
            "y",
            "A",
            "Ann",
            "300",
            "7", // owner
            "red",
            "", // tags
        ];
        let (given, said) = ask::<Drawing>(&answers).await;
        let expected = json!({
            "title": "A drawing",
            "public": true,
            "figures": [{ "kind": "Circle", "radius": 2.5 }, { "kind": "Point" }],
            "owner": { "name": "Ann", "a/b": 7 },
            "tags": ["red"],
        });
        assert_eq!(given, Given::Value(expected), "{said:#?}");
        for line in ["title (text): ", "owner.a/b (integer, 0 to 255): ", "figures.0.radius (number): ", "tags.1 (text; empty: nothing): "]
        {
            assert!(said.iter().any(|said| said == line), "{line:?} in {said:#?}");
        }
    }

    #[tokio::test]
    async fn what_is_wrong_is_said_with_its_pointer() {
        let (given, said) = ask::<Owner>(&["{ \"name\": 7 }", "", "Ann", "many", "3"]).await;
        assert_eq!(given, Given::Value(json!({ "name": "Ann", "a/b": 3 })));
        let wrong: Vec<_> = said.iter().filter(|line| line.starts_with('✗')).collect();
        assert_eq!(wrong.len(), 3, "{said:#?}");
        assert!(wrong.iter().any(|line| line.starts_with("✗ /name: 7 is not of type")), "{wrong:?}");
        assert!(wrong.iter().any(|line| line.starts_with("✗ /a~1b: \"many\" is not of type")), "{wrong:?}");
    }

    #[tokio::test]
    async fn nothing_may_be_an_answer_and_nobody_too() {
        assert_eq!(ask::<Option<u8>>(&[""]).await.0, Given::Nothing);
        assert_eq!(ask::<Option<u8>>(&["x", "7"]).await.0, Given::Value(json!(7)));
        assert_eq!(ask::<()>(&[]).await.0, Given::Value(Value::Null));
        assert_eq!(ask::<Owner>(&["", "Ann"]).await.0, Given::End);
        assert_eq!(ask::<Figure>(&["square", "2"]).await.0, Given::Value(json!({ "kind": "Point" })));
        assert_eq!(ask::<(u8, String)>(&["[1]", "[1, \"a\"]"]).await.0, Given::Value(json!([1, "a"])));
    }
}
