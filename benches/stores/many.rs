//! Many runs at once.

use std::{fmt, time::Instant};

use tokio::task::JoinSet;

use super::{STEPS, TASKS, median};

/// What many runs at once come to. On a machine that others use too, the processor's time says more than the clock.
pub(super) struct Throughput {
    steps_a_second: f64,
    cpu_micros_a_step: f64,
}

impl Throughput {
    pub(super) fn median(all: Vec<Self>) -> Self {
        let (mut steps, mut cpu): (Vec<f64>, Vec<f64>) = all.into_iter().map(|one| (one.steps_a_second, one.cpu_micros_a_step)).unzip();
        Self { steps_a_second: median(&mut steps), cpu_micros_a_step: median(&mut cpu) }
    }

    /// How many times as long it takes as `floor`, and how many times as much of the processor.
    pub(super) fn over(&self, floor: &Self) -> String {
        let (time, cpu) = (floor.steps_a_second / self.steps_a_second, self.cpu_micros_a_step / floor.cpu_micros_a_step);
        format!("{self}   {time:.2} x, {cpu:.2} x")
    }
}

impl fmt::Display for Throughput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>8.0} steps/s   {:.0} us of processor time a step", self.steps_a_second, self.cpu_micros_a_step)
    }
}

/// So many runs in each of the tasks, which are tasks of the runtime as a service's requests are.
pub(super) async fn at_once<F: Future<Output = ()> + Send + 'static>(runs: usize, task: impl Fn(usize) -> F) -> Throughput {
    let (from, cpu) = (Instant::now(), cpu_micros());
    let mut tasks: JoinSet<()> = (0..TASKS).map(task).collect();
    while let Some(ended) = tasks.join_next().await {
        ended.expect("no panic");
    }
    let steps = (TASKS * runs * STEPS) as f64;
    Throughput { steps_a_second: steps / from.elapsed().as_secs_f64(), cpu_micros_a_step: (cpu_micros() - cpu) / steps }
}

/// What this process has used so far, all threads together; 0 where it cannot be known.
fn cpu_micros() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name may have spaces; the fields after it have none. Ticks are hundredths of a second.
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10_000.0
}
