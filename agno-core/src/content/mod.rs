//! What a step's value is: [`Content`], and how it is written and read without naming its type.

mod kept;
mod returns;

pub(crate) use kept::{Found, Kept, Loose};
pub use returns::*;

use std::{
    any::{Any, TypeId},
    marker::PhantomData,
    sync::Arc,
};

use schemars::{JsonSchema, Schema};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    error::{Fault, StepError},
    plan::TypeInfo,
    schema::schema_of,
    shared::Shared,
};

/// A value that steps take and return: it can be stored, read back and described.
///
/// Implemented for every type that derives `Serialize`, `Deserialize` and `JsonSchema` and is `Send + Sync + 'static`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored, read back and described",
    label = "no `Content`",
    note = "derive `Serialize`, `Deserialize` and `JsonSchema` for it, and for the types in it; it must also be `Send + Sync + 'static`"
)]
pub trait Content: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static> Content for T {}

// The two below say the same of a type as `Content` does. They have no supertraits, each of which rustc would report on its own.

/// What a step may return: [`Content`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a step",
    label = "must be stored, read back and described",
    note = "derive `Serialize`, `Deserialize` and `JsonSchema` for it, and for the types in it; it must also be `Send + Sync + 'static`"
)]
pub trait StepOutput: Sized {
    /// How it is written, read and described. Whoever has the codec needs the bound no more.
    #[doc(hidden)]
    const CODEC: Codec<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Content> StepOutput for T {
    const CODEC: Codec<T> = Codec { erased: &Of::<T>::CODEC, value: PhantomData };
}

/// What may be the input or the output of a workflow, or the answer to a question: [`Content`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a value of a workflow",
    label = "must be stored, read back and described",
    note = "derive `Serialize`, `Deserialize` and `JsonSchema` for it, and for the types in it; it must also be `Send + Sync + 'static`"
)]
pub trait WorkflowValue: Sized {
    /// As with [`StepOutput`].
    #[doc(hidden)]
    const CODEC: Codec<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Content> WorkflowValue for T {
    const CODEC: Codec<T> = Codec { erased: &Of::<T>::CODEC, value: PhantomData };
}

/// A value whose type is not named.
pub(crate) type AnyArc = Arc<dyn Any + Send + Sync>;

/// How to write, read and describe a `T`.
///
/// Generated code asks for `T: Content` in one place per type, where the codec is made, and rustc has one error to report there. From
/// there the codec travels as data.
pub struct Codec<T> {
    pub(crate) erased: &'static ErasedCodec,
    value: PhantomData<fn() -> T>,
}

impl<T> Clone for Codec<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Codec<T> {}

impl<T> std::fmt::Debug for Codec<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Codec").field(&(self.erased.type_name)()).finish()
    }
}

impl<T> Codec<T> {
    /// The schema of `T`.
    #[must_use]
    pub fn schema(self) -> Schema {
        (self.erased.schema)()
    }

    /// `T`, as a plan shows it.
    #[must_use]
    pub fn info(self) -> TypeInfo {
        TypeInfo { name: (self.erased.type_name)(), schema: self.erased.schema }
    }
}

struct Of<T>(PhantomData<T>);

impl<T: Content> Of<T> {
    const CODEC: ErasedCodec = ErasedCodec {
        to_json: to_json::<T>,
        from_json: from_json::<T>,
        schema: schema_of::<T>,
        type_name: std::any::type_name::<T>,
        type_id: TypeId::of::<T>,
    };
}

/// A codec without its type.
pub(crate) struct ErasedCodec {
    to_json: fn(&Unknown) -> Result<Value, serde_json::Error>,
    pub(crate) from_json: fn(Value) -> Result<AnyArc, serde_json::Error>,
    pub(crate) schema: fn() -> Schema,
    pub(crate) type_name: fn() -> &'static str,
    type_id: fn() -> TypeId,
}

/// Which part of what is kept a value is.
#[derive(Clone)]
enum View {
    Whole,
    /// What a container gathered.
    Part(&'static Container, u32),
    /// A part of a part: what one container gathered was gathered again by another.
    Deep(Arc<Deep>),
}

/// The first step of the way to a part of a part, and the rest of it.
struct Deep {
    into: IntoPart,
    index: u32,
    rest: View,
}

/// A value whose type is not named, by reference.
pub(crate) type Unknown = dyn Any + Send + Sync;

/// The way into a container: to its part of a number.
type IntoPart = for<'v> fn(&'v Unknown, u32) -> Option<&'v Unknown>;

/// What is done with the parts of a container. Only a container that gathers has one, so that no other type pays for its code.
struct Container {
    part: IntoPart,
    /// The part as a [`Shared`] of its type, in a box.
    share: fn(AnyArc, u32) -> Option<Box<dyn Any>>,
}

struct InList<T>(PhantomData<T>);

impl<T: Send + Sync + 'static> InList<T> {
    const CONTAINER: Container = Container {
        part: |list, index| Some(list.downcast_ref::<Vec<T>>()?.get(index as usize)?),
        share: |list, index| Some(Box::new(Shared::<T>::item(list.downcast::<Vec<T>>().ok()?, index as usize))),
    };
}

struct InOption<T>(PhantomData<T>);

impl<T: Send + Sync + 'static> InOption<T> {
    const CONTAINER: Container = Container {
        part: |option, _| Some(option.downcast_ref::<Option<T>>()?.as_ref()?),
        share: |option, _| Some(Box::new(Shared::<T>::item(option.downcast::<Option<T>>().ok()?, 0))),
    };
}

struct InResult<T>(PhantomData<T>);

impl<T: Send + Sync + 'static> InResult<T> {
    const CONTAINER: Container = Container {
        part: |result, _| Some(result.downcast_ref::<Result<T, StepError>>()?.as_ref().ok()?),
        share: |result, _| Some(Box::new(Shared::<T>::item(result.downcast::<Result<T, StepError>>().ok()?, 0))),
    };
}

impl View {
    fn part<'v>(&self, value: &'v Unknown) -> Option<&'v Unknown> {
        match self {
            Self::Whole => Some(value),
            Self::Part(container, index) => (container.part)(value, *index),
            Self::Deep(deep) => deep.rest.part((deep.into)(value, deep.index)?),
        }
    }

    /// The same, where the value is now in a container.
    fn within(self, container: &'static Container, index: u32) -> Self {
        match self {
            Self::Whole => Self::Part(container, index),
            rest => Self::Deep(Arc::new(Deep { into: container.part, index, rest })),
        }
    }
}

impl std::fmt::Debug for ErasedCodec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str((self.type_name)())
    }
}

fn to_json<T: Content>(value: &Unknown) -> Result<Value, serde_json::Error> {
    serde_json::to_value(value.downcast_ref::<T>().expect(OWN_TYPE))
}

const OWN_TYPE: &str = "a kept value has its codec's type";

impl<T: Send + Sync + 'static> Codec<T> {
    /// A value as JSON.
    pub(crate) fn json(self, value: &T) -> Result<Value, serde_json::Error> {
        self.erased.json(value)
    }

    /// A value from JSON.
    pub(crate) fn read(self, json: Value) -> Result<Arc<T>, serde_json::Error> {
        (self.erased.from_json)(json).map(own)
    }

    /// What a workflow gives, by itself. A value that was passed through after a pause may lie in what has gathered it since, such as an `Option`:
    /// it is read from its JSON, since it need not be `Clone`.
    pub(crate) fn whole(self, value: Shared<T>) -> Result<Arc<T>, Box<Fault>> {
        let Some(whole) = value.clone().into_whole() else {
            let copied = self.json(&value).and_then(|json| self.read(json));
            return copied.map_err(|error| {
                let reason = format!("the output, a `{}`, cannot be read from its JSON: {error}", (self.erased.type_name)());
                Box::new(Fault::Misuse { reason })
            });
        };
        Ok(whole)
    }
}

/// A value of the type that its codec reads.
pub(crate) fn own<T: Send + Sync + 'static>(value: AnyArc) -> Arc<T> {
    value.downcast::<T>().unwrap_or_else(|_| unreachable!("a codec reads its own type"))
}

impl ErasedCodec {
    /// A whole value as JSON.
    pub(crate) fn json(&self, value: &Unknown) -> Result<Value, serde_json::Error> {
        (self.to_json)(value)
    }

    #[cfg(feature = "testing")]
    pub(crate) fn read_any(&self, json: Value) -> Result<AnyArc, serde_json::Error> {
        (self.from_json)(json)
    }

    /// A whole value from JSON.
    pub(crate) fn find(&self, json: Value) -> Result<Found, serde_json::Error> {
        (self.from_json)(json).map(Found::Whole)
    }
}

fn from_json<T: Content>(json: Value) -> Result<AnyArc, serde_json::Error> {
    serde_json::from_value::<T>(json).map(|value| Arc::new(value) as AnyArc)
}
