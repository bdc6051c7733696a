//! Raw becomes valid, or a list of mistakes.

mod borrow;
mod docs;
mod executor;
mod function;
mod options;
mod params;
mod returns;
mod self_type;
mod signature;
mod type_shape;

pub(crate) use function::is_primitive;
pub(crate) use options::check_options;

use super::{raw::RawItem, valid::Step};

/// The step that the item is, or everything that is wrong with it.
pub(crate) fn check_item(item: &RawItem) -> syn::Result<Step> {
    match item {
        RawItem::Function(function) => function::check_function(function),
        RawItem::Impl(block) => executor::check_executor(block),
    }
}
