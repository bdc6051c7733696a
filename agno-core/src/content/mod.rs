//! What a step's value is: [`Content`], and how it is written and read without naming its type.

mod returns;

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
    shared::{Items, Shared},
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

/// A value that the journal keeps, with what is needed to write it: whole, or a part of what a container gathered.
#[derive(Clone)]
pub(crate) struct Kept {
    value: AnyArc,
    codec: &'static ErasedCodec,
    view: View,
}

impl Kept {
    pub(crate) fn new<T: Send + Sync + 'static>(value: Arc<T>, codec: Codec<T>) -> Self {
        Self::of(value, codec.erased)
    }

    /// A value of the codec's type.
    pub(crate) fn of(value: AnyArc, codec: &'static ErasedCodec) -> Self {
        Self { value, codec, view: View::Whole }
    }

    /// A value that was read, and whose type is known where it is used.
    pub(crate) fn json_only(value: Value) -> Self {
        Self::of(Arc::new(value), <Value as StepOutput>::CODEC.erased)
    }

    /// Lets go of the value.
    pub(crate) fn loosen(self) -> Loose {
        Loose { codec: self.codec, view: self.view }
    }

    pub(crate) fn codec(&self) -> &'static ErasedCodec {
        self.codec
    }

    pub(crate) fn json(&self) -> Result<Value, serde_json::Error> {
        (self.codec.to_json)(self.view.part(&*self.value).expect(OWN_TYPE))
    }

    /// The value for a node of the codec's type: itself if it is of that type, else read from its JSON.
    pub(crate) fn find(&self, codec: &ErasedCodec) -> Result<Found, serde_json::Error> {
        let part = self.view.part(&*self.value).filter(|part| Any::type_id(*part) == (codec.type_id)());
        if part.is_none() {
            return codec.find(self.json()?);
        }
        Ok(match &self.view {
            View::Whole => Found::Whole(Arc::clone(&self.value)),
            View::Part(container, index) => match (container.share)(Arc::clone(&self.value), *index) {
                Some(shared) => Found::Shared(shared),
                None => return codec.find(self.json()?),
            },
            View::Deep(_) => Found::Deep(self.clone()),
        })
    }

    /// The value as a `T`: shared if it is one, else read from its JSON.
    pub(crate) fn shared<T: Send + Sync + 'static>(&self, codec: Codec<T>) -> Result<Shared<T>, serde_json::Error> {
        self.find(codec.erased).map(Found::shared)
    }

    /// Where what is kept lies; of a part, where the whole does.
    pub(crate) fn address(&self) -> *const () {
        Arc::as_ptr(&self.value).cast()
    }
}

/// What a leg finds again, and has only to name the type of. Everything before that is compiled once and not for each type.
pub(crate) enum Found {
    Whole(AnyArc),
    /// A [`Shared`].
    Shared(Box<dyn Any>),
    /// A part of a part.
    Deep(Kept),
}

impl Found {
    /// The value. It has the type of the codec that it was found by.
    pub(crate) fn shared<T: Send + Sync + 'static>(self) -> Shared<T> {
        match self {
            Self::Whole(value) => Shared::from(own(value)),
            Self::Shared(shared) => *shared.downcast().expect(OWN_TYPE),
            Self::Deep(kept) => Shared::item(Arc::new(Inside(kept)), 0),
        }
    }
}

/// A part of a part, where a leg finds it again.
struct Inside(Kept);

impl<T: Send + Sync + 'static> Items<T> for Inside {
    fn at(&self, _: usize) -> &T {
        self.0.view.part(&*self.0.value).and_then(|part| part.downcast_ref()).expect("only what is there is shared")
    }
}

/// How a value is written that has left its record for the container that gathers it.
pub(crate) struct Loose {
    codec: &'static ErasedCodec,
    view: View,
}

impl Loose {
    /// It is an item of a list now.
    pub(crate) fn in_list<T: Send + Sync + 'static>(self, list: Arc<Vec<T>>, index: usize) -> Kept {
        Kept { value: list, codec: self.codec, view: self.view.within(&InList::<T>::CONTAINER, number(index)) }
    }

    /// It is a field of a tuple now. `into` gives the field of a number.
    pub(crate) fn in_tuple<T: Send + Sync + 'static>(self, tuple: Arc<T>, field: usize, into: IntoPart) -> Kept {
        let index = number(field);
        Kept { value: tuple, codec: self.codec, view: View::Deep(Arc::new(Deep { into, index, rest: self.view })) }
    }

    /// It is the value of an item of a list now.
    pub(crate) fn in_list_of_results<T: Send + Sync + 'static>(self, list: Arc<Vec<Result<T, StepError>>>, index: usize) -> Kept {
        let view = self.view.within(&InResult::<T>::CONTAINER, 0).within(&InList::<Result<T, StepError>>::CONTAINER, number(index));
        Kept { value: list, codec: self.codec, view }
    }

    /// It is in an `Option` now.
    pub(crate) fn in_option<T: Send + Sync + 'static>(self, option: Arc<Option<T>>) -> Kept {
        Kept { value: option, codec: self.codec, view: self.view.within(&InOption::<T>::CONTAINER, 0) }
    }

    /// It is in a `Result` now.
    pub(crate) fn in_result<T: Send + Sync + 'static>(self, result: Arc<Result<T, StepError>>) -> Kept {
        Kept { value: result, codec: self.codec, view: self.view.within(&InResult::<T>::CONTAINER, 0) }
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Kept").field(&(self.codec.type_name)()).finish()
    }
}

/// Number of a part. There is no room for more of them than a `u32` can count.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
