//! `parallel`: named branches, side by side.

use std::{
    marker::PhantomData,
    sync::{Arc, PoisonError},
};

use super::{
    Cx, CxCore, Deadline, Fork, Open, Scope, Sink, Stop,
    container::Shape,
    join::{self, BoxedBranch, Branches, Collected, Ended, Logs, settle},
    path::Mark,
    timed,
    values::Copier,
};
use crate::{
    error::StepError,
    event::EventKind,
    plan::{Node, NodeKind, OnError},
    shared::Shared,
};

/// The branches of a `parallel`.
pub struct Join<'a, P, O: 'static> {
    cx: &'a mut Cx<P, O>,
    node: &'static Node,
    open: Open,
    scope: Arc<Scope>,
    branches: Vec<BoxedBranch<'a, O>>,
    logs: Logs,
}

impl<P, O> std::fmt::Debug for Join<'_, P, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Join").field("branches", &self.branches.len()).finish_non_exhaustive()
    }
}

/// The place of a branch's value.
#[derive(Debug)]
pub struct Slot<T>(usize, PhantomData<fn() -> T>);

/// The values of branches that have all ended.
pub struct Done<'a, P, O: 'static> {
    cx: &'a mut Cx<P, O>,
    values: Vec<Option<Ended<'a, O>>>,
}

impl<P, O> std::fmt::Debug for Done<'_, P, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Done").field("values", &self.values.len()).finish_non_exhaustive()
    }
}

impl<P: Fork, O: Send + Sync + 'static> Cx<P, O> {
    /// Opens a `parallel`.
    pub fn parallel(&mut self, node: &'static Node) -> Join<'_, P, O> {
        let start = EventKind::ParallelExecutionStarted { branches: node.children.len() };
        let open = self.core.open_frame(Shape::Node(node), Mark::NONE, Some(start));
        let scope = self.core.scope.child();
        let branches = node.children.len();
        Join { cx: self, node, open, scope, branches: Vec::with_capacity(branches), logs: join::logs(branches) }
    }

    /// A place beside this one.
    pub(crate) fn branch(&self, path: super::path::Path, scope: &Arc<Scope>, sink: Sink) -> Cx<P::Branch, O> {
        let mut core = self.core.inner(path, sink);
        core.scope = Arc::clone(scope);
        core.in_branch = true;
        Cx::new(core, self.position.fork())
    }
}

impl CxCore {
    /// Takes over what branches recorded, in declared order.
    fn merge(&mut self, logs: &Logs) {
        self.append(logs);
        self.last = self.run.now();
    }
}

impl<'a, P: Fork, O: Send + Sync + 'static> Join<'a, P, O> {
    /// Adds a branch.
    pub fn branch<T, F, Fut>(&mut self, branch: F) -> Slot<T>
    where
        T: Send + 'static,
        F: FnOnce(Cx<P::Branch, O>) -> Fut,
        Fut: Future<Output = Result<T, Stop<O>>> + Send + 'a,
    {
        let index = self.branches.len();
        let sink = Sink::Branch(Arc::clone(&self.logs), index);
        self.branches.push(join::branch(branch(self.cx.branch(self.cx.core.path.clone(), &self.scope, sink))));
        Slot(index, PhantomData)
    }

    /// Runs all branches to their end.
    ///
    /// # Errors
    /// The first failure in declared order; a pause, if a branch waits and none failed.
    pub async fn all(self) -> Result<Done<'a, P, O>, Stop<O>> {
        let Self { cx, node, open, scope, branches, logs } = self;
        let NodeKind::Parallel { limit } = node.kind else { unreachable!("a join's node is a parallel") };
        let collect = node.options.on_error == OnError::Collect;
        let count = branches.len();
        let mut queue = branches.into_iter();
        let merged = Merge { logs, core: &mut cx.core };
        let running = Branches::new(move || queue.next(), count, limit.unwrap_or(count), Arc::clone(&scope), collect);
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
        settled.map(|values| Done { cx, values: values.into_iter().map(Some).collect() })
    }
}

/// Runs branches until their container's time is over.
pub(crate) async fn run_within<'b, O: Send + Sync + 'static>(
    deadline: Deadline,
    running: Branches<'b, O>,
    scope: &Arc<Scope>,
    collected: Option<&Collected>,
) -> Result<Vec<Ended<'b, O>>, Stop<O>> {
    let scope = Arc::clone(scope);
    timed(deadline, async move { settle(running.await, &scope, collected) }).await
}

/// Hands over the branches' logs when they have ended, or when the run is dropped.
pub(crate) struct Merge<'c> {
    pub(crate) logs: Logs,
    pub(crate) core: &'c mut CxCore,
}

impl Drop for Merge<'_> {
    fn drop(&mut self) {
        self.core.merge(&self.logs);
    }
}

impl CxCore {
    /// The failures that are collected do not fail the run, and are not tried again after a pause.
    pub(crate) fn tolerate_collected(&mut self, collected: Collected) {
        for failed in collected.into_inner().unwrap_or_else(PoisonError::into_inner) {
            let path = self.branch_of(&failed);
            self.tolerated(&path);
        }
    }

    /// The path of the branch of the open container in which something failed.
    fn branch_of(&self, failed: &str) -> String {
        let container = self.path.text();
        let rest = failed.strip_prefix(&container).unwrap_or(failed);
        let branch = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
        if rest.starts_with('/') { format!("{container}/{branch}") } else { format!("{container}{branch}") }
    }
}

impl<P: Fork, O: 'static> Done<'_, P, O> {
    fn value<T: 'static>(&mut self, slot: &Slot<T>) -> Result<T, Stop<O>> {
        let value = self.values[slot.0].take().expect("a slot is taken once");
        value.map(join::value)
    }

    /// The value of a branch.
    pub fn take<T: 'static>(&mut self, slot: Slot<T>) -> T {
        self.value(&slot).unwrap_or_else(|_| unreachable!("a failed branch is taken with `collected`"))
    }

    /// The value of a branch under `on_error = collect`.
    pub fn collected<T>(&mut self, slot: Slot<Shared<T>>, copier: Copier<T>) -> Shared<Result<T, StepError>>
    where
        T: Send + Sync + 'static,
    {
        let value = match self.value(&slot) {
            Ok(value) => Ok(value),
            Err(Stop::Failed(error)) => Err(*error),
            Err(_) => unreachable!("only failures are collected"),
        };
        self.cx.collected(value, copier)
    }
}
