//! The steps that generated workflows are made of. Each of them says where and how often it is called.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use agno::{StepError, prelude::*};

/// What every step gets and gives: a hash of all that went into it, and the end of the story for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct D {
    pub n: u64,
    pub trail: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum Route {
    Low,
    Mid(u64),
    High { k: u64 },
}

#[derive(Debug)]
pub struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken on purpose")
    }
}

impl std::error::Error for Broken {}

/// FNV, in steps.
pub fn mix(mut n: u64, bytes: &[u8]) -> u64 {
    for byte in bytes {
        n = (n ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    n ^ (n >> 29)
}

/// The value with a label on it.
pub fn stamp(d: &D, label: &str) -> D {
    D { n: mix(d.n, label.as_bytes()), trail: tail(format!("{} {label}", d.trail)) }
}

fn tail(text: String) -> String {
    let from = text.len().saturating_sub(48);
    text[from..].to_owned()
}

pub fn joined(a: &D, b: &D) -> D {
    D { n: mix(a.n, &b.n.to_le_bytes()), trail: tail(format!("({} + {})", a.trail, b.trail)) }
}

pub fn plussed(a: &D, k: u64) -> D {
    D { n: mix(a.n, &k.to_le_bytes()), trail: tail(format!("{} +{k}", a.trail)) }
}

/// What an argument's expression calls.
pub fn twist(d: &D) -> D {
    stamp(d, "twist")
}

pub fn parts(d: &D) -> Vec<D> {
    (0..1 + d.n % 3).map(|index| plussed(d, index)).collect()
}

pub fn route_of(d: &D) -> Route {
    match d.n % 4 {
        0 => Route::Low,
        1 => Route::High { k: d.n % 7 },
        _ => Route::Mid(d.n % 11),
    }
}

pub fn routes_of(d: &D) -> Vec<Route> {
    (0..d.n % 4).map(|index| route_of(&plussed(d, index))).collect()
}

pub fn word_of(d: &D) -> String {
    ["low", "mid", "high"][usize::try_from(d.n % 3).expect("below 3")].to_owned()
}

/// A value that can be folded into a `D`.
pub trait Fold {
    fn fold(&self, into: &mut D);
}

fn open(into: &mut D, tag: &str) {
    *into = stamp(into, tag);
}

impl Fold for D {
    fn fold(&self, into: &mut D) {
        *into = joined(into, self);
    }
}

impl<T: Fold> Fold for Vec<T> {
    fn fold(&self, into: &mut D) {
        open(into, "list");
        self.iter().for_each(|item| item.fold(into));
    }
}

impl<T: Fold> Fold for Option<T> {
    fn fold(&self, into: &mut D) {
        match self {
            Some(value) => {
                open(into, "some");
                value.fold(into);
            }
            None => open(into, "none"),
        }
    }
}

impl<T: Fold> Fold for Result<T, StepError> {
    fn fold(&self, into: &mut D) {
        match self {
            Ok(value) => {
                open(into, "ok");
                value.fold(into);
            }
            Err(_) => open(into, "err"),
        }
    }
}

macro_rules! fold_tuples {
    ($(($($name:ident)*))*) => {$(
        impl<$($name: Fold),*> Fold for ($($name,)*) {
            fn fold(&self, into: &mut D) {
                #[allow(non_snake_case)]
                let ($($name,)*) = self;
                open(into, "tuple");
                $($name.fold(into);)*
            }
        }
    )*};
}

fold_tuples! { (A B) (A B C) (A B C E) (A B C E F) (A B C E F G) }

/// What a fold begins with.
pub fn nothing() -> D {
    D { n: 0xcbf2_9ce4_8422_2325, trail: String::new() }
}

pub fn fold(parts: &[&dyn Fold]) -> D {
    let mut into = nothing();
    parts.iter().for_each(|part| part.fold(&mut into));
    into
}

/// What has been called, by run and path.
#[derive(Clone, Copy, Debug, Default)]
pub struct Called {
    pub begun: u32,
    pub ended: u32,
}

static CALLS: Mutex<BTreeMap<String, BTreeMap<String, Called>>> = Mutex::new(BTreeMap::new());

fn calls() -> MutexGuard<'static, BTreeMap<String, BTreeMap<String, Called>>> {
    CALLS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The calls of a run.
pub fn calls_of(run_id: &str) -> BTreeMap<String, Called> {
    calls().get(run_id).cloned().unwrap_or_default()
}

fn at<T>(ctx: &StepContext, change: impl FnOnce(&mut Called) -> T) -> T {
    change(calls().entry(ctx.run_id().to_owned()).or_default().entry(ctx.path()).or_default())
}

fn begin(ctx: &StepContext) {
    at(ctx, |called| called.begun += 1);
}

/// Says how many calls have ended before this one.
fn end(ctx: &StepContext) -> u32 {
    at(ctx, |called| {
        called.ended += 1;
        called.ended - 1
    })
}

#[step]
pub async fn s0(d: &D, ctx: &StepContext) -> D {
    begin(ctx);
    tokio::task::yield_now().await;
    end(ctx);
    stamp(d, "s0")
}

#[step]
pub async fn s1(d: &D, ctx: &StepContext) -> Result<D, Broken> {
    begin(ctx);
    end(ctx);
    Ok(stamp(d, "s1"))
}

#[step]
pub async fn s2(d: &D, ctx: &StepContext) -> Result<D, Broken> {
    begin(ctx);
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
    end(ctx);
    Ok(stamp(d, "s2"))
}

#[step]
pub fn sync(d: &D, ctx: &StepContext) -> D {
    begin(ctx);
    end(ctx);
    stamp(d, "sync")
}

#[step(blocking)]
pub fn blocking(d: D, ctx: &StepContext) -> D {
    begin(ctx);
    end(ctx);
    stamp(&d, "blocking")
}

#[step]
pub async fn join(a: &D, b: &D, ctx: &StepContext) -> D {
    begin(ctx);
    tokio::task::yield_now().await;
    end(ctx);
    joined(a, b)
}

#[step]
pub async fn plus(a: &D, k: u64, ctx: &StepContext) -> D {
    begin(ctx);
    end(ctx);
    plussed(a, k)
}

#[step]
pub fn split(d: &D, ctx: &StepContext) -> Vec<D> {
    begin(ctx);
    end(ctx);
    parts(d)
}

/// Fails.
#[step]
pub async fn bad(_d: &D, ctx: &StepContext) -> Result<D, Broken> {
    begin(ctx);
    tokio::task::yield_now().await;
    end(ctx);
    Err(Broken)
}

/// Fails now and then, by its input.
#[step]
pub async fn bad_if_odd(d: &D, ctx: &StepContext) -> Result<D, Broken> {
    begin(ctx);
    end(ctx);
    if d.n % 2 == 1 { Err(Broken) } else { Ok(stamp(d, "even")) }
}

/// Fails the first time that it comes to its end.
#[step]
pub async fn once(d: &D, ctx: &StepContext) -> Result<D, Broken> {
    begin(ctx);
    tokio::task::yield_now().await;
    if end(ctx) == 0 { Err(Broken) } else { Ok(stamp(d, "once")) }
}

/// Never comes to its end.
#[step]
pub async fn slow(_d: &D, ctx: &StepContext) -> D {
    begin(ctx);
    std::future::pending().await
}

/// Panics.
#[step]
pub async fn panics(d: &D, ctx: &StepContext) -> D {
    begin(ctx);
    end(ctx);
    panic!("on purpose, at {}", d.n)
}

#[step]
pub async fn even(d: &D, ctx: &StepContext) -> bool {
    begin(ctx);
    tokio::task::yield_now().await;
    end(ctx);
    d.n.is_multiple_of(2)
}

#[step]
pub fn third(d: &D, ctx: &StepContext) -> bool {
    begin(ctx);
    end(ctx);
    d.n.is_multiple_of(3)
}

#[step]
pub fn route(d: &D, ctx: &StepContext) -> Route {
    begin(ctx);
    end(ctx);
    route_of(d)
}

#[step]
pub async fn routes(d: &D, ctx: &StepContext) -> Vec<Route> {
    begin(ctx);
    tokio::task::yield_now().await;
    end(ctx);
    routes_of(d)
}

#[step]
pub fn word(d: &D, ctx: &StepContext) -> String {
    begin(ctx);
    end(ctx);
    word_of(d)
}

/// An executor.
pub struct Stamp;

#[step]
impl Stamp {
    pub async fn run(&self, d: &D, ctx: &StepContext) -> D {
        begin(ctx);
        tokio::task::yield_now().await;
        end(ctx);
        stamp(d, "stamp")
    }
}

include!(concat!(env!("OUT_DIR"), "/library.rs"));

/// The library's workflow that comes by value.
pub fn deep() -> Deep {
    Deep::builder().stamp(Stamp).build()
}
