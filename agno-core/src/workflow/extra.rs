//! Whether a run has its additional data.

use std::sync::Arc;

use super::Workflow;
use crate::run::{Extra, NoExtra};

/// The additional data is given, or known from the run's first leg.
#[derive(Debug)]
pub enum WithExtra {}

/// The additional data is not given (yet).
#[derive(Debug)]
pub enum WithoutExtra {}

/// The additional data that the workflow declares is there.
#[diagnostic::on_unimplemented(
    message = "the workflow `{W}` declares additional data that this run is not given",
    label = "`.extra(…)` is missing",
    note = "give it with `.extra(value)`, or derive `Default` for its type"
)]
pub trait ExtraGiven<W: Workflow>: Send + 'static {
    #[doc(hidden)]
    fn first() -> Option<W::Extra>;
}

impl<W: Workflow> ExtraGiven<W> for WithExtra {
    fn first() -> Option<W::Extra> {
        None
    }
}

// Of a run that is not given its extra, rustc should not say that the extra has no default.
#[diagnostic::do_not_recommend]
impl<W: Workflow> ExtraGiven<W> for WithoutExtra
where
    W::Extra: FirstExtra,
{
    fn first() -> Option<W::Extra> {
        Some(W::Extra::first())
    }
}

/// Additional data that need not be given.
pub trait FirstExtra {
    #[doc(hidden)]
    fn first() -> Self;
}

impl FirstExtra for NoExtra {
    fn first() -> Self {
        Self
    }
}

impl<X: Default + Send + Sync + 'static> FirstExtra for Extra<X> {
    fn first() -> Self {
        Self(Arc::default())
    }
}
