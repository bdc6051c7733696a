//! `each`: a body for each item of a list, side by side, in order.

use std::sync::Arc;

use super::{
    Cx, CxCore, Fork, Open, Sink, Stop,
    container::{Closing, Shape},
    join::{self, Branches, Collected, settle},
    parallel::{Merge, run_within},
    path::Mark,
    values::Copier,
};
use crate::{
    error::StepError,
    event::EventKind,
    plan::{Node, NodeKind},
    shared::Shared,
};

/// What `each` takes apart, and a router that runs several arms.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `Vec`, so it has no items to go through",
    label = "expected a `Vec`, found `{Self}`",
    note = "`each` takes a `Vec` from the node before it, and `router … (selector, many)` from its selector"
)]
pub trait List: Sized {
    /// The type of the items.
    #[doc(hidden)]
    type Item;
    #[doc(hidden)]
    fn items(list: &Shared<Self>) -> Vec<Shared<Self::Item>>;
}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync> List for Vec<T> {
    type Item = T;
    fn items(list: &Shared<Self>) -> Vec<Shared<T>> {
        list.items()
    }
}

/// An open `each`.
pub struct Each<'a, P, O: 'static, T: 'static> {
    cx: &'a mut Cx<P, O>,
    node: &'static Node,
    open: Open,
    items: Vec<Shared<T>>,
}

impl<P, O, T> std::fmt::Debug for Each<'_, P, O, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Each").field("items", &self.items.len()).finish_non_exhaustive()
    }
}

impl<P: Fork, O: Send + Sync + 'static> Cx<P, O> {
    /// Opens an `each`.
    pub fn each<T>(&mut self, node: &'static Node, items: Vec<Shared<T>>) -> Each<'_, P, O, T> {
        let start = EventKind::EachExecutionStarted { items: items.len() };
        let open = self.core.open_frame(Shape::Node(node), Mark::NONE, Some(start));
        Each { cx: self, node, open, items }
    }
}

impl<'a, P: Fork, O: Send + Sync + 'static, T: Send + Sync + 'static> Each<'a, P, O, T> {
    /// Runs the body for every item, and gathers the values in order.
    ///
    /// # Errors
    /// The first failure in order; a pause, if an item waits and none failed.
    pub async fn run<U, F, Fut>(self, body: F, copier: Copier<U>) -> Result<Shared<Vec<U>>, Stop<O>>
    where
        U: Send + Sync + 'static,
        F: FnMut(Cx<P::Branch, O>, Shared<T>) -> Fut + Send,
        Fut: Future<Output = Result<Shared<U>, Stop<O>>> + Send + 'a,
    {
        let (cx, values) = self.all(false, body).await?;
        let values = values.into_iter().map(|value| value.map_err(|_| ())).collect::<Result<Vec<_>, ()>>();
        Ok(cx.gathered(values.unwrap_or_else(|()| unreachable!("only `collect` lets failures through")), copier))
    }

    /// Runs the body for every item, and gathers values and failures in order.
    ///
    /// # Errors
    /// A pause, if an item waits; the end of the workflow.
    pub async fn collect<U, F, Fut>(self, body: F, copier: Copier<U>) -> Result<Shared<Vec<Result<U, StepError>>>, Stop<O>>
    where
        U: Send + Sync + 'static,
        F: FnMut(Cx<P::Branch, O>, Shared<T>) -> Fut + Send,
        Fut: Future<Output = Result<Shared<U>, Stop<O>>> + Send + 'a,
    {
        let (cx, values) = self.all(true, body).await?;
        let values = values.into_iter().map(|value| match value {
            Ok(value) => Ok(value),
            Err(Stop::Failed(error)) => Err(*error),
            Err(_) => unreachable!("only failures are collected"),
        });
        Ok(cx.gathered_results(values.collect(), copier))
    }

    async fn all<U, F, Fut>(self, collect: bool, mut body: F) -> Result<(&'a mut Cx<P, O>, Vec<Result<Shared<U>, Stop<O>>>), Stop<O>>
    where
        U: Send + Sync + 'static,
        F: FnMut(Cx<P::Branch, O>, Shared<T>) -> Fut + Send,
        Fut: Future<Output = Result<Shared<U>, Stop<O>>> + Send + 'a,
    {
        let Each { cx, node, open, items } = self;
        let NodeKind::Each { limit } = node.kind else { unreachable!("an each's node is one") };
        let scope = cx.core.scope.child();
        // An item's path is `pages[7]`, beside that of the container and not in it.
        let outside = cx.core.frame().outside.clone();
        let mut template = cx.core.inner(outside, Sink::Run);
        template.scope = Arc::clone(&scope);
        template.in_branch = true;
        let count = items.len();
        let logs = join::logs(count);
        let sink = Arc::clone(&logs);
        let mut queue = items.into_iter().enumerate();
        let position = &cx.position;
        let next = move || {
            let (index, item) = queue.next()?;
            let sink = Sink::Branch(Arc::clone(&sink), index);
            let mut place = template.inner(template.path.clone(), sink.clone());
            let mark = Mark::of_index(u32::try_from(index).unwrap_or(u32::MAX));
            let open = place.open_frame(Shape::Item(node), mark, Some(EventKind::EachItemStarted { index }));
            let inside = place.inner(place.path.clone(), sink);
            let future = body(Cx::new(inside, position.fork()), item);
            Some(join::branch(item_of(place, open, future)))
        };
        let merged = Merge { logs, core: &mut cx.core };
        let running = Branches::new(next, count, limit, Arc::clone(&scope), collect);
        let collected = Collected::default();
        let settled = match node.options.timeout {
            None => settle(running.await, &scope, collect.then_some(&collected)),
            Some(_) => {
                let deadline = merged.core.deadline();
                run_within(deadline, running, &scope, collect.then_some(&collected)).await
            }
        };
        drop(merged);
        cx.core.tolerate_collected(collected);
        let settled = cx.core.close_with(open, settled);
        let values = settled?.into_iter().map(|ended| ended.map(join::value::<Shared<U>, O>)).collect();
        Ok((cx, values))
    }
}

/// Runs the body for one item. `place` is round it, and closes the item when the body has handed over what it recorded.
async fn item_of<U: Send + Sync + 'static, O: 'static>(
    mut place: CxCore,
    open: Open,
    body: impl Future<Output = Result<Shared<U>, Stop<O>>> + Send,
) -> Result<Shared<U>, Stop<O>> {
    let out = body.await;
    place.close_frame(open, Closing::of(&out));
    out
}
