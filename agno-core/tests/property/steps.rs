//! The steps of random plans, and the doors that they run behind: what `#[step]` would write.

use std::{
    collections::BTreeMap,
    fmt,
    ops::ControlFlow,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use agno_core::{__private as p, Media, Node, Shared, StepContext};

use crate::{
    flow::{Flow, Inner},
    names,
    tree::{Child, Fails, Step},
    values::{Tally, Value, is_fresh, lasting, mix_number, stepped, value},
};

/// What is outside of runs: where steps take effect, whoever runs them.
#[derive(Debug, Default)]
pub(crate) struct World {
    effects: Mutex<BTreeMap<String, u32>>,
}

impl World {
    /// How often each step has taken effect, by path.
    pub(crate) fn effects(&self) -> MutexGuard<'_, BTreeMap<String, u32>> {
        self.effects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A step at its place.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) step: Arc<Step>,
    pub(crate) world: Arc<World>,
    /// It never ends.
    pub(crate) late: bool,
    /// It stands in the child of a step.
    pub(crate) in_child: bool,
}

/// Why a step fails.
#[derive(Debug)]
pub(crate) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

macro_rules! metas {
    ($($meta:ident: $work:ident, $effect:ident;)*) => {$(
        static $meta: p::StepMeta<Value, Refused> = p::StepMeta {
            name: "random",
            work: p::Work::$work,
            options: p::StepOptions { backoff: Duration::from_millis(10), effect: p::Effect::$effect, ..p::StepOptions::DEFAULT },
            retry_if: None,
            codec: || <Value as p::StepOutput>::CODEC,
            fail: |error| p::Failure::boxed(error),
            about,
        };
    )*};
}

metas! {
    ASYNC: Async, Idempotent;
    ASYNC_ONCE: Async, Once;
    SYNC_META: Sync, Idempotent;
    SYNC_ONCE: Sync, Once;
}

fn about() -> p::About {
    p::About::Step(p::StepInfo {
        name: "random",
        label: None,
        description: None,
        work: p::Work::Async,
        options: p::StepOptions::DEFAULT,
        input: p::schema_of::<Value>,
        output: p::schema_of::<Value>,
        params: &["value"],
    })
}

/// What an attempt works with of the state.
pub(crate) trait Local: Send + Sync + 'static {
    /// What the step's value has of it.
    fn look(&mut self, n: u64) -> u64;
}

impl Local for () {
    fn look(&mut self, _: u64) -> u64 {
        0
    }
}

impl Local for Arc<Tally> {
    fn look(&mut self, _: u64) -> u64 {
        self.n
    }
}

impl Local for Tally {
    fn look(&mut self, n: u64) -> u64 {
        self.n = mix_number(self.n, n);
        self.n
    }
}

/// One attempt. `SYNC`: of a synchronous step.
pub(crate) struct Attempt<L, const SYNC: bool> {
    job: Job,
    context: StepContext,
    local: L,
}

impl<L: Local, const SYNC: bool> p::Works for Attempt<L, SYNC> {
    const IS_SYNC: bool = SYNC;
}

impl<L: Local, const SYNC: bool> Attempt<L, SYNC> {
    async fn call<B>(mut self, input: Shared<Value>, breaks: Option<fn(Value) -> B>) -> p::Tried<L, B, Value, Refused> {
        let result = self.work(input.n).await.map(|value| match breaks {
            Some(breaks) if self.job.step.breaks => ControlFlow::Break(breaks(value)),
            _ => ControlFlow::Continue(value),
        });
        (self.local, result)
    }

    async fn work(&mut self, mut n: u64) -> Result<Value, Refused> {
        let (step, path) = (Arc::clone(&self.job.step), self.context.path());
        if !SYNC {
            self.idle(step.yields).await;
        }
        *self.job.world.effects().entry(path.clone()).or_default() += 1;
        for child in &step.children {
            n = self.child(child, n).await?.n;
        }
        if self.job.late || step.fails == Fails::Late {
            std::future::pending::<()>().await;
        }
        if !SYNC {
            self.idle(step.yields / 2).await;
        }
        let fails = match step.fails {
            Fails::Never | Fails::Late => false,
            Fails::First(times) => self.context.attempt() <= times,
            Fails::Always => true,
            Fails::UnlessFresh => !is_fresh(&path),
        };
        if fails {
            return Err(Refused);
        }
        if step.attaches && !self.job.in_child {
            self.context.attach(Media::file(lasting(&path)));
        }
        Ok(stepped(&path, n, self.local.look(n)))
    }

    async fn idle(&self, yields: u8) {
        for _ in 0..yields {
            tokio::task::yield_now().await;
        }
        if self.job.step.millis > 0 {
            tokio::time::sleep(Duration::from_millis(self.job.step.millis.into())).await;
        }
    }

    async fn child(&self, child: &Child, n: u64) -> Result<Arc<Value>, Refused> {
        let world = Arc::clone(&self.job.world);
        let given = match child {
            Child::Step(step) => {
                let job = Job { step: Arc::clone(step), world, late: false, in_child: true };
                self.context.call(&Arc::new(job), value(n)).await
            }
            Child::Flow(body) => {
                let flow = Flow { body: Arc::clone(body), world, in_child: true };
                self.context.call(&Inner::new(flow), value(n)).await
            }
        };
        given.map_err(|_| Refused)
    }
}

impl Job {
    fn meta<const SYNC: bool>(&self) -> &'static p::StepMeta<Value, Refused> {
        match (SYNC, self.step.once) {
            (false, false) => &ASYNC,
            (false, true) => &ASYNC_ONCE,
            (true, false) => &SYNC_META,
            (true, true) => &SYNC_ONCE,
        }
    }

    /// Runs the step with its access to the state. `ends`: what `Break` is here, if it may be.
    pub(crate) fn run<'a, A, B, O>(self, access: A, node: &'static Node, input: Shared<Value>, ends: Ends<B, O>) -> Running<'a, O>
    where
        A: p::Access<Local: Local> + 'a,
        B: Send + 'static,
        O: Send + Sync + 'static,
    {
        match self.step.sync {
            true => self.run_as::<_, _, _, true>(access, node, input, ends),
            false => self.run_as::<_, _, _, false>(access, node, input, ends),
        }
    }

    fn run_as<'a, A, B, O, const SYNC: bool>(self, access: A, node: &'static Node, input: Shared<Value>, ends: Ends<B, O>) -> Running<'a, O>
    where
        A: p::Access<Local: Local> + 'a,
        B: Send + 'static,
        O: Send + Sync + 'static,
    {
        let meta = self.meta::<SYNC>();
        let bind =
            |job: &Job, grant: p::Grant<'_>, local: A::Local| Attempt::<_, SYNC> { job: job.clone(), context: grant.context(), local };
        let door = p::StepDoor::new(access, self, meta, bind, ends.ended);
        Box::pin(door.go_with(node, move |attempt| attempt.call(input.clone(), ends.breaks)))
    }
}

/// A node on its way.
pub(crate) type Running<'a, O = Value> = p::Body<'a, Value, O>;

/// Whether a step may end its workflow, and how.
#[derive(Clone, Copy)]
pub(crate) struct Ends<B, O> {
    pub(crate) breaks: Option<fn(Value) -> B>,
    pub(crate) ended: fn(B) -> O,
}

/// Where `Break` ends the workflow.
pub(crate) const ENDS: Ends<Value, Value> =
    Ends { breaks: Some(|value| value), ended: |value| <p::Ending<_> as p::Ends<_>>::ended(value).0 };

impl p::Describe for Job {
    fn about() -> p::About {
        about()
    }
}

impl p::ChildExecutor for Job {
    type Input = Value;
    type Output = Value;
    const NAME: &'static str = "child";

    fn run_child<'a>(this: &'a Arc<Self>, cx: &'a mut p::ChildCx, _: &'static Node, input: &'a Arc<Value>) -> p::Body<'a, Value, p::Child> {
        let ends: Ends<p::Never, p::Child> = Ends { breaks: None, ended: |never| match never {} };
        Self::clone(this).run(cx.at().plain(), names::child(&this.step), Shared::from(Arc::clone(input)), ends)
    }
}
