//! Tokens become raw items and raw options.

mod function;
mod impl_;
mod item;
mod options;

pub(crate) use item::parse_item;
pub(crate) use options::parse_options;
