//! Options of attributes and nodes: `key`, `key = value`.
//!
//! One slot type keeps the key's span and finds duplicates in one place; what a value may be is in the file of its kind.

mod duration;
mod history;
mod list;

pub(crate) use duration::DurationLit;
pub(crate) use history::HistoryArg;
pub(crate) use list::{Key, parse_options, parse_options_or};

use crate::diag::{Errors, messages};
use proc_macro2::{Ident, Span};

/// An option that may be given once.
#[derive(Clone, Debug)]
pub(crate) struct Slot<T> {
    value: Option<(Span, T)>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { value: None }
    }
}

impl<T> Slot<T> {
    /// Sets the value; a second one is a mistake at its key.
    pub(crate) fn set(&mut self, key: &Ident, value: T, errors: &mut Errors) {
        if self.value.is_some() {
            errors.at(key.span(), messages::duplicate_option(&key.to_string()));
        } else {
            self.value = Some((key.span(), value));
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref().map(|(_, value)| value)
    }

    pub(crate) fn into_value(self) -> Option<T> {
        self.value.map(|(_, value)| value)
    }

    /// Where the key stands, if the option was given.
    pub(crate) fn span(&self) -> Option<Span> {
        self.value.as_ref().map(|(span, _)| *span)
    }
}
