//! What time it is for deadlines: the wall's clock, which a test that pauses or advances the runtime's clock moves with it.

use jiff::Timestamp;

/// Now. Outside of tests the runtime's clock is the system's, and the difference is nothing.
pub(crate) fn now() -> Timestamp {
    let (runtime, system) = (tokio::time::Instant::now().into_std(), std::time::Instant::now());
    let wall = Timestamp::now();
    match runtime.checked_duration_since(system) {
        Some(ahead) => wall.checked_add(ahead).unwrap_or(Timestamp::MAX),
        None => wall.checked_sub(system.duration_since(runtime)).unwrap_or(Timestamp::MIN),
    }
}
