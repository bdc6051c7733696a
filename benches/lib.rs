//! `cargo bench -p agno-benches`. The figures are in `docs/internals/budgets.md`.
