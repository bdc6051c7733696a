//! Values of containers, and plain functions through which closures infer their types.

use std::{any::Any, sync::Arc};

use crate::{
    content::{Kept, Loose, Unknown},
    error::StepError,
    journal::{Content, Entry},
    shared::Shared,
};

use super::{Cx, CxCore, Fork};

/// A value that goes on where another one passes through.
#[diagnostic::on_unimplemented(
    message = "this gives `{Self}`, but where it does not run a `{A}` passes through",
    label = "gives `{Self}`, expected `{A}`",
    note = "give both ways one type: an `else` block, or `else none` and `on_error = none` for an `Option`"
)]
pub trait SameAs<A>: Sized {
    /// The one type. Where there is none rustc has reported it, and takes any type that comes after for granted.
    #[doc(hidden)]
    type Same;
    /// The value, or what is piped where there is none.
    #[doc(hidden)]
    fn or_piped(piped: &Shared<A>, value: Option<Shared<Self>>) -> Shared<Self::Same>;
}

#[diagnostic::do_not_recommend]
impl<A> SameAs<A> for A {
    type Same = A;
    fn or_piped(piped: &Shared<A>, value: Option<Shared<A>>) -> Shared<A> {
        value.unwrap_or_else(|| Shared::clone(piped))
    }
}

/// A value that one turn hands to the next: in a loop, and in a router that runs several arms.
#[diagnostic::on_unimplemented(
    message = "this gives `{Self}`, but the next turn takes the `{A}` that is carried on",
    label = "gives `{Self}`, expected `{A}`",
    note = "end with a node that gives a `{A}`; where every iteration of a loop begins with the same value, write `restart`"
)]
pub trait CarriedAs<A>: Sized {
    /// The one type, as with [`SameAs`].
    #[doc(hidden)]
    type Same;
    #[doc(hidden)]
    fn carried(current: &Shared<A>, value: Shared<Self>) -> Shared<Self::Same>;
}

#[diagnostic::do_not_recommend]
impl<A> CarriedAs<A> for A {
    type Same = A;
    fn carried(_: &Shared<A>, value: Shared<A>) -> Shared<A> {
        value
    }
}

/// What the next turn takes. It has the carried type, which [`CarriedAs`] has seen to.
///
/// An assignment would say the same in types. But where `CarriedAs` is not met, the value has the type that comes after the loop, and
/// rustc would report the assignment too.
pub fn next_turn<T: 'static, A: 'static>(value: Shared<T>) -> Shared<A> {
    let mut value = Some(value);
    let carried = (&mut value as &mut dyn Any).downcast_mut::<Option<Shared<A>>>().and_then(Option::take);
    carried.expect("what is carried has one type")
}

/// What owns the values that are in it: a list, an `Option`, a `Result` or a tuple.
#[derive(Debug)]
pub enum Container {}

/// A container can own values that can be cloned.
// A trait of the container's: of one of the value's, rustc would say that a reference implements it.
#[diagnostic::on_unimplemented(
    message = "`{T}` is gathered into a list, an `Option`, a `Result` or a tuple, but cannot be cloned",
    label = "must be owned by what it is gathered into",
    note = "derive `Clone` for `{T}`; it is called only if something else still holds the value"
)]
pub trait Owns<T> {
    /// How it is cloned. Whoever has it needs the bound no more.
    #[doc(hidden)]
    const COPIER: Copier<T>;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Owns<T> for Container {
    const COPIER: Copier<T> = Copier(T::clone);
}

/// How a value is cloned that something else still holds.
pub struct Copier<T>(fn(&T) -> T);

impl<T> Copier<T> {
    /// The value itself: moved if nothing else holds it.
    fn own(self, value: Shared<T>) -> T {
        value.into_owned_by(self.0)
    }
}

impl<T> Clone for Copier<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Copier<T> {}

impl<T> std::fmt::Debug for Copier<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Copier")
    }
}

impl CxCore {
    /// Takes values out of the journal, so that the container that gathers them can own them without a copy.
    /// What was there is put back by [`CxCore::restore`], as a part of the container.
    fn release<T>(&mut self, values: &[Shared<T>]) -> Released {
        let addresses: Vec<_> = values.iter().map(Shared::address).collect();
        self.release_at(&addresses, &|item| values[item].holders())
    }

    fn release_at(&mut self, addresses: &[Option<*const ()>], holders: &dyn Fn(usize) -> usize) -> Released {
        let wanted = addresses.iter().enumerate().filter_map(|(item, address)| address.map(|address| (address, item)));
        let mut wanted: Vec<_> = wanted.filter(|(_, item)| holders(*item) > 1).collect();
        wanted.sort_unstable();
        let shows = self.run.shows();
        // What is shown holds each value once more.
        let log = take(&mut self.log, &wanted, |item, taken| holders(item) == 1 + if shows { taken } else { 0 });
        let shown = if shows { take(&mut self.run.inner().shown, &wanted, |item, _| holders(item) == 1) } else { Vec::new() };
        Released { log, shown }
    }

    fn restore(&mut self, released: Released, part: impl Fn(usize, Loose) -> Kept) {
        for Taken { index, item, loose } in released.log {
            self.log[index].content = Content::Kept(part(item, loose));
        }
        if !released.shown.is_empty() {
            let mut inner = self.run.inner();
            for Taken { index, item, loose } in released.shown {
                inner.shown[index].content = Content::Kept(part(item, loose));
            }
        }
    }
}

/// Takes values out of their records. Backwards, and no farther than until nothing else holds them: what is gathered was recorded last.
fn take(entries: &mut [Entry], wanted: &[(*const (), usize)], is_free: impl Fn(usize, usize) -> bool) -> Vec<Taken> {
    let mut left = wanted.len();
    let mut taken: Vec<Taken> = Vec::new();
    let (mut last, mut so_far) = (usize::MAX, 0);
    for (index, entry) in entries.iter_mut().enumerate().rev() {
        if left == 0 {
            break;
        }
        let Content::Kept(kept) = &entry.content else { continue };
        let Ok(found) = wanted.binary_search_by_key(&kept.address(), |(address, _)| *address) else { continue };
        let item = wanted[found].1;
        if let Content::Kept(kept) = std::mem::replace(&mut entry.content, Content::Nothing) {
            taken.push(Taken { index, item, loose: kept.loosen() });
        }
        so_far = if last == item { so_far + 1 } else { 1 };
        last = item;
        left = left.saturating_sub(usize::from(is_free(item, so_far)));
    }
    taken
}

/// Entries whose values a container takes.
struct Released {
    log: Vec<Taken>,
    shown: Vec<Taken>,
}

/// An entry, and which of the container's values it had.
struct Taken {
    index: usize,
    item: usize,
    loose: Loose,
}

impl<P: Fork, O: 'static> Cx<P, O> {
    /// The value of a node that may have none.
    pub fn some<T: Send + Sync + 'static>(&mut self, value: Shared<T>, copier: Copier<T>) -> Shared<Option<T>> {
        if let Some(whole) = value.gathered_option() {
            return Shared::from(whole);
        }
        let released = self.core.release(std::slice::from_ref(&value));
        let whole = Arc::new(Some(copier.own(value)));
        self.core.restore(released, |_, loose| loose.in_option(Arc::clone(&whole)));
        Shared::from(whole)
    }

    /// No value.
    pub fn none<T: Send + Sync + 'static>(&mut self) -> Shared<Option<T>> {
        Shared::new(None)
    }

    /// The value of a branch under `on_error = collect`.
    pub(crate) fn collected<T>(&mut self, value: Result<Shared<T>, StepError>, copier: Copier<T>) -> Shared<Result<T, StepError>>
    where
        T: Send + Sync + 'static,
    {
        match value {
            Ok(value) => {
                if let Some(whole) = value.gathered_result() {
                    return Shared::from(whole);
                }
                let released = self.core.release(std::slice::from_ref(&value));
                let whole = Arc::new(Ok(copier.own(value)));
                self.core.restore(released, |_, loose| loose.in_result(Arc::clone(&whole)));
                Shared::from(whole)
            }
            Err(error) => Shared::new(Err(error)),
        }
    }

    /// The values of a list's items, as a list.
    pub(crate) fn gathered<T: Send + Sync + 'static>(&mut self, values: Vec<Shared<T>>, copier: Copier<T>) -> Shared<Vec<T>> {
        if let Some(whole) = Shared::gathered_list(&values) {
            return Shared::from(whole);
        }
        let released = self.core.release(&values);
        let whole = Arc::new(values.into_iter().map(|value| copier.own(value)).collect::<Vec<_>>());
        self.core.restore(released, |item, loose| loose.in_list(Arc::clone(&whole), item));
        Shared::from(whole)
    }

    /// The values and the failures of a list's items, as a list.
    pub(crate) fn gathered_results<T>(
        &mut self,
        values: Vec<Result<Shared<T>, StepError>>,
        copier: Copier<T>,
    ) -> Shared<Vec<Result<T, StepError>>>
    where
        T: Send + Sync + 'static,
    {
        let addresses: Vec<_> = values.iter().map(|value| value.as_ref().ok().and_then(Shared::address)).collect();
        let released = self.core.release_at(&addresses, &|item| values[item].as_ref().map_or(0, Shared::holders));
        let whole = Arc::new(values.into_iter().map(|value| value.map(|value| copier.own(value))).collect::<Vec<_>>());
        self.core.restore(released, |item, loose| loose.in_list_of_results(Arc::clone(&whole), item));
        Shared::from(whole)
    }
}

/// The predicate of a condition or a loop, as a closure over one value.
pub fn decide<T: ?Sized>(value: &T, predicate: impl FnOnce(&T) -> bool) -> bool {
    predicate(value)
}

/// An adapter, as a closure over one value.
pub fn pick<T: ?Sized, U>(value: &T, adapter: impl FnOnce(&T) -> U) -> U {
    adapter(value)
}

/// The same for several values.
macro_rules! several {
    ($($decide:ident $pick:ident $tuple:ident: $($value:ident $type:ident),*;)*) => {$(
        /// The predicate of a condition or a loop, as a closure over several values.
        #[allow(clippy::too_many_arguments, reason = "one for each value")]
        pub fn $decide<$($type: ?Sized),*>($($value: &$type,)* predicate: impl FnOnce($(&$type),*) -> bool) -> bool {
            predicate($($value),*)
        }

        /// An adapter, as a closure over several values.
        #[allow(clippy::too_many_arguments, reason = "one for each value")]
        pub fn $pick<$($type: ?Sized,)* U>($($value: &$type,)* adapter: impl FnOnce($(&$type),*) -> U) -> U {
            adapter($($value),*)
        }

        impl<P: Fork, O: 'static> Cx<P, O> {
            /// Several values as one.
            #[must_use]
            #[allow(clippy::too_many_arguments, reason = "one for each value")]
            pub fn $tuple<$($type: Send + Sync + 'static),*>(&mut self, $($value: (Shared<$type>, Copier<$type>)),*) -> Shared<($($type),*)> {
                let released = self.core.release_at(&[$($value.0.address()),*], &|item| [$($value.0.holders()),*][item]);
                let whole = Arc::new(($($value.1.own($value.0)),*));
                self.core.restore(released, |item, loose| {
                    loose.in_tuple(Arc::clone(&whole), item, |tuple, item| {
                        let ($($value),*) = tuple.downcast_ref::<($($type),*)>()?;
                        [$($value as &Unknown),*].get(item as usize).copied()
                    })
                });
                Shared::from(whole)
            }
        }
    )*};
}

several! {
    decide2 pick2 tuple2: a A, b B;
    decide3 pick3 tuple3: a A, b B, c C;
    decide4 pick4 tuple4: a A, b B, c C, d D;
    decide5 pick5 tuple5: a A, b B, c C, d D, e E;
    decide6 pick6 tuple6: a A, b B, c C, d D, e E, f F;
    decide7 pick7 tuple7: a A, b B, c C, d D, e E, f F, g G;
    decide8 pick8 tuple8: a A, b B, c C, d D, e E, f F, g G, h H;
    decide9 pick9 tuple9: a A, b B, c C, d D, e E, f F, g G, h H, i I;
    decide10 pick10 tuple10: a A, b B, c C, d D, e E, f F, g G, h H, i I, j J;
    decide11 pick11 tuple11: a A, b B, c C, d D, e E, f F, g G, h H, i I, j J, k K;
    decide12 pick12 tuple12: a A, b B, c C, d D, e E, f F, g G, h H, i I, j J, k K, l L;
}
