//! [`Shared`]: what the names of a workflow hold.

use std::{ops::Deref, sync::Arc};

use crate::error::StepError;

/// A value that several nodes may read: a whole shared value, or one item of a shared list.
///
/// Cloning it clones a pointer. Nothing is copied when a step is called or tried again, in a branch, a loop or a nested workflow.
pub struct Shared<T: 'static>(Inner<T>);

enum Inner<T: 'static> {
    Whole(Arc<T>),
    Item(Arc<dyn Items<T>>, usize),
}

/// Something whose items can be shared one by one.
pub(crate) trait Items<T>: Send + Sync {
    fn at(&self, index: usize) -> &T;

    /// The list itself, if it is one.
    fn list(self: Arc<Self>) -> Option<Arc<Vec<T>>> {
        None
    }

    /// The `Option` itself, if it is one.
    fn option(self: Arc<Self>) -> Option<Arc<Option<T>>> {
        None
    }

    /// The `Result` itself, if it is one.
    fn result(self: Arc<Self>) -> Option<Arc<Result<T, StepError>>> {
        None
    }
}

impl<T: Send + Sync> Items<T> for Vec<T> {
    fn at(&self, index: usize) -> &T {
        &self[index]
    }

    fn list(self: Arc<Self>) -> Option<Arc<Vec<T>>> {
        Some(self)
    }
}

impl<T: Send + Sync> Items<T> for Option<T> {
    fn at(&self, _: usize) -> &T {
        self.as_ref().expect("only what is there is shared")
    }

    fn option(self: Arc<Self>) -> Option<Arc<Option<T>>> {
        Some(self)
    }
}

impl<T: Send + Sync> Items<T> for Result<T, StepError> {
    fn at(&self, _: usize) -> &T {
        self.as_ref().expect("only what is there is shared")
    }

    fn result(self: Arc<Self>) -> Option<Arc<Result<T, StepError>>> {
        Some(self)
    }
}

/// A list that is itself an item of a list.
struct Nested<T: 'static>(Shared<Vec<T>>);

impl<T: Send + Sync> Items<T> for Nested<T> {
    fn at(&self, index: usize) -> &T {
        &self.0[index]
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Inner::Whole(value) => Inner::Whole(Arc::clone(value)),
            Inner::Item(list, index) => Inner::Item(Arc::clone(list), *index),
        })
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Inner::Whole(value) => value,
            Inner::Item(list, index) => list.at(*index),
        }
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

impl<T> From<Arc<T>> for Shared<T> {
    fn from(value: Arc<T>) -> Self {
        Self(Inner::Whole(value))
    }
}

impl<T> Shared<T> {
    /// Shares a value.
    pub fn new(value: T) -> Self {
        Self(Inner::Whole(Arc::new(value)))
    }

    /// The value itself: moved if nothing else holds it, else cloned.
    #[must_use]
    pub fn into_owned(self) -> T
    where
        T: Clone,
    {
        self.into_owned_by(T::clone)
    }

    /// The same with a function that clones.
    pub(crate) fn into_owned_by(self, clone: fn(&T) -> T) -> T {
        match self.0 {
            Inner::Whole(value) => Arc::try_unwrap(value).unwrap_or_else(|value| clone(&value)),
            Inner::Item(list, index) => clone(list.at(index)),
        }
    }

    /// The whole value, or `None` for an item of a list.
    pub(crate) fn into_whole(self) -> Option<Arc<T>> {
        match self.0 {
            Inner::Whole(value) => Some(value),
            Inner::Item(..) => None,
        }
    }

    /// Where a whole value lies, to find the record that keeps it.
    pub(crate) fn address(&self) -> Option<*const ()> {
        match &self.0 {
            Inner::Whole(value) => Some(Arc::as_ptr(value).cast()),
            Inner::Item(..) => None,
        }
    }

    /// How many hold a whole value.
    pub(crate) fn holders(&self) -> usize {
        match &self.0 {
            Inner::Whole(value) => Arc::strong_count(value),
            Inner::Item(..) => 0,
        }
    }

    /// The `Option` that this is in, as a leg finds it again that was gathered before.
    pub(crate) fn gathered_option(&self) -> Option<Arc<Option<T>>> {
        match &self.0 {
            Inner::Whole(_) => None,
            Inner::Item(option, _) => Arc::clone(option).option(),
        }
    }

    /// The `Result` that this is in, as a leg finds it again that was gathered before.
    pub(crate) fn gathered_result(&self) -> Option<Arc<Result<T, StepError>>> {
        match &self.0 {
            Inner::Whole(_) => None,
            Inner::Item(result, _) => Arc::clone(result).result(),
        }
    }

    /// The list that these are the items of, all of them and in order, as a leg finds it again that was gathered before.
    pub(crate) fn gathered_list(values: &[Self]) -> Option<Arc<Vec<T>>> {
        let Inner::Item(list, _) = &values.first()?.0 else { return None };
        let in_order = |(index, value): (usize, &Self)| match &value.0 {
            Inner::Item(other, at) => *at == index && Arc::ptr_eq(other, list),
            Inner::Whole(_) => false,
        };
        if !values.iter().enumerate().all(in_order) {
            return None;
        }
        Arc::clone(list).list().filter(|list| list.len() == values.len())
    }

    /// One item of a shared list.
    pub(crate) fn item(list: Arc<dyn Items<T>>, index: usize) -> Self {
        Self(Inner::Item(list, index))
    }
}

impl<T: Send + Sync> Shared<Vec<T>> {
    /// The items of the list, each shared by itself.
    #[must_use]
    pub fn items(&self) -> Vec<Shared<T>> {
        let list: Arc<dyn Items<T>> = match &self.0 {
            Inner::Whole(list) => Arc::clone(list) as Arc<dyn Items<T>>,
            Inner::Item(..) => Arc::new(Nested(self.clone())),
        };
        (0..self.len()).map(|index| Shared(Inner::Item(Arc::clone(&list), index))).collect()
    }
}

impl Shared<String> {
    /// What the patterns of a router match: text, so that string literals do.
    #[must_use]
    pub fn pattern(&self) -> &str {
        self
    }
}

/// What the patterns of a router match: the value itself. (For `String` the inherent method wins.)
pub trait Pattern<T> {
    /// The value, by reference.
    fn pattern(&self) -> &T;
}

impl<T> Pattern<T> for Shared<T> {
    fn pattern(&self) -> &T {
        self
    }
}
