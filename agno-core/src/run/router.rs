//! `router`: one of several arms, or several of them in a chosen order.

use super::{
    Cx, Fork, Open, Stop,
    container::{Route, Shape},
    path::Mark,
};
use crate::{content::Codec, plan::Node, shared::Shared};

impl<P: Fork, O: 'static> Cx<P, O> {
    /// The choice of a closure, which is recorded.
    ///
    /// # Errors
    /// It panicked.
    pub fn select<T>(&mut self, node: &'static Node, selector: impl FnOnce() -> T, codec: Codec<T>) -> Result<Shared<T>, Stop<O>>
    where
        T: Send + Sync + 'static,
    {
        self.map(node, selector, codec)
    }

    /// Which arm runs, by its pattern.
    pub fn routed(&mut self, pattern: &'static str) {
        let router = self.core.frames.iter_mut().rev().find(|frame| matches!(frame.shape, Shape::Node(_)));
        if let Some(frame) = router {
            match &mut frame.route {
                Route::Arms(arms) => arms.push(pattern),
                other => *other = Route::Arms(vec![pattern]),
            }
        }
    }

    /// Opens one of the chosen arms.
    pub fn open_many(&mut self, node: &'static Node, index: usize) -> Open {
        let mark = Mark::of_index(u32::try_from(index).unwrap_or(u32::MAX));
        self.core.open_frame(Shape::Many(node), mark, None)
    }
}
