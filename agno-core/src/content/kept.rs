//! Values that the journal keeps, and how a leg finds them again.

use std::{any::Any, sync::Arc};

use serde_json::Value;

use super::{AnyArc, Codec, Deep, ErasedCodec, InList, InOption, InResult, IntoPart, OWN_TYPE, StepOutput, View, own};
use crate::{
    error::StepError,
    shared::{Items, Shared},
};

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
