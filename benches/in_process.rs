//! What a step, a branch and a run cost in process, against the same written by hand, in one run.
//!
//! `cargo bench -p agno-benches`. Absolute figures are this machine's; the ratios count. Rounds of all kinds are interleaved, and the
//! median of the rounds is shown. The budgets are those of `docs/internals/budgets.md`.

use std::{
    future::{Future, IntoFuture},
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use agno::prelude::*;

/// The payload: `Copy`, so that what is counted is ours.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
struct Count {
    n: u64,
}

#[step]
async fn add(count: &Count) -> Count {
    black_box(Count { n: count.n + 1 })
}

/// Never opens.
#[step]
async fn gate(count: &Count) -> Count {
    std::future::pending::<()>().await;
    *count
}

workflow! {
    Ten(count: Count) -> Count {
        add as a; add as b; add as c; add as d; add as e; add as f; add as g; add as h; add as i; add as j;
    }
}

workflow! {
    One(count: Count) -> Count { add; }
}

workflow! {
    Eight(count: Count) -> Count {
        parallel p { add as a; add as b; add as c; add as d; add as e; add as f; add as g; add as h; }
        map |a, _b, _c, _d, _e, _f, _g, _h| *a;
    }
}

workflow! {
    Mapped(count: Count) -> Count { map |count| *count; }
}

workflow! {
    Parked(count: Count) -> Count {
        add as a; add as b; add as c; add as d; add as e; add as f; add as g; add as h; add as i; gate;
    }
}

workflow! {
    ParkedBranches(count: Count) -> Count {
        add as a;
        parallel p {
            gate(a) as s; gate(a) as t; gate(a) as u; gate(a) as v;
            gate(a) as w; gate(a) as x; gate(a) as y; gate(a) as z;
        }
        map |a, _b, _c, _d, _e, _f, _g, _h| *a;
    }
}

#[inline(never)]
async fn by_hand(count: &Count) -> Count {
    black_box(Count { n: count.n + 1 })
}

/// The floor: the plain calls.
async fn ten_by_hand(count: Count) -> Count {
    let mut count = count;
    for _ in 0..10 {
        count = by_hand(&count).await;
    }
    count
}

/// The floor with what a run keeps: each output behind an `Arc`, its duration and its place in the order.
async fn ten_recorded(count: Count) -> Arc<Count> {
    let mut log: Vec<(Arc<Count>, Duration, u64)> = Vec::with_capacity(10);
    let mut last = Instant::now();
    let mut count = Arc::new(count);
    for sequence in 0..10 {
        count = Arc::new(by_hand(&count).await);
        let now = Instant::now();
        log.push((Arc::clone(&count), now - last, sequence));
        last = now;
    }
    black_box(&log);
    count
}

async fn eight_by_hand(count: Count) -> Count {
    let (a, ..) = tokio::join!(
        by_hand(&count),
        by_hand(&count),
        by_hand(&count),
        by_hand(&count),
        by_hand(&count),
        by_hand(&count),
        by_hand(&count),
        by_hand(&count)
    );
    a
}

/// Nanoseconds of one call, over `rounds` rounds of `calls` each: one sample a round.
async fn sample<F: Future>(calls: u32, mut make: impl FnMut(u64) -> F) -> f64 {
    let began = Instant::now();
    for n in 0..calls {
        black_box(make(u64::from(n)).await);
    }
    began.elapsed().as_nanos() as f64 / f64::from(calls)
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn main() {
    // `cargo test --benches` only asks whether it runs.
    let rounds = if std::env::args().any(|argument| argument == "--bench") { 15 } else { 1 };
    let calls = if rounds == 1 { 10 } else { 20_000 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(speed(rounds, calls));
    runtime.block_on(allocations());
    memory(&runtime, if rounds == 1 { 100 } else { 10_000 });
}

async fn speed(rounds: usize, calls: u32) {
    let (ten, one, eight, mapped) = (Ten::new(), One::new(), Eight::new(), Mapped::new());
    let mut samples = [const { Vec::new() }; 7];
    for _ in 0..rounds {
        samples[0].push(sample(calls, |n| ten_by_hand(Count { n })).await);
        samples[1].push(sample(calls, |n| ten_recorded(Count { n })).await);
        samples[2].push(sample(calls, |n| ten.run(Count { n }).into_future()).await);
        samples[3].push(sample(calls, |n| one.run(Count { n }).into_future()).await);
        samples[4].push(sample(calls, |n| eight_by_hand(Count { n })).await);
        samples[5].push(sample(calls, |n| eight.run(Count { n }).into_future()).await);
        samples[6].push(sample(calls, |n| mapped.run(Count { n }).into_future()).await);
    }
    let [plain, recorded, ten, one, join, eight, mapped] = samples.map(|mut samples| median(&mut samples));
    let step = (ten - one) / 9.0;
    println!("a step, in a run of ten");
    println!("  plain call                      {:>8.1} ns", plain / 10.0);
    println!("  recorded by hand                {:>8.1} ns", recorded / 10.0);
    println!("  ours                            {step:>8.1} ns   {:+.1} over the plain call (budget 100)", step - plain / 10.0);
    println!("  ours over recorded by hand      {:>8.2} x", step / (recorded / 10.0));
    println!("a run of one step                 {one:>8.0} ns");
    println!("parallel of 8");
    println!("  `join!`                         {join:>8.0} ns");
    println!("  ours, the run itself left out   {:>8.0} ns   (budget 2000)", eight - mapped);
}

async fn allocations() {
    let (ten, one) = (Ten::new(), One::new());
    let count = |n: u64| Count { n };
    for n in 0..4 {
        ten.run(count(n)).await.expect("runs");
        one.run(count(n)).await.expect("runs");
    }
    let of = |run: &mut dyn FnMut()| allocation_counter::measure(run).count_total;
    let ten_runs = of(&mut || drop(futures_util::FutureExt::now_or_never(async { ten.run(count(1)).await.expect("runs") })));
    let one_run = of(&mut || drop(futures_util::FutureExt::now_or_never(async { one.run(count(1)).await.expect("runs") })));
    println!("allocations a step                {:>8.2}      (budget 2)", (ten_runs - one_run) as f64 / 9.0);
    println!("allocations of a run of one step  {one_run:>8}");
}

fn memory(runtime: &tokio::runtime::Runtime, runs: usize) {
    let parked = Parked::new();
    let branches = ParkedBranches::new();
    let per_run = |label: &str, budget: &str, make: &dyn Fn(u64) -> std::pin::Pin<Box<dyn Future<Output = ()>>>| {
        let mut held = Vec::with_capacity(runs);
        let measured = allocation_counter::measure(|| {
            runtime.block_on(async {
                for n in 0..runs {
                    let mut run = make(n as u64);
                    // One poll takes it to where it waits.
                    std::future::poll_fn(|cx| {
                        _ = run.as_mut().poll(cx);
                        std::task::Poll::Ready(())
                    })
                    .await;
                    held.push(run);
                }
            });
        });
        println!("{label:<34}{:>8} bytes   ({budget})", measured.bytes_current / runs as i64);
    };
    per_run("a run of ten steps in flight", "budget 2048 over its data", &|n| {
        let run = parked.run(Count { n });
        Box::pin(async move { drop(run.await) })
    });
    per_run("a run with 8 branches in flight", "budget 2048 + 8 × 1024", &|n| {
        let run = branches.run(Count { n });
        Box::pin(async move { drop(run.await) })
    });
}
