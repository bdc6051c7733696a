//! JSON Schemas of values, and checking JSON against them.

mod sample;
mod shape;
mod validate;

pub(crate) use sample::how_to_answer;
#[cfg(feature = "terminal")]
pub(crate) use shape::{Field, Form, Shape, Variant, description, resolve, types};
pub use validate::{Violation, Violations};
pub(crate) use validate::{constrains, type_range, validate};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

/// The schema of a type.
#[must_use]
pub fn schema_of<T: JsonSchema>() -> Schema {
    SchemaGenerator::default().into_root_schema_for::<T>()
}

/// A parameter of a step: its name, the schema of its type (of [`StepInput`]), and whether it must be there.
pub type Param = (&'static str, fn(&mut SchemaGenerator) -> Schema, bool);

/// A value that a step may take.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the parameter of a step",
    label = "this value must be described",
    note = "derive `Serialize`, `Deserialize` and `JsonSchema` for `{Self}`"
)]
pub trait StepInput {
    #[doc(hidden)]
    fn subschema(generator: &mut SchemaGenerator) -> Schema;
}

#[diagnostic::do_not_recommend]
impl<T: JsonSchema> StepInput for T {
    fn subschema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// The schema of a step's parameters: an object with one property for each of them.
#[must_use]
pub fn input_schema(params: &[Param]) -> Schema {
    let mut generator = SchemaGenerator::default();
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, schema, is_required) in params {
        properties.insert((*name).to_owned(), schema(&mut generator).into());
        if *is_required {
            required.push(Value::from(*name));
        }
    }
    let mut object = Map::new();
    object.insert("type".to_owned(), "object".into());
    object.insert("properties".to_owned(), properties.into());
    object.insert("required".to_owned(), required.into());
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        object.insert("$defs".to_owned(), definitions.into());
    }
    object.into()
}
