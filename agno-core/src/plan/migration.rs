//! How a recorded value becomes one of the type that its node has now.

use schemars::Schema;
use serde_json::Value;

use crate::{content::Content, schema::schema_of};

/// The function of `migrate = from_old`, `fn(Old) -> New`, without its types.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Migration {
    /// Converts a recorded `Old`.
    ///
    /// # Errors
    /// The value is no `Old`, or what the function gives cannot be written as JSON.
    pub apply: fn(Value) -> Result<Value, serde_json::Error>,
    /// The schema of `New`.
    pub schema: fn() -> Schema,
}

impl Migration {
    /// For generated code, which has both as closures round the function.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(apply: fn(Value) -> Result<Value, serde_json::Error>, schema: fn() -> Schema) -> Self {
        Self { apply, schema }
    }
}

/// Converts a recorded value.
///
/// # Errors
/// It is no `Old`, or the new value cannot be written as JSON.
#[doc(hidden)]
pub fn migrate<Old: Content, New: Content>(from_old: fn(Old) -> New, recorded: Value) -> Result<Value, serde_json::Error> {
    serde_json::to_value(from_old(serde_json::from_value(recorded)?))
}

/// The schema of what a migration gives.
#[doc(hidden)]
#[must_use]
pub fn migrated_schema<Old, New: Content>(_from_old: fn(Old) -> New) -> Schema {
    schema_of::<New>()
}

/// The adapter, where its migration gives the same type.
#[doc(hidden)]
pub fn gives_as<Old, New, F: FnOnce() -> New>(adapter: F, _from_old: fn(Old) -> New) -> F {
    adapter
}
