//! Values of containers, and plain functions through which closures infer their types.

use std::sync::Arc;

use crate::{
    error::StepError,
    journal::Content,
    content::{ErasedCodec, Kept},
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
    #[doc(hidden)]
    fn same(value: Shared<Self>) -> Shared<A>;
}

#[diagnostic::do_not_recommend]
impl<A> SameAs<A> for A {
    fn same(value: Shared<Self>) -> Shared<A> {
        value
    }
}

/// A value that is gathered into a list, an `Option`, a `Result` or a tuple, which own what is in them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is gathered into a list, an `Option`, a `Result` or a tuple, but cannot be cloned",
    label = "must be owned by what it is gathered into",
    note = "derive `Clone` for `{Self}`; it is called only if something else still holds the value"
)]
pub trait Owned: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Owned for T {}

impl CxCore {
    /// Takes values out of the journal, so that the container that gathers them can own them without a copy.
    /// What was there is put back by [`CxCore::restore`], as a part of the container.
    pub(crate) fn release(&mut self, addresses: &[Option<*const ()>]) -> Released {
        let mut sorted: Vec<_> = addresses.iter().enumerate().filter_map(|(item, address)| address.map(|address| (address, item))).collect();
        sorted.sort_unstable();
        let mut released = Vec::new();
        for (index, entry) in self.log.iter_mut().enumerate() {
            let Content::Kept(kept) = &entry.content else { continue };
            let Some(address) = kept.address() else { continue };
            let Ok(found) = sorted.binary_search_by_key(&address, |(address, _)| *address) else { continue };
            released.push((index, sorted[found].1, kept.codec()));
            entry.content = Content::Nothing;
        }
        Released(released)
    }

    pub(crate) fn restore(&mut self, released: Released, part: impl Fn(usize, &'static ErasedCodec) -> Kept) {
        for (index, item, codec) in released.0 {
            self.log[index].content = Content::Kept(part(item, codec));
        }
    }
}

/// Entries whose values a container takes.
pub(crate) struct Released(Vec<(usize, usize, &'static ErasedCodec)>);

impl<P: Fork, O: 'static> Cx<P, O> {
    /// The value of a node that may have none.
    pub fn some<T: Owned>(&mut self, value: Shared<T>) -> Shared<Option<T>> {
        let released = self.core.release(&[value.address()]);
        let whole = Arc::new(Some(value.into_owned()));
        self.core.restore(released, |_, codec| Kept::inside_option(Arc::clone(&whole), codec));
        Shared::from(whole)
    }

    /// No value.
    pub fn none<T: Owned>(&mut self) -> Shared<Option<T>> {
        Shared::new(None)
    }

    /// The value of a branch under `on_error = collect`.
    pub(crate) fn collected<T: Owned>(&mut self, value: Result<Shared<T>, StepError>) -> Shared<Result<T, StepError>> {
        match value {
            Ok(value) => {
                let released = self.core.release(&[value.address()]);
                let whole = Arc::new(Ok(value.into_owned()));
                self.core.restore(released, |_, codec| Kept::inside_result(Arc::clone(&whole), codec));
                Shared::from(whole)
            }
            Err(error) => Shared::new(Err(error)),
        }
    }

    /// The values of a list's items, as a list.
    pub(crate) fn gathered<T: Owned>(&mut self, values: Vec<Shared<T>>) -> Shared<Vec<T>> {
        let addresses: Vec<_> = values.iter().map(Shared::address).collect();
        let released = self.core.release(&addresses);
        let whole = Arc::new(values.into_iter().map(Shared::into_owned).collect::<Vec<_>>());
        self.core.restore(released, |item, codec| Kept::item(Arc::clone(&whole), item, codec));
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

        /// Several values as one.
        #[must_use]
        #[allow(clippy::too_many_arguments, reason = "one for each value")]
        pub fn $tuple<$($type: Owned),*>($($value: Shared<$type>),*) -> Shared<($($type),*)> {
            Shared::new(($($value.into_owned()),*))
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
